"""Measures writing the partners' own status pages: processor time for each partner, and memory."""

import json
import tempfile
from pathlib import Path

from bench import Measurement
from bench.big_programme import MONTHS
from bench.reports import make_world, run
from partner_program.adapters.connections import PREFIX
from partner_program.usecases.status_export import CONN_ID

PARTNERS = 4_000
MILLISECONDS, MEGABYTES = 5.0, 200.0


def measure(partners: int = PARTNERS) -> list[Measurement]:
    """Write every partner's page into an empty folder, once."""
    with tempfile.TemporaryDirectory() as folder:
        environment = make_world(Path(folder), partners)
        environment[PREFIX + CONN_ID.upper()] = json.dumps({"conn_type": "generic", "password": "k" * 40})
        seconds, megabytes = run("status", "export", "--to", f"{folder}/status", environment=environment)
    how = f"{partners:,} partners, {len(MONTHS)} months; the whole command"
    return [
        Measurement("status export: each partner", seconds / partners * 1_000, MILLISECONDS, "ms", how),
        Measurement("status export: memory", megabytes, MEGABYTES, "MB", how),
    ]

"""Measures what a month cost in a large programme: seconds of processor time and memory, all in a process of its own.

The programme has 100,000 partners and twelve settled months; NL and US each have their lines of the last month, one for
each account and product, a tenth of them contracts. Only lines are read of the entities, as nothing is settled here.
"""

import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select

from bench import Measurement
from bench.big_programme import MONTHS, NamedConnections, fill
from bench.pull import TABLES
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database import schema
from partner_program.usecases.installation import PROJECT, Installation
from partner_program.usecases.reports.cost import cost

PARTNERS = 100_000
MONTH = MONTHS[-1]
_PRODUCTS = ("dedicated_server", "cloud", "cdn")
_GIVEN = (None, 0, 500, 500, 800, 800, 1_000)


def measure(partners: int = PARTNERS) -> list[Measurement]:
    """Ask what the last month of a large programme cost."""
    with tempfile.TemporaryDirectory() as folder:
        here = installation(Path(folder))
        fill(here, partners)
        lines = write_lines(here, Path(folder))
        command = [sys.executable, "-m", "bench.cost", folder]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    seconds, megabytes = map(float, answer.split())
    how = f"{partners:,} partners, {len(MONTHS)} months, {lines:,} lines of the month at two entities on SQLite"
    return [
        Measurement("cost of a month", seconds, 10, "s", f"{how}; processor time"),
        Measurement("cost of a month: memory", megabytes, 500, "MB", "the whole process at its peak"),
    ]


def installation(folder: Path) -> Installation:
    """The programme and both entities in files of a folder."""
    names = {"partner_program": "program", "billing_nl": "nl", "billing_us": "us"}
    fields = {name: ConnectionFields(name, "sqlite", host=str(folder / f"{file}.db")) for name, file in names.items()}
    return Installation(NamedConnections(fields), PROJECT / "include", folder / "out")


def write_lines(here: Installation, folder: Path) -> int:
    """Write a line for each account and product of the month at both entities; return how many."""
    link = schema.account_link.c
    written = 0
    for entity, currency in (("NL", "EUR"), ("US", "USD")):
        with here.database.reading() as connection:
            accounts = list(connection.execute(select(link.account_id).where(link.entity == entity)).scalars())
        with closing(sqlite3.connect(folder / f"{entity.lower()}.db")) as billing, billing:
            billing.executescript(TABLES)
            rows = list(_drawn(accounts, entity, currency))
            billing.executemany("INSERT INTO program_mrr_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            written += len(rows)
    return written


def _drawn(accounts: list[str], entity: str, currency: str) -> Iterator[tuple[object, ...]]:
    rng = random.Random(1)  # noqa: S311 - the same lines each time
    number = 0
    for account_id in accounts:
        for product in _PRODUCTS:
            number += 1
            months = rng.choice((1,) * 9 + (12,))
            start = MONTH.first_day
            end = MONTH.following.first_day if months == 1 else date(start.year + 1, start.month, 1)
            ordered = start - timedelta(days=rng.randrange(300))
            amount = rng.randrange(1_000, 100_000)
            yield (
                f"{entity}{number}",
                account_id,
                None,
                product,
                "recurring",
                str(start),
                str(end),
                months,
                amount,
                currency,
                "posted",
                str(start),
                rng.choice(_GIVEN),
                str(ordered),
            )


def main(folder: str) -> None:
    """Ask once, and print seconds of processor time and the peak of this process in MB."""
    here = installation(Path(folder))
    before = time.process_time()
    report = cost(here, MONTH)
    seconds = time.process_time() - before
    assert not report.unknown, report.unknown  # noqa: S101 - a figure of a fault would be none
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    print(seconds, int(peak[1]) / 1024 if peak else 0)


if __name__ == "__main__":
    main(sys.argv[1])

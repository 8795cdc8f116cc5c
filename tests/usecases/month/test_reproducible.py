"""Equal inputs give equal bytes: in another process, in another time zone, in another language."""

import shutil
import subprocess
import sys
from typing import Any

import pytest

from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, three_partners
from tests.worlds import World

RUN = f"""
from datetime import date
from partner_program.adapters.connections import EnvironmentConnections
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.inputs import MonthRequest
from tests.worlds import run_installed

for month, day in (("{JUNE}", date(2015, 7, 27)), ("{JULY}", date(2015, 8, 20))):
    run_installed(
        Installation.here(EnvironmentConnections()), MonthRequest(BillingMonth.parse(month), date(2015, 9, 1), day)
    )
"""
ELSEWHERE = {"PYTHONHASHSEED": "4242", "TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}
PLAIN = {
    "PYTHONHASHSEED": "1",
    "TZ": "America/Los_Angeles",
    "LC_ALL": "C",
    "PYTHONUTF8": "0",  # with LC_ALL=C and the next line, the default text encoding is ASCII
    "PYTHONCOERCECLOCALE": "0",
}


def run_both_months(world: World, environment: dict[str, str]) -> None:
    command: Any = [sys.executable, "-c", RUN]
    path = {"PYTHONPATH": ":".join(sys.path)}
    subprocess.run(command, env={**world.environment(), **path, **environment}, check=True)


def two_months(world: World) -> World:
    """June and July, of a company with names in several scripts, a grant, and a partner that is held."""
    world.partner("P4", {"NL": "A4"}, company_name="株式会社 İstanbul & Söhne", language="nl")
    world.bill("A4", JUNE, 1_234_56, months=2)
    world.grant("G1", "P1", 4, "2015-06-01", "2015-08-10")
    three_partners(world)
    world.execute("US", "UPDATE program_mrr_line SET net_amount_minor = 'zwölf' WHERE account_id = 'B2'")
    return world


@pytest.mark.processes
def test_the_first_run_and_every_later_one_give_the_same_under_any_settings(world: World) -> None:
    empty = two_months(world).program_db.read_bytes()
    world.run(JUNE, on=GO_LIVE)
    world.run(JULY, on="2015-08-20")
    here = world.dump(), world.written()
    assert [row["partner_id"] for row in world.register(JULY)["held"]] == ["P2"]

    world.program_db.write_bytes(empty)
    shutil.rmtree(world.folder / "out")
    run_both_months(world, ELSEWHERE)
    assert (world.dump(), world.written()) == here

    before = world.fingerprint()
    run_both_months(world, PLAIN)
    assert (world.fingerprint(), world.written()) == (before, here[1])

"""A backfill, the migration and two runs of one month through a real scheduler, as the run book starts them (rule 3).

It takes minutes: SCHEDULER=1 runs it. The same is tested step by step, without a scheduler, in test_backfill.py.
"""

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.dags.five_months import EARLIER, IN_FORCE, JULY, JUNE, five_months, in_force, statuses
from tests.real_airflow import ROOT, RealAirflow, real_airflow
from tests.worlds import World

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.server,
    pytest.mark.skipif(
        not os.environ.get("SCHEDULER"), reason="takes minutes: SCHEDULER=1 runs it, beside the quick tests of the same"
    ),
]
MONTHLY, MIGRATION = "monthly_tier_assignment", "migration_2015"
APRIL, MAY = EARLIER[-2:]
IDLE_SECONDS = 900.0
# the letters' DAG stays paused, which is the default: the run that a month starts there waits
UNFINISHED = "SELECT 1 FROM dag_run WHERE dag_id <> 'tier_letters' AND state NOT IN ('success', 'failed')"


class Company(NamedTuple):
    """A world and the Airflow that runs it."""

    world: World
    airflow: RealAirflow

    def backfill(self, since: str, until: str) -> None:
        days = ("--from-date", f"{since}-01", "--to-date", f"{until}-01")
        self.idle("no open backfill", "SELECT 1 FROM backfill WHERE completed_at IS NULL")
        self.airflow.airflow("backfill", "create", "--dag-id", MONTHLY, *days, "--max-active-runs", "1")
        self.idle()

    def idle(self, what: str = "no run", query: str = UNFINISHED) -> None:
        self.airflow.wait_for(what, lambda: not self.airflow.rows(query), seconds=IDLE_SECONDS)

    def runs(self, run_type: str) -> list[Any]:
        """The month and the state of each run of a type, in the order in which they started."""
        query = "SELECT partition_key, state FROM dag_run WHERE run_type = %s ORDER BY start_date"
        return self.airflow.rows(query, run_type)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Both DAGs unpaused, and two months backfilled."""
    world = five_months(tmp_path_factory.mktemp("company"))
    told = {name: value for name, value in world.environment().items() if name.startswith(("AIRFLOW_CONN", "PARTNER"))}
    with real_airflow(tmp_path_factory.mktemp("airflow"), dags=ROOT / "dags", variables=told) as airflow:
        airflow.wait_for("the DAGs", lambda: airflow.rest.knows(MONTHLY) and airflow.rest.knows(MIGRATION))
        for dag_id in (MONTHLY, MIGRATION):
            airflow.airflow("dags", "unpause", dag_id, "--yes")
        company = Company(world, airflow)
        company.backfill(APRIL, MAY)
        yield company


def test_a_backfill_then_the_migration_then_twins(company):
    world, airflow = company

    assert company.runs("backfill") == [(APRIL, "success"), (MAY, "success")]
    assert statuses(world) == [(APRIL, "history", 1), (MAY, "history", 1)]
    assert in_force(world) == dict.fromkeys(IN_FORCE, 0)
    # unpausing started the newest month by itself, but that month did not take force
    assert [state for _, state in company.runs("scheduled")] == ["failed"]

    airflow.airflow("dags", "trigger", MIGRATION)
    company.idle()
    assert statuses(world)[2:] == [(JUNE, "in_force", 1)]
    before = world.fingerprint()

    company.backfill(MAY, JUNE)
    assert company.runs("backfill")[2:] == [(JUNE, "failed")], "May has a run already, June is in force"
    assert world.fingerprint() == before

    airflow.rest.trigger(MONTHLY, partition_key=JULY, conf={"effective_on": "2015-08-03"})
    airflow.rest.trigger(MONTHLY, partition_key=None, conf={"billing_month": JULY, "effective_on": "2015-08-10"})
    company.idle()
    assert statuses(world)[3:] == [(JULY, "in_force", 1)]
    assert {state for _, state in company.runs("manual")} == {"success"}

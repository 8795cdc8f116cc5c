"""A backfill is history only, the schedule never puts a first month in force, and neither changes one (rule 3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.dags.conftest import InAirflow
from tests.dags.five_months import EARLIER, IN_FORCE, JULY, JUNE, five_months, in_force, statuses
from tests.worlds import World

MAY = EARLIER[-1]


@dataclass(frozen=True)
class Seen:
    """How one run ended, and what was in the programme's database after it."""

    state: str
    begun: str
    fingerprint: str
    statuses: list[tuple[str, str, int]]
    in_force: dict[str, int]
    register: dict[str, Any] | None


@pytest.fixture(scope="module")
def seen(airflow_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Seen]]:
    """Several runs over the same world, one after the other, by name."""
    world = five_months(tmp_path_factory.mktemp("backfill"))
    with pytest.MonkeyPatch.context() as monkeypatch:
        airflow = InAirflow(airflow_home, monkeypatch)
        airflow.use(world)
        runs = {
            "schedule on nothing": lambda: airflow.run_as("scheduled", JUNE),
            "backfill": lambda: airflow.run_as("backfill", MAY),
            "backfill again": lambda: airflow.run_as("backfill", MAY),
            "schedule on history": lambda: airflow.run_as("scheduled", JUNE),
            "migration": lambda: airflow.run("migration_2015"),
            "backfill in force": lambda: airflow.run_as("backfill", JUNE),
            "schedule with a gap": lambda: airflow.run_as("scheduled", "2015-08"),
            "schedule": lambda: airflow.run_as("scheduled", JULY),
            "demand beside it": lambda: airflow.run("monthly_tier_assignment", billing_month=JULY),
            "two months": lambda: airflow.run_as("manual", JULY, billing_month=JUNE),
        }
        yield {name: look(airflow, world, start()) for name, start in runs.items()}


def look(airflow: InAirflow, world: World, run: Any) -> Seen:
    settled = statuses(world)
    return Seen(
        state=str(run.state),
        begun=airflow.states(run)["begin_month"],
        fingerprint=world.fingerprint(),
        statuses=settled,
        in_force=in_force(world),
        register=world.register(settled[-1][0]) if settled else None,
    )


def test_the_schedule_does_not_put_the_first_month_in_force(seen):
    assert (seen["schedule on nothing"].state, seen["schedule on nothing"].begun) == ("failed", "failed")
    assert seen["schedule on nothing"].statuses == []


def test_a_backfilled_month_has_totals_and_neither_rates_nor_letters(seen):
    after = seen["backfill"]

    assert after.state == "success"
    assert after.statuses == [(MAY, "history", 1)]
    assert after.in_force == dict.fromkeys(IN_FORCE, 0)
    assert (after.register["status"], after.register["effective_on"]) == ("history", None)
    # 2,500.00 EUR at NL and 900.00 USD, 1.2 of which are one euro, at US
    assert after.register["partners"][0]["mrr_eur_cents"] == 2_500_00 + 750_00
    assert after.register["partners"][0]["monthly_fee_discount_bp"] is None


def test_the_same_backfill_again_changes_no_byte(seen):
    assert seen["backfill again"].state == "success"
    assert seen["backfill again"].fingerprint == seen["backfill"].fingerprint


def test_the_schedule_does_not_go_on_from_history(seen):
    assert (seen["schedule on history"].state, seen["schedule on history"].begun) == ("failed", "failed")
    assert seen["schedule on history"].fingerprint == seen["backfill"].fingerprint


def test_the_migration_after_a_backfill_is_the_first_month_in_force(seen):
    after = seen["migration"]

    assert after.statuses == [(MAY, "history", 1), (JUNE, "in_force", 1)]
    assert after.register["effective_on"] == "2015-07-27"
    assert {row["letter"]["kind"] for row in after.register["partners"]} == {"migration"}
    assert {row["previous_tier"] for row in after.register["partners"]} == {None}


def test_a_backfill_of_a_month_in_force_is_refused_and_changes_no_byte(seen):
    assert (seen["backfill in force"].state, seen["backfill in force"].begun) == ("failed", "failed")
    assert seen["backfill in force"].fingerprint == seen["migration"].fingerprint


def test_a_schedule_that_missed_a_month_is_refused_and_changes_no_byte(seen):
    assert (seen["schedule with a gap"].state, seen["schedule with a gap"].begun) == ("failed", "failed")
    assert seen["schedule with a gap"].fingerprint == seen["migration"].fingerprint


def test_the_schedule_goes_on_from_the_month_before(seen):
    assert seen["schedule"].state == "success"
    assert seen["schedule"].statuses == [*seen["migration"].statuses, (JULY, "in_force", 1)]


def test_a_run_on_demand_beside_the_scheduled_one_of_its_month_changes_no_byte(seen):
    assert seen["demand beside it"].state == "success"
    assert seen["demand beside it"].fingerprint == seen["schedule"].fingerprint


def test_a_run_whose_partition_key_and_param_differ_is_refused(seen):
    assert (seen["two months"].state, seen["two months"].begun) == ("failed", "failed")
    assert seen["two months"].fingerprint == seen["schedule"].fingerprint

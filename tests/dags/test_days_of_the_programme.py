"""Schedules run in the programme's own time zone, whatever the first owner's was; a run that is early waits."""

import logging
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from partner_program.usecases.installation import INCLUDE_VARIABLE, PROJECT
from tests.dags.conftest import ROOT, InAirflow, small_world
from tests.usecases.month.test_currency import EURO_WORDS
from tests.usecases.month.test_six_programmes import FIRST_OWNERS
from tests.worlds import World

MONTHLY, REMINDERS = "monthly_tier_assignment", "programme_reminders"
FIRST = PROJECT / "include" / "program" / "2015-07-27.yaml"


@pytest.fixture
def dags_in(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Reads the DAGs over a programme in a time zone, or over any text of a programme file."""

    def read(zone: str = "", text: str = "", day: str = "2015-07-27") -> Any:
        from airflow.dag_processing.dagbag import DagBag

        assert airflow_home.is_dir()
        folder = tmp_path / "program"
        folder.mkdir(exist_ok=True)
        text = text or FIRST.read_text("utf-8").replace("name: Europe/Amsterdam", f"name: {zone}")
        (folder / f"{day}.yaml").write_text(text.replace("day: 2015-07-27", f"day: {day}"), "utf-8")
        monkeypatch.setenv(INCLUDE_VARIABLE, str(tmp_path))
        return DagBag(ROOT / "dags")

    return read


def run_after(dag: Any, moment: datetime) -> tuple[datetime, str | None]:
    """When the scheduler starts the first run from a moment on, and for which month: from the DAG as it is stored."""
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction

    timetable = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    restriction = TimeRestriction(earliest=moment, latest=None, catchup=True)
    run = timetable.next_dagrun_info_v2(last_dagrun_info=None, restriction=restriction)
    return run.run_after, run.partition_key


@pytest.mark.parametrize(
    ("zone", "since", "begins", "month"),
    [
        ("Europe/London", datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 3, 31, 23, tzinfo=UTC), "2026-03"),
        ("Europe/London", datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 1, 0, tzinfo=UTC), "2026-10"),
        ("America/Los_Angeles", datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 1, 7, tzinfo=UTC), "2026-10"),
        ("America/Los_Angeles", datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 12, 1, 8, tzinfo=UTC), "2026-11"),
        ("Pacific/Auckland", datetime(2026, 9, 20, tzinfo=UTC), datetime(2026, 9, 30, 11, tzinfo=UTC), "2026-09"),
        ("Pacific/Auckland", datetime(2027, 3, 20, tzinfo=UTC), datetime(2027, 3, 31, 11, tzinfo=UTC), "2027-03"),
    ],
)
def test_a_month_is_begun_at_midnight_in_the_programmes_zone(
    dags_in: Any, zone: str, since: datetime, begins: datetime, month: str
) -> None:
    assert run_after(dags_in(zone).dags[MONTHLY], since) == (begins, month)


def test_digests_go_at_seven_in_the_programmes_zone(dags_in: Any) -> None:
    reminders = dags_in("America/Los_Angeles").dags[REMINDERS]
    # clocks go back on Sunday, 1 November 2026
    assert run_after(reminders, datetime(2026, 10, 21, tzinfo=UTC))[0] == datetime(2026, 10, 26, 14, tzinfo=UTC)
    assert run_after(reminders, datetime(2026, 10, 28, tzinfo=UTC))[0] == datetime(2026, 11, 2, 15, tzinfo=UTC)


def test_the_zone_is_that_of_the_programme_in_force_now_and_not_of_one_to_come(dags_in: Any) -> None:
    dags_in("Europe/London")
    found = dags_in("Asia/Singapore", day="2099-01-01")
    assert run_after(found.dags[MONTHLY], datetime(2026, 12, 20, tzinfo=UTC))[0] == datetime(2027, 1, 1, tzinfo=UTC)


def test_the_migration_is_of_the_first_programme_file(dags_in: Any) -> None:
    found = dags_in("Europe/London", day="2026-03-01")
    assert found.import_errors == {}
    assert [name for name in found.dags if name.startswith("migration")] == ["migration_2026"]
    migration = found.dags["migration_2026"]
    assert (migration.params["billing_month"], migration.params["effective_on"]) == ("2026-02", "2026-03-01")


def test_a_faulty_programme_file_leaves_the_schedules_so_that_a_run_can_say_what_is_wrong(
    dags_in: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = dags_in(text="tiers: []\n")
    assert {MONTHLY, REMINDERS, "programme_events", "tier_letters"} == set(found.dags)
    (error,) = found.import_errors.values()
    assert "2015-07-27.yaml:1: tiers: is an empty list" in error
    assert "the schedule is in UTC until this is mended" in caplog.text


def test_a_scheduled_run_that_is_early_waits_for_the_months_end_and_then_goes_on(
    in_airflow: InAirflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from partner_program.airflow_steps import months

    world = small_world(World(tmp_path))
    world.settle("2015-06", on="2015-07-27")
    in_airflow.use(world)
    ends, asked = list[datetime](), list[str]()

    def soon(_programs: object, day: date) -> datetime:
        """The end of July, as it stood to a run that began a moment too early."""
        asked.append(str(day))
        ends.append(ends[0] if ends else datetime.now(UTC) + timedelta(milliseconds=500))
        return ends[0]

    monkeypatch.setattr(months, "begin_of_day", soon)

    run = in_airflow.run_as("scheduled", "2015-07")

    (begun,) = in_airflow.rows(
        "SELECT state, try_number FROM task_instance WHERE run_id = ? AND task_id = 'begin_month'",
        run.run_id,
    )
    assert (str(run.state), begun) == ("success", ("success", 1))
    assert asked == ["2015-08-01", "2015-08-01"]


def test_a_run_by_hand_of_a_month_that_has_not_ended_is_refused_at_once(in_airflow: InAirflow, tmp_path: Path) -> None:
    world = small_world(World(tmp_path))
    in_airflow.use(world)

    run = in_airflow.run(MONTHLY, billing_month="2099-06")

    assert (str(run.state), in_airflow.states(run)["begin_month"]) == ("failed", "failed")


def test_no_dag_of_another_company_has_a_word_of_the_first_owners(dags_in: Any) -> None:
    text = (PROJECT / "tests" / "data" / "programmes" / "kestrel" / "2026-01-01.yaml").read_text("utf-8")
    found = dags_in(text=text, day="2026-01-01")
    assert found.import_errors == {}
    said: dict[str, str] = {}
    for dag in found.dags.values():
        told = [dag.dag_id, dag.dag_display_name, dag.description, dag.doc_md, *dag.tags]
        told += [f"{name} {dag.params.get_param(name).description}" for name in dag.params]
        for task in dag.tasks:
            told += [task.task_id, task.task_display_name, task.doc_md, getattr(task, "subject", ""), task.owner]
        said[dag.dag_id] = " ".join(str(each) for each in told if each)
    assert "migration_2026" in said
    words = re.compile(
        rf"{FIRST_OWNERS.pattern}|\b(?:Bronze|Silver|Gold|Platinum)\b|{EURO_WORDS.pattern}", re.IGNORECASE
    )
    assert {name: words.findall(text) for name, text in said.items() if words.search(text)} == {}

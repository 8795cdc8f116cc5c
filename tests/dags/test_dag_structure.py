"""What the DAGs promise before they run: names, order, schedule, parameters, and that parsing them is fast."""

import importlib.util
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from partner_program.adapters.deadline import DEADLINE_SECONDS
from partner_program.domain.refusals import Refusal
from tests.dags.conftest import ROOT

MONTHLY = ("monthly_tier_assignment", "migration_2015")
ORDER = (
    "pull_mrr",
    "validate_mrr",
    "merge_totals",
    "assign_tiers",
    "settle_grace_periods",
    "write_discount_rates",
    "publish_rates",
    "render_letters",
)
PARSING = """
import json, sys
from pathlib import Path
from airflow.dag_processing.dagbag import DagBag
from airflow import plugins_manager
bag = DagBag(sys.argv[1])
plugins_manager.ensure_plugins_loaded()
named = {path.stem for path in Path(sys.argv[2]).rglob("*.py")}
print(json.dumps({
    "dags": sorted(bag.dags), "import_errors": {**bag.import_errors, **plugins_manager.get_import_errors()},
    "bare": sorted(named & set(sys.modules)), "ours": "partner_program.airflow_steps" in sys.modules,
    "heavy": sorted({"pandas", "great_expectations", "numpy", "xlsxwriter"} & set(sys.modules)),
}))
"""


LETTERS, REMINDERS, EVENTS = "tier_letters", "programme_reminders", "programme_events"
SENDING = ("begin_letters", "approve_letters", "send_canary", "send_letters", "send_deferred", "reconcile_letters")


@pytest.fixture(params=MONTHLY)
def dag(bag, request):
    return bag.dags[request.param]


@pytest.fixture(scope="module")
def parsed(airflow_home):
    """The modules that a process has imported after it parsed the DAGs and the plugins, as the dag processor does."""
    done = subprocess.run(
        [sys.executable, "-c", PARSING, ROOT / "dags", ROOT / "plugins" / "partner_program"],
        capture_output=True,
        text=True,
        env={**os.environ, "AIRFLOW_HOME": str(airflow_home)},
        timeout=120,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_each_dag_of_the_contract_is_there_and_nothing_fails_to_import(parsed):
    assert parsed["dags"] == sorted([*MONTHLY, LETTERS, REMINDERS, EVENTS])
    assert parsed["import_errors"] == {}
    assert parsed["ours"]


def test_parsing_the_dags_imports_neither_pandas_nor_great_expectations(parsed):
    assert parsed["heavy"] == []


def test_airflow_takes_no_module_of_the_package_for_a_plugin_under_its_bare_name(parsed):
    # `migrations/env.py` and the like would be executed, and `money` be importable by anybody
    assert parsed["bare"] == []


def test_the_steps_come_in_the_order_of_the_contract(dag):
    for earlier, later in pairwise(ORDER):
        assert later in dag.get_task(earlier).get_flat_relative_ids(upstream=False)


def test_the_month_is_found_before_anything_else_and_the_closes_are_waited_for(dag):
    assert [task.task_id for task in dag.roots] == ["begin_month"]
    assert "pull_mrr" in dag.get_task("wait_for_closes").downstream_task_ids


def test_entities_and_batches_are_mapped_and_partners_never(dag):
    mapped = {task.task_id for task in dag.tasks if hasattr(task, "expand_input")}

    assert mapped == {"pull_mrr", "publish_rates", "render_letters"}


def test_every_step_is_tried_again_as_each_is_safe_to_repeat(dag):
    assert [task.task_id for task in dag.tasks if not task.retries] == []


@pytest.mark.parametrize("dag_id", [*MONTHLY, LETTERS, REMINDERS, EVENTS])
def test_each_try_of_each_task_has_a_time_limit_longer_than_an_entitys_deadline(bag, dag_id):
    limits = {task.task_id: task.execution_timeout for task in bag.dags[dag_id].tasks}

    assert {name for name, limit in limits.items() if limit is None} == set()
    assert min(limits.values()) >= timedelta(hours=3) > timedelta(seconds=DEADLINE_SECONDS)


def test_sending_is_not_ended_in_the_midst_and_a_person_may_take_any_time(bag):
    letters = bag.dags[LETTERS]

    assert {letters.get_task(name).execution_timeout for name in SENDING if name.startswith("send_")} == {
        timedelta(days=2)
    }
    assert letters.get_task("approve_letters").response_timeout is None


@pytest.mark.usefixtures("airflow_home")
def test_the_time_limit_is_set_in_one_place_and_a_wrong_one_is_named(monkeypatch):
    found = importlib.util.find_spec("partner_program.airflow_steps.running")
    fresh = importlib.util.module_from_spec(found)
    monkeypatch.setenv("PARTNER_PROGRAM_TASK_MINUTES", "240")
    found.loader.exec_module(fresh)
    assert timedelta(hours=4) == fresh.TIME_LIMIT

    monkeypatch.setenv("PARTNER_PROGRAM_TASK_MINUTES", "soon")
    with pytest.raises(Refusal, match="PARTNER_PROGRAM_TASK_MINUTES: expected whole minutes, as in 180, found 'soon'"):
        found.loader.exec_module(fresh)


def test_an_order_database_that_is_down_delays_letters_by_five_to_six_hours(dag):
    task = dag.get_task("publish_rates")
    shortest = [task.retry_delay * task.retry_exponential_backoff**tries for tries in range(task.retries)]

    # Airflow draws each wait from one to two times its length
    from_, to = ([min(wait * times, task.max_retry_delay) for wait in shortest] for times in (1, 2))

    assert (len(shortest), max(to)) == (8, timedelta(hours=1))
    assert timedelta(hours=5) < sum(from_, timedelta()) < sum(to, timedelta()) < timedelta(hours=6.5)


def test_letters_have_their_run_started_after_they_are_rendered_whether_or_not_publishing_succeeded(dag):
    assert dag.get_task("render_letters").downstream_task_ids == {"preview_letters", "ask_for_letters"}
    assert dag.get_task("ask_for_letters").downstream_task_ids == {"start_letters"}
    assert dag.get_task("start_letters").trigger_dag_id == LETTERS


def test_letters_are_looked_at_then_approved_then_sent_then_added_up(bag):
    dag = bag.dags[LETTERS]

    for earlier, later in pairwise(SENDING):
        assert later in dag.get_task(earlier).get_flat_relative_ids(upstream=False)
    assert [task.task_id for task in dag.roots] == ["begin_letters"]


def test_a_step_that_sends_is_never_tried_again_by_airflow(bag):
    tries = {task.task_id: task.retries for task in bag.dags[LETTERS].tasks if task.task_id.startswith("send_")}

    assert tries == {"send_canary": 0, "send_letters": 0, "send_deferred": 0}


def test_one_sender_at_a_time(bag):
    dag = bag.dags[LETTERS]

    assert dag.max_active_runs == 1
    assert dag.get_task("send_letters").max_active_tis_per_dagrun == 1


def test_letters_are_added_up_after_any_outcome_and_a_run_with_a_failed_step_still_fails(bag):
    dag = bag.dags[LETTERS]

    assert dag.get_task("reconcile_letters").trigger_rule == "all_done"
    assert [task.task_id for task in dag.leaves] == ["end_letters"]
    assert dag.get_task("end_letters").trigger_rule == "none_failed"
    assert dag.get_task("end_letters").upstream_task_ids == {task.task_id for task in dag.tasks} - {"end_letters"}


@pytest.mark.parametrize(("name", "value"), [("billing_month", "2015-13"), ("approval", "nobody"), ("approval", None)])
def test_a_parameter_of_a_letters_run_that_does_not_fit_is_refused(bag, name, value):
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        bag.dags[LETTERS].params.get_param(name).resolve(value)


def test_letters_wait_for_a_person_by_default(bag):
    assert bag.dags[LETTERS].params["approval"] == "person"


def test_digests_are_collected_then_sent_once_then_counted_whatever_came_before(bag):
    dag = bag.dags[REMINDERS]
    collect, send, count = (
        dag.get_task(f"{what}") for what in ("collect_reminders", "send_digests", "reconcile_digests")
    )

    assert [task.task_id for task in dag.roots] == ["collect_reminders"]
    assert (collect.downstream_task_ids, send.downstream_task_ids) == (
        {"send_digests", "reconcile_digests"},
        {"reconcile_digests"},
    )
    assert (collect.retries, send.retries, count.retries) == (2, 0, 0)
    assert (send.mode, send.timeout, count.trigger_rule) == ("reschedule", 2 * 24 * 3600, "all_done")
    assert (dag.max_active_runs, dag.catchup) == (1, False)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ((2015, 3, 26), datetime(2015, 3, 30, 5, 0, tzinfo=UTC)),  # summer time since the day before
        ((2015, 10, 20), datetime(2015, 10, 26, 6, 0, tzinfo=UTC)),  # winter time since the day before
    ],
)
def test_digests_go_each_monday_at_seven_in_amsterdam(bag, day, expected):
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction

    timetable = DagSerialization.from_dict(DagSerialization.to_dict(bag.dags[REMINDERS])).timetable
    since = TimeRestriction(earliest=datetime(*day, tzinfo=UTC), latest=None, catchup=True)
    run = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=since)

    assert run.run_after == expected


@pytest.mark.parametrize(
    ("name", "value"), [("on", "3 August"), ("due_days", 0), ("due_days", 366), ("due_days", "30")]
)
def test_a_parameter_of_a_run_of_digests_that_does_not_fit_is_refused(bag, name, value):
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        bag.dags[REMINDERS].params.get_param(name).resolve(value)


def test_waiting_for_closes_holds_no_worker_and_ends(dag):
    sensor = dag.get_task("wait_for_closes")

    assert sensor.mode == "reschedule"
    assert sensor.poke_interval >= 600
    assert sensor.timeout >= 60 * 24 * 3600, "the longest deadline that may be asked for is 60 days"


def test_one_run_at_a_time_and_none_for_the_past(dag):
    assert dag.max_active_runs == 1
    assert dag.catchup is False


@pytest.mark.parametrize("dag_id", [*MONTHLY, LETTERS, REMINDERS, EVENTS])
def test_each_dag_has_its_manual_and_sends_an_alert_when_it_fails(bag, dag_id):
    dag = bag.dags[dag_id]
    assert dag.doc_md.startswith("# ")
    assert "More in docs/operations.md." in dag.doc_md
    assert (dag.owner, "partner-programme" in dag.tags) == ("partner programme", True)
    assert len(dag.description) > 20


@pytest.mark.parametrize("dag_id", [*MONTHLY, LETTERS, REMINDERS, EVENTS])
def test_each_task_says_in_airflow_what_it_does_and_each_param_what_it_means(bag, dag_id):
    from partner_program.airflow_steps.notes import NOTES

    dag = bag.dags[dag_id]
    for task in dag.tasks:
        assert task.doc_md == NOTES[task.task_id]
        assert task.owner == "partner programme"
    for name in dag.params:
        param = dag.params.get_param(name)
        assert param.description
        assert param.schema["title"]
        assert f"| `{name}` |" in dag.doc_md
    callbacks = dag.on_failure_callback if isinstance(dag.on_failure_callback, list) else [dag.on_failure_callback]
    assert [callback.__name__ for callback in callbacks] == ["notify_failure"]


def test_a_run_after_the_first_of_august_in_amsterdam_is_for_july(bag):
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction

    timetable = DagSerialization.from_dict(DagSerialization.to_dict(bag.dags["monthly_tier_assignment"])).timetable
    july = datetime(2015, 7, 2, tzinfo=UTC)
    run = timetable.next_dagrun_info_v2(
        last_dagrun_info=None, restriction=TimeRestriction(earliest=july, latest=None, catchup=True)
    )

    assert run.run_after == datetime(2015, 7, 31, 22, 0, tzinfo=UTC)
    assert run.partition_key == "2015-07"


def test_the_migration_runs_on_demand_only_for_june_from_go_live(bag):
    migration = bag.dags["migration_2015"]

    assert migration.timetable.can_be_scheduled is False
    assert migration.params["billing_month"] == "2015-06"
    assert migration.params["effective_on"] == "2015-07-27"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("billing_month", "2015-13"),
        ("billing_month", "2015-06\n"),
        ("billing_month", "2015-7"),
        ("billing_month", "2015-06-01"),
        ("billing_month", "June 2015"),
        ("billing_month", 201506),
        ("effective_on", "27-07-2015"),
        ("effective_on", "2015-02-30"),
        ("close_deadline_days", -1),
        ("close_deadline_days", 61),
        ("close_deadline_days", "10"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused_before_anything_starts(dag, name, value):
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        dag.params.get_param(name).resolve(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("billing_month", "2015-12"), ("billing_month", None), ("effective_on", "2015-08-03"), ("effective_on", None)],
)
def test_a_parameter_that_fits_is_taken(dag, name, value):
    assert dag.params.get_param(name).resolve(value) == value


@pytest.mark.parametrize(
    ("dag_id", "groups"),
    [
        *(
            (
                dag_id,
                {
                    "read": ["begin_month", "pull_mrr", "validate_mrr", "wait_for_closes"],
                    "decide": [
                        "approve_rates",
                        "ask_for_approval",
                        "assign_tiers",
                        "merge_totals",
                        "settle_grace_periods",
                        "write_discount_rates",
                    ],
                    "tell": [
                        "announce_month",
                        "announce_rates",
                        "ask_for_letters",
                        "list_letter_batches",
                        "list_order_databases",
                        "preview_letters",
                        "publish_rates",
                        "render_letters",
                        "start_letters",
                    ],
                },
            )
            for dag_id in MONTHLY
        ),
        (
            LETTERS,
            {
                "ask": ["approve_letters", "begin_letters"],
                "send": ["list_send_batches", "send_canary", "send_deferred", "send_letters"],
                "count": ["announce_letters", "end_letters", "reconcile_letters"],
            },
        ),
    ],
)
def test_tasks_stand_in_groups_and_keep_the_ids_of_the_contract(bag, dag_id, groups):
    dag = bag.dags[dag_id]
    found = dag.task_group.get_task_group_dict()

    assert {name: sorted(found[name].children) for name in found if name} == groups
    assert sorted(dag.task_ids) == sorted(task for tasks in groups.values() for task in tasks)
    assert all(found[name].group_display_name and found[name].tooltip for name in groups)


@pytest.mark.parametrize("dag_id", [*MONTHLY, LETTERS, REMINDERS, EVENTS])
def test_dags_and_tasks_have_a_name_in_words(bag, dag_id):
    dag = bag.dags[dag_id]

    assert " " in dag.dag_display_name
    for task in dag.tasks:
        assert " " in task.task_display_name
        assert task.task_display_name != task.task_id


@pytest.mark.parametrize(
    ("dag_id", "telling"),
    [
        *(
            (
                dag_id,
                {
                    "announce_month": "partner_programme_month_in_force",
                    "announce_rates": "partner_programme_rates_published",
                },
            )
            for dag_id in MONTHLY
        ),
        (LETTERS, {"announce_letters": "partner_programme_letters_sent"}),
        (REMINDERS, {}),
    ],
)
def test_only_tasks_of_their_own_tell_of_assets_so_that_a_run_with_nothing_new_tells_nothing(bag, dag_id, telling):
    dag = bag.dags[dag_id]

    assert {task.task_id: [each.name for each in task.outlets] for task in dag.tasks if task.outlets} == {
        task_id: [name] for task_id, name in telling.items()
    }
    for task_id, follows in (("announce_month", "write_discount_rates"), ("announce_rates", "publish_rates")):
        if task_id in telling:
            assert dag.get_task(task_id).upstream_task_ids == {"begin_month", follows}

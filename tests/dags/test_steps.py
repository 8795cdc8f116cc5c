"""The steps as Airflow tasks: which month they take, when they wait, what is tried again, and who gets an alert."""

import json
from datetime import datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from tests.dags.conftest import ROOT
from tests.dags.mailbox import mailbox
from tests.worlds import World

SECRET = "c0rrect-h0rse/b@ttery"  # noqa: S105 - planted, to be searched for
RUN_ID = "manual__2015-08-03"
ALERT_VARIABLE = "PARTNER_PROGRAM_ALERT_TO"


@pytest.fixture
def steps(in_airflow, world):
    """The steps, over the world's connections."""
    from partner_program.airflow_steps import months

    in_airflow.use(world)
    return months


@pytest.fixture
def world(tmp_path):
    """One partner at NL, nothing closed."""
    world = World(tmp_path, entities=("NL",))
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", "2015-06", 2_500_00)
    world.ready()
    return world


UNHEARD = SimpleNamespace(xcom_push=lambda **_: None)  # what a step hands on to its run's note


def begin_month(steps, *, partition_key=None, run_type="manual", **params):
    """The result of the first task in a run of that type."""
    from airflow.sdk.api.datamodels._generated import DagRunType
    from airflow.sdk.execution_time.context import set_current_context

    asked = {"billing_month": None, "effective_on": None, "close_deadline_days": 10, **params}
    run = SimpleNamespace(
        dag_id="monthly_tier_assignment",
        run_id="a run",
        partition_key=partition_key,
        run_type=DagRunType(run_type),
        conf=params,
    )
    with set_current_context({"dag_run": run, "params": asked, "ti": UNHEARD}):
        return steps.begin_month.function()


def request(month, **asked):
    """The request that the first task passes to the others."""
    words = {"effective_on": None, "history": False, "migration": False, "close_deadline_days": 10, "holder": "a run"}
    return {"billing_month": month, **words, **asked}


def last_month():
    """The month that ended last: 60 days after its end are always in the future, its end is always past."""
    today = datetime.now(ZoneInfo("Europe/Amsterdam")).date()
    return f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"


@pytest.fixture
def airflow_connections(steps):
    """The connections that Airflow knows; the fixture `steps` has set its home."""
    from partner_program.adapters.airflow_connections import AirflowConnections

    assert steps
    return AirflowConnections()


def test_a_scheduled_run_takes_its_month_from_the_partition_key(steps, world):
    world.settle("2015-06", on="2015-07-27")

    answer = begin_month(steps, partition_key="2015-07", run_type="scheduled")

    assert (answer["billing_month"], answer["effective_on"], answer["history"]) == ("2015-07", None, False)


def test_the_schedule_begins_only_after_a_person_put_the_first_month_in_force(steps, world):
    from airflow.sdk.exceptions import AirflowFailException

    world.settle("2015-05", history=True)

    with pytest.raises(
        AirflowFailException, match="no month is in force yet, and the schedule never starts the first one"
    ):
        begin_month(steps, partition_key="2015-06", run_type="scheduled")


@pytest.mark.parametrize(("user", "who"), [("pat", "pat"), (None, "schedule")])
def test_who_ran_a_month_in_airflow_is_on_record_once(steps, world, user, who):
    """As on the command line; a schedule is nobody in particular."""
    from airflow.sdk.execution_time.context import set_current_context

    world.run("2015-06", on="2015-07-27")
    world.bill("A1", "2015-06", 5_000_00)
    world.close("2015-06")
    asked = request("2015-06", effective_on="2015-07-27")
    for stage in (
        lambda: steps.pull_mrr.function(asked, "NL"),
        *(
            lambda each=each: each.function(asked)
            for each in (
                steps.validate_mrr,
                steps.merge_totals,
                steps.assign_tiers,
                steps.settle_grace_periods,
            )
        ),
        *(lambda: steps.write_discount_rates.function(asked, steps.ask_for_approval.function(asked)) for _ in range(2)),
    ):
        with set_current_context({"dag_run": SimpleNamespace(triggering_user_name=user), "ti": UNHEARD}):
            stage()
    runs = world.rows("SELECT subject, done_by FROM act WHERE kind = 'month run'")
    assert runs == [("2015-06", who)]


def test_a_run_that_names_two_months_is_refused_by_both(steps):
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="partition key is 2015-07, billing_month is 2015-06"):
        begin_month(steps, partition_key="2015-07", billing_month="2015-06")


def test_a_run_on_demand_takes_its_month_and_its_day_from_the_params(steps):
    answer = begin_month(steps, billing_month="2015-06", effective_on="2015-07-27")

    assert (answer["billing_month"], answer["effective_on"]) == ("2015-06", "2015-07-27")


def test_a_backfill_without_an_effective_date_is_history_only(steps):
    assert begin_month(steps, partition_key="2015-06", run_type="backfill")["history"] is True
    in_force = begin_month(steps, partition_key="2015-06", run_type="backfill", effective_on="2015-07-27")
    assert in_force["history"] is False


def test_a_run_without_a_month_is_refused_and_not_tried_again(steps):
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="this run names no month"):
        begin_month(steps)


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("billing_mnth", "billing_month"),
        ("Effective_on", "effective_on"),
        ("closedeadline_days", "close_deadline_days"),
    ],
)
def test_a_param_that_the_dag_does_not_have_is_refused_by_name(steps, misspelt, meant):
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match=f"does not know: '{misspelt}', did you mean {meant}"):
        begin_month(steps, partition_key="2015-06", **{misspelt: "2015-06"})


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"billing_month": "2999-01"}, "has not ended"),
        ({"billing_month": "2015-06", "effective_on": "2015-06-30"}, "choose a day after it"),
        ({"billing_month": "2015-06", "effective_on": "2015-07-26"}, "no rule in force"),
        ({"partition_key": "2015-13"}, "expected YYYY-MM"),
    ],
)
def test_a_month_that_a_rule_refuses_fails_without_another_try(steps, asked, why):
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match=why):
        begin_month(steps, **asked)


def test_a_temporary_fault_is_raised_unchanged_so_that_airflow_tries_again(steps, world):
    from airflow.sdk.exceptions import AirflowFailException

    from partner_program.domain.refusals import Unavailable

    world.program_db.write_bytes(b"no database at all, only words " * 40)

    with pytest.raises(Unavailable, match="programme database failed") as raised:
        steps.validate_mrr.function(request("2015-06"))
    assert not isinstance(raised.value, AirflowFailException)


def test_before_the_deadline_a_month_that_is_not_closed_is_waited_for(steps):
    answer = steps.wait_for_closes.function(request(last_month(), close_deadline_days=60))

    assert answer.is_done is False


def test_once_every_entity_has_closed_the_wait_is_over(steps, world):
    world.close(last_month())

    answer = steps.wait_for_closes.function(request(last_month(), close_deadline_days=60))

    assert (answer.is_done, answer.xcom_value) == (True, ["NL"])


@pytest.mark.parametrize(("month", "days"), [("2015-06", 60), (last_month(), 0)], ids=["long ago", "no day to wait"])
def test_after_the_deadline_the_month_goes_on_with_every_entity_closed_or_not(steps, month, days):
    answer = steps.wait_for_closes.function(request(month, close_deadline_days=days))

    assert (answer.is_done, answer.xcom_value) == (True, ["NL"])


def test_an_entity_whose_database_is_down_is_waited_for_like_one_that_is_late(steps, world):
    world.close(last_month())
    world.billing_db("NL").unlink()

    assert steps.wait_for_closes.function(request(last_month(), close_deadline_days=60)).is_done is False


def test_a_connection_has_the_fields_that_airflow_knows(airflow_connections, monkeypatch):
    value = {"conn_type": "postgres", "host": "db.example", "port": 5433, "login": "bob", "password": SECRET}
    monkeypatch.setenv("AIRFLOW_CONN_BILLING_NL", json.dumps({**value, "schema": "billing", "extra": {"a": 1}}))

    found = airflow_connections.get("billing_nl")

    assert (found.conn_type, found.host, found.port, found.schema) == ("postgres", "db.example", 5433, "billing")
    assert (found.login, found.password, dict(found.extra)) == ("bob", SECRET, {"a": 1})
    assert SECRET not in repr(found)


def test_a_connection_that_is_not_set_is_none(airflow_connections):
    assert airflow_connections.get("billing_nowhere") is None


@pytest.fixture
def failed(bag):
    """The context that Airflow passes to a callback on failure."""
    return {"dag": bag.dags["monthly_tier_assignment"], "run_id": RUN_ID}


def test_a_failure_is_mailed_with_its_step_and_run_and_nothing_secret(steps, failed, monkeypatch, caplog):
    task = SimpleNamespace(task_id="write_discount_rates")
    with mailbox() as (port, messages):
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": "airflow@host.example"}
        fields = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "login": "bob", "password": SECRET}
        monkeypatch.setenv("AIRFLOW_CONN_ALERTS_SMTP", json.dumps({**fields, "extra": extra}))
        monkeypatch.setenv(ALERT_VARIABLE, "operator@host.example")

        steps.notify_failure({**failed, "task_instance": task, "exception": ValueError(SECRET)})

    (message,) = messages
    assert message["To"] == "operator@host.example"
    assert (
        message["Subject"]
        == "partner programme: monthly_tier_assignment write_discount_rates failed in run manual__2015-08-03"
    )
    told = " ".join(part.get_content() for part in message.walk() if not part.is_multipart())
    assert "Nothing half-written took force" in told
    assert SECRET not in f"{message.as_string()} {told}"
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("kind", "message", "task_id", "label", "words"),
    [
        (
            "BrakeOn",
            "the total of entity NL moves from 1.00 to 9.00 EUR",
            "write_discount_rates",
            None,
            'Stopped by the brake, entity NL. Read docs/operations.md, section "The brake".',
        ),
        (
            "Unavailable",
            "connection orders_nl: reading failed",
            "publish_rates",
            "NL",
            "Stopped by a server that did not answer, entity NL. "
            'Read docs/operations.md, section "Rates in order databases".',
        ),
        (
            "Unavailable",
            "connection billing_nl",
            "wait_for_closes",
            None,
            "not answer, entity NL. Read",
        ),
        ("ConservationBroken", "entity NL, EUR: read 3", "merge_totals", None, "excluded by name, entity NL. Read"),
        ("MissingMonth", "2015-07 first", "begin_month", None, "the rule that months come in order. Read"),
        ("MonthBusy", "wait", "merge_totals", "P001", "Stopped by another run of the same month. Read"),
        ("NotApproved", "wait", "send_canary", None, 'approves letters. Read docs/operations.md, section "Letters".'),
        ("Refusal", "entity Reseller has billing_month and orders_P001", "merge_totals", None, "programme. Read"),
    ],
)
@pytest.mark.usefixtures("steps")
def test_an_alert_says_what_refused_which_entity_and_which_section_to_read(
    failed, kind, message, task_id, label, words
):
    from partner_program.airflow_steps import alerts, refused
    from partner_program.domain import refusals

    error = RuntimeError("wrapped")
    error.__cause__ = getattr(refusals, kind)(f"partner P001 Reseller B.V. 2,500.00: {message}")
    task = SimpleNamespace(task_id=task_id, rendered_map_index=label)

    said = alerts.what_refused({**failed, "task_instance": task, "exception": error})

    assert words in said
    assert not {"P001", "Reseller", "2,500", "9"} & set(said.replace(".", " ").split())
    headings = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert all(f"\n## {section}\n" in headings for _, section in refused.REFUSED.values())
    assert all(f"\n## {section}\n" in headings for section in alerts.SECTIONS.values())


@pytest.mark.usefixtures("steps")
def test_an_alert_goes_out_where_the_registry_cannot_be_read(failed, world):
    from partner_program.airflow_steps import alerts
    from partner_program.domain.refusals import Unavailable

    (world.folder / "program.db").rename(world.folder / "elsewhere.db")
    said = alerts.what_refused({**failed, "exception": Unavailable("connection billing_nl: away")})
    assert said.startswith("Stopped by a server that did not answer. Read")


def test_a_run_that_failed_without_a_task_is_reported_too(steps, failed, monkeypatch, caplog):
    monkeypatch.delenv(ALERT_VARIABLE, raising=False)

    steps.notify_failure({**failed, "reason": "timed_out"})

    assert "monthly_tier_assignment failed in run manual__2015-08-03" in caplog.text


def test_without_an_address_a_failure_is_in_the_log_with_the_page_to_read(steps, failed, monkeypatch, caplog):
    monkeypatch.delenv(ALERT_VARIABLE, raising=False)
    monkeypatch.delenv("AIRFLOW_CONN_ALERTS_SMTP", raising=False)

    steps.notify_failure(failed)

    assert "What to do: docs/operations.md" in caplog.text

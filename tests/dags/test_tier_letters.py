"""A month's letters through their DAG, into files, in this process; no person is asked, since none could answer."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.letters.approval import waiting_batch
from partner_program.usecases.letters.reconciliation import reconcile_letters
from tests.dags.conftest import InAirflow
from tests.usecases.letter_world import RECIPIENTS, letter_world
from tests.worlds import World

JUNE = "2015-06"
# Nothing listens there, so live sending would be noticed as a fault.
LIVE = json.dumps(
    {"conn_type": "smtp", "host": "127.0.0.1", "port": 9, "extra": {"live": True, "allowed_domains": ["*"]}}
)


@dataclass(frozen=True)
class Company:
    """A world whose June letters are rendered, and an Airflow over it."""

    airflow: InAirflow
    world: World

    def send(self, **asked: Any) -> tuple[Any, dict[str, str]]:
        """Run the letters' DAG; return its run and the states of its tasks."""
        run = self.airflow.run("tier_letters", **asked)
        return run, self.airflow.states(run)

    def mails(self) -> dict[str, bytes]:
        """Each message that was written, by its path."""
        folder = self.world.folder / "out" / "mail"
        return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.eml"))}

    def letters(self) -> dict[str, int]:
        """The number of June's letters by state, without empty states; checks that they add up."""
        found = reconcile_letters(self.world.installation, BillingMonth.parse(JUNE))
        assert found.adds_up
        return {state: count for state, count in found.states.items() if count}


@pytest.fixture
def company(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    world = letter_world(tmp_path).world
    airflow = InAirflow(airflow_home, monkeypatch)
    airflow.use(world)
    return Company(airflow, world)


def test_letters_go_into_files_once_however_often_the_run_is_started(company):
    first, states = company.send(billing_month=JUNE, approval="auto")
    mails = company.mails()
    again, _ = company.send(billing_month=JUNE, approval="auto")

    assert (str(first.state), str(again.state)) == ("success", "success")
    assert states["approve_letters"] == states["reconcile_letters"] == "success"
    assert company.letters() == {"accepted": RECIPIENTS}
    assert len(mails) == RECIPIENTS
    assert company.mails() == mails


def test_nothing_is_sent_live_without_a_person(company):
    company.airflow.use(company.world, AIRFLOW_CONN_LETTERS_SMTP=LIVE)

    run, states = company.send(billing_month=JUNE, approval="auto")

    assert str(run.state) == "failed"
    assert states["approve_letters"] == "failed"
    assert states["send_canary"] == states["send_letters"] == states["send_deferred"] == "upstream_failed"
    assert states["reconcile_letters"] == "success"
    assert company.letters() == {"rendered": RECIPIENTS}


def answer(company: Company, bag: Any, user: str, **params: Any) -> None:
    """Have a person who started the letters' run approve them, as Airflow hands on an answer."""
    run = SimpleNamespace(triggering_user_name="admin")
    waiting = waiting_batch(company.world.installation, BillingMonth.parse(JUNE))
    asked = {"billing_month": JUNE, "batch_hash": waiting.batch_hash, "deliveries": waiting.deliveries}
    event = {"chosen_options": ["Approve"], "params_input": params, "responded_at": datetime(2015, 7, 28, tzinfo=UTC)}
    task = bag.dags["tier_letters"].get_task("approve_letters")
    context = {"ti": SimpleNamespace(xcom_pull=lambda **_: asked), "dag_run": run}
    task.execute_complete(context, {**event, "responded_by_user": {"id": user, "name": user}})


def test_the_only_user_approves_letters_into_files_alone_and_on_record(company, bag):
    from airflow.sdk.exceptions import AirflowFailException

    for params in ({}, {"alone": False}):
        with pytest.raises(AirflowFailException, match=r"admin started this run: .* `alone` beside Approve in Airflow"):
            answer(company, bag, "admin", **params)
    assert company.letters() == {"rendered": RECIPIENTS}

    answer(company, bag, "admin", alone=True)

    assert company.letters() == {"approved": RECIPIENTS}
    ((who, detail),) = company.world.rows("SELECT done_by, detail FROM letter_action WHERE action = 'approve'")
    assert (who, json.loads(detail)["alone"]) == ("admin", True)


def test_nobody_approves_alone_what_is_really_sent(company, bag):
    from airflow.sdk.exceptions import AirflowFailException

    company.airflow.use(company.world, AIRFLOW_CONN_LETTERS_SMTP=LIVE)
    with pytest.raises(AirflowFailException, match="letters that are really sent need a second person"):
        answer(company, bag, "admin", alone=True)
    assert company.letters() == {"rendered": RECIPIENTS}


def test_a_misspelt_param_fails_the_run_and_sends_nothing(company):
    run, states = company.send(billing_month=JUNE, aproval="auto")

    assert str(run.state) == "failed"
    assert states["begin_letters"] == "failed"
    assert company.letters() == {"rendered": RECIPIENTS}


def test_a_run_that_names_no_month_fails_and_sends_nothing(company):
    run, states = company.send(approval="auto")

    assert str(run.state) == "failed"
    assert states["begin_letters"] == "failed"
    assert company.letters() == {"rendered": RECIPIENTS}
    assert company.mails() == {}


def test_a_month_that_is_not_settled_has_no_letters_to_send(company):
    run, states = company.send(billing_month="2015-07", approval="auto")

    assert str(run.state) == "failed"
    assert states["begin_letters"] == "failed"
    assert company.letters() == {"rendered": RECIPIENTS}


def test_neither_xcom_nor_what_airflow_shows_names_a_partner_an_address_or_an_amount(company):
    run, _ = company.send(billing_month=JUNE, approval="auto")

    handed_on = company.airflow.rows("SELECT value FROM xcom WHERE run_id = ?", run.run_id)
    shown = company.airflow.rows(
        "SELECT rendered_fields FROM rendered_task_instance_fields WHERE run_id = ?", run.run_id
    )
    told = json.dumps([handed_on, shown])
    assert JUNE in told
    assert "partners wait for approval" in told
    assert "[page]: plugin/partners/partner-programme/letters/2015-06/approve" in told
    for secret in ("@", ".example", "P1", "Company", "A1", "250000", "2,500"):
        assert secret not in told


def test_history_starts_no_letters(company):
    before = len(company.airflow.rows("SELECT run_id FROM dag_run WHERE dag_id = 'tier_letters'"))

    run = company.airflow.run_as("backfill", "2015-05")

    states = company.airflow.states(run)
    assert states["write_discount_rates"] == "success"
    assert states["start_letters"] == "skipped"
    assert len(company.airflow.rows("SELECT run_id FROM dag_run WHERE dag_id = 'tier_letters'")) == before

"""The demo's letters through a real `airflow standalone`, its REST API and a real mail server: each arrives once.

June goes through the whole chain of DAGs, started by one person and approved by another. July is settled without
Airflow, and only its letters' DAG is started. Starting, clearing or unpausing again then sends nothing.
"""

import csv
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from demo.world import billing_database, build_world
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.acts import load_acts
from partner_program.domain.acts import MONTH_RUN
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.installation import PROJECT, Installation
from partner_program.usecases.letters.reconciliation import Reconciliation, reconcile_letters
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.registry import load_registry_folder
from tests.real_airflow import ROOT, STANDALONE, RealAirflow, real_airflow
from tests.smtp.kept_mail import PASSWORD, Kept, kept_mail
from tests.worlds import NamedConnections, run_installed
from topology.airflow_rest import AirflowRest, NotReachable

pytestmark = [
    pytest.mark.server,
    pytest.mark.airflow,
    pytest.mark.skipif(
        not os.environ.get("STANDALONE"),
        reason="takes minutes: STANDALONE=1 runs it, beside the quick tests of the same",
    ),
]
ENTITIES = ("NL", "DE", "UK", "US", "SG")
USERS = {"starter": "op", "approver": "op", "viewer": "viewer"}
MIGRATION, LETTERS, APPROVAL = "migration_2015", "tier_letters", "approve_letters"
JUNE, JULY = BillingMonth(2015, 6), BillingMonth(2015, 7)
SECONDS = 300.0


@dataclass
class Company:
    """The demo's world, and what people do with its letters."""

    here: Installation
    airflow: RealAirflow
    kept: list[Kept]
    started: AirflowRest
    approving: AirflowRest
    notes: dict[str, Any] = field(default_factory=dict)

    def state(self, run_id: str, task: str, dag_id: str = LETTERS) -> str | None:
        query = "SELECT state FROM task_instance WHERE dag_id = %s AND run_id = %s AND task_id = %s AND map_index <= 0"
        rows = self.airflow.rows(query, dag_id, run_id, task)
        return rows[0][0] if rows else None

    def asks(self, run_id: str) -> None:
        """Wait until the run waits for a person and Airflow knows that the process which asked has ended.

        Airflow fails the task if the answer comes between the two, in the same second (docs/operations.md).
        """
        self.airflow.wait_for("the question", lambda: self.state(run_id, APPROVAL) == "awaiting_input", SECONDS)
        query = "SELECT try_number FROM task_instance WHERE run_id = %s AND task_id = %s"
        ((attempt,),) = self.airflow.rows(query, run_id, APPROVAL)
        noted = f"TaskInstanceKey(dag_id='{LETTERS}', task_id='{APPROVAL}', run_id='{run_id}', try_number={attempt},"
        log = self.airflow.home / "standalone.log"
        self.airflow.wait_for("Airflow's note", lambda: noted in log.read_text(errors="replace"), SECONDS)

    def ends(self, run_id: str, dag_id: str = LETTERS) -> str:
        """Wait until a run is over; return how it ended."""
        query = "SELECT state FROM dag_run WHERE dag_id = %s AND run_id = %s"

        def state() -> str:
            rows = self.airflow.rows(query, dag_id, run_id)
            return rows[0][0] if rows else ""

        self.airflow.wait_for(f"the end of {run_id}", lambda: state() in ("success", "failed"), SECONDS)
        return state()

    def runs(self) -> list[str]:
        query = "SELECT run_id FROM dag_run WHERE dag_id = %s ORDER BY id"
        return [run_id for (run_id,) in self.airflow.rows(query, LETTERS)]

    def again(self, run_id: str, task: str) -> None:
        """Clear a task and everything downstream of it."""
        self.started.clear(LETTERS, run_id, task, include_downstream=True)

    def expected(self, *months: BillingMonth) -> Counter[str]:
        """Every billing contact of every partner whose letter the register of a month names."""
        found: Counter[str] = Counter()
        with (self.here.out / "world" / "registry" / "contacts.csv").open(newline="", encoding="utf-8") as file:
            contacts = [row for row in csv.DictReader(file) if row["role"] == "billing"]
        for month in months:
            register = json.loads((self.here.out / "registers" / f"{month}.json").read_text())
            told = {row["partner_id"] for row in register["partners"] if row["letter"]}
            found.update(row["email"] for row in contacts if row["partner_id"] in told)
        return found

    def arrived(self) -> Counter[str]:
        return Counter(recipient for each in self.kept for recipient in each.recipients)

    def reconciled(self, month: BillingMonth) -> Reconciliation:
        return reconcile_letters(self.here, month)


def demo_company(out: Path) -> Installation:
    """The demo's world with its registry loaded and nothing settled."""
    world = out / "world"
    build_world(world)
    connections = NamedConnections()
    for entity in ENTITIES:
        connections.add_sqlite(f"billing_{entity.lower()}", billing_database(world, entity))
    connections.add_sqlite("partner_program", out / "program.db")
    here = Installation(connections, PROJECT / "include", out)
    here.database.upgrade()
    load_registry_folder(here, world / "registry")
    return here


def airflow_environment(here: Installation, smtp: dict[str, Any]) -> dict[str, str]:
    """The environment variables that give Airflow's processes the installation and the mail server."""
    limits = {"per_minute": 100_000, "per_domain_per_minute": 100_000}
    extra = {**smtp["extra"], "live": True, "allowed_domains": ["*"], **limits}
    here.connections["letters_smtp"] = ConnectionFields(  # type: ignore[index]
        "letters_smtp", "smtp", smtp["host"], smtp["port"], smtp["login"], smtp["password"], extra=extra
    )
    found = {}
    for name, each in here.connections.items():  # type: ignore[attr-defined]
        fields = {"conn_type": each.conn_type, "host": each.host, "port": each.port, "login": each.login}
        fields |= {"password": each.password, "extra": dict(each.extra)}
        found[f"AIRFLOW_CONN_{name.upper()}"] = json.dumps(fields)
    # a task that has ended keeps its slot until its supervisor's next heartbeat
    pace = {"AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2", "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1"}
    # so that the test can read the output of `airflow standalone` at once
    return {**found, **pace, "PARTNER_PROGRAM_OUT": str(here.out), "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """June through the DAGs, then July's letters, and then everything started again."""
    here = demo_company(tmp_path_factory.mktemp("company"))
    with (
        kept_mail() as (smtp, kept),
        real_airflow(
            tmp_path_factory.mktemp("airflow"),
            dags=ROOT / "dags",
            variables=airflow_environment(here, smtp),
            users=USERS,
            services=STANDALONE,
        ) as airflow,
    ):
        airflow.wait_for("the DAGs", lambda: airflow.rest.knows(MIGRATION) and airflow.rest.knows(LETTERS))
        company = Company(here, airflow, kept, airflow.rest_of("starter"), airflow.rest_of("approver"))
        june(company)
        july(company)
        once_more(company)
        yield company


def june(company: Company) -> None:
    """The migration starts the letters; the person who started it cannot approve them, somebody else can."""
    for dag_id in (MIGRATION, LETTERS):
        company.started.unpause(dag_id)
    company.started.trigger(MIGRATION, partition_key=None, conf={})
    company.airflow.wait_for("the letters' run", company.runs, SECONDS)
    (run_id,) = company.runs()
    company.asks(run_id)
    with pytest.raises(NotReachable, match="403"):
        company.airflow.rest_of("viewer").answer(LETTERS, run_id, APPROVAL, "Approve")
    company.started.answer(LETTERS, run_id, APPROVAL, "Approve")
    company.notes["approved by who started it"] = (company.ends(run_id), company.state(run_id, APPROVAL))
    company.again(run_id, APPROVAL)
    company.asks(run_id)
    company.started.answer(LETTERS, run_id, APPROVAL, "Approve", alone=True)
    company.notes["approved alone"] = (company.ends(run_id), company.state(run_id, APPROVAL))
    company.notes["arrived by then"] = len(company.kept)
    company.again(run_id, APPROVAL)
    company.asks(run_id)
    company.approving.answer(LETTERS, run_id, APPROVAL, "Approve")
    company.notes["june"] = (company.ends(run_id), run_id)
    company.notes["june's letters"] = list(company.kept)


def july(company: Company) -> None:
    """July is settled by the use cases; its letters are started and rejected, then approved."""
    first_day = JULY.following.first_day.replace(day=3)
    run_installed(company.here, MonthRequest(JULY, first_day, first_day))
    before = len(company.kept)
    run_id = company.started.trigger(LETTERS, partition_key=None, conf={"billing_month": str(JULY)})
    company.asks(run_id)
    company.approving.answer(LETTERS, run_id, APPROVAL, "Reject")
    company.notes["rejected"] = (company.ends(run_id), len(company.kept) - before)
    company.again(run_id, "begin_letters")
    company.asks(run_id)
    company.approving.answer(LETTERS, run_id, APPROVAL, "Approve")
    company.notes["july"] = (company.ends(run_id), run_id)


def once_more(company: Company) -> None:
    """Start again, clear everything, pause and unpause: nothing is left to send."""
    company.notes["arrived in all"] = len(company.kept)
    run_id = company.started.trigger(LETTERS, partition_key=None, conf={"billing_month": str(JUNE)})
    company.notes["a second run"] = company.ends(run_id)
    first = company.notes["june"][1]
    company.again(first, "begin_letters")
    company.started.pause(LETTERS)
    company.started.unpause(LETTERS)
    company.notes["all cleared"] = company.ends(first)


def test_the_person_who_started_the_run_cannot_approve_its_letters(company):
    logs = (company.airflow.home / "logs").rglob("*.log")
    why = "starter started this run: somebody else has to approve its letters"

    assert company.notes["approved by who started it"] == ("failed", "failed")
    assert company.notes["arrived by then"] == 0
    assert [path for path in logs if why in path.read_text()]


def test_nobody_approves_alone_what_is_really_sent(company):
    logs = (company.airflow.home / "logs").rglob("*.log")
    why = "letters that are really sent need a second person"

    assert company.notes["approved alone"] == ("failed", "failed")
    assert [path for path in logs if why in path.read_text()]


def test_who_ran_the_month_in_airflow_is_on_record(company):
    with company.here.database.reading() as connection:
        ran = [(act.subject, act.doer.done_by) for act in load_acts(connection, MONTH_RUN)]
    assert ran == [(str(JUNE), "starter")]


def test_every_recipient_of_the_register_has_one_letter(company):
    assert company.notes["june"][0] == company.notes["july"][0] == "success"
    assert len(company.expected(JUNE)) > 200
    assert company.arrived() == company.expected(JUNE, JULY)


def test_no_message_id_came_twice(company):
    assert {len(each.recipients) for each in company.kept} == {1}
    assert max(Counter(each.message_id for each in company.kept).values()) == 1


def test_three_letters_went_ahead_of_the_rest(company):
    query = "SELECT end_date FROM task_instance_history WHERE run_id = %s AND task_id = 'send_canary' AND state = %s"
    ends = company.airflow.rows(query, company.notes["june"][1], "success")
    (canary,) = [end.timestamp() for (end,) in ends]

    assert len([each for each in company.notes["june's letters"] if each.arrived_at < canary]) == 3


def test_a_rejected_batch_sends_nothing_and_waits(company):
    assert company.notes["rejected"] == ("success", 0)


def test_starting_again_clearing_and_unpausing_send_nothing(company):
    assert company.notes["a second run"] == company.notes["all cleared"] == "success"
    assert len(company.kept) == company.notes["arrived in all"]


def test_both_months_add_up_and_name_who_approved(company):
    for month in (JUNE, JULY):
        found = company.reconciled(month)
        assert found.adds_up
        assert found.owed == found.states["accepted"] == sum(company.expected(month).values())
        assert "approver" in {action.done_by for action in found.actions if action.action == "approve"}
        assert "starter" not in {action.done_by for action in found.actions}


def test_the_mail_servers_password_is_in_no_log(company):
    logs = [path for path in company.airflow.home.rglob("*.log") if PASSWORD.encode() in path.read_bytes()]

    assert logs == []

"""Rates that wait for an approval, in a real `airflow standalone`: asked under Required Actions, answered by REST.

One person starts a month; that person's answer is refused, a rejection stops the month, and somebody else's approval
puts it in force. Who is not named as an approver may not answer, whatever the role. The next month is approved on the
command line while Airflow waits.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.installation import PROJECT, Installation
from partner_program.usecases.month.approval import approve_rates
from tests.programs import approving_rates
from tests.real_airflow import ROOT, STANDALONE, RealAirflow, real_airflow
from tests.usecases.three_partners import JULY, JUNE, three_partners, tiers
from tests.worlds import World
from topology.airflow_rest import AirflowRest, NotReachable

pytestmark = [
    pytest.mark.server,
    pytest.mark.airflow,
    pytest.mark.skipif(
        not os.environ.get("STANDALONE"),
        reason="takes minutes: STANDALONE=1 runs it, beside the quick tests of the same",
    ),
]
USERS = {"starter": "op", "approver": "op", "unnamed": "op", "viewer": "viewer"}
NAMED = {"PARTNER_PROGRAM_APPROVERS": "starter, approver,viewer"}
MIGRATION, MONTHLY, APPROVAL = "migration_2015", "monthly_tier_assignment", "approve_rates"
SECONDS = 900.0
KINDS = "SELECT kind, done_by, reason FROM act WHERE billing_month = ? AND kind NOT LIKE 'letters%' ORDER BY act_id"


@dataclass
class Company:
    """The three partners, and what people do with their rates."""

    world: World
    here: Installation
    airflow: RealAirflow
    notes: dict[str, Any] = field(default_factory=dict)

    def rest(self, user: str) -> AirflowRest:
        return self.airflow.rest_of(user)

    def state(self, dag_id: str, run_id: str, task: str) -> str | None:
        query = "SELECT state FROM task_instance WHERE dag_id = %s AND run_id = %s AND task_id = %s AND map_index <= 0"
        rows = self.airflow.rows(query, dag_id, run_id, task)
        return rows[0][0] if rows else None

    def asks(self, dag_id: str, run_id: str) -> None:
        """Wait until the run waits for a person and Airflow knows that the process which asked has ended."""
        self.airflow.wait_for("the question", lambda: self.state(dag_id, run_id, APPROVAL) == "awaiting_input", SECONDS)
        query = "SELECT try_number FROM task_instance WHERE run_id = %s AND task_id = %s"
        ((attempt,),) = self.airflow.rows(query, run_id, APPROVAL)
        noted = f"TaskInstanceKey(dag_id='{dag_id}', task_id='{APPROVAL}', run_id='{run_id}', try_number={attempt},"
        log = self.airflow.home / "standalone.log"
        self.airflow.wait_for("Airflow's note", lambda: noted in log.read_text(errors="replace"), SECONDS)

    def ends(self, dag_id: str, run_id: str) -> str:
        """Wait until a run is over; return how it ended."""
        query = "SELECT state FROM dag_run WHERE dag_id = %s AND run_id = %s"

        def state() -> str:
            rows = self.airflow.rows(query, dag_id, run_id)
            return rows[0][0] if rows else ""

        self.airflow.wait_for(f"the end of {run_id}", lambda: state() in ("success", "failed"), SECONDS)
        return state()

    def answered(self, run_id: str, user: str, option: str, **form: object) -> str:
        """Answer as a user; return how June's run then ends."""
        self.asks(MIGRATION, run_id)
        self.rest(user).answer(MIGRATION, run_id, APPROVAL, option, **form)
        return self.ends(MIGRATION, run_id)

    def acts(self, month: str) -> list[tuple[Any, ...]]:
        return self.world.rows(KINDS, month)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """June by Required Actions, July by the command line."""
    folder = tmp_path_factory.mktemp("company")
    world = three_partners(World(folder))
    include = Path(shutil.copytree(PROJECT / "include", folder / "include"))
    (include / "program" / "2015-07-27.yaml").write_text(approving_rates())
    here = Installation(world.connections, include, folder / "out")
    home = tmp_path_factory.mktemp("airflow")
    pace = {"AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2", "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1"}
    own = {name: value for name, value in world.environment().items() if name.startswith(("AIRFLOW_CONN", "PARTNER"))}
    variables = {**own, **pace, **NAMED, "PARTNER_PROGRAM_INCLUDE": str(include), "PYTHONUNBUFFERED": "1"}
    with real_airflow(home, dags=ROOT / "dags", variables=variables, users=USERS, services=STANDALONE) as airflow:
        found = Company(world, here, airflow)
        for dag_id in (MIGRATION, MONTHLY):
            airflow.wait_for(dag_id, lambda dag_id=dag_id: airflow.rest.knows(dag_id), SECONDS)  # type: ignore[misc]
        june(found)
        july(found)
        yield found


def june(company: Company) -> None:
    starter = company.rest("starter")
    starter.unpause(MIGRATION)
    run_id = starter.trigger(MIGRATION, partition_key=None, conf={})
    company.asks(MIGRATION, run_id)
    ((company.notes["asked"],),) = company.airflow.rows("SELECT body FROM hitl_detail")
    company.notes["refused"] = {user: refusal(company, run_id, user) for user in ("viewer", "unnamed")}
    company.notes["starter"] = (company.answered(run_id, "starter", "Approve"), company.acts(JUNE))
    starter.clear(MIGRATION, run_id, APPROVAL, include_downstream=True)
    ended = company.answered(run_id, "approver", "Reject", reason="P3 is too low")
    company.notes["rejected"] = (ended, company.world.rows("SELECT * FROM discount_rate"))
    company.world.bill("A3", JUNE, 9_000_00)  # what was wrong
    company.world.close(JUNE)
    starter.clear(MIGRATION, run_id, "pull_mrr", include_downstream=True)
    company.notes["june"] = company.answered(run_id, "approver", "Approve", reason="looked at it")


def refusal(company: Company, run_id: str, user: str) -> str:
    """What Airflow says to somebody who may not answer."""
    with pytest.raises(NotReachable) as refused:
        company.rest(user).answer(MIGRATION, run_id, APPROVAL, "Approve")
    return str(refused.value)


def july(company: Company) -> None:
    """Nobody answers in Airflow: the month is approved on the command line, and its question cleared."""
    starter = company.rest("starter")
    starter.unpause(MONTHLY)
    run_id = starter.trigger(MONTHLY, partition_key=JULY, conf={"effective_on": "2015-08-03"})
    company.asks(MONTHLY, run_id)
    approve_rates(company.here, BillingMonth.parse(JULY), approved_by="kim", reason="looked at the book")
    starter.clear(MONTHLY, run_id, APPROVAL, include_downstream=True)
    company.notes["july"] = company.ends(MONTHLY, run_id)


def test_the_question_shows_the_book_of_changes(company: Company) -> None:
    asked = company.notes["asked"]
    assert "3 get their first rate" in asked
    assert "| P3 | first |" in asked
    assert "Counted revenue 12,000.00 EUR" in asked


def test_who_may_not_edit_and_who_is_not_named_are_refused_by_airflow(company: Company) -> None:
    assert "403" in company.notes["refused"]["viewer"]
    assert "403" in company.notes["refused"]["unnamed"]
    assert "unnamed" in company.notes["refused"]["unnamed"]
    assert "not a respondent" in company.notes["refused"]["unnamed"]


def test_whoever_started_the_run_is_refused_and_nothing_takes_force(company: Company) -> None:
    ended, acts = company.notes["starter"]
    assert ended == "failed"
    assert acts == [("rates wait for approval", "starter", "ran the month")]
    why = "starter started the run of 2015-06: somebody else has to look at its rates"
    assert [path for path in (company.airflow.home / "logs").rglob("*.log") if why in path.read_text()]


def test_a_rejection_stops_the_month(company: Company) -> None:
    assert company.notes["rejected"] == ("failed", [])


def test_what_was_decided_anew_was_asked_anew_and_approved_by_somebody_else(company: Company) -> None:
    assert company.notes["june"] == "success"
    assert company.acts(JUNE) == [
        ("rates wait for approval", "starter", "ran the month"),
        ("rates refused", "approver", "P3 is too low"),
        ("rates wait for approval", "starter", "ran the month"),
        ("rates approved", "approver", "looked at it"),
        ("month run", "starter", "ran the month"),
    ]
    assert tiers(company.world, JUNE) == {"P1": 2, "P2": 1, "P3": 4}


def test_a_month_approved_on_the_command_line_goes_on_in_airflow(company: Company) -> None:
    assert company.notes["july"] == "success"
    assert [act[:2] for act in company.acts(JULY)] == [
        ("rates wait for approval", "starter"),
        ("rates approved", "kim"),
        ("month run", "starter"),
    ]

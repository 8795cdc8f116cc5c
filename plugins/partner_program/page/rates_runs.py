"""The run of a month that waits for an answer about its rates, in this Airflow."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Depends, Request

from partner_program.page.installed import Installed
from partner_program.page.links import Links
from partner_program.page.month_runs import MONTHLY_DAG
from partner_program.page.this_airflow import Question, ThisAirflow
from partner_program.usecases.month.first_month import migration_month

APPROVAL_TASK = "approve_rates"
# Of a run that asked: whether it has the answer now; empty where none asked.
Taken = Literal["has it", "still waits", ""]


class RatesRuns:
    """Asks this Airflow as the person of one request; for routes that are plain `def`."""

    def __init__(self, airflow: ThisAirflow, dag_ids: Sequence[str]) -> None:
        self._airflow, self._dag_ids = airflow, dag_ids

    def waiting(self, decision_hash: str) -> Question | None:
        """What a run asks about just this decision, None where none waits for it."""
        asked = (each for dag_id in self._dag_ids for each in self._airflow.questions(dag_id, APPROVAL_TASK))
        return next((each for each in asked if each.is_about(decision_hash)), None)

    def answer(self, decision_hash: str, *, approves: bool, reason: str) -> Taken:
        """Give a run that waits the answer that was just recorded; where none waits, nothing happens."""
        question = self.waiting(decision_hash)
        if question is None:
            return ""
        option = "Approve" if approves else "Reject"
        return "has it" if self._airflow.answer(question, option, {"reason": reason}) else "still waits"


def question_link(links: Links, question: Question) -> str:
    """Airflow's own page where a run's question is answered."""
    return links.airflow(
        "dags", question.dag_id, "runs", question.run_id, "tasks", question.task_id, "required_actions"
    )


def rates_runs(request: Request, here: Installed) -> RatesRuns:
    """The runs as the person of this request may see them."""
    return RatesRuns(ThisAirflow(request), (MONTHLY_DAG, migration_month(here.programs).dag_id))


Runs = Annotated[RatesRuns, Depends(rates_runs)]

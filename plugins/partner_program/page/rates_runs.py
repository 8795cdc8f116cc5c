"""The run of a month that waits for an answer about its rates, in this Airflow."""

from typing import Annotated, Literal

from fastapi import Depends, Request

from partner_program.page.links import Links
from partner_program.page.this_airflow import Question, ThisAirflow

MONTH_DAGS = ("monthly_tier_assignment", "migration_2015")
APPROVAL_TASK = "approve_rates"
# Of a run that asked: whether it has the answer now; empty where none asked.
Taken = Literal["has it", "still waits", ""]


class RatesRuns:
    """Asks this Airflow as the person of one request; for routes that are plain `def`."""

    def __init__(self, airflow: ThisAirflow) -> None:
        self._airflow = airflow

    def waiting(self, decision_hash: str) -> Question | None:
        """What a run asks about just this decision, None where none waits for it."""
        asked = (each for dag_id in MONTH_DAGS for each in self._airflow.questions(dag_id, APPROVAL_TASK))
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


def rates_runs(request: Request) -> RatesRuns:
    """The runs as the person of this request may see them."""
    return RatesRuns(ThisAirflow(request))


Runs = Annotated[RatesRuns, Depends(rates_runs)]

"""The runs of `tier_letters` in this Airflow: which of them wait for an answer, and starting one that sends.

Nothing is sent in the api-server, which also serves the tasks of all DAGs: letters go out in a run.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from partner_program.domain.billing_month import BillingMonth
from partner_program.page.rights import LETTERS_DAG
from partner_program.page.this_airflow import NEWEST, Question, Started, ThisAirflow

APPROVAL_TASK = "approve_letters"
_DAG = f"/dags/{LETTERS_DAG}"


@dataclass(frozen=True, slots=True)
class LettersRun:
    """A run of a month's letters that has not ended, and what it asks a person, if it waits for one."""

    run_id: str
    state: str
    started_by: str | None
    question: Question | None

    @property
    def waits(self) -> bool:
        """Whether it waits for a person to approve."""
        return self.question is not None

    def is_about(self, batch_hash: str) -> bool:
        """Whether what it asks about are the letters with this hash."""
        return self.question is not None and self.question.is_about(batch_hash)


@dataclass(frozen=True, slots=True)
class RunsOfMonth:
    """What Airflow says of a month's letters; `known` is false where it does not say, or does not know the DAG."""

    known: bool
    is_paused: bool = False
    runs: tuple[LettersRun, ...] = ()

    @property
    def waiting(self) -> LettersRun | None:
        """The run that waits for an answer, None where none does."""
        return next((run for run in self.runs if run.waits), None)


class LetterRuns:
    """Asks this Airflow about the letters' runs as the person of one request; for routes that are plain `def`."""

    def __init__(self, airflow: ThisAirflow) -> None:
        self._airflow = airflow

    def of_month(self, month: BillingMonth) -> RunsOfMonth:
        """The runs of a month's letters that have not ended."""
        dag = self._airflow.get(_DAG)
        if dag is None:
            return RunsOfMonth(known=False)
        newest = {"state": ["queued", "running"], "order_by": "-run_after", "limit": NEWEST}
        runs = (self._airflow.get(f"{_DAG}/dagRuns", newest) or {}).get("dag_runs", [])
        own = [run for run in runs if (run.get("conf") or {}).get("billing_month") == str(month)]
        asked = self._airflow.questions(LETTERS_DAG, APPROVAL_TASK) if own else []
        asks = {question.run_id: question for question in asked}
        return RunsOfMonth(
            known=True,
            is_paused=bool(dag.get("is_paused")),
            runs=tuple(
                LettersRun(
                    run["dag_run_id"], run["state"], run.get("triggering_user_name"), asks.get(run["dag_run_id"])
                )
                for run in own
            ),
        )

    def start(self, month: BillingMonth, run_id: str) -> Started:
        """Start the run that sends a month's approved letters, under an id of its own: twice is once."""
        return self._airflow.start(LETTERS_DAG, run_id, {"billing_month": str(month)})

    def nothing_begins(self) -> bool:
        """Whether no scheduler is alive that would begin a run."""
        return self._airflow.nothing_begins()

    def approve(self, run: LettersRun, *, alone: bool) -> bool:
        """Give a run that waits the answer that was just recorded; return whether Airflow took it."""
        return run.question is not None and self._airflow.answer(run.question, "Approve", {"alone": alone})


def letter_runs(request: Request) -> LetterRuns:
    """The runs as the person of this request may see them."""
    return LetterRuns(ThisAirflow(request))


Runs = Annotated[LetterRuns, Depends(letter_runs)]

"""The runs of a month in this Airflow: which is under way or was the last, starting one, and how one stands.

No month is run in the api-server, which also serves the tasks of all DAGs: a run of its DAG does it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import Request

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import Program
from partner_program.page.this_airflow import NEWEST, ThisAirflow
from partner_program.usecases.month.first_month import migration_month

MONTHLY_DAG = "monthly_tier_assignment"


@dataclass(frozen=True, slots=True)
class MonthRun:
    """One run as Airflow has it; `effective_on` is the day that it was asked for, as it was written, empty for none.

    `note` is what it came to, once it has ended.
    """

    dag_id: str
    run_id: str
    state: str
    month: str
    effective_on: str
    note: str

    @property
    def is_under_way(self) -> bool:
        """Whether it has not ended."""
        return self.state in ("queued", "running")


@dataclass(frozen=True, slots=True)
class RunsOfMonth:
    """What Airflow says of a month: its DAG, and its newest run; `known` is false where it does not say."""

    dag_id: str
    known: bool
    newest: MonthRun | None = None


class MonthRuns:
    """Asks this Airflow about months as the person of one request; for routes that are plain `def`."""

    def __init__(self, request: Request, programs: Sequence[Program]) -> None:
        self._airflow = ThisAirflow(request)
        self._first = migration_month(programs)

    def of_month(self, month: BillingMonth) -> RunsOfMonth:
        """The newest run of a month: one that has not ended before all others."""
        dag_id = self._first.dag_id if month == self._first.month else MONTHLY_DAG
        if self._airflow.get(f"/dags/{dag_id}") is None:
            return RunsOfMonth(dag_id, known=False)
        newest = {"order_by": "-run_after", "limit": NEWEST}
        found = map(_run, (self._airflow.get(f"/dags/{dag_id}/dagRuns", newest) or {}).get("dag_runs", []))
        own = sorted((run for run in found if run.month == str(month)), key=lambda run: not run.is_under_way)
        return RunsOfMonth(dag_id, known=True, newest=next(iter(own), None))

    def start(self, dag_id: str, run_id: str, month: BillingMonth, effective_on: str) -> None:
        """Start a run of a month under an id of its own: twice is once."""
        conf = {"billing_month": str(month), **({"effective_on": effective_on} if effective_on else {})}
        self._airflow.start(dag_id, run_id, conf)

    def find(self, dag_id: str, run_id: str) -> MonthRun | None:
        """A run of a month, None where Airflow does not tell of one."""
        if dag_id not in (MONTHLY_DAG, self._first.dag_id):
            return None
        run = self._airflow.get(f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}")
        return None if run is None else _run(run)

    def why_it_waits(self, dag_id: str) -> str:
        """Why a queued run does not begin, empty where it will."""
        if (self._airflow.get(f"/dags/{dag_id}") or {}).get("is_paused"):
            return f"{dag_id} is paused in Airflow: the run begins when somebody unpauses it."
        if self._airflow.nothing_begins():
            return "No scheduler of this Airflow is alive: the run begins when one is started."
        return ""


def _run(found: dict[str, Any]) -> MonthRun:
    conf = found.get("conf") or {}
    return MonthRun(
        dag_id=found["dag_id"],
        run_id=found["dag_run_id"],
        state=found["state"],
        month=str(found.get("partition_key") or conf.get("billing_month") or ""),
        effective_on=str(conf.get("effective_on") or ""),
        note=str(found.get("note") or ""),
    )

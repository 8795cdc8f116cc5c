"""The runs of `tier_letters` in this Airflow: which of them wait for an answer, and starting one that sends.

Nothing is sent in the api-server, which also serves the tasks of all DAGs: letters go out in a run. Airflow is asked by
its own public REST API, in this process and in the name of the person who asks: its rights hold, and its record says
who it was. Where Airflow cannot say, the pages say that, and everything else on them holds.
"""

import logging
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote

import httpx
from anyio.from_thread import run as run_in_loop
from fastapi import Depends, FastAPI, HTTPException, Request

from partner_program.domain.billing_month import BillingMonth
from partner_program.page.links import Links
from partner_program.page.rights import LETTERS_DAG

APPROVAL_TASK = "approve_letters"
MOUNTED_IN = "partner_program.mounted_in"
_NEWEST = 50
_SECONDS = 20.0
# What the REST API asks to be known by: who asks, and that a page of Airflow did.
_PASSED_ON = ("cookie", "authorization", "referer", "host")
Started = Literal["started", "there_already"]
_log = logging.getLogger(__name__)


class Mounted(FastAPI):
    """An application that remembers which one it is mounted in: Airflow's own, with its REST API."""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        scope[MOUNTED_IN] = scope.get("app")
        await super().__call__(scope, receive, send)


@dataclass(frozen=True, slots=True)
class LettersRun:
    """A run of a month's letters that has not ended; `asks_about` is the text that waits for an answer, if one does."""

    run_id: str
    state: str
    started_by: str | None
    asks_about: str | None

    @property
    def waits(self) -> bool:
        """Whether it waits for a person to approve."""
        return self.asks_about is not None

    def is_about(self, batch_hash: str) -> bool:
        """Whether what it asks about are the letters with this hash: its text names the hash's first digits."""
        return self.asks_about is not None and batch_hash[:12] in self.asks_about


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

    def __init__(self, request: Request) -> None:
        self._app = request.scope.get(MOUNTED_IN)
        self._base = f"{Links.of(request).airflow_root}/api/v2/dags/{LETTERS_DAG}"
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        self._headers = {**headers, "accept": "application/json"}

    def of_month(self, month: BillingMonth) -> RunsOfMonth:
        """The runs of a month's letters that have not ended."""
        dag = self._get("")
        if dag is None:
            return RunsOfMonth(known=False)
        newest = {"state": ["queued", "running"], "order_by": "-run_after", "limit": _NEWEST}
        runs = (self._get("/dagRuns", newest) or {}).get("dag_runs", [])
        own = [run for run in runs if (run.get("conf") or {}).get("billing_month") == str(month)]
        asks = self._asks() if own else {}
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
        wanted = {"dag_run_id": run_id, "logical_date": None, "conf": {"billing_month": str(month)}}
        answer = self._ask("POST", "/dagRuns", body=wanted)
        if answer is not None and answer.status_code == httpx.codes.CONFLICT:
            return "there_already"
        if answer is None or not answer.is_success:
            raise HTTPException(*_why_not(answer))
        return "started"

    def approve(self, run: LettersRun, *, alone: bool) -> bool:
        """Give a run that waits the answer that was just recorded; return whether Airflow took it."""
        path = f"/dagRuns/{quote(run.run_id, safe='')}/taskInstances/{APPROVAL_TASK}/-1/hitlDetails"
        answer = self._ask("PATCH", path, body={"chosen_options": ["Approve"], "params_input": {"alone": alone}})
        return answer is not None and answer.is_success

    def _asks(self) -> dict[str, str]:
        """What waits for an answer, by run."""
        found = self._get("/dagRuns/~/hitlDetails", {"response_received": "false", "limit": _NEWEST}) or {}
        return {
            each["task_instance"]["dag_run_id"]: f"{each.get('subject', '')}\n{each.get('body', '')}"
            for each in found.get("hitl_details", [])
            if each["task_instance"]["task_id"] == APPROVAL_TASK
        }

    def _get(self, path: str, query: dict[str, Any] | None = None) -> dict[str, Any] | None:
        answer = self._ask("GET", path, query=query)
        return answer.json() if answer is not None and answer.is_success else None

    def _ask(
        self, method: str, path: str, *, query: dict[str, Any] | None = None, body: object = None
    ) -> httpx.Response | None:
        app = self._app
        if app is None:
            return None

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://airflow", timeout=_SECONDS) as client:
                return await client.request(method, self._base + path, params=query, json=body, headers=self._headers)

        try:
            answer = run_in_loop(asked)
            if answer.is_success and "json" not in answer.headers.get("content-type", ""):
                return None  # what Airflow does not know is answered with its own page
        except Exception:  # noqa: BLE001 - whatever goes wrong in Airflow, the letters' own page holds
            _log.exception("Airflow could not be asked about the runs of %s", LETTERS_DAG)
            return None
        return answer


def _why_not(answer: httpx.Response | None) -> tuple[int, str]:
    """The status and the words where no run was started."""
    status = 503 if answer is None else answer.status_code
    if status in (401, 403):
        return 403, f"Airflow does not let you start {LETTERS_DAG}, and nothing was started."
    if status == 404:
        return 409, f"Airflow does not know the DAG {LETTERS_DAG} yet, and nothing was started."
    return 503, f"Airflow did not start a run of {LETTERS_DAG} (it answered {status}). Nothing was sent."


def letter_runs(request: Request) -> LetterRuns:
    """The runs as the person of this request may see them."""
    return LetterRuns(request)


Runs = Annotated[LetterRuns, Depends(letter_runs)]

"""Asks the Airflow that these pages are part of: how its runs stand, starting one, what they ask a person.

Airflow is asked by its own public REST API, in this process and in the name of the person who asks: its rights hold,
and its record says who it was. Where Airflow cannot say, the pages say that, and everything else on them holds.
"""

import logging
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import httpx
from anyio.from_thread import run as run_in_loop
from fastapi import FastAPI, HTTPException, Request

from partner_program.page.links import Links

MOUNTED_IN = "partner_program.mounted_in"
NEWEST = 50
_SECONDS = 20.0
_LOOKS, _LOOK_SECONDS = 40, 0.5
# What the REST API asks to be known by: who asks, and that a page of Airflow did.
_PASSED_ON = ("cookie", "authorization", "referer", "host")
_log = logging.getLogger(__name__)
Started = Literal["started", "there_already"]


class Mounted(FastAPI):
    """An application that remembers which one it is mounted in: Airflow's own, with its REST API."""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        scope[MOUNTED_IN] = scope.get("app")
        await super().__call__(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Question:
    """What a run asks a person and nobody has answered; `text` is what it shows."""

    dag_id: str
    run_id: str
    task_id: str
    text: str

    def is_about(self, shown: str) -> bool:
        """Whether it asks about just what has this hash: its text names the hash's first digits."""
        return shown[:12] in self.text


class ThisAirflow:
    """Asks Airflow as the person of one request; for routes that are plain `def`."""

    def __init__(self, request: Request) -> None:
        self._app = request.scope.get(MOUNTED_IN)
        self._base = f"{Links.of(request).airflow_root}/api/v2"
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        self._headers = {**headers, "accept": "application/json"}

    def questions(self, dag_id: str, task_id: str) -> list[Question]:
        """What the runs of a DAG ask at this task."""
        path = f"/dags/{dag_id}/dagRuns/~/hitlDetails"
        asked = {"response_received": "false", "task_id": task_id, "limit": NEWEST}
        found = (self.get(path, asked) or {}).get("hitl_details", [])
        return [
            Question(dag_id, task["dag_run_id"], task["task_id"], f"{each.get('subject', '')}\n{each.get('body', '')}")
            for each in found
            if (task := each["task_instance"])["task_id"] == task_id
        ]

    def answer(self, question: Question, option: str, params: Mapping[str, object]) -> bool:
        """Answer with one of the options that it offers; return whether Airflow took it.

        A task that is answered while it still asks fails: it is given some seconds to begin waiting.
        """
        run = f"/dags/{question.dag_id}/dagRuns/{quote(question.run_id, safe='')}"
        task = f"{run}/taskInstances/{question.task_id}"
        for _ in range(_LOOKS):
            if (self.get(task) or {}).get("state") != "running":
                break
            time.sleep(_LOOK_SECONDS)
        body = {"chosen_options": [option], "params_input": dict(params)}
        answer = self.ask("PATCH", f"{task}/-1/hitlDetails", body=body)
        return answer is not None and answer.is_success

    def start(self, dag_id: str, run_id: str, conf: Mapping[str, object]) -> Started:
        """Start a run of a DAG under an id of its own, so that twice is once; raises where Airflow does not."""
        wanted = {"dag_run_id": run_id, "logical_date": None, "conf": dict(conf)}
        answer = self.ask("POST", f"/dags/{dag_id}/dagRuns", body=wanted)
        if answer is not None and answer.status_code == httpx.codes.CONFLICT:
            return "there_already"
        if answer is None or not answer.is_success:
            raise HTTPException(*_why_not(dag_id, answer))
        return "started"

    def nothing_begins(self) -> bool:
        """Whether Airflow says that no scheduler of it is alive: then no run begins or goes on."""
        health = self.get("/monitor/health")
        return health is not None and (health.get("scheduler") or {}).get("status") != "healthy"

    def get(self, path: str, query: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """What Airflow answers to a question, None where it does not."""
        answer = self.ask("GET", path, query=query)
        return answer.json() if answer is not None and answer.is_success else None

    def ask(
        self, method: str, path: str, *, query: dict[str, Any] | None = None, body: object = None
    ) -> httpx.Response | None:
        """Send a request to the REST API; None where it cannot be reached."""
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
        except Exception:  # noqa: BLE001 - whatever goes wrong in Airflow, the pages themselves hold
            _log.exception("Airflow could not be asked: %s %s", method, path)
            return None
        return answer


def _why_not(dag_id: str, answer: httpx.Response | None) -> tuple[int, str]:
    """The status and the words where no run was started."""
    status = 503 if answer is None else answer.status_code
    if status in (401, 403):
        return 403, f"Airflow does not let you start {dag_id}, and nothing was started."
    if status == 404:
        return 409, f"Airflow does not know the DAG {dag_id} yet, and nothing was started."
    return 503, f"Airflow did not start a run of {dag_id} (it answered {status}). Nothing was started."

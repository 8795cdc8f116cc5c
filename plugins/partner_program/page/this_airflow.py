"""Asks the Airflow that these pages are part of: what its runs ask a person, and giving them the answer.

Airflow is asked by its own public REST API, in this process and in the name of the person who asks: its rights hold,
and its record says who it was. Where Airflow cannot say, the pages say that, and everything else on them holds.
"""

import logging
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from anyio.from_thread import run as run_in_loop
from fastapi import FastAPI, Request

from partner_program.page.links import Links

MOUNTED_IN = "partner_program.mounted_in"
NEWEST = 50
_SECONDS = 20.0
# What the REST API asks to be known by: who asks, and that a page of Airflow did.
_PASSED_ON = ("cookie", "authorization", "referer", "host")
_log = logging.getLogger(__name__)


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
        """Answer with one of the options that it offers; return whether Airflow took it."""
        run = f"/dags/{question.dag_id}/dagRuns/{quote(question.run_id, safe='')}"
        body = {"chosen_options": [option], "params_input": dict(params)}
        answer = self.ask("PATCH", f"{run}/taskInstances/{question.task_id}/-1/hitlDetails", body=body)
        return answer is not None and answer.is_success

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

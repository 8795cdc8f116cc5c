"""Airflow through its REST API, as an operator on another machine would use it."""

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen


class NotReachable(Exception):
    """The api-server does not answer, or not yet, or answers with a fault."""


class AirflowRest:
    """The REST API of one Airflow; `login` comes first."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._token = ""

    def login(self, user: str, password: str) -> None:
        """Get a token, which every later call uses."""
        self._token = self._ask("POST", "/auth/token", {"username": user, "password": password})["access_token"]

    def health(self) -> dict[str, str]:
        """The status of each part that reports to the metadata database, by name; empty where nobody answers yet."""
        try:
            parts = self._ask("GET", "/api/v2/monitor/health")
        except NotReachable:
            return {}
        return {name: part["status"] for name, part in parts.items() if part}

    def knows(self, dag_id: str) -> bool:
        """Whether the dag-processor has read the DAG."""
        return dag_id in {dag["dag_id"] for dag in self._ask("GET", "/api/v2/dags")["dags"]}

    def unpause(self, dag_id: str) -> None:
        """Let a DAG's runs begin."""
        self._ask("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})

    def pause(self, dag_id: str) -> None:
        """Keep a DAG's runs from beginning, and from going on."""
        self._ask("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": True})

    def trigger(self, dag_id: str, *, partition_key: str | None, conf: Mapping[str, str]) -> str:
        """Start a run; returns its id."""
        order = {"logical_date": None, "partition_key": partition_key, "conf": dict(conf)}
        run: str = self._ask("POST", f"/api/v2/dags/{dag_id}/dagRuns", order)["dag_run_id"]
        return run

    def run_state(self, dag_id: str, run_id: str) -> str:
        """The state of a run: queued, running, success or failed."""
        state: str = self._ask("GET", f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id)}")["state"]
        return state

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The tasks of a run, with their states and the worker that each ran on."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id)}/taskInstances?limit=500"
        tasks: list[dict[str, Any]] = self._ask("GET", path)["task_instances"]
        return tasks

    def clear(self, dag_id: str, run_id: str, task: str | list[Any], *, include_downstream: bool) -> None:
        """Run a task again now, whatever its state; a mapped one is given as its id and its map index."""
        order = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": [task],
            "only_failed": False,
            "include_downstream": include_downstream,
        }
        self._ask("POST", f"/api/v2/dags/{dag_id}/clearTaskInstances", order)

    def answer(self, dag_id: str, run_id: str, task: str, option: str, **form: object) -> None:
        """Answer a task that waits for a person, with the fields of its form."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id)}/taskInstances/{task}/-1/hitlDetails"
        self._ask("PATCH", path, {"chosen_options": [option], "params_input": form})

    def serves_tasks(self) -> bool:
        """Whether the API through which tasks speak answers; its first answer takes it seconds."""
        try:
            self._ask("GET", "/execution/health")
        except NotReachable:
            return False
        return True

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._url + path, data, headers, method=method)  # noqa: S310  this run's own address
        try:
            with urlopen(request, timeout=20) as answer:  # noqa: S310
                return json.load(answer)
        except HTTPError as refused:
            raise NotReachable(f"{method} {path}: {refused.code} {refused.read().decode()[:300]}") from None
        except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
            raise NotReachable(f"{method} {path}: {error}") from None

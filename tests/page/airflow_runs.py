"""An Airflow that has runs of letters and months: what its REST API answers, in memory, and what it was asked to do."""

from typing import Any

from tests.page.asking import PREFIX, Asking


class AirflowWithRuns:
    """Answers as Airflow's REST API does; `started` and `answered` are what it was asked to do."""

    def __init__(self) -> None:
        self.is_known = True
        self.is_paused = False
        self.may_start = True
        self.runs: list[dict[str, Any]] = []
        self.asks: list[dict[str, Any]] = []
        self.started: list[dict[str, Any]] = []
        self.answered: list[tuple[str, dict[str, Any]]] = []
        self.may_answer = True
        self.scheduler = "healthy"

    def month_run(self, run_id: str, month: str, state: str) -> None:
        """A run of a month."""
        own = {"dag_id": "monthly_tier_assignment", "dag_run_id": run_id, "state": state, "partition_key": None}
        self.runs.append({**own, "conf": {"billing_month": month}, "note": None})

    def waiting(self, run_id: str, month: str, batch_hash: str, started_by: str = "pat") -> None:
        """A run that waits for an answer about the letters with this hash."""
        conf = {"billing_month": month}
        run = {"dag_run_id": run_id, "state": "running", "conf": conf, "triggering_user_name": started_by}
        self.runs.append(run)
        task = {"dag_id": "tier_letters", "dag_run_id": run_id, "task_id": "approve_letters"}
        self.asks.append({"task_instance": task, "subject": "Send them?", "body": f"(hash `{batch_hash[:12]}`)"})

    def asking_about_rates(self, dag_id: str, run_id: str, decision_hash: str) -> None:
        """A run of a month that waits for an answer about the rates with this hash."""
        task = {"dag_id": dag_id, "dag_run_id": run_id, "task_id": "approve_rates"}
        self.asks.append({"task_instance": task, "subject": "In force?", "body": f"(hash `{decision_hash[:12]}`)"})

    def around(self, pages: Any, root: str = "") -> Asking:
        """Ask the pages, mounted in this Airflow."""
        from fastapi import FastAPI, HTTPException, Request
        from fastapi.testclient import TestClient

        airflow = FastAPI(root_path=root)
        dag = "/api/v2/dags/{dag_id}"

        @airflow.get("/api/v2/monitor/health")
        def health() -> Any:
            return {"scheduler": {"status": self.scheduler}}

        @airflow.get(dag)
        def the_dag(dag_id: str) -> Any:
            if not self.is_known:
                raise HTTPException(404, "not found")
            return {"dag_id": dag_id, "is_paused": self.is_paused}

        @airflow.get(f"{dag}/dagRuns")
        def the_runs(dag_id: str) -> Any:
            return {"dag_runs": [run for run in self.runs if run.get("dag_id", "tier_letters") == dag_id]}

        @airflow.get(f"{dag}/dagRuns/{{run_id}}")
        def the_run(dag_id: str, run_id: str) -> Any:
            found = [run for run in self.runs if (run.get("dag_id"), run["dag_run_id"]) == (dag_id, run_id)]
            if not found:
                raise HTTPException(404, "not found")
            return found[0]

        @airflow.get("/api/v2/dags/{dag_id}/dagRuns/~/hitlDetails")
        def what_is_asked(dag_id: str) -> Any:
            return {"hitl_details": [each for each in self.asks if each["task_instance"]["dag_id"] == dag_id]}

        @airflow.post(f"{dag}/dagRuns")
        async def start(dag_id: str, request: Request) -> Any:
            assert dag_id
            body = await request.json()
            if not self.is_known:
                raise HTTPException(404, "not found")
            if not self.may_start:
                raise HTTPException(403, "forbidden")
            if body["dag_run_id"] in [each["dag_run_id"] for each in self.started]:
                raise HTTPException(409, "there already")
            self.started.append(body)
            return body

        @airflow.patch("/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails")
        async def answer(dag_id: str, run_id: str, task_id: str, request: Request) -> Any:
            asked = [each["task_instance"] for each in self.asks]
            assert {"dag_id": dag_id, "dag_run_id": run_id, "task_id": task_id} in asked
            if not self.may_answer:
                raise HTTPException(403, "not a respondent for the task")
            self.answered.append((run_id, await request.json()))
            self.asks = [each for each in self.asks if each["task_instance"]["dag_run_id"] != run_id]
            return {}

        airflow.mount(PREFIX, pages)
        client = TestClient(
            airflow, raise_server_exceptions=False, follow_redirects=False, base_url="http://desk.example"
        )
        return Asking(client, root)

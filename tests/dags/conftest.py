"""Runs the project's DAGs over a world, in this process, with the process's one Airflow."""

import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.airflow_home import ROOT, made_home
from tests.worlds import World


@pytest.fixture(scope="session")
def airflow_home() -> Path:
    """Airflow's home with its database made."""
    return made_home()


@pytest.fixture
def bag(airflow_home: Path) -> Any:
    """The project's DAGs, parsed again, because a run leaves its params in the DAG object."""
    from airflow.dag_processing.dagbag import DagBag

    assert airflow_home.is_dir()
    found = DagBag(ROOT / "dags")
    assert found.import_errors == {}
    return found


@pytest.fixture
def in_airflow(airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> "InAirflow":
    """Points Airflow at a world's installation for one test."""
    return InAirflow(airflow_home, monkeypatch)


class InAirflow:
    """Runs DAGs over a world, in this process."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take Airflow's home and what gives the environment back."""
        self.home = home
        self._monkeypatch = monkeypatch

    def use(self, world: World, **variables: str) -> None:
        """Make a world's connections Airflow's."""
        for name in [name for name in os.environ if name.startswith(("AIRFLOW_CONN_", "PARTNER_PROGRAM_"))]:
            self._monkeypatch.delenv(name)
        for name, value in {**world.environment(), **variables}.items():
            self._monkeypatch.setenv(name, value)

    def run(self, dag_id: str, **conf: Any) -> Any:
        """Parse a DAG again and run it once; retries follow without waiting."""
        from airflow.dag_processing.dagbag import DagBag

        dag = DagBag(ROOT / "dags").dags[dag_id]
        for task in dag.tasks:
            task.retry_delay = timedelta(0)
        return dag.test(run_conf=conf)

    def run_as(self, run_type: str, month: str, **conf: Any) -> Any:
        """Run the monthly DAG as a scheduler would start it: a run of that type, the month as its partition key."""
        from airflow.models.dagrun import DagRun
        from sqlalchemy import event

        def started_by_a_scheduler(_mapper: Any, _connection: Any, run: Any) -> None:
            run.run_type, run.partition_key = run_type, month

        event.listen(DagRun, "before_insert", started_by_a_scheduler)
        try:
            return self.run("monthly_tier_assignment", **conf)
        finally:
            event.remove(DagRun, "before_insert", started_by_a_scheduler)

    def forget_what_was_told(self) -> None:
        """Take back every event of an asset: the next run tells of its month anew."""
        with closing(sqlite3.connect(self.home / "airflow.db")) as connection, connection:
            connection.execute("DELETE FROM asset_event")

    def states(self, run: Any) -> dict[str, str]:
        """The state of each task of a run."""
        rows = self.rows("SELECT task_id, state FROM task_instance WHERE run_id = ?", run.run_id)
        return dict(rows)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of Airflow's own database."""
        with closing(sqlite3.connect(self.home / "airflow.db")) as connection:
            return connection.execute(sql, values).fetchall()


def small_world(world: World) -> World:
    """June and July of a few partners, with order databases at NL."""
    world.partner("P1", {"NL": "A1", "US": "B1"}, company_name="=cmd() & <b>")
    world.bill("A1", "2015-06", 2_500_00, months=2)
    world.bill("B1", "2015-06", 900_00, entity="US", months=2)
    world.partner("P2", {"NL": "A2"})
    world.bill("A2", "2015-06", 600_00, months=2)
    world.grant("G2", "P2", 3, "2015-08-01", "2015-12-01")
    world.partner("P3", {"US": "B3"}, language="nl")
    world.bill("B3", "2015-06", 7_000_00, entity="US", months=2)
    world.legacy("P3", monthly_bp=3000)
    world.rate("2015-06", "USD", "1.2")
    world.rate("2015-07", "USD", "1.2")
    world.orders("NL")
    world.ready("2015-06", "2015-07")
    return world

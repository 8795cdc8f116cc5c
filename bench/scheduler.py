"""Measures the time that Airflow itself adds: a chained step and a mapped task that do nothing, in the real scheduler.

It uses LocalExecutor, PostgreSQL metadata and two DAGs of its own, which run in turn. The time of a run is taken from
the metadata, from start to end, and divided by its tasks: this is what a month pays for being divided into steps.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench import Measurement
from tests.real_airflow import RealAirflow, real_airflow

STEPS, MAPPED, RUNS = 10, 20, 3
SECONDS_A_STEP, SECONDS_A_MAPPED_TASK = 1.2, 0.4
WAIT_SECONDS = 300.0
DAGS = f"""
from airflow.sdk import chain, dag, task

@task
def step():
    return None

@dag(schedule=None, catchup=False, is_paused_upon_creation=False)
def bench_chain():
    chain(*[step() for _ in range({STEPS})])

@dag(schedule=None, catchup=False, is_paused_upon_creation=False, max_active_tasks={MAPPED})
def bench_mapped():
    @task
    def one(number):
        return None

    one.expand(number=list(range({MAPPED})))

bench_chain()
bench_mapped()
"""


def measure(runs: int = RUNS) -> list[Measurement]:
    """Run both DAGs in turn and take the medians; a first run of each is not counted."""
    with _airflow() as airflow:
        for dag_id in ("bench_chain", "bench_mapped"):
            airflow.wait_for(dag_id, lambda dag_id=dag_id: airflow.rest.knows(dag_id))  # type: ignore[misc]
            _seconds(airflow, dag_id)
        turns = [(_seconds(airflow, "bench_chain"), _seconds(airflow, "bench_mapped")) for _ in range(runs)]
    how = "LocalExecutor, PostgreSQL metadata; start to end of a run; median of"
    step, task = (median(column) for column in zip(*turns, strict=True))
    return [
        Measurement("scheduler: a chained step", step / STEPS, SECONDS_A_STEP, "s", f"{how} {runs} runs of {STEPS}"),
        Measurement(
            "scheduler: a mapped task", task / MAPPED, SECONDS_A_MAPPED_TASK, "s", f"{how} {runs} runs of {MAPPED}"
        ),
    ]


@contextmanager
def _airflow() -> Iterator[RealAirflow]:
    with tempfile.TemporaryDirectory(prefix="bench-airflow-") as folder:
        dags = Path(folder) / "dags"
        dags.mkdir()
        (dags / "bench.py").write_text(DAGS)
        home = Path(folder) / "airflow"
        home.mkdir()
        with real_airflow(home, dags=dags) as airflow:
            yield airflow


def _seconds(airflow: RealAirflow, dag_id: str) -> float:
    """The seconds from start to end of one run, from the metadata; fails if a task did not succeed."""
    run_id = airflow.rest.trigger(dag_id, partition_key=None, conf={})
    query = "SELECT state, extract(epoch FROM end_date - start_date) FROM dag_run WHERE dag_id = %s AND run_id = %s"
    # ask the metadata database, because requests to the api-server would slow the tasks down
    ended = f"{query} AND state IN ('success', 'failed')"
    airflow.wait_for(run_id, lambda: airflow.rows(ended, dag_id, run_id), seconds=WAIT_SECONDS)
    ((state, seconds),) = airflow.rows(query, dag_id, run_id)
    assert state == "success", f"{dag_id} {run_id} is {state}"  # noqa: S101 - the time of a failed run does not count
    return float(seconds)

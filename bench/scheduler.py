"""What Airflow itself costs: a chained step and a mapped task that do nothing, through the real scheduler.

LocalExecutor and PostgreSQL metadata, on DAGs that this writes for itself; both take turns. A run's time is that of
the metadata, from its start to its end, divided by its tasks: all that a month pays for being in steps.
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
    """Run both DAGs in turn, after a run of each that is not counted; the median counts."""
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
    """One run, from its start to its end by the metadata; refused where a task of it did not succeed."""
    run_id = airflow.rest.trigger(dag_id, partition_key=None, conf={})
    query = "SELECT state, extract(epoch FROM end_date - start_date) FROM dag_run WHERE dag_id = %s AND run_id = %s"
    # asked of the metadata, as each question to the api-server would take time from the tasks' own
    ended = f"{query} AND state IN ('success', 'failed')"
    airflow.wait_for(run_id, lambda: airflow.rows(ended, dag_id, run_id), seconds=WAIT_SECONDS)
    ((state, seconds),) = airflow.rows(query, dag_id, run_id)
    assert state == "success", f"{dag_id} {run_id} is {state}"  # noqa: S101 - a fast run that failed is none
    return float(seconds)

"""Writes what a run came to into its note, which stands on the run's page in Airflow.

Airflow calls this in the process that notes that a run begins or ends: the scheduler, or the api-server where a person
sets a run's state. Tasks cannot do it: the API through which they speak to Airflow 3.3 has no call for notes, and the
public one would need somebody's password. A step hands its line on by XCom (`airflow_steps/run_notes.py`).

The scheduler must not wait or fail for a note: one or two looks by key in the transaction that it has open, nothing
else is asked, and whatever goes wrong is logged. A note that a person wrote is left alone.
"""

import logging
import re
from collections.abc import Callable
from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

DAGS = ("monthly_tier_assignment", "tier_letters", "programme_reminders", "programme_events")
MIGRATION = re.compile(r"migration_\d{4}", re.ASCII)  # the year is that of the first programme file
RESULT, STOPPED_BY = "run_note", "stopped_by"
_LONGEST = 500  # characters; Airflow's column takes 1,000
_NAMED = 3  # of the steps that failed
Line = Callable[[Any, Any], str | None]  # of a session and a run
_log = logging.getLogger(__name__)


class RunNotes:
    """Listens to runs that begin and end."""

    @hookimpl
    def on_dag_run_running(self, dag_run: Any) -> None:
        """Say which month a run is for, from the moment when it begins."""
        _write(dag_run, lambda _, run: _month(run), only_first=True)

    @hookimpl
    def on_dag_run_success(self, dag_run: Any) -> None:
        """Say what the run came to."""
        _write(dag_run, lambda session, run: _handed_on(session, run, RESULT))

    @hookimpl
    def on_dag_run_failed(self, dag_run: Any) -> None:
        """Say what the run came to, where it was stopped, and by what."""
        _write(dag_run, _stopped)


def _write(dag_run: Any, line: Line, *, only_first: bool = False) -> None:
    if dag_run.dag_id not in DAGS and not MIGRATION.fullmatch(dag_run.dag_id):
        return
    try:
        from sqlalchemy.orm import object_session

        session = object_session(dag_run)
        if session is not None:
            _write_in(session, dag_run, line, only_first=only_first)
            return
        from airflow.utils.session import create_session

        with create_session(scoped=False) as session:  # `airflow dags test` has none open
            _write_in(session, session.get(type(dag_run), dag_run.id), line, only_first=only_first)
    except Exception:  # noqa: BLE001 - the scheduler goes on, whatever becomes of a note
        _log.exception("the note of run %s could not be written", dag_run.run_id)


def _write_in(session: Any, dag_run: Any, line: Line, *, only_first: bool) -> None:
    with session.no_autoflush:
        there = dag_run.dag_run_note
        if there is not None and (only_first or there.user_id is not None):
            return
        words = line(session, dag_run)
        if words:
            dag_run.note = words[:_LONGEST]


def _month(dag_run: Any) -> str | None:
    month = dag_run.partition_key or (dag_run.conf or {}).get("billing_month")
    return month if isinstance(month, str) else None


def _stopped(session: Any, dag_run: Any) -> str:
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    of_run = (TaskInstance.dag_id == dag_run.dag_id, TaskInstance.run_id == dag_run.run_id)
    failed = sorted(
        session.scalars(select(TaskInstance.task_id).where(*of_run, TaskInstance.state == "failed").distinct())
    )
    at = f"at {', '.join(failed[:_NAMED])}{' and more' if len(failed) > _NAMED else ''}" if failed else ""
    why = _handed_on(session, dag_run, STOPPED_BY)
    stopped = " ".join(["stopped", *filter(None, [at, f"by {why}" if why else ""])])
    return ": ".join(filter(None, [_handed_on(session, dag_run, RESULT) or _month(dag_run), stopped]))


def _handed_on(session: Any, dag_run: Any, key: str) -> str | None:
    """The last line that a step handed on."""
    from airflow.models.xcom import XComModel
    from sqlalchemy import select

    query = (
        select(XComModel.value)
        .where(XComModel.dag_run_id == dag_run.id, XComModel.key == key)
        .order_by(XComModel.timestamp.desc())
        .limit(1)
    )
    found = session.scalar(query)
    return found if isinstance(found, str) else None


class PartnerProgramRuns(AirflowPlugin):
    """Notes of runs."""

    name = "partner_program_runs"
    listeners = [RunNotes()]  # noqa: RUF012

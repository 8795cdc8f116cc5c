"""The step that sends events as an Airflow task; sending twice is safe, as each event has its id."""

import logging
import time
from datetime import timedelta
from typing import Any

from airflow.sdk import get_current_context, task

from partner_program.airflow_steps.notes import words_of
from partner_program.airflow_steps.run_notes import RESULT, hand_on
from partner_program.airflow_steps.running import SAFE_RETRIES, installation, refuse_unknown_params, step
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.usecases.events_sending import send_events as send_waiting_events

# An endpoint may be away for some hours before anybody is told.
_PATIENT: dict[str, Any] = {**SAFE_RETRIES, "retries": 12, "retry_delay": timedelta(minutes=20)}
_log = logging.getLogger(__name__)


@task(**words_of("send_events"), **_PATIENT)
@step
def send_events() -> dict[str, int]:
    """Send the events that may go now; return how many reached each state."""
    refuse_unknown_params(get_current_context(), {})
    report = send_waiting_events(installation(), now=time.time)
    if not report.is_connected:
        _log.info("the connection events_webhook is not set: nothing is sent")
    outcomes = dict(report.outcomes)
    counts = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(outcomes.items()))
    hand_on(RESULT, f"events: {counts or 'nothing new'}")
    if report.outcomes["dead"]:
        raise Refusal(
            f"events that were not taken ten times wait for a person: {report.outcomes['dead']} more. "
            "See `partner-program events list --state dead` and docs/operations.md"
        )
    if report.stopped:
        raise Unavailable(report.stopped)
    return outcomes


def event_steps() -> None:
    """Wire the one task of the DAG that sends events."""
    send_events()

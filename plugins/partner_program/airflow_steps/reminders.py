"""The steps of the weekly digests as Airflow tasks: collect, send, count them.

Airflow never retries sending: the outbox knows what may be tried again.
"""

import logging
import time
from datetime import date, timedelta
from typing import Any

from airflow.sdk import Param, PokeReturnValue, chain, get_current_context, task

from partner_program.airflow_steps.letters import NO_RETRIES, SENDING
from partner_program.airflow_steps.notes import words_of
from partner_program.airflow_steps.persons import started_by
from partner_program.airflow_steps.run_notes import RESULT, counted_line, hand_on
from partner_program.airflow_steps.running import SAFE_RETRIES, installation, refuse_unknown_params, step
from partner_program.domain.plurals import plural
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.domain.reminders import DUE_DAYS
from partner_program.usecases.digests import collecting as digest_collecting
from partner_program.usecases.digests import listing as digest_listing
from partner_program.usecases.digests import sending as digest_sending
from partner_program.usecases.handover import Clock

_LOOK = "See `partner-program reminders list` and docs/operations.md"
_log = logging.getLogger(__name__)


def reminder_params() -> dict[str, Param]:
    """The parameters of a run; Airflow refuses what does not fit before anything starts."""
    return {
        "on": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Day",
            description="The day of which the digests tell; they belong to its week. Empty: the day of the run.",
        ),
        "due_days": Param(
            DUE_DAYS,
            type="integer",
            minimum=1,
            maximum=365,
            title="Days ahead",
            description="What ends or is due within so many days is told.",
        ),
    }


@task(**words_of("collect_reminders"), **SAFE_RETRIES)
@step
def collect_reminders() -> dict[str, Any]:
    """Write the digest of each manager who has something to see to and none of this week yet; return the week."""
    context: Any = get_current_context()
    refuse_unknown_params(context, reminder_params())
    here, asked = installation(), context["params"]
    on = date.fromisoformat(asked["on"]) if asked["on"] else here.today()
    found = digest_collecting.collect_digests(
        here, on=on, due_days=asked["due_days"], by=started_by(context), clock=time.time
    )
    for entity in found.not_read:
        _log.warning("entity %s could not be read: the digests name it", entity)
    for entity, lines in found.faulty_lines.items():
        _log.warning("entity %s: %s at fault", entity, plural(len(lines), "line"))
    return {"week": found.week.isoformat(), "new": found.new}


@task.sensor(
    **words_of("send_digests"),
    mode="reschedule",
    poke_interval=300,
    timeout=timedelta(days=2).total_seconds(),
    **SENDING,
)
@step
def send_digests(request: dict[str, Any]) -> PokeReturnValue:
    """Send the week's digests, and postponed ones again when their time has come; no worker is held meanwhile."""
    here, week = installation(), date.fromisoformat(request["week"])
    clock, starter = Clock(time.time, time.sleep), started_by(get_current_context())
    try:
        report = digest_sending.send_digests(here, week, clock=clock, sent_by=starter)
    except Unavailable as fault:
        _log.warning("%s", fault)
        return PokeReturnValue(is_done=False)
    for manager_id, state in report.outcomes.items():
        _log.info("digest of %s: %s", manager_id, state)
    states = digest_listing.reconcile_digests(here, week).states
    return PokeReturnValue(is_done=not any(states.get(each) for each in ("approved", "deferred")))


@task(**words_of("reconcile_digests"), trigger_rule="all_done", **NO_RETRIES)
@step
def reconcile_digests(request: dict[str, Any] | None) -> dict[str, int]:
    """Count the week's digests, whatever came before; fails where one was not taken."""
    if request is None:
        raise Refusal("nothing was collected: see the log of collect_reminders")
    found = digest_listing.reconcile_digests(installation(), date.fromisoformat(request["week"]))
    digests = sum(found.states.values())
    hand_on(RESULT, counted_line(f"week of {request['week']}: {plural(digests, 'digest')}", digests, found.states))
    if found.open:
        named = ", ".join(f"{each.account_manager_id} {each.status}" for each in found.open)
        raise Refusal(f"digests of the week of {found.week} were not taken: {named}. {_LOOK}")
    return found.states


def reminder_steps() -> None:
    """Wire the tasks of the weekly digests inside a DAG."""
    request: Any = collect_reminders()
    chain(request, send_digests(request), reconcile_digests(request))

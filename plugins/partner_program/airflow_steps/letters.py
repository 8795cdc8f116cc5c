"""The steps of a month's letters as Airflow tasks: look, approve, send three, send the rest, count them.

A task that waits for a person's approval is in Airflow's state `awaiting_input` and needs no worker. Airflow never
retries sending: the outbox knows what may be tried again.
"""

import logging
import time
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Param, PokeReturnValue, TaskGroup, chain, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from partner_program.airflow_steps.alerts import notify_failure
from partner_program.airflow_steps.assets import LETTERS_SENT, tell_once, telling
from partner_program.airflow_steps.notes import words_of
from partner_program.airflow_steps.persons import PersonsAnswer, answered_by, started_by
from partner_program.airflow_steps.run_notes import RESULT, counted_line, hand_on, waiting_line
from partner_program.airflow_steps.running import (
    MONTH_PATTERN,
    SAFE_RETRIES,
    TIME_LIMIT,
    installation,
    refuse_unknown_params,
    step,
)
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.plurals import plural
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.usecases.handover import Clock, SendReport
from partner_program.usecases.letters import approval as letter_approval
from partner_program.usecases.letters import book as letter_book
from partner_program.usecases.letters import reconciliation as letter_reconciliation
from partner_program.usecases.letters import rendering as letters
from partner_program.usecases.letters import sending as letter_sending
from partner_program.usecases.letters.claims import NOT_ALLOWED

CANARY = 3
ON_THE_WAY = ("planned", "rendered", "approved", "claimed", "dot_pending", "deferred")
FINE = {"accepted", "deferred"}  # the rest is sent only if each of the first letters is in one of these states
NO_RETRIES: dict[str, Any] = {"retries": 0, "execution_timeout": TIME_LIMIT, "on_failure_callback": notify_failure}
# 500 letters at the slowest pace take hours, and each wait for the mail server has a limit of its own. A sender that is
# ended in the midst leaves a letter of which nobody knows whether it arrived.
SENDING: dict[str, Any] = {**NO_RETRIES, "execution_timeout": max(TIME_LIMIT, timedelta(days=2))}
_BODY = """
{{ ti.xcom_pull(task_ids='begin_letters')['deliveries'] }} letters to
{{ ti.xcom_pull(task_ids='begin_letters')['partners'] }} partners wait for approval, for the month
{{ ti.xcom_pull(task_ids='begin_letters')['billing_month'] }}.

Look at the preview book first: on
[the page about these letters][page], or in the
folder for letters and reports, `letters/{{ ti.xcom_pull(task_ids='begin_letters')['billing_month'] }}/index.html`.
You can approve them there too: that answers here as well.

The approval holds for these letters as they are now (hash
`{{ ti.xcom_pull(task_ids='begin_letters')['batch_hash'][:12] }}`); whatever is rendered anew asks again.
Whoever started the run, or ran the month, cannot approve it. After the approval three letters go first, then the rest.

For a first look by one person: where letters are only written to files, tick `alone`. It stays on record.

[page]: {{ task.page_link('letters/' ~ ti.xcom_pull(task_ids='begin_letters')['billing_month'] ~ '/approve') }}
"""
_ALONE = {
    "alone": Param(
        False,
        type="boolean",
        title="Alone",
        description="One person runs and approves: only where letters are written to files, not where they are sent.",
    )
}
_log = logging.getLogger(__name__)


def letter_params() -> dict[str, Param]:
    """The parameters of a run; Airflow refuses what does not fit before anything starts."""
    return {
        "billing_month": Param(
            None,
            type=["null", "string"],
            pattern=MONTH_PATTERN,
            title="Billing month",
            description="The month whose letters are sent, YYYY-MM.",
        ),
        "approval": Param(
            "person",
            enum=["person", "auto"],
            title="Approval",
            description="auto is for tests: letters that are really sent need a person, unless the settings say not.",
        ),
    }


def _clock() -> Clock:
    return Clock(time.time, time.sleep)


def _starter() -> str:
    return started_by(get_current_context())


def _month(request: dict[str, Any]) -> BillingMonth:
    return BillingMonth.parse(request["billing_month"])


class LettersApproval(PersonsAnswer):
    """Waits for a person's decision about the letters that were shown, and records it in the programme's database."""

    def execute(self, context: Any) -> Any:
        """Ask a person, unless no letter waits for an approval or the run approves by itself (`approval` is `auto`)."""
        request = context["ti"].xcom_pull(task_ids="begin_letters")
        if not request["deliveries"]:
            _log.info("no letter waits for an approval")
            return None
        if context["params"]["approval"] == "auto":
            return _approve(request, "auto", "approval=auto", started_by=None, auto=True)
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Record the answer, which holds only for the letters that were shown; the person's name stays out of XCom."""
        request = context["ti"].xcom_pull(task_ids="begin_letters")
        name = answered_by(event)
        if event.get("chosen_options") == [self.APPROVE]:
            starter = context["dag_run"].triggering_user_name
            alone = bool((event.get("params_input") or {}).get("alone"))
            _approve(request, name, "approved in Airflow", started_by=starter, auto=False, alone=alone)
        else:
            _reject(request, name)
        super().execute_complete(context, event)


@step
def _approve(
    request: dict[str, Any], name: str, reason: str, *, started_by: str | None, auto: bool, alone: bool = False
) -> None:
    letter_approval.approve_letters(
        installation(),
        _month(request),
        approved_by=name,
        reason=reason,
        clock=time.time,
        batch_hash=request["batch_hash"],
        started_by=started_by,
        auto=auto,
        alone=alone,
    )


@step
def _reject(request: dict[str, Any], name: str) -> None:
    done = letter_approval.reject_letters(
        installation(),
        _month(request),
        rejected_by=name,
        reason="rejected in Airflow",
        clock=time.time,
        batch_hash=request["batch_hash"],
    )
    if done.withdrawn:
        _log.warning("%s approved meanwhile and wait again", plural(done.withdrawn, "letter was", "letters were"))
    if done.handed_over:
        _log.warning("%s handed over before and cannot come back", plural(done.handed_over, "was", "were"))


@task(**words_of("begin_letters"), **SAFE_RETRIES)
@step
def begin_letters() -> dict[str, Any]:
    """Write the preview book of the month and return what waits for an approval."""
    context: Any = get_current_context()
    refuse_unknown_params(context, letter_params())
    asked = context["params"]
    if not asked["billing_month"]:
        raise Refusal("this run names no month: start it with the param billing_month, as in 2015-06")
    here, month = installation(), BillingMonth.parse(asked["billing_month"])
    batch = letter_approval.waiting_batch(here, month)
    letter_book.write_book(here, month, today=here.today())
    hand_on(RESULT, waiting_line(month, batch.deliveries, batch.partners))
    return {
        "billing_month": str(month),
        "batch_hash": batch.batch_hash,
        "deliveries": batch.deliveries,
        "partners": batch.partners,
    }


@task(**words_of("send_canary"), trigger_rule="none_failed_min_one_success", **SENDING)
@step
def send_canary(request: dict[str, Any]) -> dict[str, int]:
    """Send the first three letters; if the mail server does not take one of them, the rest is not sent."""
    report = letter_sending.send_letters(
        installation(), _month(request), clock=_clock(), sent_by=_starter(), limit=CANARY
    )
    bad = {state: count for state, count in report.outcomes.items() if state not in FINE}
    if bad:
        raise Refusal(f"of the first {CANARY} letters some were not taken: {bad}; the rest was not sent. {_LOOK}")
    return dict(report.outcomes)


@task(**words_of("list_send_batches"), **SAFE_RETRIES)
@step
def list_send_batches(request: dict[str, Any]) -> list[int]:
    """The numbers of the batches of the month's letters: the same ones however many letters were sent already."""
    return list(range(len(letters.letter_batches(installation(), _month(request)))))


# One at a time: the limits of letters per minute are for one sender.
@task(**words_of("send_letters"), max_active_tis_per_dagrun=1, **SENDING)
@step
def send_letters(request: dict[str, Any], batch: int) -> dict[str, int]:
    """Send the approved letters of one batch; returns how many reached each state."""
    here, month = installation(), _month(request)
    partners = letters.letter_batches(here, month)[batch]
    return _logged(letter_sending.send_letters(here, month, clock=_clock(), sent_by=_starter(), partners=partners))


@task.sensor(
    **words_of("send_deferred"),
    mode="reschedule",
    poke_interval=300,
    timeout=timedelta(days=2).total_seconds(),
    **SENDING,
)
@step
def send_deferred(request: dict[str, Any]) -> PokeReturnValue:
    """Send deferred and interrupted letters again when their time has come; no worker is held meanwhile."""
    here, month = installation(), _month(request)
    try:
        report = letter_sending.send_letters(here, month, clock=_clock(), sent_by=_starter())
    except Unavailable as fault:
        _log.warning("%s", fault)
        return PokeReturnValue(is_done=False)
    _logged(report)
    states = letter_reconciliation.reconcile_letters(here, month).states
    return PokeReturnValue(is_done=states["deferred"] + states["approved"] <= report.waiting[NOT_ALLOWED])


@task(**words_of("reconcile_letters"), trigger_rule="all_done", **NO_RETRIES)
@step
def reconcile_letters(request: dict[str, Any] | None) -> dict[str, int]:
    """Count the month's letters, whatever came before; fails where they do not add up, or some need a person."""
    if request is None:
        raise AirflowSkipException("this run did not begin: there is nothing to add up")
    found = letter_reconciliation.reconcile_letters(installation(), _month(request))
    hand_on(RESULT, counted_line(f"{found.month}: {plural(found.owed, 'letter')}", found.owed, found.states))
    if not found.adds_up:
        raise Refusal(f"the letters of {found.month} do not add up: {found.owed} owed, {found.states}. {_LOOK}")
    if found.needs_a_person:
        raise Refusal(f"letters of {found.month} need a person: {found.states}. {_LOOK}")
    return {"owed": found.owed, **{state: count for state, count in found.states.items() if count}}


@task(**words_of("announce_letters"), **telling(LETTERS_SENT), **SAFE_RETRIES)
@step
def announce_letters(request: dict[str, Any], counted: dict[str, int]) -> None:
    """Tell others that the month's letters are sent; skipped where one is still on its way, or none went.

    `live` says whether they went to a mail server, or into files.
    """
    month = _month(request)
    if not counted.get("accepted") or any(counted.get(state) for state in ON_THE_WAY):
        raise AirflowSkipException(f"letters of {month} wait, or there are none")
    live = letter_sending.what_to_send(installation(), month).live
    tell_once(LETTERS_SENT, month, {"accepted": counted["accepted"], "live": live})


_LOOK = "See `partner-program letters reconcile MONTH` and docs/operations.md"


def _logged(report: SendReport) -> dict[str, int]:
    """Log which letters wait; return how many reached each state."""
    for why, count in sorted(report.waiting.items()):
        _log.warning("%s: %s", plural(count, "letter waits", "letters wait"), why)
    return dict(report.outcomes)


def letter_steps() -> None:
    """Wire the tasks of a month's letters inside a DAG."""
    with TaskGroup("ask", prefix_group_id=False, group_display_name="Ask", tooltip="A person looks before any is sent"):
        request: Any = begin_letters()
        approved = LettersApproval(
            task_id="approve_letters",
            **words_of("approve_letters"),
            subject="Letters of {{ ti.xcom_pull(task_ids='begin_letters')['billing_month'] }}: send them?",
            body=_BODY,
            params=_ALONE,
        )
    with TaskGroup("send", prefix_group_id=False, group_display_name="Send", tooltip="Three, then the rest"):
        first = send_canary(request)
        batches = list_send_batches(request)
        sent = send_letters.partial(request=request).expand(batch=batches)
        again = send_deferred(request)
    with TaskGroup("count", prefix_group_id=False, group_display_name="Count", tooltip="Owed = the sum of the states"):
        counted: Any = reconcile_letters(request)
        told = announce_letters(request, counted)
        # The letters are counted whatever happened: without this task, a run whose letters were not sent would succeed.
        end_letters = EmptyOperator(
            task_id="end_letters",
            **words_of("end_letters"),
            trigger_rule="none_failed",
            execution_timeout=TIME_LIMIT,
        )
    steps = [request, approved, first, batches, sent, again, counted, told]
    chain(*steps)
    chain(steps, end_letters)

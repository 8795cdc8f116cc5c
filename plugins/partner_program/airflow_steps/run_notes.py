"""What a run came to, in one line for its page in Airflow: month, revision and counts, never a name or money.

A task of Airflow 3.3 cannot write its run's note: the API through which tasks speak has no such call. It hands the line
on by XCom, and `plugins/partner_program_runs.py` writes it where Airflow notes that the run has ended.
"""

from collections.abc import Mapping

from airflow.sdk import get_current_context

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import state_words
from partner_program.domain.plurals import plural
from partner_program.usecases.month.commit import RunOutcome

RESULT, STOPPED_BY = "run_note", "stopped_by"


def hand_on(key: str, words: str) -> None:
    """Hand a line on; outside of a run, as in a test of one step, there is nobody to hand it to."""
    try:
        context = get_current_context()
    except RuntimeError:
        return
    context["ti"].xcom_push(key=key, value=words)


def month_line(month: str, outcome: RunOutcome, *, history: bool) -> str:
    """`2015-06, revision 1: 37 assigned, 5 raised, 8 lowered, 2 held`, or `... nothing new`."""
    counts = {
        "assigned": outcome.assigned,
        "raised": outcome.raised,
        "lowered": outcome.lowered,
        "held": outcome.held,
        "proposed": outcome.proposed,
    }
    words = [f"{count} {what}" for what, count in counts.items() if count]
    if not outcome.changed:
        words = ["nothing new", *words]
    head = f"{month}, history only" if history else f"{month}, revision {outcome.revision}"
    return f"{head}: {', '.join(words) or 'nobody assigned'}"


def waiting_line(month: BillingMonth | str, letters: int, partners: int) -> str:
    """How many letters of a month wait for an approval."""
    who = f"{plural(letters, 'letter')} to {plural(partners, 'partner')}"
    return f"{month}: {who} {'waits' if letters == 1 else 'wait'} for an approval"


def counted_line(what: str, owed: int, states: Mapping[str, int]) -> str:
    """`2015-06: 43 letters owed: 40 accepted, 3 deferred`."""
    counts = ", ".join(f"{count} {state_words(state)}" for state, count in states.items() if count)
    return f"{what} owed: {counts}" if owed else f"{what} owed"

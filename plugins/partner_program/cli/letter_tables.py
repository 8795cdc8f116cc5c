"""Prints letters for people in a terminal."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from partner_program.cli.long_tables import print_rows
from partner_program.cli.options import ROWS_SHOWN
from partner_program.domain.delivery import STATES, Delivery
from partner_program.usecases.handover import SendReport
from partner_program.usecases.letters.reconciliation import Reconciliation


def print_deliveries(rows: Iterable[Delivery], *, every: bool, total: int) -> None:
    """Print one line for each recipient."""
    print_rows(
        None,
        dict.fromkeys(("partner", "kind", "recipient", "state", "said"), "left"),
        ((row.partner_id, row.kind, row.recipient or "(none)", row.status, row.reply or "") for row in rows),
        every=every,
        total=total,
        rest="recipients; every one: --all, or --format json; some: --state",
    )


def print_reconciliation(found: Reconciliation, *, every: bool) -> None:
    """Print the sum of the states, open letters by name, and what people decided."""
    counted = " + ".join(f"{found.states[state]} {state}" for state in STATES if found.states[state]) or "0"
    sign = "=" if found.adds_up else "is NOT"
    console = Console(soft_wrap=True)
    console.print(f"{found.month}: {found.owed} owed {sign} {counted}", highlight=False)
    for partner_id in found.without_delivery:
        console.print(f"  the letter of {escape(partner_id)} has no recipient", highlight=False)
    shown = found.open if every else found.open[:ROWS_SHOWN]
    for row in shown:
        words = f"  {row.partner_id} {row.recipient or '(no billing contact)'}: {row.status} {row.reply or ''}"
        console.print(escape(words.rstrip()), highlight=False)
    if len(found.open) > len(shown):
        words = f"  the first {len(shown)} of {len(found.open):,} that are not accepted; every one: --all"
        console.print(words, highlight=False)
    for action in found.actions:
        when = datetime.fromtimestamp(action.done_at, UTC).strftime("%Y-%m-%d %H:%M")
        console.print(escape(f"  {when} UTC {action.action} by {action.done_by}: {action.reason}"), highlight=False)


def reconciliation_json(found: Reconciliation) -> str:
    """The reconciliation as JSON."""
    facts = {
        "billing_month": str(found.month),
        "owed": found.owed,
        "adds_up": found.adds_up,
        "states": found.states,
        "without_delivery": found.without_delivery,
        "open": [asdict(row) for row in found.open],
        "actions": [asdict(action) for action in found.actions],
    }
    return json.dumps(facts, ensure_ascii=False, indent=1)


@contextmanager
def sending_progress(total: int) -> Iterator[Callable[[SendReport], None]]:
    """Show a progress bar on stderr while `total` letters are sent; where nobody watches, not even its empty line."""
    console = Console(stderr=True)
    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("sending", total=total)
        yield lambda report: bar.update(task, completed=sum(report.outcomes.values()))

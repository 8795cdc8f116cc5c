"""A book of changes as Markdown, for the page on which Airflow asks a person."""

from collections.abc import Iterable

from partner_program.airflow_steps.page_links import page_link
from partner_program.domain.book_of_changes import HEADINGS, NUMBERS, BookOfChanges, row_words
from partner_program.domain.program_unit import EURO, Unit

ROWS = 50  # of partners; the rest is told by the command line


def book_text(book: BookOfChanges, unit: Unit = EURO) -> str:
    """The counts and totals of a book, its first rows, and who is held; by partners' ids."""
    month = book.billing_month
    page = page_link(f"months/{month}/rates")
    lines = [
        f"**{book.falls}** fall, **{book.rises}** rise, {book.first} get their first rate, {book.stays} stay, "
        f"{book.ends} end, **{len(book.held)}** are held.",
        "",
        f"Counted revenue {unit.amount(book.mrr_eur_cents)}; of the same partners the month before "
        f"{unit.amount(book.previous_mrr_eur_cents)}. Asked by {book.asked_by}, who cannot approve it.",
        "",
        f"The approval holds for this decision (hash `{book.decision_hash[:12]}`); what is decided anew asks again.",
        f"The same book, each partner a click away: [the page about these rates]({page}). "
        "An answer there is one here as well.",
        "",
        _row(map(unit.headed, HEADINGS)),
        _row("---:" if heading in NUMBERS else "---" for heading in HEADINGS),
        *(_row(row_words(row, unit)) for row in book.rows[:ROWS]),
    ]
    if len(book.rows) > ROWS:
        lines += ["", f"The first {ROWS} of {len(book.rows)}; all: `partner-program month book {month} --all`"]
    if book.held:
        lines += ["", "Held: they keep the rate they have", ""]
        lines += [f"- {_plain(each.partner_id)}: {_plain(each.reason)}" for each in book.held[:ROWS]]
    if len(book.held) > ROWS:
        lines += [f"- and {len(book.held) - ROWS} more"]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_plain, cells))} |"


def _plain(text: str) -> str:
    """A text in which nothing ends the cell or the line."""
    return " ".join(text.replace("|", "\\|").split())

"""Prints a month's book of changes for people in a terminal, on stdout."""

from typing import TYPE_CHECKING

import click

from partner_program.cli.long_tables import print_rows
from partner_program.domain.book_of_changes import HEADINGS, NUMBERS, row_words

if TYPE_CHECKING:
    from partner_program.domain.book_of_changes import BookOfChanges
    from partner_program.domain.program_unit import Unit


def print_book(book: "BookOfChanges", *, every: bool, unit: "Unit") -> None:
    """Print how many fall and rise, the revenue counted, who is held, and one row a partner; unusual ones first."""
    answer = book.answer + (f" by {book.answered_by}" if book.answered_by else "")
    asked = f", asked by {book.asked_by}" if book.asked_by else ""
    click.echo(f"{book.billing_month}: {answer}{asked}; rates from {book.effective_on}; hash {book.decision_hash[:12]}")
    counts = {
        "fall": book.falls,
        "rise": book.rises,
        "first": book.first,
        "stay": book.stays,
        "end": book.ends,
        "held": len(book.held),
    }
    click.echo(", ".join(f"{count} {word}" for word, count in counts.items()))
    total, before = unit.amount(book.mrr_eur_cents), unit.amount(book.previous_mrr_eur_cents)
    click.echo(f"counted revenue {total}, of the same partners the month before {before}")
    print_rows(
        "Book of changes",
        {unit.headed(name): "right" if name in NUMBERS else "left" for name in HEADINGS},
        (row_words(row, unit) for row in book.rows),
        every=every,
        total=len(book.rows),
        rest="partners; every one: --all, or --format csv",
    )
    if book.held:
        print_rows(
            "Held: these partners keep the rate they have",
            {"partner": "left", "reason": "left"},
            ((each.partner_id, each.reason) for each in book.held),
            every=every,
            total=len(book.held),
            rest="held partners; every one: --all",
        )

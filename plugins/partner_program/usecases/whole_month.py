"""Settles a whole month for the command line, from its pull to the months' page: what the DAGs do step by step."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.restatement import Proposal
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.rendering import letter_batches, letter_templates, render_letters
from partner_program.usecases.month.commit import RunOutcome
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.month.run import run_month
from partner_program.usecases.months_page import make_months_page
from partner_program.usecases.publication import publish_owed


@dataclass(frozen=True, slots=True)
class WholeMonth:
    """What was decided, how many letters were rendered, the page, and the entities that could not be published to."""

    outcome: RunOutcome
    letters: int
    page: Path
    unpublished: list[str]


def settle_whole_month(
    installation: Installation, request: MonthRequest, *, progress: Callable[[str], None] = lambda _step: None
) -> WholeMonth:
    """Settle a month, publish its rates, render its letters and write the months' page.

    An entity that cannot be published to keeps its rates owed and stops nothing else: the month is in force.
    """
    letter_templates(installation)  # what the letters or the page lack is refused before the month is in force
    outcome = run_month(installation, request, progress=progress)
    unpublished = [] if request.history else publish_owed(installation, published_on=request.today, progress=progress)
    progress("render_letters")
    letters = _render(installation, request.month, request.program_file)
    return WholeMonth(outcome, letters, make_months_page(installation), unpublished)


def accept_whole_restatement(
    installation: Installation, month: BillingMonth, acceptance: Acceptance, *, today: date
) -> Proposal:
    """Put a month's proposed figures in force, render its letters anew and write the months' page."""
    proposal = accept_restatement(installation, month, acceptance, today=today)
    _render(installation, month)
    make_months_page(installation)
    return proposal


def _render(installation: Installation, month: BillingMonth, program_file: Path | None = None) -> int:
    return sum(
        render_letters(installation, month, batch, program_file) for batch in letter_batches(installation, month)
    )

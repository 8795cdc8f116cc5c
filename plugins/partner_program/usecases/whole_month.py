"""Settles a whole month for the command line, from its pull to the months' page: what the DAGs do step by step."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from partner_program.adapters.database.history import assessed_months
from partner_program.adapters.reports.restatement import outlook_json
from partner_program.domain.acceptance import Outlook
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import Finding
from partner_program.domain.month_order import IN_FORCE
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.owed_to_nobody import owed_to_nobody
from partner_program.usecases.letters.rendering import NotRendered, check_letters
from partner_program.usecases.letters.rendering_processes import render_month
from partner_program.usecases.month.commit import RunOutcome
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.month.quality import month_warnings, quality_report
from partner_program.usecases.month.restatement import Acceptance, accept_restatement, show_restatement
from partner_program.usecases.month.run import run_month
from partner_program.usecases.months_page import make_months_page
from partner_program.usecases.publication import publish_owed


@dataclass(frozen=True, slots=True)
class WholeMonth:
    """What was decided, how many letters were rendered, the page, and the entities that could not be published to.

    `warnings` are what the checks found for a person to look at, in the report's order; `report` is that report.
    `owed_to_nobody` says which letters have no recipient, if there are any.
    """

    outcome: RunOutcome
    letters: int
    page: Path
    unpublished: list[str]
    warnings: tuple[Finding, ...]
    report: Path
    owed_to_nobody: str


def settle_whole_month(
    installation: Installation, request: MonthRequest, *, progress: Callable[[str], None] = lambda _step: None
) -> WholeMonth:
    """Settle a month, publish its rates, render its letters and write the months' page.

    An entity that cannot be published to keeps its rates owed and stops nothing else: the month is in force.
    """
    # What the letters or the page lack is refused before the month is in force.
    check_letters(installation, request.program_file)
    outcome = run_month(installation, request, progress=progress)
    unpublished = [] if request.history else publish_owed(installation, published_on=request.today, progress=progress)
    progress("render_letters")
    letters, page = _letters_and_page(installation, request.month, request.program_file)
    warnings = month_warnings(installation, request.month)
    report = quality_report(installation, request.month)
    nobody = owed_to_nobody(installation, request.month)
    return WholeMonth(outcome, letters, page, unpublished, warnings, report, nobody)


def said_before_the_first_month(installation: Installation) -> list[str]:
    """Say whose programme the first month of a database is settled with: the folder may have been forgotten."""
    with installation.database.reading() as connection:
        if IN_FORCE in assessed_months(connection).values():
            return []
    whose = installation.programme_called()
    return [f"the first month of this database, by the programme files of {installation.program_folder}: {whose}"]


def accept_whole_restatement(
    installation: Installation, month: BillingMonth, acceptance: Acceptance, *, today: date
) -> Outlook:
    """Put a month's proposed figures in force, render its letters anew and write the months' page."""
    done = accept_restatement(installation, month, acceptance, today=today)
    _letters_and_page(installation, month)
    return done


def restatement_file(installation: Installation, month: BillingMonth, *, on: date, today: date) -> bytes:
    """What accepting a month's open proposal from the day `on` does, as JSON in UTF-8."""
    return outlook_json(show_restatement(installation, month, on=on, today=today)).encode()


def _letters_and_page(
    installation: Installation, month: BillingMonth, program_file: Path | None = None
) -> tuple[int, Path]:
    """Render the letters and write the months' page, also where a letter could not be rendered."""
    try:
        letters = render_month(installation, month, program_file)
    except NotRendered:
        make_months_page(installation)
        raise
    return letters, make_months_page(installation)

"""Checking a month's frozen data and reporting what was found."""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from partner_program.adapters.child_processes import child_processes
from partner_program.adapters.database.registry import count_links, load_entities, load_registry
from partner_program.adapters.database.snapshots import load_findings, load_revenues
from partner_program.adapters.quality.report import write_quality_report
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.doubtful_lines import doubtful_line_findings
from partner_program.domain.exchange_rates import rate_findings
from partner_program.domain.findings import Finding, in_reading_order
from partner_program.domain.links import link_findings
from partner_program.domain.program_unit import EUR
from partner_program.domain.refusals import NotThere
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import EntityRevenue, counted_totals
from partner_program.domain.short_lines import short_line_findings
from partner_program.domain.totals import MonthTotals
from partner_program.usecases.installation import Installation
from partner_program.usecases.month_unit import unit_of_month
from partner_program.usecases.rates import rates_of_month

MANY_ACCOUNTS = 20_000


def quality_folder(installation: Installation, month: BillingMonth) -> Path:
    """The folder of a month's quality report."""
    return installation.out / "quality" / str(month)


def quality_report(installation: Installation, month: BillingMonth) -> Path:
    """The page of a month's quality report."""
    return quality_folder(installation, month) / "index.html"


def quality_page(installation: Installation, month: BillingMonth, name: str) -> bytes:
    """One page of a month's quality report, by its name below the report's folder; HTML.

    Raises `NotThere` where it has no such page, or where this machine does not have it: the machine that checked does.
    """
    page = quality_folder(installation, month) / name
    if re.fullmatch(r"index\.html|checks/[\w-]+\.html", name, re.ASCII) is None or not page.is_file():
        raise NotThere(f"{month} has no such page of its quality report on this machine ({page.parent})")
    return page.read_bytes()


def month_warnings(installation: Installation, month: BillingMonth) -> tuple[Finding, ...]:
    """What the checks of a month found for a person to look at; a fault of a whole entity is said elsewhere."""
    with installation.database.reading() as connection:
        return tuple(each for each in load_findings(connection, month) if each.severity == "warning")


def checks_folder(installation: Installation, month: BillingMonth) -> Path:
    """The folder of what the checks of a month found, for the next run of it."""
    return installation.out / "quality" / ".checks" / str(month)


def prepare_checks(installation: Installation, month: BillingMonth) -> None:
    """Begin to import what checks a month that nothing was checked of yet, while the billing databases are read."""
    from partner_program.adapters.quality.expectations import import_beside
    from partner_program.adapters.quality.kept import any_kept

    if not any_kept(checks_folder(installation, month)):
        import_beside()


def has_many_accounts(installation: Installation) -> bool:
    """Whether a month is better checked in a process of its own.

    The libraries that check keep their memory, 240 MB and more with every account; of a few accounts another process
    would cost more time than its memory is worth.
    """
    with installation.database.reading() as connection:
        return count_links(connection) >= MANY_ACCOUNTS


def check_month_apart(installation: Installation, month: BillingMonth, *, limit_bp: int) -> list[Finding]:
    """Do the same as `check_month` in a process of its own."""
    here = replace(installation)  # without the database that this process has opened
    with child_processes(1, doing=f"checked {month}") as pool:
        return pool.submit(check_month, here, month, limit_bp=limit_bp).result()


def check_month(installation: Installation, month: BillingMonth, *, limit_bp: int) -> list[Finding]:
    """Run the quality checks over the latest snapshots of a month and write the report.

    `limit_bp` is the programme's `rate_move_limit`.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    from partner_program.adapters.quality.expectations import validate

    with installation.database.reading() as connection:
        registry = load_registry(connection)
        revenues = load_revenues(connection, month)
        before = load_revenues(connection, month.preceding)
        rates = rates_of_month(connection, month, registry, limit_bp=limit_bp)
    unit = unit_of_month(installation, month)
    findings = validate(
        revenues,
        month=month,
        entities=registry.entities,
        rated_currencies={EUR, unit.code, *rates.relied_on, *rates.doubtful},
        previous={each.entity: counted_totals(each) for each in before if each.fault is None},
        docs_folder=checks_folder(installation, month),
    )
    findings += link_findings(month=month, revenues=revenues, links=registry.account_links, partners=registry.partners)
    findings += rate_findings(rates.doubtful, revenues)
    findings += short_line_findings(revenues, month=month, rates=rates.relied_on, unit=unit)
    findings += doubtful_line_findings(revenues, unit)
    findings = in_reading_order(findings)
    _write(installation, month, findings, revenues, registry.entities)
    return findings


def write_report(installation: Installation, month: BillingMonth, totals: MonthTotals) -> None:
    """Write a month's quality report anew: with its totals it also shows where each line went and who is held."""
    with installation.database.reading() as connection:
        entities = load_entities(connection)
        revenues = load_revenues(connection, month)
        findings = load_findings(connection, month)
    _write(installation, month, findings, revenues, entities, totals)


def _write(
    installation: Installation,
    month: BillingMonth,
    findings: Sequence[Finding],
    revenues: Sequence[EntityRevenue],
    entities: Sequence[Entity],
    totals: MonthTotals | None = None,
) -> None:
    write_quality_report(
        quality_folder(installation, month),
        month=month,
        findings=findings,
        revenues=revenues,
        entities=entities,
        buckets=totals.buckets if totals else None,
        held=totals.held if totals else None,
        programme=installation.programme_called(),
        unit=unit_of_month(installation, month),
        docs_folder=checks_folder(installation, month),
    )

"""Works out the words and figures of the quality report; the templates only lay them out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from partner_program.adapters.quality.figures import (
    BucketRow,
    ControlRow,
    before_matching,
    bucket_rows,
    control_rows,
    lines_read,
)
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import Finding, in_reading_order, worst
from partner_program.domain.plurals import plural
from partner_program.domain.program_unit import Unit
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import EntityRevenue
from partner_program.domain.totals import Bucket, HeldPartner

SYMBOLS = {
    "critical": "\N{BALLOT X}",
    "warning": "\N{BLACK UP-POINTING TRIANGLE}",
    "info": "i",
    "sound": "\N{CHECK MARK}",
}
_RESULTS = {"critical": "Held", "warning": "With warnings", "sound": "Sound"}


class Verdict(NamedTuple):
    """A result as a symbol, a word and a colour; `css` is the worst severity, or `sound`."""

    css: str
    symbol: str
    word: str
    sentence: str


class FindingView(NamedTuple):
    """A finding with its symbol; `caption` says how many of the cases are listed in `examples`."""

    severity: str
    symbol: str
    message: str
    caption: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntityView:
    """One legal entity on the report."""

    code: str
    legal_name: str
    anchor: str
    result: Verdict
    closed: str
    lines: int
    critical: int
    warnings: int
    findings: tuple[FindingView, ...]
    controls: tuple[ControlRow, ...]
    buckets: tuple[BucketRow, ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    """The whole report; `held` is None while it is not known yet which partners are held."""

    month: str
    verdict: Verdict
    entities: tuple[EntityView, ...]
    held: tuple[HeldPartner, ...] | None
    is_merged: bool


def report_view(
    *,
    month: BillingMonth,
    findings: Sequence[Finding],
    revenues: Sequence[EntityRevenue],
    entities: Sequence[Entity],
    buckets: Sequence[Bucket] | None,
    held: Sequence[HeldPartner] | None,
    unit: Unit,
) -> ReportView:
    """Put together what is known about a month, one entity after another in the registry's order.

    Lines in the currency of the programme's `unit` have its decimals.
    """
    names = {entity.entity: entity.legal_name for entity in entities}
    read = {revenue.entity: revenue for revenue in revenues}
    expected = [entity.entity for entity in entities if entity.bills_in(month)]
    codes = dict.fromkeys([*expected, *read, *(finding.entity for finding in findings)])
    views = []
    for number, code in enumerate(codes, start=1):
        own = [finding for finding in in_reading_order(findings) if finding.entity == code]
        revenue = read.get(code)
        rows = before_matching(revenue) if buckets is None else [row for row in buckets if row.entity == code]
        views.append(_entity(number, code, names.get(code, ""), own, revenue, rows, unit))
    return ReportView(
        month=str(month),
        verdict=_verdict(views),
        entities=tuple(views),
        held=None if held is None else tuple(held),
        is_merged=buckets is not None,
    )


def _verdict(views: Sequence[EntityView]) -> Verdict:
    unusable = [view.code for view in views if view.critical]
    warnings = sum(view.warnings for view in views)
    if unusable:
        named = ", ".join(unusable)
        sentence = f"Of {_entities(len(views))}, {len(unusable)} cannot be used: {named}."
        sentence += " Partners with an account there are held."
        return Verdict("critical", SYMBOLS["critical"], "Not complete", sentence)
    if warnings:
        sentence = f"{_entities(len(views))} usable; {plural(warnings, 'warning')} to look at."
        return Verdict("warning", SYMBOLS["warning"], "Complete, with warnings", sentence)
    return Verdict("sound", SYMBOLS["sound"], "Complete", f"{_entities(len(views))} usable, every check passed.")


def _entities(count: int) -> str:
    return plural(count, "legal entity", "legal entities")


def _entity(
    number: int,
    code: str,
    legal_name: str,
    findings: Sequence[Finding],
    revenue: EntityRevenue | None,
    buckets: Sequence[Bucket],
    unit: Unit,
) -> EntityView:
    severities = [finding.severity for finding in findings]
    css = worst([finding for finding in findings if finding.severity != "info"]) or "sound"
    consequence = "Every partner with an account at this entity is held." if css == "critical" else ""
    return EntityView(
        code=code,
        legal_name=legal_name,
        anchor=f"entity-{number}",
        result=Verdict(css, SYMBOLS[css], _RESULTS[css], consequence),
        closed=_closed(revenue),
        lines=lines_read(revenue),
        critical=severities.count("critical"),
        warnings=severities.count("warning"),
        findings=tuple(_finding(finding) for finding in findings),
        controls=tuple(control_rows(revenue, unit)),
        buckets=tuple(bucket_rows(buckets, revenue, unit)),
    )


def _finding(finding: Finding) -> FindingView:
    named = len(finding.examples)
    caption = "Which ones" if finding.count <= named else f"The first {named} of {finding.count:,}"
    return FindingView(finding.severity, SYMBOLS[finding.severity], finding.message, caption, finding.examples)


def _closed(revenue: EntityRevenue | None) -> str:
    if revenue is None:
        return "not read"
    if revenue.closes:
        return "closed"
    nothing_came = revenue.fault is not None and not (revenue.groups or revenue.faulty_lines)
    return "not read" if nothing_came else "not closed"

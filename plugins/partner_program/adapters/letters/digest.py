"""Lays out a partner manager's weekly digest, as text and as HTML in the look of the letters; in English, for staff.

Everything that other people typed is a value: one visible line, escaped in HTML. Where a mail would be too large, the
last things by day are left out and counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from partner_program.adapters.layered_folder import LayeredFolder
from partner_program.adapters.letters.templates import LetterTemplates
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.digests import DigestFacts
from partner_program.domain.plurals import plural
from partner_program.domain.reminders import Reminder

LONGEST_WORDS = 600  # characters about one thing
SHOWN = 60  # of one digest: the mail stays below what mail readers cut off


@dataclass(frozen=True, slots=True)
class RenderedDigest:
    """A digest, ready to send."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Row:
    """One thing as the templates show it; each value is one visible line."""

    kind: str
    subject_id: str
    partner_id: str
    company_name: str
    words: str
    month_of_last_day: str


@dataclass(frozen=True, slots=True)
class _Day:
    day: str
    rows: tuple[_Row, ...]


@dataclass(frozen=True, slots=True)
class _Section:
    name: str
    days: tuple[_Day, ...]


@dataclass(frozen=True, slots=True)
class _AtFault:
    entity: str
    lines: str
    they: str


@dataclass(frozen=True, slots=True)
class _View:
    """The values that the templates read."""

    headline: str
    manager_id: str
    manager_name: str
    lead: str
    listed_on: str
    told_from: str
    due_days: str
    sections: tuple[_Section, ...]
    more: int
    are: str
    not_read: str
    at_fault: tuple[_AtFault, ...]


def render_digest(
    facts: DigestFacts, folder: LayeredFolder, letters: LetterTemplates, *, shown: int = SHOWN
) -> RenderedDigest:
    """Render a digest with at most `shown` of its things, by the templates in `folder` and the look of the letters."""
    html, text = _environments(folder, letters.folder, letters.content_hash)
    for environment in (html, text):
        environment.globals.update(brand=letters.look, start="left", end="right")
    view = _view(facts, shown)
    return RenderedDigest(
        subject=f"{plain_name(letters.brand.programme_name)}: {view.headline}",
        text=text.get_template("digest.txt.j2").render(d=view),
        html=html.get_template("digest.html.j2").render(d=view),
    )


@lru_cache(maxsize=2)
def _environments(folder: LayeredFolder, look: LayeredFolder, _hash: str) -> tuple[Environment, Environment]:
    """Return the environments for HTML, which is escaped, and for text; the look is that of the letters."""
    html, text = (
        Environment(
            loader=FileSystemLoader([*folder.folders, *look.folders]),
            autoescape=escaped,  # noqa: S701 - the text is no HTML
            undefined=StrictUndefined,
            keep_trailing_newline=True,
        )
        for escaped in (True, False)
    )
    return html, text


def _view(facts: DigestFacts, shown: int) -> _View:
    parts = (("overdue", facts.overdue), ("ended", facts.ended), ("coming", facts.coming))
    sections, left = [], shown
    for name, reminders in parts:
        if reminders[:left]:
            sections.append(_Section(name, _days(reminders[:left])))
        left -= len(reminders[:left])
    more = max(facts.reminders - shown, 0)
    faulty = [_at_fault(entity, lines) for entity, lines in sorted(facts.faulty_lines.items())]
    return _View(
        headline=f"{plural(facts.reminders, 'reminder')} for the week of {_date(facts.week_of)}",
        manager_id=plain_name(facts.account_manager_id),
        manager_name=plain_name(facts.manager_name),
        lead=_lead(facts),
        listed_on=_date(facts.listed_on),
        told_from=_date(facts.told_from),
        due_days=plural(facts.due_days, "day"),
        sections=tuple(sections),
        more=more,
        are="is" if more == 1 else "are",
        not_read=", ".join(plain_name(each) for each in facts.not_read),
        at_fault=tuple(faulty),
    )


def _lead(facts: DigestFacts) -> str:
    """Say how many things there are of each section."""
    counts = (
        (facts.overdue, "overdue"),
        (facts.ended, "ended since the last digest"),
        (facts.coming, f"coming up within {plural(facts.due_days, 'day')}"),
    )
    told = [f"{len(some)} {words}" for some, words in counts if some]
    return f"This is what there is to see to for your partners: {', '.join(told)}."


def _days(reminders: Sequence[Reminder]) -> tuple[_Day, ...]:
    grouped = groupby(reminders, key=lambda each: each.day)
    return tuple(_Day(_date(day, weekday=True), tuple(map(_row, some))) for day, some in grouped)


def _row(each: Reminder) -> _Row:
    return _Row(
        kind=each.kind,
        subject_id=plain_name(each.subject_id),
        partner_id=plain_name(each.partner_id),
        company_name=plain_name(each.company_name),
        words=plain_name(each.words, longest=LONGEST_WORDS),
        month_of_last_day=str(BillingMonth.of(each.day - timedelta(days=1))),
    )


def _at_fault(entity: str, lines: int) -> _AtFault:
    return _AtFault(plain_name(entity), plural(lines, "line"), "it" if lines == 1 else "they")


def _date(day: date, *, weekday: bool = False) -> str:
    return format_date(day, "EEEE d MMMM y" if weekday else "d MMMM y", locale="en")

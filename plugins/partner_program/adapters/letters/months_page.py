"""Writes the months' page: one HTML file that shows each partner's result and letter, month by month.

The file needs nothing else (own styles and script, no network) and opens from a folder. Names reach it as JSON and are
shown as text only; links are relative, so that a page moved with its folder keeps working.

The page stays below a megabyte, however many partners there are: it counts them all, and has the rows that fit. Those
whose tier changed come first, then those that are held, then the others by revenue.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from babel import Locale

from partner_program.adapters.atomic_write import sweep_drafts, write_if_changed
from partner_program.adapters.letters.locale_format import LocaleFormat
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.letters import LETTER_KINDS, OF_SOME_PROGRAMMES, LetterKind, kind_name
from partner_program.domain.program import COMPONENTS, Component
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.refusals import Refusal

ROWS_BYTES = 900_000  # of all months' rows together; the rest of the page needs less than 100,000
REASONS_SHOWN = 50  # of a month, why partners are held: the most frequent ones
_NUMBERED = '"Tier " + tier'  # as the page's script says a tier
_NAMED = "(data.names[Math.min(tier, data.names.length) - 1])"
_IN_EUROS = re.compile(r"function euros\(cents\) \{.*?\n\}\n", re.DOTALL)
_IN_UNIT = """function amount(minor) {
  if (minor === null) return "\u2013";
  const [before, after, decimals] = month.unit || ["\\u20ac", "", 2];
  const size = Math.abs(minor), rest = decimals ? size % 100 : 0;
  const whole = grouped(decimals ? (size - rest) / 100 : size);
  return (minor < 0 ? "\\u2212" : "") + before + whole + (decimals ? "." + String(rest).padStart(2, "0") : "") + after;
}
"""
_PLACE_OF_DATA = "{{ data }}"
MonthOnPage = dict[str, Any]
"""What the page has of a month, as JSON."""
_AS_UNICODE_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class PageLink:
    """A file beside the page: a quality report, a register; `href` is relative to the page."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class PageRow:
    """One partner in one month.

    `tier` and the values after it are None for a held partner that has none yet; `previous_tier` is None in a first
    assessment; `kind` and both links are None if there is no letter. A partner with a `held_reason` is shown as held.
    """

    partner_id: str
    company_name: str
    tier: int | None
    previous_tier: int | None
    mrr_eur_cents: int | None
    monthly_fee_discount_bp: int | None
    setup_fee_discount_bp: int | None
    sla: str | None
    kind: LetterKind | None = None
    html_href: str | None = None
    text_href: str | None = None
    held_reason: str | None = None

    @property
    def change(self) -> Literal["held", "first", "raised", "lowered", "same"]:
        """What became of the partner's tier."""
        if self.held_reason:
            return "held"
        if self.previous_tier is None:
            return "first"
        steps = (self.tier or 0) - self.previous_tier
        return "raised" if steps > 0 else "lowered" if steps < 0 else "same"


@dataclass(frozen=True, slots=True)
class PageMonth:
    """One month's partners; `status` is the state of the month, such as `in_force`."""

    billing_month: str
    effective_on: str
    revision: int
    status: str
    rows: Sequence[PageRow]
    links: Sequence[PageLink] = ()
    unit: Unit = EURO


class _Column(NamedTuple):
    """A column of the page that not every programme has: its words, and what the template has of it."""

    component: Component
    words: str
    heading: str
    cell: str


_COLUMNS = (
    _Column("setup_fee", "Setup fee", '["setup", "Setup fee", "num"], ', 'make("td", percent(row[SETUP]), "num"), '),
    _Column("sla", "SLA", '["", "SLA", ""], ', 'make("td", row[SLA] || "\u2013"), '),
)
_LABELS = "".join(
    f'.table td:nth-child({place})::before{{content:"{words}"}}'
    for place, words in enumerate(("Setup fee", "SLA", "Letter"), start=6)
)


def write_months_page(
    path: Path,
    months: Iterable[MonthOnPage],
    *,
    template: Path,
    company_name: str,
    programme_name: str,
    tier_names: Sequence[str] = (),
    components: Collection[Component] = COMPONENTS,
) -> None:
    """Write the page for one or more months, whole or not at all; the last month is shown first.

    Each is asked for when the one before is on the page. `template` is the page's own file, `pages/months.html` beside
    the versions of the letters. `tier_names` are the tiers' own names, lowest first, empty where they have none: the
    page then has the bytes that it always had. It has no column of a component that is not among the `components`.
    """
    shown = list(months)
    sent = {kind for month in shown for kind in month["all"]["kinds"]}
    data: dict[str, object] = {
        "company": plain_name(company_name),
        "programme": plain_name(programme_name),
        "kinds": {kind: kind_name(kind) for kind in LETTER_KINDS if kind in sent or kind not in OF_SOME_PROGRAMMES},
        "months": shown,
    }
    text = template.read_text("utf-8")
    if tier_names:
        data["names"] = [plain_name(name) for name in tier_names]
        text = text.replace(_NUMBERED, _NAMED)
    text = _without_columns(text, components)
    if any("unit" in month for month in shown):
        text = _IN_EUROS.sub(lambda _: _IN_UNIT, text).replace("euros(", "amount(")
    page = text.replace(_PLACE_OF_DATA, _embedded(data))
    sweep_drafts(path.parent)
    write_if_changed(path, page)


def _without_columns(text: str, components: Collection[Component]) -> str:
    """Leave out the columns of components that the programme lacks; on narrow screens each cell names its column."""
    absent = [each for each in _COLUMNS if each.component not in components]
    for column in absent:
        text = text.replace(column.heading, "").replace(column.cell, "")
    if not absent:
        return text
    words = [each.words for each in _COLUMNS if each not in absent] + ["Letter"]
    labels = [f'.table td:nth-child({place})::before{{content:"{each}"}}' for place, each in enumerate(words, start=6)]
    return text.replace(_LABELS, "".join(labels))


def _embedded(data: object) -> str:
    """Return the data as JSON that is safe inside a script element: no character of it can end the element."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_AS_UNICODE_ESCAPES)


def month_on_page(month: PageMonth, count: int) -> MonthOnPage:
    """Return what the page has of a month: its figures, and the rows that fit where `count` months share the room."""
    return {
        "month": month.billing_month,
        "effective": month.effective_on,
        "revision": month.revision,
        "status": month.status,
        "links": [[plain_name(link.label), _relative(link.href)] for link in month.links],
        **_unit(month.unit),
        "all": _counted(month.rows),
        "rows": _rows_that_fit(month.rows, ROWS_BYTES // count),
    }


def _unit(unit: Unit) -> MonthOnPage:
    """What stands around an amount, and its decimals; nothing for EUR: the page then has the bytes it always had."""
    return {} if unit.is_euro else {"unit": [*LocaleFormat(Locale("en", "GB"), unit).signs, unit.decimals]}


def _counted(rows: Sequence[PageRow]) -> dict[str, Any]:
    """Count all partners of a month, also those whose rows do not fit; JSON has texts for keys."""
    reasons = Counter(plain_name(row.held_reason) for row in rows if row.held_reason)
    return {
        "partners": len(rows),
        "mrr": sum(row.mrr_eur_cents or 0 for row in rows),
        "changes": Counter(row.change for row in rows),
        "tiers": Counter(row.tier for row in rows if not row.held_reason and row.tier is not None),
        "kinds": Counter(row.kind for row in rows if row.kind),
        "held": sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:REASONS_SHOWN],
    }


def _rows_that_fit(rows: Sequence[PageRow], room: int) -> list[list[str | int | None]]:
    """Return the rows that a reader would look for first and that fit into so many bytes, in their own order."""
    shown: dict[int, list[str | int | None]] = {}
    for place in sorted(range(len(rows)), key=lambda place: _weight(rows[place])):
        row = _row(rows[place])
        room -= len(_embedded(row).encode()) + 1
        if room < 0:
            break
        shown[place] = row
    return [shown[place] for place in sorted(shown)]


def _weight(row: PageRow) -> tuple[int, int, str]:
    """Sort changed tiers first, the largest step before others, then held partners, then the others by revenue."""
    moved = row.change in ("raised", "lowered")
    steps = abs((row.tier or 0) - (row.previous_tier or 0)) if moved else 0
    rank = -10 if moved else -5 if row.held_reason else 0
    return rank - steps, -(row.mrr_eur_cents or 0), row.partner_id


def _row(row: PageRow) -> list[str | int | None]:
    """Return one row as a list, which the page's script reads by position: names would make the page much larger."""
    return [
        plain_name(row.partner_id),
        plain_name(row.company_name),
        row.previous_tier,
        row.tier,
        row.mrr_eur_cents,
        row.monthly_fee_discount_bp,
        row.setup_fee_discount_bp,
        row.sla,
        row.kind,
        _relative(row.html_href),
        _relative(row.text_href),
        row.held_reason and plain_name(row.held_reason),
    ]


def _relative(href: str | None) -> str | None:
    """Return a link below the page's own folder; raises `Refusal` if it has a scheme or a host or leaves the folder."""
    if href is None:
        return None
    parts = urlsplit(href)
    if parts.scheme or parts.netloc or href.startswith("/") or ".." in parts.path.split("/") or "\\" in href:
        raise Refusal(f"link {href!r}: expected a path below the page's folder")
    return href

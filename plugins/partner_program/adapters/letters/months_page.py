"""Writes the months' page: one HTML file that shows each partner's result and letter, month by month.

The file needs nothing else (own styles and script, no network) and opens from a folder. Names reach it as JSON and are
shown as text only; links are relative, so that a page moved with its folder keeps working.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from partner_program.adapters.atomic_write import sweep_drafts, write_if_changed
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.letters import LETTER_KINDS, LetterKind, kind_name
from partner_program.domain.refusals import Refusal

_PLACE_OF_DATA = "{{ data }}"
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


@dataclass(frozen=True, slots=True)
class PageMonth:
    """One month's partners; `status` is the state of the month, such as `in_force`."""

    billing_month: str
    effective_on: str
    revision: int
    status: str
    rows: Sequence[PageRow]
    links: Sequence[PageLink] = ()


def write_months_page(
    path: Path, months: Sequence[PageMonth], *, template: Path, company_name: str, programme_name: str
) -> None:
    """Write the page for one or more months, whole or not at all; the last month is shown first.

    `template` is the page's own file, `pages/months.html` beside the versions of the letters.
    """
    data = {
        "company": plain_name(company_name),
        "programme": plain_name(programme_name),
        "kinds": {kind: kind_name(kind) for kind in LETTER_KINDS},
        "months": [_month(month) for month in months],
    }
    page = template.read_text("utf-8").replace(_PLACE_OF_DATA, _embedded(data))
    sweep_drafts(path.parent)
    write_if_changed(path, page)


def _embedded(data: dict[str, Any]) -> str:
    """Return the data as JSON that is safe inside a script element: no character of it can end the element."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_AS_UNICODE_ESCAPES)


def _month(month: PageMonth) -> dict[str, Any]:
    return {
        "month": month.billing_month,
        "effective": month.effective_on,
        "revision": month.revision,
        "status": month.status,
        "links": [[plain_name(link.label), _relative(link.href)] for link in month.links],
        "rows": [_row(row) for row in month.rows],
    }


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

"""A page of sections: what an explanation says, in one language, before it is laid out as text, HTML or JSON."""

import json
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


class Table(NamedTuple):
    """A table of finished cells; `numbers` says which columns are aligned as such."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page; `name` is the same in every language."""

    name: str
    title: str = ""
    sentences: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page about one partner's month; `expires_on` is the last day on which it is valid, None where it has none."""

    partner_id: str
    billing_month: str
    language: str
    direction: str
    title: str
    reference: str
    sections: tuple[Section, ...]
    expires_on: date | None = None


def page_json(page: Page, figures: dict[str, object]) -> str:
    """A page as JSON: its words by section, and its `figures` in whole cents and basis points."""
    sections = [
        {
            "name": each.name,
            "title": each.title,
            "sentences": each.sentences,
            "items": each.items,
            "rows": []
            if each.table is None
            else [dict(zip(each.table.head, row, strict=True)) for row in each.table.rows],
        }
        for each in page.sections
    ]
    body = {
        "partner_id": page.partner_id,
        "billing_month": page.billing_month,
        "language": page.language,
        "title": page.title,
        **({"expires_on": page.expires_on.isoformat()} if page.expires_on else {}),
        **figures,
        "sections": sections,
    }
    return json.dumps(body, ensure_ascii=False, indent=2, default=str) + "\n"

"""Writes the month's quality report: a page for the finance controller, the same in Markdown, and each entity's checks.

The files work from a disk without a network. They show no time of day, so that equal data gives equal bytes. The folder
is replaced as a whole.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from partner_program.adapters.atomic_write import folder_in_one_piece, write_if_changed
from partner_program.adapters.quality.offline_pages import page_name
from partner_program.adapters.quality.view import SYMBOLS, ReportView, report_view
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import Finding
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import EntityRevenue
from partner_program.domain.totals import Bucket, HeldPartner

TEMPLATES = Path(__file__).resolve().parents[4] / "include" / "templates" / "quality_report"


def write_quality_report(
    folder: Path,
    *,
    month: BillingMonth,
    findings: Sequence[Finding],
    revenues: Sequence[EntityRevenue],
    entities: Sequence[Entity],
    buckets: Sequence[Bucket] | None = None,
    held: Sequence[HeldPartner] | None = None,
    docs_folder: Path | None = None,
    programme: str = "",
    unit: Unit = EURO,
) -> Path:
    """Write the report, replacing the whole `folder`, and return its first page.

    Before the totals are merged there are no `buckets` and `held`: lines are then shown in the buckets that need no
    partner. `docs_folder` holds the pages that `validate` wrote. `programme` is the brand's name of the programme, with
    which the page is headed, `unit` what the programme counts in.
    """
    view = report_view(
        month=month,
        findings=findings,
        revenues=revenues,
        entities=entities,
        buckets=buckets,
        held=held,
        unit=unit,
    )
    with folder_in_one_piece(folder) as draft:
        pages = _write_checks(draft, view, docs_folder) if docs_folder is not None else {}
        write_if_changed(draft / "index.html", _render("index.html.j2", report=view, pages=pages, programme=programme))
        write_if_changed(draft / "summary.md", _render("summary.md.j2", report=view))
    return folder / "index.html"


def _write_checks(draft: Path, report: ReportView, docs_folder: Path) -> dict[str, str]:
    """Write a page of checks for each entity that has one; return the links to them from the first page, by entity."""
    pages = {}
    for entity in report.entities:
        name = page_name(entity.code)
        if (docs_folder / name).is_file():
            # Safe without escaping: `offline_sections` has copied it element by element.
            sections = Markup((docs_folder / name).read_text(encoding="utf-8"))  # noqa: S704
            page = _render("checks.html.j2", report=report, entity=entity, sections=sections)
            write_if_changed(draft / "checks" / name, page)
            pages[entity.code] = f"checks/{quote(name)}"
    return pages


def _render(template: str, **facts: object) -> str:
    environment = _environment(autoescape=".html" in template)
    return environment.get_template(template).render(symbols=SYMBOLS, **facts)


@cache
def _environment(*, autoescape: bool) -> Environment:
    """Where the templates are compiled, once a process: that takes longer than filling them in."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=autoescape,  # noqa: S701 - Markdown is escaped by its own filter
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = _markdown
    return environment


def _markdown(text: str) -> str:
    """Escape a value from outside, so that it is not read as Markdown or HTML."""
    return re.sub(r"([\\`*|<>\[\]#])", r"\\\1", " ".join(text.split()))

"""Writes the months' page: what the months decided for every partner, with the registers beside it.

What the page has of a month is kept beside the registers, with a seal of what it was made of: a month about which
nothing is new, and whose register's files are as they were written, is not read again.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection

from partner_program.adapters.atomic_write import read_private, write_if_changed
from partner_program.adapters.database.history import assessed_months
from partner_program.adapters.database.register import read_register, what_register_reads
from partner_program.adapters.letters.months_page import (
    MonthOnPage,
    PageLink,
    PageMonth,
    PageRow,
    month_on_page,
    write_months_page,
)
from partner_program.adapters.own_code import all_code
from partner_program.adapters.reports.register import register_csv, register_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import COMPONENTS, Component
from partner_program.domain.register import Register, RegisterPartner
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.rendering import letter_file_name, letter_templates

MONTHS_SHOWN = 13


def make_months_page(installation: Installation) -> Path:
    """Write the page for the newest months, with each month's register; return the page."""
    with installation.database.reading() as connection:
        months = sorted(assessed_months(connection))[-MONTHS_SHOWN:]
        brand = letter_templates(installation).brand
        page = installation.out / "index.html"
        write_months_page(
            page,
            # One register after the other: thirteen of a large programme do not fit into memory together.
            (_KeptMonth(installation, month).on_page(connection, len(months)) for month in months),
            template=installation.templates("letters", "pages").path("months.html"),
            company_name=brand.company_name,
            programme_name=brand.programme_name,
            tier_names=_tier_names(installation, months),
            components=_components(installation, months),
        )
    return page


def _components(installation: Installation, months: Sequence[BillingMonth]) -> set[Component]:
    """What the programmes of these months have; all there is without a month."""
    programs = [installation.program_on_or_first(month.following.first_day) for month in months]
    return {each for program in programs for each in program.components} if programs else set(COMPONENTS)


def _tier_names(installation: Installation, months: Sequence[BillingMonth]) -> list[str]:
    """What tiers are called by the table after the newest month."""
    newest = max(months, default=None)
    if newest is None:
        return []
    rows = installation.program_on_or_first(newest.following.first_day).tiers
    return [row.name for row in rows if row.name]


class _KeptMonth:
    """A month's part of the page, and the files of its register."""

    def __init__(self, installation: Installation, month: BillingMonth) -> None:
        folder = installation.out / "registers"
        self._installation, self._month = installation, month
        self._files = {ending: folder / f"{month}.{ending}" for ending in ("json", "csv")}
        self._place = folder / ".checks" / f"{month}.page"

    def on_page(self, connection: Connection, count: int) -> MonthOnPage:
        """Return what the page has of the month where it shows `count` of them; write its register's files."""
        links = [PageLink("Quality report", f"quality/{self._month}/index.html")]
        links = [link for link in links if (self._installation.out / link.href).exists()]
        links += [
            PageLink(f"Register ({ending.upper()})", f"registers/{self._month}.{ending}") for ending in self._files
        ]
        made_of = f"{all_code()} {count} {links} {what_register_reads(connection, self._month)}"
        seal, _, kept = (read_private(self._place) or b"").partition(b"\n")
        if seal == self._seal(made_of, kept).encode():
            return dict(json.loads(kept))
        register = read_register(connection, self._month, names=self._installation.tier_names)
        for ending, body in (("json", register_json(register)), ("csv", register_csv(register))):
            write_if_changed(self._files[ending], body)
        made = month_on_page(_month(self._month, register, links), count)
        kept = json.dumps(made, ensure_ascii=False).encode()
        write_if_changed(self._place, f"{self._seal(made_of, kept)}\n{kept.decode()}")
        return made

    def _seal(self, made_of: str, kept: bytes) -> str:
        digest = hashlib.sha256(made_of.encode())
        for body in (kept, *map(read_private, self._files.values())):
            digest.update(b"gone" if body is None else hashlib.sha256(body).digest())
        return digest.hexdigest()


def _month(month: BillingMonth, register: Register, links: Sequence[PageLink]) -> PageMonth:
    return PageMonth(
        billing_month=str(month),
        effective_on=str(register.effective_on or ""),
        revision=register.revision,
        status=register.status,
        rows=[_row(month, row) for row in register.partners],
        links=links,
        unit=register.unit,
    )


def _row(month: BillingMonth, row: RegisterPartner) -> PageRow:
    # The file's name may have percent signs, which a link has to escape.
    letter = f"letters/{month}/{quote(letter_file_name(row.partner_id))}" if row.letter else None
    return PageRow(
        partner_id=row.partner_id,
        company_name=row.company_name,
        tier=row.tier,
        previous_tier=row.previous_tier,
        mrr_eur_cents=row.mrr_eur_cents,
        monthly_fee_discount_bp=row.monthly_fee_discount_bp,
        setup_fee_discount_bp=row.setup_fee_discount_bp,
        sla=row.sla,
        kind=row.letter.kind if row.letter else None,
        html_href=f"{letter}.html" if letter else None,
        text_href=f"{letter}.txt" if letter else None,
        held_reason=row.held_reason if row.status == "held" else None,
    )

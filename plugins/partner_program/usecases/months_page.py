"""Writes the months' page: what the months decided for every partner, with the registers beside it."""

from pathlib import Path
from urllib.parse import quote

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.adapters.database.history import assessed_months
from partner_program.adapters.database.register import read_register
from partner_program.adapters.letters.months_page import PageLink, PageMonth, PageRow, write_months_page
from partner_program.adapters.reports.register import register_csv, register_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.register import Register, RegisterPartner
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.rendering import letter_file_name, letter_templates

MONTHS_SHOWN = 13


def make_months_page(installation: Installation) -> Path:
    """Write the page for the newest months, with each month's register; return the page."""
    with installation.database.reading() as connection:
        months = sorted(assessed_months(connection))[-MONTHS_SHOWN:]
        templates = installation.include / "templates" / "letters"
        brand = letter_templates(installation).brand
        page = installation.out / "index.html"
        write_months_page(
            page,
            # One register after the other: thirteen of a large programme do not fit into memory together.
            (_month(installation, month, read_register(connection, month)) for month in months),
            len(months),
            template=templates / "pages" / "months.html",
            company_name=brand.company_name,
            programme_name=brand.programme_name,
        )
    return page


def _month(installation: Installation, month: BillingMonth, register: Register) -> PageMonth:
    links = [PageLink("Quality report", f"quality/{month}/index.html")]
    for ending, body in (("json", register_json(register)), ("csv", register_csv(register))):
        write_if_changed(installation.out / "registers" / f"{month}.{ending}", body)
        links.append(PageLink(f"Register ({ending.upper()})", f"registers/{month}.{ending}"))
    return PageMonth(
        billing_month=str(month),
        effective_on=str(register.effective_on or ""),
        revision=register.revision,
        status=register.status,
        rows=[_row(month, row) for row in register.partners],
        links=[link for link in links if (installation.out / link.href).exists()],
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

"""Writes the register as a workbook for finance: amounts, percentages and days that a spreadsheet calculates with.

Numbers are decimals, never binary fractions; texts stay texts, whatever they begin with. Equal registers give equal
bytes.
"""

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from partner_program.domain.acts import DatedAct
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column
from partner_program.domain.money import BP
from partner_program.domain.register import COLUMNS, Register, RegisterLetter, RegisterPartner

if TYPE_CHECKING:
    from xlsxwriter import Workbook

_Value = str | int | Decimal | date | None
_AMOUNT, _PERCENT, _DAY, _UNITS = "#,##0.00", "0.00%", "yyyy-mm-dd", "0.000000"
_MOMENT = "yyyy-mm-dd hh:mm"
_ACCOUNTS = ("partner_id", "company_name", "entity", "account_id", "currency", "units_per_eur", "mrr_eur")
_ACTS = ("done_at", "kind", "done_by", "reason", "subject", "decided_hash")
_BUCKETS = ("entity", "currency", "bucket", "lines", "net_amount")


def register_xlsx(register: Register, head: Sequence[DatedAct] = ()) -> bytes:
    """Return a workbook with the partners, their accounts, the buckets and the acts at the head of the register."""
    import xlsxwriter

    body = io.BytesIO()
    book = xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    # A workbook holds its time of creation; ours is always the programme's first day, so that the bytes stay the same.
    book.set_properties({"created": datetime(2015, 7, 27, tzinfo=UTC).replace(tzinfo=None)})
    partners: list[list[_Value]] = [
        [_cell(COLUMNS[name], getattr(each, name)) for name in _order()] for each in register.partners
    ]
    total = _amount(sum(each.mrr_eur_cents or 0 for each in register.partners))
    headings = [_heading(name) for name in _order()]
    formats = [_FORMATS.get(COLUMNS[name].form) or _day_format(name) for name in _order()]
    _sheet(book, str(register.billing_month), headings, formats, partners, {"partner_id": "total", "mrr_eur": total})
    accounts = [row for each in register.partners for row in _accounts(each)]
    _sheet(
        book,
        "accounts",
        _ACCOUNTS,
        [None] * 5 + [_UNITS, _AMOUNT],
        accounts,
        {"partner_id": "total", "mrr_eur": total},
    )
    buckets: list[list[_Value]] = [[*row[:-1], _amount(row.net_amount_minor)] for row in register.buckets]
    _sheet(book, "buckets", _BUCKETS, [None] * 4 + [_AMOUNT], buckets, {})
    acts: list[list[_Value]] = [[getattr(each, name) for name in _ACTS] for each in head]
    _sheet(book, "acts", _ACTS, [_MOMENT, *[None] * 5], acts, {})
    book.close()
    return body.getvalue()


_FORMATS = {"euros": _AMOUNT, "percent": _PERCENT}


def _order() -> list[str]:
    """The columns of the register, the company's name right after its id."""
    names = [name for name in COLUMNS if name != "company_name"]
    return [*names[:1], "company_name", *names[1:]]


def _heading(name: str) -> str:
    """A column's heading: its name without the unit, which the workbook does not use."""
    return name.removesuffix("_cents").removesuffix("_bp")


def _day_format(name: str) -> str | None:
    return _DAY if name == "rate_valid_from" else None


def _cell(column: Column, value: object) -> _Value:
    if isinstance(value, RegisterLetter):
        return value.kind
    if isinstance(value, BillingMonth):
        return str(value)
    if isinstance(value, int) and column.form == "euros":
        return _amount(value)
    if isinstance(value, int) and column.form == "percent":
        return Decimal(value) / BP
    if value is None or isinstance(value, str | int | date):
        return value
    raise TypeError(f"a cell of the workbook cannot hold {type(value).__name__}")


def _amount(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _accounts(partner: RegisterPartner) -> Iterable[list[_Value]]:
    for each in partner.accounts:
        yield [
            partner.partner_id,
            partner.company_name,
            each.entity,
            each.account_id,
            each.currency,
            Decimal(each.units_per_eur),
            _amount(each.mrr_eur_cents),
        ]


def _sheet(
    book: "Workbook",
    name: str,
    headings: Sequence[str],
    formats: Sequence[str | None],
    rows: Sequence[Sequence[_Value]],
    totals: dict[str, _Value],
) -> None:
    """Write one sheet: bold headings that stay in sight, a filter over the rows, and the totals under them."""
    sheet: Any = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    plain = [book.add_format({"num_format": each}) if each else None for each in formats]
    strong = [book.add_format({"bold": True, "top": 1, **({"num_format": each} if each else {})}) for each in formats]
    sheet.freeze_panes(1, 1)
    sheet.write_row(0, 0, headings, bold)
    written = [(row, plain) for row in rows] + ([([totals.get(each) for each in headings], strong)] if totals else [])
    for number, (row, styles) in enumerate(written, start=1):
        for place, (value, style) in enumerate(zip(row, styles, strict=True)):
            if isinstance(value, str):
                sheet.write_string(number, place, value, style)
            elif isinstance(value, datetime):  # a workbook knows no time zones: it is the programme's
                sheet.write_datetime(number, place, value.replace(tzinfo=None), style)
            elif isinstance(value, date):
                sheet.write_datetime(number, place, value, style)
            elif value is not None:
                sheet.write_number(number, place, value, style)
            elif styles is strong:
                sheet.write_blank(number, place, None, style)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(headings) - 1)
    sheet.autofit()

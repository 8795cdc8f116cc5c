"""The register as files that finance opens: CSV and a spreadsheet; a text that looks like a formula stays a text."""

import csv
import io
import json
import re
from typing import Any

COLUMNS = (
    "partner_id",
    "status",
    "mrr_eur_cents",
    "earned_tier",
    "granted_tier",
    "tier",
    "previous_tier",
    "monthly_fee_discount_bp",
    "setup_fee_discount_bp",
    "sla",
    "rate_valid_from",
    "letter",
    "held_reason",
)
_UNSEEN = r"\s\x00-\x20\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
_FORMULA = re.compile(
    rf"[\t\r\n]|[{_UNSEEN}]*[=+\-@\uff1d\uff0b\uff0d\uff20]"
)  # full-width signs count in some locales


def _rows(register: dict[str, Any]) -> list[dict[str, Any]]:
    reasons = {row["partner_id"]: row["reason"] for row in register["held"]}
    return [
        {
            **{name: row.get(name) for name in COLUMNS},
            "letter": row["letter"]["kind"] if row["letter"] else None,
            "held_reason": reasons.get(row["partner_id"]),
        }
        for row in register["partners"]
    ]


def safe_cell(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def register_json(register: dict[str, Any]) -> str:
    """The register in the shape of contract 6."""
    return json.dumps(register, ensure_ascii=False, indent=1) + "\n"


def register_csv(register: dict[str, Any]) -> str:
    """One row a partner, RFC 4180; money in cents, discounts in basis points."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: safe_cell(value) for name, value in row.items()} for row in _rows(register))
    return text.getvalue()


def register_xlsx(register: dict[str, Any]) -> bytes:
    """A workbook with the partners and the buckets; equal registers give equal bytes."""
    import xlsxwriter

    body = io.BytesIO()
    book = xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": _fixed_day()})
    partners = [[row[name] for name in COLUMNS] for row in _rows(register)]
    _sheet(book, str(register["billing_month"]), COLUMNS, partners)
    columns = ("entity", "currency", "bucket", "lines", "net_amount_minor")
    _sheet(book, "buckets", columns, [[row[name] for name in columns] for row in register["buckets"]])
    book.close()
    return body.getvalue()


def _fixed_day() -> Any:
    """A workbook carries its time of creation; ours is the programme's first day, so that bytes repeat."""
    from datetime import UTC, datetime

    return datetime(2015, 7, 27, tzinfo=UTC).replace(tzinfo=None)


def _sheet(book: Any, name: str, columns: tuple[str, ...], rows: list[list[Any]]) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 1)
    sheet.write_row(0, 0, columns, bold)
    for number, row in enumerate(rows, start=1):
        sheet.write_row(number, 0, row)
    sheet.autofit()

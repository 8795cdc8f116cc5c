"""Writes the list of a partner's accounts, a file for spreadsheets that goes with a letter which shows only sums.

A spreadsheet reads a number as its reader's language writes it: `1234,56` between semicolons, or `1234.56` between
commas. The list follows the letter's language, so that a double click opens columns of numbers.
"""

import csv
import io
from types import SimpleNamespace
from typing import Any

from partner_program.adapters.letters.locale_format import LocaleFormat
from partner_program.adapters.plain_names import plain_name
from partner_program.adapters.safe_cells import safe_cell
from partner_program.domain.letters import LetterFacts
from partner_program.domain.unit import rate_text


def account_list(facts: LetterFacts, form: LocaleFormat, words: Any) -> bytes:
    """Return the list as CSV in UTF-8, one row an account and a last one with the total; `words` are its headings."""
    text, unit = io.StringIO(), facts.program.unit
    form, told = form.of_unit(unit), SimpleNamespace(unit=plain_name(unit.name))
    writer = csv.writer(text, delimiter=";" if form.point == "," else ",", lineterminator="\r\n")
    writer.writerow(
        [
            words.entity,
            words.legal_name,
            words.account,
            words.currency,
            words.billed,
            words.rate(told),
            words.in_unit(told),
        ]
    )
    for row in facts.accounts:
        names = (row.entity, row.legal_name, row.account_id, row.currency)
        billed, own = form.bare(row.mrr_minor, row.currency), form.bare(row.mrr_eur_cents, unit.code)
        rate = form.rate(rate_text(row.units_per_eur)) or "1"
        writer.writerow([*(safe_cell(plain_name(name)) for name in names), billed, rate, own])
    writer.writerow([words.total, "", "", "", "", "", form.bare(facts.mrr_eur_cents, unit.code)])
    return text.getvalue().encode("utf-8-sig")  # with the mark by which spreadsheets know UTF-8

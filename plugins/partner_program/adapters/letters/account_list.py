"""Writes the list of a partner's accounts, a file for spreadsheets that goes with a letter which shows only sums.

A spreadsheet reads a number as its reader's language writes it: `1234,56` between semicolons, or `1234.56` between
commas. The list follows the letter's language, so that a double click opens columns of numbers.
"""

import csv
import io
from typing import Any

from partner_program.adapters.letters.locale_format import LocaleFormat
from partner_program.adapters.plain_names import plain_name
from partner_program.adapters.safe_cells import safe_cell
from partner_program.domain.letters import LetterFacts


def account_list(facts: LetterFacts, form: LocaleFormat, words: Any) -> bytes:
    """Return the list as CSV in UTF-8, one row an account and a last one with the total; `words` are its headings."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if form.point == "," else ",", lineterminator="\r\n")
    writer.writerow(
        [words.entity, words.legal_name, words.account, words.currency, words.billed, words.rate, words.euros]
    )
    for row in facts.accounts:
        names = (row.entity, row.legal_name, row.account_id, row.currency)
        billed, euros = form.bare(row.mrr_minor), form.bare(row.mrr_eur_cents)
        writer.writerow([*(safe_cell(plain_name(name)) for name in names), billed, form.rate(row.units_per_eur), euros])
    writer.writerow([words.total, "", "", "", "", "", form.bare(facts.mrr_eur_cents)])
    return text.getvalue().encode("utf-8-sig")  # with the mark by which spreadsheets know UTF-8

"""Writes the contracts that end as JSON and CSV for programs."""

import csv
import io
import json
from dataclasses import fields

from partner_program.adapters.reports.plain_values import plain
from partner_program.adapters.safe_cells import safe_cell
from partner_program.domain.contracts import EndingContract, EndingContracts


def contracts_json(ending: EndingContracts) -> str:
    """Return the contracts, the entities that could not be read, and faulty lines by entity."""
    facts = {
        "first": plain(ending.first),
        "last": plain(ending.last),
        "contracts": [plain(each) for each in ending.contracts],
        "not_read": ending.not_read,
        "faulty_lines": {entity: list(lines) for entity, lines in ending.faulty_lines.items()},
    }
    return json.dumps(facts, indent=1, ensure_ascii=False) + "\n"


def contracts_csv(ending: EndingContracts) -> str:
    """Return one row a contract (RFC 4180), with a column for each shorter term, empty where it is not offered."""
    months = sorted({term.term_months for each in ending.contracts for term in each.shorter_terms})
    names = [each.name for each in fields(EndingContract) if each.name != "shorter_terms"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*names, *(f"{each}_months_of_list_price_bp" for each in months)])
    for contract in ending.contracts:
        offered = {each.term_months: each.of_list_price_bp for each in contract.shorter_terms}
        values = [plain(getattr(contract, name)) for name in names]
        writer.writerow([safe_cell(each) for each in [*values, *(offered.get(month) for month in months)]])
    return text.getvalue()

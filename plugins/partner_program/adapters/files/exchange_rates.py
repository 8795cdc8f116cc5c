"""Adds rows to the registry's `exchange_rates.csv`, and leaves every row that is there as somebody wrote it."""

from collections.abc import Sequence
from pathlib import Path

from partner_program.adapters.atomic_write import replace_keeping_rights
from partner_program.adapters.files.csv_edit import with_rows
from partner_program.adapters.files.csv_sheet import read_sheet
from partner_program.adapters.files.faults import refuse_unsound
from partner_program.adapters.files.registry_forms import EXCHANGE_RATES
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import ExchangeRate


def add_rates(folder: Path, rates: Sequence[ExchangeRate]) -> list[ExchangeRate]:
    """Add the rates whose month and currency the file does not have; return those that are new.

    All or nothing: refuses a file that is not sound, and one that has another value for a month and currency, which a
    person has to correct.
    """
    sheet = read_sheet(folder, EXCHANGE_RATES)
    refuse_unsound([sheet.faults])
    path = folder / EXCHANGE_RATES.file_name
    there = {(each.billing_month, each.currency): each.units_per_eur for each in sheet.built()}
    other = [
        f"{path}: {each.currency} in {each.billing_month} is {there[key]}, the mean is {each.units_per_eur}: correct it"
        for each in rates
        if (key := (each.billing_month, each.currency)) in there and there[key] != each.units_per_eur
    ]
    if other:
        raise Refusal("\n".join(other))
    new = [each for each in rates if (each.billing_month, each.currency) not in there]
    if new:
        replace_keeping_rights(path, with_rows(path.read_bytes(), [_row(each) for each in new]))
    return new


def _row(rate: ExchangeRate) -> dict[str, str]:
    return {
        "billing_month": str(rate.billing_month),
        "currency": rate.currency,
        "units_per_eur": format(rate.units_per_eur, "f"),
        "source": rate.source,
    }

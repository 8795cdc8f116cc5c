"""Writes the amounts of a programme in another unit than EUR for programs: JSON and CSV.

What is in EUR cents has a name that ends in `_eur_cents`. In another currency it is null, and the amount stands below
the same name without `eur`, in the currency's smallest unit. A programme in EUR has the names that it always had.
"""

from collections.abc import Collection, Mapping

from partner_program.domain.program_unit import Unit
from partner_program.domain.unit import rates_of_text

_IN_EUR = "_eur_cents"
_RATE = "units_per_eur"
EURO_DECIMALS = 2


def unit_facts(unit: Unit) -> dict[str, object]:
    """Return what amounts are in, for JSON and for a row of CSV; nothing for EUR."""
    if unit.is_euro:
        return {}
    return {"currency": unit.name or None, **({"decimals": unit.decimals} if unit.decimals != EURO_DECIMALS else {})}


def in_unit(facts: Mapping[str, object], unit: Unit) -> dict[str, object]:
    """Return an object for JSON with its amounts named after the unit, in it and in all that it holds."""
    if unit.is_euro:
        return dict(facts)
    return {**unit_facts(unit), **_renamed(facts)}


def fields_in_unit(facts: Mapping[str, object], unit: Unit) -> Mapping[str, object]:
    """Return a part of an object for JSON, which says the unit itself, with its amounts named after that."""
    return facts if unit.is_euro else _renamed(facts)


def cells_in_unit(
    cells: Mapping[str, str | int | None], unit: Unit, beside: Collection[Unit] = ()
) -> dict[str, str | int | None]:
    """Return a row of CSV with its amounts named after the unit, which stands in a column of its own at the end.

    That is `currency`, and `programme_currency` where the row has a currency of its own. Where amounts of some row are
    not hundredths, a last column `decimals` has how many each row's have. `beside` are the units of the other rows,
    with which a row has its columns alike: one in EUR has its amounts below both names.
    """
    units = (unit, *beside)
    if all(each.is_euro for each in units):
        return dict(cells)
    found: dict[str, str | int | None] = {}
    for name, value in cells.items():
        if name.endswith(_IN_EUR):
            found |= {name: value if unit.is_euro else None, _without_euro(name): value}
        else:
            found[name] = value
    decimals = {"decimals": unit.decimals} if any(each.decimals != EURO_DECIMALS for each in units) else {}
    return {**found, "programme_currency" if "currency" in cells else "currency": unit.name, **decimals}


def _without_euro(name: str) -> str:
    return name.removesuffix(_IN_EUR) + "_cents"


def _renamed(facts: Mapping[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in facts.items():
        if name.endswith(_IN_EUR):
            found[name] = None
            found[_without_euro(name)] = value
        elif name == _RATE and isinstance(value, str):
            found[name], found["programme_units_per_eur"] = rates_of_text(value)
        else:
            found[name] = _inside(value)
    return found


def _inside(value: object) -> object:
    if isinstance(value, Mapping):
        return _renamed(value)
    return [_inside(each) for each in value] if isinstance(value, list) else value

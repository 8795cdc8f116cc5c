"""Checks how the rows of the registry's files fit together: keys, periods, references, overlaps."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from partner_program.adapters.files.csv_sheet import Sheet
from partner_program.adapters.files.faults import quoted
from partner_program.domain.program import Program, program_in_force_or_first
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import AUTHORIZED, request_id_of


def check_keys(sheet: Sheet[Any]) -> None:
    """Check that no two rows have the same key."""
    columns = sheet.form.key
    first: dict[tuple[Any, ...], int] = {}
    for row, key in sheet.rows(*columns):
        if first.setdefault(key, row) != row:
            written = ", ".join(quoted(str(part)) for part in key)
            fault = f"{written} is given twice, expected once (line {sheet.line(first[key])})"
            sheet.fault(row, ", ".join(columns), fault)


def check_period(sheet: Sheet[Any], start: str, end: str) -> None:
    """Check that each period ends after the day on which it starts; a blank end means that it has no end."""
    for row, (starts_on, ends_on) in sheet.rows(start, end):
        if ends_on is not None and ends_on <= starts_on:
            sheet.fault(row, end, f"{ends_on} is not after {start}, expected a day after {starts_on}: it is exclusive")


def check_reference(sheet: Sheet[Any], column: str, target: Sheet[Any]) -> None:
    """Check that every name in a column is a key of another file; skipped if not all keys of that file can be read."""
    (key,) = target.form.key
    names = target.records.names(key)
    if names is None:
        return
    unknown = [(row, name) for row, (name,) in sheet.rows(column) if name not in names]
    elsewhere = _columns_of_words(target) if unknown else {}
    for row, name in unknown:
        fault = f"{quoted(name)} is unknown, expected one listed in {target.form.file_name} as {key}"
        sheet.fault(row, column, f"{fault}, where it stands as {elsewhere[name]}" if name in elsewhere else fault)


def _columns_of_words(sheet: Sheet[Any]) -> dict[str, str]:
    """Return, for each text in a file, the first column that has it: a key may stand under another column's name."""
    columns = reversed(sheet.values.items())
    return {value: column for column, values in columns for value in values if isinstance(value, str)}


def check_overlaps(sheet: Sheet[Any], about: Sequence[str], called: str) -> None:
    """Check that the periods of rows that are `about` the same do not overlap; `called` is what such a row is.

    An account linked to two partners is not a fault here: the month reports it.
    """
    spans: dict[tuple[str, ...], list[tuple[date, date, int]]] = {}
    for row, (*same, start, end) in sheet.rows(*about, "valid_from", "valid_to"):
        spans.setdefault(tuple(same), []).append((start, end or date.max, row))
    for periods in spans.values():
        periods.sort()
        latest = periods[0]
        for period in periods[1:]:
            if period[0] < latest[1]:
                where = f"{called} on line {sheet.line(latest[2])}"
                sheet.fault(
                    period[2], "valid_from", f"{period[0]} lies in {where}, expected periods that do not overlap"
                )
            latest = max(latest, period, key=lambda span: span[1])


def check_authorized(partners: Sheet[Any]) -> None:
    """Check that every authorised partner has the day on which it was authorised."""
    for row, (status, authorized_on) in partners.rows("status", "authorized_on"):
        if status == AUTHORIZED and authorized_on is None:
            partners.fault(row, "authorized_on", f"is blank, expected a day, since the status is {AUTHORIZED}")


def check_granted_tiers(grants: Sheet[Any], programs: Sequence[Program]) -> None:
    """Check that each grant names a tier of the programme in force on its first day.

    A grant that begins before the first programme is checked against the first programme.
    """
    if not programs:
        return
    for row, (tier, starts_on) in grants.rows("tier", "starts_on"):
        try:
            program_in_force_or_first(programs, starts_on).check_grant(tier=tier, starts_on=starts_on)
        except Refusal as refusal:
            grants.fault(row, "tier", str(refusal))


def check_agreed_terms(agreements: Sheet[Any], programs: Sequence[Program]) -> None:
    """Check that each older agreement keeps only terms that every programme of its days has.

    Days before the first programme are those of the agreement alone. A setup fee discount of 0 keeps none. An agreement
    about one product family keeps nothing else, and every programme of its days has a discount for that family.
    """
    in_order = sorted(programs, key=lambda program: program.in_force_from)
    ends = [*(program.in_force_from for program in in_order), date.max][1:]
    for row, (setup_bp, sla, product, begins_on, ends_on) in agreements.rows(
        "setup_fee_discount_bp", "sla", "product", "valid_from", "valid_to"
    ):
        if product is not None and setup_bp:
            agreements.fault(row, "setup_fee_discount_bp", f"is {setup_bp}, expected 0 in a row about one product")
        if product is not None and sla is not None:
            agreements.fault(row, "sla", f"is {sla}, expected none in a row about one product")
        for program, until in zip(in_order, ends, strict=True):
            if begins_on >= until or (ends_on is not None and ends_on <= program.in_force_from):
                continue
            which = f"the programme of {program.in_force_from}"
            way_out = f"or a valid_to of {program.in_force_from} at the latest"
            families = [each.product for each in program.product_discounts]
            if product is not None and product not in families:
                known = " or ".join(families) or "no product"
                fault = f"is {product}, but {which} has no discount of its own for it: expected {known}, {way_out}"
                agreements.fault(row, "product", fault)
            if setup_bp and not program.has("setup_fee"):
                fault = f"is {setup_bp}, but {which} has no setup fee discount: expected 0, {way_out}"
                agreements.fault(row, "setup_fee_discount_bp", fault)
            if sla is not None and not program.has("sla"):
                agreements.fault(row, "sla", f"is {sla}, but {which} has no service levels: expected none, {way_out}")
            elif sla is not None and sla not in program.sla_levels:
                levels = " or ".join(program.sla_levels)
                agreements.fault(row, "sla", f"is {sla}, but {which} has no such level: expected {levels}, {way_out}")


def check_decided(requests: Sheet[Any]) -> None:
    """Check that every approved or refused request says who decided it."""
    for row, (status, decided_by) in requests.rows("status", "decided_by"):
        if status != "requested" and not decided_by:
            requests.fault(row, "decided_by", f"is blank, expected a name, since the status is {status}")


def check_request_ids(requests: Sheet[Any]) -> None:
    """Check that no two requests have one id, given or made of partner, benefit and first day."""
    first: dict[str, int] = {}
    for row, (given, *natural) in requests.rows("request_id", "partner_id", "benefit", "valid_from"):
        request_id = given or request_id_of(*natural)
        if first.setdefault(request_id, row) != row:
            where = f"expected once (line {requests.line(first[request_id])})"
            hint = "" if given else ": give each a request_id"
            requests.fault(row, "request_id", f"{quoted(request_id)} is given twice, {where}{hint}")


def check_euro(rates: Sheet[Any]) -> None:
    """Check that a rate of the euro, if one is given, is 1."""
    for row, (currency, units_per_eur) in rates.rows("currency", "units_per_eur"):
        if currency == "EUR" and units_per_eur != 1:
            rates.fault(row, "units_per_eur", f"{units_per_eur} is not 1, expected 1 for EUR, or no row for it")


def check_entity_codes(entities: Sheet[Any]) -> None:
    """Check that no two codes differ only in capitals: they would share a connection, named in small letters."""
    first: dict[str, tuple[int, str]] = {}
    for row, (entity,) in entities.rows("entity"):
        line, before = first.setdefault(entity.lower(), (entities.line(row), entity))
        if before != entity:
            fault = f"{entity} differs from {before} (line {line}) in capitals only, expected another code"
            entities.fault(row, "entity", fault)

"""Finds rows of the registry that vanished from its files, and takes a mistaken one out, on record (rule 7).

A cut export looks like many removals, so a row that is missing in the files is never simply deleted: it is refused
by name. A link or an agreement ends by its `valid_to`; a row that was a mistake is named in the command that loads.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from shlex import quote
from typing import Any

from sqlalchemy import Connection, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.acts import load_acts, record_act
from partner_program.domain.acts import REGISTRY_REMOVAL
from partner_program.domain.registry import Removals

Rows = Mapping[tuple[Any, ...], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Lasting:
    """A file whose rows do not vanish: what identifies a row of it, and what to do instead of deleting one."""

    file_name: str
    identity: tuple[str, ...]
    remedy: str
    removable: bool = True


_END_IT = "give it a valid_to"
_LASTING = {
    "entity": _Lasting("entities.csv", ("entity",), "set its left_on", removable=False),
    "partner": _Lasting("partners.csv", ("partner_id",), "set its status to ended"),
    "account_link": _Lasting("account_links.csv", ("partner_id", "entity", "account_id"), _END_IT),
    "legacy_agreement": _Lasting("legacy_agreements.csv", ("partner_id", "source"), _END_IT),
    "qualification": _Lasting("qualifications.csv", ("partner_id", "key", "source"), _END_IT),
    "grace_grant": _Lasting("grace_grants.csv", ("grant_id",), "a grant is a promise: leave it to lapse"),
}
REMOVABLE_FILES = tuple(each.file_name for each in _LASTING.values() if each.removable)


def faults_of_vanished(
    connection: Connection, stored: Mapping[str, Rows], wanted: Mapping[str, Rows], removals: Removals | None
) -> list[str]:
    """Return a fault for each row that vanished without being named, and for each named one that cannot be removed."""
    named = set(removals.rows) if removals else set[str]()
    vanished = {name: row for table in _LASTING for name, row in _vanished(table, stored, wanted).items()}
    faults = [
        f"{name} is in the database and no longer in the files: {_remedy(name)}"
        for name in vanished
        if name not in named
    ]
    for name in removals.rows if removals else ():
        fault = _fault_of_removal(connection, name, stored, vanished)
        if fault:
            faults.append(f"--remove {name}: {fault}")
    return faults


def record_removals(
    connection: Connection, stored: Mapping[str, Rows], wanted: Mapping[str, Rows], removals: Removals
) -> None:
    """Write down each row that is taken out, with all its values."""
    for name in sorted(set(removals.rows)):
        rows = [row for table in _LASTING for row in _vanished(table, stored, wanted).get(name, ())]
        record_act(connection, REGISTRY_REMOVAL, name, removals.by, rows, partner_id=rows[0]["partner_id"])


def _vanished(table: str, stored: Mapping[str, Rows], wanted: Mapping[str, Rows]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the rows of a table whose identity is in no row of the files any more, by `FILE:KEY` and in its order."""
    kept = {_name(table, row) for row in wanted[table].values()}
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in sorted(stored[table].values(), key=lambda each: _name(table, each)):
        if row.get("origin") != "command" and _name(table, row) not in kept:
            found.setdefault(_name(table, row), []).append(row)
    return found


def _name(table: str, row: Mapping[str, Any]) -> str:
    lasting = _LASTING[table]
    return f"{lasting.file_name}:{'/'.join(str(row[column]) for column in lasting.identity)}"


def _lasting_of(name: str) -> tuple[str, _Lasting]:
    file_name = name.partition(":")[0]
    return next((table, each) for table, each in _LASTING.items() if each.file_name == file_name)


def _remedy(name: str) -> str:
    _, lasting = _lasting_of(name)
    mistake = f", or, if the row was a mistake, load with --remove {quote(name)}" if lasting.removable else ""
    return f"{lasting.remedy}{mistake}"


def _fault_of_removal(
    connection: Connection,
    name: str,
    stored: Mapping[str, Rows],
    vanished: Mapping[str, Sequence[Mapping[str, Any]]],
) -> str | None:
    table, lasting = _lasting_of(name)
    if name in vanished:
        return _fault_of_used(connection, table, vanished[name])
    known = {_name(table, row): row for row in stored[table].values()}
    if name not in known:
        return _unknown(connection, name, known)
    if known[name].get("origin") == "command":
        return "this grant was made on the command line and stands in no file: leave it to lapse"
    return f"the row is still in {lasting.file_name}: take it out of the file first"


def _unknown(connection: Connection, name: str, known: Iterable[str]) -> str:
    before = next((act for act in reversed(load_acts(connection, REGISTRY_REMOVAL)) if act.subject == name), None)
    if before is not None:
        return f"no such row is in the database: {before.doer.done_by} removed it ({before.doer.reason})"
    close = get_close_matches(name, list(known), n=3)
    return f"no such row is in the database{', did you mean ' + ' or '.join(close) + '?' if close else ''}"


def _fault_of_used(connection: Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Refuse what months already rest on: what was decided for a partner or a grant stays on record."""
    if table == "partner":
        partner_id = rows[0]["partner_id"]
        tables = (schema.assessment, schema.held_partner, schema.discount_rate, schema.letter)
        used = any(
            connection.execute(select(each.c.partner_id).where(each.c.partner_id == partner_id).limit(1)).first()
            for each in tables
        )
        if used:
            return "months were decided for this partner: set its status to ended"
        for column, did in (
            (schema.benefit_request.c.partner_id, "asked for benefits"),
            (schema.dispute.c.partner_id, "disputed a month"),
        ):
            if connection.execute(select(column).where(column == partner_id).limit(1)).first():
                return f"this partner has {did}: set its status to ended"
        return None
    if table == "grace_grant":
        grant_id = rows[0]["grant_id"]
        outcome, rate = schema.assessment_grant.c, schema.discount_rate.c
        used = any(
            connection.execute(select(column).where(column == grant_id).limit(1)).first()
            for column in (outcome.grant_id, rate.grant_id)
        )
        return "a month or a rate already used this grant: leave it to lapse" if used else None
    return None

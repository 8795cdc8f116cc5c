"""Measures writing a month's assessments and rates to PostgreSQL, against plain COPY of the same rows.

100,000 assessments and as many rates are written, with every constraint, reference and trigger of the programme's
database. Plain COPY is the fastest way, but it cannot be run twice; ours leaves equal rows alone and refuses different
ones. Both write to emptied tables, in turn, and commit. Then ours writes the same rows again, which changes nothing.
"""

import time
from collections.abc import Callable, Sequence
from datetime import date
from statistics import median
from typing import Any

from sqlalchemy import Connection, Table, text

from bench import Measurement
from bench.postgres_server import postgres_server
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.adapters.database.database import ProgramDatabase

PARTNERS, PAIRS = 100_000, 11
EFFECTIVE_ON = date(2015, 7, 27)
SETTLEMENT = {
    "settlement_id": 1,
    "billing_month": "2015-06",
    "revision": 1,
    "status": "in_force",
    "migration": 1,
    "effective_on": EFFECTIVE_ON,
    "inputs_hash": "0" * 64,
    "decision_hash": "0" * 64,
}
_Rows = Sequence[tuple[Table, list[dict[str, Any]]]]


def measure(partners: int = PARTNERS, pairs: int = PAIRS) -> list[Measurement]:
    """Time plain COPY, our first write and our second write of the same rows, in turn."""
    rows = [(schema.assessment, assessments(partners)), (schema.discount_rate, rates(partners))]
    with postgres_server() as host:
        database = ProgramDatabase(ConnectionFields("partner_program", "postgres", host=host, login="postgres"))
        prepare(database, partners)
        turns = [_turn(database, rows) for _ in range(pairs + 1)][1:]
    first = median(ours / plain for plain, ours, _ in turns)
    again = median(ours / plain for plain, _, ours in turns)
    plain = median(plain for plain, _, _ in turns)
    how = f"{partners:,} assessments and as many rates, {plain:.2f} s; median of {pairs} interleaved turns"
    return [
        Measurement("write to PostgreSQL / plain COPY", first, 1.75, "x", how),
        Measurement("write the same again / plain COPY", again, 1.25, "x", how),
    ]


def prepare(database: ProgramDatabase, partners: int) -> None:
    """Make the programme's database with the partners and the settlement that the rows refer to."""
    database.upgrade()
    manager = {"account_manager_id": "M1", "name": "M", "email": "m@host.example", "phone": ""}
    with database.writing() as connection:
        append_rows(connection, schema.account_manager, [manager])
        append_rows(connection, schema.partner, (_partner(number) for number in range(partners)))
        append_rows(connection, schema.settlement, [SETTLEMENT])


def assessments(partners: int) -> list[dict[str, Any]]:
    """An assessment of each partner; the partners are spread over all tiers."""
    own = {"billing_month": "2015-06", "revision": 1, "settlement_id": 1, "effective_on": EFFECTIVE_ON}
    return [
        own
        | {"partner_id": _name(number), "mrr_eur_cents": number * 7_919 % 5_000_000, "granted_tier": None}
        | {"previous_tier": None, "earned_tier": number % 7, "rate_valid_from": EFFECTIVE_ON, "lifted_by": None}
        | _terms(number)
        for number in range(partners)
    ]


def rates(partners: int) -> list[dict[str, Any]]:
    """The rate of each partner that follows from its assessment."""
    own = {"valid_from": EFFECTIVE_ON, "sequence": 1, "origin": "settlement", "settlement_id": 1, "grant_id": None}
    return [own | {"partner_id": _name(number)} | _terms(number) for number in range(partners)]


def _turn(database: ProgramDatabase, rows: _Rows) -> tuple[float, float, float]:
    _empty(database)
    plain = _seconds(database, rows, plain_copy)
    _empty(database)
    return plain, _seconds(database, rows, append_rows), _seconds(database, rows, append_rows)


def plain_copy(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Write rows through the driver's COPY directly into the table."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({', '.join(rows[0])}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(tuple(row.values()))


def _seconds(database: ProgramDatabase, rows: _Rows, write: Callable[[Connection, Table, Any], None]) -> float:
    begun = time.perf_counter()
    with database.writing() as connection:
        for table, values in rows:
            write(connection, table, values)
    return time.perf_counter() - begun


def _empty(database: ProgramDatabase) -> None:
    """Empty the tables with their triggers off, which would refuse it, and clean up before the next measurement."""
    with database.writing() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("TRUNCATE assessment, discount_rate CASCADE"))
        connection.execute(text("ANALYZE assessment, discount_rate"))


def _name(number: int) -> str:
    return f"P{number:07d}"


def _terms(number: int) -> dict[str, Any]:
    tier = number % 7
    return {"tier": tier, "monthly_fee_discount_bp": tier * 400, "setup_fee_discount_bp": tier * 1500, "sla": "Gold"}


def _partner(number: int) -> dict[str, Any]:
    name = _name(number)
    own = {"partner_id": name, "company_name": name, "status": "authorized", "language": "en", "country": "NL"}
    address = {"website": "", "phone": "", "address": "", "vat_id": "", "account_manager_id": "M1"}
    return own | address | {"authorized_on": None}

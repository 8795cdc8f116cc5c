"""Offering rows again is safe: an equal row is left alone, a different one is refused and changes nothing."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, select, text

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database import schema
from partner_program.adapters.database.append import COPY_FROM_ROWS, AlreadyWritten, append_rows
from partner_program.adapters.database.database import ProgramDatabase
from partner_program.domain.refusals import Unavailable
from tests.servers import Postgres

DAY = date(2015, 7, 27)
ODD = "a\tb\\N\nc\r\\.\x01 株'\""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A programme's database in a file, without a row."""
    path = tmp_path_factory.mktemp("fresh") / "program.db"
    ProgramDatabase(ConnectionFields("partner_program", "sqlite", host=str(path))).upgrade()
    return path


@pytest.fixture(params=["on_postgres", "on_sqlite"])
def database(request: pytest.FixtureRequest) -> ProgramDatabase:
    """A programme's database with one settlement, on SQLite or on PostgreSQL."""
    found = ProgramDatabase(request.getfixturevalue(request.param))
    settlement = {"settlement_id": 1, "billing_month": "2015-06", "revision": 1, "status": "history", "migration": 0}
    append(found, schema.settlement, [settlement | {"inputs_hash": "i", "decision_hash": "d"}])
    return found


@pytest.fixture
def on_postgres(shared_postgres: Postgres) -> Iterator[ConnectionFields]:
    name = shared_postgres.programme()
    yield shared_postgres.fields("partner_program", name)
    shared_postgres.drop(name)


@pytest.fixture
def on_sqlite(fresh: Path, tmp_path: Path) -> ConnectionFields:
    return ConnectionFields("partner_program", "sqlite", host=str(shutil.copy(fresh, tmp_path / "program.db")))


FEW, MANY = 3, COPY_FROM_ROWS + 1
sizes = pytest.mark.parametrize("size", [FEW, MANY])


def accounts(size: int, **changes: Any) -> list[dict[str, Any]]:
    own = {"settlement_id": 1, "entity": "NL", "reason": "no link"} | changes
    return [own | {"account_id": f"A{number:05d}"} for number in range(size)]


def append(database: ProgramDatabase, table: Table, rows: list[dict[str, Any]]) -> None:
    with database.writing() as connection:
        append_rows(connection, table, rows)


def stored(database: ProgramDatabase, table: Table) -> list[dict[str, Any]]:
    with database.reading() as connection:
        found = connection.execute(select(table).order_by(*table.primary_key)).mappings()
        return [dict(row) for row in found]


def moment(database: ProgramDatabase) -> Any:
    """A value that changes if a row is written again."""
    if database.engine.dialect.name == "sqlite":
        return None
    with database.engine.connect() as connection:
        return connection.execute(text("SELECT xmin, xmax, ctid FROM unmatched_account ORDER BY account_id")).all()


@sizes
def test_rows_arrive_as_they_are(database: ProgramDatabase, size: int) -> None:
    rows = accounts(size, reason=ODD)
    append(database, schema.unmatched_account, rows)
    assert stored(database, schema.unmatched_account) == rows


@sizes
def test_equal_rows_offered_again_are_left_untouched(database: ProgramDatabase, size: int) -> None:
    append(database, schema.unmatched_account, accounts(size))
    before = moment(database)
    append(database, schema.unmatched_account, accounts(size))
    assert stored(database, schema.unmatched_account) == accounts(size)
    assert moment(database) == before


@sizes
def test_new_rows_beside_equal_ones_are_written(database: ProgramDatabase, size: int) -> None:
    append(database, schema.unmatched_account, accounts(size)[::2])
    append(database, schema.unmatched_account, accounts(size))
    assert stored(database, schema.unmatched_account) == accounts(size)


@sizes
def test_a_different_row_is_refused_by_its_key_and_nothing_is_written(database: ProgramDatabase, size: int) -> None:
    append(database, schema.unmatched_account, accounts(size))
    offered = accounts(size + 5)
    offered[2] = offered[2] | {"reason": "another"}
    with pytest.raises(AlreadyWritten, match="unmatched_account: settlement_id 1, entity NL, account_id A00002 is wri"):
        append(database, schema.unmatched_account, offered)
    assert stored(database, schema.unmatched_account) == accounts(size)


@sizes
def test_null_and_a_value_are_different(database: ProgramDatabase, size: int) -> None:
    row = {"partner_id": "P1", "company_name": "P", "status": "authorized", "language": "en", "country": "NL"}
    row |= {"website": "", "phone": "", "address": "", "vat_id": "", "account_manager_id": "M1", "authorized_on": DAY}
    manager = {"account_manager_id": "M1", "name": "M", "email": "m@host.example", "phone": ""}
    append(database, schema.account_manager, [manager])
    partners = [row | {"partner_id": f"P{number}"} for number in range(size)]
    append(database, schema.partner, partners)
    append(database, schema.partner, partners)
    with pytest.raises(AlreadyWritten, match="partner: partner_id P1 is written already"):
        append(database, schema.partner, [*partners[:1], partners[1] | {"authorized_on": None}, *partners[2:]])


@sizes
def test_one_key_offered_twice_is_one_row_where_equal_and_refused_where_not(
    database: ProgramDatabase, size: int
) -> None:
    rows = accounts(size)
    with pytest.raises(AlreadyWritten, match="account_id A00000"):
        append(database, schema.unmatched_account, [*rows, rows[0] | {"reason": "another"}])
    assert stored(database, schema.unmatched_account) == []
    append(database, schema.unmatched_account, [*rows, rows[0]])
    assert stored(database, schema.unmatched_account) == rows


@sizes
@pytest.mark.parametrize("lines", [float("nan"), float("inf"), 2.5, 2.0, True])
def test_no_float_comes_near_a_whole_number(database: ProgramDatabase, size: int, lines: Any) -> None:
    rows = [
        {
            "settlement_id": 1,
            "entity": "NL",
            "currency": "EUR",
            "bucket": str(number),
            "lines": 1,
            "net_amount_minor": 1,
        }
        for number in range(size)
    ]
    rows[1]["lines"] = lines
    with pytest.raises(TypeError, match=r"bucket\.lines: (float|bool), expected whole numbers"):
        append(database, schema.bucket, rows)
    assert stored(database, schema.bucket) == []


@sizes
def test_a_row_that_breaks_a_rule_of_the_table_is_not_skipped(database: ProgramDatabase, size: int) -> None:
    broken = accounts(size)
    broken[1] = broken[1] | {"reason": None}
    with pytest.raises(Unavailable, match="writing the programme database failed"):
        append(database, schema.unmatched_account, broken)
    with pytest.raises(Unavailable, match="writing the programme database failed"):
        append(database, schema.unmatched_account, accounts(size, settlement_id=7))
    assert stored(database, schema.unmatched_account) == []


@sizes
def test_one_transaction_may_append_to_a_table_twice(database: ProgramDatabase, size: int) -> None:
    rows = accounts(2 * size)
    with database.writing() as connection:
        append_rows(connection, schema.unmatched_account, rows[:size])
        append_rows(connection, schema.unmatched_account, rows[size:])
    assert stored(database, schema.unmatched_account) == rows


def test_a_server_that_goes_away_in_the_middle_is_named(on_postgres: ConnectionFields) -> None:
    postgres = ProgramDatabase(on_postgres)

    def cut_off(connection: Connection) -> None:
        own = connection.execute(text("SELECT pg_backend_pid()")).scalar()
        with postgres.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:own)"), {"own": own})
        append_rows(connection, schema.unmatched_account, accounts(MANY))

    with pytest.raises(Unavailable, match="writing the programme database failed"), postgres.writing() as connection:
        cut_off(connection)


def test_many_first_rows_are_found_by_their_key_before_their_transaction_ends(on_postgres: ConnectionFields) -> None:
    result = {"billing_month": "2015-06", "revision": 1, "settlement_id": 1, "effective_on": DAY, "mrr_eur_cents": 1}
    result |= {"earned_tier": 0, "tier": 0, "monthly_fee_discount_bp": 0, "setup_fee_discount_bp": 0, "sla": ""}
    found = ProgramDatabase(on_postgres)
    with found.writing() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # without the settlement and partners
        append_rows(connection, schema.assessment, [result | {"partner_id": f"P{each}"} for each in range(MANY)])
        # As a row that refers to one is checked. The index of revenue begins with the same columns: each check would
        # read the whole month.
        connection.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
        connection.exec_driver_sql(
            "PREPARE found (text, bigint, text) AS SELECT 1 FROM ONLY assessment"
            " WHERE billing_month = $1 AND revision = $2 AND partner_id = $3 FOR KEY SHARE"
        )
        plan = connection.exec_driver_sql("EXPLAIN EXECUTE found ('2015-06', 1, 'P1')").scalars().all()
    assert not any("assessment_by_revenue" in line for line in plan), plan

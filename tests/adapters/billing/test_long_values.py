"""A value of absurd length is a fault that names its column, and is never read into memory."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pymysql
import pytest

from partner_program.adapters.billing.pull import pull_month
from partner_program.adapters.billing.snapshot import MOST_ROWS
from partner_program.adapters.billing.sqlite import LONGEST_VALUE_BYTES
from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.program import LargestLine
from partner_program.domain.revenue import EntityRevenue
from tests.adapters.billing.test_pull import (
    CLOSES,
    COLUMNS,
    ENTITY,
    JULY,
    LARGEST,
    LINE,
    RESELLERS,
    SQL_FOLDER,
    TABLE,
    pull,
    write_billing,
)
from tests.servers import Postgres

LINES = "program_mrr_line"
PULLING = """
import json, re, sys
from pathlib import Path
from partner_program.adapters.billing.pull import pull_month
from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.program import LargestLine
from tests.adapters.billing.test_pull import ENTITY, JULY, LARGEST, SQL_FOLDER
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
fields = ConnectionFields(**json.loads(sys.argv[1]))
before = peak()
pulled = pull_month(fields, ENTITY, JULY, largest_line=LargestLine(LARGEST), sql_folder=SQL_FOLDER)
print(pulled.fault if fields.conn_type == "sqlite" else len(pulled.faulty_lines))
print(peak() - before)
"""


def with_a_long_value(file: Path, relation: str, column: str, size: int, *, kind: str) -> Path:
    write_billing(file, [LINE], [("2015-07", "EUR", 1, 10_000)], [TABLE, CLOSES, RESELLERS])
    long = {"text": "CAST(ZEROBLOB(?) AS TEXT)", "blob": "ZEROBLOB(?)"}[kind]
    with closing(sqlite3.connect(file)) as owner, owner:
        owner.execute("INSERT INTO program_reseller_account VALUES ('A1', '', '', '')")
        owner.execute(f"UPDATE {relation} SET {column} = {long}", (size,))  # noqa: S608, fixed words
    return file


@pytest.mark.parametrize("kind", ["text", "blob"])
@pytest.mark.parametrize(
    ("relation", "column"),
    [
        (LINES, "account_id"),
        (LINES, "currency"),
        (LINES, "charge_kind"),
        (LINES, "service_end"),
        (LINES, "net_amount_minor"),
        ("program_reseller_account", "account_id"),
        ("program_period_close", "currency"),
    ],
)
def test_its_column_and_its_line_are_named(tmp_path: Path, relation: str, column: str, kind: str) -> None:
    file = with_a_long_value(tmp_path / "nl.db", relation, column, LONGEST_VALUE_BYTES + 1, kind=kind)
    where = f"{relation} column {column}" + (", line L1" if relation == LINES else "")
    said = f"{where}: a value of more than 32 million bytes, expected a short one"
    assert pull(file).fault == said


def test_the_line_is_named_behind_many_others_and_a_long_id_names_its_column_alone(tmp_path: Path) -> None:
    file = with_a_long_value(tmp_path / "nl.db", LINES, "currency", LONGEST_VALUE_BYTES + 1, kind="text")
    with closing(sqlite3.connect(file)) as owner, owner:
        owner.execute("UPDATE program_mrr_line SET line_id = 'the long one'")
        rows = [(f"L{number}", "A1", "EUR") for number in range(100)]
        owner.executemany("INSERT INTO program_mrr_line (line_id, account_id, currency) VALUES (?, ?, ?)", rows)
        owner.execute("INSERT INTO program_mrr_line SELECT * FROM program_mrr_line WHERE line_id = 'the long one'")
        owner.execute("DELETE FROM program_mrr_line WHERE rowid = 1")
    assert str(pull(file).fault).startswith(f"{LINES} column currency, line the long one: a value")
    other = with_a_long_value(tmp_path / "us.db", LINES, "line_id", LONGEST_VALUE_BYTES + 1, kind="text")
    assert str(pull(other).fault).startswith(f"{LINES} column line_id: a value")


def test_a_long_value_in_a_column_that_is_not_read_is_no_fault(tmp_path: Path) -> None:
    file = with_a_long_value(tmp_path / "nl.db", LINES, "product", LONGEST_VALUE_BYTES + 1, kind="text")
    assert pull(file).fault is None


@pytest.mark.processes
def test_it_takes_no_memory(tmp_path: Path) -> None:
    file = with_a_long_value(tmp_path / "nl.db", LINES, "account_id", 5 * LONGEST_VALUE_BYTES, kind="text")
    fields = json.dumps(asdict(ConnectionFields("billing_nl", "sqlite", host=str(file))))
    done = subprocess.run([sys.executable, "-c", PULLING, fields], capture_output=True, text=True, check=True)
    fault, megabytes = done.stdout.splitlines()
    assert "column account_id" in fault
    assert int(megabytes) < 100  # the value alone has 160


# Every database: a text that no line may have is a fault of that line alone


@dataclass
class Place:
    """A billing database whose columns take texts of any length."""

    fields: ConnectionFields
    do: Callable[[str], Any]
    repeat: str

    def pull(self) -> EntityRevenue:
        return pull_month(self.fields, ENTITY, JULY, largest_line=LargestLine(LARGEST), sql_folder=SQL_FOLDER)

    def text(self, characters: int, what: str = "x") -> str:
        return self.repeat.format(what=what, characters=characters)


def made(fields: ConnectionFields, do: Callable[[str], Any], *, text: str, repeat: str) -> Place:
    names = {name: f"{name} {text}" for name in ("line_id", "account_id", "charge_kind", "currency", "document_status")}
    types = {"service_start": "DATE", "service_end": "DATE", "posted_on": "DATE", "ordered_on": "DATE"}
    columns = ", ".join(names.get(name, f"{name} {types.get(name, 'NUMERIC')}") for name in COLUMNS)
    do(f"CREATE TABLE program_mrr_line ({columns})")
    closes = f"billing_month {text}, currency {text}, line_count NUMERIC, control_total_minor NUMERIC, closed_at DATE"
    do(f"CREATE TABLE program_period_close ({closes})")
    texts = ", ".join(f"{name} {text}" for name in ("account_id", "company_name", "vat_id", "email_domain"))
    do(f"CREATE TABLE program_reseller_account ({texts})")
    return Place(fields, do, repeat)


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Place]:
    with closing(sqlite3.connect(tmp_path / "nl.db", isolation_level=None)) as owner:
        fields = ConnectionFields("billing_nl", "sqlite", host=str(tmp_path / "nl.db"))
        yield made(fields, owner.execute, text="TEXT", repeat="REPLACE(HEX(ZEROBLOB({characters} / 2)), '0', '{what}')")


@pytest.fixture
def on_postgres(shared_postgres: Postgres) -> Iterator[Place]:
    name = shared_postgres.database()
    with shared_postgres.owner(name) as owner:
        fields = shared_postgres.fields("billing_nl", name)
        yield made(
            fields, lambda sql: owner.execute(sql.encode()), text="TEXT", repeat="REPEAT('{what}', {characters})"
        )
    shared_postgres.drop(name)


@pytest.fixture
def on_mariadb(shared_mariadb: dict[str, Any]) -> Iterator[Place]:
    owner = pymysql.connect(**shared_mariadb, autocommit=True)
    name = f"billing_{uuid4().hex[:12]}"
    with closing(owner), owner.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        owner.select_db(name)
        place = {key: shared_mariadb[key] for key in ("host", "port")}
        fields = ConnectionFields("billing_nl", "mysql", **place, login="root", schema=name)
        fields = replace(fields, password=shared_mariadb["password"])
        yield made(fields, cursor.execute, text="LONGTEXT", repeat="REPEAT('{what}', {characters})")
        cursor.execute(f"DROP DATABASE {name}")


@pytest.fixture(params=["on_sqlite", "on_postgres", "on_mariadb"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


def bill(place: Place, **texts: str) -> None:
    """Add one line of 100.00, with columns in SQL."""
    values = {name: f"'{value}'" for name, value in LINE.items()} | texts
    place.do(f"INSERT INTO program_mrr_line ({', '.join(values)}) VALUES ({', '.join(values.values())})")  # noqa: S608


@pytest.mark.parametrize("characters", [1_002, 5_000, 1_000_000])
@pytest.mark.parametrize("column", ["line_id", "account_id", "charge_kind", "currency", "document_status"])
def test_a_long_text_is_a_fault_of_its_line_alone(place: Place, column: str, characters: int) -> None:
    bill(place, line_id="'sound'", account_id="'A2'")
    doubtful = {"term_months": "0"} if column == "line_id" else {}  # the ids of sound lines are not read
    bill(place, **{column: place.text(characters)}, **doubtful)
    pulled = place.pull()
    assert [(group.account_id, group.lines, group.net_amount_minor) for group in pulled.groups] == [("A2", 1, 10_000)]
    (faulty,) = pulled.faulty_lines
    beginning = "x" * 60 + "..."
    assert faulty.column == column
    assert faulty.line_id == (beginning if column == "line_id" else "L1")
    assert faulty.account_id == (beginning if column == "account_id" else "A1")
    assert len(faulty.found) <= 60


def test_the_longest_text_that_a_line_may_have_is_counted(place: Place) -> None:
    """In any script: a character may take several bytes."""
    bill(place, account_id=place.text(1_000, "é"))
    bill(place, account_id=place.text(1_002, "é"), line_id="'L2'")
    pulled = place.pull()
    assert [(group.account_id, group.lines) for group in pulled.groups] == [("é" * 1_000, 1)]
    assert [(line.line_id, line.column) for line in pulled.faulty_lines] == [("L2", "account_id")]


def test_a_number_of_thousands_of_digits_is_a_fault_of_its_line(on_postgres: Place) -> None:
    bill(on_postgres, net_amount_minor=f"({on_postgres.text(20_000, '9')})::numeric")
    bill(on_postgres, line_id="'L2'", net_amount_minor=f"('1.' || {on_postgres.text(9_000, '0')} || '1')::numeric")
    assert [(line.line_id, line.column) for line in on_postgres.pull().faulty_lines] == [
        ("L1", "net_amount_minor"),
        ("L2", "net_amount_minor"),
    ]


def test_a_long_text_in_the_list_of_accounts_or_a_close_is_named(place: Place) -> None:
    place.do(f"INSERT INTO program_reseller_account (account_id) VALUES ({place.text(9_000)})")  # noqa: S608
    columns = "billing_month, currency, line_count, control_total_minor"
    place.do(f"INSERT INTO program_period_close ({columns}) VALUES ('2015-07', {place.text(9_000)}, 0, 0)")  # noqa: S608
    closing_fault, list_fault = str(place.pull().fault).split("; ")
    assert closing_fault.startswith("month 2015-07: program_period_close: currency is 'xxxxxxx")
    assert list_fault == "program_reseller_account: account_id has more than 1000 characters, expected an account id"


@pytest.mark.parametrize("name", ["month_groups", "lines_of_accounts", "repeated_line_ids", "reseller_accounts"])
def test_more_rows_than_the_limit_are_a_fault_that_names_it(
    place: Place, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is lowered for one statement; two million rows would take too long here."""
    monkeypatch.setitem(MOST_ROWS, name, 3)
    bill(place)
    assert place.pull().fault == "month 2015-07 not closed"
    for number in range(4):
        account = f"'A{number}'"
        same, doubtful = f"'{'L' if name == 'repeated_line_ids' else number}'", "0" if number else "10000"
        if name == "lines_of_accounts":
            account = "'A1'"
        bill(place, account_id=account, line_id=same, term_months=doubtful if name == "lines_of_accounts" else "1")
        place.do(f"INSERT INTO program_reseller_account (account_id) VALUES ({account})")  # noqa: S608
    words = name.replace("_", " ")
    assert place.pull().fault == f"more than 3 rows of {words}, expected fewer"


@pytest.mark.processes
@pytest.mark.parametrize("where", ["on_postgres", "on_mariadb"])
def test_a_long_text_takes_no_memory_of_ours(where: str, request: pytest.FixtureRequest) -> None:
    place: Place = request.getfixturevalue(where)
    for number in range(8):  # one packet of MariaDB holds 16 million bytes
        bill(place, account_id=place.text(10_000_000, str(number)), line_id=f"'L{number}'")
    bill(place, charge_kind=place.text(10_000_000), line_id="'L9'")
    asked = json.dumps(asdict(place.fields))
    done = subprocess.run([sys.executable, "-c", PULLING, asked], capture_output=True, text=True, check=True)
    faulty, megabytes = done.stdout.splitlines()
    assert faulty == "9"
    assert int(megabytes) < 30  # the values have 90

"""Billing data in Parquet and CSV files, and in a DuckDB file, gives what the same lines in a database give."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from partner_program.adapters.billing.duckdb import DuckdbSnapshot, open_duckdb
from partner_program.adapters.billing.pull import faults_in_reading, listed_accounts, pull_month
from partner_program.adapters.billing.snapshot import BillingFault
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.snapshots import load_revenues, save_snapshot
from partner_program.adapters.deadline import Deadline
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.listed_accounts import ListedAccount
from partner_program.domain.program import LargestLine
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import EntityRevenue, MrrGroup, PeriodClose, SourceFile
from tests.adapters.billing.dialects import TABLES, Server, as_text, closes_of, random_lines, sqlite_server
from tests.worlds import World

SQL = Path(__file__).parents[3] / "include" / "sql"
JULY = BillingMonth(2015, 7)
NL = Entity("NL", "Host NL", "NL", "EUR", "Europe/Amsterdam", date(2010, 1, 1))
LARGEST = LargestLine(1_000_000_000)
RELATIONS = ("program_mrr_line", "program_period_close", "program_reseller_account")
COLUMNS = (
    "line_id",
    "account_id",
    "service_id",
    "product",
    "charge_kind",
    "service_start",
    "service_end",
    "term_months",
    "net_amount_minor",
    "currency",
    "document_status",
    "posted_on",
    "discount_bp",
    "ordered_on",
)
LINE = ("L1", "A1", "S", "cdn", "recurring", "2015-07-01", "2015-08-01", 1, 10_000, "EUR", "posted", "2015-07-01")
A_MONTH = MrrGroup("A1", "EUR", "recurring", "posted", 1, None, 1, 10_000, minor_days=10_000 * 31)

pytestmark = pytest.mark.engine
__all__ = ["sqlite_server"]  # a fixture


@dataclass
class Files:
    """A folder of files, written from tables in memory."""

    folder: Path
    kind: str = "parquet"
    extra: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tables = duckdb.connect(":memory:")
        self.tables.execute(TABLES.format(key="", whole="integer", amount="bigint", moment="timestamptz"))

    def fill(self, lines: list[tuple[Any, ...]], closes: list[PeriodClose]) -> None:
        for name in RELATIONS[:2]:
            self.tables.execute(f"DELETE FROM {name}")  # noqa: S608
        for line in lines:
            values = [*line, *[None] * (len(COLUMNS) - len(line))]
            self.tables.execute(f"INSERT INTO program_mrr_line VALUES ({', '.join('?' * len(COLUMNS))})", values)  # noqa: S608
        for close in closes:
            self.tables.execute("INSERT INTO program_period_close VALUES ('2015-07', ?, ?, ?, NULL)", list(close))
        self.write()

    def write(self) -> None:
        for name in RELATIONS:
            self.tables.execute(f"COPY {name} TO '{self.path(name)}'{' (HEADER)' * (self.kind == 'csv')}")

    def change(self, columns: str) -> None:
        """Write the lines again with columns of another name or type."""
        self.tables.execute(f"COPY (SELECT {columns} FROM program_mrr_line) TO '{self.path('program_mrr_line')}'")  # noqa: S608

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.{self.kind}"

    @property
    def fields(self) -> ConnectionFields:
        relations = {"relations": {name: str(self.path(name)) for name in RELATIONS}}
        return ConnectionFields("billing_nl", "duckdb", extra=relations | self.extra)

    def pull(self, entity: Entity = NL, sql_folder: Path = SQL) -> EntityRevenue:
        return pull_month(self.fields, entity, JULY, largest_line=LARGEST, sql_folder=sql_folder)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    made = Files(tmp_path)
    made.fill([LINE], [PeriodClose("EUR", 1, 10_000)])
    return made


@pytest.fixture
def csv_files(tmp_path: Path) -> Files:
    made = Files(tmp_path, "csv")
    made.fill([LINE], [PeriodClose("EUR", 1, 10_000)])
    return made


def duckdb_file(path: Path) -> ConnectionFields:
    return ConnectionFields("billing_nl", "duckdb", host=str(path))


def opened(fields: ConnectionFields) -> AbstractContextManager[DuckdbSnapshot]:
    return open_duckdb(fields, deadline=Deadline(60), sql_folder=SQL, stand_ins={}, any_bytes=False)


def fault(files: Files) -> str:
    found = files.pull().fault
    assert found is not None
    return found


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_random_worlds_are_read_as_from_a_database(kind: str, tmp_path: Path, sqlite_server: Server) -> None:
    files = Files(tmp_path, kind)
    for seed in range(12):
        lines = random_lines(Random(seed))
        if kind == "csv":  # cannot tell an empty text from none
            lines = [tuple(None if value == "" else value for value in line) for line in lines]
        sqlite_server.fill(as_text(lines), closes_of(lines))
        files.fill(lines, closes_of(lines))
        assert files.pull() == sqlite_server.pull(), f"seed {seed}"


def test_a_sound_folder_lacks_nothing(files: Files) -> None:
    assert faults_in_reading(files.fields, NL, JULY, largest_line=LARGEST, sql_folder=SQL) == []
    assert files.pull().groups == (
        MrrGroup("A1", "EUR", "recurring", "posted", 1, None, 1, 10_000, minor_days=310_000),
    )


def test_the_list_of_reseller_accounts_may_be_a_file(csv_files: Files) -> None:
    csv_files.path("program_reseller_account").write_text(
        "account_id,company_name,vat_id,email_domain\n0012,Æther B.V.,,aether.example\n", encoding="utf-8"
    )
    found = listed_accounts(csv_files.fields, NL, sql_folder=SQL)
    assert found == [ListedAccount("0012", "Æther B.V.", "", "aether.example")], "no number, and its zeros are kept"


def test_files_of_a_folder_are_one_relation(files: Files) -> None:
    second = files.folder / "program_mrr_line_2.parquet"
    files.tables.execute(f"COPY (SELECT * REPLACE ('L2' AS line_id) FROM program_mrr_line) TO '{second}'")  # noqa: S608
    files.extra = {"relations": {**_relations(files), "program_mrr_line": f"{files.folder}/program_mrr_line*.parquet"}}
    assert fault(files) == (
        "month 2015-07: EUR: the close says 1 line, 2 were found; its control total is 10000, theirs is 20000"
    )


def _relations(files: Files) -> dict[str, str]:
    return {name: str(files.path(name)) for name in RELATIONS}


def test_files_are_named_with_size_and_time_and_belong_to_no_comparison(files: Files) -> None:
    first = files.pull()
    path = files.path("program_mrr_line")
    os.utime(path, (0, 1_436_000_000))
    again = files.pull()
    assert SourceFile(str(path), path.stat().st_size, "2015-07-04T08:53:20Z") in again.files
    assert [file.path for file in again.files] == sorted(str(files.path(name)) for name in RELATIONS)
    assert again.files != first.files
    assert again == first


def test_a_frozen_month_keeps_the_files_that_it_was_read_from_first(files: Files, world: World) -> None:
    world.installation.database.upgrade()
    first = files.pull()
    with world.installation.database.writing() as connection:
        assert save_snapshot(connection, JULY, first)
    os.utime(files.path("program_mrr_line"), (0, 1_436_000_000))
    with world.installation.database.writing() as connection:
        assert not save_snapshot(connection, JULY, files.pull()), "equal lines are nothing new"
    with world.installation.database.reading() as connection:
        (kept,) = load_revenues(connection, JULY)
    assert (kept, kept.files) == (first, first.files)


def test_one_line_id_in_two_files_is_a_fault_of_both_lines(files: Files) -> None:
    second = files.folder / "again.parquet"
    second.write_bytes(files.path("program_mrr_line").read_bytes())
    both = [str(files.path("program_mrr_line")), str(second)]
    files.extra = {"relations": {**_relations(files), "program_mrr_line": both}}
    assert [(line.line_id, line.column) for line in files.pull().faulty_lines] == [("L1", "line_id")] * 2


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        (
            "* REPLACE (CAST(net_amount_minor AS DECIMAL(18, 2)) AS net_amount_minor)",
            "column net_amount_minor is DECIMAL(18,2), expected a type of whole numbers: minor units",
        ),
        (
            "* REPLACE (CAST(net_amount_minor AS DOUBLE) AS net_amount_minor)",
            "column net_amount_minor is DOUBLE, expected a type of whole numbers: minor units",
        ),
        ("* REPLACE (CAST(term_months AS DOUBLE) AS term_months)", "column term_months is DOUBLE, expected a type of"),
        ("* REPLACE (CAST(service_end AS TIMESTAMP) AS service_end)", "column service_end is TIMESTAMP, expected DATE"),
        ("* REPLACE (CAST(service_end AS VARCHAR) AS service_end)", "column service_end is VARCHAR, expected DATE"),
        ("* REPLACE (CAST(1.0 AS DOUBLE) AS account_id)", "column account_id is DOUBLE, expected VARCHAR"),
        ("* REPLACE (ENCODE(account_id) AS account_id)", "column account_id is BLOB, expected VARCHAR"),
        ("* EXCLUDE (term_months)", "program_mrr_line: expected columns term_months, found line_id, account_id"),
        ("*, 1.5 AS term_amount_minor", "column term_amount_minor is DECIMAL(2,1), expected a type of whole numbers"),
    ],
)
def test_a_column_of_another_type_is_named(files: Files, columns: str, named: str) -> None:
    files.change(columns)
    assert named in fault(files)


@pytest.mark.parametrize("kind", ["DECIMAL(18, 0)", "UINTEGER", "SMALLINT"])
def test_whole_numbers_of_every_type_are_read(files: Files, kind: str) -> None:
    sound = files.pull()
    files.change(f"* REPLACE (CAST(net_amount_minor AS {kind}) AS net_amount_minor)")
    assert files.pull() == sound


def test_numbers_of_128_bits_are_read_and_one_beyond_every_column_is_a_fault_of_its_line(tmp_path: Path) -> None:
    path = tmp_path / "finance.duckdb"
    with closing(duckdb.connect(str(path))) as owner:
        owner.execute(TABLES.format(key="", whole="hugeint", amount="hugeint", moment="timestamptz"))
        for line in (LINE, ("L2", "A2", *LINE[2:8], 2**64, *LINE[9:])):
            owner.execute(f"INSERT INTO program_mrr_line VALUES ({', '.join('?' * 14)})", [*line, None, None])  # noqa: S608
    found = pull_month(duckdb_file(path), NL, JULY, largest_line=LARGEST, sql_folder=SQL)
    assert found.groups == (A_MONTH,)
    assert [(line.column, line.found) for line in found.faulty_lines] == [("net_amount_minor", str(2**64))]


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ("net_amount_minor", "100.00"),
        ("net_amount_minor", "1e4"),
        ("net_amount_minor", "10 000"),
        ("term_months", "monthly"),
        ("service_start", "2015-7-1"),
        ("service_start", "01/07/2015"),
        ("service_end", "2015-02-30"),
        ("service_end", "soon"),
    ],
)
def test_what_a_csv_file_says_is_never_guessed(csv_files: Files, column: str, written: str) -> None:
    values = dict(zip(COLUMNS, [*map(str, LINE), *[""] * 2], strict=True)) | {column: written}
    lines = csv_files.path("program_mrr_line")
    lines.write_text(f"{','.join(values)}\n{','.join(values.values())}\n", encoding="utf-8")
    (faulty,) = csv_files.pull().faulty_lines
    assert (faulty.line_id, faulty.column, faulty.found) == ("L1", column, f"'{written}'")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("line_id;account_id\nL1;A1\n", "expected columns line_id"),
        ("", "expected the names of the columns in the first line"),
        ("line_id,line_id\n", "expected the names of the columns in the first line, each once"),
        (",".join(COLUMNS) + "\nL1,A1,S,cdn\n", "not readable"),
        (",".join(COLUMNS) + "\n" + ",".join(map(str, LINE)) + ",,,too,many\n", "not readable"),
    ],
)
def test_a_csv_file_of_another_form_is_a_fault_of_the_entity(csv_files: Files, text: str, named: str) -> None:
    csv_files.path("program_mrr_line").write_text(text, encoding="utf-8")
    found = fault(csv_files)
    assert named in found
    assert "\n" not in found


def test_text_that_is_not_utf_8_is_a_fault(csv_files: Files) -> None:
    lines = csv_files.path("program_mrr_line")
    lines.write_bytes(lines.read_bytes().replace(b"A1", "Müller".encode("latin-1")))
    assert "not readable" in fault(csv_files)


def test_a_file_that_was_cut_is_a_fault(files: Files) -> None:
    lines = files.path("program_mrr_line")
    lines.write_bytes(lines.read_bytes()[:-20])
    assert "not readable" in fault(files)


def test_files_that_do_not_have_the_same_columns_are_named(files: Files) -> None:
    second = files.folder / "program_mrr_line_2.parquet"
    files.tables.execute(f"COPY (SELECT *, 5::BIGINT AS term_amount_minor FROM program_mrr_line) TO '{second}'")  # noqa: S608
    files.extra = {"relations": {**_relations(files), "program_mrr_line": f"{files.folder}/program_mrr_line*.parquet"}}
    assert fault(files) == (
        "program_mrr_line: program_mrr_line_2.parquet and program_mrr_line.parquet differ in columns: term_amount_minor"
    )


def _touch(files: Files) -> None:
    path = files.path("program_mrr_line")
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))


def _grow(files: Files) -> None:
    files.fill([LINE, ("L2", *LINE[1:])], [PeriodClose("EUR", 2, 20_000)])


def _add(files: Files) -> None:
    (files.folder / "program_mrr_line_2.parquet").write_bytes(files.path("program_mrr_line").read_bytes())


def _remove(files: Files) -> None:
    files.path("program_mrr_line").unlink()


@pytest.mark.parametrize("act", [_touch, _grow, _add, _remove])
def test_a_file_that_changes_while_it_is_read_is_a_fault(files: Files, act: Callable[[Files], None]) -> None:
    files.extra = {"relations": {**_relations(files), "program_mrr_line": f"{files.folder}/program_mrr_line*.parquet"}}
    snapshot = opened(files.fields)
    assert list(snapshot.__enter__().rows("reseller_accounts")) == []
    act(files)
    with pytest.raises(BillingFault, match=r"program_mrr_line.*(changed while it was read|no file is called)"):
        snapshot.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        ({"relations": {}}, "relations in extra: expected paths of files"),
        ({"relations": "/data/*.parquet"}, "relations in extra: expected paths of files"),
        ({"relations": {"Program MRR": "/data/a.parquet"}}, "'Program MRR': expected the name of a relation"),
        ({"relations": {"program_mrr_line": "mrr/*.parquet"}}, "'mrr/*.parquet': expected a path from / on"),
        ({"relations": {"program_mrr_line": []}}, "'program_mrr_line': expected a path"),
        ({"relations": {"program_mrr_line": "/nowhere/*.parquet"}}, "no file is called /nowhere/*.parquet"),
        ({"relations": {"program_mrr_line": "/etc/passwd"}}, "/etc/passwd: expected a file that ends with .parquet or"),
        ({"threads": "many"}, "threads in extra: expected one as 2"),
        ({"memory_limit": "80%"}, "memory_limit in extra: expected one as 1GB"),
    ],
)
def test_a_connection_that_says_something_else_is_refused_by_name(files: Files, extra: Any, named: str) -> None:
    files.extra = extra
    assert named in fault(files)


def test_an_amount_of_memory_that_is_too_small_is_a_fault(files: Files) -> None:
    files.extra = {"memory_limit": "1MB"}
    assert fault(files).startswith("billing files not readable: Out of Memory")


def own_source(folder: Path, query: str) -> Path:
    """The statements, and a source `own` that has a query in place of the lines."""
    source = folder / "sql" / "sources" / "own"
    source.mkdir(parents=True)
    (source / "program_mrr_line.sql").write_text(query, encoding="utf-8")
    (folder / "sql" / "duckdb").symlink_to(SQL / "duckdb")
    return folder / "sql"


OWN = Entity("NL", "Host NL", "NL", "EUR", "Europe/Amsterdam", date(2010, 1, 1), None, "own")


def test_a_query_of_ones_own_stands_in_for_a_relation(files: Files) -> None:
    sound = files.pull()
    invoices = files.folder / "o'brien.parquet"
    files.path("program_mrr_line").rename(invoices)
    files.extra = {"relations": {"invoices": str(invoices)} | {name: str(files.path(name)) for name in RELATIONS[1:]}}
    assert files.pull(OWN, own_source(files.folder, "SELECT * FROM invoices")) == sound


@pytest.mark.parametrize(
    "reads", ["read_csv('/etc/passwd')", "read_text('/etc/passwd')", "read_parquet('{0}/not_listed.parquet')"]
)
def test_no_statement_opens_a_file_that_is_not_listed(files: Files, reads: str) -> None:
    (files.folder / "not_listed.parquet").write_bytes(files.path("program_mrr_line").read_bytes())
    query = f"SELECT * FROM {reads.format(files.folder)}"  # noqa: S608
    found = files.pull(OWN, own_source(files.folder, query)).fault
    assert found is not None
    assert "file system operations are disabled" in found
    assert "root:" not in found


def test_a_query_that_never_ends_is_stopped_at_the_deadline(files: Files) -> None:
    files.extra = {"deadline": 1}
    endless = "SELECT l.* FROM program_line AS l, range(1000000000000) AS n WHERE hash(n.range) = 1"
    files.extra |= {"relations": {**_relations(files), "program_line": str(files.path("program_mrr_line"))}}
    assert files.pull(OWN, own_source(files.folder, endless)).fault == "no answer within 1 second"


def test_a_value_that_breaks_a_query_is_not_shown(files: Files) -> None:
    query = "SELECT * REPLACE (CAST(account_id AS INTEGER) AS account_id) FROM lines"
    files.extra = {"relations": {**_relations(files), "lines": str(files.path("program_mrr_line"))}}
    found = files.pull(OWN, own_source(files.folder, query)).fault
    assert found == "billing files not readable: a value does not fit its column"


def test_a_duckdb_file_is_read_as_files_are(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "finance.duckdb"
    with closing(duckdb.connect(str(path))) as owner:
        for name in RELATIONS:
            owner.execute(f"CREATE TABLE {name} AS FROM '{files.path(name)}'")
        owner.execute("CREATE VIEW spy AS SELECT 1")
    before = path.read_bytes()
    fields = duckdb_file(path)
    assert pull_month(fields, NL, JULY, largest_line=LARGEST, sql_folder=SQL) == files.pull()
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("finance")] == ["finance.duckdb"]


def test_ids_that_a_duckdb_file_keeps_unique_are_not_looked_through(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "finance.duckdb"
    with closing(duckdb.connect(str(path))) as owner:
        owner.execute(TABLES.format(key="UNIQUE", whole="integer", amount="bigint", moment="timestamptz"))
    with opened(duckdb_file(path)) as snapshot:
        assert snapshot.keeps_line_ids_unique()
    with opened(files.fields) as snapshot:
        assert not snapshot.keeps_line_ids_unique()


def test_a_connection_names_a_duckdb_file_or_files_and_not_both(files: Files, tmp_path: Path) -> None:
    both = ConnectionFields("billing_nl", "duckdb", host=str(tmp_path / "a.duckdb"), extra=files.fields.extra)
    neither = ConnectionFields("billing_nl", "duckdb")
    for fields in (both, neither):
        found = pull_month(fields, NL, JULY, largest_line=LARGEST, sql_folder=SQL).fault
        assert found == "connection billing_nl: expected a DuckDB file as host, or relations in extra"
    absent = pull_month(duckdb_file(tmp_path / "a.duckdb"), NL, JULY, largest_line=LARGEST, sql_folder=SQL).fault
    assert absent == f"database: no file is called {tmp_path}/a.duckdb"

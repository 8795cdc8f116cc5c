"""docs/contract.md says what the code does: its tables are read, its example world is run, its answers are compared."""

import csv
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import pytest

from partner_program.adapters import webhook_settings
from partner_program.adapters.billing.pull import faults_in_reading, pull_month
from partner_program.adapters.connections import ConnectionFields, sqlalchemy_url
from partner_program.adapters.database.database import CONN_ID, CONN_TYPES
from partner_program.adapters.files import registry_forms
from partner_program.adapters.files.csv_sheet import REQUIRED, Form
from partner_program.adapters.files.program import load_programs
from partner_program.adapters.mail import sending_settings
from partner_program.adapters.proofs import keys
from partner_program.cli.commands import program
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.events import EVENT_STATES, KINDS
from partner_program.domain.program import LargestLine
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import CHARGE_KINDS, COUNTED_KINDS, DOCUMENT_STATUSES, EntityRevenue
from partner_program.domain.totals import BUCKETS
from partner_program.usecases.installation import PROJECT, billing_connection_id, orders_connection_id
from partner_program.usecases.month.first_month import migration_month
from tests.cli.command_line import CommandLine
from tests.contract_page import Row, codes, example, headings, part, plain, section, table

JUNE = BillingMonth(2015, 6)
NL = Entity("NL", "Host B.V.", "NL", "EUR", "Europe/Amsterdam", JUNE.first_day)
SQLITE_TYPES = {"text": "TEXT", "day": "TEXT", "whole number": "INTEGER"}
RELATIONS = headings(section(1))
RATE = "program_discount_rate"
FILES = headings(section(3))


def columns(number: int, heading: str) -> list[Row]:
    return table(part(section(number), f"`{heading}`"), "column")


def make_relations(path: Path, number: int, relations: list[str], *, rows: bool = True) -> None:
    """Make tables of the page's columns, with the page's example row in each."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for relation in relations:
            asked = columns(number, relation)
            typed = ", ".join(f"{plain(each['column'])} {SQLITE_TYPES[each['type']]}" for each in asked)
            connection.execute(f"CREATE TABLE {relation} ({typed})")
            if rows:
                values = [plain(each["example"]) or None for each in asked]
                connection.execute(f"INSERT INTO {relation} VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608


def pull(path: Path) -> EntityRevenue:
    fields = ConnectionFields("billing_nl", "sqlite", host=str(path))
    return pull_month(fields, NL, JUNE, largest_line=LargestLine(10**9), sql_folder=PROJECT / "include/sql")


@pytest.fixture
def billing(tmp_path: Path) -> Path:
    """A billing database with the page's columns and example rows, and nothing else."""
    make_relations(tmp_path / "billing.db", 1, RELATIONS)
    return tmp_path / "billing.db"


def test_the_example_rows_of_a_billing_database_are_a_closed_month(billing: Path) -> None:
    found = pull(billing)

    assert found.fault is None
    assert found.faulty_lines == ()
    assert [(group.lines, group.term_months, group.minor_days) for group in found.groups] == [(1, 12, 36_000_00 * 30)]
    assert found.reseller_accounts == ("A1",)


def named_columns() -> list[tuple[str, str]]:
    return [(relation, plain(each["column"])) for relation in RELATIONS for each in columns(1, relation)]


@pytest.mark.parametrize(("relation", "column"), named_columns())
def test_each_column_of_a_billing_database_has_to_be_there(billing: Path, relation: str, column: str) -> None:
    with closing(sqlite3.connect(billing)) as connection:
        connection.execute(f"ALTER TABLE {relation} DROP COLUMN {column}")
    fields = ConnectionFields("billing_nl", "sqlite", host=str(billing))

    (missing,) = faults_in_reading(
        fields, NL, JUNE, largest_line=LargestLine(10**9), sql_folder=PROJECT / "include/sql"
    )

    assert missing.startswith(f"{relation}: expected columns {column}, found ")


def line_columns_that_may_be_null() -> list[tuple[str, bool]]:
    return [(plain(each["column"]), each["may be null"] == "yes") for each in columns(1, "program_mrr_line")]


@pytest.mark.parametrize(("column", "may_be"), line_columns_that_may_be_null())
def test_a_line_may_have_null_where_the_page_says_so_and_nowhere_else(billing: Path, column: str, may_be: bool) -> None:
    with closing(sqlite3.connect(billing)) as connection, connection:
        connection.execute(f"UPDATE program_mrr_line SET {column} = NULL")  # noqa: S608

    found = pull(billing)

    assert (found.faulty_lines == () and found.fault is None) == may_be


def test_each_charge_kind_is_on_the_page_and_counts_as_it_says() -> None:
    kinds = {plain(row["charge_kind"]): row["counts"] for row in table(section(1), "charge_kind")}

    assert list(kinds) == list(CHARGE_KINDS)
    assert [kind for kind, counts in kinds.items() if counts == "yes"] == list(COUNTED_KINDS)


@pytest.mark.parametrize("row", table(section(1), "charge_kind"), ids=lambda row: plain(row["charge_kind"]))
def test_a_charge_kind_may_be_negative_where_the_page_says_so(billing: Path, row: Row) -> None:
    with closing(sqlite3.connect(billing)) as connection, connection:
        connection.execute(
            "UPDATE program_mrr_line SET charge_kind = ?, term_months = 1, net_amount_minor = -1,"
            " service_start = '2015-06-01', service_end = '2015-07-01'",
            (plain(row["charge_kind"]),),
        )

    assert (pull(billing).faulty_lines == ()) == (row["may be negative"] == "yes")


def test_the_states_of_a_document_are_those_of_the_page() -> None:
    (row,) = [each for each in columns(1, "program_mrr_line") if plain(each["column"]) == "document_status"]

    assert codes(row["meaning"]) == list(DOCUMENT_STATUSES)


def test_the_buckets_are_those_of_the_page_in_its_order() -> None:
    listed = re.findall(r"(?m)^\d+\. `(\w+)`:", part(section(6), "The register"))

    assert listed == list(BUCKETS)


def registry_form(file_name: str) -> Form[Any]:
    forms = [form for form in vars(registry_forms).values() if isinstance(form, Form)]
    forms += [registry_forms.benefit_requests(None), registry_forms.legacy_agreements(None)]
    (found,) = [form for form in forms if form.file_name == file_name]
    return found


def test_the_registry_has_nine_files_and_one_that_may_be_absent() -> None:
    assert len(set(FILES)) == len(FILES) == 10
    assert [each for each in FILES if registry_form(each).may_be_absent] == ["qualifications.csv"]


@pytest.mark.parametrize("file_name", FILES)
def test_each_file_of_the_registry_has_the_columns_of_the_page(file_name: str) -> None:
    listed = [(plain(row["column"]), row["may be empty"]) for row in columns(3, file_name)]

    assert listed == [
        (each.name, "absent" if each.may_be_absent else "no" if each.if_blank is REQUIRED else "yes")
        for each in registry_form(file_name).columns
    ]


def test_connections_have_the_names_and_types_of_the_page() -> None:
    types = {plain(row["connection"]): set(codes(row["types"])) for row in table(section(4), "connection")}

    assert types[CONN_ID] == set(CONN_TYPES)
    assert billing_connection_id(NL) == "billing_nl"
    assert orders_connection_id(NL) == "orders_nl"
    assert types["billing_<entity>"] == expected_types(str(pull_of_type("oracle").fault))
    with pytest.raises(Refusal) as refused:
        sqlalchemy_url(ConnectionFields("orders_nl", "oracle"))
    assert types["orders_<entity>"] == expected_types(str(refused.value))
    assert {sending_settings.CONN_ID, keys.CONN_ID, webhook_settings.CONN_ID} < types.keys()
    assert len(types) == 7


def pull_of_type(conn_type: str) -> EntityRevenue:
    fields = ConnectionFields("billing_nl", conn_type, host="nowhere")
    return pull_month(fields, NL, JUNE, largest_line=LargestLine(1), sql_folder=PROJECT / "include/sql")


def expected_types(message: str) -> set[str]:
    return set(message.rpartition("expected one of ")[2].split(", "))


def test_the_dags_their_params_and_their_tasks_are_those_of_the_page() -> None:
    files = [path.read_text(encoding="utf-8") for path in (PROJECT / "dags").glob("*.py")]
    steps = "\n".join(
        path.read_text("utf-8") for path in (PROJECT / "plugins/partner_program/airflow_steps").glob("*.py")
    )
    rows = table(section(5), "dag_id")
    params = {name for row in rows for name in codes(row["params"])}
    tasks = {name for row in rows for name in codes(row["tasks, in order"])}

    named = {name for text in files for name in re.findall(r'dag_id="(\w+)"', text)}
    named |= {migration_month(load_programs(PROJECT / "include" / "program")).dag_id}
    assert {plain(row["dag_id"]) for row in rows} == named
    assert params == set(re.findall(r'"(\w+)": Param\(', steps))
    made = re.findall(r"(?m)^@step\ndef (\w+)", steps) + re.findall(r'(?<!trigger_)task_id="(\w+)"', steps)
    not_on_the_page = {"list_order_databases", "list_letter_batches", "list_send_batches"}
    not_on_the_page |= {"_approve", "_reject", "_book", "_answer"}  # parts of tasks that wait for a person
    assert tasks == set(made) - not_on_the_page


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


COMMANDS = dict(commands(program))


def commands_of_the_page() -> dict[str, str]:
    """The options and arguments of each command on the page, by the command's name."""
    typed = [plain(row["command"]) for row in table(section(6), "command")]
    return {re.split(r" (?=[^a-z])", each)[0]: each for each in typed}


def test_every_command_is_on_the_page_and_no_other() -> None:
    assert set(commands_of_the_page()) == set(COMMANDS)


@pytest.mark.parametrize(("name", "typed"), commands_of_the_page().items())
def test_a_command_takes_what_the_page_says(name: str, typed: str) -> None:
    params = COMMANDS[name].params
    options = {each.opts[0]: each for each in params if isinstance(each, click.Option)}
    must = re.sub(r"\[[^]]*\]", "", typed)
    choices = {option: words.split("|") for option, words in re.findall(r"(--[a-z-]+) ([a-z]+(?:\|[a-z]+)+)", typed)}
    arguments = re.findall(r"(?<![-\w])[A-Z]+", re.sub(r"\[?--[a-z-]+(?: [\w|]+)?\]?", "", typed))

    assert set(re.findall(r"--[a-z-]+", typed)) == set(options)
    assert set(re.findall(r"--[a-z-]+", must)) == {option for option, each in options.items() if each.required}
    assert choices == {
        option: list(each.type.choices)
        for option, each in options.items()
        if isinstance(each.type, click.Choice) and option != "--state"
    }
    taken = [each for each in params if isinstance(each, click.Argument)]
    assert len(arguments) == len(taken)
    assert [word in re.findall(r"[A-Z]+", must) for word in arguments] == [each.required for each in taken]


def test_every_variable_of_the_page_is_the_products() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (PROJECT / "plugins").rglob("*.py"))
    listed = {plain(row["environment variable"]) for row in table(section(7), "environment variable")}

    assert listed == set(re.findall(r'"(PARTNER_PROGRAM_[A-Z_]+)"', code))


def installed(folder: Path) -> CommandLine:
    """The command line over the databases of a folder."""
    databases = {"partner_program": "program.db", "billing_nl": "nl.db", "orders_nl": "orders.db"}
    return CommandLine.of_sqlite({name: folder / path for name, path in databases.items()}, folder / "out")


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The page's example rows as an installation: June is settled and published, July is held by a faulty line."""
    folder = tmp_path_factory.mktemp("contract")
    make_relations(folder / "nl.db", 1, RELATIONS)
    make_relations(folder / "orders.db", 2, [RATE], rows=False)
    (folder / "registry").mkdir()
    for file_name in FILES:
        rows = columns(3, file_name)
        with (folder / "registry" / file_name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([[plain(row[name]) for row in rows] for name in ("column", "example")])
    here = installed(folder)
    here.must("init")
    here.must("load", folder / "registry")
    here.must("run", "2015-06", "--effective-on", "2015-07-27", "--migration")
    with closing(sqlite3.connect(folder / "nl.db")) as connection, connection:
        connection.execute(
            "INSERT INTO program_mrr_line (line_id, account_id, charge_kind, service_start, service_end, term_months,"
            " net_amount_minor, currency, document_status) SELECT 'L2', account_id, 'subscription', '2015-07-01',"
            " '2015-08-01', 1, 5000, currency, document_status FROM program_mrr_line"
        )
        connection.execute("INSERT INTO program_period_close VALUES ('2015-07', 'EUR', 2, 3605000, NULL)")
    here.must("run", "2015-07", "--effective-on", "2015-08-03")
    return here


def test_the_example_row_of_an_order_database_is_what_is_written_there(settled: CommandLine) -> None:
    path = Path(settled.environment["PARTNER_PROGRAM_OUT"]).parent / "orders.db"
    asked = columns(2, RATE)
    names = [plain(each["column"]) for each in asked if plain(each["column"]) != "published_at"]
    query = re.findall(r"(?ms)^```sql\n(.*?)^```$", section(2))[0]
    with closing(sqlite3.connect(path)) as connection:
        (found,) = connection.execute(f"SELECT {', '.join(names)} FROM {RATE}").fetchall()  # noqa: S608
        order = {"account_id": "A1", "ordered_on": "2015-08-01"}
        priced = connection.execute(query, order).fetchall()
        before = connection.execute(query, {**order, "ordered_on": "2015-07-26"}).fetchall()

    assert [str(value) for value in found] == [plain(each["example"]) for each in asked][:-1]
    assert priced == [(3, 1200, 3500, "Gold")]
    assert before == []


def test_the_register_of_the_page_is_the_one_of_its_example_world(settled: CommandLine) -> None:
    page = example(part(section(6), "The register"))
    june = settled("register", "2015-06", "--format", "json").json

    assert june == {**page, "partners": page["partners"][:1], "held": []}


def test_a_held_partner_is_shown_as_on_the_page(settled: CommandLine) -> None:
    page = example(part(section(6), "The register"))
    july = settled("register", "2015-07", "--format", "json").json
    (partner,) = july["partners"]
    kept = {"partner_id", "monthly_fee_discount_bp", "setup_fee_discount_bp", "sla"}

    assert list(partner) == list(page["partners"][1])
    assert {name: value for name, value in partner.items() if name not in kept} == {
        name: value for name, value in page["partners"][1].items() if name not in kept
    }
    assert [list(each) for each in july["held"]] == [list(each) for each in page["held"]]
    assert july["buckets"][0] == {**page["buckets"][0], "bucket": "faulty", "net_amount_minor": 5000}


def test_the_columns_of_the_registers_csv_are_those_of_the_page(settled: CommandLine) -> None:
    columns_line = re.findall(r"(?ms)^```text\n(.*?)^```$", part(section(6), "The register"))[0].strip()

    assert settled("register", "2015-06", "--format", "csv").stdout.splitlines()[0] == columns_line


def test_the_quote_of_the_page_is_what_the_example_partner_pays(settled: CommandLine) -> None:
    text = part(section(6), "A quote")

    assert settled(*codes(text)[0].split()).json == example(text)


def test_the_grants_of_the_page_are_those_of_its_example_world(settled: CommandLine) -> None:
    asked = ("grants", "list", "--on", "2015-08-03", "--format")
    shown = example(part(section(6), "Grants"))
    assert settled.must(*asked, "json").json == shown
    assert settled.must(*asked, "csv").stdout.splitlines()[0].split(",") == list(shown[0])


def test_a_dispute_has_the_keys_of_the_page(settled: CommandLine) -> None:
    (shown,) = example(part(section(6), "Disputes"))
    assert settled.must("dispute", "list", "--format", "csv").stdout.rstrip().split(",") == list(shown)


def test_the_contracts_of_the_page_are_those_of_its_example_world(settled: CommandLine) -> None:
    text = part(section(6), "Contracts that end")
    assert settled.must(*codes(text)[0].split()).json == example(text)


def test_the_reminders_of_the_page_are_those_of_its_example_world(settled: CommandLine) -> None:
    text = part(section(6), "Reminders")
    assert settled.must(*codes(text)[0].split()).json == example(text)


def test_the_receipt_of_the_page_is_that_of_its_example_world(settled: CommandLine) -> None:
    text = part(section(6), "A receipt")
    page, found = example(text), settled(*codes(text)[0].split()).json

    for act in (*found["acts"], *page["acts"]):  # when and by whom is another in each installation
        assert datetime.fromisoformat(act.pop("done_at")).tzinfo is not None
        assert act.pop("done_by")
        assert re.fullmatch("[0-9a-f]{6,64}", act.pop("decided_hash"))
        assert re.fullmatch("[0-9a-f]{6,64}", act["detail"].pop("decision_hash"))
    assert found.pop("result") == settled("register", "2015-06", "--format", "json").json["partners"][0]
    for hashed in (found["program"], *found["snapshots"], page["program"], *page["snapshots"]):
        assert re.fullmatch("[0-9a-f]{6,64}", hashed.pop("sha256"))
    assert found == {name: value for name, value in page.items() if name != "result"}


def test_a_faulty_line_in_a_receipt_has_the_keys_that_the_page_names(settled: CommandLine) -> None:
    (whole,) = example(part(section(6), "A receipt"))["lines"]
    found = settled("explain", "P1", "2015-07", "--format", "json").json["lines"]
    (faulty,) = [line for line in found if line["bucket"] == "faulty"]

    assert faulty.keys() - whole.keys() == {"line_id", "column", "found", "expected"}
    assert whole.keys() - faulty.keys() == {
        "term_months",
        "covered_days",
        "lines",
        "minor_days",
        "share_minor",
        "share",
    }


def test_the_simulation_of_the_page_is_that_of_its_example_world(
    settled: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = part(section(6), "A simulation")
    used = (PROJECT / "include/program/2015-07-27.yaml").read_text(encoding="utf-8")
    (tmp_path / "draft.yaml").write_text(used.replace("setup_fee_discount_bp: 3500", "setup_fee_discount_bp: 3000"))
    monkeypatch.chdir(tmp_path)
    page, found = example(text), settled(*codes(text)[0].split()).json

    assert len(found["program"].pop("sha256")) == 64
    del page["program"]["sha256"]
    assert found == page
    csv_header = settled(*codes(text)[0].replace("json", "csv").split()).stdout.splitlines()[0]
    assert csv_header.split(",") == list(page["months"][0]["differing"][0])


def test_letters_are_listed_and_reconciled_with_the_keys_of_the_page(settled: CommandLine) -> None:
    rows, sums = re.findall(r"(?ms)^```json\n.*?^```$", part(section(6), "Letters"))
    (page,) = example(rows)
    (found,) = settled("letters", "list", "2015-06", "--format", "json").json
    added = settled("letters", "reconcile", "2015-06", "--format", "json").json

    assert list(found) == list(page)
    named = ("billing_month", "revision", "partner_id", "recipient", "recipient_name", "status", "kind")
    assert [found[name] for name in named] == [page[name] for name in named]
    assert list(added) == list(example(sums))
    assert list(added["states"]) == list(example(sums)["states"])


@pytest.fixture
def approved(settled: CommandLine, tmp_path: Path) -> CommandLine:
    """A copy of the example's installation in which June's letters are approved."""
    shutil.copytree(Path(settled.environment["PARTNER_PROGRAM_OUT"]).parent, tmp_path, dirs_exist_ok=True)
    here = installed(tmp_path)
    here.must("letters", "approve", "2015-06", "--by", "robin", "--reason", "looked at the book")
    return here


def test_a_decision_about_letters_has_the_keys_of_the_page(approved: CommandLine) -> None:
    (page,) = example(re.findall(r"(?ms)^```json\n.*?^```$", part(section(6), "Letters"))[1])["actions"]

    (found,) = approved("letters", "reconcile", "2015-06", "--format", "json").json["actions"]

    assert list(found) == list(page)
    assert (found["action"], found["done_by"], found["reason"]) == (page["action"], page["done_by"], page["reason"])


def places(text: str) -> list[str]:
    """The files that the page names, for the example's month, partner and entity."""
    return [
        name.replace("MONTH", "2015-06").replace("PARTNER", "P1").replace("ENTITY", "NL")
        for row in table(text, "in the folder for letters and reports")
        for name in codes(row["in the folder for letters and reports"])
    ]


def test_files_are_where_the_page_says(approved: CommandLine) -> None:
    out = Path(approved.environment["PARTNER_PROGRAM_OUT"])
    approved.must("letters", "pdf", "P1", "2015-06")
    approved.must("letters", "book", "2015-06")
    approved.must("letters", "send", "2015-06")
    approved.must("certificate", "P1", "--on", "2015-08-01")
    approved.must("badge", "P1", "--on", "2015-08-01")

    assert [name for name in places(section(7)) if not (out / name).exists()] == []
    assert (out / "letters/2015-06/P1.pdf").is_file()


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        (("register", "2015-06"), 0),
        (("register", "2015-09"), 1),
        (("close", "check", "NL", "2015-09"), 1),
        (("register", "June"), 2),
        (("quote", "P1"), 2),
        (("nonsense",), 2),
    ],
)
def test_exit_statuses_are_those_of_the_page(settled: CommandLine, typed: tuple[str, ...], status: int) -> None:
    answer = settled(*typed)

    assert answer.status == status
    assert str(status) in {row["exit status"] for row in table(section(6), "exit status")}
    assert bool(answer.stdout) == (status == 0)
    assert answer.stderr.startswith("refused: ") == (status == 1)


def test_the_kinds_and_states_of_events_are_those_of_the_page() -> None:
    assert {plain(row["kind"]) for row in table(section(10), "kind")} == set(KINDS)
    assert [plain(row["state"]) for row in table(section(10), "state")] == list(EVENT_STATES)
    assert [plain(row["key"]) for row in table(part(section(10), "Delivery"), "key")][1:] == list(webhook_settings.KEYS)

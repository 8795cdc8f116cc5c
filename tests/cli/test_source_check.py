"""`source check`: what a data engineer sees of a source before anything else is set up."""

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.command_line import Answer, CommandLine
from tests.worlds import BILLING_TABLES, World

WRONG = """
INSERT INTO program_reseller_account VALUES ('A1', 'x', '', ''), ('A9', 'y', '', '');
DROP TABLE program_period_close;
ALTER TABLE program_mrr_line RENAME TO invoice_lines;
CREATE VIEW program_mrr_line AS SELECT * FROM invoice_lines UNION ALL
  SELECT 'JAN', 'A1', NULL, NULL, 'recurring', '2015-01-01', '2015-02-01', 1, 1, 'EUR', 'posted', NULL, NULL, NULL
  UNION ALL
  SELECT 'JAN', 'A1', NULL, NULL, 'recurring', '2015-03-01', '2015-04-01', 1, 1, 'EUR', 'posted', NULL, NULL, NULL;
"""


@pytest.fixture(scope="module")
def billing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A billing database with views of its own: most of it sound, one line faulty, some that look wrong."""
    world = World(tmp_path_factory.mktemp("source"), entities=("NL",))
    world.bill("A1", "2015-06", 1_000_00, line_id="INV-1")
    world.bill("A1", "2015-06", 50_00, line_id="SETUP", charge_kind="setup")
    world.bill("A1", "2015-06", 120_00, line_id="YEAR", service_end="2015-06-16", term_months=12)
    world.bill("A2", "2015-06", 30_00, line_id="USD", currency="USD")
    world.bill("A2", "2015-06", 10_00, line_id="BAD", term_months=0)
    for number in range(60):
        world.bill("A3", "2015-06", 1_00, line_id=f"ZERO{number:02}", term_months=0)
    with closing(sqlite3.connect(world.billing_db("NL"))) as owner:
        owner.executescript(WRONG)
    return world.billing_db("NL")


def check(billing: Path, *words: object) -> Answer:
    """Run it with the connection alone: there is no programme database anywhere."""
    fields = json.dumps({"conn_type": "sqlite", "host": str(billing)})
    commands = CommandLine({"AIRFLOW_CONN_BILLING_NL": fields})
    return commands("source", "check", *words, "--connection", "billing_nl", "--month", "2015-06")


def test_everything_that_a_source_gives_and_lacks_is_told(billing: Path) -> None:
    before = hashlib.sha256(billing.read_bytes()).hexdigest()

    answer = check(billing)

    assert answer.status == 1
    assert "refused: something is faulty" in answer.stderr
    for said in (
        "program_mrr_line │ without term_amount_minor, which is optional │",
        "BAD │ A2 │ term_months │ 0 │ a whole number of months, 1 or more │",
        "and 11 more",
        "│ JAN │ 2 │",
        "│ EUR │ setup │ setup │ 1 │ 50.00 │",
        "│ EUR │ a │ a term of 12 months │ 1 │ 120.00 │",
        "│ A1 │ 3 lines │ │ │ 1,005.00 EUR │",
        "│ INV-1 │ recurring │ 2015-06-01 to 2015-07-01 │ 1,000.00 EUR │ a: 100000 / 1 month * 30 / 30 days │",
        "│ SETUP │ setup │ 2015-06-01 to 2015-07-01 │ 50.00 EUR │ not counted: setup │",
        "shorter than its term of 12 months: 5.00 as said,",
        "look: 1 reseller account without any line in the month: A9",
        "look: 2 accounts not in program_reseller_account, with lines (how many): A2 (2), A3 (60)",
        "partner-program close record NL 2015-06 --currency EUR --lines 64 --total 124000 --by NAME",
        "partner-program close record NL 2015-06 --currency USD --lines 1 --total 3000 --by NAME",
    ):
        assert said in answer.said
    assert hashlib.sha256(billing.read_bytes()).hexdigest() == before


def test_programs_get_the_same_with_exact_shares(billing: Path) -> None:
    answer = check(billing, "none", "--format", "json").json

    assert (answer["source"], answer["sound"]) == (None, False)
    assert answer["month"]["faulty"]["count"] == 61
    assert len(answer["month"]["faulty"]["first"]) == 50
    assert answer["month"]["repeated_ids"] == {"count": 1, "first": [{"line_id": "JAN", "lines": 2}]}
    largest = answer["month"]["largest"][0]
    assert (largest["account_id"], largest["share_minor"]) == ("A1", "100500")
    assert [(line["line_id"], line["way"], line["share_minor"]) for line in largest["lines"]] == [
        ("INV-1", "term", "100000"),
        ("SETUP", "term", "0"),
        ("YEAR", "term", "500"),
    ]
    assert [line["line_id"] for line in answer["month"]["other_currencies"]["first"]] == ["USD"]
    assert answer["close_commands"][1].endswith("--currency USD --lines 1 --total 3000 --by NAME")


def test_a_sound_source_with_closes_of_its_own_says_that_they_agree(fresh_world: World) -> None:
    answer = check(fresh_world.billing_db("NL"))

    assert answer.status == 0
    assert "close: EUR 1 line; what was read agrees with it" in answer.said
    assert "FAIL" not in answer.said


def test_ids_of_36_characters_are_printed_whole_so_that_they_can_be_copied(world: World) -> None:
    account_id, line_id = "6f1c2f0e-1111-4c5e-9d7a-0a1b2c3d4e5f", "a1b2c3d4-2222-4c5e-9d7a-0a1b2c3d4e5f"
    world.bill(account_id, "2015-06", 1_000_000_00, line_id=line_id, service_end="2018-06-01", term_months=36)

    largest = check(world.billing_db("NL")).said.partition("The largest accounts")[2]

    assert f"│ {account_id} │ 1 line │" in largest
    assert f"│ {line_id} │ recurring │" in largest


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("", "close: no account is marked as a reseller's"),
        ("INSERT INTO program_reseller_account VALUES ('A1', 'x', '', '')", "close: no posted line of a reseller"),
    ],
)
def test_a_month_of_nothing_says_whether_anybody_is_marked(tmp_path: Path, rows: str, said: str) -> None:
    quiet = tmp_path / "quiet.db"
    with closing(sqlite3.connect(quiet)) as owner:
        owner.executescript(f"{BILLING_TABLES}; DROP TABLE program_period_close; {rows}")

    answer = check(quiet)

    assert answer.status == 0
    assert said in answer.said


def test_closes_that_do_not_agree_are_a_fault_and_a_month_not_closed_yet_is_none(world: World) -> None:
    billing = world.billing_db("NL")
    world.execute("NL", "UPDATE program_period_close SET line_count = 2")
    disagrees = check(billing)
    world.execute("NL", "DELETE FROM program_period_close")
    not_closed = check(billing)

    assert disagrees.status == 1
    assert "FAIL month 2015-06: EUR: the close says 2 lines, 1 was found" in disagrees.said
    assert not_closed.status == 0
    assert "close: its own program_period_close does not have the month yet" in not_closed.said


def test_each_relation_that_cannot_be_read_is_named_with_why(tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    with closing(sqlite3.connect(empty)) as owner:
        owner.execute("CREATE TABLE program_reseller_account (account_id, company_name, vat)")

    answer = check(empty, "--format", "json")

    assert answer.status == 1
    faults = {each["relation"]: each["fault"] for each in answer.json["relations"]}
    assert "program_mrr_line is missing" in faults["program_mrr_line"]
    assert "expected columns vat_id, email_domain, found" in faults["program_reseller_account"]
    assert faults["program_period_close"] is None
    assert answer.json["month"] is None


def test_a_database_that_cannot_be_opened_is_a_fault_and_no_question_asked_wrongly(tmp_path: Path) -> None:
    answer = check(tmp_path / "nowhere.db")

    assert answer.status == 1
    assert "billing database not readable" in answer.said


def test_a_company_keeps_its_own_sources_beside_those_of_the_project(billing: Path, tmp_path: Path) -> None:
    """Of SQL its folder has the one source and nothing else: statements and other sources stay the project's."""
    shutil.copytree(Path(__file__).parents[2] / "include" / "program", tmp_path / "program")
    own = tmp_path / "sql" / "sources" / "credits_apart"
    own.mkdir(parents=True)
    (own / "program_reseller_account.sql").write_text(
        "SELECT 'A7' AS account_id, '' AS company_name, '' AS vat_id, '' AS email_domain"
    )
    fields = json.dumps({"conn_type": "sqlite", "host": str(billing)})
    commands = CommandLine({"AIRFLOW_CONN_BILLING_NL": fields, "PARTNER_PROGRAM_INCLUDE": str(tmp_path)})

    def looked(source: str) -> Answer:
        return commands("source", "check", source, "--connection", "billing_nl", "--month", "2015-06")

    answer = looked("credits_apart")
    assert "program_mrr_line │ without term_amount_minor, which is optional │" in answer.said
    assert "BAD │ A2 │ term_months │ 0 │ a whole number of months, 1 or more │" in answer.said
    assert "source 'killbill' is for" in looked("killbill").said
    known = "one of credits_apart, erpnext, fossbilling, killbill, lago, odoo, skeleton, stripe, whmcs, or none"
    assert known in looked("nosuch").said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nosuch", "--connection", "billing_nl"], "source 'nosuch': expected a folder of"),
        (["../sources", "--connection", "billing_nl"], "expected a folder of"),
        (["killbill", "--connection", "billing_us"], "set AIRFLOW_CONN_BILLING_US"),
        (["killbill", "--connection", "billing_no"], "expected a connection in Airflow's JSON or URI form"),
        (["killbill"], "Missing option '--connection'"),
    ],
)
def test_a_question_asked_wrongly_is_wrong_usage(billing: Path, words: list[str], said: str) -> None:
    fields = json.dumps({"conn_type": "sqlite", "host": str(billing)})
    commands = CommandLine({"AIRFLOW_CONN_BILLING_NL": fields, "AIRFLOW_CONN_BILLING_NO": "{secret"})

    answer = commands("source", "check", *words, "--month", "2015-06")

    assert answer.status == 2
    assert said in answer.said
    assert "{secret" not in answer.said


def test_what_a_billing_system_calls_its_things_moves_nothing_in_a_terminal(world: World) -> None:
    world.bill("A\x1b[2J", "2015-06", 1_00, line_id="\x1b[31mred\nL", currency="U\x1bD")
    world.bill("[bold]A", "2015-06", 1_00, line_id="\x1b[5m", service_end="2015-06-02")

    answer = check(world.billing_db("NL"))

    assert "\x1b" not in answer.stdout
    assert "│ [bold]A │" in answer.said


def test_a_query_that_never_ends_is_told_at_the_deadline(tmp_path: Path) -> None:
    endless = tmp_path / "endless.db"
    with closing(sqlite3.connect(endless)) as owner:
        owner.executescript(f"""
            {BILLING_TABLES}
            ALTER TABLE program_mrr_line RENAME TO kept;
            CREATE VIEW program_mrr_line AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
              SELECT kept.* FROM n CROSS JOIN kept;
            INSERT INTO kept (line_id, service_start, service_end) VALUES ('L', '2014-01-01', '2014-02-01');
        """)  # noqa: S608 - tables of our own
    fields = {"conn_type": "sqlite", "host": str(endless), "extra": {"deadline": 1}}
    commands = CommandLine({"AIRFLOW_CONN_BILLING_NL": json.dumps(fields)})

    answer = commands("source", "check", "--connection", "billing_nl", "--month", "2015-06")

    assert answer.status == 1
    assert "FAIL the month cannot be read: no answer within 1 second" in answer.said

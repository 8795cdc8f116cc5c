"""The worked example, run month by month through the command line, gives the expected registers to the cent.

The expected registers were computed without this project's code. They leave out `buckets`, `held`, `revision`, the
register's status, the accounts' `units_per_eur` and the letters' status; everything else has to be equal.
"""

import hashlib
import json
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from partner_program.usecases.installation import PROJECT
from tests.cli.command_line import Answer, CommandLine

EXAMPLE = Path(__file__).parent / "data" / "worked_example"
MONTHS = ("2015-06", "2015-07", "2015-08", "2015-09")
FIRST_DAY_AFTER = dict(zip(MONTHS, ("2015-07-01", "2015-08-01", "2015-09-01", "2015-10-01"), strict=True))
FIRST_DAY = {month: f"{month}-01" for month in MONTHS}
OVERLAPPING = """
    SELECT currency, count(*), sum(net_amount_minor) FROM program_mrr_line
    WHERE service_start < :after AND service_end > :first GROUP BY currency
"""


def given_register(month: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EXAMPLE / f"register_{month}.json").read_text("utf-8"))
    return found


def as_given(register: dict[str, Any]) -> dict[str, Any]:
    """Our register without the fields that the expected ones leave out."""
    return {
        "billing_month": register["billing_month"],
        "effective_on": register["effective_on"],
        "partners": [_partner_as_given(row) for row in register["partners"]],
    }


def _partner_as_given(row: dict[str, Any]) -> dict[str, Any]:
    accounts = [{name: each[name] for name in each if name != "units_per_eur"} for each in row["accounts"]]
    letter = {"kind": row["letter"]["kind"]} if row["letter"] else None
    return {**row, "accounts": accounts, "letter": letter}


def run_month(partner_program: CommandLine, month: str) -> Answer:
    """Run a month from the day that its register names; if the brake stops it, release the brake and run again."""
    words = ("run", month, "--effective-on", given_register(month)["effective_on"])
    first = partner_program(*words)
    if first.status == 1 and "brake" in first.stderr:
        partner_program.must("brake", "release", month, "--reason", "the example is made this way")
        return partner_program.must(*words)
    assert first.status == 0, first.stderr
    return first


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("worked_example")
    for entity in ("nl", "us", "uk"):
        with closing(sqlite3.connect(folder / f"{entity}.db")) as database:
            database.executescript((EXAMPLE / f"billing_{entity}.sql").read_text("utf-8"))
    return folder


@pytest.fixture(scope="module")
def partner_program(folder: Path) -> CommandLine:
    billing = {f"billing_{entity}": folder / f"{entity}.db" for entity in ("nl", "us", "uk")}
    return CommandLine.of_sqlite({"partner_program": folder / "program.db", **billing}, folder / "out")


@pytest.fixture(scope="module")
def registers(partner_program: CommandLine) -> dict[str, dict[str, Any]]:
    """Every month's register as it was right after the month had run."""
    partner_program.must("init")
    partner_program.must("load", EXAMPLE / "registry")
    found = {}
    for month in MONTHS:
        run_month(partner_program, month)
        found[month] = partner_program.must("register", month, "--format", "json").json
    return found


@pytest.mark.parametrize("month", MONTHS)
def test_each_month_comes_out_as_the_rules_give_it_to_the_cent(registers, month):
    assert as_given(registers[month]) == given_register(month)


@pytest.mark.parametrize("month", MONTHS)
def test_a_later_month_changes_nothing_in_an_earlier_register(registers, partner_program, month):
    assert partner_program("register", month, "--format", "json").json == registers[month]


@pytest.mark.parametrize("entity", ["NL", "US", "UK"])
@pytest.mark.parametrize("month", MONTHS)
def test_the_buckets_hold_each_line_that_touches_the_month_exactly_once(registers, folder, month, entity):
    with closing(sqlite3.connect(folder / f"{entity.lower()}.db")) as database:
        days = {"first": FIRST_DAY[month], "after": FIRST_DAY_AFTER[month]}
        billed = {currency: (lines, net) for currency, lines, net in database.execute(OVERLAPPING, days)}

    in_buckets: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in registers[month]["buckets"]:
        if row["entity"] == entity:
            lines, net = in_buckets[row["currency"]]
            in_buckets[row["currency"]] = (lines + row["lines"], net + row["net_amount_minor"])

    assert billed
    assert in_buckets == billed


def test_the_entity_that_has_not_closed_july_is_the_reason_for_each_held_partner(registers):
    july = registers["2015-07"]

    assert july["held"] == [
        {"partner_id": row["partner_id"], "entities": ["UK"], "reason": "entity UK: month 2015-07 not closed"}
        for row in july["partners"]
        if row["status"] == "held"
    ]
    assert july["held"]


def test_the_programme_file_that_was_used_would_have_decided_nothing_otherwise(registers, partner_program):
    program_file = PROJECT / "include" / "program" / "2015-07-27.yaml"
    words = ("simulate", "--program", program_file, "--from", MONTHS[0], "--to", MONTHS[-1], "--format", "json")

    months = partner_program.must(*words).json["months"]

    assert [each["billing_month"] for each in months] == list(MONTHS)
    for each in months:
        register = registers[each["billing_month"]]
        assigned = [row for row in register["partners"] if row["status"] == "assigned"]
        assert (each["partners"], each["held"]) == (len(assigned), len(register["held"]))
        assert (each["differing"], each["moves"]) == ([], {"up": 0, "down": 0})


def test_running_all_four_months_again_changes_no_byte_of_the_database_nor_of_any_letter_or_report(
    registers, partner_program, folder
):
    assert set(registers) == set(MONTHS)
    before = digests(folder)

    said = [run_month(partner_program, month).stdout for month in MONTHS]

    assert digests(folder) == before
    assert ["nothing new" in each for each in said] == [True] * 4


def digests(folder: Path) -> dict[str, str]:
    """The content of every file below a folder, as a digest."""
    # what a run keeps to save work says whether anything is new, and no letter or report shows it
    files = [path for path in folder.rglob("*") if path.is_file() and ".checks" not in path.parts]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

"""Tables of any length: bounded unless every row is asked for, and what was left out is said."""

import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from bench.big_programme import MONTHS, fill, installation
from partner_program.adapters.connections import ConnectionFields
from partner_program.cli.long_tables import print_rows
from partner_program.cli.options import ROWS_SHOWN
from tests.cli.command_line import CommandLine

PARTNERS = ROWS_SHOWN + 50
LETTERS = PARTNERS - 3  # partners 0, 100 and 200 are held
REFUSED = 3  # of partners 40, 140 and 240
NOT_ACCEPTED = 25  # 12 rendered, 6 approved, 3 refused, 2 ambiguous, 2 undeliverable
RECIPIENT = "@p.example"
COLUMNS = {"partner": "left", "MRR": "right"}


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """Twelve months of more partners than a table has rows; three of them are held."""
    folder = tmp_path_factory.mktemp("long")
    path = folder / "program.db"
    fill(installation(ConnectionFields("partner_program", "sqlite", host=str(path)), folder / "out"), PARTNERS)
    return CommandLine.of_sqlite({"partner_program": path}, folder / "out")


def rows(count: int) -> list[Sequence[str]]:
    return [(f"P{number}", str(number)) for number in range(count)]


def printed(capsys: pytest.CaptureFixture[str], count: int, every: bool, *more: Sequence[str]) -> str:
    found = [*rows(count), *more]
    print_rows("June", COLUMNS, found, every=every, total=len(found), rest="partners; every one: --all")
    return capsys.readouterr().out


@pytest.mark.parametrize(("count", "said"), [(ROWS_SHOWN - 1, False), (ROWS_SHOWN, False), (ROWS_SHOWN + 1, True)])
def test_a_table_has_its_first_rows_and_says_how_many_were_left_out(capsys, count, said):
    text = printed(capsys, count, False)

    assert f"P{min(count, ROWS_SHOWN) - 1} " in text
    assert f"P{ROWS_SHOWN} " not in text
    assert (f"the first 200 of {count} partners; every one: --all" in text) == said


def test_a_bounded_table_reads_no_row_that_it_does_not_show(capsys):
    def source() -> Iterator[Sequence[str]]:
        yield from rows(ROWS_SHOWN)
        raise AssertionError("one more row was read")

    print_rows(None, COLUMNS, source(), every=False, total=1_000_000, rest="partners")
    assert "the first 200 of 1,000,000 partners" in capsys.readouterr().out


def test_every_row_is_one_line_and_nothing_is_said_to_be_left_out(capsys):
    lines = printed(capsys, ROWS_SHOWN + 1, True).splitlines()

    assert lines[:3] == ["June", "partner  MRR", "P0         0"]
    assert lines[-1] == f"P{ROWS_SHOWN}     {ROWS_SHOWN}"
    assert len(lines) == 2 + ROWS_SHOWN + 1


def test_rows_are_printed_while_later_ones_are_still_to_be_read(capsys):
    def source() -> Iterator[Sequence[str]]:
        yield from rows(ROWS_SHOWN + 1)
        assert f"P{ROWS_SHOWN - 1} " in capsys.readouterr().out
        yield ("last", "1")

    print_rows(None, COLUMNS, source(), every=True, total=0, rest="")
    assert capsys.readouterr().out.splitlines()[-1].startswith("last ")


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("株式会社", "株式会社    1"),  # each takes two columns of a terminal
        ("a\nb\tcdef", "a b cdef    1"),
        ("\x1b[31mred", " [31mred    1"),
        ("[b]x[/b]", "[b]x[/b]    1"),
    ],
)
def test_a_line_stays_one_line_with_its_columns_in_place(capsys, value, line):
    assert printed(capsys, 0, True, (value, "1")).splitlines() == ["June", "partner   MRR", line]


def test_a_table_for_people_moves_nothing_in_their_terminal_either(capsys):
    shown = printed(capsys, 0, False, ("\x1b[31mred\nL", "1"))

    assert "\x1b" not in shown
    assert " [31mred L " in shown


def test_a_value_that_is_longer_than_those_before_moves_its_own_line_alone(capsys):
    lines = printed(capsys, ROWS_SHOWN, True, ("P" * 30, "7"), ("Q", "8")).splitlines()

    assert lines[-2] == "P" * 30 + "    7"
    assert lines[-1] == "Q          8"


def test_letters_list_shows_the_first_and_all_and_json_has_all(programme):
    month = str(MONTHS[-1])

    bounded = programme.must("letters", "list", month).stdout
    assert bounded.count(RECIPIENT) == ROWS_SHOWN
    assert f"the first 200 of {LETTERS} recipients; every one: --all, or --format json; some: --state" in bounded
    assert programme.must("letters", "list", month, "--all").stdout.count(RECIPIENT) == LETTERS
    assert len(programme.must("letters", "list", month, "--format", "json").json) == LETTERS
    assert programme.must("letters", "list", month, "--state", "refused").stdout.count(RECIPIENT) == REFUSED


def test_the_total_that_is_said_counts_the_states_that_were_asked_for(programme):
    month, accepted = str(MONTHS[-1]), LETTERS - NOT_ACCEPTED
    assert f"of {accepted} recipients" in programme.must("letters", "list", month, "--state", "accepted").stdout
    assert "recipients" not in programme.must("letters", "list", month, "--state", "planned").stdout


def test_register_shows_the_first_and_all_and_files_have_all(programme):
    month = str(MONTHS[-1])

    bounded = programme.must("register", month).stdout
    assert f"the first 200 of {PARTNERS} partners; every one: --all, or --format csv; one: `explain PARTNER" in bounded
    assert "P0000199" in bounded
    assert "P0000201" not in bounded
    assert f"tiers: 2: {LETTERS}" in bounded  # of all, not of those that are shown
    whole = programme.must("register", month, "--all").stdout
    assert whole.count(" tier_") == 4  # partners 85 and 185 rise, 88 and 188 fall
    assert whole.count(" no_change") == LETTERS - 4
    assert whole.count("entity NL: not closed") == 2
    assert whole.count("line NL-L100: ") == 1
    assert "the first" not in whole
    assert len(programme.must("register", month, "--format", "json").json["partners"]) == PARTNERS
    assert len(programme.must("register", month, "--format", "csv").stdout.splitlines()) == PARTNERS + 1


def test_reconcile_names_the_first_open_letters_and_counts_the_rest(programme, tmp_path: Path):
    path = tmp_path / "program.db"
    shutil.copy(json.loads(programme.environment["AIRFLOW_CONN_PARTNER_PROGRAM"])["host"], path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE delivery SET status = 'refused', reply = 'no such user' WHERE status = 'accepted'")
    copied = CommandLine.of_sqlite({"partner_program": path}, tmp_path / "out")
    month = str(MONTHS[-1])

    bounded = copied.must("letters", "reconcile", month).stdout
    assert bounded.count(RECIPIENT) == ROWS_SHOWN
    assert f"the first 200 of {LETTERS} that are not accepted; every one: --all" in bounded
    whole = copied.must("letters", "reconcile", month, "--all").stdout
    assert whole.count("no such user") == LETTERS - NOT_ACCEPTED
    assert whole.count(RECIPIENT) == LETTERS


def test_a_table_without_rows_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for every in (False, True):
        print_rows("Disputes on 2015-08-01", {"id": "left"}, (), every=every, total=0, rest="disputes")
        assert capsys.readouterr().out == "Disputes on 2015-08-01: none\n"

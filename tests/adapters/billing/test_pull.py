"""Real SQLite files, each made for one test; the month is 2015-07."""

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partner_program.adapters.billing.pull import pull_month
from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import LargestLine
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import (
    CHARGE_KINDS,
    DOCUMENT_STATUSES,
    EntityRevenue,
    MrrGroup,
    PeriodClose,
    without_days,
)

JULY = BillingMonth(2015, 7)
SQL_FOLDER = Path(__file__).parents[3] / "include" / "sql"
ENTITY = Entity("NL", "Host NL", "NL", "EUR", "Europe/Amsterdam", date(2010, 1, 1))
LARGEST = 1_000_000_00
LINE = {
    "line_id": "L1",
    "account_id": "A1",
    "charge_kind": "recurring",
    "service_start": "2015-07-01",
    "service_end": "2015-08-01",
    "term_months": 1,
    "net_amount_minor": 10_000,
    "currency": "EUR",
    "document_status": "posted",
}
COLUMNS = (*LINE, "service_id", "product", "posted_on", "discount_bp", "ordered_on")
TABLE = f"CREATE TABLE program_mrr_line ({', '.join(COLUMNS)})"
TYPED = (
    "CREATE TABLE program_mrr_line (line_id TEXT PRIMARY KEY, account_id TEXT, charge_kind TEXT, service_start DATE,"
    " service_end DATE, term_months INTEGER, net_amount_minor INTEGER, currency CHAR(3), document_status TEXT,"
    " service_id TEXT, product TEXT, posted_on DATE, discount_bp INTEGER, ordered_on DATE)"
)
CLOSES = "CREATE TABLE program_period_close (billing_month, currency, line_count, control_total_minor, closed_at)"
RESELLERS = "CREATE TABLE program_reseller_account (account_id TEXT, company_name, vat_id, email_domain)"
INSERT = f"INSERT INTO program_mrr_line VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608, fixed words
INDEX = "CREATE INDEX line_end ON program_mrr_line (service_end)"

Line = dict[str, Any]


def line(**changes: object) -> Line:
    return LINE | changes


def sound_lines() -> list[Line]:
    """Enough sound lines that one bad line is not most of the month."""
    return [line(line_id=f"S{number}", account_id="A9") for number in range(6)]


@pytest.fixture
def billing(tmp_path: Path) -> Callable[..., Path]:
    def write(
        lines: Iterable[Line],
        closes: Iterable[tuple[object, ...]] = (("2015-07", "EUR", 0, 0),),
        ddl: Iterable[str] = (TABLE, INDEX, CLOSES, RESELLERS),
    ) -> Path:
        return write_billing(tmp_path / "nl.db", lines, closes, ddl)

    return write


def write_billing(file: Path, lines: Iterable[Line], closes: Iterable[tuple[object, ...]], ddl: Iterable[str]) -> Path:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA synchronous = OFF")  # the tests need no safety from a power cut
        for statement in ddl:
            connection.execute(statement)
        for one in lines:
            connection.execute(INSERT, tuple(map(one.get, COLUMNS)))
        if CLOSES in ddl:
            connection.executemany("INSERT INTO program_period_close VALUES (?, ?, ?, ?, '2015-08-02')", closes)
        connection.commit()
    return file


def pull(file: Path, month: BillingMonth = JULY, **changes: Any) -> EntityRevenue:
    fields = ConnectionFields("billing_nl", "sqlite", host=str(file), extra={"timeout": "0.1"})
    what = {"largest_line": LargestLine(LARGEST), "sql_folder": SQL_FOLDER} | changes
    return pull_month(fields, what.pop("entity", ENTITY), month, **what)


def closed(*closes: tuple[str, int, int]) -> list[tuple[object, ...]]:
    return [("2015-07", *close) for close in closes]


# --- what a sound line gives -------------------------------------------------------------------------------------


def added_up(account_id: str, kind: str, minor_days: int, *, lines: int, net: int) -> MrrGroup:
    """Posted lines of one month's term."""
    return MrrGroup(account_id, "EUR", kind, "posted", 1, None, lines, net, minor_days=minor_days)


@pytest.mark.parametrize(
    ("changes", "covered_days"),
    [
        ({}, 31),
        ({"service_start": "2015-06-15", "service_end": "2015-07-15"}, 14),
        ({"service_start": "2015-07-15", "service_end": "2015-08-15"}, 17),
        ({"service_start": "2015-07-31", "service_end": "2015-08-02", "term_months": 3}, 1),
        ({"service_start": "2015-07-10", "service_end": "2015-07-11"}, 1),
        ({"service_start": "2014-12-01", "service_end": "2015-12-01", "term_months": 12}, 31),
        ({"service_start": "2012-02-29", "service_end": "2016-02-29", "term_months": 48}, 31),
        ({"charge_kind": "usage"}, 31),
        ({"charge_kind": "usage", "service_start": "2015-07-31", "service_end": "2015-08-30"}, 31),
        ({"charge_kind": "usage", "service_start": "2015-06-30"}, 0),
        ({"charge_kind": "credit", "net_amount_minor": -10_000}, 31),
        ({"term_months": 5_000}, 31),
    ],
)
def test_a_sound_line_covers_its_days_of_the_month(
    billing: Callable[..., Path], changes: Line, covered_days: int
) -> None:
    one = line(**changes)
    (group,) = pull(billing([one], closed(("EUR", 1, one["net_amount_minor"])))).groups
    kind, term, amount = one["charge_kind"], one["term_months"], one["net_amount_minor"]
    assert group[2:8] == (kind, "posted", term, None, 1, amount)
    assert group[8:] == ("term" if covered_days else "none", 0, 0, amount * covered_days)


@pytest.mark.parametrize(
    ("service_start", "service_end"),
    [("2015-06-01", "2015-07-01"), ("2015-08-01", "2015-09-01"), ("1999-01-01", "1999-02-01")],
)
def test_a_line_that_does_not_touch_the_month_is_left_out(
    billing: Callable[..., Path], service_start: str, service_end: str
) -> None:
    file = billing([line(service_start=service_start, service_end=service_end)])
    assert pull(file) == EntityRevenue("NL", (), (), (PeriodClose("EUR", 0, 0),), ())


def test_lines_that_count_alike_are_one_group_and_groups_come_in_order(billing: Callable[..., Path]) -> None:
    lines = [
        line(line_id="1", account_id="A2"),
        line(line_id="2", service_start="2015-07-11", service_end="2015-07-21"),
        line(line_id="3", service_start="2015-07-01", service_end="2015-07-12", net_amount_minor=5),
        line(line_id="4", charge_kind="credit", net_amount_minor=-1),
    ]
    revenue = pull(billing(lines, closed(("EUR", 4, 20_004))))
    assert revenue.fault is None
    assert revenue.groups == (
        added_up("A1", "credit", -1 * 31, lines=1, net=-1),
        added_up("A1", "recurring", 10_000 * 10 + 5 * 11, lines=2, net=10_005),
        added_up("A2", "recurring", 10_000 * 31, lines=1, net=10_000),
    )


@pytest.mark.parametrize("kind", CHARGE_KINDS)
@pytest.mark.parametrize("status", DOCUMENT_STATUSES)
def test_each_kind_and_status_comes_out_as_it_went_in(billing: Callable[..., Path], kind: str, status: str) -> None:
    file = billing([*sound_lines(), line(charge_kind=kind, document_status=status)])
    one = MrrGroup("A1", "EUR", kind, status, 1, 31, 1, 10_000)
    assert without_days(one) in pull(file).groups


def test_the_accounts_flagged_as_resellers_come_sorted_and_once(billing: Callable[..., Path]) -> None:
    accounts = "INSERT INTO program_reseller_account (account_id) VALUES ('B'), ('A'), ('B'), (NULL), ('a')"
    assert pull(billing([], ddl=(TABLE, CLOSES, RESELLERS, accounts))).reseller_accounts == ("A", "B", "a")


# --- bad rows ----------------------------------------------------------------------------------------------------

BAD_ROWS: list[tuple[Line, str, str]] = [
    ({"net_amount_minor": None}, "net_amount_minor", "NULL"),
    ({"net_amount_minor": "1,000.00"}, "net_amount_minor", "'1,000.00'"),
    ({"net_amount_minor": "10000"}, "net_amount_minor", "'10000'"),
    ({"net_amount_minor": ""}, "net_amount_minor", "''"),
    ({"net_amount_minor": "1e5"}, "net_amount_minor", "'1e5'"),
    ({"net_amount_minor": "NaN"}, "net_amount_minor", "'NaN'"),
    ({"net_amount_minor": "true"}, "net_amount_minor", "'true'"),
    ({"net_amount_minor": 100.5}, "net_amount_minor", "100.5"),
    ({"net_amount_minor": 100.0}, "net_amount_minor", "100.0"),
    ({"net_amount_minor": float("inf")}, "net_amount_minor", "inf"),
    ({"net_amount_minor": b"100"}, "net_amount_minor", "'100'"),
    ({"net_amount_minor": LARGEST + 1}, "net_amount_minor", str(LARGEST + 1)),
    ({"net_amount_minor": -LARGEST - 1, "charge_kind": "credit"}, "net_amount_minor", str(-LARGEST - 1)),
    ({"net_amount_minor": 2**63 - 1}, "net_amount_minor", str(2**63 - 1)),
    ({"net_amount_minor": -1}, "net_amount_minor", "-1"),
    ({"net_amount_minor": -1, "charge_kind": "usage"}, "net_amount_minor", "-1"),
    ({"charge_kind": "recuring"}, "charge_kind", "'recuring'"),
    ({"charge_kind": "Recurring"}, "charge_kind", "'Recurring'"),
    ({"charge_kind": None}, "charge_kind", "NULL"),
    ({"document_status": "open"}, "document_status", "'open'"),
    ({"document_status": None}, "document_status", "NULL"),
    ({"term_months": 0}, "term_months", "0"),
    ({"term_months": -12}, "term_months", "-12"),
    ({"term_months": 1.0}, "term_months", "1.0"),
    ({"term_months": "1"}, "term_months", "'1'"),
    ({"term_months": None, "charge_kind": "usage"}, "term_months", "NULL"),
    ({"term_months": 3, "charge_kind": "usage"}, "term_months", "3"),
    ({"currency": "eur"}, "currency", "'eur'"),
    ({"currency": "EURO"}, "currency", "'EURO'"),
    ({"currency": "EUR\0"}, "currency", "'EUR\\x00'"),
    ({"currency": ""}, "currency", "''"),
    ({"currency": None}, "currency", "NULL"),
    ({"currency": "KWD"}, "currency", "'KWD'"),
    ({"account_id": None}, "account_id", "NULL"),
    ({"account_id": "  "}, "account_id", "'  '"),
    ({"account_id": "A1\0x"}, "account_id", "'A1\\x00x'"),
    ({"account_id": 7}, "account_id", "7"),
    ({"account_id": b"A1"}, "account_id", "'A1'"),
    ({"line_id": None}, "line_id", "NULL"),
    ({"line_id": " "}, "line_id", "' '"),
    ({"service_start": "2015-02-31"}, "service_start", "'2015-02-31'"),
    ({"service_start": "2015-06-31", "service_end": "2015-07-31"}, "service_start", "'2015-06-31'"),
    ({"service_start": "2015-7-1"}, "service_start", "'2015-7-1'"),
    ({"service_start": "01-07-2015"}, "service_start", "'01-07-2015'"),
    ({"service_start": "31/07/2015"}, "service_start", "'31/07/2015'"),
    ({"service_start": "2015-07-01 00:00:00"}, "service_start", "'2015-07-01 00:00:00'"),
    ({"service_start": "0000-00-00"}, "service_start", "'0000-00-00'"),
    ({"service_start": "1969-12-31"}, "service_start", "'1969-12-31'"),
    ({"service_start": 20150701}, "service_start", "20150701"),
    ({"service_start": b"2015-07-01"}, "service_start", "'2015-07-01'"),
    ({"service_start": None}, "service_start", "NULL"),
    ({"service_end": "2015-07-32"}, "service_end", "'2015-07-32'"),
    ({"service_end": "2015-09-31"}, "service_end", "'2015-09-31'"),
    ({"service_end": "2200-01-01"}, "service_end", "'2200-01-01'"),
    ({"service_end": "9999-12-31"}, "service_end", "'9999-12-31'"),
    ({"service_end": "01-08-2015"}, "service_end", "'01-08-2015'"),
    ({"service_end": "20-08-2015"}, "service_end", "'20-08-2015'"),
    ({"service_end": "0000-00-00"}, "service_end", "'0000-00-00'"),
    ({"service_end": ""}, "service_end", "''"),
    ({"service_end": 20150801}, "service_end", "20150801"),
    ({"service_end": b"2015-08-01"}, "service_end", "'2015-08-01'"),
    ({"service_end": None}, "service_end", "NULL"),
    ({"service_start": "2015-07-20", "service_end": "2015-07-10"}, "service_end", "'2015-07-10'"),
    ({"service_start": "2015-07-20", "service_end": "2015-07-20"}, "service_end", "'2015-07-20'"),
    ({"service_start": "2015-08-20", "service_end": "2015-07-10"}, "service_end", "'2015-07-10'"),
    (
        {"charge_kind": "usage", "service_start": "2015-07-20", "service_end": "2015-07-20"},
        "service_end",
        "'2015-07-20'",
    ),
]


@pytest.mark.parametrize(("changes", "column", "found"), BAD_ROWS)
def test_a_bad_row_is_named_and_the_lines_around_it_are_as_if_it_were_not_there(
    billing: Callable[..., Path], changes: Line, column: str, found: str
) -> None:
    around = [*sound_lines(), line(line_id="L0"), line(line_id="L2", net_amount_minor=1)]
    revenue = pull(billing([*around, line(**changes)], closed(("EUR", 8, 70_001))))
    (bad,) = revenue.faulty_lines
    assert (bad.column, bad.found) == (column, found)
    assert bad.account_id == {None: "", b"A1": "A1", 7: "7"}.get(line(**changes)["account_id"], bad.account_id)
    assert revenue.fault is None
    assert revenue.groups == (
        added_up("A1", "recurring", 10_001 * 31, lines=2, net=10_001),
        added_up("A9", "recurring", 60_000 * 31, lines=6, net=60_000),
    )


@pytest.mark.parametrize("changes", [changes for changes, _, _ in BAD_ROWS])
@pytest.mark.parametrize(
    "excluded", [{"document_status": "void"}, {"document_status": "draft"}, {"charge_kind": "tax"}]
)
def test_a_bad_row_that_would_not_count_is_only_shown_in_its_bucket(
    billing: Callable[..., Path], excluded: Line, changes: Line
) -> None:
    bad = line(**changes) | excluded
    revenue = pull(billing([*sound_lines(), bad], closed(("EUR", 6, 60_000))))
    assert revenue.faulty_lines == ()
    assert revenue.fault is None or excluded == {"charge_kind": "tax"}  # a tax line is posted: the close counts it
    (shown,) = [group for group in revenue.groups if group.account_id != "A9"]
    amount = bad["net_amount_minor"]
    can_be_added = isinstance(amount, int) and amount < 2**63 - 1  # a clipped value is not added
    assert (shown.lines, shown.net_amount_minor) == (1, amount if can_be_added else 0)
    assert (shown.charge_kind, shown.document_status) == (bad["charge_kind"] or "", bad["document_status"] or "")


def test_a_found_value_is_shortened_and_printable(billing: Callable[..., Path]) -> None:
    file = billing([*sound_lines(), line(net_amount_minor="9\n" * 5_000_000)], closed(("EUR", 6, 60_000)))
    (bad,) = pull(file).faulty_lines
    assert len(bad.found) <= 60
    assert bad.found.startswith("'9\\n9\\n")


@pytest.mark.parametrize("column", ["account_id", "currency", "charge_kind", "document_status"])
def test_text_that_is_not_utf8_is_shown_in_hexadecimal(billing: Callable[..., Path], column: str) -> None:
    file = billing([*sound_lines(), line(), line(line_id="L2")], closed(("EUR", 7, 70_000)))
    with closing(sqlite3.connect(file)) as connection:
        broken = f"UPDATE program_mrr_line SET {column} = CAST(x'4DFC6C' AS TEXT) WHERE line_id = 'L2'"  # noqa: S608
        connection.execute(broken)
        connection.commit()
    revenue = pull(file)
    assert added_up("A1", "recurring", 10_000 * 31, lines=1, net=10_000) in revenue.groups
    assert [(bad.column, bad.found) for bad in revenue.faulty_lines] == [(column, "'M\\xfcl'")]


def test_a_database_in_utf16_is_read_line_by_line_as_well(billing: Callable[..., Path]) -> None:
    lines = [*sound_lines(), line(account_id="Zoë"), line(line_id="L2", account_id="Zoë", currency="?")]
    file = billing(lines, closed(("EUR", 7, 70_000)), ("PRAGMA encoding = 'UTF-16le'", TABLE, CLOSES, RESELLERS))
    revenue = pull(file)
    assert [bad.line_id for bad in revenue.faulty_lines] == ["L2"]
    assert added_up("Zoë", "recurring", 10_000 * 31, lines=1, net=10_000) in revenue.groups


def test_columns_that_are_blind_to_case_do_not_merge_what_differs(billing: Callable[..., Path]) -> None:
    table = TABLE.replace(",", " COLLATE NOCASE,").replace(")", " COLLATE NOCASE)")
    wrong = {"charge_kind": "RECURRING", "document_status": "Posted", "currency": "eur"}
    sound = [line(line_id=column, account_id=column) for column in wrong]
    bad = [line(line_id=f"{column}!", account_id=column, **{column: value}) for column, value in wrong.items()]
    lines = [*sound, *bad, line(), line(line_id="l1", account_id="a1")]
    revenue = pull(billing(lines, closed(("EUR", 5, 50_000)), (table, CLOSES, RESELLERS)))
    assert [(group.account_id, group.lines) for group in revenue.groups] == [
        ("A1", 1),
        ("a1", 1),
        ("charge_kind", 1),
        ("currency", 1),
        ("document_status", 1),
    ]
    assert [(bad.account_id, bad.column) for bad in revenue.faulty_lines] == [
        (column, column) for column in sorted(wrong)
    ]


def test_numbers_stored_as_text_are_never_guessed(billing: Callable[..., Path]) -> None:
    table = TABLE.replace("net_amount_minor", "net_amount_minor TEXT")
    revenue = pull(billing([line(), line(line_id="L2", net_amount_minor=1)], ddl=(table, CLOSES, RESELLERS)))
    assert {(bad.column, bad.found) for bad in revenue.faulty_lines} == {
        ("net_amount_minor", "'10000'"),
        ("net_amount_minor", "'1'"),
    }
    assert revenue.groups == ()


@pytest.mark.parametrize("relation", ["table", "view"])
def test_lines_that_share_an_id_are_faulty_each(billing: Callable[..., Path], relation: str) -> None:
    lines = [*sound_lines(), line(), line(account_id="A2"), line(line_id="L2"), line(line_id="L2", account_id="A3")]
    new_values = ", ".join(f"NEW.{column}" for column in COLUMNS)
    view = (
        TABLE.replace("program_mrr_line", "kept"),
        "CREATE VIEW program_mrr_line AS SELECT * FROM kept",
        f"CREATE TRIGGER t INSTEAD OF INSERT ON program_mrr_line BEGIN INSERT INTO kept VALUES ({new_values}); END",  # noqa: S608
    )
    ddl = (TABLE, CLOSES, RESELLERS) if relation == "table" else (*view, CLOSES, RESELLERS)
    revenue = pull(billing(lines, closed(("EUR", 10, 100_000)), ddl))
    assert [(bad.line_id, bad.account_id, bad.column) for bad in revenue.faulty_lines] == [
        ("L1", "A1", "line_id"),
        ("L1", "A2", "line_id"),
        ("L2", "A1", "line_id"),
        ("L2", "A3", "line_id"),
    ]
    assert [group.account_id for group in revenue.groups] == ["A9"]
    assert revenue.fault is None


def test_an_id_that_comes_again_in_another_month_is_no_fault(billing: Callable[..., Path]) -> None:
    again = line(service_start="2015-06-01", service_end="2015-07-01")
    assert pull(billing([line(), again], closed(("EUR", 1, 10_000)))).faulty_lines == ()


def test_ids_that_the_database_keeps_unique_may_be_numbers_and_blank_ones_are_still_found(
    billing: Callable[..., Path],
) -> None:
    by_rowid = TYPED.replace("line_id TEXT", "line_id INTEGER")
    lines = [line(line_id=number, account_id="A2") for number in range(3)]
    assert pull(billing(lines, closed(("EUR", 3, 30_000)), (by_rowid, CLOSES, RESELLERS))).fault is None


def test_a_blank_id_is_found_where_ids_are_a_primary_key(billing: Callable[..., Path]) -> None:
    lines = [*sound_lines(), line(line_id=None), line(line_id=None), line(line_id=" "), line()]
    revenue = pull(billing(lines, closed(("EUR", 7, 70_000)), (TYPED, CLOSES, RESELLERS)))
    assert [bad.column for bad in revenue.faulty_lines] == ["line_id"] * 3
    assert added_up("A1", "recurring", 10_000 * 31, lines=1, net=10_000) in revenue.groups


def test_an_entity_is_at_fault_when_most_of_a_hundred_or_more_lines_are(billing: Callable[..., Path]) -> None:
    bad = [line(line_id=f"L{number:03d}", net_amount_minor=f"{number},00") for number in range(99)]
    fault = pull(billing([*sound_lines(), *bad, line(line_id="M", currency="")], closed(("EUR", 6, 60_000)))).fault
    assert fault == (
        "100 lines are faulty and 6 that count are sound; most often net_amount_minor: "
        "line L000 '0,00', line L001 '1,00', line L002 '2,00'; expected a whole number of minor units"
    )


def test_in_a_small_month_a_faulty_line_holds_its_own_partner_however_few_are_sound(
    billing: Callable[..., Path],
) -> None:
    bad = [line(line_id=f"L{number}", account_id=f"A{number}", term_months=0) for number in range(99)]
    revenue = pull(billing([*bad, line(line_id="S")], closed(("EUR", 100, 1_000_000))))
    assert (len(revenue.faulty_lines), len(revenue.groups), revenue.fault) == (99, 1, None)


def test_reading_line_by_line_ends_where_there_are_far_too_many_faulty_ones(billing: Callable[..., Path]) -> None:
    bad = [line(line_id=f"L{number:06d}", service_end=None) for number in range(10_500)]
    revenue = pull(billing([line(line_id=f"S{n}", account_id="A9") for n in range(11_000)] + bad))
    assert len(revenue.faulty_lines) == 10_001
    assert revenue.fault is not None
    assert revenue.fault.startswith("10001 lines are faulty and 11000 that count are sound; most often service_end")


# --- the close of the month --------------------------------------------------------------------------------------


def test_lines_of_a_month_that_is_not_closed_come_out_with_the_fault(billing: Callable[..., Path]) -> None:
    revenue = pull(billing([line()], [("2015-06", "EUR", 1, 10_000)]))
    assert revenue.fault == "month 2015-07 not closed"
    assert revenue.groups == (added_up("A1", "recurring", 10_000 * 31, lines=1, net=10_000),)


def test_a_currency_with_lines_and_no_close_is_not_closed(billing: Callable[..., Path]) -> None:
    lines = [line(), line(line_id="L2", currency="USD"), line(line_id="L3", currency="GBP", document_status="draft")]
    fault = pull(billing(lines, closed(("EUR", 1, 10_000)))).fault
    assert fault == "month 2015-07 not closed for USD: 1 line was found"


@pytest.mark.parametrize(
    ("close", "lines"),
    [(("EUR", 2, 10_000), "2 lines"), (("EUR", 1, 10_001), "1 line"), (("EUR", 0, 0), "0 lines")],
)
def test_a_close_that_differs_is_a_fault_with_both_figures(
    billing: Callable[..., Path], close: tuple[str, int, int], lines: str
) -> None:
    assert pull(billing([line()], closed(close))).fault == (
        f"month 2015-07: EUR: the close says {lines}, 1 was found; its control total is {close[2]}, theirs is 10000"
    )


def test_a_close_counts_posted_lines_of_every_kind_and_no_other(billing: Callable[..., Path]) -> None:
    lines = [
        line(charge_kind="setup"),
        line(line_id="2", charge_kind="goodwill", net_amount_minor=-500),
        line(line_id="3", document_status="draft"),
        line(line_id="4", document_status="void"),
    ]
    assert pull(billing(lines, closed(("EUR", 2, 9_500)))).fault is None


@pytest.mark.parametrize(
    ("bad", "close"),
    [
        ({"net_amount_minor": -7}, (6, 60_000)),
        ({"net_amount_minor": -7}, (7, 59_993)),
        ({"net_amount_minor": "7"}, (6, 60_000)),
        ({"net_amount_minor": "7"}, (7, 60_007)),
        ({"currency": "eur", "net_amount_minor": 7}, (7, 60_007)),
        ({"charge_kind": "tax", "service_end": None, "net_amount_minor": 7}, (6, 60_000)),
        ({"charge_kind": "tax", "service_end": None, "net_amount_minor": 7}, (7, 60_007)),
    ],
)
def test_a_doubtful_line_may_or_may_not_be_in_the_entitys_figures(
    billing: Callable[..., Path], bad: Line, close: tuple[int, int]
) -> None:
    assert pull(billing([*sound_lines(), line(**bad)], closed(("EUR", *close)))).fault is None


@pytest.mark.parametrize(
    ("bad", "close"),
    [
        ({"net_amount_minor": -7}, (7, 60_000)),
        ({"net_amount_minor": -7}, (6, 59_993)),
        ({"net_amount_minor": "7"}, (8, 60_000)),
        ({"net_amount_minor": "7"}, (5, 60_000)),
        ({"net_amount_minor": -7, "document_status": "void"}, (7, 59_993)),
    ],
)
def test_a_faulty_line_does_not_excuse_any_other_difference(
    billing: Callable[..., Path], bad: Line, close: tuple[int, int]
) -> None:
    fault = pull(billing([*sound_lines(), line(**bad)], closed(("EUR", *close)))).fault
    assert fault is not None
    assert fault.startswith(f"month 2015-07: EUR: the close says {close[0]} lines, 6 were found")


def test_many_faulty_lines_are_in_the_entitys_figures_together_or_not_at_all(billing: Callable[..., Path]) -> None:
    sound = [line(line_id=f"S{number}", account_id="A9") for number in range(20)]
    bad = [line(line_id=f"L{number}", net_amount_minor=-1) for number in range(13)]
    file = billing([*sound, *bad], closed(("EUR", 33, 199_987)))
    assert pull(file).fault is None
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE program_period_close SET line_count = 21, control_total_minor = 199999")
        connection.commit()
    assert str(pull(file).fault).startswith("month 2015-07: EUR: the close says 21 lines, 20 were found besides 13")


@pytest.mark.parametrize(
    ("close", "wrong"),
    [
        (("EUR", "1", 10_000), "EUR: line_count is '1', expected a whole number"),
        (("EUR", -1, 10_000), "EUR: line_count is -1, expected a whole number"),
        (("EUR", 1, 10_000.5), "EUR: control_total_minor is 10000.5, expected a whole number"),
        (("EUR", 1, None), "EUR: control_total_minor is NULL, expected a whole number"),
        (("eur", 1, 10_000), "currency is 'eur', expected three capital letters"),
        ((None, 1, 10_000), "currency is NULL, expected three capital letters"),
    ],
)
def test_a_close_that_cannot_be_read_is_a_fault(
    billing: Callable[..., Path], close: tuple[object, ...], wrong: str
) -> None:
    revenue = pull(billing([line()], [("2015-07", *close)]))
    assert revenue.fault == f"month 2015-07: program_period_close: {wrong}"
    assert len(revenue.groups) == 1


def test_two_closes_of_a_currency_are_a_fault(billing: Callable[..., Path]) -> None:
    file = billing([line()], closed(("EUR", 1, 10_000), ("EUR", 1, 10_000)))
    assert pull(file).fault == "month 2015-07: EUR: closed 2 times, expected once"


def test_recorded_closes_stand_in_where_the_entity_has_no_place_for_its_own(billing: Callable[..., Path]) -> None:
    file = billing([line()], ddl=(TABLE, RESELLERS))
    recorded = (PeriodClose("EUR", 1, 10_000),)
    assert pull(file).fault == "month 2015-07 not closed"
    assert pull(file, recorded_closes=recorded).fault is None
    assert pull(file, recorded_closes=recorded).closes == recorded


def test_recorded_closes_never_overrule_the_entitys_own_table(billing: Callable[..., Path]) -> None:
    file = billing([line()], [])
    assert pull(file, recorded_closes=(PeriodClose("EUR", 1, 10_000),)).fault == "month 2015-07 not closed"


def test_a_months_own_closes_come_in_order_of_their_currency(billing: Callable[..., Path]) -> None:
    file = billing([line()], [("2015-07", "USD", 2, 1), ("2015-07", "EUR", 1, 5)])
    assert pull(file).closes == (PeriodClose("EUR", 1, 5), PeriodClose("USD", 2, 1))
    assert pull(file, JULY.following).closes == ()


# --- databases that cannot be relied on --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ddl", "fault"),
    [
        (
            (CLOSES, RESELLERS),
            "program_mrr_line is missing: expected a table or view of that name, "
            "found program_period_close, program_reseller_account",
        ),
        ((), "program_mrr_line is missing: expected a table or view of that name, found none"),
        (
            ("CREATE TABLE program_mrr_line (line_id, account, currency)", CLOSES, RESELLERS),
            "program_mrr_line: expected columns account_id, charge_kind, service_start, service_end, term_months, "
            "net_amount_minor, document_status, service_id, product, posted_on, discount_bp, ordered_on, "
            "found line_id, account, currency",
        ),
        (
            (TABLE, CLOSES),
            "program_reseller_account is missing: expected a table or view of that name, "
            "found program_mrr_line, program_period_close",
        ),
        (
            (TABLE, RESELLERS, "CREATE TABLE program_period_close (billing_month, currency)"),
            "program_period_close: expected columns line_count, control_total_minor, closed_at, "
            "found billing_month, currency",
        ),
        (
            ("CREATE VIEW program_mrr_line AS SELECT * FROM gone", CLOSES, RESELLERS),
            "billing database not readable: no such table: main.gone",
        ),
    ],
)
def test_a_missing_table_or_column_is_named_with_what_was_found(
    billing: Callable[..., Path], ddl: tuple[str, ...], fault: str
) -> None:
    assert pull(billing([], ddl=ddl)).fault == fault


@pytest.mark.parametrize("column", ["service_id", "product", "posted_on", "discount_bp", "ordered_on"])
def test_a_column_that_no_statement_reads_has_to_exist_too(billing: Callable[..., Path], column: str) -> None:
    renamed = TABLE.replace(column, f"{column}_2")
    fault = pull(billing([line()], closed(("EUR", 1, 10_000)), (renamed, CLOSES, RESELLERS))).fault
    assert str(fault).startswith(f"program_mrr_line: expected columns {column}, found ")


def test_relations_in_capital_letters_and_with_more_columns_are_fine(billing: Callable[..., Path]) -> None:
    table = TABLE.upper().replace(")", ", NOTE DEFAULT 'x')").replace("PROGRAM", "Program")
    file = billing([], ddl=(table, CLOSES, RESELLERS))
    assert pull(file).fault is None


def test_a_database_that_is_not_there_is_a_fault_and_stays_away(tmp_path: Path) -> None:
    revenue = pull(tmp_path / "secret" / "nl.db")
    assert revenue == EntityRevenue("NL", (), (), (), (), "billing database not readable: unable to open database file")
    assert pull(tmp_path / "nl.db").fault == revenue.fault
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_a_database_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "nl.db"
    file.write_bytes(b"line_id;account_id\n" * 500)
    assert pull(file).fault == "billing database not readable: file is not a database"


def test_a_database_that_is_cut_off_is_a_fault(billing: Callable[..., Path]) -> None:
    file = billing([line(line_id=f"L{number}") for number in range(5_000)])
    file.write_bytes(file.read_bytes()[:100_000])
    assert str(pull(file).fault).startswith("billing database not readable: database disk image is malformed")


def test_a_database_that_is_locked_is_a_fault_after_a_while(billing: Callable[..., Path]) -> None:
    file = billing([line()], closed(("EUR", 1, 10_000)))
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        assert pull(file).fault == "billing database not readable: database is locked"
    assert pull(file).fault is None


KILLED_WRITER = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE program_mrr_line SET net_amount_minor = 1")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.processes
def test_a_half_finished_write_of_a_killed_process_is_never_read_as_revenue(billing: Callable[..., Path]) -> None:
    file = billing([line(line_id=f"L{number:05d}") for number in range(5_000)], closed(("EUR", 5_000, 50_000_000)))
    killed = subprocess.run([sys.executable, "-c", KILLED_WRITER, str(file)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert file.with_name("nl.db-journal").stat().st_size > 0
    before = file.read_bytes()
    revenue = pull(file)
    assert (revenue.groups, file.read_bytes()) == ((), before)
    assert str(revenue.fault).startswith("billing database not readable: ")


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (ConnectionFields("b", "oracle"), "connection b: type 'oracle': expected one of "),
        (ConnectionFields("b", "sqlite"), "connection b: expected the path of the database as host"),
        (
            ConnectionFields("b", "sqlite", "/nl.db", extra={"timeout": "soon"}),
            "connection b: timeout in extra: expected seconds, as in 5",
        ),
    ],
)
def test_a_connection_that_cannot_be_used_is_a_fault(fields: ConnectionFields, fault: str) -> None:
    revenue = pull_month(fields, ENTITY, JULY, largest_line=LargestLine(LARGEST), sql_folder=SQL_FOLDER)
    assert str(revenue.fault).startswith(fault)
    assert revenue == EntityRevenue("NL", (), (), (), (), revenue.fault)


# --- read only ---------------------------------------------------------------------------------------------------

AS_NOBODY = """
import os, sys
sys.path[:0] = sys.argv[2].split(":")
from pathlib import Path
from tests.adapters.billing.test_pull import pull
if os.geteuid() == 0:  # to whom no folder is sealed
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
assert not os.access(Path(sys.argv[1]).parent, os.W_OK)
print(pull(Path(sys.argv[1])).fault)
"""


@pytest.fixture
def sealed() -> Iterator[Path]:
    """A folder that every user may read; pytest's own are closed to all but its owner."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def test_pulling_leaves_every_byte_as_it_was(billing: Callable[..., Path]) -> None:
    file = billing([*sound_lines(), line(net_amount_minor="?")], closed(("EUR", 6, 60_000)))
    before = (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns)
    assert pull(file).fault is None
    assert (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns) == before
    assert [path.name for path in file.parent.iterdir()] == ["nl.db"]


def test_a_path_with_the_signs_of_a_url_is_a_path(tmp_path: Path) -> None:
    file = write_billing(tmp_path / "nl ?mode=rwc#50%.db", [], closed(("EUR", 0, 0)), (TABLE, CLOSES, RESELLERS))
    assert pull(file).fault is None


@pytest.mark.parametrize(
    ("journal", "fault"),
    [
        ("DELETE", "None"),
        # whoever may write there could change it under our eyes: SQLite cannot know without its -shm file beside it
        ("WAL", "billing database not readable: attempt to write a readonly database"),
    ],
)
@pytest.mark.processes
def test_a_database_in_a_folder_that_cannot_be_written_is_read_if_it_can_be_locked(
    sealed: Path, journal: str, fault: str
) -> None:
    ddl = (f"PRAGMA journal_mode = {journal}", TABLE, INDEX, CLOSES, RESELLERS)
    file = write_billing(sealed / "nl.db", [line()], closed(("EUR", 1, 10_000)), ddl)
    file.chmod(0o444)
    sealed.chmod(0o555)
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", AS_NOBODY, str(file), f"{root / 'plugins'}:{root}:{':'.join(sys.path)}"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env={**os.environ, "HOME": "/"})
    assert (run.stdout.strip(), run.stderr) == (fault, "")


# --- an entity that may not create views -------------------------------------------------------------------------

OWN_TABLE = "CREATE TABLE invoice_item (id, customer, from_day, until_day, cents)"
OWN_QUERY = """-- Grain: one row per invoice item.
SELECT
    id AS line_id, customer AS account_id, 'recurring' AS charge_kind, from_day AS service_start,
    until_day AS service_end, 1 AS term_months, cents AS net_amount_minor, 'EUR' AS currency,
    'posted' AS document_status, NULL AS service_id, NULL AS product, NULL AS posted_on, NULL AS discount_bp,
    NULL AS ordered_on
FROM invoice_item;
"""


def test_the_queries_of_a_source_stand_in_for_the_relations(tmp_path: Path) -> None:
    own = tmp_path / "sql" / "sources" / "old_system"
    own.mkdir(parents=True)
    (own / "program_mrr_line.sql").write_text(OWN_QUERY)
    (tmp_path / "sql" / "sqlite").symlink_to(SQL_FOLDER / "sqlite")
    item = "INSERT INTO invoice_item VALUES (1, 'A1', '2015-07-01', '2015-08-01', 700), (1, 'A2', '', '', 1)"
    file = write_billing(tmp_path / "nl.db", [], closed(("EUR", 1, 700)), (OWN_TABLE, CLOSES, RESELLERS, item))
    revenue = pull(file, entity=replace(ENTITY, source="old_system"), sql_folder=tmp_path / "sql")
    assert revenue.groups == (added_up("A1", "recurring", 700 * 31, lines=1, net=700),)
    assert [bad.account_id for bad in revenue.faulty_lines] == ["A2"]
    assert revenue.fault is None


@pytest.mark.parametrize("source", ["nowhere", "../sqlite", "..", "."])
def test_a_source_without_a_folder_of_its_own_is_a_fault(billing: Callable[..., Path], source: str) -> None:
    revenue = pull(billing([]), entity=replace(ENTITY, source=source))
    assert revenue.fault == f"source {source!r}: expected a folder of that name under sources"


# --- the same again, in plain Python -----------------------------------------------------------------------------


def test_the_same_data_gives_the_same_result_whatever_the_order_of_its_rows(tmp_path: Path) -> None:
    lines = [line(line_id=f"L{n}", account_id=f"A{n % 3}", currency="EU" if n % 4 == 0 else "EUR") for n in range(30)]
    ddl = (TABLE, CLOSES, RESELLERS)
    there = pull(write_billing(tmp_path / "there.db", lines, (), ddl))
    back = pull(write_billing(tmp_path / "back.db", reversed(lines), (), (*ddl, INDEX)))
    assert there == back
    assert [bad.line_id for bad in there.faulty_lines] == sorted(f"L{n}" for n in range(0, 30, 4))


DAYS = [
    "2015-05-31",
    "2015-06-15",
    "2015-06-30",
    "2015-07-01",
    "2015-07-02",
    "2015-07-15",
    "2015-07-31",
    "2015-08-01",
    "2015-08-02",
    "2016-02-29",
    "1999-12-31",
]
BAD_DAYS = [None, "2015-02-31", "2015-7-1", "01-07-2015", "2015-07-01 00:00", 20150701, 1.5, "", b"2015-07-10", "zz"]


@pytest.mark.parametrize(
    ("currency", "amount", "sound"),
    [
        ("JPY", 160 * LARGEST, True),
        ("JPY", 160 * LARGEST + 1, False),
        ("CHF", LARGEST // 2, True),
        ("CHF", LARGEST // 2 + 1, False),
        ("EUR", LARGEST, True),
        ("EUR", LARGEST + 1, False),
    ],
)
def test_a_line_is_held_against_the_limit_of_its_currency(
    billing: Callable[..., Path], currency: str, amount: int, sound: bool
) -> None:
    own = LargestLine(LARGEST, {"JPY": 160 * LARGEST, "CHF": LARGEST // 2})
    file = billing([*sound_lines(), line(line_id="BIG", currency=currency, net_amount_minor=amount)])
    revenue = pull(file, largest_line=own)
    assert [each.line_id for each in revenue.faulty_lines] == ([] if sound else ["BIG"])
    counted = sum(
        each.net_amount_minor for each in revenue.groups if each.currency == currency and each.account_id == "A1"
    )
    assert counted == (amount if sound else 0)


AMOUNTS = [0, 1, 10_000, LARGEST, -1, LARGEST + 1, 10**15, 10**15 + 1, 2**62, None, 1.0, 2.5, "1", "1,0", b"1"]


def mostly(good: list[Any], bad: list[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from(good * 4 + bad)


RANDOM_LINES = st.lists(
    st.fixed_dictionaries(
        {
            "line_id": mostly([f"L{number}" for number in range(40)], [None, " ", 7]),
            "account_id": mostly(["A1", "A2", "é"], [None, "", 7, b"A1"]),
            "charge_kind": mostly(["recurring", "usage", "credit", "setup", "tax"], ["Usage", None]),
            "service_start": mostly(DAYS, BAD_DAYS),
            "service_end": mostly(DAYS, BAD_DAYS),
            "term_months": mostly([1, 12], [0, 1.0, "1", None]),
            "net_amount_minor": mostly([5, 10_000, 0], AMOUNTS),
            "currency": mostly(["EUR", "USD"], ["eur", None]),
            "document_status": mostly(["posted", "draft"], ["x", None]),
        }
    ),
    max_size=25,
)


def naive_day(value: object) -> date | None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 and value[4] == "-" else None
    except ValueError:
        return None
    return day if day and 1970 <= day.year < 2200 else None


def naive_touches(one: Line) -> bool:
    """Known days decide; a value that is not a date leaves it open, unless the database sorts it outside the month."""
    if begins_here_and_ends_before(one):
        return True
    start, end = naive_day(one["service_start"]), naive_day(one["service_end"])
    if end:
        return end > date(2015, 7, 1) and (start is None or start < date(2015, 8, 1) or end < date(2015, 8, 1))
    written = one["service_end"]
    if isinstance(written, str) and "2000-01-01" <= written <= "2015-07-01":
        return False  # such as 2015-02-31: too early, whatever day was meant
    if not start:
        return True
    return start < date(2015, 8, 1) or (isinstance(written, str) and "2015-07-01" < written < "2015-08-01")


def begins_here_and_ends_before(one: Line) -> bool:
    start, end = one["service_start"], one["service_end"]
    begins = isinstance(start, str) and "2015-07-01" <= start < "2015-08-01"
    return begins and (isinstance(end, int | float) or (isinstance(end, str) and end <= "2015-07-01"))


def naive_is_sound(one: Line, ids: Counter[object]) -> bool:
    start, end = naive_day(one["service_start"]), naive_day(one["service_end"])
    amount, term, kind = one["net_amount_minor"], one["term_months"], one["charge_kind"]
    return (
        str(one["line_id"] or "").strip() != ""
        and ids[one["line_id"]] == 1
        and isinstance(one["account_id"], str)
        and one["account_id"] != ""
        and kind in ("recurring", "usage", "credit", "setup", "tax")
        and start is not None
        and end is not None
        and start < end
        and (term is None or (type(term) is int and term >= 1))
        and (kind != "usage" or term == 1)
        and type(amount) is int
        and abs(amount) <= LARGEST
        and (amount >= 0 or kind in ("credit", "setup", "tax"))
        and one["currency"] in ("EUR", "USD")
        and one["document_status"] in ("posted", "draft")
        and (term is None or kind == "usage" or (end - start).days <= naive_days_of_term(start, term) + 7)
    )


def naive_days_of_term(start: date, months: int) -> int:
    """Walk day by day to the day of the same number, or to the last of a shorter month, so many months on."""
    target = start.year * 12 + start.month + months
    day = start
    while day.year * 12 + day.month < target or (day.day < start.day and (day + timedelta(days=1)).month == day.month):
        day += timedelta(days=1)
    return (day - start).days


def naive_days(one: Line) -> int:
    start, end = naive_day(one["service_start"]), naive_day(one["service_end"])
    covered = [day for day in range(1, 32) if start and end and start <= date(2015, 7, day) < end]
    if one["charge_kind"] == "usage":
        return 31 if start and end and date(2015, 7, 1) <= start < min(end, date(2015, 8, 1)) else 0
    return len(covered)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=RANDOM_LINES, indexed=st.booleans())
def test_random_lines_come_out_as_plain_python_sees_them(tmp_path: Path, lines: list[Line], indexed: bool) -> None:
    file = tmp_path / "nl.db"
    file.unlink(missing_ok=True)
    revenue = pull(write_billing(file, lines, (), (TABLE, CLOSES, RESELLERS, *([INDEX] if indexed else []))))
    here = [one for one in lines if naive_touches(one)]
    ids = Counter(one["line_id"] for one in here if overlaps_as_written(one))
    excluded = [one for one in here if one["document_status"] == "draft" or one["charge_kind"] in ("setup", "tax")]
    sound = [one for one in here if naive_is_sound(one, ids) and one not in excluded]
    groups: dict[tuple[object, ...], list[int]] = {}
    for one in sound:
        term, ends, starts = one["term_months"], naive_day(one["service_end"]), naive_day(one["service_start"])
        period = (ends - starts).days if term is None and ends and starts else 0
        days, amount = naive_days(one), one["net_amount_minor"]
        way = ("period" if term is None else "term") if days else "none"
        key = (one["account_id"], one["currency"], one["charge_kind"], "posted", term or 1, way, period)
        sums = groups.setdefault(key, [0, 0, 0])
        for place, more in enumerate((1, amount, amount * days)):
            sums[place] += more
    counted = [group for group in revenue.groups if group[3] != "draft" and group[2] not in ("setup", "tax")]
    assert [tuple(group) for group in counted] == [
        (*key[:5], None, *sums[:2], *key[5:], 0, sums[2]) for key, sums in sorted(groups.items())
    ]
    assert len(revenue.faulty_lines) == len(here) - len(excluded) - len(sound)
    lines_out = sum(group.lines for group in revenue.groups) + len(revenue.faulty_lines)
    amount_out = sum(group.net_amount_minor for group in revenue.groups)
    amount_out += sum(bad.net_amount_minor or 0 for bad in revenue.faulty_lines)
    amounts = [one["net_amount_minor"] for one in here if type(one["net_amount_minor"]) is int]
    billable = [amount for amount in amounts if abs(amount) <= 10**15]  # more is absurd
    assert (lines_out, amount_out) == (len(here), sum(billable))


@pytest.mark.parametrize("changes", [{"document_status": "draft"}, {"charge_kind": "tax"}])
def test_lines_whose_sum_is_too_large_for_a_column_are_counted_without_their_amounts(
    billing: Callable[..., Path], changes: Line
) -> None:
    absurd = [line(line_id=f"X{number}", net_amount_minor=10**15, **changes) for number in range(9_300)]
    revenue = pull(billing([*sound_lines(), *absurd]))
    shown = [(group.account_id, group.lines, group.net_amount_minor) for group in revenue.groups]
    sound = len(sound_lines())
    assert sorted(shown) == [("A1", 9_300, 0), ("A9", sound, sound * line()["net_amount_minor"])]


def overlaps_as_written(one: Line) -> bool:
    """Whether the line overlaps the month if its days are compared as the database compares them."""

    def rank(value: object) -> tuple[int, Any]:
        return (0, value) if isinstance(value, int | float) else (2 if isinstance(value, bytes) else 1, value)

    start, end = one["service_start"], one["service_end"]
    if start is None or end is None:
        return False
    return rank(start) < (1, "2015-08-01") and rank(end) > (1, "2015-07-01")

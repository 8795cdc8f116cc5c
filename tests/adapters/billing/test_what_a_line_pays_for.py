"""The three ways to say what a line pays for (rule 2): a whole term, a piece of a term, exactly the period."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner_program.adapters.billing.pull import pull_month
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.snapshots import content_hash
from partner_program.domain.billing_month import BillingMonth, months_later
from partner_program.domain.program import LargestLine
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import EntityRevenue, is_longer_than_term, is_shorter_than_term, share_of

SQL = Path(__file__).parents[3] / "include" / "sql"
NL = Entity("NL", "Host NL", "NL", "EUR", "Europe/Amsterdam", date(2010, 1, 1))
JULY = BillingMonth(2015, 7)
TABLES = """
CREATE TABLE program_mrr_line (line_id TEXT, account_id TEXT, service_id TEXT, product TEXT, charge_kind TEXT,
 service_start DATE, service_end DATE, term_months INTEGER, net_amount_minor INTEGER, currency TEXT,
 document_status TEXT, posted_on DATE, discount_bp INTEGER, ordered_on DATE {more});
CREATE TABLE program_period_close (billing_month TEXT, currency TEXT, line_count INTEGER,
 control_total_minor INTEGER, closed_at TEXT);
CREATE TABLE program_reseller_account (account_id TEXT, company_name TEXT, vat_id TEXT, email_domain TEXT);
"""
Paid = tuple[str, str, str, int | None, int, int | None]  # kind, start, end, term, amount, price of the term
Pull = Callable[..., EntityRevenue]


@pytest.fixture
def pull(tmp_path: Path) -> Pull:
    def pulled(*lines: Paid, has_price: bool = True, status: str = "posted") -> EntityRevenue:
        path = tmp_path / "nl.db"
        path.unlink(missing_ok=True)
        total = sum(amount for *_, amount, _ in lines) if status == "posted" else 0
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.executescript(TABLES.format(more=", term_amount_minor INTEGER" if has_price else ""))
            for number, (kind, start, end, term, amount, price) in enumerate(lines):
                values = [
                    f"L{number}",
                    "A1",
                    "S",
                    "cdn",
                    kind,
                    start,
                    end,
                    term,
                    amount,
                    "EUR",
                    status,
                    start,
                    None,
                    None,
                ]
                values += [price] if has_price else []
                marks = ", ".join("?" * len(values))
                connection.execute(f"INSERT INTO program_mrr_line VALUES ({marks})", values)  # noqa: S608 - marks
            count = len(lines) if status == "posted" else 0
            connection.execute("INSERT INTO program_period_close VALUES ('2015-07', 'EUR', ?, ?, '')", (count, total))
        fields = ConnectionFields("billing_nl", "sqlite", host=str(path))
        return pull_month(fields, NL, JULY, largest_line=LargestLine(10**9), sql_folder=SQL)

    return pulled


def worth(revenue: EntityRevenue) -> Fraction:
    assert (revenue.fault, revenue.faulty_lines) == (None, ())
    return sum((Fraction(*share_of(group, JULY.days)) for group in revenue.groups), Fraction(0))


def test_a_plan_changed_in_mid_period_gives_the_new_price_exactly_in_the_next_month(pull: Pull) -> None:
    # 995.00 from the 15th; from 25 June 1990.00: 20 of the 30 days are given back and billed anew
    revenue = pull(
        ("recurring", "2015-06-15", "2015-07-15", 1, 99_500, None),
        ("credit", "2015-06-25", "2015-07-15", 1, -66_333, -99_500),
        ("recurring", "2015-06-25", "2015-07-15", 1, 132_667, 199_000),
        ("recurring", "2015-07-15", "2015-08-15", 1, 199_000, None),
    )

    assert worth(revenue) == 199_000
    assert sum(group.net_amount_minor for group in revenue.groups) == 99_500 - 66_333 + 132_667 + 199_000


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (("recurring", "2015-07-16", "2015-08-01", 1, 51_613, 100_000), Fraction(100_000 * 16, 31)),
        (("recurring", "2015-07-31", "2015-08-01", 1, 3_226, 100_000), Fraction(100_000, 31)),
        (("recurring", "2015-06-16", "2015-08-01", 12, 150_000, 1_200_000), Fraction(100_000)),
        (("recurring", "2015-07-16", "2015-08-01", None, 51_613, None), Fraction(51_613)),
        (("recurring", "2015-07-31", "2015-08-01", None, 3_226, None), Fraction(3_226)),
        (("recurring", "2015-06-16", "2015-07-16", None, 90_000, None), Fraction(90_000 * 15, 30)),
        (("recurring", "2015-01-01", "2016-01-01", None, 365_000, None), Fraction(31_000)),
        (("credit", "2015-07-10", "2015-08-01", None, -70_968, None), Fraction(-70_968)),
        (("credit", "2015-07-10", "2015-08-01", 1, -70_968, -100_000), Fraction(-100_000 * 22, 31)),
        (("recurring", "2015-07-16", "2015-08-01", 1, 0, 100_000), Fraction(100_000 * 16, 31)),
    ],
)
def test_each_way_gives_its_exact_share(pull: Pull, line: Paid, expected: Fraction) -> None:
    assert worth(pull(line)) == expected


def test_lines_of_different_ways_never_share_a_group(pull: Pull) -> None:
    revenue = pull(
        ("recurring", "2015-07-16", "2015-08-01", 1, 100, None),
        ("recurring", "2015-07-16", "2015-08-01", 1, 52, 100),
        ("recurring", "2015-07-16", "2015-08-01", 1, 52, 100),
        ("recurring", "2015-07-16", "2015-08-01", None, 52, None),
        ("recurring", "2015-07-16", "2015-08-02", None, 52, None),
    )

    assert [(group.way, group.lines, group.period_days, group.minor_days) for group in revenue.groups] == [
        ("period", 1, 16, 52 * 16),
        ("period", 1, 17, 52 * 16),
        ("piece", 2, 0, 2 * 100 * 16),
        ("term", 1, 0, 100 * 16),
    ]


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        (("usage", "2015-07-01", "2015-08-01", None, 100, None), "term_months", "1 on a usage line"),
        (("usage", "2015-07-01", "2015-08-01", 1, 100, 100), "term_amount_minor", "empty on a usage line"),
        (
            ("recurring", "2015-07-01", "2015-08-01", None, 100, 100),
            "term_amount_minor",
            "no price of a term where term_months is empty",
        ),
        (
            ("recurring", "2015-07-01", "2015-08-01", 1, 100, -100),
            "term_amount_minor",
            "no negative amount on a recurring line",
        ),
        (
            ("credit", "2015-07-10", "2015-08-01", 1, -100, 200),
            "term_amount_minor",
            "the sign of net_amount_minor, which is -100",
        ),
        (
            ("recurring", "2015-07-01", "2015-08-01", 1, 100, 10**9 + 1),
            "term_amount_minor",
            "at most 1000000000 either way",
        ),
    ],
)
def test_a_way_that_contradicts_itself_is_a_fault_of_its_line(
    pull: Pull, line: Paid, column: str, expected: str
) -> None:
    (faulty,) = pull(line).faulty_lines

    assert (faulty.column, faulty.expected) == (column, expected)


def test_without_the_column_or_with_it_empty_a_month_is_the_same_to_its_hash(pull: Pull) -> None:
    lines = [("recurring", "2015-07-01", "2015-08-01", 1, 100, None), ("setup", "2015-07-01", "2015-08-01", 1, 5, None)]
    without, empty = pull(*lines, has_price=False), pull(*lines)

    assert without == empty
    assert content_hash(without) == content_hash(empty)


def test_what_an_excluded_line_pays_for_decides_nothing(pull: Pull) -> None:
    (group,) = pull(("recurring", "2015-07-16", "2015-08-01", None, 100, None), status="draft").groups

    assert (group.document_status, group.way, group.term_months, group.minor_days) == ("draft", "none", 1, 0)


@pytest.mark.parametrize(
    ("start", "end", "term"),
    [
        ("2015-01-01", "2016-01-01", 1),
        ("2015-07-01", "2015-08-09", 1),
        ("2015-06-30", "2015-08-07", 1),
        ("2015-07-01", "2018-07-09", 36),
    ],
)
@pytest.mark.parametrize("kind", ["recurring", "credit"])
def test_a_period_longer_than_its_term_by_more_than_a_week_is_a_fault(
    pull: Pull, kind: str, start: str, end: str, term: int
) -> None:
    amount = -600 if kind == "credit" else 600
    revenue = pull((kind, start, end, term, amount, None))

    (faulty,) = revenue.faulty_lines
    assert (revenue.groups, faulty.column, faulty.found) == ((), "term_months", f"{term} for {start} to {end}")


@pytest.mark.parametrize(
    ("kind", "start", "end", "term", "price"),
    [
        ("recurring", "2015-07-01", "2015-08-08", 1, None),  # a week more than a month
        ("recurring", "2015-06-30", "2015-08-06", 1, None),
        ("recurring", "2015-07-01", "2018-07-08", 36, None),
        ("recurring", "2015-01-01", "2016-01-01", None, None),  # the amount pays for the period
        ("recurring", "2015-01-01", "2016-01-01", 1, 600),  # a piece says its own price
        ("usage", "2015-07-01", "2015-10-01", 1, None),  # counts whole in its first month
        ("tax", "2015-01-01", "2016-01-01", 1, None),  # counts never
    ],
)
def test_a_period_that_does_not_contradict_its_term_is_no_fault(
    pull: Pull, kind: str, start: str, end: str, term: int | None, price: int | None
) -> None:
    revenue = pull((kind, start, end, term, 600, price))

    assert (revenue.fault, revenue.faulty_lines) == (None, ())


@pytest.mark.parametrize(
    ("start", "end", "term", "is_named"),
    [
        ("2015-07-01", "2015-07-29", 1, True),  # 28 days of 31
        ("2015-07-01", "2015-07-30", 1, False),  # 29 days: months differ by so much
        ("2015-07-31", "2015-08-02", 1, True),
        ("2015-01-01", "2015-12-29", 12, True),
        ("2015-01-01", "2015-12-30", 12, False),
        ("2015-07-01", "2015-08-01", 12, True),
    ],
)
def test_a_counted_line_shorter_than_its_term_is_counted_as_said_and_named(
    pull: Pull, start: str, end: str, term: int, is_named: bool
) -> None:
    revenue = pull(("recurring", start, end, term, 600, None))

    assert (revenue.fault, sum(group.lines for group in revenue.groups)) == (None, 1)
    assert [each.line_id for each in revenue.short_lines] == (["L0"] if is_named else [])


@pytest.mark.parametrize(("kind", "status"), [("usage", "posted"), ("setup", "posted"), ("recurring", "draft")])
def test_a_short_line_that_does_not_count_by_its_term_is_not_named(pull: Pull, kind: str, status: str) -> None:
    revenue = pull((kind, "2015-07-01", "2015-07-02", 1, 600, None), status=status)

    assert (revenue.fault, revenue.faulty_lines, revenue.short_lines) == (None, (), ())


@settings(max_examples=4000, deadline=None)
@given(start=st.dates(date(2011, 1, 1), date(2017, 12, 31)), term=st.integers(1, 60), off=st.integers(-40, 40))
def test_the_cheap_comparison_in_sql_never_misses_a_line_near_the_boundary(start: date, term: int, off: int) -> None:
    end = months_later(start, term) + timedelta(days=off)
    months = (end.year - start.year) * 12 + end.month - start.month - term
    passed = -2 <= months * 31 + end.day - start.day <= 7

    assert not (passed and is_longer_than_term(start, end, term))
    assert not (passed and is_shorter_than_term(start, end, term))


def test_every_period_of_29_to_35_days_fits_a_month_from_whatever_day() -> None:
    """The statements take it as sound at once."""
    starts = [date(2012, 1, 1) + timedelta(days=number) for number in range(4 * 366)]
    for days in (28, *range(29, 36), 36):
        ends = [(start, start + timedelta(days=days), 1) for start in starts]
        misfits = [each for each in ends if is_longer_than_term(*each) or is_shorter_than_term(*each)]
        assert bool(misfits) == (days not in range(29, 36)), days


def test_up_to_five_days_more_than_the_rounded_days_of_a_term_fit_it_from_whatever_day() -> None:
    """PostgreSQL's statement takes them as sound at once; around 2100 a leap year is left out."""
    starts = [date(year, 1, 1) + timedelta(days=number) for year in (2011, 2099) for number in range(2 * 365)]
    starts = [start for start in starts if start.day == 1 or start.day > 27]
    misfits = set()
    for term in range(1, 13):
        for over in range(-1, 7):
            days = timedelta(days=(term * 365 + 6) // 12 + over)
            ends = [(start, start + days, term) for start in starts]
            if any(is_longer_than_term(*each) or is_shorter_than_term(*each) for each in ends):
                misfits.add(over)
    assert misfits == {-1, 6}

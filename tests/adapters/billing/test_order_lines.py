"""What lines say of their orders: every dialect groups the same lines alike, and counts what the pull counts."""

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from partner_program.adapters.billing.order_lines import read_order_lines
from partner_program.domain.order_lines import OrderLines, OrderLinesRead
from partner_program.domain.program import LargestLine
from partner_program.domain.revenue import EntityRevenue, counts, has_share, share_of
from tests.adapters.billing.dialects import (
    JULY,
    NL,
    SQL,
    Server,
    as_text,
    fill_with_prices,
    lines_of_all_ways,
    mariadb_server,
    parquet_files,
    postgres_server,
    random_lines,
    spark_tables,
    sqlite_server,
    with_prices,
)
from tests.adapters.billing.test_every_dialect import SPARK
from tests.adapters.billing.test_term_lines import line

__all__ = ["mariadb_server", "parquet_files", "postgres_server", "spark_tables", "sqlite_server"]  # fixtures


@pytest.fixture(params=["sqlite_server", "postgres_server", "mariadb_server", "parquet_files", *SPARK], scope="module")
def billing(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


def read(server: Server, **how: bool) -> OrderLinesRead:
    return read_order_lines(server.fields, NL, JULY, largest_line=LargestLine(1_000_000_000), sql_folder=SQL, **how)


def fill(server: Server, lines: list[tuple[Any, ...]]) -> None:
    server.fill(lines if server.mark == "%s" else as_text(lines), [])


def july(line_id: str, **values: Any) -> tuple[Any, ...]:
    days = {"service_start": date(2015, 7, 1), "service_end": date(2015, 8, 1), "posted_on": date(2015, 7, 1)}
    return line(line_id, "", "", 1, **{**days, "net_amount_minor": 1_000, **values})


def test_lines_of_one_order_are_one_group_whatever_the_database(billing: Server) -> None:
    ordered = {"discount_bp": 800, "ordered_on": date(2015, 6, 5)}
    fill(
        billing,
        [
            july("L1", **ordered),
            july("L2", **ordered),
            july("L3", **{**ordered, "product": "CDN"}),
            july("L4", **{**ordered, "product": None}),
            july("L5", **{**ordered, "discount_bp": 0}),
            july("L6", **{**ordered, "discount_bp": None}),
            july("L7", **{**ordered, "ordered_on": date(2015, 6, 6)}),
            july("L8", **{**ordered, "ordered_on": None}),
            july("L9", **{**ordered, "posted_on": None}),
            july("DRAFT", **ordered, document_status="draft"),
            july("SETUP", **ordered, charge_kind="setup"),
            july("BEFORE", **ordered, charge_kind="usage", service_start=date(2015, 6, 30)),
        ],
    )
    found = read(billing)
    assert found.fault is None
    expected = {
        ("CDN", date(2015, 6, 5), 800): 1,
        ("", date(2015, 6, 5), 800): 1,
        ("cdn", date(2015, 6, 5), 800): 3,
        ("cdn", date(2015, 6, 5), 0): 1,
        ("cdn", date(2015, 6, 5), None): 1,
        ("cdn", date(2015, 6, 6), 800): 1,
        ("cdn", None, 800): 1,
    }
    assert {(each.product, each.ordered_on, each.discount_bp): each.lines for each in found.lines} == expected
    assert len(found.lines) == len(expected)
    assert {(each.account_id, each.currency, each.term_months) for each in found.lines} == {("MÜLLER", "EUR", 1)}
    assert {Fraction(each.share_minor, each.share_of) for each in found.lines} == {Fraction(1_000), Fraction(3_000)}
    assert (found.figures, found.faulty, found.doubtful) == ({"EUR": (10, 10_000)}, (), ())


def test_the_day_of_the_invoice_stands_for_that_of_the_order_where_that_is_asked_for(billing: Server) -> None:
    invoiced = {"discount_bp": 800, "ordered_on": date(2015, 6, 5), "posted_on": date(2015, 7, 3)}
    fill(
        billing,
        [
            july("L1", **invoiced),
            july("L2", **{**invoiced, "ordered_on": None}),
            july("L3", **{**invoiced, "ordered_on": date(2015, 7, 9)}),  # after its invoice, and nobody asks
            july("L4", **{**invoiced, "posted_on": date(2015, 8, 4)}),
            july("L5", **{**invoiced, "posted_on": None}),
            july("L6", **{**invoiced, "product": None}),
            july("PIECE", **invoiced, account_id="A2", term_months=0),  # a faulty line: its account is read by lines
            july("L7", **invoiced, account_id="A2"),
        ],
    )
    found = read(billing, by_invoice=True)
    assert (found.fault, found.doubtful) == (None, ())
    groups = {(each.account_id, each.product, each.ordered_on, each.discount_bp): each.lines for each in found.lines}
    own = found.lines[0].account_id if found.lines[0].account_id != "A2" else found.lines[-1].account_id
    assert groups == {
        (own, "cdn", date(2015, 7, 3), 800): 3,
        (own, "cdn", date(2015, 8, 4), 800): 1,
        (own, "cdn", None, 800): 1,
        (own, "", date(2015, 7, 3), 800): 1,
        ("A2", "cdn", date(2015, 7, 3), 800): 1,
    }


def test_the_day_of_the_invoice_stands_for_that_of_the_order_with_the_ends_of_services_too(billing: Server) -> None:
    invoiced = {"discount_bp": 800, "ordered_on": date(2015, 6, 5), "posted_on": date(2015, 7, 3)}
    fill(
        billing,
        [
            july("L1", **invoiced, service_end=date(2015, 8, 1)),
            july("L2", **{**invoiced, "posted_on": date(2015, 8, 4)}, service_end=date(2015, 8, 1)),
            july("L3", **{**invoiced, "posted_on": None}, service_end=date(2015, 8, 1)),
            july("L4", **invoiced, service_end=date(2015, 8, 2)),
            july("PIECE", **invoiced, account_id="A2", term_months=0),  # a faulty line: its account is read by lines
            july("L5", **invoiced, account_id="A2", service_end=date(2015, 8, 1)),
        ],
    )
    found = read(billing, with_ends=True, by_invoice=True)
    assert (found.fault, found.doubtful) == (None, ())
    own, july_3 = next(each.account_id for each in found.lines if each.account_id != "A2"), date(2015, 7, 3)
    assert {(each.account_id, each.ordered_on, each.service_end): each.lines for each in found.lines} == {
        (own, july_3, date(2015, 8, 1)): 1,
        (own, date(2015, 8, 4), date(2015, 8, 1)): 1,
        (own, None, date(2015, 8, 1)): 1,
        (own, july_3, date(2015, 8, 2)): 1,
        ("A2", july_3, date(2015, 8, 1)): 1,
    }


def test_the_ends_of_services_are_kept_apart_where_they_are_asked_for(billing: Server) -> None:
    ordered = {"discount_bp": 800, "ordered_on": date(2015, 6, 5), "term_months": 3, "net_amount_minor": 3_000}
    fill(
        billing, [july(f"L{place}", **ordered, service_end=date(2015, 10, day)) for place, day in enumerate((1, 2, 2))]
    )
    assert [each.lines for each in read(billing).lines] == [3]
    found = read(billing, with_ends=True).lines
    assert {each.service_end: (each.lines, Fraction(each.share_minor, each.share_of)) for each in found} == {
        date(2015, 10, 1): (1, Fraction(1_000)),
        date(2015, 10, 2): (2, Fraction(2_000)),
    }


def test_what_a_whole_month_or_a_day_costs_is_told_where_ends_are_asked_for(billing: Server) -> None:
    """A year of 120.00, two of 46.00 a month; 16 June to 15 August, 60 days, for 60.00; a term's piece from 17 July."""
    ordered = {"discount_bp": 800, "ordered_on": date(2015, 6, 5)}
    year = {"service_end": date(2016, 7, 1), "term_months": 12}
    period = {"service_start": date(2015, 6, 16), "service_end": date(2015, 8, 15), "term_months": None}
    lines = [
        july("YEAR", **ordered, **year, product="year", net_amount_minor=120_00),
        july("TWO", **ordered, **year, product="two", net_amount_minor=12 * 46_00),
        july("TWIN", **ordered, **year, product="two", net_amount_minor=12 * 46_00),
        july("PERIOD", **ordered, **period, product="period", net_amount_minor=60_00),
        july("PIECE", **ordered, product="piece", service_start=date(2015, 7, 17), term_months=12),
        july("CREDIT", **ordered, product="credit", charge_kind="credit", net_amount_minor=-10_00),
    ]
    prices: dict[str, int | None] = {**dict.fromkeys(("YEAR", "TWO", "TWIN", "PERIOD", "CREDIT")), "PIECE": 120_00}
    with with_prices(billing):
        fill_with_prices(billing, lines, prices)
        found = read(billing, with_ends=True)
        without = read(billing)
    assert (found.fault, found.doubtful) == (None, ())
    assert {
        each.product: (Fraction(each.price_minor, each.price_of), each.period_days, Fraction(*each[5:7]))
        for each in found.lines
    } == {
        "year": (10_00, 0, 10_00),
        "two": (92_00, 0, 92_00),
        "period": (1_00, 60, 31_00),
        "piece": (Fraction(15 * 10_00, 31), 0, Fraction(15 * 10_00, 31)),
        "credit": (-10_00, 0, -10_00),
    }
    assert {each[-4:] for each in without.lines} == {(None, 0, 1, 0)}


@pytest.mark.parametrize(
    ("values", "column", "found"),
    [
        ({"discount_bp": 10_000}, "discount_bp", "10000"),
        ({"discount_bp": -5}, "discount_bp", "-5"),
        ({"ordered_on": date(2015, 8, 1)}, "ordered_on", "'2015-08-01'"),
        ({"ordered_on": date(2015, 7, 2)}, "ordered_on", "'2015-07-02'"),
        ({"ordered_on": date(1066, 10, 14)}, "ordered_on", "'1066-10-14'"),
    ],
)
def test_what_cannot_be_right_of_an_order_is_named_in_the_same_words(
    billing: Server, values: dict[str, Any], column: str, found: str
) -> None:
    """The second is after the day of the invoice, 1 July."""
    fill(
        billing, [july("L1", discount_bp=800, ordered_on=date(2015, 6, 5)), july("L2", **{"discount_bp": 0, **values})]
    )
    answer = read(billing)
    assert answer.fault is None
    assert [(each.line_id, each.column, each.found) for each in answer.doubtful] == [("L2", column, found)]
    assert {(each.discount_bp, each.ordered_on): each.lines for each in answer.lines} == {
        (800, date(2015, 6, 5)): 1,
        (None, None): 1,
    }


@pytest.mark.parametrize("lacking", [("discount_bp",), ("ordered_on",), ("product", "discount_bp", "ordered_on")])
def test_columns_of_orders_may_be_missing(billing: Server, lacking: tuple[str, ...]) -> None:
    fill(billing, [july("L1", discount_bp=800, ordered_on=date(2015, 6, 5))])
    for name in lacking:
        billing.run(f"ALTER TABLE program_mrr_line RENAME COLUMN {name} TO its_{name}", [])
    try:
        found = read(billing)
    finally:
        for name in lacking:
            billing.run(f"ALTER TABLE program_mrr_line RENAME COLUMN its_{name} TO {name}", [])
    assert (found.fault, found.lacks) == (None, lacking)
    (only,) = found.lines
    assert only.discount_bp == (None if "discount_bp" in lacking else 800)
    assert only.ordered_on == (None if "ordered_on" in lacking else date(2015, 6, 5))
    assert only.product == ("" if "product" in lacking else "cdn")


def test_without_the_day_of_the_invoice_no_order_is_after_it(billing: Server) -> None:
    fill(billing, [july("L1", discount_bp=800, ordered_on=date(2015, 7, 20))])
    billing.run("ALTER TABLE program_mrr_line RENAME COLUMN posted_on TO its_day", [])
    try:
        found = read(billing)
    finally:
        billing.run("ALTER TABLE program_mrr_line RENAME COLUMN its_day TO posted_on", [])
    assert [each.ordered_on for each in found.lines] == [date(2015, 7, 20)]


def with_orders(lines: list[tuple[Any, ...]], rng: Random) -> list[tuple[Any, ...]]:
    """Lines with orders of a few days and discounts, some of which cannot be right."""
    ordered = []
    for each in lines:
        given = rng.choice([None, 0, 500, 800, 800, 9_999, 10_000, -1])
        day = rng.choice([None, date(2015, 5, 1), date(2015, 6, 1) + timedelta(days=rng.randrange(80))])
        ordered.append((*each[:12], given, day))
    return ordered


def shares(lines: tuple[OrderLines, ...]) -> dict[tuple[str, str], Fraction]:
    found: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for each in lines:
        found[each.account_id, each.currency] += Fraction(each.share_minor, each.share_of)
    return dict(found)


def counted(revenue: EntityRevenue) -> tuple[dict[tuple[str, str], Fraction], dict[str, tuple[int, int]]]:
    """Shares by account and currency, and lines and amounts by currency, as the pull has them."""
    found: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    figures: dict[str, tuple[int, int]] = {}
    for group in revenue.groups:
        if counts(group):
            lines, amount = figures.get(group.currency, (0, 0))
            figures[group.currency] = lines + group.lines, amount + group.net_amount_minor
        if has_share(group):
            found[group.account_id, group.currency] += Fraction(*share_of(group, JULY.days))
    return dict(found), figures


@pytest.mark.parametrize("draw", ["any lines", "all ways"])
def test_what_counts_is_what_the_pull_counts_and_every_database_answers_alike(
    billing: Server, sqlite_server: Server, draw: str
) -> None:
    for seed in range(8):
        rng = Random(seed)
        prices: dict[str, int | None] = {}
        if draw == "all ways":
            drawn, prices = lines_of_all_ways(rng)
        else:
            drawn = random_lines(rng)
        lines = with_orders(drawn, rng)
        answers = []
        for server in {id(each): each for each in (billing, sqlite_server)}.values():
            if draw == "all ways":
                with with_prices(server):
                    fill_with_prices(server, lines, prices)
                    answers.append((read(server, with_ends=True), server.pull()))
            else:
                fill(server, lines)
                answers.append((read(server), server.pull()))
        for found, pulled in answers:
            assert found.fault is None
            assert (shares(found.lines), dict(found.figures)) == counted(pulled), f"seed {seed}"
            assert found.faulty == pulled.faulty_lines
        first, last = answers[0][0], answers[-1][0]
        assert merged(first) == merged(last)
        assert (first.faulty, first.doubtful) == (last.faulty, last.doubtful)


def merged(found: OrderLinesRead) -> dict[Any, tuple[int, Fraction, Fraction]]:
    """Lines, shares and prices by all that they have in common: a database may tell some of them in several rows."""
    sums: dict[Any, tuple[int, Fraction, Fraction]] = {}
    for each in found.lines:
        key = (*each.order, each.term_months, each.service_end, each.period_days)
        lines, share, price = sums.get(key, (0, Fraction(0), Fraction(0)))
        price += Fraction(each.price_minor, each.price_of)
        sums[key] = lines + each.lines, share + Fraction(each.share_minor, each.share_of), price
    return sums

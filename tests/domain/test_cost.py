"""What a month costs: nine lines worked out by hand, and parts that add up whatever the lines are."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from partner_program.adapters.files.program import load_programs
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.cost import (
    ROUNDING,
    Cost,
    EntityRow,
    ProductRow,
    TierRow,
    by_entity,
    by_product,
    by_tier,
    committed_rows,
    cost_of_orders,
    cost_rows,
    due_of,
    end_rows,
    left_of,
    list_value,
    months_until,
    share_rows,
    tier_order,
    whole_of,
)
from partner_program.domain.dated import Period
from partner_program.domain.due_shares import SharesOfDue
from partner_program.domain.entitlement import Entitlements
from partner_program.domain.leakage import WRONG, judge_orders
from partner_program.domain.money import round_half_away
from partner_program.domain.order_lines import OrderLines, OrderLinesRead
from partner_program.domain.posting import LedgerAccount, Posting, doubts_of_accounts, post_discounts
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import AccountLink
from partner_program.usecases.installation import PROJECT

PROGRAMS = load_programs(PROJECT / "include" / "program")
GO_LIVE, AUGUST, SEPTEMBER = date(2015, 7, 27), BillingMonth(2015, 8), date(2015, 9, 1)
TIER_2, TIER_1 = RateTerms(2, 800, 2_000, "Silver"), RateTerms(1, 500, 1_000, "Bronze")
RATES = {"P1": [Rate(GO_LIVE, TIER_2), Rate(date(2015, 8, 3), TIER_1)], "P2": [Rate(GO_LIVE, TIER_1)]}
ENTITLEMENTS = Entitlements(
    go_live=GO_LIVE,
    links=[
        AccountLink("P1", "NL", "A1", Period(date(2015, 1, 1))),
        AccountLink("P2", "US", "B2", Period(date(2015, 1, 1))),
    ],
    partners=[],
    agreements=[],
    rates=RATES,
)
UNITS = {"EUR": Decimal(1), "USD": Decimal("1.1")}


def line(
    product: str,
    ordered: date | None,
    given: int | None,
    minor: int,
    *,
    account: str = "A1",
    currency: str = "EUR",
    end: date = SEPTEMBER,
    term: int = 1,
    price: tuple[int, int, int] | None = None,
) -> OrderLines:
    """A line that counts so much in August, and costs as much in a whole month unless its price is another."""
    return OrderLines(account, currency, product, ordered, given, minor, 1, 1, term, end, *(price or (minor, 1, 0)))


NINE = (
    line("cdn", date(2015, 8, 1), 800, 920_00),  # list 1,000.00, tier 2
    line("cloud", date(2015, 8, 10), 800, 460_00),  # list 500.00, tier 1 is due 5 %: 15.00 too much
    line("cdn", date(2015, 7, 28), 800, 920_00, end=date(2016, 7, 28), term=12),  # 10 months and 27 of 31 days are left
    line("cdn", date(2015, 8, 1), None, 300_00),  # says no discount
    line("cdn", date(2014, 5, 1), 1_000, 90_00),  # list 100.00, older than the programme
    line("cdn", date(2015, 8, 1), 800, -92_00, end=date(2015, 8, 15)),  # a credit for some days: list -100.00
    line("cdn", date(2015, 8, 10), 0, 310_00, end=date(2015, 10, 1), price=(620_00, 62, 62)),  # 10.00 a day, 62 days
    line("cdn", date(2015, 8, 5), 1_000, 900_00, account="NOBODYS"),  # list 1,000.00, no right to any
)
OF_US = (line("cdn", date(2015, 8, 9), 500, 1_045_00, account="B2", currency="USD"),)  # list 1,100.00 USD, 1,000.00 EUR


def found(nl: Sequence[OrderLines] = NINE, us: Sequence[OrderLines] = OF_US, held: Sequence[str] = ()) -> Cost:
    return cost_of_orders(
        month=AUGUST,
        reads=[OrderLinesRead("NL", tuple(nl)), OrderLinesRead("US", tuple(us))],
        entitlements=ENTITLEMENTS,
        shares=SharesOfDue(programs=PROGRAMS, rates=RATES, agreements=[], grants=[], earned={}),
        rates=UNITS,
        held=held,
    )


def row(rows: Sequence[Any], part: str) -> Any:
    (only,) = [each for each in rows if each.part == part]
    return only


def test_nine_lines_by_tier() -> None:
    rows = cost_rows(found(), TierRow, by_tier, tier_order(6))
    assert [
        (each.part, each.lines, each.list_eur_cents, each.given_eur_cents, each.due_eur_cents, each.beyond_eur_cents)
        for each in rows
    ] == [
        ("2", 3, 1_900_00, 152_00, 152_00, 0),
        ("1", 3, 1_810_00, 90_00, 90_50, -50),
        ("not authorized", 1, 1_000_00, 100_00, 0, 100_00),
        ("before the programme", 1, 100_00, 10_00, None, None),
        ("discount not said", 1, None, None, None, None),
    ]
    assert (row(rows, "discount not said").unknown_lines, row(rows, "discount not said").unknown_eur_cents) == (
        1,
        300_00,
    )
    assert row(rows, "before the programme").unsaid_eur_cents == 10_00


def test_nine_lines_by_entity_and_product_come_to_the_same() -> None:
    entities = cost_rows(found(), EntityRow, by_entity, ())
    products = cost_rows(found(), ProductRow, by_product, ())
    assert [(each.part, each.revenue_eur_cents, each.given_eur_cents, each.due_eur_cents) for each in entities] == [
        ("NL", 3_808_00, 302_00, 192_50),
        ("US", 950_00, 50_00, 50_00),
    ]
    assert [(each.part, each.list_eur_cents, each.given_eur_cents, each.due_eur_cents) for each in products] == [
        ("cdn", 4_310_00, 312_00, 217_50),
        ("cloud", 500_00, 40_00, 25_00),
    ]
    whole = whole_of(found())
    assert [whole.revenue, whole.list_value, whole.given, whole.due, whole.unsaid] == [
        4_758_00,
        4_810_00,
        352_00,
        242_50,
        10_00,
    ]
    assert found().counted_eur_cents == 4_758_00


def test_what_runs_on_is_committed_until_it_is_cancelled_or_ends() -> None:
    """80.00 a month for ten months and 27 of 31 days are 869.68; 30 days of 10.00 at 5 % are 15.00."""
    rows = committed_rows(found(), tier_order(6))
    told = [(each.part, each.monthly_due_eur_cents, each.contract_due_eur_cents, each.last_end) for each in rows]
    assert told == [
        ("2", 80_00, 869_68, date(2016, 7, 28)),
        ("1", 75_00, 15_00, date(2015, 10, 1)),
        ("not authorized", 0, 0, None),
        ("before the programme", None, None, None),
        ("discount not said", None, None, None),
    ]
    assert (row(rows, "2").monthly_lines, row(rows, "2").contract_lines) == (1, 1)  # not the credit, which has ended
    assert row(rows, "before the programme").monthly_list_eur_cents == 100_00
    ends = end_rows(found())
    assert [(each.part, each.lines, each.list_eur_cents, each.due_eur_cents) for each in ends] == [
        ("2015-09", 1, 300_00, 15_00),
        ("2016-07", 1, 10_870_97, 869_68),
    ]


def test_a_contract_that_ends_with_the_month_commits_nothing_after_it() -> None:
    ended = line("cdn", date(2015, 8, 1), 800, 920_00, term=12)
    assert committed_rows(found([ended], ()), ()) == []


@pytest.mark.parametrize(
    ("end", "months"),
    [
        (date(2015, 9, 1), 0),
        (date(2015, 9, 16), Fraction(15, 30)),
        (date(2015, 10, 1), 1),
        (date(2016, 2, 29), 5 + Fraction(28, 29)),
        (date(2018, 9, 1), 36),
    ],
)
def test_months_until_a_contract_ends_count_the_days_of_the_last_one(end: date, months: Fraction) -> None:
    assert months_until(SEPTEMBER, end) == months


def test_a_discount_that_is_not_said_is_never_taken_for_none() -> None:
    silent = found([line("cdn", date(2015, 8, 1), None, 300_00)], ())
    said = found([line("cdn", date(2015, 8, 1), 0, 300_00)], ())
    (unknown,) = cost_rows(silent, TierRow, by_tier, ())
    (known,) = cost_rows(said, TierRow, by_tier, ())
    assert (unknown.list_eur_cents, known.list_eur_cents) == (None, 300_00)
    assert (unknown.due_eur_cents, known.due_eur_cents) == (None, 24_00)


def test_a_currency_without_a_rate_is_in_no_figure_and_counted() -> None:
    cost = found([line("cdn", None, 0, 1_00, currency="GBP")] * 2, ())
    assert (cost.not_converted, cost.parts) == ({"GBP": 2}, [])


def test_what_a_held_partner_was_given_is_known_apart() -> None:
    parts = found(held=["P2"]).parts
    assert {each.order.entity for each in parts if each.order.is_held} == {"US"}


EVERY = LedgerAccount("*", "*", "*", "7000", "8000")


def sides(posting: Posting) -> list[tuple[Any, ...]]:
    return [
        (each.entity, each.account, each.tier, each.product, each.debit_minor, each.credit_minor, each.debit_eur_cents)
        for each in posting.rows
    ]


def test_discounts_are_posted_in_both_currencies_and_balance() -> None:
    posting = post_discounts(found(), [EVERY])
    assert [each for each in sides(posting) if each[0] == "US"] == [
        ("US", "7000", "1", "cdn", 55_00, 0, 50_00),
        ("US", "8000", "1", "cdn", 0, 55_00, 0),
    ]
    assert posting.discounts == {"discounts-2015-08-NL-EUR": 302_00, "discounts-2015-08-US-USD": 50_00}
    debits = sum(each.debit_eur_cents for each in posting.rows)
    assert debits == sum(each.credit_eur_cents for each in posting.rows) == 352_00


def test_what_a_credit_takes_back_is_posted_the_other_way_round() -> None:
    posting = post_discounts(found([NINE[5]], ()), [EVERY])
    assert sides(posting) == [("NL", "7000", "2", "cdn", 0, 8_00, 0), ("NL", "8000", "2", "cdn", 8_00, 0, 8_00)]


@pytest.mark.parametrize(
    ("more", "account"),
    [
        ((), "7000"),
        ((("*", "*", "1"),), "7001"),
        ((("*", "*", "1"), ("*", "cloud", "*")), "7002"),
        ((("*", "*", "1"), ("*", "cloud", "*"), ("NL", "*", "*")), "7003"),
        ((("US", "cloud", "1"), ("NL", "cdn", "1"), ("NL", "cloud", "2")), "7000"),
    ],
)
def test_the_row_that_names_the_entity_goes_before_product_and_tier(more: Any, account: str) -> None:
    rows = [LedgerAccount(e, p, t, f"700{place}", "8000") for place, (e, p, t) in enumerate(more, start=1)]
    posting = post_discounts(found([NINE[1]], ()), [*rows, EVERY])
    assert posting.rows[0].account == account


def test_every_discount_without_an_account_is_named_at_once() -> None:
    with pytest.raises(Refusal) as refused:
        post_discounts(found(), [LedgerAccount("NL", "*", "2", "7000", "8000")])
    assert str(refused.value).splitlines() == [
        "no account of the ledger for entity NL, product cdn, tier before the programme",
        "no account of the ledger for entity NL, product cdn, tier not authorized",
        "no account of the ledger for entity NL, product cloud, tier 1",
        "no account of the ledger for entity US, product cdn, tier 1",
    ]


def drawn(rng: Random) -> list[OrderLines]:
    """Lines of every sort: some that say nothing, that were ordered at any time, of any term, credits among them."""
    lines = []
    for _ in range(rng.randrange(60)):
        minor = rng.randrange(-100_000, 1_000_000)
        days = rng.choice([0, 0, 0, 10, 92])
        term = 1 if days else rng.choice([1, 1, 3, 12])
        lines.append(
            OrderLines(
                account_id=rng.choice(["A1", "B2", "NOBODYS"]),
                currency=rng.choice(["EUR", "USD"]),
                product=rng.choice(["cdn", "cloud", ""]),
                ordered_on=rng.choice([None, date(2014, 6, 1), date(2015, 7, 27), date(2015, 8, rng.randrange(1, 9))]),
                discount_bp=rng.choice([None, 0, 500, 800, 1_000, 9_999]),
                share_minor=minor * rng.randrange(1, 32),
                share_of=days or term * 31,
                lines=rng.randrange(1, 4),
                term_months=term,
                service_end=date(2015, 8, 5) if rng.random() < 0.2 else date(2015 + rng.randrange(1, 3), 2, 14),
                price_minor=minor,
                price_of=days or term,
                period_days=days,
            )
        )
    return lines


def test_every_part_adds_up_whatever_the_lines_and_what_is_beyond_is_that_of_leakage() -> None:
    for seed in range(150):
        rng = Random(seed)
        nl, us = drawn(rng), drawn(rng)
        cost, reads = found(nl, us), [OrderLinesRead("NL", tuple(nl)), OrderLinesRead("US", tuple(us))]
        leakage = judge_orders(
            month=AUGUST, reads=reads, entitlements=ENTITLEMENTS, rates=UNITS, prepayment_bp={12: 1_000}
        )
        for kind in WRONG:
            beyond = sum(each.beyond_cents for each in cost.parts if each.order.kind == kind)
            assert beyond == leakage.effect_cents(kind), seed
        assert cost.counted_eur_cents == leakage.counted_eur_cents
        assert_sums_of_lines(cost, nl, us)
        assert_parts_add_up(cost)
        posting = post_discounts(cost, [EVERY])
        assert sum(each.debit_minor - each.credit_minor for each in posting.rows) == 0
        assert abs(sum(posting.discounts.values()) - whole_of(cost).given) <= len(posting.rows) / 4 + Fraction(1, 2)


def assert_sums_of_lines(cost: Cost, nl: Sequence[OrderLines], us: Sequence[OrderLines]) -> None:
    """The whole is what adding up line by line gives, as exact fractions."""
    sums: dict[str, Fraction] = defaultdict(Fraction)
    for entity, lines in (("NL", nl), ("US", us)):
        for each in lines:
            euros = Fraction(each.share_minor, each.share_of) / Fraction(UNITS[each.currency])
            sums["revenue"] += euros
            if each.discount_bp is None:
                sums["unknown"] += euros
                continue
            full = euros / (1 - Fraction(each.discount_bp, 10_000))
            sums["list"] += full
            day = each.ordered_on
            due = None if day is None else ENTITLEMENTS.on(entity, each.account_id, day, each.product).due_bp
            if due is None:
                sums["unsaid"] += full - euros
            else:
                sums["due"] += full * due / 10_000
    whole = whole_of(cost)
    assert (whole.revenue, whole.unknown, whole.list_value) == (sums["revenue"], sums["unknown"], sums["list"])
    assert (whole.due, whole.unsaid) == (sums["due"], sums["unsaid"])
    assert whole.given == whole.list_value + whole.unknown - whole.revenue


def rounded(amount: Fraction) -> int:
    return round_half_away(amount.numerator, amount.denominator)


def assert_parts_add_up(cost: Cost) -> None:
    """Each column of each table is the whole, rounded once, and its rounding is less than half a cent a row."""
    whole = whole_of(cost)
    for rows in (
        cost_rows(cost, TierRow, by_tier, tier_order(6)),
        cost_rows(cost, EntityRow, by_entity, ()),
        cost_rows(cost, ProductRow, by_product, ()),
    ):
        for column, exact in (
            ("revenue_eur_cents", whole.revenue),
            ("unknown_eur_cents", whole.unknown),
            ("list_eur_cents", whole.list_value),
            ("given_eur_cents", whole.given),
            ("due_eur_cents", whole.due),
            ("unsaid_eur_cents", whole.unsaid),
        ):
            values = [getattr(each, column) or 0 for each in rows]
            assert sum(values) == rounded(exact)
            assert all(abs(getattr(each, column) or 0) <= len(rows) / 2 for each in rows if each.part == ROUNDING)
        assert sum(each.lines for each in rows) == sum(each.lines for each in cost.parts)
        assert sum(each.beyond_eur_cents or 0 for each in rows) == sum(each.beyond_cents for each in cost.parts)
    committed, ends, shares = committed_rows(cost, tier_order(6)), end_rows(cost), share_rows(cost)
    left = cost.cents(due_of, left_of)
    assert sum(each.contract_due_eur_cents or 0 for each in committed) == left
    assert sum(each.due_eur_cents or 0 for each in ends) == left
    assert sum(each.contract_due_eur_cents for each in shares) == left
    assert sum(each.list_eur_cents or 0 for each in ends) == cost.cents(list_value, left_of)
    assert sum(each.due_eur_cents for each in shares) == rounded(whole.due)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("*", "*", "*")], []),
        ([("NL", "*", "*")], []),
        ([("NL", "*", "*"), ("DE", "*", "*")], ["no entity DE: its accounts of the ledger are for nothing"]),
        ([("*", "*", "*"), ("*", "*", "3")], ["no tier 3: its accounts of the ledger are for nothing"]),
        ([("*", "*", "*"), ("*", "*", "older agreement")], []),
        (
            [("*", "*", "1"), ("*", "*", "order not known")],
            ["no account of the ledger for entity NL, tier 2, none, older agreement, not authorized, "
             "before the programme, of a product that no row names"],
        ),
        (
            [("*", "vps", "*")],
            ["no account of the ledger for entity NL, any tier, of a product that no row names"],
        ),
    ],
)  # fmt: skip
def test_rows_for_nothing_and_discounts_without_an_account_are_named_before_a_month_is_posted(
    rows: list[tuple[str, str, str]], said: list[str]
) -> None:
    accounts = [LedgerAccount(*each, "7000", "8000") for each in rows]
    assert list(doubts_of_accounts(accounts, entities=["NL"], highest_tier=2)) == said

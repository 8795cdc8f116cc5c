"""Leakage of lines: whose order it was, what it was due, and cents that add up whatever the shares are."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.dated import Period
from partner_program.domain.entitlement import Entitlements
from partner_program.domain.leakage import (
    DoubtfulRow,
    EntityRow,
    KindSums,
    Leakage,
    LinesRow,
    PartnerRow,
    doubtful_rows,
    entity_rows,
    group_rows,
    judge_orders,
    lines_rows,
    partner_rows,
)
from partner_program.domain.order_lines import OrderLines, OrderLinesRead
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.registry import AccountLink
from partner_program.domain.revenue import FaultyLine

GO_LIVE, AUGUST = date(2015, 7, 27), BillingMonth(2015, 8)
EIGHT, FIVE = (RateTerms(tier, bp, 0, None) for tier, bp in ((2, 800), (1, 500)))


def entitlements(*rates: Rate, links: Any = None) -> Entitlements:
    own = links or [AccountLink("P1", "NL", "A1", Period(date(2015, 1, 1)))]
    return Entitlements(
        go_live=GO_LIVE, links=own, partners=[], agreements=[], rates={"P1": rates, "P2": [Rate(GO_LIVE, FIVE)]}
    )


def line(given: int | None, *, day: date | None = date(2015, 8, 1), share: int = 900_00, of: int = 1) -> OrderLines:
    return OrderLines("A1", "EUR", "cdn", day, given, share, of, 1, 1, None)


def judged(*lines: OrderLines, due: Entitlements, **rates: str) -> Leakage:
    units = {"EUR": Decimal(1)} | {currency: Decimal(rate) for currency, rate in rates.items()}
    return judge_orders(
        month=AUGUST, reads=[OrderLinesRead("NL", lines)], entitlements=due, rates=units, prepayment_bp={12: 1_000}
    )


@pytest.mark.parametrize(
    ("day", "source", "due_bp"),
    [
        (date(2015, 7, 26), "before the programme", None),
        (date(2015, 7, 27), "rate", 800),
        (date(2015, 8, 2), "rate", 800),
        (date(2015, 8, 3), "rate", 500),
        (date(2030, 1, 1), "rate", 500),
    ],
)
def test_the_rate_of_an_order_is_the_newest_begun_by_its_day(day: date, source: str, due_bp: int | None) -> None:
    found = entitlements(Rate(GO_LIVE, EIGHT), Rate(date(2015, 8, 3), FIVE)).on("NL", "A1", day, "vps")
    assert (found.partner_id, found.source, found.due_bp) == ("P1", source, due_bp)


def test_of_two_rates_of_a_day_the_one_written_last_holds() -> None:
    assert entitlements(Rate(GO_LIVE, EIGHT), Rate(GO_LIVE, FIVE)).on("NL", "A1", GO_LIVE, "vps").due_bp == 500


def test_an_account_that_was_linked_at_go_live_had_its_partner_before() -> None:
    links = [AccountLink("P1", "NL", "A1", Period(GO_LIVE)), AccountLink("P1", "NL", "A2", Period(date(2015, 7, 28)))]
    due = entitlements(Rate(GO_LIVE, EIGHT), links=links)
    assert due.on("NL", "A1", date(2013, 1, 1), "vps").partner_id == "P1"
    assert due.on("NL", "A2", date(2013, 1, 1), "vps").partner_id == ""
    assert due.on("NL", "A2", GO_LIVE, "vps").source == "not authorized"


def test_the_day_on_which_a_link_ends_is_the_next_partners() -> None:
    change = date(2015, 8, 1)
    links = [AccountLink("P1", "NL", "A1", Period(GO_LIVE, change)), AccountLink("P2", "NL", "A1", Period(change))]
    due = entitlements(Rate(GO_LIVE, EIGHT), links=links)
    assert (due.on("NL", "A1", date(2015, 7, 31), "vps").due_bp, due.on("NL", "A1", change, "vps").due_bp) == (800, 500)


@pytest.mark.parametrize(
    ("given", "day", "kind"),
    [
        (800, date(2015, 8, 1), "equal"),
        (0, date(2015, 8, 1), "under"),
        (None, date(2015, 8, 1), "unknown"),  # says nothing, which is not 0 %
        (800, None, "unknown"),
        (None, date(2015, 6, 1), "unknown"),
        (0, date(2015, 6, 1), "before"),
    ],
)
def test_what_an_order_does_not_say_is_not_known_and_never_taken_for_nothing(
    given: int | None, day: date | None, kind: Any
) -> None:
    found = judged(line(given, day=day), due=entitlements(Rate(GO_LIVE, EIGHT)))
    assert {each for (_, each), sums in found.sums.items() if sums.lines} == {kind}


def test_what_a_partner_is_owed_is_not_made_up_for_by_what_it_was_given_too_much() -> None:
    """3 points too little of 1,000.00, and 2 points too much of it."""
    found = judged(line(500, share=950_00), line(1_000, share=900_00), due=entitlements(Rate(GO_LIVE, EIGHT)))
    (row,) = partner_rows(found, {"P1": "One"})
    assert (row.owed_eur_cents, row.over_eur_cents) == (30_00, 20_00)
    assert found.too_much_cents == 20_00


def test_half_a_cent_is_rounded_away_from_zero_both_ways() -> None:
    """0.45 EUR at 10 % for 9 %: list 0.50, a point of it 0.005."""
    due = entitlements(Rate(GO_LIVE, RateTerms(1, 900, 0, None)))
    assert judged(line(1_000, share=45), due=due).effect_cents("over") == 1
    assert judged(line(1_000, share=-45), due=due).effect_cents("over") == -1


def test_lines_of_one_order_are_added_up_before_they_are_rounded() -> None:
    due = entitlements(Rate(GO_LIVE, EIGHT))
    found = judged(*[line(800, share=1, of=3)] * 3, due=due)
    assert found.total("equal") == KindSums(lines=3, revenue_eur_cents=1)


def test_the_parts_add_up_to_what_counts_whatever_the_shares() -> None:
    due = entitlements(Rate(GO_LIVE, EIGHT))
    for seed in range(300):
        rng = Random(seed)
        lines = [
            line(
                rng.choice([None, 0, 500, 800, 1_000, 9_999]),
                day=rng.choice([None, date(2015, 6, 1), date(2015, 8, rng.randrange(1, 5))]),
                share=rng.randrange(-100_000, 1_000_000),
                of=rng.choice([1, 7, 31, 93, 372]),
            )._replace(currency=rng.choice(["EUR", "USD"]), account_id=rng.choice(["A1", "A2"]))
            for _ in range(rng.randrange(40))
        ]
        found = judged(*lines, due=due, USD="1.078805")
        rows = group_rows(found)
        assert sum(row.lines for row in rows) == len(lines)
        assert sum(row.revenue_eur_cents for row in rows) + found.rounding_cents == found.counted_eur_cents
        exact = sum(
            Fraction(each.share_minor, each.share_of) / (Fraction("1.078805") if each.currency == "USD" else 1)
            for each in lines
        )
        assert abs(found.counted_eur_cents - exact) <= 2  # four accounts and currencies, half a cent each


# What people read of it: P1 was due 8 %, P2 5 %, whose accounts A3 and A4 are is not known

DAY = date(2015, 8, 1)
LINKS = [
    AccountLink("P1", "NL", "A1", Period(date(2015, 1, 1))),
    AccountLink("P2", "NL", "A2", Period(date(2015, 1, 1))),
    AccountLink("P1", "DE", "A5", Period(date(2015, 1, 1))),
]


def of(account_id: str, given: int | None, **changed: Any) -> OrderLines:
    return line(given)._replace(account_id=account_id, **changed)


def two_entities() -> Leakage:
    """Effects are of the list price: 900.00 at 10 % were 1,000.00."""
    nl = [
        of("A1", 800),
        of("A1", 0, lines=2),  # 72.00 less than due
        of("A1", 1_000),  # 20.00 too much
        of("A2", 0, product="vps"),  # 45.00 less
        of("A3", 1_000),  # 100.00 without a right
        of("A4", 2_500, share_minor=90_00),  # 30.00 without a right
        of("A1", 500, ordered_on=date(2015, 7, 1)),
        of("A1", None),
    ]
    reads = [OrderLinesRead("NL", tuple(nl)), OrderLinesRead("DE", (of("A5", 1_000, share_minor=9_00),))]
    due = entitlements(Rate(GO_LIVE, EIGHT), links=LINKS)
    return judge_orders(month=AUGUST, reads=reads, entitlements=due, rates={"EUR": Decimal(1)}, prepayment_bp={})


def test_partners_are_told_to_whom_most_is_owed_first_and_accounts_of_nobody_last() -> None:
    assert partner_rows(two_entities(), {"P1": "Company P1", "": "nobody's"}) == [
        PartnerRow("P1", "Company P1", 2, 72_00, 2, 20_20, 0, 0),
        PartnerRow("P2", "", 1, 45_00, 0, 0, 0, 0),
        PartnerRow("", "accounts of no partner", 0, 0, 0, 0, 2, 130_00),
    ]


def test_of_partners_to_whom_as_much_is_owed_the_one_that_was_given_most_comes_first() -> None:
    links = [AccountLink(f"P{each}", "NL", f"A{each}", Period(date(2015, 1, 1))) for each in (3, 4, 5)]
    due = Entitlements(
        go_live=GO_LIVE,
        links=links,
        partners=[],
        agreements=[],
        rates={each.partner_id: [Rate(GO_LIVE, EIGHT)] for each in links},
    )
    found = judged(of("A3", 1_000), of("A4", 1_700), of("A5", 1_000), due=due)
    assert [row.partner_id for row in partner_rows(found, {})] == ["P4", "P3", "P5"]


def test_entities_are_told_in_order_with_all_that_their_lines_say() -> None:
    assert entity_rows(two_entities()) == [
        EntityRow("DE", 1, 9_00, 0, 20, 0, 0, 0),
        EntityRow("NL", 9, 7 * 900_00 + 90_00, 117_00, 20_00, 130_00, 1, 1),
    ]
    assert two_entities().too_much_cents == 150_20


def test_lines_are_told_the_debts_first_and_in_each_kind_the_largest() -> None:
    def row(group: str, partner_id: str, account_id: str, given: int, due: int, effect: int, **other: Any) -> LinesRow:
        values = {
            "entity": "NL",
            "product": "cdn",
            "due_from": "rate",
            "lines": 1,
            "revenue_eur_cents": 900_00,
            "ordered_on": DAY,
            "currency": "EUR",
        }
        return LinesRow(
            group=group,
            partner_id=partner_id,
            account_id=account_id,
            given_bp=given,
            due_bp=due,
            effect_eur_cents=effect,
            **(values | other),
        )

    less, more, without = "given less than due", "given more than due", "given without a right to it"
    assert lines_rows(two_entities()) == [
        row(less, "P1", "A1", 0, 800, -72_00, lines=2),
        row(less, "P2", "A2", 0, 500, -45_00, product="vps"),
        row(more, "P1", "A1", 1_000, 800, 20_00),
        row(more, "P1", "A5", 1_000, 800, 20, entity="DE", revenue_eur_cents=9_00),
        row(without, "", "A3", 1_000, 0, 100_00, due_from="not authorized"),
        row(without, "", "A4", 2_500, 0, 30_00, due_from="not authorized", revenue_eur_cents=90_00),
    ]


def test_a_line_whose_order_cannot_be_right_is_told_with_what_was_expected() -> None:
    doubtful = FaultyLine("L7", "A1", "EUR", "recurring", "posted", 1, "ordered_on", "2051-01-01", "a day until today")
    reads = [OrderLinesRead("NL", doubtful=(doubtful,)), OrderLinesRead("DE")]
    assert doubtful_rows(reads) == [DoubtfulRow("NL", "A1", "L7", "ordered_on", "2051-01-01", "a day until today")]

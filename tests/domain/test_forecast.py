"""The forecast of August 2015, by hand: what renews, what is usual, what is at risk, who drops, how right it was."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.forecast import (
    Amounts,
    Expectation,
    Forecast,
    ForecastPartner,
    drops,
    expect_month,
    forecast_month,
    rises,
)
from partner_program.domain.forecast_lines import ComingMonth, LastLines
from partner_program.domain.forecast_proof import hold_against
from partner_program.domain.fx_guard import FxBasis, LastEarned
from partner_program.domain.program import NOTHING_HELD, Need, OnRecord, Program
from partner_program.domain.registry import AccountLink, Partner
from partner_program.domain.revenue import MrrGroup
from partner_program.domain.settlement import PartnerHistory
from partner_program.domain.tier_changes import Changes, Merit
from tests.domain.made_month import PROGRAM, billed, entity, faulty, grant, line, link, partner

AUGUST = BillingMonth(2015, 8)
FIRST_DAY_OF_AUGUST, FIRST_DAY_OF_SEPTEMBER = date(2015, 8, 1), date(2015, 9, 1)


def last(
    minor: int,
    start: date = date(2015, 7, 1),
    end: date = FIRST_DAY_OF_AUGUST,
    *,
    term: int | None = 1,
    kind: str = "recurring",
    account_id: str = "A1",
    currency: str = "EUR",
    whole: int | None = None,
) -> LastLines:
    amount = minor if whole is None else whole
    return LastLines(account_id, currency, kind, term, start, end, 1, minor, amount)


def posted(minor: int, **how: Any) -> MrrGroup:
    return line(minor, month=AUGUST, **how)


def expected(
    *groups: MrrGroup,
    before: Sequence[LastLines] = (),
    links: Sequence[AccountLink] = (link(),),
    partners: Sequence[Partner] = (partner(),),
    rates: Mapping[str, Decimal] | None = None,
    coming: ComingMonth | None = None,
) -> Expectation:
    return expect_month(
        month=AUGUST,
        entities=[entity()],
        partners=partners,
        links=links,
        rates=rates or {},
        coming=[coming or ComingMonth(billed(*groups, reseller_accounts=["A1"]), tuple(before))],
    )


def forecast(
    *groups: MrrGroup,
    partners: Sequence[Partner] = (partner(),),
    history: PartnerHistory | None = None,
    held_before: Sequence[str] = (),
    program: Program = PROGRAM,
    held: OnRecord = NOTHING_HELD,
    **how: Any,
) -> Forecast:
    return forecast_month(
        expected(*groups, partners=partners, **how),
        program=program,
        partners=partners,
        histories={"P1": history or PartnerHistory()},
        held_before=held_before,
        held={"P1": held},
    )


def of_p1(*groups: MrrGroup, **how: Any) -> ForecastPartner:
    (found,) = forecast(*groups, **how).partners
    return found


def amounts(found: ForecastPartner) -> tuple[int, int, int]:
    return found.sure_cents, found.expected_cents, found.at_risk_cents


# What renews


def test_a_monthly_fee_that_ends_on_the_last_day_comes_again_whole() -> None:
    assert amounts(of_p1(before=[last(100_00)])) == (0, 100_00, 0)


def test_a_fee_billed_from_the_15th_is_posted_for_14_days_and_comes_again_for_17() -> None:
    first = posted(31_00, start=date(2015, 7, 15), end=date(2015, 8, 15))
    found = of_p1(first, before=[last(31_00, date(2015, 7, 15), date(2015, 8, 15))])
    assert amounts(found) == (14_00, 31_00, 0)


def test_a_fee_that_ended_in_the_middle_of_the_month_before_comes_again_for_the_whole_month() -> None:
    assert amounts(of_p1(before=[last(31_00, date(2015, 6, 15), date(2015, 7, 15))])) == (0, 31_00, 0)


def test_a_service_cancelled_in_mid_month_does_not_come_again() -> None:
    piece = last(14_00, date(2015, 7, 1), date(2015, 7, 15), whole=31_00)
    whole = last(31_00, date(2015, 7, 1), date(2015, 7, 15))
    assert amounts(of_p1(before=[piece, whole])) == (0, 0, 0)


def test_a_first_piece_to_the_end_of_the_calendar_month_comes_again_as_the_whole_term() -> None:
    assert amounts(of_p1(before=[last(10_00, date(2015, 7, 22), FIRST_DAY_OF_AUGUST, whole=31_00)])) == (0, 31_00, 0)


def test_an_annual_contract_that_ends_is_expected_at_a_twelfth_and_at_risk() -> None:
    found = of_p1(before=[last(1_200_00, date(2014, 8, 1), FIRST_DAY_OF_AUGUST, term=12)])
    assert amounts(found) == (0, 100_00, 100_00)
    assert (found.contract_cents, found.credit_cents) == (100_00, 0)


def test_an_annual_contract_that_ends_in_the_month_is_at_risk_for_the_rest_of_it() -> None:
    start, end = date(2014, 8, 11), date(2015, 8, 11)
    running = posted(3_720_00, start=start, end=end, term=12)
    found = of_p1(running, before=[last(3_720_00, start, end, term=12)])
    assert amounts(found) == (100_00, 310_00, 210_00)


def test_a_period_without_a_term_comes_again_by_its_whole_months_or_its_days() -> None:
    assert amounts(of_p1(before=[last(30_00, date(2015, 6, 15), date(2015, 7, 15), term=None)])) == (0, 30_00, 0)
    assert amounts(of_p1(before=[last(20_00, date(2015, 7, 12), FIRST_DAY_OF_AUGUST, term=None)])) == (0, 31_00, 0)


def test_what_is_posted_already_is_sure_and_does_not_come_twice() -> None:
    assert amounts(of_p1(posted(100_00))) == (100_00, 100_00, 0)


def test_each_account_is_rounded_once() -> None:
    """A third of a cent three times is a cent, as in a run, and not three times none."""
    found = of_p1(before=[last(1, date(2015, 5, 1), FIRST_DAY_OF_AUGUST, term=3)] * 3)
    assert found.expected_cents == 1


# Usage and credits


def test_usage_comes_as_last_month_less_what_is_posted() -> None:
    usage = posted(10_00, kind="usage")
    assert amounts(of_p1(usage, before=[last(40_00, kind="usage")])) == (10_00, 40_00, 0)
    assert amounts(of_p1(posted(50_00, kind="usage"), before=[last(40_00, kind="usage")])) == (50_00, 50_00, 0)


def test_where_the_usage_of_last_month_is_not_posted_yet_it_is_that_of_the_month_before() -> None:
    june = last(30_00, date(2015, 6, 1), date(2015, 7, 1), kind="usage")
    assert amounts(of_p1(before=[june])) == (0, 30_00, 0)
    assert amounts(of_p1(before=[june, last(40_00, kind="usage")])) == (0, 40_00, 0)


def test_credits_as_last_month_are_at_risk_and_posted_ones_are_sure() -> None:
    assert amounts(of_p1(posted(100_00), before=[last(-30_00, kind="credit")])) == (100_00, 100_00, 30_00)
    given = posted(-10_00, kind="credit")
    found = of_p1(posted(100_00), given, before=[last(-30_00, kind="credit")])
    assert amounts(found) == (90_00, 90_00, 20_00)
    assert found.credit_cents == 20_00


def test_of_a_credit_the_share_of_the_month_before_is_usual() -> None:
    credit = last(-30_00, date(2015, 6, 1), FIRST_DAY_OF_AUGUST, kind="credit", term=None)
    assert of_p1(posted(100_00), before=[credit]).at_risk_cents == 15_25  # 31 of 61 days: 15.2459


# Whose, and what is not known


def test_an_account_is_the_partners_to_whom_it_is_linked_on_the_last_day() -> None:
    links = [link("P1", until=date(2015, 8, 31)), link("P2", since=date(2015, 8, 31))]
    found = forecast(posted(1_00), before=[last(100_00)], links=links, partners=[partner(), partner("P2")])
    assert {each.partner_id: amounts(each) for each in found.partners} == {"P1": (0, 0, 0), "P2": (1_00, 101_00, 0)}


def test_all_that_comes_again_is_at_risk_for_a_partner_that_the_month_before_held() -> None:
    found = of_p1(posted(10_00), before=[last(100_00)], held_before=["P1"])
    assert amounts(found) == (10_00, 110_00, 100_00)


def test_a_currency_is_converted_at_the_rate_that_is_given_and_not_known_without_one() -> None:
    fees = [last(110_00, currency="USD")]
    assert of_p1(before=fees, rates={"USD": Decimal("1.1")}).expected_cents == 100_00
    found = forecast(before=fees)
    assert (found.partners, [each.reason for each in found.not_known]) == (
        (),
        ["entity NL: no exchange rate for USD in 2015-08"],
    )


@pytest.mark.parametrize(
    ("coming", "reason"),
    [
        (ComingMonth(billed(fault="no answer")), "no answer"),
        (ComingMonth(billed(posted(1_00), faulty_lines=[faulty()], reseller_accounts=["A1"])), "line L7"),
        (ComingMonth(billed(), (), ("A1",)), "account A1"),
        (ComingMonth(billed()), "account A1 bills nothing"),
    ],
)
def test_a_partner_that_cannot_be_counted_is_not_known_and_not_lower(coming: ComingMonth, reason: str) -> None:
    found = forecast(coming=coming, history=PartnerHistory(previous_tier=3))
    assert found.partners == ()
    assert reason in found.not_known[0].reason
    assert drops(found, PROGRAM) == []


def test_an_account_whose_fees_only_come_again_is_not_unseen() -> None:
    assert forecast(coming=ComingMonth(billed(), (last(1_00),))).not_known == ()


def test_a_partner_that_is_not_authorised_is_not_forecast() -> None:
    found = forecast(posted(1_00), partners=[partner(status="suspended")])
    assert (found.partners, found.not_known) == ((), ())


# Tiers


def in_tier(tier: int, **history: Any) -> PartnerHistory:
    return PartnerHistory(previous_tier=tier, **history)


def test_a_cent_below_the_threshold_drops_unless_a_cent_more_is_billed() -> None:
    found = forecast(before=[last(1_999_99)], history=in_tier(2))
    (row,) = drops(found, PROGRAM)
    assert (row.certainty, row.tier, row.tier_then, row.needed_cents) == ("will", 2, 1, 1)
    assert row.unless == "0.01 EUR more is billed than expected"
    assert drops(forecast(before=[last(2_000_00)], history=in_tier(2)), PROGRAM) == []


def test_a_partner_may_drop_where_what_is_at_risk_holds_its_tier() -> None:
    annual = last(1_200_00, date(2014, 8, 1), FIRST_DAY_OF_AUGUST, term=12)
    found = forecast(posted(1_950_00), before=[annual, last(-10_00, kind="credit")], history=in_tier(2))
    (row,) = drops(found, PROGRAM)
    assert (row.certainty, row.tier_then, row.needed_cents) == ("may", 1, 60_00)
    assert row.unless == (
        "60.00 EUR of what is at risk comes; contracts of 100.00 EUR end and are not renewed yet; "
        "credits of 10.00 EUR are usual"
    )


def test_a_grant_lifts_while_it_is_in_force_on_the_first_effective_day() -> None:
    goes_on = grant(3, date(2015, 7, 1), date(2015, 9, 2))
    found = of_p1(posted(600_00), history=in_tier(3, open_grants=(goes_on,)))
    assert (found.sure_tier, found.expected_tier, found.at_risk_tier, found.grant_ends_on) == (3, 3, 3, None)


def test_a_grant_that_is_over_on_the_first_effective_day_drops_the_tier_unless_it_is_earned() -> None:
    ends = grant(3, date(2015, 7, 1), FIRST_DAY_OF_SEPTEMBER)
    found = forecast(posted(600_00), history=in_tier(3, open_grants=(ends,)))
    (row,) = drops(found, PROGRAM)
    assert (row.tier_then, row.needed_cents) == (1, 4_400_00)
    assert row.unless == "4,400.00 EUR more is billed than expected; its grant ends on 2015-09-01"
    assert drops(forecast(posted(5_000_00), history=in_tier(3, open_grants=(ends,))), PROGRAM) == []


TIER_3_NEEDS_2_STAFF = replace(
    PROGRAM,
    tiers=tuple(replace(row, requires=(Need("staff", 2),) if row.tier >= 3 else ()) for row in PROGRAM.tiers),
)


@pytest.mark.parametrize(
    ("cents", "staff", "needed", "unless"),
    [
        (5_000_00, 1, None, "what Tier 3 needs beside revenue is on record: 2 staff, on record 1"),
        (
            4_999_99,
            0,
            1,
            "0.01 EUR more is billed than expected; "
            "what Tier 3 needs beside revenue is on record: 2 staff, on record 0",
        ),
        (4_999_99, 2, 1, "0.01 EUR more is billed than expected"),
    ],
)
def test_a_drop_for_what_is_not_on_record_names_it_and_asks_for_no_amount_that_is_there(
    cents: int, staff: int, needed: int | None, unless: str
) -> None:
    how: dict[str, Any] = {"program": TIER_3_NEEDS_2_STAFF, "history": in_tier(3)}
    (row,) = drops(forecast(posted(cents), held={"staff": staff}, **how), TIER_3_NEEDS_2_STAFF)
    assert (row.tier_then, row.needed_cents, row.unless) == (2, needed, unless)
    assert drops(forecast(posted(5_000_00), held={"staff": 2}, **how), TIER_3_NEEDS_2_STAFF) == []


def test_a_drop_of_whom_a_rise_waits_for_its_review_names_the_review_and_no_amount() -> None:
    program = replace(PROGRAM, changes=Changes("review", "monthly", (12,)))
    ends = grant(3, date(2015, 7, 1), date(2015, 8, 31))
    history = in_tier(3, open_grants=(ends,), merit=Merit(1, 1))
    (row,) = drops(forecast(posted(6_000_00), history=history, program=program), program)
    assert (row.tier_then, row.needed_cents) == (1, None)
    assert row.unless == (
        "a grant goes on until the review of 2015-12, for which a rise waits; its grant ends on 2015-08-31"
    )


def test_a_drop_of_whom_exchange_rates_alone_move_no_tier_asks_for_no_amount_that_is_there() -> None:
    program, july = replace(PROGRAM, fx_guard="hold_tier"), BillingMonth(2015, 7)
    found = expect_month(
        month=AUGUST,
        entities=[entity()],
        partners=[partner()],
        links=[link()],
        rates={"USD": Decimal("0.5")},
        coming=[ComingMonth(billed(posted(3_000_00, currency="USD"), reseller_accounts=["A1"]))],
        basis=FxBasis({"P1": LastEarned(2, july)}, {july: {"USD": Decimal(1)}}),
    )
    ends = grant(3, date(2015, 7, 1), date(2015, 8, 31))
    month = forecast_month(
        found, program=program, partners=[partner()], histories={"P1": in_tier(3, open_grants=(ends,))}
    )
    (row,) = drops(month, program)
    assert (row.tier_then, row.needed_cents) == (2, None)
    assert row.unless == "as much is billed at the exchange rates of before; its grant ends on 2015-08-31"


def test_who_will_rise_by_revenue_and_who_by_a_grant() -> None:
    (row,) = rises(forecast(posted(2_000_01), history=in_tier(1)), PROGRAM)
    assert (row.tier, row.tier_then, row.above_cents, row.by) == (1, 2, 1, "revenue")
    lifted = in_tier(1, open_grants=(grant(3, date(2015, 8, 15), date(2015, 12, 1)),))
    (row,) = rises(forecast(posted(600_00), history=lifted), PROGRAM)
    assert (row.tier_then, row.above_cents, row.by) == (3, None, "a grant")


def test_a_partner_without_a_month_before_neither_drops_nor_rises() -> None:
    found = forecast(posted(600_00))
    assert (drops(found, PROGRAM), rises(found, PROGRAM)) == ([], [])


# How right it was


def test_a_forecast_is_held_against_what_was_settled() -> None:
    links = [link(f"P{number}", f"A{number}") for number in (1, 2, 3, 4)]
    found = expected(
        posted(300_00),
        before=[last(200_00), last(499_99, account_id="A2"), last(700_00, account_id="A3")],
        links=links,
        partners=[partner(f"P{number}") for number in (1, 2, 3, 4)],
    )
    settled = {"P1": (600_00, 1), "P2": (500_00, 1), "P3": (100_00, 0), "P5": (1_00, 0)}

    row, misses = hold_against(found, settled, PROGRAM, {"P3": "Three"})

    assert (row.partners, row.right, row.too_high, row.too_low, row.not_compared) == (3, 1, 1, 1, 2)
    assert (row.sure_cents, row.expected_cents, row.settled_cents) == (300_00, 1_699_99, 1_200_00)
    assert (row.error_cents, row.absolute_cents, row.sure_bp) == (499_99, 700_01, 2500)
    assert [(each.partner_id, each.company_name, each.error_cents) for each in misses] == [
        ("P3", "Three", 600_00),
        ("P2", "", -1),
    ]


def test_a_forecast_of_a_tier_that_lacks_what_is_on_record_is_right_where_the_month_lacked_it_too() -> None:
    found = expected(before=[last(6_000_00)])
    settled = {"P1": (6_000_00, 2)}
    row, misses = hold_against(found, settled, TIER_3_NEEDS_2_STAFF, {}, None, {"P1": {"staff": 1}})
    assert (row.right, misses) == (1, [])
    row, (miss,) = hold_against(found, settled, TIER_3_NEEDS_2_STAFF, {}, None, {"P1": {"staff": 2}})
    assert (row.too_high, miss.expected_tier) == (1, 3)


def test_a_forecast_of_a_tier_that_exchange_rates_alone_do_not_move_is_right_where_the_month_held_it_too() -> None:
    program, amount = replace(PROGRAM, fx_guard="hold_tier"), Amounts(6_000_00, 6_000_00, 6_000_00, 6_000_00)
    before, last_two = Amounts(3_000_00, 3_000_00, 3_000_00, 3_000_00), LastEarned(2, BillingMonth(2015, 7))
    found = Expectation(AUGUST, {"P1": amount}, {}, {"P1": before}, {"P1": last_two})
    assert hold_against(found, {"P1": (6_000_00, 2)}, program, {})[0].right == 1
    assert hold_against(found, {"P1": (6_000_00, 3)}, program, {})[0].too_low == 1

"""The receipt of one partner: each line with its bucket and its exact share, the band, and the terms that stay."""

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.fx_guard import AtRatesBefore, RatesAlone
from partner_program.domain.measure import Measure
from partner_program.domain.ownership import Ownership
from partner_program.domain.program import Need
from partner_program.domain.qualifications import Lack, RevenueAlone
from partner_program.domain.receipt import (
    Band,
    ReceiptFaultyLine,
    ReceiptLines,
    ReceiptShortLine,
    earned_band,
    legacy_of_result,
    rates_of_lines,
    rates_of_result,
    receipt_lines,
    receipt_short_lines,
    revenue_of_result,
    why_it_stays,
)
from partner_program.domain.register import RegisterPartner, assigned_row
from partner_program.domain.registry import ExchangeRate
from partner_program.domain.restatement import Figures, WindowFigures
from partner_program.domain.revenue import PIECE_OF_TERM, THIS_PERIOD, EntityRevenue, MrrGroup, ShortLine
from partner_program.domain.short_lines import TwoReadings
from partner_program.domain.tier_changes import Changes
from tests.domain.made_month import GO_LIVE, JUNE, PROGRAM, billed, faulty, legacy, line, link, partner

MAY = BillingMonth(2015, 5)
LINKS = (link(), link("P2", "A2"), link("P1", "A1", "US"))
OWNERSHIP = Ownership(month=JUNE, links=LINKS, partners=[partner(), partner("P2")])


def lines_of(*revenues: EntityRevenue, is_held: bool = False) -> tuple[ReceiptLines | ReceiptFaultyLine, ...]:
    return receipt_lines(partner_id="P1", month=JUNE, revenues=revenues, ownership=OWNERSHIP, is_held=is_held)


def test_a_receipt_has_the_lines_of_the_partners_accounts_at_every_entity_and_no_others() -> None:
    own, fault = line(100_00), faulty()
    found = lines_of(
        billed(own, line(1, account_id="A2"), faulty_lines=[faulty(account_id="A2"), fault]), billed(own, code="US")
    )
    assert found == (
        ReceiptLines("NL", own, "counted", 30, Fraction(100_00), "10000 / 1 month * 30 / 30 days"),
        ReceiptFaultyLine("NL", fault, "faulty"),
        ReceiptLines("US", own, "counted", 30, Fraction(100_00), "10000 / 1 month * 30 / 30 days"),
    )


@pytest.mark.parametrize(
    ("excluded", "bucket"), [({"kind": "setup"}, "setup"), ({"kind": "tax"}, "tax"), ({"status": "draft"}, "draft")]
)
@pytest.mark.parametrize("is_held", [False, True])
def test_a_line_that_never_counts_is_in_its_own_bucket_with_no_share(
    excluded: dict[str, str], bucket: str, is_held: bool
) -> None:
    shown, fault = lines_of(billed(line(100_00, **excluded), faulty_lines=[faulty(**excluded)]), is_held=is_held)
    assert isinstance(shown, ReceiptLines)
    assert (shown.bucket, shown.share_minor, shown.share) == (bucket, 0, "not counted")
    assert fault.bucket == bucket


def test_lines_of_a_held_partner_are_held() -> None:
    assert [each.bucket for each in lines_of(billed(line(1), faulty_lines=[faulty()]), is_held=True)] == [
        "held",
        "faulty",
    ]


@pytest.mark.parametrize(
    ("group", "share", "words"),
    [
        (line(1200_00, term=12), Fraction(100_00), "120000 / 12 months * 30 / 30 days"),
        (line(100, start=date(2015, 6, 24)), Fraction(700, 30), "100 / 1 month * 7 / 30 days"),
        (
            MrrGroup("A1", "EUR", "recurring", "posted", 2, 6, 1, 33, PIECE_OF_TERM, 0, 99_50),
            Fraction(99_50 * 6, 2 * 30),
            "whole term 9950 / 2 months * 6 / 30 days",
        ),
        (
            MrrGroup("A1", "EUR", "recurring", "posted", 1, 6, 1, 33, THIS_PERIOD, 11, 0),
            Fraction(33 * 6, 11),
            "33 * 6 / 11 days of the period",
        ),
    ],
    ids=["year", "seven days", "piece of a term", "exactly this period"],
)
def test_a_share_is_exact_and_its_formula_is_that_of_what_the_line_pays_for(
    group: MrrGroup, share: Fraction, words: str
) -> None:
    (shown,) = lines_of(billed(group))
    assert isinstance(shown, ReceiptLines)
    assert (shown.share_minor, shown.share) == (share, words)


def test_only_the_partners_own_short_lines_are_named_with_both_readings() -> None:
    own = ShortLine("L1", "A1", "EUR", "recurring", "2015-06-16", "2015-07-01", 1, 15, 15, 500_00)
    revenue = replace(billed(), short_lines=(own, own._replace(account_id="A2")))
    found = receipt_short_lines(partner_id="P1", month=JUNE, revenues=[revenue], ownership=OWNERSHIP)
    assert found == (ReceiptShortLine("NL", own, TwoReadings(Fraction(250_00), Fraction(500_00))),)


def test_the_rates_on_a_receipt_are_those_of_the_currencies_that_were_billed() -> None:
    usd, gbp, sek = (ExchangeRate(JUNE, currency, Decimal(1), "") for currency in ("USD", "GBP", "SEK"))
    lines = lines_of(billed(line(1, currency="USD"), faulty_lines=[faulty()._replace(currency="GBP")]))
    assert rates_of_lines([gbp, sek, usd], lines) == (gbp, usd)


RESULT = replace(
    RegisterPartner(**dict.fromkeys(each.name for each in fields(RegisterPartner))),  # type: ignore[arg-type]
    tier=2,
    mrr_eur_cents=2_500_00,
    earned_tier=2,
    monthly_fee_discount_bp=3_000,
    setup_fee_discount_bp=2_000,
    sla="Silver",
)


@pytest.mark.parametrize(
    ("cents", "band"),
    [(499_99, Band(0, None, 500_00)), (2_000_00, Band(2, 2_000_00, 5_000_00)), (50_000_00, Band(6, 40_000_00, None))],
)
def test_a_band_ends_where_the_next_tier_begins_and_the_highest_never(cents: int, band: Band) -> None:
    # The band is that of the total by the table, whatever a rule beside the table or a grant decided.
    assert earned_band(program=PROGRAM, result=replace(RESULT, mrr_eur_cents=cents, tier=4)) == band


def test_without_a_table_or_a_result_there_is_no_band() -> None:
    assert earned_band(program=None, result=RESULT) is None
    assert earned_band(program=PROGRAM, result=None) is None
    assert earned_band(program=PROGRAM, result=replace(RESULT, earned_tier=None)) is None


def kept(**changed: Any) -> list[tuple[str, int | None]]:
    given = {"program": PROGRAM, "result": RESULT, "agreements": [legacy(3_000)], "effective_on": GO_LIVE, **changed}
    return [(each.component, each.discount_bp) for each in legacy_of_result(**given)]


def test_the_terms_of_an_older_agreement_that_are_better_than_the_tier_are_named() -> None:
    assert kept() == [("monthly_fee", 3_000)]
    assert kept(agreements=[legacy(3_000, until=GO_LIVE)]) == []
    of_the_tier = replace(RESULT, monthly_fee_discount_bp=800)
    assert kept(result=of_the_tier, agreements=[legacy(800, 2_000, "Silver")]) == []
    better = replace(RESULT, setup_fee_discount_bp=4_000, sla="Gold")
    assert kept(result=better, agreements=[legacy(0, 4_000, "Gold")]) == [("setup_fee", 4_000), ("sla", None)]


@pytest.mark.parametrize(
    "missing",
    [
        {"program": None},
        {"result": None},
        {"effective_on": None},
        {"result": replace(RESULT, tier=None)},
        {"result": replace(RESULT, monthly_fee_discount_bp=None)},
        {"result": replace(RESULT, setup_fee_discount_bp=None)},
    ],
)
def test_without_a_rate_of_the_month_no_older_term_is_named(missing: dict[str, Any]) -> None:
    assert kept(**missing) == []


# What a row of the register says of exchange rates, of conditions and of a tier that stays

STAFF = "certified_staff"
RULES = replace(
    PROGRAM,
    tiers=tuple(replace(row, requires=(Need(STAFF, 2),) if row.tier == 3 else ()) for row in PROGRAM.tiers),
    fx_guard="hold_tier",
    changes=Changes("monthly", "review", (12,), drop_after_months=3),
)
DECIDED = assigned_row(
    "P1",
    Figures(
        mrr_eur_cents=6_000_00,
        earned_tier=2,
        granted_tier=None,
        tier=4,
        previous_tier=4,
        monthly_fee_discount_bp=1_500,
        setup_fee_discount_bp=5_000,
        sla="Gold",
        rate_valid_from=GO_LIVE,
        accounts=(),
        grants=(),
        at_rates_before=AtRatesBefore(MAY, 1_900_00, holds=True),
        qualifications=((STAFF, 2),),
        merit_tier=4,
        months_below=1,
    ),
    letter=None,
)
WINDOW = replace(RULES, measure=Measure(2, "mean", "as_is"))
OF_TWO_MONTHS = replace(DECIDED, window=(WindowFigures("2015-05", 2_000_00),), qualifying_eur_cents=4_000_00)


def test_a_receipt_says_what_exchange_rates_alone_made_of_the_month_with_all_that_counts() -> None:
    assert rates_of_result(program=RULES, result=DECIDED) == RatesAlone(MAY, 1_900_00, 1, 3, holds=True)
    nobody = replace(DECIDED, qualifications=None)
    assert rates_of_result(program=RULES, result=nobody) == RatesAlone(MAY, 1_900_00, 1, 2, holds=True)
    assert rates_of_result(program=WINDOW, result=OF_TWO_MONTHS) == RatesAlone(MAY, 1_900_00, 1, 2, holds=True)
    free = replace(DECIDED, held_by_rates=None)
    assert rates_of_result(program=RULES, result=free) == RatesAlone(MAY, 1_900_00, 1, 3, holds=False)


@pytest.mark.parametrize("missing", [{"at_rates_before_cents": None}, {"rates_before": None}])
def test_rates_before_that_are_not_known_are_told_as_not_known(missing: dict[str, Any]) -> None:
    assert rates_of_result(program=RULES, result=replace(DECIDED, **missing)) == RatesAlone(None, None, None, 3, False)


def test_a_receipt_says_what_the_tier_lacks_that_revenue_reaches() -> None:
    lacks = replace(DECIDED, qualifications=f"{STAFF}=1")
    found = revenue_of_result(program=RULES, result=lacks)
    assert found == RevenueAlone(3, (Lack(STAFF, 2, 1, "certified staff"),))
    assert revenue_of_result(program=RULES, result=DECIDED) is None
    of_two = replace(OF_TWO_MONTHS, qualifications=f"{STAFF}=1")
    assert revenue_of_result(program=WINDOW, result=of_two) is None, "4,000 in the mean reach Tier 2 alone"


def test_a_receipt_says_why_a_tier_stays() -> None:
    words = "stays until the review of 2015-12; 1 of 3 months in a row earned less"
    assert why_it_stays(program=RULES, result=DECIDED, month=JUNE) == words
    step = replace(RULES, changes=Changes("monthly", "monthly", drop_steps="one"))
    dropped = replace(DECIDED, months_below=None)
    assert why_it_stays(program=step, result=dropped, month=JUNE) == "drops one tier at a time"
    assert why_it_stays(program=RULES, result=replace(DECIDED, merit_tier=2), month=JUNE) == ""


def test_without_a_programme_or_a_result_nothing_of_it_is_said() -> None:
    for program, result in ((None, DECIDED), (RULES, None)):
        assert rates_of_result(program=program, result=result) is None
        assert revenue_of_result(program=program, result=result) is None
        assert why_it_stays(program=program, result=result, month=JUNE) == ""
    assert why_it_stays(program=PROGRAM, result=DECIDED, month=JUNE) == "", "it has no rules for changes"


def test_of_a_held_partner_and_of_a_month_before_any_table_nothing_of_it_is_said() -> None:
    held = replace(DECIDED, mrr_eur_cents=None)
    assert (rates_of_result(program=RULES, result=held), revenue_of_result(program=RULES, result=held)) == (None, None)
    before = replace(DECIDED, earned_tier=None)
    assert rates_of_result(program=RULES, result=before) is None
    for without in (before, replace(DECIDED, merit_tier=None)):
        assert why_it_stays(program=RULES, result=without, month=JUNE) == ""

"""A partner's row in the register has the figures that are on record, and a held one the rate that it keeps."""

from dataclasses import fields, replace
from datetime import date

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.fx_guard import AtRatesBefore
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.register import (
    RegisterAccount,
    RegisterGrant,
    RegisterLetter,
    RegisterPartner,
    assigned_row,
    held_row,
)
from partner_program.domain.restatement import AccountFigures, Figures, WindowFigures

MAY, AUGUST = BillingMonth(2015, 5), BillingMonth(2015, 8)
SINCE = date(2015, 7, 27)
DOLLARS = Unit("USD")
FIGURES = Figures(
    mrr_eur_cents=6_000_00,
    earned_tier=2,
    granted_tier=4,
    tier=5,
    previous_tier=1,
    monthly_fee_discount_bp=800,
    setup_fee_discount_bp=2_000,
    sla="Silver",
    rate_valid_from=SINCE,
    accounts=(AccountFigures("US", "A1", "USD", "1.1", 6_600_00, 6_000_00),),
    grants=(("G1", None), ("G2", "lapsed")),
    at_rates_before=AtRatesBefore(MAY, 5_900_00, holds=True),
    qualifications=(("certified_staff", 2), ("score", 0)),
    qualifying_eur_cents=4_000_00,
    merit_tier=3,
    months_below=7,
    window=(WindowFigures("2015-05", 2_000_00),),
    families="cdn=200",
)
ROW = RegisterPartner(
    partner_id="P1",
    status="assigned",
    mrr_eur_cents=6_000_00,
    at_rates_before_cents=5_900_00,
    rates_before=MAY,
    held_by_rates="yes",
    qualifications="certified_staff=2 score=0",
    earned_tier=2,
    granted_tier=4,
    tier=5,
    tier_name="Captain",
    previous_tier=1,
    monthly_fee_discount_bp=800,
    setup_fee_discount_bp=2_000,
    sla="Silver",
    rate_valid_from=SINCE,
    rate_decided_by=AUGUST,
    grants=(RegisterGrant("G1", None), RegisterGrant("G2", "lapsed")),
    letter=RegisterLetter("tier_raised", "rendered"),
    accounts=(RegisterAccount("US", "A1", "USD", "1.1", 6_000_00),),
    held_reason="not read again",
    company_name="Company P1",
    qualifying_eur_cents=4_000_00,
    merit_tier=3,
    months_below=7,
    window=(WindowFigures("2015-05", 2_000_00),),
    unit=DOLLARS,
    families="cdn=200",
)


def test_a_decided_partner_has_all_that_its_month_has_on_record() -> None:
    letter = RegisterLetter("tier_raised", "rendered")
    row = assigned_row(
        "P1",
        FIGURES,
        letter=letter,
        held_reason="not read again",
        later=AUGUST,
        company_name="Company P1",
        tier_name="Captain",
        unit=DOLLARS,
    )
    assert row == ROW
    assert row.used == FIGURES.qualifications, "read back as it is on record"
    assert row.amount_eur_cents == 4_000_00, "the window's amount is held against the table"


def test_what_a_programme_has_not_is_not_in_a_row() -> None:
    plain = FIGURES._replace(
        at_rates_before=None,
        qualifications=None,
        qualifying_eur_cents=None,
        merit_tier=None,
        months_below=None,
        window=(),
        families=None,
    )
    row = assigned_row("P1", plain, letter=None)
    added = ("at_rates_before_cents", "rates_before", "held_by_rates", "qualifications", "tier_name", "held_reason")
    assert {getattr(row, each) for each in (*added, "rate_decided_by", "letter", "merit_tier", "families")} == {None}
    assert (row.used, row.amount_eur_cents, row.company_name, row.unit) == (None, 6_000_00, "", EURO)
    not_held = replace(AtRatesBefore(MAY, 5_900_00, holds=True), holds=False)
    assert assigned_row("P1", plain._replace(at_rates_before=not_held), letter=None).held_by_rates is None


def test_a_held_partner_has_the_rate_that_it_keeps_and_no_figures_of_the_month() -> None:
    rate = Rate(SINCE, RateTerms(2, 800, 2_000, "Silver", "cdn=200"))
    row = held_row("P1", rate, "NL was not read", "Company P1", DOLLARS)
    known = {
        "partner_id": "P1",
        "status": "held",
        "monthly_fee_discount_bp": 800,
        "setup_fee_discount_bp": 2_000,
        "sla": "Silver",
        "rate_valid_from": SINCE,
        "grants": (),
        "accounts": (),
        "held_reason": "NL was not read",
        "company_name": "Company P1",
        "window": (),
        "unit": DOLLARS,
        "families": "cdn=200",
    }
    assert {each.name: getattr(row, each.name) for each in fields(row)} == {
        each.name: known.get(each.name) for each in fields(row)
    }
    first = held_row("P1", None, "NL was not read")
    terms = ("monthly_fee_discount_bp", "setup_fee_discount_bp", "sla", "rate_valid_from", "families")
    assert {getattr(first, each) for each in terms} == {None}, "it never had a rate"
    assert (first.held_reason, first.company_name, first.unit) == ("NL was not read", "", EURO)

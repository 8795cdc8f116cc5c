"""What a line is worth in a month, whose it is, and the one rounding for each account and currency (rule 2)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.revenue import EXCLUDED_KINDS, MrrGroup
from partner_program.domain.totals import UnmatchedAccount, totals_of_accounts
from tests.domain.made_month import JUNE, billed, entity, faulty, line, link, merged, mrr_cents, partner

JULY, AUGUST, SEPTEMBER = BillingMonth(2015, 7), BillingMonth(2015, 8), BillingMonth(2015, 9)


def months(first: BillingMonth, count: int) -> list[BillingMonth]:
    found = [first]
    while len(found) < count:
        found.append(found[-1].following)
    return found


def half_month(minor: int, *, account_id: str = "A1", kind: str = "recurring", currency: str = "EUR") -> MrrGroup:
    """A line of which half counts in June."""
    end = date(2015, 6, 16)
    return line(minor, start=date(2015, 6, 1), end=end, account_id=account_id, kind=kind, currency=currency)


# Shares


def test_an_annual_line_is_one_twelfth_in_each_month_it_covers_in_full() -> None:
    for month in months(BillingMonth(2015, 1), 12):
        annual = line(24_000_00, month=month, start=date(2015, 1, 1), end=date(2016, 1, 1), term=12)
        assert mrr_cents(annual, month=month) == 2_000_00


def test_a_service_billed_from_the_15th_to_the_15th_is_exactly_one_fee_in_each_of_24_months() -> None:
    for month in months(BillingMonth(2015, 1), 24):
        lines = [
            line(
                99_97,
                month=month,
                start=billing.first_day.replace(day=15),
                end=billing.following.first_day.replace(day=15),
            )
            for billing in (month.preceding, month)
        ]
        assert mrr_cents(*lines, month=month) == 99_97


@pytest.mark.parametrize("day", range(2, 29))
def test_a_fee_of_one_cent_billed_from_any_day_to_that_day_is_one_cent_in_a_month(day: int) -> None:
    """The two parts add up to the fee, so nothing may be rounded before they are added."""
    lines = [
        line(1, start=billing.first_day.replace(day=day), end=billing.following.first_day.replace(day=day))
        for billing in (JUNE.preceding, JUNE)
    ]
    assert mrr_cents(*lines) == 1


def test_an_order_of_the_31st_that_is_cancelled_on_the_2nd_counts_one_of_31_days() -> None:
    def order(month: BillingMonth) -> int:
        return mrr_cents(line(310_00, month=month, start=date(2015, 8, 31), end=date(2015, 9, 2)), month=month)

    assert order(AUGUST) == 10_00
    assert order(SEPTEMBER) == 10_33  # one of 30 days: 10.333...


def test_a_fee_for_the_29th_of_february_is_one_of_29_days() -> None:
    february = BillingMonth(2016, 2)
    assert mrr_cents(line(2_900, month=february, start=date(2016, 2, 29), end=date(2016, 3, 29)), month=february) == 100


@pytest.mark.parametrize(
    ("term", "net"), [(1, 500_00), (3, 1_500_00), (6, 3_000_00), (24, 12_000_00), (36, 18_000_00), (7, 3_500_00)]
)
def test_whatever_the_term_a_full_month_counts_one_monthly_fee(term: int, net: int) -> None:
    assert mrr_cents(line(net, start=date(2015, 1, 1), end=date(2019, 1, 1), term=term)) == 500_00


def test_usage_counts_whole_in_the_month_in_which_its_service_starts_and_in_no_other() -> None:
    """CDN and traffic: a usage line has a term of one month and is not divided by days."""
    for month, expected in ((JUNE, 0), (JULY, 777_77), (AUGUST, 0)):
        usage = line(777_77, month=month, start=date(2015, 7, 31), end=date(2015, 8, 31), kind="usage")
        assert mrr_cents(usage, month=month) == expected


def test_a_credit_note_lowers_the_month_of_the_service_that_it_corrects() -> None:
    credit = line(-200_00, start=date(2015, 6, 16), end=date(2015, 7, 1), kind="credit")
    assert mrr_cents(line(2_000_00), credit) == 1_900_00


def test_credit_notes_may_leave_a_total_below_zero() -> None:
    assert mrr_cents(line(100_00), line(-300_00, kind="credit")) == -200_00


@pytest.mark.parametrize("product_kind", EXCLUDED_KINDS)
def test_what_does_not_recur_does_not_count(product_kind: str) -> None:
    assert mrr_cents(line(500_00), line(9_999_99, kind=product_kind)) == 500_00


@pytest.mark.parametrize("status", ["draft", "void"])
def test_only_posted_documents_count(status: str) -> None:
    assert mrr_cents(line(500_00), line(9_999_99, status=status)) == 500_00


# Rounding and currencies


def test_two_half_cents_of_one_account_are_one_cent_because_they_are_rounded_once() -> None:
    assert mrr_cents(half_month(1)) == 1  # half a cent, away from zero
    assert mrr_cents(half_month(1), half_month(1)) == 1
    assert mrr_cents(half_month(1), half_month(1), half_month(1)) == 2


def test_half_a_cent_below_zero_is_rounded_away_from_zero_too() -> None:
    assert mrr_cents(half_month(-1, kind="credit")) == -1
    assert mrr_cents(half_month(-1, kind="credit"), half_month(-2, kind="credit")) == -2


def test_each_account_is_rounded_by_itself_so_that_a_letters_table_adds_up() -> None:
    (total,) = merged(
        billed(half_month(1, account_id="A1"), half_month(1, account_id="A2")),
        links=[link(account_id="A1"), link(account_id="A2")],
    ).partners
    assert [account.mrr_eur_cents for account in total.accounts] == [1, 1]
    assert total.mrr_eur_cents == 2


def test_each_currency_of_an_account_is_rounded_by_itself() -> None:
    (total,) = merged(billed(half_month(1), half_month(1, currency="USD")), rates={"USD": Decimal(1)}).partners
    assert [(row.currency, row.mrr_eur_cents) for row in total.accounts] == [("EUR", 1), ("USD", 1)]
    assert total.mrr_eur_cents == 2


def test_an_amount_is_divided_by_the_units_of_its_currency_per_euro() -> None:
    (total,) = merged(billed(line(112_257_70, currency="USD")), rates={"USD": Decimal("1.122577")}).partners
    (account,) = total.accounts
    assert (account.mrr_minor, account.mrr_eur_cents) == (112_257_70, 100_000_00)
    assert account.units_per_eur == "1.122577"


def test_conversion_comes_before_the_one_rounding() -> None:
    """Rounding 0.5 to a whole minor unit first and converting then would give 2 cents."""
    half = half_month(1, currency="GBP")
    (total,) = merged(billed(half), rates={"GBP": Decimal("0.5")}).partners
    assert total.mrr_eur_cents == 1


def test_a_sum_of_shares_in_another_currency_is_converted_once() -> None:
    """Three lines of 0.5 minor units at 0.9 are 1.67 EUR cents; each converted alone they would be three."""
    half = half_month(1, currency="GBP")
    (total,) = merged(billed(half, half, half), rates={"GBP": Decimal("0.9")}).partners
    assert total.mrr_eur_cents == 2


def test_a_euro_is_a_euro_whatever_the_rates_say() -> None:
    assert mrr_cents(line(2_000_00), rates={"EUR": Decimal("1.5")}) == 2_000_00


@given(st.permutations([1, 3, 6, 12, 24, 36, 7, 11]))
@settings(max_examples=20, deadline=None)
def test_terms_that_share_no_factor_add_up_exactly_in_any_order(terms: list[int]) -> None:
    lines = [line(term * 10_000_01, start=date(2015, 1, 1), end=date(2020, 1, 1), term=term) for term in terms]
    assert mrr_cents(*lines) == 8 * 10_000_01


# Whose account it is


def test_accounts_of_all_entities_count_together() -> None:
    """ "we will count the partner's total revenue ... including all legal entities" """
    (total,) = merged(
        billed(line(1_000_00), code="NL"),
        billed(line(1_000_00), code="US"),
        links=[link(), link(code="US")],
    ).partners
    assert total.mrr_eur_cents == 2_000_00
    assert [(account.entity, account.mrr_eur_cents) for account in total.accounts] == [
        ("NL", 1_000_00),
        ("US", 1_000_00),
    ]


def test_the_link_in_force_on_the_last_day_decides_for_the_whole_month() -> None:
    transferred = [link("P1", until=date(2015, 6, 30)), link("P2", since=date(2015, 6, 30))]
    kept = [link("P1", until=date(2015, 7, 1)), link("P2", since=date(2015, 7, 1))]
    both = [partner("P1"), partner("P2")]
    for links, expected in ((transferred, [0, 2_000_00]), (kept, [2_000_00, 0])):
        totals = merged(billed(line(2_000_00)), partners=both, links=links)
        assert [total.mrr_eur_cents for total in totals.partners] == expected
        assert totals.unmatched == ()


def test_an_account_of_two_partners_counts_for_neither_and_is_reported_by_name() -> None:
    totals = merged(billed(line(2_000_00)), partners=[partner("P1"), partner("P2")], links=[link("P2"), link("P1")])
    assert [total.mrr_eur_cents for total in totals.partners] == [0, 0]
    assert totals.unmatched == (UnmatchedAccount("NL", "A1", "linked to P1 and P2"),)


def test_an_account_of_two_partners_is_reported_in_a_month_without_lines_too() -> None:
    totals = merged(billed(), partners=[partner("P1"), partner("P2")], links=[link("P1"), link("P2")])
    assert totals.unmatched == (UnmatchedAccount("NL", "A1", "linked to P1 and P2"),)


def test_the_same_link_twice_is_one_partner() -> None:
    totals = merged(billed(line(2_000_00)), links=[link(), link(since=date(2012, 1, 1))])
    assert totals.partners[0].mrr_eur_cents == 2_000_00


def test_a_reseller_account_that_nobody_linked_is_reported_with_or_without_lines() -> None:
    totals = merged(billed(line(5_00, account_id="A8"), reseller_accounts=["A1", "A9"]))
    assert totals.unmatched == (
        UnmatchedAccount("NL", "A8", "linked to no partner"),
        UnmatchedAccount("NL", "A9", "linked to no partner"),
    )


def test_the_same_account_number_at_another_entity_is_another_account() -> None:
    totals = merged(billed(line(2_000_00), code="US"), links=[link(code="NL")], entities=[entity("US")])
    assert totals.partners[0].mrr_eur_cents == 0
    assert totals.unmatched == (UnmatchedAccount("US", "A1", "linked to no partner"),)


@pytest.mark.parametrize("status", ["applied", "suspended", "ended"])
def test_a_partner_that_is_not_authorised_has_no_total(status: str) -> None:
    """ "Only Authorized Reseller Partners get the discounts." """
    totals = merged(billed(line(2_000_00)), partners=[partner(status=status)])
    assert totals.partners == ()
    assert totals.unmatched == ()
    assert [(row.bucket, row.net_amount_minor) for row in totals.buckets] == [("not_authorized", 2_000_00)]


def test_a_partner_without_any_line_has_a_total_of_zero() -> None:
    (total,) = merged(billed()).partners
    assert (total.mrr_eur_cents, total.accounts) == (0, ())


def test_partners_and_their_accounts_come_in_order() -> None:
    totals = merged(
        billed(line(1, account_id="B"), line(1, account_id="A"), line(1, account_id="A", currency="CHF"), code="US"),
        billed(line(1, account_id="C"), code="NL"),
        partners=[partner("P2"), partner("P1")],
        links=[link("P2", "A", "US"), link("P2", "B", "US"), link("P2", "C", "NL")],
        rates={"CHF": Decimal("1.05")},
    )
    assert [total.partner_id for total in totals.partners] == ["P1", "P2"]
    assert [(row.entity, row.account_id, row.currency) for row in totals.partners[1].accounts] == [
        ("NL", "C", "EUR"),
        ("US", "A", "CHF"),
        ("US", "A", "EUR"),
        ("US", "B", "EUR"),
    ]


# What a change of one place would break without anybody noticing


def test_an_entitys_total_is_the_sum_of_all_its_accounts_and_of_no_other_entitys() -> None:
    totals = merged(
        billed(line(100_00), line(20_00, account_id="A2"), line(3_00, account_id="A3")),
        billed(line(7_00, account_id="B1"), code="US"),
        partners=(partner(), partner("P2")),
        links=(link(), link(account_id="A2"), link("P2", "A3"), link(account_id="B1", code="US")),
    )
    assert totals.entity_totals == {"NL": 123_00, "US": 7_00}


def test_an_entity_that_does_not_bill_yet_hides_no_fault_of_the_next() -> None:
    totals = merged(
        billed(line(100_00)),
        billed(code="US", fault="month 2015-06 not closed"),
        links=(link(), link(account_id="B1", code="US")),
        entities=(entity("DE", joined_on=date(2015, 7, 1)), entity(), entity("US")),
    )
    assert [(each.partner_id, each.reason) for each in totals.held] == [("P1", "entity US: month 2015-06 not closed")]


@pytest.mark.parametrize("minor", [2**53 + 1, 2**60 + 3, -(2**53 + 1)])
def test_amounts_that_no_float_can_hold_are_counted_to_the_cent(minor: int) -> None:
    assert mrr_cents(line(minor), half_month(2)) == minor + 1


def test_an_entity_without_a_rate_of_its_own_currency_has_no_total_that_the_brake_could_compare() -> None:
    pounds, euros = line(500_00, currency="GBP"), line(700_00, account_id="A2")
    uk = replace(entity("UK"), currency="GBP")
    revenues = (billed(pounds, code="UK"), billed(euros))
    links = (link(code="UK"), link("P2", "A2"))

    def totals(**rates: Decimal) -> dict[str, int]:
        return merged(
            *revenues, partners=(partner(), partner("P2")), links=links, rates=rates, entities=[uk, entity("NL")]
        ).entity_totals

    assert totals() == {"NL": 700_00}
    assert totals(GBP=Decimal("0.5")) == {"NL": 700_00, "UK": 1_000_00}


def test_an_account_of_two_partners_that_its_entity_does_not_know_is_reported_too() -> None:
    totals = merged(billed(), links=[link("P1"), link("P2")], are_listed=False)
    assert totals.unmatched == (UnmatchedAccount("NL", "A1", "linked to P1 and P2"),)


def test_an_account_that_nobody_linked_is_reported_where_its_lines_may_count_or_are_at_fault() -> None:
    excluded = (line(1, account_id="A2", kind="setup"), line(1, account_id="A3", status="draft"))
    totals = merged(billed(*excluded, line(1, account_id="A4"), faulty_lines=[faulty(account_id="A5")]))
    assert totals.unmatched == tuple(UnmatchedAccount("NL", each, "linked to no partner") for each in ("A4", "A5"))


# Accounts by themselves


def test_an_account_counts_the_same_whoever_it_belongs_to() -> None:
    lines = [half_month(3_01), line(10_00, account_id="A2"), line(9_99, account_id="A2", kind="setup")]
    assert totals_of_accounts(JUNE, billed(*lines), {}) == {"A1": 1_51, "A2": 10_00}
    assert mrr_cents(*lines) == 1_51


def test_an_account_with_a_faulty_line_or_a_currency_without_a_rate_is_not_known() -> None:
    lines = [line(10_00), line(5_00, account_id="A2", currency="USD"), line(1_00, account_id="A2")]
    revenue = replace(billed(*lines), faulty_lines=(faulty(account_id="A1"),))
    assert totals_of_accounts(JUNE, revenue, {}) == {"A1": None, "A2": None}
    assert totals_of_accounts(JUNE, revenue, {"USD": Decimal("1.25")}) == {"A1": None, "A2": 5_00}

"""A partner's total at the exchange rates of the month before: converted exactly, rounded by account before the sum."""

from decimal import Decimal

from partner_program.domain.counted_months import AccountKey, CountedAccount
from partner_program.domain.near import CountedPartner
from partner_program.domain.other_rates import AtOtherRates, moved_by_rates, tiers_by_rates
from tests.domain.made_month import PROGRAM


def counted(account_id: str, minor: int, cents: int, units: str = "2", currency: str = "USD") -> CountedAccount:
    return CountedAccount("P1", "US", account_id, currency, units, minor, cents)


def key(account_id: str, currency: str = "USD") -> AccountKey:
    return AccountKey("US", account_id, currency)


def test_each_account_is_rounded_by_itself_before_the_sum() -> None:
    # At 2 each 1.00 USD is 0.50 EUR. At 3 each is 33.33 cents and rounds to 33: 66 - 100 = -34; together 66.67 were 67.
    accounts = [counted("A1", 100, 50), counted("A2", 100, 50)]
    shares = {key("A1"): {1: 100}, key("A2"): {1: 100}}
    assert moved_by_rates(accounts=accounts, shares=shares, rates={"USD": Decimal(3)}) == -34


def test_the_exact_share_is_converted_and_not_the_amount_that_was_rounded_for_the_reader() -> None:
    # 1 / 3 of 0.01 GBP is told as 0.00 GBP; at 0.1 GBP for 1 EUR it is 3.33 cents, at 0.2 it was 1.67, so 2.
    accounts = [counted("A1", 0, 2, "0.2", "GBP")]
    shares = {key("A1", "GBP"): {3: 1}}
    assert moved_by_rates(accounts=accounts, shares=shares, rates={"GBP": Decimal("0.1")}) == 1


def test_euros_do_not_move() -> None:
    assert moved_by_rates(accounts=[counted("A1", 5, 5, "1", "EUR")], shares={}, rates={}) == 0


def test_a_currency_without_a_rate_is_not_known_and_never_one() -> None:
    accounts, shares = [counted("A1", 100, 50)], {key("A1"): {1: 100}}
    assert moved_by_rates(accounts=accounts, shares=shares, rates={"GBP": Decimal(1)}) is None


def test_shares_that_do_not_give_what_was_counted_answer_nothing() -> None:
    accounts, rates = [counted("A1", 100, 50)], {"USD": Decimal(3)}
    assert moved_by_rates(accounts=accounts, shares={key("A1"): {1: 102}}, rates=rates) is None
    assert moved_by_rates(accounts=accounts, shares={}, rates=rates) is None


def at_other_rates(total: int, moved: int) -> list[AtOtherRates]:
    partner = CountedPartner("P1", "Company", "M1", total, PROGRAM.earned_tier(total))
    return tiers_by_rates(program=PROGRAM, counted=[partner], moved={"P1": moved})


def test_who_was_decided_by_another_table_or_is_not_known_did_not_move_by_exchange_rates() -> None:
    other_table, unknown = CountedPartner("P1", "", "M1", 5_000_00, 2), CountedPartner("P2", "", "M1", 5_000_00, 2)
    assert tiers_by_rates(program=PROGRAM, counted=[other_table, unknown], moved={"P1": 1}) == []


def test_a_tier_that_exchange_rates_gave_or_took_is_told_both_ways_and_to_the_cent() -> None:
    (rose,) = at_other_rates(5_000_00, -1)
    assert (rose.earned_tier, rose.before_eur_cents, rose.before_tier, rose.moved_cents) == (3, 4_999_99, 2, 1)
    (fell,) = at_other_rates(4_999_99, 1)
    assert (fell.earned_tier, fell.before_eur_cents, fell.before_tier, fell.moved_cents) == (2, 5_000_00, 3, -1)
    assert at_other_rates(5_000_01, -1) == []

"""What moved revenue from month to month: each line by hand, and that they always add up."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.counted_months import CountedAccount, CountedMonth
from partner_program.domain.money import round_half_away
from partner_program.domain.movement_rows import (
    Movements,
    PartnerMoved,
    equation,
    held_rows,
    movements,
    partner_rows,
    tier_rows,
)
from partner_program.domain.movements import LINES
from tests.domain.made_month import PROGRAM

JUNE, JULY, AUGUST = (BillingMonth(2015, month) for month in (6, 7, 8))


def account(partner_id: str, account_id: str, minor: int, currency: str = "EUR", units: str = "1") -> CountedAccount:
    exact = Fraction(minor) / Fraction(Decimal(units))
    cents = round_half_away(exact.numerator, exact.denominator)
    return CountedAccount(partner_id, "NL", account_id, currency, units, minor, cents)


def month(at: BillingMonth, *accounts: CountedAccount, **more: Any) -> CountedMonth:
    totals: dict[str, int] = {}
    for each in accounts:
        totals[each.partner_id] = totals.get(each.partner_id, 0) + each.mrr_eur_cents
    tiers = {partner_id: PROGRAM.earned_tier(cents) for partner_id, cents in totals.items()}
    return CountedMonth(at, totals, tiers, accounts, **more)


def lines(found: Movements, partner_id: str) -> Mapping[str, int]:
    """What is not nothing of a partner's lines."""
    own = found.lines.get(partner_id)
    return {} if own is None else {name: cents for name, cents in zip(LINES, own, strict=True) if cents}


def test_a_partner_is_new_grows_shrinks_and_is_lost() -> None:
    june = month(JUNE, account("GROWS", "A1", 500_00), account("SHRINKS", "A2", 500_00), account("GOES", "A3", 7_00))
    july = month(JULY, account("GROWS", "A1", 700_00), account("SHRINKS", "A2", 100_00), account("COMES", "A4", 9_00))
    found = movements([june, july], {})
    assert {each: lines(found, each) for each in ("GROWS", "SHRINKS", "GOES", "COMES")} == {
        "GROWS": {"expansion": 200_00},
        "SHRINKS": {"contraction": -400_00},
        "GOES": {"lost": -7_00},
        "COMES": {"new": 9_00},
    }


def test_a_partner_that_counts_nothing_any_more_is_lost_and_one_that_begins_again_is_new() -> None:
    some, nothing = account("P1", "A1", 50_00), account("P1", "A1", 0)
    assert lines(movements([month(JUNE, some), month(JULY, nothing)], {}), "P1") == {"lost": -50_00}
    assert lines(movements([month(JUNE, nothing), month(JULY, some)], {}), "P1") == {"new": 50_00}


def test_exchange_rates_move_the_old_amount_and_what_was_added_counts_at_the_new_rate() -> None:
    june = month(JUNE, account("P1", "A1", 1_100_00, "USD", "1.1"))  # 1,000.00 EUR
    july = month(JULY, account("P1", "A1", 1_200_00, "USD", "1.0"))  # 1,200.00 EUR
    # 1,100 / 1.0 - 1,100 / 1.1 = 100.00; (1,200 - 1,100) / 1.0 = 100.00
    assert lines(movements([june, july], {}), "P1") == {"exchange_rates": 100_00, "expansion": 100_00}


def test_what_the_roundings_of_accounts_leave_has_its_own_line() -> None:
    # 0.01 USD at 2 is half a cent and rounds to 0.01 EUR, thrice; at 1 each is exactly 0.01 EUR.
    june = month(JUNE, *(account("P1", f"A{each}", 1, "USD", "2") for each in range(3)))
    july = month(JULY, *(account("P1", f"A{each}", 1, "USD", "1") for each in range(3)))
    assert (june.totals["P1"], july.totals["P1"]) == (3, 3)
    assert lines(movements([june, july], {}), "P1") == {"exchange_rates": 2, "rounding": -2}  # 1.5 rounds to 2


def test_a_currency_that_is_billed_no_more_leaves_at_the_rate_that_it_had() -> None:
    june = month(JUNE, account("P1", "A1", 1_100_00, "USD", "1.1"), account("P1", "A2", 10_00))
    july = month(JULY, account("P1", "A2", 10_00))
    assert lines(movements([june, july], {}), "P1") == {"contraction": -1_000_00}


def test_an_account_that_changes_its_partner_is_no_growth_and_no_loss_and_is_listed() -> None:
    june = month(JUNE, account("P1", "A1", 300_00), account("P1", "A2", 200_00), account("P2", "A3", 50_00))
    july = month(JULY, account("P1", "A1", 300_00), account("P2", "A2", 250_00), account("P2", "A3", 50_00))
    found = movements([june, july], {})
    assert lines(found, "P1") == {"link_moves": -200_00}
    assert lines(found, "P2") == {"link_moves": 200_00, "expansion": 50_00}
    (moved,) = found.accounts
    assert (moved.account_id, moved.from_partner_id, moved.partner_id, moved.mrr_eur_cents) == (
        "A2",
        "P1",
        "P2",
        200_00,
    )


def test_a_partner_whose_only_account_went_to_a_new_one_is_not_lost_nor_is_the_other_new() -> None:
    rate_before, rate = ("USD", "1.1"), ("USD", "1.0")
    june, july = month(JUNE, account("P1", "A1", 110_00, *rate_before)), month(JULY, account("P2", "A1", 110_00, *rate))
    found = movements([june, july], {})
    assert lines(found, "P1") == {"link_moves": -100_00}
    assert lines(found, "P2") == {"link_moves": 100_00, "exchange_rates": 10_00}


def test_a_held_partner_is_neither_lost_nor_nothing_and_comes_back_with_what_it_had() -> None:
    june = month(JUNE, account("P1", "A1", 500_00))
    july = month(JULY, held={"P1"})
    august = month(AUGUST, account("P1", "A1", 600_00))
    found = movements([june, july], {})
    assert lines(found, "P1") == {"held": -500_00}
    (row,) = partner_rows(found, {})
    assert (row.from_tier, row.to_tier, row.told_cents, row.mrr_eur_cents) == ("1", "held", 500_00, None)
    (held,) = held_rows(found, {"P1": "Company"})
    assert (held.partner_id, held.company_name, held.known_eur_cents) == ("P1", "Company", 500_00)
    assert lines(movements([july, august], found.known), "P1") == {"held": 500_00, "expansion": 100_00}
    assert lines(movements([june, july, august], {}), "P1") == {"expansion": 100_00}


def test_a_held_partner_that_leaves_the_programme_is_lost_with_what_was_last_known() -> None:
    found = movements([month(JUNE, account("P1", "A1", 500_00)), month(JULY, held={"P1"}), month(AUGUST)], {})
    assert lines(found, "P1") == {"lost": -500_00}
    assert found.months[-1].held_cents == 500_00
    assert found.known == {}


def test_a_partner_that_was_held_and_never_counted_before_is_new() -> None:
    found = movements([month(JUNE, held={"P1"}), month(JULY, account("P1", "A1", 5_00))], {})
    assert lines(found, "P1") == {"new": 5_00}


def test_an_account_that_moves_to_a_held_partner_is_a_link_move_and_is_held_there() -> None:
    june = month(JUNE, account("P1", "A1", 300_00), account("P1", "A2", 10_00), account("P2", "A3", 50_00))
    july = month(JULY, account("P1", "A2", 10_00), held={"P2"}, held_accounts={("NL", "A1"): "P2", ("NL", "A3"): "P2"})
    found = movements([june, july], {})
    assert lines(found, "P1") == {"link_moves": -300_00}
    assert lines(found, "P2") == {"link_moves": 300_00, "held": -350_00}
    august = month(AUGUST, account("P1", "A2", 10_00), account("P2", "A1", 300_00), account("P2", "A3", 50_00))
    assert lines(movements([july, august], found.known), "P2") == {"held": 350_00}


def test_an_account_that_leaves_a_held_partner_takes_its_part_of_what_was_known() -> None:
    june = month(JUNE, account("P1", "A1", 300_00), account("P1", "A2", 10_00))
    july = month(JULY, held={"P1"}, held_accounts={("NL", "A1"): "P1", ("NL", "A2"): "P1"})
    august = month(AUGUST, account("P2", "A1", 300_00), held={"P1"}, held_accounts={("NL", "A2"): "P1"})
    before = movements([june, july], {})
    found = movements([july, august], before.known)
    assert lines(found, "P1") == {"link_moves": -300_00, "held": 300_00}
    assert lines(found, "P2") == {"link_moves": 300_00}
    assert [each.known_eur_cents for each in held_rows(found, {})] == [10_00]


def test_a_restatement_stands_ahead_of_the_moves_and_a_chain_of_months_adds_up() -> None:
    june = month(JUNE, account("P1", "A1", 900_00), told={"P1": 1_000_00})
    july = month(JULY, account("P1", "A1", 950_00), told={"P1": 950_01})
    august = month(AUGUST, account("P1", "A1", 960_00))
    found = movements([june, july, august], {})
    first, second = found.months
    assert (first.told_cents, first.restated_cents, first.expansion_cents) == (1_000_00, -100_00, 50_00)
    assert (second.told_cents, second.restated_cents, second.expansion_cents) == (950_01, -1, 10_00)
    assert second.told_cents + second.restated_cents == first.mrr_eur_cents == 950_00
    whole = found.whole
    assert (whole.told_cents, whole.restated_cents, whole.mrr_eur_cents) == (1_000_00, -100_00, 960_00)
    assert (
        equation("together", JUNE, whole).text
        == "MRR of 2015-08 960.00 EUR = MRR of 2015-06 as told first 1,000.00 + restated since -100.00 + new 0.00"
        " + expansion 60.00 + contraction 0.00 + lost 0.00 + exchange rates 0.00 + link moves 0.00 + held 0.00"
        " + rounding 0.00; difference 0.00"
    )


def test_tiers_are_counted_from_and_to_with_those_held_and_out() -> None:
    june = month(JUNE, account("P1", "A1", 500_00), account("P2", "A2", 2_000_00), account("P3", "A3", 600_00))
    july = month(JULY, account("P1", "A1", 2_000_00), account("P4", "A4", 499_99), held={"P2"})
    kind, rows = tier_rows(movements([june, july], {}), 6)
    assert list(kind.__annotations__) == [
        "from_tier", *(f"to_{tier}" for tier in ("none", 1, 2, 3, 4, 5, 6, "held", "out"))
    ]  # fmt: skip
    by_name = [{name: getattr(row, name) for name in kind.__annotations__} for row in rows]
    counted = {(row["from_tier"], name): many for row in by_name for name, many in row.items() if many in (1, 2)}
    assert counted == {("1", "to_2"): 1, ("2", "to_held"): 1, ("1", "to_out"): 1, ("out", "to_none"): 1}


def random_month(rng: Random, at: BillingMonth, partners: Sequence[str]) -> CountedMonth:
    held = {each for each in partners if rng.random() < 0.2}
    out = {each for each in partners if rng.random() < 0.1}
    rates = {"EUR": "1", "USD": rng.choice(["1.1", "1.078805"]), "JPY": rng.choice(["134.5", "140"])}
    accounts, linked = [], {}
    for number in range(rng.randrange(12)):
        owner, currency = rng.choice(partners), ("EUR", "USD", "JPY")[number % 3]
        if owner in held:
            linked["NL", f"A{number}"] = owner
        elif owner not in out:
            accounts.append(account(owner, f"A{number}", rng.randrange(-20_000, 200_000), currency, rates[currency]))
    made = month(at, *accounts, held=held, held_accounts=linked)
    told = {each: cents + rng.randrange(-100, 100) for each, cents in made.totals.items() if rng.random() < 0.2}
    totals = {each: made.totals.get(each, 0) for each in partners if each not in held | out}
    tiers = dict.fromkeys(totals, 1)
    return CountedMonth(at, totals, tiers, made.accounts, told, held, linked)


def adds_up(row: PartnerMoved) -> bool:
    moved = sum(getattr(row, f"{name}_cents") for name in ("restated", *LINES))
    return bool((row.told_cents or 0) + moved == (row.mrr_eur_cents or 0))


@pytest.mark.parametrize("part", range(4))
def test_random_chains_add_up_to_the_cent_for_each_partner_and_together(part: int) -> None:
    for seed in range(part * 250, (part + 1) * 250):
        rng = Random(seed)
        partners = [f"P{each}" for each in range(rng.randrange(1, 5))]
        chain = [random_month(rng, at, partners) for at in (JUNE, JULY, AUGUST, AUGUST.following)]
        found = movements(chain, {})
        assert all(map(adds_up, partner_rows(found, {}))), seed
        for before, row in zip(chain, found.months, strict=False):
            assert equation("month", before.month, row).difference == 0  # else it could not be made
            assert (row.link_moves_cents, row.told_cents + row.restated_cents) == (0, before.mrr_eur_cents), seed
            assert abs(row.rounding_cents) <= 2 * 12, "half a cent for each rounding of twelve accounts in two months"
        known = sum(each.mrr_eur_cents for rows in found.known.values() for each in rows)
        assert sum(each.held_cents for each in found.months) == -known, "what is held is what was last known"
        # The same chain asked month by month gives the same moves.
        waiting: Any = {}
        for before, now, row in zip(chain, chain[1:], found.months, strict=False):
            alone = movements([before, now], waiting)
            assert alone.months == [row], seed
            waiting = alone.known

"""Each letter stands beside what was in force before it: terms, revenue, and the accounts that moved (rule 12)."""

from datetime import date

import pytest

from partner_program.adapters.database.letters import owed_letters
from partner_program.adapters.database.registry import load_registry
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.letter_facts import facts_of_letters
from partner_program.domain.letters import AccountMove, EarlierFact, LetterFacts
from partner_program.domain.rates import NO_PROGRAMME_RATE, RateTerms
from partner_program.usecases.grants import grant_grace
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from tests.usecases.three_partners import JULY, JUNE, june_in_force
from tests.worlds import World

AUGUST = "2015-08"
FIRST = RateTerms(1, 500, 1_000, "Bronze")
SECOND = RateTerms(2, 800, 2_000, "Silver")
THIRD = RateTerms(3, 1_000, 3_500, "Gold")


@pytest.fixture
def july(world: World) -> World:
    """P1 rose in July from 2,000.00 to 5,500.00: its account billed more, and another one came."""
    june_in_force(world)
    world.link("P1", "NL", "A7")
    world.load()
    world.bill("A1", JULY, 1_000_00)
    world.bill("A7", JULY, 2_500_00)
    world.close(JULY)
    world.settle(JULY, on="2015-08-03")
    return world


def stated(world: World, month: str, partner_id: str = "P1") -> LetterFacts:
    """The facts of a partner's letter, as the database has them now."""
    with world.installation.database.reading() as connection:
        owed = owed_letters(connection, BillingMonth.parse(month), [partner_id])
        registry = load_registry(connection, [partner_id])
    ((_, facts),) = facts_of_letters(owed=owed, registry=registry, programs=world.installation.programs)
    return facts


def correct(world: World, month: str, account_id: str, minor: int, on: str) -> None:
    """Bill more for a month in force, and accept what comes out."""
    world.bill(account_id, month, minor)
    world.close(month)
    world.settle(month, today=on)
    day = date.fromisoformat(on)
    accept_restatement(world.installation, BillingMonth.parse(month), Acceptance(day, "pat", "late invoice"), today=day)


def test_a_first_letter_has_nothing_to_stand_beside(world: World) -> None:
    june_in_force(world)
    first = stated(world, JUNE)
    assert (first.previous_tier, first.terms_before, first.earlier) == (None, None, None)


def test_a_letter_states_the_month_before_and_each_account_that_moved(july: World) -> None:
    risen = stated(july, JULY)
    assert (risen.kind, risen.previous_tier, risen.terms_before) == ("tier_raised", 2, SECOND)
    came, rose = AccountMove("NL", "A7", None, 2_500_00), AccountMove("NL", "A1", 2_000_00, 3_000_00)
    assert risen.earlier == EarlierFact(JUNE, 2_000_00, (came, rose), 0, 0)


def test_a_partner_that_falls_reads_which_account_fell_and_which_is_gone(july: World) -> None:
    july.settle(AUGUST, on="2015-09-02")
    fallen = stated(july, AUGUST)
    assert (fallen.kind, fallen.previous_tier, fallen.terms_before) == ("tier_lowered", 3, THIRD)
    gone, fell = AccountMove("NL", "A7", 2_500_00, None), AccountMove("NL", "A1", 3_000_00, 2_000_00)
    assert fallen.earlier == EarlierFact(JULY, 5_500_00, (gone, fell), 0, 0)


def test_a_grant_on_demand_stands_beside_the_terms_before_it_though_its_rate_came_ahead(world: World) -> None:
    june_in_force(world)
    days = {"starts_on": date(2015, 8, 1), "ends_on": date(2015, 11, 1)}
    grant_grace(world.installation, "P1", tier=3, **days, granted_by="pat", reason="plan", today=date(2015, 8, 1))
    world.settle(JULY, on="2015-08-03")
    granted = stated(world, JULY)
    assert (granted.kind, granted.monthly_fee_discount_bp, granted.terms_before) == ("grace_granted", 1_000, SECOND)
    assert granted.rate_valid_from == date(2015, 8, 1)


def test_a_partner_that_returns_reads_the_terms_that_its_orders_had_meanwhile(world: World) -> None:
    june_in_force(world)
    for status, month, day in (("suspended", JULY, "2015-08-20"), ("authorized", AUGUST, "2015-09-10")):
        world.tables["partners"][0]["status"] = status
        world.load()
        world.settle(month, on=day)
    returned = stated(world, AUGUST)
    assert (returned.kind, returned.terms_before) == ("terms_changed", NO_PROGRAMME_RATE)
    assert returned.earlier == EarlierFact(JUNE, 2_000_00, (), 0, 0)  # the last month that assigned it


def test_an_agreement_that_ends_stands_beside_its_terms(world: World) -> None:
    june_in_force(world)
    world.legacy("P1", 1_200, until="2015-09-01")
    world.load()
    for month, day in ((JULY, "2015-08-03"), (AUGUST, "2015-09-02")):
        world.settle(month, on=day)
    assert stated(world, JULY).terms_before == SECOND
    assert stated(world, AUGUST).terms_before == RateTerms(2, 1_200, 2_000, "Silver")


def test_a_correction_stands_beside_the_figures_that_it_replaces(july: World) -> None:
    correct(july, JULY, "A7", 5_000_00, on="2015-08-20")
    corrected = stated(july, JULY)
    assert (corrected.kind, corrected.tier, corrected.previous_tier) == ("restated", 4, 3)
    assert corrected.terms_before == THIRD
    assert corrected.earlier == EarlierFact(JULY, 5_500_00, (AccountMove("NL", "A7", 2_500_00, 7_500_00),), 0, 0)


def test_the_month_after_a_correction_stands_beside_the_corrected_figures(july: World) -> None:
    correct(july, JULY, "A7", 5_000_00, on="2015-08-20")
    july.settle(AUGUST, on="2015-09-02")
    assert stated(july, AUGUST).previous_tier == 4
    assert stated(july, AUGUST).earlier == EarlierFact(
        JULY,
        10_500_00,
        (AccountMove("NL", "A7", 7_500_00, None), AccountMove("NL", "A1", 3_000_00, 2_000_00)),
        0,
        0,
    )


def test_a_letter_stays_as_it_was_where_an_earlier_month_is_corrected_after_it(july: World) -> None:
    before = stated(july, JULY)
    correct(july, JUNE, "A1", 700_00, on="2015-08-20")
    assert july.result(JUNE, "P1")["mrr_eur_cents"] == 2_700_00
    assert stated(july, JULY) == before


def test_letters_of_several_settlements_each_stand_beside_their_own_past(july: World) -> None:
    """P2 is held when the month is settled, and released by a second settlement of it."""
    july.bill("B2", AUGUST, 2_200_00, entity="US")
    july.close(AUGUST)
    july.reopen(AUGUST, "US")
    july.settle(AUGUST, on="2015-09-02")
    july.close(AUGUST, "US")
    july.settle(AUGUST, on="2015-09-03")
    with july.installation.database.reading() as connection:
        owed = owed_letters(connection, BillingMonth.parse(AUGUST), ["P1", "P2", "P3"])
    assert {each.partner_id: each.earlier and each.earlier.terms for each in owed} == {"P1": THIRD, "P2": FIRST}
    assert {each.partner_id: str(each.earlier and each.earlier.billing_month) for each in owed} == {
        "P1": JULY,
        "P2": JULY,
    }

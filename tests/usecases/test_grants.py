"""Grace periods granted on demand: the rate from the grant's own day, settled by the months' runs."""

from datetime import date

import pytest

from partner_program.domain.rates import Rate
from partner_program.domain.refusals import NoRuleInForce, NotAuthorized, Refusal
from partner_program.usecases.grants import grant_grace
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, partners, rates, three_partners
from tests.worlds import World


def grant(
    world: World, partner_id: str, tier: int, starts_on: str, ends_on: str, by: str = "pat", why: str = "growth plan"
) -> Rate:
    days = {"starts_on": date.fromisoformat(starts_on), "ends_on": date.fromisoformat(ends_on)}
    today = days["starts_on"]
    return grant_grace(world.installation, partner_id, tier=tier, **days, granted_by=by, reason=why, today=today)[1]


@pytest.fixture
def assessed(world: World) -> World:
    """P1 in Tier 2, P2 in Tier 1, P3 in Tier 3 since go-live."""
    june_in_force(world)
    return world


def test_a_grant_gives_its_rate_from_its_own_day_without_waiting_for_a_month(assessed: World) -> None:
    rate = grant(assessed, "P1", 4, "2015-08-01", "2015-11-01")
    assert (str(rate.valid_from), rate.terms.tier, rate.terms.monthly_fee_discount_bp) == ("2015-08-01", 4, 1500)
    assert rates(assessed, "P1") == [(GO_LIVE, 2, 800), ("2015-08-01", 4, 1500)]


def test_a_discount_right_from_the_beginning_needs_no_month_at_all(world: World) -> None:
    world.partner("P9")
    three_partners(world)
    grant(world, "P9", 3, "2015-07-27", "2015-11-01")
    assert rates(world, "P9") == [("2015-07-27", 3, 1000)]


def test_the_same_grant_asked_for_twice_is_one_grant_to_the_byte(assessed: World) -> None:
    first = grant(assessed, "P1", 4, "2015-08-01", "2015-11-01")
    before = assessed.fingerprint()
    assert grant(assessed, "P1", 4, "2015-08-01", "2015-11-01") == first
    assert assessed.fingerprint() == before


def test_the_same_grant_with_other_words_is_refused(assessed: World) -> None:
    grant(assessed, "P1", 4, "2015-08-01", "2015-11-01")
    with pytest.raises(Refusal, match="exists already, with other details: until 2015-11-01, growth plan"):
        grant(assessed, "P1", 4, "2015-08-01", "2015-12-01")


@pytest.mark.parametrize("day", [GO_LIVE, "2015-07-28"])
def test_a_grant_never_begins_before_a_rate_that_was_decided(assessed: World, day: str) -> None:
    grant(assessed, "P1", 4, "2015-07-28", "2015-11-01")
    with pytest.raises(Refusal, match="has a rate decided on 2015-07-28: rates are never changed backwards"):
        grant(assessed, "P1", 5, day, "2015-11-01")
    assert len(rates(assessed, "P1")) == 2


def test_a_grant_below_the_tier_in_force_lowers_nothing(assessed: World) -> None:
    rate = grant(assessed, "P3", 1, "2015-08-01", "2015-11-01")
    assert (str(rate.valid_from), rate.terms.tier) == (GO_LIVE, 3)
    assert rates(assessed, "P3") == [(GO_LIVE, 3, 1000)]


def test_a_grant_keeps_an_older_agreement_that_is_better(world: World) -> None:
    world.legacy("P1", 3000, 1000, "Platinum")
    june_in_force(world)
    terms = grant(world, "P1", 4, "2015-08-01", "2015-11-01").terms
    assert (terms.monthly_fee_discount_bp, terms.setup_fee_discount_bp, terms.sla) == (3000, 5000, "Platinum")


@pytest.mark.parametrize(
    ("tier", "until", "by", "why", "words"),
    [
        (4, "2015-08-01", "pat", "plan", "covers no day"),
        (0, "2015-11-01", "pat", "plan", "tier 0 from 2015-08-01 is not in .* a tier from 1 to 6"),
        (7, "2015-11-01", "pat", "plan", "tier 7 from 2015-08-01 is not in .* a tier from 1 to 6"),
        (4, "2015-11-01", " ", "plan", "who granted it and why"),
        (4, "2015-11-01", "pat", "", "who granted it and why"),
    ],
)
def test_a_grant_that_covers_no_day_or_lacks_a_tier_a_name_or_a_reason_is_refused(
    assessed: World, tier: int, until: str, by: str, why: str, words: str
) -> None:
    before = assessed.fingerprint()
    with pytest.raises(Refusal, match=words):
        grant(assessed, "P1", tier, "2015-08-01", until, by, why)
    assert assessed.fingerprint() == before


def test_a_grant_is_for_an_authorised_partner_of_the_registry_while_the_programme_is_in_force(world: World) -> None:
    world.partner("P8", status="suspended")
    three_partners(world)
    with pytest.raises(NotAuthorized, match="P8 is suspended"):
        grant(world, "P8", 4, "2015-08-01", "2015-11-01")
    with pytest.raises(Refusal, match="partner P77 is not in the registry"):
        grant(world, "P77", 4, "2015-08-01", "2015-11-01")
    with pytest.raises(NoRuleInForce):
        grant(world, "P1", 4, "2015-07-26", "2015-11-01")
    assert world.rows("SELECT * FROM grace_grant") == []


def test_the_next_month_announces_the_grant_and_a_later_one_settles_it(assessed: World) -> None:
    grant(assessed, "P1", 4, "2015-08-01", "2015-09-05")
    assessed.settle(JULY, on="2015-08-20")
    row = partners(assessed, JULY)["P1"]
    assert (row["granted_tier"], row["tier"], row["letter"]["kind"]) == (4, 4, "grace_granted")
    assert row["rate_valid_from"] == "2015-08-01"
    assessed.settle("2015-08", on="2015-09-10")
    row = partners(assessed, "2015-08")["P1"]
    assert (row["granted_tier"], row["tier"], row["letter"]["kind"]) == (None, 2, "grace_lapsed")
    assert rates(assessed, "P1")[-1] == ("2015-09-10", 2, 800)


def test_a_grant_made_on_demand_survives_the_next_load_of_the_files(assessed: World) -> None:
    grant(assessed, "P1", 4, "2015-08-01", "2015-11-01")
    before = assessed.fingerprint()
    assert assessed.load() == 0
    assert assessed.fingerprint() == before


def rising(world: World) -> World:
    """P2 is granted Tier 2 from September on, and earns Tier 3 in July; P5 is large enough to keep the brake off."""
    world.partner("P5", {"US": "B5"})
    world.bill("B5", JUNE, 44_000_00, entity="US", months=3)
    june_in_force(world)
    grant(world, "P2", 2, "2015-09-01", "2015-12-01")
    world.bill("B2", JULY, 4_400_00, entity="US")
    world.close(JULY, "US")
    world.settle(JULY, on="2015-08-20")
    return world


def test_months_run_again_after_a_grant_that_begins_later_propose_nothing_and_write_no_rate(world: World) -> None:
    before = rising(world).rows("SELECT * FROM discount_rate")
    for month, day in ((JUNE, GO_LIVE), (JULY, "2015-08-20")):
        outcome = world.settle(month, on=day)
        assert (outcome.changed, outcome.proposed) == (False, 0)
    assert world.rows("SELECT * FROM discount_rate") == before

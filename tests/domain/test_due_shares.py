"""Where what was due came from: Tier 1 gives 5 %, Tier 2 8 %, Tier 3 10 %, Tier 4 15 %."""

from collections.abc import Sequence
from datetime import date

import pytest

from partner_program.adapters.files.program import load_programs
from partner_program.domain.dated import Period
from partner_program.domain.due_shares import DueShares, Earned, SharesOfDue
from partner_program.domain.entitlement import Entitlement, Source
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.registry import GraceGrant, LegacyAgreement
from partner_program.usecases.installation import PROJECT

PROGRAMS = load_programs(PROJECT / "include" / "program")
GO_LIVE, GRANTED = date(2015, 7, 27), date(2015, 8, 10)


def of(
    *rates: tuple[date, int, int],
    day: date,
    grants: Sequence[tuple[int, date, date]] = (),
    earned: Sequence[Earned] = (),
    floor: int = 0,
    source: Source = "rate",
) -> DueShares:
    """The shares of an order's day; a rate is a first day, a tier and its discount in basis points."""
    own = [Rate(first, RateTerms(tier, bp, 0, None)) for first, tier, bp in rates]
    last = next((each for each in reversed(own) if each.valid_from <= day), None)
    agreement = LegacyAgreement("P1", floor, 0, None, "old", Period(date(2012, 1, 1)))
    shares = SharesOfDue(
        programs=PROGRAMS,
        rates={"P1": own},
        agreements=[agreement] if floor else [],
        grants=[GraceGrant(f"G{tier}", "P1", tier, start, end, "pat", "new") for tier, start, end in grants],
        earned={"P1": earned},
    )
    bp = last.terms.monthly_fee_discount_bp if last else floor
    return shares.of(Entitlement("P1", bp, last.terms.tier if last else 0, source), day, "")


def test_a_tier_without_grant_or_agreement_was_earned() -> None:
    assert of((GO_LIVE, 2, 800), day=GO_LIVE) == (800, 0, 0)


def test_what_an_agreement_gives_above_the_tier_is_its_share() -> None:
    assert of((GO_LIVE, 2, 3_000), day=GO_LIVE, floor=3_000) == (800, 0, 2_200)


def test_before_the_programme_an_agreement_gives_all() -> None:
    assert of(day=date(2014, 5, 1), floor=1_200, source="older agreement") == (0, 0, 1_200)


GRACE = ((3, GRANTED, date(2015, 10, 1)),)


@pytest.mark.parametrize(
    ("day", "shares"),
    [
        (date(2015, 8, 9), (500, 0, 0)),
        (GRANTED, (500, 500, 0)),
        (date(2015, 10, 4), (500, 500, 0)),  # has ended, and no month has settled it: its rate still holds
        (date(2015, 10, 5), (500, 0, 0)),
    ],
)
def test_a_grant_has_what_its_tier_gives_above_the_earned_one_until_it_is_settled(
    day: date, shares: tuple[int, int, int]
) -> None:
    rates = ((GO_LIVE, 1, 500), (GRANTED, 3, 1_000), (date(2015, 10, 5), 1, 500))
    earned = [Earned(GO_LIVE, 1), Earned(date(2015, 9, 2), 1), Earned(date(2015, 10, 5), 1)]
    assert of(*rates, day=day, grants=GRACE, earned=earned) == shares


def test_from_the_month_that_confirms_it_the_tier_is_earned() -> None:
    """The rate stays the same row: the partner earned in August what it was granted."""
    earned = [Earned(GO_LIVE, 1), Earned(date(2015, 9, 2), 3)]
    for day, shares in ((date(2015, 9, 1), (500, 500, 0)), (date(2015, 9, 2), (1_000, 0, 0))):
        assert of((GO_LIVE, 1, 500), (GRANTED, 3, 1_000), day=day, grants=GRACE, earned=earned) == shares


def test_a_new_partner_with_a_grant_has_earned_nothing_yet() -> None:
    assert of((GRANTED, 3, 1_000), day=GRANTED, grants=GRACE) == (0, 1_000, 0)


def test_what_an_agreement_gives_in_grace_too_is_the_agreements() -> None:
    rates, earned = ((GO_LIVE, 1, 700), (GRANTED, 3, 1_000)), [Earned(GO_LIVE, 1)]
    assert of(*rates, day=GRANTED, grants=GRACE, earned=earned, floor=700) == (500, 300, 200)


def test_grace_below_an_agreement_gives_nothing() -> None:
    rates, earned = ((GO_LIVE, 1, 2_000), (GRANTED, 3, 2_000)), [Earned(GO_LIVE, 1)]
    assert of(*rates, day=GRANTED, grants=GRACE, earned=earned, floor=2_000) == (500, 0, 1_500)


def test_a_partner_that_rose_early_beside_a_lower_grant_earned_its_tier() -> None:
    lower = ((1, GRANTED, date(2015, 10, 1)),)
    assert of((GO_LIVE, 2, 800), day=GRANTED, grants=lower, earned=[]) == (800, 0, 0)

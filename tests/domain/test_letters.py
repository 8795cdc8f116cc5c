"""One letter for each partner and month: the first kind that applies (rule 12)."""

from itertools import combinations
from typing import Any

import pytest

from partner_program.domain.letters import LETTER_KINDS, LetterKind, kind_name, letter_kind

# The kinds in the order in which they are tried, each with the facts that make it apply.
WHAT_MAKES_IT: dict[LetterKind, dict[str, Any]] = {
    "migration": {"migration": True},
    "restated": {"restated": True},
    "grace_lapsed": {"outcomes": ["lapsed"]},
    "tier_lowered": {"tier": 2, "previous_tier": 3},
    "grace_confirmed": {"outcomes": ["confirmed"]},
    "grace_granted": {"lifted_for_the_first_time": True},
    "tier_raised": {"tier": 2, "previous_tier": 1},
    "terms_changed": {"terms_differ": True},
    "tier_kept": {"kept": "now"},
    "no_change": {"always": True},
}
QUIET: dict[str, Any] = {
    "migration": False,
    "restated": False,
    "outcomes": [],
    "tier": 2,
    "previous_tier": 2,
    "lifted_for_the_first_time": False,
    "terms_differ": False,
    "always": False,
}


def kind(**changed: Any) -> LetterKind | None:
    return letter_kind(**{**QUIET, **changed})


def together(first: LetterKind, second: LetterKind) -> dict[str, Any]:
    """The facts of both kinds together; a month with two grants has the outcomes of both."""
    one, other = WHAT_MAKES_IT[first], WHAT_MAKES_IT[second]
    return {**other, **one, "outcomes": [*other.get("outcomes", []), *one.get("outcomes", [])]}


def test_every_kind_of_the_list_is_asked_for_in_its_order() -> None:
    assert tuple(WHAT_MAKES_IT) == LETTER_KINDS


def test_without_a_change_there_is_no_letter() -> None:
    assert kind() is None
    assert kind(outcomes=[None, None]) is None


@pytest.mark.parametrize("only", WHAT_MAKES_IT)
def test_each_kind_by_itself(only: LetterKind) -> None:
    assert kind(**WHAT_MAKES_IT[only]) == only


@pytest.mark.parametrize(
    ("first", "second"),
    [pair for pair in combinations(WHAT_MAKES_IT, 2) if set(pair) != {"tier_lowered", "tier_raised"}],
)
def test_of_two_kinds_the_one_that_is_asked_first_is_sent(first: LetterKind, second: LetterKind) -> None:
    """A tier cannot be lowered and raised at once; every other pair is possible."""
    assert kind(**together(first, second)) == first


def test_a_first_tier_counts_as_raised_from_none() -> None:
    assert kind(tier=1, previous_tier=None) == "tier_raised"
    assert kind(tier=1, previous_tier=0) == "tier_raised"


def test_a_partner_without_any_tier_before_and_now_gets_no_letter() -> None:
    assert kind(tier=0, previous_tier=None) is None


def test_losing_the_last_tier_is_a_tier_lowered() -> None:
    assert kind(tier=0, previous_tier=1) == "tier_lowered"


@pytest.mark.parametrize(("previous_tier", "tier", "expected"), [(6, 1, "tier_lowered"), (1, 6, "tier_raised")])
def test_a_partner_may_move_any_number_of_tiers_with_one_letter(previous_tier: int, tier: int, expected: str) -> None:
    assert kind(previous_tier=previous_tier, tier=tier) == expected


def test_a_kind_is_named_to_people_in_words() -> None:
    assert kind_name("grace_lapsed") == "Grace lapsed"
    assert kind_name("restated") == "Restated"

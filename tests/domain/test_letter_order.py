"""The order of letters in the preview book: unusual ones first; and which ones a full page leaves out."""

from dataclasses import replace

import pytest

from partner_program.domain.large_change import ANY_AMOUNT, LARGE, LargeChange
from partner_program.domain.letter_order import LetterChange, left_out, reading_order

SAME = LetterChange(
    partner_id="same",
    tier=2,
    previous_tier=2,
    mrr_eur_cents=2_500_00,
    previous_mrr_eur_cents=2_500_00,
    is_first=False,
    has_lapsed=False,
    keeps_legacy=False,
    reaches_nobody=False,
)


def letter(partner_id: str, **values: object) -> LetterChange:
    return replace(SAME, partner_id=partner_id, **values)  # type: ignore[arg-type]


def moved(partner_id: str, before: int | None, now: int) -> LetterChange:
    return letter(partner_id, previous_mrr_eur_cents=before, mrr_eur_cents=now)


def ids(changes: list[LetterChange]) -> list[str]:
    return [each.partner_id for each in reading_order(changes)]


def test_lowered_tiers_come_first_then_revenue_first_letters_grace_older_terms_and_the_rest() -> None:
    in_order = [
        letter("lowered", previous_tier=3),
        moved("revenue", 10_000_00, 2_500_00),
        letter("first", is_first=True),
        letter("lapsed", has_lapsed=True),
        letter("legacy", keeps_legacy=True),
        letter("unreached", reaches_nobody=True),
        letter("a plain one"),
    ]
    assert ids(in_order[::-1]) == [each.partner_id for each in in_order]


def test_of_two_lowered_partners_the_one_that_loses_more_tiers_comes_first_whatever_its_revenue() -> None:
    by_one = letter("one", tier=5, previous_tier=6, mrr_eur_cents=20_000_00, previous_mrr_eur_cents=90_000_00)
    by_two = letter("two", tier=1, previous_tier=3, mrr_eur_cents=1_999_00, previous_mrr_eur_cents=5_000_00)
    assert ids([by_one, by_two]) == ["two", "one"]


def test_neither_per_cent_nor_euros_alone_decide_which_change_is_the_largest() -> None:
    small_halved = moved("small", 1_000_00, 500_00)
    large_by_a_tenth = moved("large", 100_000_00, 90_000_00)
    large_halved = moved("both", 100_000_00, 50_000_00)
    assert ids([small_halved, large_by_a_tenth, large_halved]) == ["both", "large", "small"]


def test_a_fall_weighs_as_much_as_a_rise() -> None:
    assert ids([moved("b", 4_000_00, 2_000_00), moved("a", 4_000_00, 6_000_00)]) == ["a", "b"]
    assert ids([moved("a", 4_000_00, 2_000_00), moved("b", 4_000_00, 6_000_00)]) == ["b", "a"]


@pytest.mark.parametrize(
    ("before", "now", "is_large"),
    [
        (1_666_66, 2_166_66, True),  # 500.00, just over 30 %
        (1_600_00, 2_099_99, False),  # 31 %, a cent below 500.00
        (10_000_00, 7_000_00, True),  # exactly 30 %
        (10_000_00, 7_000_01, False),
        (1_000_000_00, 990_000_00, True),  # 1 %, yet 10,000.00
        (1_000_000_00, 990_000_01, False),
        (0, 500_00, True),  # from nothing
        (-600_00, 0, True),
        (None, 50_000_00, False),  # nothing to compare with
    ],
)
def test_a_change_is_large_by_part_and_amount_or_by_a_huge_amount(before: int | None, now: int, is_large: bool) -> None:
    assert ("revenue_changed" in moved("P1", before, now).remarks) is is_large


def test_a_partner_that_had_no_tier_before_was_not_lowered() -> None:
    assert letter("P1", tier=0, previous_tier=None).remarks == ()
    assert letter("P1", tier=0, previous_tier=0).remarks == ()


def test_among_first_letters_those_with_something_else_come_first() -> None:
    plain = letter("plain", is_first=True, mrr_eur_cents=90_000_00, previous_mrr_eur_cents=None)
    kept, lapsed = letter("kept", is_first=True, keeps_legacy=True), letter("lapsed", is_first=True, has_lapsed=True)
    assert ids([plain, kept, lapsed]) == ["lapsed", "kept", "plain"]


def test_equal_letters_stand_in_the_order_of_their_ids_however_they_came() -> None:
    assert ids([letter("P3"), letter("P1"), letter("P2")]) == ["P1", "P2", "P3"]


def test_a_full_page_leaves_out_the_plain_letters_and_first_letters_and_keeps_the_outliers() -> None:
    lowered = [letter(f"lowered {number}", previous_tier=3) for number in range(4)]
    first = [letter(f"first {number}", is_first=True) for number in range(3)]
    plain = [letter(f"plain {number}") for number in range(3)]
    ordered = reading_order([*plain, *first, *lowered])
    assert left_out(ordered, plain=2, at_most=10) == {each.partner_id for each in [*first, *plain]}
    assert left_out(ordered, plain=8, at_most=10) == {"plain 1", "plain 2"}
    assert left_out(ordered, plain=10, at_most=10) == frozenset()


def test_beyond_the_most_that_a_page_holds_the_lesser_outliers_go() -> None:
    ordered = reading_order([letter("one", previous_tier=3), letter("three", previous_tier=5), letter("p")])
    assert left_out(ordered, plain=1, at_most=1) == {"one", "p"}


def test_of_equally_lowered_partners_the_larger_large_change_comes_first_whatever_else_is_unusual() -> None:
    large = letter("large", previous_tier=3, previous_mrr_eur_cents=40_000_00)
    less = letter("less", previous_tier=3, previous_mrr_eur_cents=10_000_00, keeps_legacy=True)
    least = letter("least", previous_tier=3, previous_mrr_eur_cents=4_000_00, has_lapsed=True)
    assert ids([least, less, large]) == ["large", "less", "least"]


def test_a_change_that_is_not_large_comes_after_the_other_remarks_and_before_revenue() -> None:
    lapsed = letter("lapsed", previous_tier=3, has_lapsed=True)
    moved_some = letter("moved some", previous_tier=3, previous_mrr_eur_cents=2_900_00)
    moved_less = letter("moved less", previous_tier=3, mrr_eur_cents=9_000_00, previous_mrr_eur_cents=9_100_00)
    assert ids([moved_less, moved_some, lapsed]) == ["lapsed", "moved some", "moved less"]


def test_of_partners_whose_revenue_stayed_the_larger_comes_first() -> None:
    assert ids([moved("a", 100_00, 100_00), moved("z", 900_00, 900_00), moved("m", 500_00, 500_00)]) == ["z", "m", "a"]


def test_a_fall_by_more_than_half_comes_before_a_larger_one_of_a_tenth() -> None:
    assert ids([moved("a tenth", 100_000_00, 90_000_00), moved("more than half", 5_000_00, 2_000_00)]) == [
        "more than half",
        "a tenth",
    ]


def test_without_a_month_before_revenue_has_not_changed() -> None:
    first = letter("first", previous_mrr_eur_cents=None)
    assert (first.revenue_change, first.has_large_change) == (0, False)


@pytest.mark.parametrize(
    ("large", "before", "now", "expected"),
    [
        (LARGE, 1_000_00, 1_500_00, True),
        (LARGE, 1_000_00, 1_499_99, False),  # below 500.00
        (LARGE, 2_000_00, 2_599_99, False),  # below 30 %
        (LARGE, 100_000_00, 110_000_00, True),
        (LARGE, 100_000_00, 109_999_99, False),
        (ANY_AMOUNT, 10, 13, True),
        (ANY_AMOUNT, 10, 12, False),
        (ANY_AMOUNT, 10_000_000, 12_999_999, False),  # no amount alone is large
        (ANY_AMOUNT, 0, 0, False),
        (ANY_AMOUNT, 0, 1, True),
        (LargeChange(600, 5_000), 1_000, 1_599, False),
        (LargeChange(600, 5_000), 50_000, 55_000, True),
    ],
)
def test_which_changes_are_large_is_the_programmes(large: LargeChange, before: int, now: int, expected: bool) -> None:
    own = replace(moved("P1", before, now), large=large)
    assert own.has_large_change is expected
    assert reading_order([own]) == [own]

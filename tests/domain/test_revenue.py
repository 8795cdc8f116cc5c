from collections.abc import Mapping
from datetime import date

import pytest

from partner_program.domain.revenue import (
    CHARGE_KINDS,
    COUNTED_KINDS,
    DOCUMENT_STATUSES,
    LARGEST_CODE,
    PIECE_OF_TERM,
    THIS_PERIOD,
    ChargeKind,
    CountedTotals,
    EntityRevenue,
    MrrGroup,
    counted_totals,
    counts,
    excluded_bucket,
    is_longer_than_term,
    is_metered,
    is_shorter_than_term,
    kinds_by_name,
    may_be_negative,
    may_count,
    share_of,
)
from partner_program.domain.totals import BUCKETS


def group(kind: str, status: str = "posted") -> MrrGroup:
    """A group of which only the kind and the status matter."""
    return MrrGroup("A", "EUR", kind, status, 1, 30, 1, 100)


# What each kind is, once more: a row may be added, none of these may change, and no code may come to another name.
RELEASED: Mapping[str, tuple[int, bool, bool, bool]] = {
    # name: code, counts, may be negative, metered
    "recurring": (5, True, False, False),
    "usage": (8, True, False, True),
    "credit": (1, True, True, False),
    "setup": (6, False, True, False),
    "one_off": (4, False, True, False),
    "deposit": (2, False, True, False),
    "goodwill": (3, False, True, False),
    "tax": (7, False, True, False),
}


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_kind_stays_what_it_is(name: str) -> None:
    kind = CHARGE_KINDS[name]

    assert (kind.code, kind.counts, kind.may_be_negative, kind.is_metered) == RELEASED[name]


def test_the_codes_of_the_statuses_stay_what_they_are() -> None:
    assert DOCUMENT_STATUSES == {"posted": 2, "draft": 1, "void": 3}


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        (ChargeKind("support", 1, "support fees"), "charge kind setup, code 1: another row has the same name or code"),
        (ChargeKind("setup", 2, "more fees"), "charge kind setup, code 1: another row has the same name or code"),
        (ChargeKind("support", 0, "support fees"), "charge kind support: code 0, expected 1 to 999"),
        (ChargeKind("support", LARGEST_CODE + 1, "support fees"), "charge kind support: code 1000, expected 1 to 999"),
    ],
)
def test_a_table_in_which_a_name_or_a_code_is_not_its_own_is_refused(row: ChargeKind, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        kinds_by_name(ChargeKind("setup", 1, "setup fees"), row)


def test_every_bucket_has_a_name_of_its_own() -> None:
    assert len(set(BUCKETS)) == len(BUCKETS)


@pytest.mark.parametrize("kind", CHARGE_KINDS)
def test_a_posted_line_counts_or_goes_to_the_bucket_of_its_kind(kind: str) -> None:
    line = group(kind)

    assert counts(line) is CHARGE_KINDS[kind].counts
    assert excluded_bucket(line) == (None if CHARGE_KINDS[kind].counts else kind)
    assert may_count(line) is counts(line)


@pytest.mark.parametrize("status", ["draft", "void"])
@pytest.mark.parametrize("kind", CHARGE_KINDS)
def test_a_line_that_is_not_posted_goes_to_the_bucket_of_its_status_whatever_its_kind(kind: str, status: str) -> None:
    assert excluded_bucket(group(kind, status)) == status
    assert not counts(group(kind, status))


@pytest.mark.parametrize("line", [group("rent"), group("recurring", "paid")])
def test_a_value_that_is_in_no_table_neither_counts_nor_hides_in_a_bucket(line: MrrGroup) -> None:
    assert not counts(line)
    assert excluded_bucket(line) is None


def test_a_name_that_is_no_kind_may_not_be_negative_and_is_not_metered() -> None:
    assert not may_be_negative("rent")
    assert not is_metered("rent")


def test_a_share_is_the_amount_by_term_and_covered_days_unrounded() -> None:
    quarter = MrrGroup("A", "EUR", "recurring", "posted", 3, 10, 1, 100)

    assert share_of(quarter, 30) == (1000, 90)


def test_only_posted_lines_of_counted_kinds_are_in_the_counted_totals() -> None:
    groups = (
        MrrGroup("A", "EUR", "recurring", "posted", 1, 30, 2, 500),
        MrrGroup("A", "EUR", "credit", "posted", 1, 30, 1, -100),
        MrrGroup("A", "CHF", "usage", "posted", 1, 30, 1, 7),
        MrrGroup("A", "EUR", "setup", "posted", 1, 30, 9, 9999),
        MrrGroup("A", "EUR", "recurring", "void", 1, 30, 9, 9999),
    )
    revenue = EntityRevenue("NL", groups, (), (), ())
    assert counted_totals(revenue) == CountedTotals(4, (("CHF", 7), ("EUR", 400)))


def test_a_table_has_its_rows_by_name_in_their_order() -> None:
    rows = [ChargeKind("setup", LARGEST_CODE, "setup fees"), ChargeKind("tax", 1, "taxes")]
    assert list(kinds_by_name(*rows).items()) == [("setup", rows[0]), ("tax", rows[1])]


def test_usage_alone_counts_whole_where_it_starts_and_only_what_gives_back_may_be_negative() -> None:
    assert [kind for kind in CHARGE_KINDS if is_metered(kind)] == ["usage"]
    assert [kind for kind in COUNTED_KINDS if may_be_negative(kind)] == ["credit"]


@pytest.mark.parametrize(
    ("end", "is_longer", "is_shorter"),
    [
        (date(2015, 8, 8), True, False),  # eight days more than the two months until 31 July
        (date(2015, 8, 7), False, False),
        (date(2015, 7, 31), False, False),
        (date(2015, 7, 29), False, False),
        (date(2015, 7, 28), False, True),
    ],
)
def test_a_period_may_be_a_week_over_its_term_and_two_days_under_it(
    end: date, is_longer: bool, is_shorter: bool
) -> None:
    start = date(2015, 5, 31)
    assert is_longer_than_term(start, end, 2) is is_longer
    assert is_shorter_than_term(start, end, 2) is is_shorter


def test_a_share_of_a_piece_is_that_of_its_whole_term_and_one_of_a_period_that_of_its_days() -> None:
    piece = MrrGroup("A", "EUR", "recurring", "posted", 12, 6, 1, 7, PIECE_OF_TERM, 0, 1_200)
    assert share_of(piece, 30) == (1_200 * 6, 12 * 30)
    assert share_of(piece._replace(way=THIS_PERIOD, term_months=1, period_days=10), 30) == (7 * 6, 10)


def test_groups_differ_by_everything_but_their_number_of_lines_and_amounts() -> None:
    one = MrrGroup("A", "EUR", "recurring", "posted", 1, 30, 1, 100, PIECE_OF_TERM, 0, 5)
    assert one.key == one._replace(lines=7, net_amount_minor=9, term_amount_minor=8).key
    others = [{"term_months": 2}, {"covered_days": 2}, {"way": THIS_PERIOD}, {"period_days": 3}, {"account_id": "B"}]
    assert not [each for each in others if one._replace(**each).key == one.key]  # type: ignore[arg-type]

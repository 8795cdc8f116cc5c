"""The single lines behind a receipt: each one as it is now, and whether its group is still what was counted."""

from collections.abc import Sequence
from fractions import Fraction

import pytest

from partner_program.domain.revenue import NO_SHARE, PIECE_OF_TERM, FaultyLine, MrrGroup, without_days
from partner_program.domain.single_lines import (
    ChangedGroup,
    EntityNow,
    FaultyLineNow,
    LineNow,
    LinesNow,
    LinesRead,
    SingleLine,
    compare_lines,
)
from tests.domain.made_month import JUNE, faulty, line

MONTHLY = line(100_00)
WORDS = "10000 / 1 month * 30 / 30 days"


def single(line_id: str, group: MrrGroup = MONTHLY) -> SingleLine:
    return SingleLine(line_id, "2015-06-01", "2015-07-01", group)


def read(*lines: SingleLine, faults: Sequence[FaultyLine] = (), entity: str = "NL") -> LinesRead:
    return LinesRead(entity, lines, tuple(faults))


def compared(
    *reads: LinesRead,
    groups: Sequence[tuple[str, MrrGroup]] = (),
    faults: Sequence[tuple[str, FaultyLine]] = (),
    is_held: bool = False,
) -> LinesNow:
    return compare_lines(reads=reads, groups=groups, faulty_lines=faults, month=JUNE, is_held=is_held)


def test_lines_that_add_up_to_their_frozen_group_agree_and_stand_in_order() -> None:
    frozen = MONTHLY._replace(lines=2, net_amount_minor=150_00)
    half = single("L2", MONTHLY._replace(net_amount_minor=50_00))
    found = compared(read(half, single("L1")), groups=[("NL", frozen)])
    assert found == LinesNow(
        entities=(EntityNow("NL", None, True),),
        lines=(
            LineNow("NL", single("L1"), "counted", True, Fraction(100_00), WORDS),
            LineNow("NL", half, "counted", True, Fraction(50_00), "5000 / 1 month * 30 / 30 days"),
        ),
        changed=(),
        no_longer_faulty=(),
    )


@pytest.mark.parametrize("now", [MONTHLY._replace(net_amount_minor=99_99), MONTHLY._replace(lines=2)])
def test_a_group_that_is_another_now_is_told_beside_the_frozen_one_and_its_lines_do_not_agree(now: MrrGroup) -> None:
    other = line(7, kind="usage")
    found = compared(read(single("L1", now), single("L2", other)), groups=[("NL", MONTHLY), ("NL", other)])
    assert found.changed == (ChangedGroup("NL", MONTHLY, now),)
    assert {(each.line.line_id, each.agrees) for each in found.lines if isinstance(each, LineNow)} == {
        ("L1", False),
        ("L2", True),
    }
    assert found.entities == (EntityNow("NL", None, False),)


def test_a_line_that_came_and_a_group_that_went_are_told_with_nothing_on_the_other_side() -> None:
    went, came = line(1, account_id="A1"), line(2, account_id="A2")
    found = compared(read(single("L2", came)), groups=[("NL", went)])
    assert found.changed == (ChangedGroup("NL", went, None), ChangedGroup("NL", None, came))
    assert [each.agrees for each in found.lines] == [False]


def test_pieces_of_a_term_add_up_with_the_price_of_their_terms() -> None:
    piece = MrrGroup("A1", "EUR", "recurring", "posted", 1, 6, 1, 33, PIECE_OF_TERM, 0, 99)
    both = piece._replace(lines=2, net_amount_minor=66, term_amount_minor=198)
    assert compared(read(single("L1", piece), single("L2", piece)), groups=[("NL", both)]).changed == ()
    less = both._replace(term_amount_minor=99)
    assert len(compared(read(single("L1", piece), single("L2", piece)), groups=[("NL", less)]).changed) == 1


def test_lines_of_other_days_add_up_to_one_group_and_a_day_more_is_seen() -> None:
    whole, ten = line(100_00), line(50_00)._replace(covered_days=10)
    frozen = without_days(whole)._replace(lines=2, net_amount_minor=150_00, minor_days=100_00 * 30 + 50_00 * 10)
    both = [single("L1", whole), single("L2", ten)]
    found = compared(read(*both), groups=[("NL", frozen)])
    assert (found.entities, found.changed) == ((EntityNow("NL", None, True),), ())
    assert [each.share for each in found.lines if isinstance(each, LineNow)] == [
        "5000 / 1 month * 10 / 30 days",
        WORDS,
    ]
    longer = [single("L1", whole), single("L2", ten._replace(covered_days=11))]
    (changed,) = compared(read(*longer), groups=[("NL", frozen)]).changed
    assert changed == ChangedGroup("NL", frozen, frozen._replace(minor_days=100_00 * 30 + 50_00 * 11))


def test_what_gives_the_month_nothing_is_compared_whatever_its_days_and_its_term() -> None:
    frozen = [
        MrrGroup("A1", "EUR", "setup", "posted", 1, None, 2, 7, NO_SHARE),
        MrrGroup("A1", "EUR", "usage", "posted", 1, None, 1, 9, NO_SHARE),
    ]
    lines = [
        single("L1", line(3, kind="setup")._replace(covered_days=4, term_months=12)),
        single("L2", line(4, kind="setup")),
        single("L3", line(9, kind="usage")._replace(covered_days=0)),
    ]
    assert compared(read(*lines), groups=[("NL", group) for group in frozen]).changed == ()


def test_each_entity_is_compared_with_its_own_lines() -> None:
    found = compared(
        read(single("L1")),
        read(single("L1"), entity="US"),
        groups=[("NL", MONTHLY), ("US", MONTHLY._replace(net_amount_minor=1))],
        faults=[("NL", faulty())],
    )
    assert found.entities == (EntityNow("NL", None, False), EntityNow("US", None, False))
    assert [each.entity for each in found.changed] == ["US"]
    assert found.no_longer_faulty == (("NL", faulty()),)


def test_an_entity_that_cannot_be_read_agrees_with_nothing_known_and_hides_nothing_of_the_next() -> None:
    unread = LinesRead("NL", (), (), "no such table")
    found = compared(
        unread, read(single("L1"), entity="US"), groups=[("NL", MONTHLY), ("US", MONTHLY)], faults=[("NL", faulty())]
    )
    assert found.entities == (EntityNow("NL", "no such table", None), EntityNow("US", None, True))
    assert (found.changed, found.no_longer_faulty) == ((), ())


def test_a_fault_agrees_where_line_column_and_value_do_whatever_the_amount() -> None:
    frozen, now = faulty(None), faulty(100_00)
    found = compared(read(faults=[now]), faults=[("NL", frozen)])
    assert found.lines == (FaultyLineNow("NL", now, "faulty", True),)
    assert (found.entities, found.no_longer_faulty) == ((EntityNow("NL", None, True),), ())


@pytest.mark.parametrize("changed", [{"line_id": "L8"}, {"column": "currency"}, {"found": "-1"}])
def test_another_fault_is_a_new_one_and_the_old_one_is_gone(changed: dict[str, str]) -> None:
    now = faulty()._replace(**changed)  # type: ignore[arg-type]
    found = compared(read(faults=[now]), faults=[("NL", faulty())])
    assert found.lines == (FaultyLineNow("NL", now, "faulty", False),)
    assert (found.entities, found.no_longer_faulty) == ((EntityNow("NL", None, False),), (("NL", faulty()),))


def test_lines_go_to_the_buckets_of_their_kind_and_those_of_a_held_partner_are_held() -> None:
    setup, draft = line(5, kind="setup"), faulty(kind="recurring", status="draft")
    found = compared(read(single("L1"), single("L2", setup), faults=[draft, faulty()]), is_held=True)
    assert [each.bucket for each in found.lines] == ["held", "setup", "draft", "faulty"]


def test_lines_of_all_entities_are_told_one_entity_after_the_other_and_by_group_before_id() -> None:
    other = line(2, account_id="A0")
    found = compared(read(single("L1"), single("L2", other)), read(single("L0"), entity="US"))
    others, monthly = without_days(other), without_days(MONTHLY)
    assert [(each.entity, each.line.line_id) for each in found.lines if isinstance(each, LineNow)] == [
        ("NL", "L2"),
        ("NL", "L1"),
        ("US", "L0"),
    ]
    assert [(each.entity, each.now) for each in found.changed] == [("NL", others), ("NL", monthly), ("US", monthly)]

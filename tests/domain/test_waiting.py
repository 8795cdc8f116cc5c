from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.waiting import (
    REASONS_NAMED,
    THINGS_NAMED,
    HeldGroup,
    held_groups_named,
    held_wait,
    others_wait,
    steps_of,
)

JUNE, JULY = BillingMonth(2015, 6), BillingMonth(2015, 7)


def group(number: int, month: BillingMonth = JULY, partners: int = 1) -> HeldGroup:
    return HeldGroup(month, f"line L{number}: bad", partners, f"P{number}" if partners == 1 else None)


def test_so_many_reasons_are_named_and_the_partners_of_the_others_are_counted() -> None:
    named = held_groups_named([group(1, partners=34), *(group(number) for number in range(2, 51))])
    assert len(named) == REASONS_NAMED + 1
    assert sum(each.partners for each in named) == 34 + 49
    assert named[0].partners == 34
    assert held_wait(named[-1]).words == "Release 40 held partners of 2015-07"
    assert named[-1].reason == "40 other reasons"


def test_each_month_names_its_own_reasons_and_none_is_left_out() -> None:
    groups = [group(1, JUNE), *(group(number) for number in range(REASONS_NAMED))]
    assert held_groups_named(groups) == groups


def test_the_steps_of_a_month_say_what_each_still_lacks() -> None:
    def steps(**changed: object) -> dict[str, str]:
        whole = {
            "status": "in_force",
            "is_stopped": False,
            "held": 0,
            "unpublished": 0,
            "letters": {},
            "is_signed": True,
        }
        return dict(steps_of(**{**whole, **changed}))  # type: ignore[arg-type]

    assert set(steps().values()) == {"done"}
    assert steps(held=3)["3 held"] == "now"
    assert "rates published" not in steps(unpublished=None)
    waiting = steps(letters={"rendered": 2, "planned": 1, "ambiguous": 1}, is_signed=False)
    assert waiting["3 letters to approve"] == "now"
    assert waiting["letters sent"] == waiting["signed"] == "later"
    assert steps(letters={"ambiguous": 1})["1 letter not delivered"] == "now"
    assert steps(status=None, is_stopped=True)["decided, waits for a person"] == "now"
    assert steps(status="history") == {"history only: nothing of it is in force": "done"}


def test_things_of_a_kind_beyond_those_named_are_one_that_counts_them() -> None:
    assert others_wait("dispute", THINGS_NAMED, "more is due", "more are due") == []
    (one,) = others_wait("dispute", THINGS_NAMED + 1, "more is due", "more are due")
    assert (one.words, one.things) == ("1 more is due", 1)
    (many,) = others_wait("benefit_request", 2_000, "more request waits", "more requests wait")
    assert (many.words, many.things, many.subject_id) == ("1980 more requests wait", 1_980, None)

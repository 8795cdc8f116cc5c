from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_order import MonthStatus
from partner_program.domain.waiting import (
    THINGS_NAMED,
    MonthProgress,
    StepState,
    held_wait,
    other_reasons,
    others_wait,
    signature_waits,
    steps_of,
)

JUNE, JULY = BillingMonth(2015, 6), BillingMonth(2015, 7)


def test_reasons_that_are_not_named_are_one_group_with_their_partners() -> None:
    others = other_reasons(JULY, 40, 55)
    assert held_wait(others).words == "Release 55 held partners of 2015-07"
    assert held_wait(others).more == "40 other reasons"
    assert other_reasons(JULY, 1, 1).reason == "1 other reason"


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


def test_a_month_waits_for_its_signature_once_nothing_else_of_it_is_open() -> None:
    def waits(*steps: tuple[str, StepState], status: MonthStatus = "in_force") -> list[str]:
        progress = MonthProgress(BillingMonth(2015, 7), status, None, (("in force", "done"), *steps))
        return [f"{each.words} {each.who}" for each in signature_waits(progress)]

    assert waits(("letters sent", "done"), ("signed", "later")) == ["Sign 2015-07 decide"]
    assert waits(("letters sent", "done"), ("signed", "done")) == []
    assert waits(("3 held", "now"), ("letters sent", "done"), ("signed", "later")) == []
    assert waits(status="history") == []


def test_things_of_a_kind_beyond_those_named_are_one_that_counts_them() -> None:
    assert others_wait("dispute", THINGS_NAMED, "more is due", "more are due") == []
    (one,) = others_wait("dispute", THINGS_NAMED + 1, "more is due", "more are due")
    assert (one.words, one.things) == ("1 more is due", 1)
    (many,) = others_wait("benefit_request", 2_000, "more request waits", "more requests wait")
    assert (many.words, many.things, many.subject_id) == ("1980 more requests wait", 1_980, None)

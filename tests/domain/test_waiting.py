from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.digests import Digest, DigestState
from partner_program.domain.events import OutboxEvent
from partner_program.domain.exchange_rates import JudgedRate
from partner_program.domain.month_order import MonthStatus
from partner_program.domain.registry import ExchangeRate
from partner_program.domain.waiting import (
    THINGS_NAMED,
    HeldGroup,
    MonthProgress,
    StepState,
    Waiting,
    brake_released,
    brake_waits,
    digest_waits,
    event_waits,
    held_wait,
    letters_wait,
    other_reasons,
    others_wait,
    rate_waits,
    rates_wait,
    restatement_waits,
    signature_waits,
    steps_of,
    unpublished_wait,
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


def test_what_of_a_month_waits_for_those_who_decide() -> None:
    assert [
        brake_waits(JULY, ["6 lowered", "NL moves"]),
        brake_released(JULY, "pat"),
        rates_wait(JULY, "pam", "0123456789abcdef"),
        restatement_waits(JULY, 1),
        restatement_waits(JULY, 2),
        unpublished_wait("NL", 2),
    ] == [
        Waiting("brake", "decide", "Look at 2015-07: the brake stopped it", "6 lowered; NL moves", JULY),
        Waiting(
            "brake_released",
            "decide",
            "Run 2015-07 again",
            "pat released the brake; nothing takes force before the month is run",
            JULY,
        ),
        Waiting(
            "rates",
            "decide",
            "Approve the rates of 2015-07",
            "pam ran the month; somebody else approves (0123456789ab)",
            JULY,
        ),
        Waiting(
            "restatement",
            "decide",
            "Decide about the restatement of 2015-07",
            "1 partner would have another result: accept or reject",
            JULY,
        ),
        Waiting(
            "restatement",
            "decide",
            "Decide about the restatement of 2015-07",
            "2 partners would have another result: accept or reject",
            JULY,
        ),
        Waiting(
            "unpublished",
            "decide",
            "Publish the rates of 2 accounts at NL",
            "orders there do not get them yet",
            subject_id="NL",
        ),
    ]


def test_who_is_held_alone_is_named_for_those_who_operate() -> None:
    alone = held_wait(HeldGroup(JULY, "NL was not read", 1, "P1"))
    assert alone == Waiting("held", "operate", "Release P1, held in 2015-07", "NL was not read", JULY, "P1")
    some = held_wait(HeldGroup(JULY, "NL was not read", 2, None))
    assert some == Waiting("held", "operate", "Release 2 held partners of 2015-07", "NL was not read", JULY)


def test_letters_wait_by_what_somebody_has_to_do_with_them() -> None:
    assert letters_wait(JULY, {"accepted": 5}) == []
    states = {
        "ambiguous": 1,
        "undeliverable": 2,
        "rendered": 3,
        "approved": 1,
        "claimed": 1,
        "dot_pending": 1,
        "deferred": 1,
        "planned": 1,
        "accepted": 9,
    }
    assert letters_wait(JULY, states) == [  # type: ignore[arg-type]
        Waiting(
            "letters_need_a_person",
            "act",
            "See to 3 letters of 2015-07",
            "1 of which nobody knows whether it arrived, 2 that can go to nobody",
            JULY,
        ),
        Waiting(
            "letters_to_approve",
            "act",
            "Approve 3 letters of 2015-07",
            "somebody else than who ran the month looks at them first",
            JULY,
        ),
        Waiting(
            "letters_to_send",
            "act",
            "Send 4 letters of 2015-07",
            "they are approved, and not all handed over yet",
            JULY,
        ),
        Waiting(
            "letters_to_render", "decide", "Render 1 letter of 2015-07", "run the month again up to its letters", JULY
        ),
    ]


def test_a_rate_in_doubt_waits_with_all_that_makes_it_doubtful() -> None:
    rate = ExchangeRate(JULY, "USD", Decimal("0.91"), "treasury")
    judged = JudgedRate(
        rate, None, None, ("it is the inverse of June's", "it moved by 17 %"), confirmed=False, used=False
    )
    assert rate_waits(judged) == Waiting(
        "rate_in_doubt",
        "decide",
        "Confirm the rate of USD in 2015-07, or correct it",
        "0.91 for 1 EUR: it is the inverse of June's and it moved by 17 %",
        JULY,
        subject_id="2015-07 USD",
    )


MONDAY = date(2015, 7, 27)


@pytest.mark.parametrize(
    ("status", "says", "subject"),
    [
        ("ambiguous", "nobody knows whether it arrived", "2015-07-27 M1"),
        ("refused", "the mail server refused it", "2015-07-27 M1"),
        ("undeliverable", "it can go to nobody: correct the manager's address", None),
    ],
)
def test_a_digest_that_does_not_go_on_can_be_resolved_where_it_may_have_arrived(
    status: DigestState, says: str, subject: str | None
) -> None:
    digest = Digest(MONDAY, "M1", status, MONDAY, MONDAY, 30, 2, "")
    words = "See to the digest of 2015-07-27 for M1"
    assert digest_waits(digest) == Waiting("digest", "act", words, says, subject_id=subject)


def test_an_event_that_is_not_taken_holds_back_those_of_its_partner() -> None:
    event = OutboxEvent(
        "evt_1", "grace.ending", "P1", "P1", None, 1, "{}", "{}", 7, "dead", 10, None, None, None, "HTTP 500"
    )
    assert event_waits(event) == Waiting(
        "event",
        "decide",
        "Resolve the event grace.ending about P1",
        "not taken 10 times; later ones of its partner wait: HTTP 500",
        partner_id="P1",
        subject_id="evt_1",
    )
    assert event_waits(replace(event, reply=None)).more.endswith("wait: no answer")

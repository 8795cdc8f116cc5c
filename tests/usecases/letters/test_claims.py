"""One sender at a time has a letter: until its time is up or its process has ended, and no letter is taken twice."""

from pathlib import Path

import pytest

from partner_program.adapters import own_process
from partner_program.adapters.mail.sending_settings import sending_settings
from partner_program.domain.delivery import Delivery, Outcome
from partner_program.domain.refusals import Refusal
from partner_program.usecases.handover import BACK_OFF_SECONDS, CLAIM_SECONDS
from partner_program.usecases.letters.claims import Claims
from tests.usecases.letter_world import APPROVED_AT, MONTH, RECIPIENTS, LetterWorld, letter_world


@pytest.fixture
def june(tmp_path: Path) -> LetterWorld:
    """June's letters, approved."""
    made = letter_world(tmp_path)
    made.approve()
    return made


def claims(june: LetterWorld, *partners: str) -> Claims:
    settings = sending_settings(june.here.connections)
    return Claims(june.here, MONTH, settings, clock=june.time.now, partners=partners or None, sent_by="robin")


def swept(june: LetterWorld) -> dict[str, int]:
    with june.here.database.writing() as connection:
        claims(june).sweep(connection)
    return june.states()


def row(june: LetterWorld, *columns: str, recipient: str = "jo@p1.example") -> tuple[object, ...]:
    (found,) = june.world.rows(f"SELECT {', '.join(columns)} FROM delivery WHERE recipient = ?", recipient)  # noqa: S608
    return found


def test_letters_are_taken_in_order_each_once_and_only_as_many_as_asked_for(june: LetterWorld) -> None:
    first, second = claims(june), claims(june)
    taken = [*first.take(1), *second.take(2), *first.take(10)]
    assert [(each.partner_id, each.recipient) for each in taken] == [
        ("P1", "jo@p1.example"),
        ("P1", "nobody@p1.example"),
        ("P2", "jo@p2.example"),
        ("P3", "jo@p3.example"),
    ]
    assert {(each.status, each.claimed_by) for each in taken} == {("claimed", own_process.own_name())}
    assert second.take(10) == []
    assert row(june, "status", "claimed_by", "claimed_until") == (
        "claimed",
        own_process.own_name(),
        APPROVED_AT + CLAIM_SECONDS,
    )


def test_a_sender_for_some_partners_takes_theirs_alone(june: LetterWorld) -> None:
    assert [each.partner_id for each in claims(june, "P1", "P3").take(10)] == ["P1", "P1", "P3"]


def test_what_a_living_sender_has_is_left_to_it_until_its_time_is_up(june: LetterWorld) -> None:
    sender = claims(june, "P1")
    handed, waiting = sender.take(2)
    sender.handover.mark_pending(handed)
    june.time.sleep(CLAIM_SECONDS - 1)
    assert swept(june) == {"dot_pending": 1, "claimed": 1, "approved": 2}
    assert claims(june, "P1").take(10) == []
    june.time.sleep(1)
    assert swept(june) == {"ambiguous": 1, "approved": 3}
    replies = row(june, "reply"), row(june, "reply", recipient="nobody@p1.example")
    assert replies == (
        ("its sender was stopped after it had begun to hand the letter over",),
        ("its sender was stopped before it handed the letter over",),
    )
    with pytest.raises(Refusal, match="letter of P1: another sender has it now; nothing of it was sent here"):
        sender.handover.mark_pending(waiting)
    assert [each.recipient for each in claims(june, "P1").take(10)] == ["nobody@p1.example"]


def test_a_hand_over_has_its_own_time(june: LetterWorld) -> None:
    sender = claims(june, "P1")
    handed, _ = sender.take(2)
    june.time.sleep(CLAIM_SECONDS - 1)
    assert sender.handover.mark_pending(handed).status == "dot_pending"
    june.time.sleep(CLAIM_SECONDS - 1)
    assert swept(june)["dot_pending"] == 1


def test_what_an_ended_sender_had_is_free_at_once_but_never_what_may_have_left(
    june: LetterWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = claims(june, "P1")
    handed, _ = sender.take(2)
    sender.handover.mark_pending(handed)
    monkeypatch.setattr(own_process, "is_gone", lambda name: name == own_process.own_name())
    assert swept(june) == {"ambiguous": 1, "approved": 3}
    assert "jo@p1.example" not in [each.recipient for each in claims(june).take(10)]


def deferred(june: LetterWorld, attempt: int) -> Delivery:
    """P2's letter taken once more, and the mail server saying "later"."""
    (taken,) = claims(june, "P2").take(1)
    assert taken.attempts == attempt
    claims(june).handover.record_outcome(taken, Outcome("deferred", "451 later"))
    return taken


def test_the_server_that_says_later_is_asked_again_after_longer_and_longer_times(june: LetterWorld) -> None:
    for attempt, seconds in enumerate([*BACK_OFF_SECONDS, BACK_OFF_SECONDS[-1], BACK_OFF_SECONDS[-1]]):
        deferred(june, attempt)
        june.time.sleep(seconds - 1)
        early = claims(june, "P2")
        assert (early.take(1), early.waiting) == ([], {"the mail server asked to wait": 1})
        june.time.sleep(1)
    assert row(june, "status", "reply", "attempts", recipient="jo@p2.example") == ("deferred", "451 later", 6)


def test_a_refusal_that_has_waited_is_final_and_a_free_letter_may_go_at_once(june: LetterWorld) -> None:
    taken = deferred(june, 0)
    claims(june).handover.refuse_deferred(taken, Outcome("refused", "550 nobody"))
    assert row(june, "status", "reply", "not_before", recipient="jo@p2.example") == ("refused", "550 nobody", None)
    given_back = claims(june, "P1").take(2)
    claims(june).let_go(given_back)
    assert row(june, "status", "claimed_by", "claimed_until", "not_before") == ("approved", None, None, None)
    assert [each.recipient for each in claims(june, "P1").take(2)] == [each.recipient for each in given_back]


def test_letters_that_ask_for_an_approval_again_say_why_and_are_not_taken(june: LetterWorld) -> None:
    claims(june).let_go(claims(june, "P1").take(1), ask_again="the letter has changed")
    assert june.states() == {"rendered": RECIPIENTS}
    assert {each.reply for each in june.reconciled().open} == {"the letter has changed"}
    assert claims(june).take(10) == []


def test_a_letter_that_may_not_go_is_passed_over_and_the_next_one_is_taken(june: LetterWorld) -> None:
    deferred(june, 0)
    sender = claims(june)
    assert [each.partner_id for each in sender.take(3)] == ["P1", "P1", "P3"]
    assert sender.waiting == {"the mail server asked to wait": 1}


def test_a_letter_that_is_passed_over_lets_nobody_take_more_than_was_asked_for(june: LetterWorld) -> None:
    claims(june).handover.record_outcome(claims(june, "P1").take(1)[0], Outcome("deferred", "451 later"))
    sender = claims(june)
    assert [each.recipient for each in sender.take(2)] == ["nobody@p1.example", "jo@p2.example"]
    assert [each.recipient for each in sender.take(2)] == ["jo@p3.example"]

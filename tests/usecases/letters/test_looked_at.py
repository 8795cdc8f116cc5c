"""What a person looks at before letters are sent or resolved, and what changed since: then nothing is done."""

import json
from pathlib import Path

import pytest

from partner_program.domain.acts import LETTERS_REJECTED, Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Moved, NotThere, Refusal
from partner_program.usecases.letters.approval import reject_letters
from partner_program.usecases.letters.resolution import ToResolve, letters_to_resolve, resolve_letters
from partner_program.usecases.letters.sending import ToSend, what_to_send
from tests.smtp.fault_server import FaultServer
from tests.usecases.letter_world import MONTH, RECIPIENTS, LetterWorld, letter_world

KIM = Doer("kim", "asked the mail server", 1_438_100_000)
NOT_RUN = BillingMonth(2015, 9)


@pytest.fixture
def june(tmp_path: Path) -> LetterWorld:
    """June's letters, rendered: two to P1, one to each of two others."""
    return letter_world(tmp_path)


def shown(june: LetterWorld) -> ToSend:
    return what_to_send(june.here, MONTH)


def test_what_would_be_sent_are_the_approved_letters_and_the_others_wait(june: LetterWorld) -> None:
    before = shown(june)
    assert (before.deliveries, before.partners, before.waiting, before.live) == (0, 0, RECIPIENTS, False)
    june.approve()
    ready = shown(june)
    assert (ready.month, ready.deliveries, ready.partners, ready.waiting) == (MONTH, RECIPIENTS, 3, 0)
    assert shown(june) == ready, "looking again is the same"
    june.send(partners=["P1"])
    left = shown(june)
    assert (left.deliveries, left.partners, left.waiting) == (2, 2, 0)


def test_what_can_be_sent_is_live_where_a_mail_server_is_named(june: LetterWorld) -> None:
    with FaultServer("dot_drop") as server:
        june.use_server(server.connection_fields())
        assert shown(june).live


def test_other_letters_than_were_looked_at_are_not_taken_for_them(june: LetterWorld) -> None:
    june.approve()
    looked_at = shown(june).sending_hash
    assert what_to_send(june.here, MONTH, sending_hash=looked_at) == shown(june)
    june.send(limit=1)
    with pytest.raises(Moved, match=f"other letters of 2015-06 can be sent now .*{looked_at[:12]}.*look at them again"):
        what_to_send(june.here, MONTH, sending_hash=looked_at)


def test_of_a_month_that_was_not_run_nothing_is_sent_or_resolved(june: LetterWorld) -> None:
    with pytest.raises(Refusal, match="2015-09"):
        what_to_send(june.here, NOT_RUN)
    with pytest.raises(Refusal, match="2015-09"):
        letters_to_resolve(june.here, NOT_RUN, "P1")


@pytest.fixture
def ambiguous(june: LetterWorld) -> LetterWorld:
    """A server took P1's letters and did not answer; the others wait."""
    june.approve()
    with FaultServer("dot_drop") as server:
        june.use_server(server.connection_fields())
        june.send(partners=["P1"])
    return june


def can(found: ToResolve) -> list[tuple[str, tuple[str, ...]]]:
    return [(row.recipient, choices) for row, choices in found.rows]


def test_what_can_be_said_of_a_partners_letters(ambiguous: LetterWorld) -> None:
    found = letters_to_resolve(ambiguous.here, MONTH, "P1")
    assert (found.month, found.partner_id) == (MONTH, "P1")
    assert can(found) == [("jo@p1.example", ("accepted", "resend")), ("nobody@p1.example", ("accepted", "resend"))]
    assert can(letters_to_resolve(ambiguous.here, MONTH, "P2")) == [], "approved ones go on by themselves"
    with pytest.raises(NotThere, match="partner P9 has no letter for 2015-06"):
        letters_to_resolve(ambiguous.here, MONTH, "P9")


def test_letters_that_changed_since_they_were_looked_at_are_looked_at_again(ambiguous: LetterWorld) -> None:
    looked_at = letters_to_resolve(ambiguous.here, MONTH, "P1").shown_hash
    assert letters_to_resolve(ambiguous.here, MONTH, "P1", shown_hash=looked_at).shown_hash == looked_at
    assert resolve_letters(ambiguous.here, MONTH, "resend", KIM, recipients=["jo@p1.example"]) == 1
    with pytest.raises(Moved, match="have changed since they were looked at"):
        letters_to_resolve(ambiguous.here, MONTH, "P1", shown_hash=looked_at)
    assert letters_to_resolve(ambiguous.here, MONTH, "P1").shown_hash != looked_at


def rejections(june: LetterWorld) -> list[dict[str, object]]:
    rows = june.world.rows("SELECT detail FROM act WHERE kind = ? ORDER BY act_id", LETTERS_REJECTED)
    return [json.loads(detail) for (detail,) in rows]


def test_a_rejection_is_on_record_with_what_was_looked_at_and_what_it_stopped(june: LetterWorld) -> None:
    first = june.approve().batch_hash
    june.send(limit=1)
    reject_letters(june.here, MONTH, rejected_by="kim", reason="prices", clock=june.time.now, batch_hash=first)
    waiting = {"batch_hash": first, "deliveries": RECIPIENTS, "partners": 3}
    assert rejections(june) == [{**waiting, "withdrawn": RECIPIENTS - 1, "handed_over": 1}]
    reject_letters(june.here, MONTH, rejected_by="kim", reason="prices", clock=june.time.now)
    *_, plain = rejections(june)
    assert (plain["deliveries"], plain["partners"]) == (RECIPIENTS - 1, 3)
    assert plain["batch_hash"] != first
    assert plain.keys() == waiting.keys(), "nothing of it was approved"

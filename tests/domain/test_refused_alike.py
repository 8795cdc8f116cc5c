"""A server that gives everybody the same refusal refuses us; one that refuses some letters refuses these."""

from dataclasses import replace

import pytest

from partner_program.domain.delivery import Delivery, Outcome
from partner_program.domain.refused_alike import RefusedAlike

_NONE = (None,) * 6
ROW = Delivery("2015-06", 1, "P1", "", "", "claimed", 0, 1, *_NONE, 0, None, "tier_raised", None)
US = "to RCPT: 550 5.7.1 unable to relay"
TAKEN = Outcome("accepted", "250 ok")


def refused(words: str = US) -> Outcome:
    return Outcome("refused", words)


def sent(*outcomes: Outcome) -> tuple[dict[str, str], str | None]:
    """The state of each recipient's letter after these outcomes, and the words that stop the sending."""
    states: dict[str, str] = {}

    def record(row: Delivery, outcome: Outcome) -> None:
        states[row.recipient] = outcome.state

    alike, words = RefusedAlike(record, record), None
    for number, outcome in enumerate(outcomes):
        words = alike.add(replace(ROW, recipient=f"{number}@p.example"), outcome)
        if words is not None:
            return states, words
    alike.end()
    return states, None


def test_the_third_recipient_with_the_same_words_stops_the_sending_and_no_letter_is_refused():
    states, words = sent(refused(), refused(), refused(), refused())
    assert words == US
    assert list(states.values()) == ["deferred"] * 3


def test_two_recipients_are_refused_at_the_end():
    assert sent(refused(), refused()) == ({"0@p.example": "refused", "1@p.example": "refused"}, None)


def test_once_a_letter_was_taken_refusals_are_about_their_letters():
    states, words = sent(refused(), TAKEN, refused(), refused(), refused())
    assert words is None
    assert list(states.values()) == ["refused", "accepted", "refused", "refused", "refused"]


def test_other_words_do_not_count_and_are_refused_where_the_sending_stops():
    states, words = sent(refused(), refused("to RCPT: 550 5.7.1 greed"), refused(), refused())
    assert words == US
    assert list(states.values()) == ["deferred", "refused", "deferred", "deferred"]


def test_a_letter_that_has_to_wait_does_not_show_that_the_server_takes_any():
    assert sent(refused(), Outcome("deferred", "451 later"), refused(), refused())[1] == US


def test_one_recipient_that_is_tried_three_times_is_one():
    states: list[str] = []
    alike = RefusedAlike(lambda _row, outcome: states.append(outcome.state), lambda _row, _outcome: None)
    assert [alike.add(ROW, refused()) for _ in range(3)] == [None] * 3


@pytest.mark.parametrize(
    "words",
    [
        "to RCPT: 550 5.1.1 nobody of that name",
        "to RCPT: 550 5.1.10 recipient not found",
        "to RCPT: 552 mailbox full",
        "to RCPT: 554 5.2.2 mailbox full",
        "after the final dot: 554 5.3.4 too large",
        "after the final dot: 554 5.6.1 not that",
    ],
)
def test_refusals_of_recipients_and_of_sizes_are_never_about_us(words: str):
    states, stopped = sent(*[refused(words)] * 4)
    assert stopped is None
    assert list(states.values()) == ["refused"] * 4


@pytest.mark.parametrize(
    "words",
    [
        "to RCPT: 553 5.1.8 sender unknown",
        "to RCPT: 554 client host [192.0.2.1] blocked, see 15.1.1 or 5.1.1.9",
        "after the final dot: 550 5.7.26 unauthenticated sender",
        "to DATA: 503 5.5.1 no valid recipients",
    ],
)
def test_refusals_of_senders_and_hosts_may_be_about_us(words: str):
    assert sent(*[refused(words)] * 3)[1] == words


def test_a_refusal_that_waits_is_recorded_with_the_servers_words() -> None:
    recorded: list[Outcome] = []
    RefusedAlike(lambda _row, outcome: recorded.append(outcome), lambda _row, _outcome: None).add(ROW, refused())
    assert recorded == [Outcome("deferred", US)]

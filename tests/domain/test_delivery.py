"""A letter's row of the outbox: what may follow what, and which rows nobody ever sent."""

from dataclasses import fields, replace

import pytest

from partner_program.domain.delivery import NEXT, STATES, Delivery, DeliveryState

ROW = replace(
    Delivery(**dict.fromkeys(each.name for each in fields(Delivery))),  # type: ignore[arg-type]
    billing_month="2015-06",
    revision=1,
    partner_id="P1",
    recipient="jo@p1.example",
    status="rendered",
    resend_number=0,
)


@pytest.mark.parametrize("state", STATES)
def test_only_a_row_that_waits_and_that_nobody_touched_was_never_sent(state: DeliveryState) -> None:
    assert replace(ROW, status=state).was_never_sent is (state in ("planned", "rendered", "undeliverable"))


@pytest.mark.parametrize("touched", [{"approval_id": 0}, {"approval_id": 7}, {"resend_number": 1}])
def test_a_row_with_an_approval_or_a_resend_may_have_been_sent(touched: dict[str, int]) -> None:
    assert not replace(ROW, **touched).was_never_sent  # type: ignore[arg-type]


def test_a_letter_whose_place_another_one_took_says_so_at_the_end_of_its_words() -> None:
    said = ["revision 2 took its place", "took its place, it said", None, ""]
    assert [replace(ROW, reply=each).is_replaced for each in said] == [True, False, False, False]


def test_a_row_is_named_by_month_revision_partner_and_recipient() -> None:
    assert ROW.key == ("2015-06", 1, "P1", "jo@p1.example")


def test_what_the_server_may_have_is_sent_again_by_a_person_alone() -> None:
    """From these states no move leads to one that a sender takes letters from, but by way of `rendered`."""
    for state in ("dot_pending", "accepted", "refused", "ambiguous"):
        assert not {"approved", "claimed"} & set(NEXT[state])
    assert [state for state in STATES if "dot_pending" in NEXT[state]] == ["claimed"]
    assert [state for state in STATES if "claimed" in NEXT[state]] == ["approved", "deferred"]

"""Which of the things that a notification says is about the letter."""

import pytest

from partner_program.domain.bounces import RecipientStatus, status_that_counts


def said(action: str, *recipients: str) -> RecipientStatus:
    return RecipientStatus(frozenset(recipients), action)


@pytest.mark.parametrize(
    ("all_said", "counts"),
    [
        ([], None),
        ([said("failed", "jo@p.example")], 0),
        ([said("failed", "elsewhere@x.example")], 0),
        ([said("failed", "sam@p.example"), said("delayed", "jo@p.example")], 1),
        ([said("delivered", "sam@p.example"), said("failed", "elsewhere@x.example", "jo@p.example")], 1),
        ([said("relayed", "jo@p.example"), said("failed", "jo@p.example")], 1),
        ([said("delivered", "a@x.example"), said("failed", "b@x.example")], 1),
        ([said("delivered", "a@x.example"), said("delayed", "b@x.example")], 0),
    ],
)
def test_the_letters_own_recipient_counts_and_its_failure_before_all_else(all_said, counts):
    assert status_that_counts(all_said, "Jo@p.example") == (None if counts is None else all_said[counts])

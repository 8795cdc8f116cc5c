"""Who may get a letter now: billing contacts of authorised partners, and nobody the same letter in other words."""

from dataclasses import fields, replace
from typing import get_args

import pytest

from partner_program.domain.delivery import STATES, Delivery, DeliveryState
from partner_program.domain.recipients import Recipients, says_something_else, words_that_left
from partner_program.domain.registry import CONTACT_ROLES, PARTNER_STATUSES, Contact, Registry
from tests.domain.made_month import partner

ROW = replace(
    Delivery(**dict.fromkeys(each.name for each in fields(Delivery))),  # type: ignore[arg-type]
    billing_month="2015-06",
    revision=1,
    partner_id="P1",
    recipient="jo@p1.example",
    status="approved",
    resend_number=0,
    letter_hash="words",
)
REGISTRY = Registry(
    entities=(),
    account_managers=(),
    partners=tuple(partner(f"P-{status}", status) for status in PARTNER_STATUSES),
    contacts=tuple(Contact("P1", "Jo", f"{role}@p1.example", role) for role in CONTACT_ROLES),
    account_links=(),
    legacy_agreements=(),
    grace_grants=(),
    benefit_requests=(),
    exchange_rates=(),
)


def now() -> Recipients:
    return Recipients.of(REGISTRY)


@pytest.mark.parametrize("status", PARTNER_STATUSES)
def test_letters_go_to_authorised_partners_alone(status: str) -> None:
    said = now().no_partner(replace(ROW, partner_id=f"P-{status}"))
    if status == "authorized":
        assert said is None
    else:
        assert said == f"the partner is {status} now: letters go to authorised partners alone"


def test_a_partner_that_left_the_registry_gets_no_letter() -> None:
    assert now().no_partner(replace(ROW, partner_id="P9")) == (
        "the partner is gone now: letters go to authorised partners alone"
    )


@pytest.mark.parametrize("role", CONTACT_ROLES)
def test_only_billing_contacts_are_recipients(role: str) -> None:
    assert now().is_gone(replace(ROW, recipient=f"{role}@p1.example")) is (role != "billing")


def test_a_billing_contact_of_another_partner_is_none_of_this_one() -> None:
    assert now().is_gone(replace(ROW, partner_id="P-authorized", recipient="billing@p1.example"))


@pytest.mark.parametrize("state", STATES)
def test_words_that_may_have_left_are_those_accepted_or_on_the_way(state: DeliveryState) -> None:
    assert state in get_args(DeliveryState)
    found = words_that_left([replace(ROW, status=state, content_hash="other words")])
    assert found == ({(1, "P1"): {"other words"}} if state in ("accepted", "ambiguous", "dot_pending") else {})


def test_words_are_kept_by_revision_and_partner() -> None:
    rows = [
        replace(ROW, status="accepted", content_hash=words, revision=revision, partner_id=partner_id)
        for words, revision, partner_id in (("a", 1, "P1"), ("b", 1, "P1"), ("c", 2, "P1"), ("d", 1, "P2"))
    ]
    assert words_that_left(rows) == {(1, "P1"): {"a", "b"}, (2, "P1"): {"c"}, (1, "P2"): {"d"}}


@pytest.mark.parametrize(
    ("resends", "left", "something_else"),
    [
        (0, {}, False),
        (0, {(1, "P1"): {"words"}}, False),
        (0, {(1, "P1"): {"other words"}}, True),
        (0, {(1, "P1"): {"words", "other words"}}, True),
        (0, {(2, "P1"): {"other words"}}, False),
        (0, {(1, "P2"): {"other words"}}, False),
        (1, {(1, "P1"): {"other words"}}, False),  # a person asked for it again
    ],
)
def test_recipients_of_one_letter_get_it_in_the_same_words_unless_a_person_asks(
    resends: int, left: dict[tuple[int, str], set[str | None]], something_else: bool
) -> None:
    assert says_something_else(replace(ROW, resend_number=resends), left) is something_else

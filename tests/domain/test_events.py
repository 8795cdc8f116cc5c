"""What other systems are told: each fact once, by an id that is the same for the same fact in every database."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from partner_program.domain.benefits import BenefitRequest, BenefitStep
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.events import (
    Event,
    benefit_decided,
    grace_ending,
    id_of,
    month_in_force,
    rate_published,
    restatement_proposed,
    tiers_changed,
)
from partner_program.domain.program_unit import Unit
from partner_program.domain.publication import PublishedRate
from partner_program.domain.settlement import Decision, PartnerHistory
from tests.domain.made_month import GO_LIVE, decided

JUNE, JULY = BillingMonth(2015, 6), BillingMonth(2015, 7)
AT = 1_438_000_000
YEN, POINTS = Unit("JPY", 0), Unit("XXX", 0, "points")


def decision(partner_id: str, mrr: int, previous_tier: int | None) -> Decision:
    return replace(decided(mrr, PartnerHistory(previous_tier=previous_tier)), partner_id=partner_id)


# Tier 2, from none; 3, from 2; 1, from 3; 2, from 2; none, the first
DECISIONS = [
    decision("P1", 2_000_00, 0),
    decision("P2", 5_000_00, 2),
    decision("P3", 500_00, 3),
    decision("P4", 2_000_00, 2),
    decision("P5", 1_00, None),
    decision("P6", 2_000_00, None),
]


def in_force(**changed: Any) -> Event:
    asked = {
        "month": JUNE,
        "revision": 1,
        "decision_hash": "hash",
        "effective_on": GO_LIVE,
        "decisions": DECISIONS,
        "held": 3,
        "at": AT,
    }
    return month_in_force(**(asked | changed))


def about(event: Event) -> tuple[object, ...]:
    return event.kind, event.subject, event.partner_id, event.billing_month, event.happened_at


def test_a_month_in_force_tells_how_many_were_decided_raised_and_lowered() -> None:
    event = in_force()
    assert about(event) == ("month.in_force", "2015-06", None, "2015-06", AT)
    assert json.loads(event.data) == {
        "billing_month": "2015-06",
        "revision": 1,
        "effective_on": "2015-07-27",
        "decided": 6,
        "raised": 2,
        "lowered": 1,
        "held": 3,
    }
    assert json.loads(event.amounts) == {"mrr_eur_cents": 11_501_00}
    assert json.loads(in_force(effective_on=None).data)["effective_on"] is None


def changed(**more: Any) -> list[Event]:
    asked = {
        "month": JUNE,
        "revision": 2,
        "effective_on": GO_LIVE,
        "decisions": DECISIONS,
        "corrected": {},
        "at": AT,
    }
    return tiers_changed(**(asked | more))


def test_each_partner_in_another_tier_is_told_its_first_tier_included() -> None:
    events = {event.subject: event for event in changed()}
    assert list(events) == ["P1", "P2", "P3", "P6"]
    assert about(events["P2"]) == ("partner.tier_changed", "P2", "P2", "2015-06", AT)
    assert json.loads(events["P2"].data) == {
        "billing_month": "2015-06",
        "revision": 2,
        "effective_on": "2015-07-27",
        "tier": 3,
        "previous_tier": 2,
    }
    assert json.loads(events["P2"].amounts) == {"mrr_eur_cents": 5_000_00}
    assert json.loads(events["P6"].data)["previous_tier"] is None


def test_a_correction_is_told_where_it_is_another_tier_than_the_earlier_revision_gave() -> None:
    events = {event.subject: event for event in changed(corrected={"P1": 2, "P4": 3, "P3": None, "P5": None})}
    assert list(events) == ["P2", "P3", "P4", "P6"], "P1 has the tier that it was told"
    data = json.loads(events["P4"].data)
    assert (data["tier"], data["previous_tier"], data["corrected_from"]) == (2, 2, 3)
    assert json.loads(events["P3"].data)["corrected_from"] is None
    assert "corrected_from" not in json.loads(events["P2"].data)


RATE = PublishedRate("A1", GO_LIVE, 2, 800, 2_000, "Silver", 4)


def test_a_published_rate_is_told_of_the_partner_or_of_an_account_of_nobody() -> None:
    event = rate_published(entity="NL", rate=RATE, partner_id="P1", at=AT)
    assert about(event) == ("rate.published", "P1", "P1", None, AT)
    assert json.loads(event.data) == {
        "entity": "NL",
        "account_id": "A1",
        "valid_from": "2015-07-27",
        "revision": 4,
        "tier": 2,
    }
    assert json.loads(event.amounts) == {"monthly_fee_discount_bp": 800, "setup_fee_discount_bp": 2_000}
    assert about(rate_published(entity="NL", rate=RATE, partner_id=None, at=AT))[1:3] == ("NL/A1", None)
    family = rate_published(entity="NL", rate=replace(RATE, product="cdn"), partner_id="P1", at=AT)
    assert json.loads(family.data)["product"] == "cdn"


STEP = BenefitStep("approved", "Bob", "fits", GO_LIVE, 3, 1_000_00, date(2015, 9, 1), date(2016, 1, 1))
REQUEST = BenefitRequest("R1", "P1", "mdf", (BenefitStep("requested", "Ann", "a fair"), STEP))


def test_a_decision_about_a_benefit_tells_its_newest_step_without_who_and_why() -> None:
    event = benefit_decided(request=REQUEST, at=AT)
    assert about(event) == ("benefit.decided", "P1", "P1", None, AT)
    assert json.loads(event.data) == {
        "request_id": "R1",
        "benefit": "mdf",
        "decision": "approved",
        "decided_on": "2015-07-27",
        "quantity": 3,
        "valid_from": "2015-09-01",
        "valid_to": "2016-01-01",
    }
    assert json.loads(event.amounts) == {"amount_eur_cents": 1_000_00}


def test_the_end_of_a_grace_period_and_a_proposal_are_told() -> None:
    ending = grace_ending(partner_id="P1", grant_id="G1", tier=3, ends_on=date(2015, 12, 1), at=AT)
    assert about(ending) == ("grace.ending", "P1", "P1", None, AT)
    assert json.loads(ending.data) == {"grant_id": "G1", "tier": 3, "ends_on": "2015-12-01"}
    proposed = restatement_proposed(month=JUNE, revision=2, decision_hash="hash", partners=["P2", "P1"], at=AT)
    assert about(proposed) == ("restatement.proposed", "2015-06", None, "2015-06", AT)
    assert json.loads(proposed.data) == {"billing_month": "2015-06", "revision": 2, "partners": ["P1", "P2"]}
    assert (ending.amounts, proposed.amounts) == ("{}", "{}")


@pytest.mark.parametrize(
    ("unit", "amounts"),
    [
        (Unit("USD"), {"mrr_eur_cents": None, "mrr_cents": 11_501_00, "currency": "USD"}),
        (YEN, {"mrr_eur_cents": None, "mrr_cents": 11_501_00, "currency": "JPY", "decimals": 0}),
        (POINTS, {"mrr_eur_cents": None, "mrr_cents": 11_501_00, "currency": "points", "decimals": 0}),
    ],
)
def test_an_amount_in_another_unit_is_told_as_no_euros(unit: Unit, amounts: dict[str, object]) -> None:
    assert json.loads(in_force(unit=unit).amounts) == amounts
    (first, *_) = changed(unit=unit)
    assert json.loads(first.amounts) == amounts | {"mrr_cents": 2_000_00}
    asked = json.loads(benefit_decided(request=REQUEST, at=AT, unit=unit).amounts)
    assert (asked["amount_cents"], asked["currency"]) == (1_000_00, amounts["currency"])


def test_the_same_fact_has_the_same_id_whenever_it_is_told_and_another_fact_another() -> None:
    later = {"at": AT + 1}
    same = [
        (in_force(), in_force(**later, held=0)),
        (changed()[0], changed(**later)[0]),
        (rate_published(entity="NL", rate=RATE, partner_id="P1", at=AT),
         rate_published(entity="NL", rate=replace(RATE, tier=3), partner_id=None, at=AT + 1)),
        (benefit_decided(request=REQUEST, at=AT), benefit_decided(request=REQUEST, at=AT + 1)),
    ]  # fmt: skip
    assert [one.event_id == other.event_id for one, other in same] == [True] * len(same)
    others = [
        in_force(),
        in_force(month=JULY),
        in_force(revision=2),
        in_force(decision_hash="another"),
        *changed(),
        *changed(month=JULY),
        *changed(revision=3),
        *(
            rate_published(entity=entity, rate=rate, partner_id="P1", at=AT)
            for entity, rate in (
                ("NL", RATE),
                ("DE", RATE),
                ("NL", replace(RATE, account_id="A2")),
                ("NL", replace(RATE, valid_from=date(2015, 8, 1))),
                ("NL", replace(RATE, revision=5)),
                ("NL", replace(RATE, product="cdn")),
            )
        ),
        *(
            grace_ending(partner_id=partner_id, grant_id=grant_id, tier=3, ends_on=date(2015, 12, day), at=AT)
            for partner_id, grant_id, day in (("P1", "G1", 1), ("P2", "G1", 1), ("P1", "G2", 1), ("P1", "G1", 2))
        ),
        benefit_decided(request=REQUEST, at=AT),
        benefit_decided(request=replace(REQUEST, request_id="R2"), at=AT),
        benefit_decided(request=REQUEST.after(STEP), at=AT),
        restatement_proposed(month=JUNE, revision=1, decision_hash="hash", partners=[], at=AT),
        restatement_proposed(month=JUNE, revision=1, decision_hash="another", partners=[], at=AT),
        restatement_proposed(month=JUNE, revision=2, decision_hash="hash", partners=[], at=AT),
        restatement_proposed(month=JULY, revision=1, decision_hash="hash", partners=[], at=AT),
    ]
    assert len({event.event_id for event in others}) == len(others)


def test_an_id_is_never_made_otherwise_or_whoever_has_seen_an_event_gets_it_again() -> None:
    """An id that was sent is known to others: this one was worked out by `sha256sum`."""
    assert id_of("month.in_force", (JUNE, 1, "hash")) == "evt_1ea06e87c98ec96cc409b50ed0fd410d"
    assert changed()[0].data.startswith('{"billing_month":"2015-06","effective_on":"2015-07-27"'), "sorted, no blanks"

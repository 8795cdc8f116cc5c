"""Events are written with what they tell of: in its transaction, each once, without a name or an amount."""

import json
from datetime import date
from typing import Any

import pytest

from partner_program.adapters.database import events as event_store
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.events import OutboxEvent, id_of
from partner_program.usecases.benefits import Asked, Said, refuse_benefit, request_benefit
from partner_program.usecases.digests.collecting import collect_digests
from partner_program.usecases.events import list_events
from partner_program.usecases.grants import grant_grace
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.publication import publish_owed
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, three_partners
from tests.worlds import World


def events(world: World, kind: str | None = None) -> list[OutboxEvent]:
    """The events, oldest first."""
    return [each for each in reversed(list_events(world.installation).events) if kind in (None, each.kind)]


def told(each: OutboxEvent) -> tuple[str, dict[str, Any]]:
    return each.subject, json.loads(each.data)


@pytest.fixture
def june(world: World) -> World:
    """P1 in Tier 2, P2 in Tier 1, P3 in Tier 3 since go-live."""
    return june_in_force(world)


def test_a_month_in_force_is_told_first_and_then_each_partner_whose_tier_changed(june: World) -> None:
    month, *tiers = events(june)
    assert (month.kind, *told(month)) == (
        "month.in_force",
        JUNE,
        {
            "billing_month": JUNE,
            "decided": 3,
            "effective_on": GO_LIVE,
            "held": 0,
            "lowered": 0,
            "raised": 0,
            "revision": 1,
        },
    )
    assert json.loads(month.amounts) == {"mrr_eur_cents": 2_000_00 + 1_000_00 + 9_000_00}
    assert [(each.subject, json.loads(each.data)["tier"]) for each in tiers] == [("P1", 2), ("P2", 1), ("P3", 3)]
    assert told(tiers[0])[1] == {
        "billing_month": JUNE,
        "effective_on": GO_LIVE,
        "previous_tier": None,
        "revision": 1,
        "tier": 2,
    }
    assert json.loads(tiers[0].amounts) == {"mrr_eur_cents": 2_000_00}


def test_only_who_changed_is_told_and_running_again_tells_nothing_anew(june: World) -> None:
    june.bill("A1", JULY, 3_000_00)  # 5,000 EUR: Tier 3
    june.close(JULY)
    june.settle(JULY, on="2015-08-03")
    (changed,) = [each for each in events(june) if each.kind == "partner.tier_changed" and each.billing_month == JULY]
    assert (changed.subject, json.loads(changed.data)["previous_tier"], json.loads(changed.data)["tier"]) == (
        "P1",
        2,
        3,
    )
    before = june.fingerprint()
    june.settle(JULY, on="2015-08-03")
    assert june.fingerprint() == before


def test_an_id_is_the_same_in_every_database(june: World) -> None:
    tier = next(each for each in events(june) if each.subject == "P1")
    assert tier.event_id == id_of("partner.tier_changed", (BillingMonth(2015, 6), 1, "P1"))
    assert tier.event_id == id_of("partner.tier_changed", ("2015-06", "1", "P1"))
    assert "." not in tier.event_id
    assert len({each.event_id for each in events(june)}) == 4


def test_a_partner_that_was_held_is_told_when_it_is_decided(world: World) -> None:
    three_partners(world)
    world.reopen(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE)
    assert [(each.kind, each.subject) for each in events(world)] == [
        ("month.in_force", JUNE),
        ("partner.tier_changed", "P1"),
    ]
    assert json.loads(events(world)[0].data)["held"] == 2
    world.close(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE)
    assert [(each.kind, each.subject) for each in events(world)[2:]] == [
        ("month.in_force", JUNE),
        ("partner.tier_changed", "P2"),
        ("partner.tier_changed", "P3"),
    ]


def test_a_restatement_is_told_when_it_is_proposed_and_what_it_corrects_when_it_is_accepted(june: World) -> None:
    june.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 500000 WHERE account_id = 'A1'")
    june.close(JUNE)
    june.settle(JUNE, on=GO_LIVE)
    june.settle(JUNE, on=GO_LIVE)
    (proposed,) = events(june, "restatement.proposed")
    assert told(proposed) == (JUNE, {"billing_month": JUNE, "partners": ["P1"], "revision": 2})
    day = date(2015, 7, 28)
    accept_restatement(june.installation, BillingMonth(2015, 6), Acceptance(day, "kim", "credit forgotten"), today=day)
    *_, month, changed = events(june)
    assert (month.kind, json.loads(month.data)["revision"], json.loads(month.data)["decided"]) == (
        "month.in_force",
        2,
        1,
    )
    assert told(changed) == (
        "P1",
        {
            "billing_month": JUNE,
            "corrected_from": 2,
            "effective_on": "2015-07-28",
            "previous_tier": None,
            "revision": 2,
            "tier": 3,
        },
    )


def test_a_month_before_the_programme_tells_nothing(world: World) -> None:
    three_partners(world).settle(JUNE, history=True)
    assert events(world) == []


def test_events_are_numbered_without_a_gap_in_the_order_in_which_they_were_written(june: World) -> None:
    assert [each.event_no for each in events(june)] == [1, 2, 3, 4]
    with june.installation.database.writing() as connection:
        again = event_store.newest_events(connection, states=None, first=None)
        assert event_store.add_events(connection, again[:2]) == 0


def test_no_event_names_a_company_or_a_person(june: World) -> None:
    written = json.dumps([[each.data, each.amounts, each.subject] for each in events(june)])
    for name in ("Company", "Jo", "Pat", "@", ".example"):
        assert name not in written


def test_a_published_rate_is_told_when_it_was_read_back_and_only_then(june: World) -> None:
    june.orders("NL")
    publish_owed(june.installation, published_on=date(2015, 8, 1))
    publish_owed(june.installation, published_on=date(2015, 8, 2))
    published = events(june, "rate.published")
    assert [each.subject for each in published] == ["P1", "P3"]
    assert told(published[0])[1] == {
        "account_id": "A1",
        "entity": "NL",
        "revision": 1,
        "tier": 2,
        "valid_from": GO_LIVE,
    }
    assert json.loads(published[0].amounts) == {"monthly_fee_discount_bp": 800, "setup_fee_discount_bp": 2000}


def test_a_grace_period_that_ends_is_told_once_by_the_weekly_look(june: World) -> None:
    grant_grace(
        june.installation,
        "P1",
        tier=4,
        starts_on=date(2015, 8, 1),
        ends_on=date(2015, 9, 20),
        granted_by="pat",
        reason="growth plan",
        today=date(2015, 8, 1),
    )
    for day in (10, 24, 25, 31):
        collect_digests(june.installation, on=date(2015, 8, day), due_days=30, by="kim", clock=lambda: 1_441_000_000.0)
    (ending,) = events(june, "grace.ending")
    assert told(ending) == ("P1", {"ends_on": "2015-09-20", "grant_id": "P1-2015-08-01-T4", "tier": 4})


def test_a_decision_about_a_benefit_is_told_with_it_and_a_request_is_not(june: World) -> None:
    here, said = june.installation, Said("pat", "to try", date(2015, 8, 3))
    request = request_benefit(here, Asked("P3", "seeding_options", date(2015, 8, 3), quantity=5), said).request
    assert events(june, "benefit.decided") == []
    refuse_benefit(here, request.request_id, Said("kim", "none left", date(2015, 8, 4)))
    refuse_benefit(here, request.request_id, Said("kim", "none left", date(2015, 8, 4)))
    (decided,) = events(june, "benefit.decided")
    subject, data = told(decided)
    assert (subject, data["decision"], data["benefit"], data["decided_on"]) == (
        "P3",
        "refused",
        "seeding_options",
        "2015-08-04",
    )
    assert "none left" not in decided.data

"""What each account has of each benefit in an order database, from which day until which (contract 2)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from partner_program.domain.benefit_publication import (
    Gift,
    Given,
    PublishedBenefit,
    benefit_rows_owed,
    gifts_of,
    gifts_until,
)
from partner_program.domain.benefits import BenefitRequest, BenefitStep
from partner_program.domain.dated import Period
from partner_program.domain.registry import AccountLink, LegacyAgreement
from tests.domain.made_month import PROGRAM, link

DAY = timedelta(days=1)
JULY, AUGUST, SEPTEMBER, OCTOBER = (date(2015, month, 1) for month in (7, 8, 9, 10))
TODAY = date(2015, 8, 3)


def gift(first: date, ends: date | None, units: int | None = 2, days: int | None = None) -> Gift:
    return Gift("seeding_options", Period(first, ends), Given(units, days))


def owed(
    *gifts: Gift,
    outbox: Sequence[PublishedBenefit] = (),
    links: Sequence[AccountLink] = (link(),),
    today: date = TODAY,
) -> list[PublishedBenefit]:
    return benefit_rows_owed(
        account_id="A1",
        benefit="seeding_options",
        links=links,
        gifts={"P1": gifts},
        outbox=outbox,
        today=today,
    )


def row(
    first: date, ends: date | None, units: int | None = 2, revision: int = 1, status: str = "approved"
) -> PublishedBenefit:
    return PublishedBenefit("A1", "seeding_options", status, units, None, first, ends, revision)


def test_a_partner_that_leaves_keeps_what_ends_before_and_loses_the_rest_on_its_day() -> None:
    before, without_end, later = gift(JULY, AUGUST), gift(JULY, None), gift(AUGUST, OCTOBER)
    assert gifts_until([before, without_end, later, gift(SEPTEMBER, OCTOBER)], SEPTEMBER) == [
        before,
        gift(JULY, SEPTEMBER),
        gift(AUGUST, SEPTEMBER),
    ]


def read(outbox: Sequence[PublishedBenefit], day: date) -> int | None:
    """What an order system reads for a day, as the contract tells it: the newest revision of the newest day begun."""
    begun = [each for each in outbox if each.valid_from <= day]
    if not begun:
        return None
    newest = max(begun, key=lambda each: (each.valid_from, each.revision))
    over = newest.valid_to is not None and newest.valid_to <= day
    return None if over or newest.status != "approved" else newest.quantity


def test_an_approval_is_published_with_its_end_so_that_ending_needs_no_second_row() -> None:
    first = owed(gift(JULY, SEPTEMBER))
    assert first == [row(JULY, SEPTEMBER)]
    assert [owed(gift(JULY, SEPTEMBER), outbox=first, today=day) for day in (TODAY, SEPTEMBER, OCTOBER)] == [[]] * 3


def test_an_early_end_is_one_more_revision_of_the_row_that_it_ends() -> None:
    there = [row(JULY, SEPTEMBER)]
    rows = owed(gift(JULY, TODAY), outbox=there)
    assert rows == [row(JULY, TODAY, revision=2)]
    assert owed(gift(JULY, TODAY), outbox=[*there, *rows], today=OCTOBER) == []


def test_an_approval_withdrawn_before_it_began_is_published_as_ended() -> None:
    there = [row(SEPTEMBER, OCTOBER)]
    rows = owed(outbox=there)
    assert rows == [row(SEPTEMBER, None, units=None, revision=2, status="ended")]
    assert owed(outbox=[*there, *rows], today=OCTOBER) == []


def test_units_of_overlapping_approvals_are_added_on_the_days_of_both() -> None:
    assert owed(gift(JULY, SEPTEMBER, 2), gift(AUGUST, OCTOBER, 3)) == [
        row(JULY, AUGUST, 2),
        row(AUGUST, SEPTEMBER, 5),
        row(SEPTEMBER, OCTOBER, 3),
    ]


def test_what_a_second_approval_published_ahead_is_mended_when_it_is_withdrawn() -> None:
    both = owed(gift(JULY, OCTOBER, 2), gift(SEPTEMBER, OCTOBER, 3))
    rows = owed(gift(JULY, OCTOBER, 2), outbox=both)
    assert [read([*both, *rows], day) for day in (AUGUST, SEPTEMBER, OCTOBER - DAY, OCTOBER)] == [2, 2, 2, None]


def test_days_before_today_stay_as_they_were_published() -> None:
    there = [row(JULY, OCTOBER, 2)]
    rows = owed(gift(JULY, OCTOBER, 4), outbox=there)
    assert rows == [row(JULY, TODAY, 2, revision=2), row(TODAY, OCTOBER, 4)]
    assert owed(gift(JULY, OCTOBER, 4), outbox=[*there, *rows], today=SEPTEMBER) == []


def test_of_a_partner_that_is_not_authorised_any_more_an_end_is_published_once_and_then_its_return() -> None:
    there = [row(JULY, OCTOBER)]
    ended = owed(outbox=there)
    assert ended == [row(JULY, TODAY, revision=2)]
    assert owed(outbox=[*there, *ended], today=SEPTEMBER) == []
    back = owed(gift(JULY, OCTOBER), outbox=[*there, *ended], today=SEPTEMBER)
    assert back == [row(SEPTEMBER, OCTOBER)]


def test_an_account_has_its_partners_benefits_within_its_link_and_those_of_neither_of_two_partners() -> None:
    mine = link(since=AUGUST, until=OCTOBER)
    theirs = link("P2", since=SEPTEMBER, until=SEPTEMBER + DAY)
    assert owed(gift(JULY, None), links=[mine]) == [row(AUGUST, OCTOBER)]
    assert owed(gift(JULY, None), links=[mine, theirs]) == [row(AUGUST, SEPTEMBER), row(SEPTEMBER + DAY, OCTOBER)]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_decided_day_by_day_an_order_system_reads_it_and_asking_again_owes_nothing(seed: int) -> None:
    chance, outbox, gifts, day = Random(seed), list[PublishedBenefit](), list[Gift](), JULY
    for _ in range(12):
        day += chance.randrange(0, 9) * DAY
        if gifts and chance.random() < 0.5:
            place = chance.randrange(len(gifts))
            period = gifts[place].period
            if period.valid_from < day:
                gifts[place] = replace(
                    gifts[place], period=Period(period.valid_from, max(day, period.valid_from + DAY))
                )
            else:
                del gifts[place]
        else:
            first = day + chance.randrange(0, 20) * DAY
            gifts.append(gift(first, first + chance.randrange(1, 40) * DAY, chance.randrange(1, 4)))
        outbox += owed(*gifts, outbox=outbox, today=day)
        assert owed(*gifts, outbox=outbox, today=day) == []
        for ahead in range(60):
            on = day + ahead * DAY
            assert read(outbox, on) == (sum(each.given.quantity or 0 for each in gifts if on in each.period) or None)
    keys = [(each.valid_from, each.revision) for each in outbox]
    assert len(keys) == len(set(keys))


def request(benefit: str, *steps: BenefitStep) -> BenefitRequest:
    return BenefitRequest("R1", "P1", benefit, (BenefitStep("requested", "ann", "tests"), *steps))


def test_what_was_approved_is_given_with_the_days_of_the_programme_and_what_an_agreement_keeps() -> None:
    payment = request("post_payment", BenefitStep("approved", "bob", "fits", valid_from=date(2014, 1, 1)))
    money = request("mdf", BenefitStep("approved", "bob", "fits", amount_cents=1, valid_from=JULY))
    asked = request("seeding_options")
    kept = LegacyAgreement("P1", 0, 0, None, "agreement of 2012", Period(JULY), ("customer_portal_access",))
    assert gifts_of(requests=[payment, money, asked], agreements=[kept], programs=[PROGRAM]) == [
        Gift("post_payment", Period(date(2014, 1, 1)), Given(None, 30)),
        Gift("customer_portal_access", Period(JULY), Given(None, None)),
    ]

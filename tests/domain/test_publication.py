"""What is published for an account: a new rate from its own day; a corrected link only from the day it is noticed."""

from datetime import date
from random import Random

import pytest

from partner_program.domain.dated import Period
from partner_program.domain.publication import PublishedRate, account_timeline, by_family, rows_owed
from partner_program.domain.rates import NO_PROGRAMME_RATE, Rate, RateTerms
from partner_program.domain.registry import AccountLink

TERMS = [NO_PROGRAMME_RATE, *(RateTerms(tier, tier * 100, tier * 1000, None) for tier in range(1, 5))]
TODAY = 20


def day(number: int) -> date:
    return date(2015, 8, number)


def link(partner_id: str, first: int, end: int | None = None) -> AccountLink:
    return AccountLink(partner_id, "NL", "A1", Period(day(first), day(end) if end else None))


def rate(first: int, tier: int) -> Rate:
    return Rate(day(first), TERMS[tier])


def answers(outbox: dict[date, RateTerms]) -> list[RateTerms | None]:
    """The terms that an order of each day of the month gets."""
    begun = ([each for each in outbox if each <= day(number)] for number in range(1, 32))
    return [outbox[max(days)] if days else None for days in begun]


def tiers(outbox: dict[date, RateTerms], *days: int) -> list[int]:
    return [getattr(answers(outbox)[each - 1], "tier", -1) for each in days]


def test_a_new_rate_of_a_past_day_ends_where_the_account_had_changed_hands() -> None:
    """P2's rate was the same as P1's, so the change of owner had no row of its own."""
    links, rates = [link("P1", 1, 10), link("P2", 10)], {"P1": [rate(1, 2)], "P2": [rate(1, 2)]}
    outbox = dict(rows_owed(links=links, rates=rates, new={}, outbox={}, today=day(1)))
    assert list(outbox) == [day(1)]
    new = rate(5, 4)
    outbox |= rows_owed(
        links=links, rates={**rates, "P1": [rate(1, 2), new]}, new={"P1": [new]}, outbox=outbox, today=day(TODAY)
    )
    assert tiers(outbox, 4, 5, 9, 10, 31) == [2, 4, 4, 2, 2]


def test_a_new_rate_on_the_day_of_an_older_one_takes_its_place() -> None:
    links, old, new = [link("P1", 1)], rate(5, 2), rate(5, 3)
    outbox = rows_owed(
        links=links, rates={"P1": [old, new]}, new={"P1": [new]}, outbox={day(5): TERMS[2]}, today=day(TODAY)
    )
    assert outbox == [(day(5), TERMS[3])]


def test_a_link_corrected_to_begin_earlier_holds_from_today() -> None:
    rates = {"P1": [rate(1, 2)]}
    outbox = dict(rows_owed(links=[link("P1", 25)], rates=rates, new={}, outbox={}, today=day(1)))
    outbox |= rows_owed(links=[link("P1", 1)], rates=rates, new={}, outbox=outbox, today=day(TODAY))
    assert tiers(outbox, TODAY - 1, TODAY, 24, 25) == [-1, 2, 2, 2]


@pytest.mark.parametrize("seed", range(300))
def test_after_any_correction_earlier_days_keep_their_answer_and_later_days_follow_the_correction(
    seed: int,
) -> None:
    dice = Random(seed)

    def links() -> list[AccountLink]:
        change = dice.randrange(2, 30)
        return [link(dice.choice(["P1", "P2"]), 1, change), link(dice.choice(["P1", "P2"]), change)]

    def rates(first: int, count: int) -> list[Rate]:
        return [rate(each, dice.randrange(5)) for each in sorted(dice.choices(range(first, 31), k=count))]

    before, after, old = links(), links(), {"P1": rates(1, 3), "P2": rates(1, 3)}
    outbox = dict(rows_owed(links=before, rates=old, new={}, outbox={}, today=day(1)))
    if not outbox:
        return
    corrected = dict(rows_owed(links=after, rates=old, new={}, outbox=outbox, today=day(TODAY)))
    assert answers(outbox | corrected)[: TODAY - 1] == answers(outbox)[: TODAY - 1]
    afresh = dict(rows_owed(links=after, rates=old, new={}, outbox={}, today=day(1)))
    none = NO_PROGRAMME_RATE
    assert [each or none for each in answers(outbox | corrected)[TODAY - 1 :]] == [
        each or none for each in answers(afresh)[TODAY - 1 :]
    ]
    assert rows_owed(links=after, rates=old, new={}, outbox=outbox | corrected, today=day(TODAY + 1)) == []


@pytest.mark.parametrize("seed", range(100))
def test_new_rates_hold_from_their_own_day_as_if_they_had_always_been_there(seed: int) -> None:
    dice = Random(seed)
    links = [link("P1", 1, 12), link("P2", 12)]
    old = {each: [rate(first, dice.randrange(5)) for first in (2, 6)] for each in ("P1", "P2")}
    new = {dice.choice(["P1", "P2"]): [rate(first, dice.randrange(5)) for first in (dice.randrange(6, 15), 25)]}
    every = {each: [*own, *new.get(each, ())] for each, own in old.items()}
    outbox = dict(rows_owed(links=links, rates=old, new={}, outbox={}, today=day(1)))
    owed = dict(rows_owed(links=links, rates=every, new=new, outbox=outbox, today=day(TODAY)))
    assert answers(outbox | owed) == answers(dict(rows_owed(links=links, rates=every, new={}, outbox={}, today=day(1))))
    assert rows_owed(links=links, rates=every, new={}, outbox=outbox | owed, today=day(TODAY + 1)) == []


@pytest.mark.parametrize(
    ("first_rate", "answer"),
    [
        (5, [(day(5), TERMS[2]), (day(10), NO_PROGRAMME_RATE)]),
        (9, [(day(9), TERMS[2]), (day(10), NO_PROGRAMME_RATE)]),
        (10, []),  # the partner's first rate begins on the day on which its account leaves
        (15, []),
    ],
)
def test_an_account_whose_link_ends_has_no_rate_any_more_where_it_ever_had_one(
    first_rate: int, answer: list[tuple[date, RateTerms]]
) -> None:
    rates = {"P1": [rate(first_rate, 2)], "P2": [rate(1, 3)]}
    assert account_timeline(links=[link("P1", 1, 10)], rates=rates) == answer


def test_an_account_whose_partner_was_never_assessed_has_no_rate_after_its_link_either() -> None:
    assert account_timeline(links=[link("P1", 1, 10), link("P3", 12, 20)], rates={"P2": [rate(1, 2)]}) == []


def test_before_an_account_is_linked_to_anybody_it_has_no_rate_at_all() -> None:
    """A day of change before the link, as that of its partner's first rate, is none of the account."""
    assert account_timeline(links=[link("P1", 10)], rates={"P1": [rate(2, 1)]}) == [(day(10), TERMS[1])]


@pytest.mark.parametrize("owners", [("P1", "P2"), ("P2", "P1")])
def test_while_two_partners_are_linked_to_an_account_it_keeps_what_it_had(owners: tuple[str, str]) -> None:
    links = [link("P0", 1, 10), *(link(each, 10, 20) for each in owners), link("P1", 20)]
    rates = {"P0": [rate(1, 1)], "P1": [rate(1, 2)], "P2": [rate(1, 3)]}
    assert account_timeline(links=links, rates=rates) == [(day(1), TERMS[1]), (day(20), TERMS[2])]


def test_a_second_partner_that_is_linked_by_mistake_changes_nothing_until_the_first_one_leaves() -> None:
    rates = {"P1": [rate(1, 2)], "P2": [rate(1, 3)]}
    links = [link("P1", 1, 25), link("P2", 10)]
    owed = rows_owed(links=links, rates=rates, new={}, outbox={day(1): TERMS[2]}, today=day(TODAY))
    assert owed == [(day(25), TERMS[3])]


def test_orders_of_past_days_keep_the_price_of_the_partner_that_the_account_had_then() -> None:
    """The link was corrected from P1 to P2, and P2 gets a new rate of a past day in the same run."""
    new = rate(5, 4)
    rates = {"P1": [rate(1, 2)], "P2": [rate(1, 3), new]}
    owed = rows_owed(links=[link("P2", 1)], rates=rates, new={"P2": [new]}, outbox={day(1): TERMS[2]}, today=day(TODAY))
    assert owed == [(day(TODAY), TERMS[4])]


def test_a_corrected_link_is_published_also_where_a_new_rate_begins_only_later() -> None:
    new = rate(25, 4)
    rates = {"P1": [rate(1, 2)], "P2": [rate(1, 3), new]}
    owed = rows_owed(links=[link("P2", 1)], rates=rates, new={"P2": [new]}, outbox={day(1): TERMS[2]}, today=day(TODAY))
    assert owed == [(day(TODAY), TERMS[3]), (day(25), TERMS[4])]


def test_an_account_that_went_to_a_partner_without_a_rate_has_none_of_the_programme_from_today() -> None:
    owed = rows_owed(links=[link("P9", 1)], rates={}, new={}, outbox={day(1): TERMS[2]}, today=day(TODAY))
    assert owed == [(day(TODAY), NO_PROGRAMME_RATE)]


def test_on_a_day_with_two_partners_an_account_keeps_what_was_published_also_where_it_was_another_ones() -> None:
    rates = {"P1": [rate(1, 2)], "P2": [rate(1, 3)]}
    links = [link("P1", 1, 25), link("P2", 10)]  # P1 has taken the place of a partner whose rate was published
    owed = rows_owed(links=links, rates=rates, new={}, outbox={day(1): TERMS[1]}, today=day(TODAY))
    assert owed == [(day(25), TERMS[3])]


def test_a_rate_is_published_as_its_general_row_and_one_for_each_family_of_its_own() -> None:
    general = PublishedRate("A1", day(5), 2, 800, 2_000, "Silver", 1)
    cdn = PublishedRate("A1", day(5), 2, 200, 2_000, "Silver", 1, "cdn")
    dedicated = PublishedRate("A1", day(5), 2, 0, 2_000, "Silver", 1, "dedicated")
    assert by_family(general, "cdn=200 dedicated=0") == [general, cdn, dedicated]
    assert by_family(general, None) == [general]

"""Publishing: which rate an order system has to know for each account, and from which day (contract 2).

"apply the same discount across the various accounts, including all legal entities."
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from partner_program.domain.rates import NO_PROGRAMME_RATE, Rate, RateTerms
from partner_program.domain.registry import AccountLink

RateKey = tuple[str, date, int]


@dataclass(frozen=True, slots=True)
class PublishedRate:
    """A rate as an order system reads it: the newest revision of the newest `valid_from` that has begun."""

    account_id: str
    valid_from: date
    tier: int
    monthly_fee_discount_bp: int
    setup_fee_discount_bp: int
    sla: str | None
    revision: int


def rate_key(rate: PublishedRate) -> RateKey:
    """The primary key of contract 2."""
    return (rate.account_id, rate.valid_from, rate.revision)


def account_timeline(
    *, links: Sequence[AccountLink], rates: Mapping[str, Sequence[Rate]]
) -> list[tuple[date, RateTerms]]:
    """The terms of one account by the day from which they hold, in order.

    `links` are those of the account, `rates` each partner's, oldest first, the later of two on a day last. Within a
    link the account has its partner's rates; after a link that no other follows it has none of the programme's. Days
    on which two partners claim the account keep what was there before: nobody can say whose rate it is.
    """
    days = sorted(
        {day for link in links for day in (link.period.valid_from, link.period.valid_to) if day is not None}
        | {rate.valid_from for link in links for rate in rates.get(link.partner_id, ())}
    )
    timeline: list[tuple[date, RateTerms]] = []
    for day in days:
        terms = _terms_on(day, links, rates)
        if terms is not None and (not timeline or timeline[-1][1] != terms):
            timeline.append((day, terms))
    return timeline


def rows_owed(
    *,
    links: Sequence[AccountLink],
    rates: Mapping[str, Sequence[Rate]],
    new: Mapping[str, Sequence[Rate]],
    told: Mapping[date, RateTerms],
    today: date,
) -> list[tuple[date, RateTerms]]:
    """What has to follow what an account was `told`: its rows by the day from which they hold, in order.

    `new` are those of the `rates` that have just been written; they hold from their own day, also from a past one (rule
    3). Whatever else differs comes from a link that was written down late or corrected: what was told for the days
    before `today` stays the answer for the orders of those days (rule 4). An account that was told nothing yet has
    nobody's answer to keep, and gets everything.
    """
    if not told:
        return account_timeline(links=links, rates=rates)
    owners = {link.partner_id for link in links}
    before = {each: [rate for rate in rates.get(each, ()) if rate not in new.get(each, ())] for each in owners}
    was = dict(account_timeline(links=links, rates=before))
    wanted = _corrected(links, was, told, today)
    first = min((rate.valid_from for each in owners for rate in new.get(each, ())), default=None)
    if first is not None:
        wanted |= _brought(was, dict(account_timeline(links=links, rates=rates)), {**told, **wanted}, since=first)
    owed: dict[date, RateTerms] = {}
    for day, terms in sorted(wanted.items()):
        if terms != _newest({**told, **owed}, day):
            owed[day] = terms
    return list(owed.items())


def _corrected(
    links: Sequence[AccountLink], timeline: Mapping[date, RateTerms], told: Mapping[date, RateTerms], today: date
) -> dict[date, RateTerms]:
    """What an account should have from `today` on, on each day that may change it.

    Rows are never taken back: where the account should have nothing it gets no rate of the programme's. A day on which
    two partners claim it is left as it is.
    """
    found: dict[date, RateTerms] = {}
    for day in sorted({today, *(each for each in (*told, *timeline) if each > today)}):
        says = _newest({**told, **found}, day)
        claimed = len({link.partner_id for link in links if day in link.period}) > 1
        terms = says if claimed else _newest(timeline, day) or (says and NO_PROGRAMME_RATE)
        if terms is not None:
            found[day] = terms
    return found


def _brought(
    was: Mapping[date, RateTerms], now: Mapping[date, RateTerms], told: Mapping[date, RateTerms], *, since: date
) -> dict[date, RateTerms]:
    """What new rates bring, where the account had been told what they replace; elsewhere it keeps what it was told."""
    found: dict[date, RateTerms] = {}
    for day in {day for each in (was, now, told) for day in each if day >= since}:
        says = _newest(told, day)
        terms = _newest(now, day) if says == _newest(was, day) else says
        if terms is not None:
            found[day] = terms
    return found


def _newest(terms: Mapping[date, RateTerms], day: date) -> RateTerms | None:
    """What an order system reads on a day: the terms of the newest day that has begun."""
    begun = max((each for each in terms if each <= day), default=None)
    return None if begun is None else terms[begun]


def _terms_on(day: date, links: Sequence[AccountLink], rates: Mapping[str, Sequence[Rate]]) -> RateTerms | None:
    """The account's terms on a day; None where there is nothing to say yet, or nobody can say it."""
    owners = {link.partner_id for link in links if day in link.period}
    if len(owners) > 1:
        return None
    if not owners:
        return NO_PROGRAMME_RATE if _had_rate(day, links, rates) else None
    begun = [rate for rate in rates.get(owners.pop(), ()) if rate.valid_from <= day]
    return begun[-1].terms if begun else None


def _had_rate(day: date, links: Sequence[AccountLink], rates: Mapping[str, Sequence[Rate]]) -> bool:
    return any(
        rate.valid_from < day
        for link in links
        if link.period.valid_from < day
        for rate in rates.get(link.partner_id, ())
    )

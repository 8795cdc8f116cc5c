"""Publishing: which rate an order system has to know for each account, and from which day (contract 2).

"apply the same discount across the various accounts, including all legal entities."
"""

from collections.abc import Mapping, Sequence
from datetime import date

from partner_program.domain.rates import NO_PROGRAMME_RATE, Rate, RateTerms
from partner_program.domain.registry import AccountLink


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


def corrections(
    *,
    links: Sequence[AccountLink],
    rates: Mapping[str, Sequence[Rate]],
    published: Mapping[date, RateTerms],
    today: date,
) -> list[tuple[date, RateTerms]]:
    """What has to follow what was `published` for an account, so that it is right from `today` on.

    A link may be corrected to begin later, or to end later, after its rates were published. Rows are never taken
    back, and what was published for earlier days stays the answer for the orders of those days (rule 4): the account
    gets what it should have from today, and a row ahead that holds no longer is revised on its own day. A day on
    which two partners claim the account is left as it is.
    """
    timeline = dict(account_timeline(links=links, rates=rates))
    told = {**published, **timeline}
    found = []
    for day in sorted({today, *(each for each in told if each > today)}):
        says = _newest(told, day)
        if says is None or len({link.partner_id for link in links if day in link.period}) > 1:
            continue
        wanted = _newest(timeline, day) or NO_PROGRAMME_RATE
        if says != wanted:
            told[day] = wanted
            found.append((day, wanted))
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

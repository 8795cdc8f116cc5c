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

"""Publishing: which rate each account has to have in an order database, and from which day (contract 2).

"apply the same discount across the various accounts, including all legal entities."
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from partner_program.domain.families import Families, families_of
from partner_program.domain.rates import NO_PROGRAMME_RATE, Rate, RateTerms
from partner_program.domain.registry import AccountLink

RateKey = tuple[str, date, int, str | None]


@dataclass(frozen=True, slots=True)
class PublishedRate:
    """A rate as an order system reads it: the newest revision of the newest `valid_from` that has begun.

    Of those rows it is the one of the order's product family, else the general one, whose `product` is None. A family
    that has no row there any more has the general rate, whatever older rows say.
    """

    account_id: str
    valid_from: date
    tier: int
    monthly_fee_discount_bp: int
    setup_fee_discount_bp: int
    sla: str | None
    revision: int
    product: str | None = None


def by_family(rate: PublishedRate, families: Families | None) -> list[PublishedRate]:
    """Return a rate as it is published: the general row, and one for each family with a discount of its own."""
    own = families_of(families).items()
    return [rate, *(replace(rate, product=product, monthly_fee_discount_bp=bp) for product, bp in own)]


def rate_key(rate: PublishedRate) -> RateKey:
    """What tells a rate from the others of an order database."""
    return (rate.account_id, rate.valid_from, rate.revision, rate.product)


def account_timeline(
    *, links: Sequence[AccountLink], rates: Mapping[str, Sequence[Rate]]
) -> list[tuple[date, RateTerms]]:
    """The terms of one account by the day from which they hold, in order.

    `links` are those of the account; `rates` each partner's, oldest first, the later of two on a day last. Within a
    link the account has its partner's rates; after a link that no other follows it has no rate of the programme. On
    days on which two partners are linked to the account it keeps what it had before: nobody can say whose rate holds.
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
    outbox: Mapping[date, RateTerms],
    today: date,
) -> list[tuple[date, RateTerms]]:
    """Return the rows that have to follow those in an account's `outbox`, by the day from which they hold, in order.

    `outbox` has what was published for the account, and what waits for it. `new` are those of the `rates` that have
    just been written; they hold from their own day, even a past one (rule 3). All other differences come from a link
    that was recorded late or corrected: orders placed before `today` were priced with the outbox, so its terms stay for
    those days (rule 4). An account without a row in the outbox gets its whole timeline.
    """
    if not outbox:
        return account_timeline(links=links, rates=rates)
    owners = {link.partner_id for link in links}
    before = {each: [rate for rate in rates.get(each, ()) if rate not in new.get(each, ())] for each in owners}
    was = dict(account_timeline(links=links, rates=before))
    wanted = _corrected(links, was, outbox, today)
    first = min((rate.valid_from for each in owners for rate in new.get(each, ())), default=None)
    if first is not None:
        now = dict(account_timeline(links=links, rates=rates))
        wanted |= _with_new_rates(was, now, {**outbox, **wanted}, since=first)
    owed: dict[date, RateTerms] = {}
    for day, terms in sorted(wanted.items()):
        if terms != _newest({**outbox, **owed}, day):
            owed[day] = terms
    return list(owed.items())


def _corrected(
    links: Sequence[AccountLink], timeline: Mapping[date, RateTerms], outbox: Mapping[date, RateTerms], today: date
) -> dict[date, RateTerms]:
    """The terms that an account should have from `today` on, for each day on which they may change.

    Rows are never taken back: an account that should have no rate any more gets `NO_PROGRAMME_RATE`. A day on which two
    partners are linked to it is left as it is.
    """
    found: dict[date, RateTerms] = {}
    for day in sorted({today, *(each for each in (*outbox, *timeline) if each > today)}):
        current = _newest({**outbox, **found}, day)
        is_ambiguous = len({link.partner_id for link in links if day in link.period}) > 1
        terms = current if is_ambiguous else _newest(timeline, day) or (current and NO_PROGRAMME_RATE)
        if terms is not None:
            found[day] = terms
    return found


def _with_new_rates(
    was: Mapping[date, RateTerms], now: Mapping[date, RateTerms], outbox: Mapping[date, RateTerms], *, since: date
) -> dict[date, RateTerms]:
    """The new terms on days on which the outbox has those that they replace; on other days the outbox's own."""
    found: dict[date, RateTerms] = {}
    for day in {day for each in (was, now, outbox) for day in each if day >= since}:
        current = _newest(outbox, day)
        terms = _newest(now, day) if current == _newest(was, day) else current
        if terms is not None:
            found[day] = terms
    return found


def _newest(terms: Mapping[date, RateTerms], day: date) -> RateTerms | None:
    """The terms that an order system reads on a day: those of the newest day that has begun."""
    begun = max((each for each in terms if each <= day), default=None)
    return None if begun is None else terms[begun]


def _terms_on(day: date, links: Sequence[AccountLink], rates: Mapping[str, Sequence[Rate]]) -> RateTerms | None:
    """The account's terms on a day; None where it has none yet, or two partners are linked to it."""
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

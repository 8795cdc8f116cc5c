"""Publishing benefits: what each account has of each benefit, from which day until which (contract 2).

"discounts and benefits apply to all our services, in all entities globally."
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from partner_program.domain.benefits import BenefitRequest
from partner_program.domain.dated import Period
from partner_program.domain.program import NO_TERMS, BenefitTerms, Program, program_in_force_or_first
from partner_program.domain.registry import AccountLink, LegacyAgreement

BenefitKey = tuple[str, str, date, int]


@dataclass(frozen=True, slots=True)
class PublishedBenefit:
    """What an order system reads: the newest revision of the newest `valid_from` that has begun says what holds.

    `status` is `approved` or `ended`; an approved one holds until `valid_to`. `days` are those to pay.
    """

    account_id: str
    benefit: str
    status: str
    quantity: int | None
    days: int | None
    valid_from: date
    valid_to: date | None
    revision: int


def benefit_key(row: PublishedBenefit) -> BenefitKey:
    """A row's primary key in an order database."""
    return (row.account_id, row.benefit, row.valid_from, row.revision)


@dataclass(frozen=True, slots=True)
class Given:
    """How much of a benefit is given: units, days to pay; None where that is not counted or not said."""

    quantity: int | None
    days: int | None


@dataclass(frozen=True, slots=True)
class Gift:
    """A benefit that a partner is given for a period."""

    benefit: str
    period: Period
    given: Given


def gifts_of(
    *, requests: Iterable[BenefitRequest], agreements: Iterable[LegacyAgreement], programs: Sequence[Program]
) -> list[Gift]:
    """What requests that were approved and older agreements give; a proposal is money and no matter of orders."""
    gifts = []
    for request in requests:
        approved, period = request.approved, request.period
        if approved is None or period is None:
            continue
        terms = _terms(programs, request.benefit, period.valid_from)
        if not terms.proposal:
            gifts.append(Gift(request.benefit, period, Given(approved.quantity, terms.days)))
    gifts += [
        Gift(benefit, agreement.period, Given(None, None)) for agreement in agreements for benefit in agreement.benefits
    ]
    return gifts


def gifts_until(gifts: Iterable[Gift], day: date) -> list[Gift]:
    """What is left of gifts that end on a day at the latest."""
    return [
        replace(gift, period=Period(gift.period.valid_from, min(gift.period.valid_to or day, day)))
        for gift in gifts
        if gift.period.valid_from < day
    ]


def _terms(programs: Sequence[Program], key: str, day: date) -> BenefitTerms:
    """A benefit's terms in the programme of a day, before the first programme those of the first."""
    program = program_in_force_or_first(programs, day)
    return next((benefit.terms for benefit in program.benefits if benefit.key == key), NO_TERMS)


def benefit_rows_owed(
    *,
    account_id: str,
    benefit: str,
    links: Sequence[AccountLink],
    gifts: Mapping[str, Sequence[Gift]],
    outbox: Sequence[PublishedBenefit],
    today: date,
) -> list[PublishedBenefit]:
    """The rows that have to follow those in the outbox for one benefit of an account, by their first day.

    `links` are the account's, `gifts` those of each partner that has any. What was published for days before `today`
    stays, since orders of these days relied on it. An account that two partners are linked to has it of neither.
    """
    newest = {row.valid_from: row for row in sorted(outbox, key=lambda row: row.revision)}

    def on(day: date) -> Given | None:
        published = bool(newest) and day < today
        return _published_on(newest, day) if published else _given_on(day, benefit, links, gifts)

    runs = _runs(on, _days_of_change(benefit, links, gifts, newest, today))
    wanted = {run.begins: run for run in runs if run.given is not None}
    wanted |= {day: next(run for run in reversed(runs) if run.begins <= day) for day in newest}
    rows = []
    for day, run in sorted(wanted.items()):
        last = newest.get(day)
        row = _row(account_id, benefit, day, run, revision=last.revision if last else 1)
        if row != last:
            rows.append(row if last is None else replace(row, revision=last.revision + 1))
    return rows


@dataclass(frozen=True, slots=True)
class _Run:
    """Days on which the same is given, until the day before `ends`; nothing where `given` is None."""

    begins: date
    ends: date | None
    given: Given | None


def _row(account_id: str, benefit: str, day: date, run: _Run, *, revision: int) -> PublishedBenefit:
    given = run.given
    if given is None:
        return PublishedBenefit(account_id, benefit, "ended", None, None, day, None, revision)
    return PublishedBenefit(account_id, benefit, "approved", given.quantity, given.days, day, run.ends, revision)


def _days_of_change(
    benefit: str,
    links: Sequence[AccountLink],
    gifts: Mapping[str, Sequence[Gift]],
    newest: Mapping[date, PublishedBenefit],
    today: date,
) -> list[date]:
    periods = [link.period for link in links]
    periods += [gift.period for own in gifts.values() for gift in own if gift.benefit == benefit]
    periods += [Period(row.valid_from, row.valid_to) for row in newest.values()]
    days = {day for period in periods for day in (period.valid_from, period.valid_to) if day is not None}
    return sorted(days | ({today} if newest else set()))


def _runs(on: Callable[[date], Given | None], days: Iterable[date]) -> list[_Run]:
    """What is given from which day on, in order; before the first of the days nothing is."""
    begun: list[tuple[date, Given | None]] = []
    for day in days:
        given = on(day)
        if not begun or begun[-1][1] != given:
            begun.append((day, given))
    ends = [*(day for day, _ in begun[1:]), None]
    return [_Run(day, end, given) for (day, given), end in zip(begun, ends, strict=True)]


def _given_on(
    day: date, benefit: str, links: Sequence[AccountLink], gifts: Mapping[str, Sequence[Gift]]
) -> Given | None:
    owners = {link.partner_id for link in links if day in link.period}
    if len(owners) != 1:
        return None
    there = [gift.given for gift in gifts.get(owners.pop(), ()) if gift.benefit == benefit and day in gift.period]
    if not there:
        return None
    units = [given.quantity for given in there if given.quantity is not None]
    return Given(sum(units) if units else None, max((given.days for given in there if given.days), default=None))


def _published_on(newest: Mapping[date, PublishedBenefit], day: date) -> Given | None:
    """What an order system reads for a day."""
    begun = max((each for each in newest if each <= day), default=None)
    if begun is None:
        return None
    row = newest[begun]
    over = row.valid_to is not None and row.valid_to <= day
    return None if over or row.status != "approved" else Given(row.quantity, row.days)

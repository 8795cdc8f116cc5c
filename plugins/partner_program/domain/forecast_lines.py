"""What lines say of a month to come: fees that renew, usage as it was last, credits as usual (`forecast`)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal, NamedTuple

from partner_program.domain.billing_month import BillingMonth, months_later
from partner_program.domain.money import round_half_away
from partner_program.domain.revenue import (
    POSTED,
    THIS_PERIOD,
    EntityRevenue,
    MrrGroup,
    has_share,
    is_shorter_than_term,
    share_of,
)

FEE, USAGE, CREDIT = "recurring", "usage", "credit"
Part = Literal["monthly", "contracts", "usage", "credits"]
_OfAccount = tuple[str, str]  # account and currency


class LastLines(NamedTuple):
    """Posted lines of one account and period, of the newest that there are: those of fees have nothing after them.

    Amounts in minor units: `whole_minor` is the sum of the prices of their whole terms. `term_months` is None where the
    amount pays for exactly the period; `service_end` is exclusive.
    """

    account_id: str
    currency: str
    charge_kind: str
    term_months: int | None
    service_start: date
    service_end: date
    lines: int
    net_amount_minor: int
    whole_minor: int

    @property
    def term(self) -> int | None:
        """The months that come again: the term, or the whole months of a period that has no term; None for others."""
        if self.term_months is not None:
            return self.term_months
        years, months = self.service_end.year - self.service_start.year, self.service_end.month
        length = years * 12 + months - self.service_start.month
        return length if length and months_later(self.service_start, length) == self.service_end else None

    @property
    def ends_early(self) -> bool:
        """Whether the service was ended within its term.

        A period that was cut at the end of a calendar month is the first one of a service that is billed by calendar
        months, and goes on.
        """
        if self.term_months is None or self.service_end.day == 1:
            return False
        return is_shorter_than_term(self.service_start, self.service_end, self.term_months)


@dataclass(frozen=True, slots=True)
class ComingMonth:
    """What an entity has billed so far for a month to come, and its last lines before.

    `unsound_accounts` have last lines that cannot be relied on: what they will bill is not known.
    """

    revenue: EntityRevenue
    last: tuple[LastLines, ...] = ()
    unsound_accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """What an entity is expected to bill beside what it has posted, each as groups of lines of the month.

    `monthly` are fees of terms of a month, or of a period that comes again; `contracts` those of longer terms, which
    somebody has to renew; `usage` what is missing to last month's; `credits` what is missing to last month's credits,
    which are negative and expected by nobody.
    """

    monthly: tuple[MrrGroup, ...]
    contracts: tuple[MrrGroup, ...]
    usage: tuple[MrrGroup, ...]
    credits: tuple[MrrGroup, ...]


def expected_beside(coming: ComingMonth, month: BillingMonth) -> Expected:
    """What is expected of a month beside what is posted for it: the same services, the same usage, the same credits."""
    fees = list(_fees(coming, month))
    return Expected(
        monthly=tuple(group for term, group in fees if term is None or term == 1),
        contracts=tuple(group for term, group in fees if term is not None and term > 1),
        usage=tuple(_usage(coming, month)),
        credits=tuple(_credits(coming, month)),
    )


class _Again(NamedTuple):
    """How fees of one period and term come again in a month; `covered` are days of it, 0 where they do not."""

    covered: int
    term: int | None
    period_days: int


def _fees(coming: ComingMonth, month: BillingMonth) -> Iterator[tuple[int | None, MrrGroup]]:
    """The same fees from the day on which they end, to the end of the month and beyond, each with its term."""
    known: dict[tuple[int | None, date, date], _Again] = {}  # a month has few periods, and as many as a million rows
    for last in coming.last:
        account_id, currency, kind, term_months, start, end, _, net, whole = last
        if kind != FEE:
            continue
        again = known.get((term_months, start, end))
        if again is None:
            again = known[term_months, start, end] = _again(last, month)
        covered, term, period_days = again
        if covered:
            group = _group(account_id, currency, FEE, net, whole * covered, term or 1)
            yield term, group if term is not None else group._replace(way=THIS_PERIOD, period_days=period_days)


def _again(last: LastLines, month: BillingMonth) -> _Again:
    covered = month.covered_days(max(last.service_end, month.first_day), month.following.first_day)
    return _Again(0 if last.ends_early else covered, last.term, (last.service_end - last.service_start).days)


def _usage(coming: ComingMonth, month: BillingMonth) -> Iterator[MrrGroup]:
    """What is missing to the usage of the month before; to that of the one before it where none is posted yet."""
    before: dict[_OfAccount, int] = defaultdict(int)
    earlier: dict[_OfAccount, int] = defaultdict(int)
    for each in coming.last:
        if each.charge_kind == USAGE:
            known = before if each.service_start >= month.preceding.first_day else earlier
            known[each.account_id, each.currency] += each.net_amount_minor
    posted: dict[_OfAccount, int] = defaultdict(int)
    for group in coming.revenue.groups:
        if group.charge_kind == USAGE and has_share(group):
            posted[group.account_id, group.currency] += group.net_amount_minor
    for (account_id, currency), usual in (earlier | before).items():
        missing = usual - posted[account_id, currency]
        if missing > 0:
            yield _group(account_id, currency, USAGE, missing, missing * month.days)


def _credits(coming: ComingMonth, month: BillingMonth) -> Iterator[MrrGroup]:
    """What is missing to the credits of the month before, to a whole minor unit: it is a guess."""
    usual: dict[_OfAccount, Fraction] = defaultdict(Fraction)
    for each in coming.last:
        if each.charge_kind == CREDIT:
            usual[each.account_id, each.currency] += _share(each, month.preceding)
    posted = _posted_credits(coming.revenue, month)
    for (account_id, currency), share in sorted(usual.items()):
        missing = share - posted[account_id, currency]
        minor = round_half_away(missing.numerator, missing.denominator)
        if minor < 0:
            yield _group(account_id, currency, CREDIT, minor, minor * month.days)


def _share(last: LastLines, month: BillingMonth) -> Fraction:
    """What lines gave a month, in minor units (rule 2)."""
    covered = month.covered_days(last.service_start, last.service_end)
    if last.term_months is None:
        return Fraction(last.net_amount_minor * covered, (last.service_end - last.service_start).days)
    return Fraction(last.whole_minor * covered, last.term_months * month.days)


def _posted_credits(revenue: EntityRevenue, month: BillingMonth) -> dict[_OfAccount, Fraction]:
    found: dict[_OfAccount, Fraction] = defaultdict(Fraction)
    for group in revenue.groups:
        if group.charge_kind == CREDIT and has_share(group):
            found[group.account_id, group.currency] += Fraction(*share_of(group, month.days))
    return found


def _group(account_id: str, currency: str, kind: str, net: int, minor_days: int, term: int = 1) -> MrrGroup:
    return MrrGroup(account_id, currency, kind, POSTED, term, None, 1, net, minor_days=minor_days)


def with_parts(coming: ComingMonth, expected: Expected, parts: Sequence[Part]) -> EntityRevenue:
    """What an entity has posted, with some of what is expected; an account with last lines is not unseen."""
    more = tuple(group for part in parts for group in getattr(expected, part))
    seen = {*coming.revenue.reseller_accounts, *(each.account_id for each in coming.last)}
    return EntityRevenue(
        coming.revenue.entity,
        groups=(*coming.revenue.groups, *more),
        faulty_lines=coming.revenue.faulty_lines,
        closes=(),
        reseller_accounts=tuple(seen),  # nobody asks for their order
        fault=coming.revenue.fault,
    )

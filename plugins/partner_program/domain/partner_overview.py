"""One partner at a glance: its months, its letters, and what comes next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import DeliveryState
from partner_program.domain.disputes import Dispute
from partner_program.domain.families import Families
from partner_program.domain.grace import GrantStanding, verdict_words
from partner_program.domain.letters import LetterKind
from partner_program.domain.month_order import IN_FORCE, MonthStatus
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.rates import Rate
from partner_program.domain.registry import LegacyAgreement
from partner_program.domain.tier_names import NO_NAMES, TierNames


@dataclass(frozen=True, slots=True)
class PartnerMonth:
    """A month's newest result for one partner: EUR cents and basis points, None where it was held or gave none."""

    billing_month: BillingMonth
    status: MonthStatus
    revision: int
    effective_on: date | None
    mrr_eur_cents: int | None
    earned_tier: int | None
    granted_tier: int | None
    tier: int | None
    previous_tier: int | None
    monthly_fee_discount_bp: int | None
    setup_fee_discount_bp: int | None
    sla: str | None
    families: Families | None
    held_reason: str | None


@dataclass(frozen=True, slots=True)
class Move:
    """A result that moved a partner to another tier: the month, and the one before it that had a result."""

    month: PartnerMonth
    before: PartnerMonth | None

    @property
    def is_fall(self) -> bool:
        """Whether the tier is lower than before."""
        return (self.month.tier or 0) < (self.month.previous_tier or 0)


def newest_move(months: Sequence[PartnerMonth]) -> Move | None:
    """How the tier moved last, None where it never did; months are the newest first."""
    decided = [each for each in months if each.tier is not None and each.status == IN_FORCE]
    for month, before in zip(decided, [*decided[1:], None], strict=False):
        if month.previous_tier is not None and month.previous_tier != month.tier:
            return Move(month, before)
    return None


@dataclass(frozen=True, slots=True)
class LetterSent:
    """A letter of a partner and what became of it; `recipients` is how many addresses are in each state."""

    billing_month: BillingMonth
    revision: int
    kind: LetterKind
    recipients: tuple[tuple[DeliveryState, int], ...]


@dataclass(frozen=True, slots=True)
class Coming:
    """Something that is known to come for a partner; without a day, it comes when a month is run."""

    day: date | None
    words: str


def coming(
    *,
    on: date,
    ahead: Sequence[Rate],
    grants: Sequence[GrantStanding],
    agreements: Sequence[LegacyAgreement],
    disputes: Sequence[Dispute],
    benefits_end: Sequence[tuple[date, str]],
    names: TierNames = NO_NAMES,
    unit: Unit = EURO,
) -> tuple[Coming, ...]:
    """What comes for a partner after a day, the soonest first; `benefits_end` has the first day without each.

    `names` are those of tiers; amounts are in the `unit`.
    """

    def found() -> Iterator[Coming]:
        for rate in ahead:
            tier = names.on(rate.valid_from, rate.terms.tier) or f"Tier {rate.terms.tier}"
            yield Coming(rate.valid_from, f"new orders get the rate of {tier if rate.terms.tier else 'no tier'}")
        for grant in grants:
            if grant.verdict is not None:
                tier = names.on(grant.starts_on, grant.tier) or f"Tier {grant.tier}"
                yield Coming(grant.ends_on, f"the grace of {tier} ends: {verdict_words(grant, unit)}")
        for agreement in agreements:
            if agreement.period.valid_to is not None and agreement.period.valid_to > on:
                yield Coming(agreement.period.valid_to, f"the older agreement ends ({agreement.source})")
        for dispute in disputes:
            if dispute.state == "open":
                yield Coming(dispute.due_on, f"an answer is due: dispute {dispute.dispute_id}")
        for day, name in benefits_end:
            yield Coming(day, f"the benefit ends: {name}")

    return tuple(sorted(found(), key=lambda each: (each.day or date.max, each.words)))

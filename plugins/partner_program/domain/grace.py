"""Grace periods: a grant lifts a partner for a time, and is confirmed or lapses once (rule 5)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.registry import GraceGrant

GrantOutcome = Literal["confirmed", "lapsed"]


@dataclass(frozen=True, slots=True)
class SettledGrant:
    """A grant and its outcome in this month; None where it is still open."""

    grant: GraceGrant
    outcome: GrantOutcome | None


@dataclass(frozen=True, slots=True)
class GraceSettlement:
    """A partner's grants after a month, and the highest open one in force on the effective date."""

    grants: tuple[SettledGrant, ...]
    granted_tier: int | None
    granted_by: str | None


def settle_grants(
    *, grants: Sequence[GraceGrant], month: BillingMonth, effective_on: date, earned_tier: int, highest_tier: int
) -> GraceSettlement:
    """Settle the grants that are open before a month and have begun by its effective date.

    "If they meet the criteria for the new tier within a certain period of time, their eligibility to stay there
    will be confirmed." Confirmed where the month's last day lies in the grant and the tier is earned; else lapsed
    where the grant has ended by `effective_on`; else it stays open. `granted_by` is the grant that lifts the tier.
    A grant to a tier above `highest_tier`, made under an earlier and longer table, is one to that highest tier.
    """

    def outcome(grant: GraceGrant) -> GrantOutcome | None:
        if month.last_day in grant.period and earned_tier >= min(grant.tier, highest_tier):
            return "confirmed"
        return "lapsed" if grant.ends_on <= effective_on else None

    begun = sorted((grant for grant in grants if grant.starts_on <= effective_on), key=lambda grant: grant.grant_id)
    settled = tuple(SettledGrant(grant, outcome(grant)) for grant in begun)
    lifting = [each.grant for each in settled if each.outcome is None and effective_on in each.grant.period]
    highest = max(lifting, key=lambda grant: grant.tier, default=None)
    return GraceSettlement(
        grants=settled,
        granted_tier=None if highest is None else min(highest.tier, highest_tier),
        granted_by=None if highest is None else highest.grant_id,
    )


def tier_with_grants(
    *, earned_tier: int, open_grants: Sequence[GraceGrant], settled: Collection[str], day: date
) -> int:
    """The tier on a day other than the month's effective date: the earned one, or that of the highest grant in force.

    `settled` are the ids of the grants that have been confirmed or have lapsed by then.
    """
    granted = [grant.tier for grant in open_grants if day in grant.period and grant.grant_id not in settled]
    return max([earned_tier, *granted])

"""Grace periods: a grant lifts a partner for a time, and is confirmed or lapses once (rule 5)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import Program
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.registry import AUTHORIZED, GraceGrant, Partner

GrantOutcome = Literal["confirmed", "lapsed"]
GrantState = Literal["upcoming", "in_force", "ended", "confirmed", "lapsed"]
GrantVerdict = Literal["reached", "short", "not_counted", "cannot"]
MONTHS_NAMED = 2  # of a row of months, so many are named one by one


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


def deciding_months(grant: GraceGrant) -> Iterator[BillingMonth]:
    """The months whose last day lies in a grant: they alone can confirm it. None where it holds no month's last day."""
    month = BillingMonth.of(grant.starts_on)
    while month.last_day < grant.ends_on:
        yield month
        month = month.following


def first_days_after(day: date, count: int) -> tuple[tuple[date, BillingMonth], ...]:
    """Ends for a grant from a day on: each is the first day after a month that can then confirm it, that month too."""
    month, found = BillingMonth.of(day), list[tuple[date, BillingMonth]]()
    for _ in range(count):
        found.append((month.following.first_day, month))
        month = month.following
    return tuple(found)


@dataclass(frozen=True, slots=True)
class GrantStanding:
    """Where a grant stands on a day: what confirms it, what its partner counted last, whether it can still be reached.

    `state`: an open grant is `upcoming` before its first day, `in_force`, and `ended` from `ends_on` on until a month
    settles it; a settled one has its outcome, and `settled_by` the month. `needed_eur_cents` is the threshold of the
    granted tier. `counted_eur_cents` is what the last month in force that assigned the partner counted, None before the
    first. `months_left` are the months that can still confirm it, oldest first. The verdict of an open grant:
    `reached`, `short` by `short_by_eur_cents`, `not_counted` where nothing was counted yet, `cannot` where no month is
    left. `lapses_with` is set where the grant has ended and a month before the first deciding one is still to be run:
    it lets the grant lapse, unless it takes force from a day before `ends_on`.
    """

    grant_id: str
    partner_id: str
    company_name: str
    partner_status: str
    account_manager_id: str
    tier: int
    starts_on: date
    ends_on: date
    granted_by: str
    reason: str
    state: GrantState
    settled_by: BillingMonth | None
    needed_eur_cents: int
    counted_month: BillingMonth | None
    counted_eur_cents: int | None
    verdict: GrantVerdict | None
    short_by_eur_cents: int | None
    lapses_with: BillingMonth | None
    months_left: tuple[BillingMonth, ...]


def standing_of_grant(
    *,
    grant: GraceGrant,
    partner: Partner,
    program: Program,
    counted: Mapping[BillingMonth, int],
    in_force: Collection[BillingMonth],
    outcome: tuple[BillingMonth, GrantOutcome] | None,
    on: date,
    in_other_units: Collection[BillingMonth] = (),
) -> GrantStanding:
    """Tell where a grant stands on a day.

    `program` is the one in force that day; `counted` is the partner's revenue in EUR cents by month in force that
    assigned it; `in_force` are all months in force; `outcome` is the settled result with its month. A month that is
    not in force and lies before the first that is can be history only, so it confirms nothing any more. What was
    counted `in_other_units` than the programme's is not held against its threshold.
    """
    last = max((each for each in counted if each not in in_other_units), default=None)
    tier = program.tier_here(grant.tier)
    needed = program.tiers[tier - 1].from_mrr_cents
    first = min(in_force, default=None)
    undecided = (each for each in deciding_months(grant) if each not in counted and (first is None or each >= first))
    left = () if outcome else tuple(undecided)
    reached = None if last is None else counted[last]
    verdict = (
        None
        if outcome
        else _verdict(left=left, earned=None if reached is None else program.earned_tier(reached), tier=tier)
    )
    return GrantStanding(
        grant_id=grant.grant_id,
        partner_id=grant.partner_id,
        company_name=partner.company_name,
        partner_status=partner.status,
        account_manager_id=partner.account_manager_id,
        tier=grant.tier,
        starts_on=grant.starts_on,
        ends_on=grant.ends_on,
        granted_by=grant.granted_by,
        reason=grant.reason,
        state=outcome[1] if outcome else _open_state(grant, on),
        settled_by=outcome[0] if outcome else None,
        needed_eur_cents=needed,
        counted_month=last,
        counted_eur_cents=reached,
        verdict=verdict,
        short_by_eur_cents=needed - reached if verdict == "short" and reached is not None else None,
        lapses_with=_lapses_with(left=left, counted=counted, in_force=in_force) if grant.ends_on <= on else None,
        months_left=left,
    )


def _open_state(grant: GraceGrant, on: date) -> GrantState:
    if on < grant.starts_on:
        return "upcoming"
    return "in_force" if on < grant.ends_on else "ended"


def _verdict(*, left: Sequence[BillingMonth], earned: int | None, tier: int) -> GrantVerdict:
    if not left:
        return "cannot"
    if earned is None:
        return "not_counted"
    return "reached" if earned >= tier else "short"


def _lapses_with(
    *, left: Sequence[BillingMonth], counted: Collection[BillingMonth], in_force: Collection[BillingMonth]
) -> BillingMonth | None:
    """The next month to be run for a partner, where that comes before the first month that decides."""
    if not left or not in_force:
        return None
    upcoming = min((each for each in in_force if each not in counted), default=max(in_force).following)
    return upcoming if upcoming < left[0] else None


def verdict_words(standing: GrantStanding, unit: Unit = EURO) -> str:
    """Say in words whether a grant can still be confirmed, or what became of it."""
    if standing.settled_by is not None:
        return f"{standing.state} with {standing.settled_by}"
    words = {
        "reached": "reached",
        "short": f"short by {unit.amount(standing.short_by_eur_cents or 0)}",
        "not_counted": "nothing counted yet",
        "cannot": "cannot any more",
    }[standing.verdict or "cannot"]
    if standing.partner_status != AUTHORIZED:
        words += f"; the partner is {standing.partner_status}: no month counts it"
    if standing.lapses_with is not None:
        words += f"; lapses with {standing.lapses_with}, unless that is run from a day before {standing.ends_on}"
    return words


def months_words(months: Sequence[BillingMonth]) -> str:
    """Say which months of an unbroken row there are: the first, the last and how many."""
    if len(months) <= MONTHS_NAMED:
        return ", ".join(map(str, months)) or "none"
    return f"{months[0]} to {months[-1]} ({len(months)})"

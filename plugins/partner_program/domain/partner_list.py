"""The list of partners with their results of one month: who is wanted, in which order, and what a row says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import BP
from partner_program.domain.program import Program
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.rates import Rate
from partner_program.domain.registry import AccountManager

Order = Literal["name", "id", "revenue"]
Change = Literal["raised", "lowered", "unchanged", "first", "held", "not_assessed"]
Near = Literal["below", "above"]
NEAR_BP = 1_000  # so near below a threshold, or above it, that a partner manager looks


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which partners are listed; what is None or empty does not choose.

    `text` is a piece of a name or of an id, or the id of an account. `revenue` are ranges of EUR cents, half-open, of
    which one has to hold the month's total, or with `by_window` the amount of the months that count together.
    """

    text: str = ""
    tier: int | None = None
    change: Change | None = None
    manager_id: str = ""
    entity: str = ""
    language: str = ""
    status: str = ""
    revenue: tuple[tuple[int, int], ...] | None = None
    by_window: bool = False


@dataclass(frozen=True, slots=True)
class ListedMonth:
    """The month whose results a list shows, with its newest revision and the settlements of that.

    The last settlement says who is held.
    """

    billing_month: BillingMonth
    revision: int
    settlements: tuple[int, ...]

    @classmethod
    def none(cls) -> "ListedMonth":
        """A month that has no results."""
        return cls(BillingMonth(1900, 1), 0, (0,))


@dataclass(frozen=True, slots=True)
class ListedPartner:
    """The partner of today, and what the month decided: EUR cents and basis points, None where it did not."""

    partner_id: str
    company_name: str
    status: str
    account_manager_id: str
    country: str
    language: str
    tier: int | None
    previous_tier: int | None
    earned_tier: int | None
    mrr_eur_cents: int | None
    monthly_fee_discount_bp: int | None
    rate_valid_from: date | None
    lifted_by: str | None
    held_reason: str | None


@dataclass(frozen=True, slots=True)
class ExportedPartner(ListedPartner):
    """A row of the list as a file: with what is missing to the next tier."""

    gap_eur_cents: int | None


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A partner of the list, and what is missing to its next tier in EUR cents, as `gap_to_next` says.

    `kept` is the rate that a held partner keeps, None where it has none or is not held.
    """

    partner: ListedPartner
    gap_eur_cents: int | None
    kept: Rate | None = None


@dataclass(frozen=True, slots=True)
class PartnerList:
    """One page of the list: `of` are those wanted, `every` all partners; `next_after` begins the next page.

    `month` is the newest month in force, None before the first. `managers`, `entities`, `languages` and tiers from
    `lowest_tier` to `highest_tier` are what may be chosen. Revenue is in the `unit` of the month, whose tiers are those
    of the table of `effective_on`.
    """

    month: BillingMonth | None
    rows: tuple[PartnerRow, ...]
    of: int
    every: int
    next_after: str | None
    managers: Mapping[str, AccountManager]
    entities: tuple[str, ...]
    languages: tuple[str, ...]
    lowest_tier: int
    highest_tier: int
    unit: Unit = EURO
    effective_on: date | None = None


def gap_to_next(program: Program, earned_tier: int | None, mrr_eur_cents: int | None) -> int | None:
    """What is missing to the row of the table above the one that the total reaches, in EUR cents.

    None above the last, and without a total or a table then. A rule beside the table may have decided another tier.
    """
    if earned_tier is None or mrr_eur_cents is None:
        return None
    reached = program.earned_tier(mrr_eur_cents)
    return None if reached >= program.highest_tier else program.tiers[reached].from_mrr_cents - mrr_eur_cents


def near_thresholds(program: Program, near: Near) -> tuple[tuple[int, int], ...]:
    """The ranges of monthly totals that lie a tenth of a threshold or less below it, or above it."""
    thresholds = [(each, each * NEAR_BP // BP) for each in program.thresholds]
    if near == "below":
        return tuple((each - tenth, each) for each, tenth in thresholds)
    return tuple((each, each + tenth) for each, tenth in thresholds)

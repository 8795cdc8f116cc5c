"""The programme of one date: tiers, terms, caps, benefits and readings, as the programme file gives them."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import cached_property
from operator import attrgetter
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import DUE_DAYS
from partner_program.domain.large_change import LARGE, LargeChange
from partner_program.domain.measure import Measure, amount_of_totals
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.refusals import NoRuleInForce, Refusal
from partner_program.domain.requirements import Requirement
from partner_program.domain.tier_changes import Changes

SLA_LEVELS = ("Bronze", "Silver", "Gold", "Platinum")  # where a programme file does not say them, lowest first
Component = Literal["monthly_fee", "setup_fee", "sla"]
COMPONENTS: tuple[Component, ...] = get_args(Component)
Availability = Literal["yes", "on_request", "unknown"]
BenefitApproval = Literal["anybody", "another_person"]
RatesApprovalKey = Literal["none", "rates"]
Promotions = Literal["added", "best_of", "exclusive"]
AppliesTo = Literal["new_orders", "all_services"]
FxGuard = Literal["off", "inform", "hold_tier"]


OnRecord = Mapping[str, int]
"""What is on record of a partner beside revenue, by key; what is not there is 0."""
NOTHING_HELD: OnRecord = {}


@dataclass(frozen=True, slots=True)
class Need:
    """A condition of a tier beside revenue: at least so much of what is on record below a key."""

    key: str
    at_least: int


@dataclass(frozen=True, slots=True)
class Tier:
    """One row of the tier table; it has a lower threshold only, inclusive, in EUR cents.

    `setup_fee_discount_bp` and `sla` are None where the programme has no such component, in every row or in none.
    `name` is the tier's own, a proper name that no language translates; "" in every row, or in none. `requires` is
    what it needs beside revenue, nothing of which falls upwards.
    """

    tier: int
    from_mrr_cents: int
    monthly_fee_discount_bp: int
    setup_fee_discount_bp: int | None = None
    sla: str | None = None
    name: str = ""
    requires: tuple[Need, ...] = ()

    def admits(self, held: OnRecord) -> bool:
        """Whether all that this tier needs beside revenue is on record."""
        return not self.requires or all(held.get(each.key, 0) >= each.at_least for each in self.requires)


@dataclass(frozen=True, slots=True)
class FamilyDiscounts:
    """What each tier gives off the monthly fee of one product family, from Tier 1 on; 0 everywhere excludes it."""

    product: str
    tiers_bp: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BenefitTerms:
    """What a benefit is limited to, as far as the programme file says it; what it does not say is not limited.

    `units_at_once` and `incidents` have a cell for each tier from Tier 1 on, or none at all; `days` are those to pay;
    `days_ahead` those between asking and the wanted day; `proposal`: it is asked for with activity, market and amount;
    `without_tier`: it may be asked for by a partner without a tier; `link` is where a partner finds it; `only_for` is
    the attribute that a partner must have for it, empty for anybody.
    """

    units_at_once: tuple[int, ...] = ()
    incidents: tuple[int, ...] = ()
    end_demanded: bool = False
    days: int | None = None
    days_ahead: int | None = None
    proposal: bool = False
    without_tier: bool = False
    link: str = ""
    only_for: str = ""

    def are_for(self, attributes: str) -> bool:
        """Whether a partner with these attributes, blanks between them, may have the benefit."""
        return not self.only_for or self.only_for in attributes.split()

    def units_of(self, tier: int) -> int | None:
        """The most units at once in a tier, without a tier those of Tier 1; None where the benefit is not counted."""
        return _cell(self.units_at_once, tier)

    def incidents_of(self, tier: int) -> int | None:
        """The priority support incidents of a tier; None where the programme gives no number."""
        return _cell(self.incidents, tier) if tier else None


def _cell(cells: tuple[int, ...], tier: int) -> int | None:
    return cells[max(min(tier, len(cells)), 1) - 1] if cells else None


NO_TERMS = BenefitTerms()


@dataclass(frozen=True, slots=True)
class Benefit:
    """One benefit: its name in the source, its description, and what each tier gets of it, from Tier 1 on."""

    key: str
    name: str
    group: Literal["marketing", "support"]
    tiers: tuple[Availability, ...]
    description: str
    terms: BenefitTerms = NO_TERMS

    def of_tier(self, tier: int) -> Availability:
        """What a tier gets of this benefit: tier 0 nothing, a tier above the last one what the last one gets."""
        return self.tiers[min(tier, len(self.tiers)) - 1] if tier else "unknown"


@dataclass(frozen=True, slots=True)
class Readings:
    """The owner's choice, by key, of how to read what the source leaves open; the defaults are those of absent keys."""

    incomplete: Literal["hold", "stop"] = "hold"
    rise_on_partial: bool = False
    stacking: Literal["additive", "compound"] = "additive"
    notify: Literal["on_change", "always"] = "on_change"


RATE_MOVE_LIMIT_BP = 1000  # where a programme file does not say it: the file of 2015 never changes


@dataclass(frozen=True, slots=True)
class Brake:
    """When a run stops before anything takes force: see rule 7. The defaults are those of absent keys.

    `review_lowered_share_bp` stands for `lowered_share_bp` in the months whose assessment is a review of tiers.
    """

    lowered_share_bp: int = 1000
    lowered_at_least: int = 5
    entity_total_move_bp: int = 3000
    entity_total_move_at_least_cents: int = 10_000_00
    review_lowered_share_bp: int | None = None


def brake_in(unit: Unit) -> Brake:
    """The brake where a programme file does not say it.

    What 10,000 of whole units are, nobody knows: an entity's share alone stops a run then, rather than nothing.
    """
    return Brake() if unit.decimals else Brake(entity_total_move_at_least_cents=0)


@dataclass(frozen=True, slots=True)
class Shortening:
    """What going on with a shorter term costs when a contract of `from_months` has run out.

    `surcharge_bp` are basis points of the list price by the months of the shorter term.
    """

    from_months: int
    surcharge_bp: Mapping[int, int]


HIGHEST_LINE_MINOR = 10**15


@dataclass(frozen=True, slots=True)
class LargestLine:
    """The largest plausible amount of a line, up or down: in any currency, but for those with a limit of their own."""

    minor: int = HIGHEST_LINE_MINOR
    by_currency: Mapping[str, int] = field(default_factory=dict)

    def of(self, currency: object) -> int:
        """The limit of a currency; of what is no currency, that of any."""
        return self.by_currency.get(currency, self.minor) if isinstance(currency, str) else self.minor

    @property
    def smallest(self) -> int:
        """The smallest limit of all: a line within it is within that of its currency."""
        return min([self.minor, *self.by_currency.values()])


_threshold = attrgetter("from_mrr_cents")


@dataclass(frozen=True)  # without slots: what each decision asks of the table is worked out once
class Program:
    """The whole programme as it is from `in_force_from` on.

    What a company does not have is None or empty: no cap of promotions, no terms paid ahead, no scheme of shortening,
    no products without a one-month term, no list of products, benefits or requirements. A rule that is not there is
    not one of 0: nothing names it.

    `file_hash` is the sha256 of the file's bytes but for the sections that decide no month; `content_hash` that of all.
    `sla_levels` are the service levels, lowest first. `promotions` says how public ones combine with the partner's
    discount; `applies_to` whether existing services get the new rate too.
    `benefit_approval` says who may approve a benefit: anybody, or only somebody else than asked for it. `approval`
    says whether rates wait for a person before they take force.
    `dispute_due_days` is how many days a partner waits for an answer to a dispute at most. `fx_guard` says what is made
    of a tier that would be another at the exchange rates of an earlier month: nothing, a sentence, or that it stays.
    A family of `product_discounts` has a discount of its own on the monthly fee; every other has the tier's.
    Without a `measure` a month's own total decides; without `changes` a tier follows what a month earned at once.
    `requirement_names` are what required keys are called, by language, below "" in each language without its own.
    `unit` is what thresholds and every amount of the programme are in. `large_change` says which changes of revenue
    are pointed out to people.
    """

    in_force_from: date
    file_name: str
    file_hash: str
    time_zone: str
    tiers: tuple[Tier, ...]
    promotion_cap_bp: int | None = None
    prepayment_bp: Mapping[int, int] | None = None
    shortening: Shortening | None = None
    no_commitment_excludes: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    largest_line: LargestLine = LargestLine()
    readings: Readings = Readings()
    brake: Brake = Brake()
    benefits: tuple[Benefit, ...] = ()
    authorisation_requirements: tuple[Requirement, ...] = ()
    sla_levels: tuple[str, ...] = SLA_LEVELS
    promotions: Promotions = "added"
    applies_to: AppliesTo = "new_orders"
    rate_move_limit_bp: int = RATE_MOVE_LIMIT_BP
    benefit_approval: BenefitApproval = "anybody"
    approval: RatesApprovalKey = "none"
    dispute_due_days: int = DUE_DAYS
    fx_guard: FxGuard = "off"
    content_hash: str = ""
    company: str | None = None
    measure: Measure | None = None
    changes: Changes | None = None
    requirement_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unit: Unit = EURO
    product_discounts: tuple[FamilyDiscounts, ...] = ()
    large_change: LargeChange = LARGE

    def requirement_name(self, key: str, language: str = "") -> str:
        """What people read for a key that a tier requires: its name in a language, else its name, else the key."""
        names = self.requirement_names.get(key, {})
        return names.get(language) or names.get("") or key.replace("_", " ")

    def earned_tier(self, mrr_eur_cents: int) -> int:
        """The tier that a monthly total earns: the highest row whose threshold it reaches, 0 below the first.

        Where the first tier begins at 0 everybody who is assessed has it, with a negative total too.
        """
        reached = bisect_right(self.tiers, mrr_eur_cents, key=_threshold)
        return max(reached, self.lowest_tier)

    def tier_with(self, mrr_eur_cents: int, held: OnRecord) -> int:
        """The tier that a monthly total earns with what is on record beside it.

        It is the highest row whose threshold and requirements hold: these do not fall upwards.
        """
        tier, lowest = self.earned_tier(mrr_eur_cents), self.lowest_tier
        while tier > lowest and not self.tiers[tier - 1].admits(held):
            tier -= 1
        return tier

    def families_bp(self, tier: int) -> dict[str, int]:
        """The discounts of a tier on the families that have their own, in basis points; 0 without a tier."""
        here = self.tier_here(tier)
        return {each.product: each.tiers_bp[here - 1] if here else 0 for each in self.product_discounts}

    @cached_property
    def required_keys(self) -> tuple[str, ...]:
        """The keys that any tier asks for beside revenue, in order."""
        return tuple(sorted({each.key for row in self.tiers for each in row.requires}))

    @cached_property
    def lowest_tier(self) -> int:
        """The tier of an assessed partner without revenue: 1 where the table begins at 0, else 0, which is none."""
        return 0 if self.tiers[0].from_mrr_cents else 1

    @property
    def thresholds(self) -> tuple[int, ...]:
        """The totals in cents from which on a partner has another tier; none for a first tier from 0."""
        return tuple(row.from_mrr_cents for row in self.tiers[self.lowest_tier :])

    def threshold_of(self, tier: int) -> int | None:
        """The total in cents below which a tier is lost; None for what nobody can fall out of."""
        return self.tiers[tier - 1].from_mrr_cents if tier > self.lowest_tier else None

    def has(self, component: Component) -> bool:
        """Whether the programme has a component at all; every tier has it then."""
        return component in self.components

    @property
    def components(self) -> tuple[Component, ...]:
        """What a tier of this programme gives, in the order in which it is told."""
        row = self.tiers[0]
        setup: tuple[Component, ...] = () if row.setup_fee_discount_bp is None else ("setup_fee",)
        return ("monthly_fee", *setup, *(() if row.sla is None else ("sla",)))

    def tier_name(self, tier: int | None) -> str:
        """The own name of a tier; "" where it has none and is told by its number, and for no tier."""
        row = self.tier_row(tier) if tier else None
        return row.name if row else ""

    def sla_rank(self, sla: str | None) -> int:
        """The rank of a service level: none is 0, the lowest 1. A word of an earlier list ranks as the lowest."""
        return sla_rank(sla, self.sla_levels)

    def amount_of(self, mrr_eur_cents: int, window: Sequence[int] = ()) -> int:
        """What is held against the table, in EUR cents: a month's total, with those of the window before it if any."""
        if self.measure is None:
            return mrr_eur_cents
        return amount_of_totals(self.measure, [*window, mrr_eur_cents])

    def brake_in(self, month: BillingMonth) -> Brake:
        """The brake of a month: a review of tiers may have a share of its own, since it lowers many at once."""
        own = self.brake.review_lowered_share_bp
        if own is None or self.changes is None or not self.changes.is_review(month):
            return self.brake
        return replace(self.brake, lowered_share_bp=own)

    @cached_property
    def highest_tier(self) -> int:
        """The last tier of the table."""
        return len(self.tiers)

    def tier_here(self, tier: int) -> int:
        """A tier of any table as a tier of this one: the same number, or this table's highest if that is lower."""
        return min(tier, self.highest_tier)

    def tier_row(self, tier: int) -> Tier | None:
        """The table's row for a tier; None for tier 0, which gives nothing."""
        return self.tiers[self.tier_here(tier) - 1] if tier else None

    def check_grant(self, *, tier: int, starts_on: date) -> None:
        """Refuse a grant to a tier that this programme, the one of the grant's first day, does not have."""
        if not 1 <= tier <= self.highest_tier:
            raise Refusal(
                f"tier {tier} from {starts_on} is not in the programme of that day, "
                f"expected a tier from 1 to {self.highest_tier} ({self.file_name})"
            )


def program_in_force(programs: Sequence[Program], day: date) -> Program:
    """The newest programme that is in force on a day; raises `NoRuleInForce` before the first one."""
    in_force = [program for program in programs if program.in_force_from <= day]
    if not in_force:
        first = min((program.in_force_from for program in programs), default=None)
        raise NoRuleInForce(f"no rule in force on {day}: the first programme file begins on {first}")
    return max(in_force, key=lambda program: program.in_force_from)


def program_in_force_or_first(programs: Sequence[Program], day: date) -> Program:
    """The programme that is in force on a day, before the first one that one."""
    return program_in_force(programs, max(day, min(program.in_force_from for program in programs)))


def time_in_the_programme(programs: Sequence[Program], *, moment: datetime) -> datetime:
    """A moment in the time zone of the programme in force then; before the first, in the first one's.

    A programme is in force from midnight on its first day, in its own time zone. `moment` has a time zone.
    """
    times = [(program.in_force_from, moment.astimezone(ZoneInfo(program.time_zone))) for program in programs]
    begun = [(begins, time) for begins, time in times if begins <= time.date()]
    return max(begun)[1] if begun else min(times)[1]


def begin_of_day(programs: Sequence[Program], day: date) -> datetime:
    """The first moment of a day in the programme: midnight in the time zone of the programme in force then.

    Where clocks skip midnight, the moment at which they do.
    """
    zones = (ZoneInfo(program.time_zone) for program in programs)
    midnights = sorted({datetime.combine(day, time.min, zone).astimezone(UTC) for zone in zones})
    return next(each for each in midnights if day_in_the_programme(programs, moment=each) >= day)


def day_in_the_programme(programs: Sequence[Program], *, moment: datetime) -> date:
    """The date at a moment, in the time zone of the programme in force then."""
    return time_in_the_programme(programs, moment=moment).date()


def sla_rank(sla: str | None, levels: Sequence[str]) -> int:
    """The rank of a service level among `levels`, lowest first: see `Program.sla_rank`."""
    if sla is None:
        return 0
    return levels.index(sla) + 1 if sla in levels else 1

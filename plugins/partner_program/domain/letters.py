"""Letters: which one a partner gets for a month, and the facts that it states (rule 12)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from partner_program.domain.families import Families
from partner_program.domain.grace import GrantOutcome
from partner_program.domain.program import AppliesTo, Component, Promotions
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.rates import LegacyTerm, RateTerms
from partner_program.domain.tier_changes import StaysFor

# The one list of letter kinds: a partner's letter is the first of these that applies to its month. Each has its wording
# in `include/templates/letters/<version>/kinds/` and its condition in `letter_kind`; the pages for people name it too.
LetterKind = Literal[
    "migration",
    "restated",
    "grace_lapsed",
    "tier_lowered",
    "grace_confirmed",
    "grace_granted",
    "tier_raised",
    "terms_changed",
    "tier_kept",
    "no_change",
]
LETTER_KINDS: tuple[LetterKind, ...] = get_args(LetterKind)
OF_SOME_PROGRAMMES: frozenset[LetterKind] = frozenset({"tier_kept"})  # a page names them where somebody got one
Kept = Literal["not", "now", "still"]


@dataclass(frozen=True, slots=True)
class AccountFact:
    """One row of the revenue table; `mrr_minor` is in the account's own currency, for the reader only."""

    entity: str
    legal_name: str
    account_id: str
    currency: str
    mrr_minor: int
    units_per_eur: str
    mrr_eur_cents: int


@dataclass(frozen=True, slots=True)
class AccountMove:
    """What was counted on one account, in EUR cents, before and now; None where it had no part in that count."""

    entity: str
    account_id: str
    before_cents: int | None
    now_cents: int | None

    @property
    def moved_cents(self) -> int:
        """By how much it rose, below 0 where it fell."""
        return (self.now_cents or 0) - (self.before_cents or 0)


@dataclass(frozen=True, slots=True)
class EarlierFact:
    """The count that a letter's revenue stands beside: the last month before, or the same month before a correction.

    `moves` are the accounts that moved most since; `other_moves` more moved by `other_moves_cents` in all.
    """

    billing_month: str
    mrr_eur_cents: int
    moves: tuple[AccountMove, ...]
    other_moves: int
    other_moves_cents: int


@dataclass(frozen=True, slots=True)
class GraceFact:
    """A grant that was open or settled in the month; `ends_on` is exclusive."""

    tier: int
    starts_on: date
    ends_on: date
    outcome: GrantOutcome | None


@dataclass(frozen=True, slots=True)
class ApprovalFact:
    """An approval that is in force or begins later: its days (`ends_on` is exclusive), its units, its EUR cents."""

    begins_on: date | None
    ends_on: date | None
    units: int | None
    amount_cents: int | None


@dataclass(frozen=True, slots=True)
class BenefitFact:
    """A benefit of the partner: given, or given on request, and its own state. Unknown ones are left out before.

    `kept` says that an older agreement gives it, `requested` that a request waits for a decision; refusals are told by
    a person. An approval that has begun has no `begins_on`. `limit` are the most units at once, `incidents` the number
    of support incidents, `days` those to pay, `days_ahead` those to ask ahead, `link` where it is found: as far as the
    programme says it.
    """

    key: str
    name: str
    group: Literal["marketing", "support"]
    availability: Literal["yes", "on_request"]
    kept: bool = False
    approvals: tuple[ApprovalFact, ...] = ()
    requested: bool = False
    limit: int | None = None
    incidents: int | None = None
    days: int | None = None
    days_ahead: int | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class LackFact:
    """Something that the tier which revenue reaches needs more of than is on record: `key` in plain words.

    `names` are what it is called in the languages that have a word of their own.
    """

    key: str
    at_least: int
    on_record: int
    names: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RevenueFact:
    """The tier that revenue alone would have earned, and what was lacking for it."""

    tier: int
    lacks: tuple[LackFact, ...]


@dataclass(frozen=True, slots=True)
class RatesFact:
    """A total to which the exchange rates of an earlier `month` would have given another tier; EUR cents.

    `own_tier` is what the month's own total earns by the table; `holds` says that it stays another, as exchange rates
    alone move no tier.
    """

    month: str
    cents: int
    tier: int
    own_tier: int
    holds: bool


@dataclass(frozen=True, slots=True)
class NextTierFact:
    """The next tier and what is missing to it: cents, 0 where revenue is enough, and what it `lacks` beside it."""

    tier: int
    from_mrr_cents: int
    missing_cents: int
    lacks: tuple[LackFact, ...] = ()


@dataclass(frozen=True, slots=True)
class ToldProgram:
    """What decides which rows and sentences a letter has: the programme that its month was settled with.

    `tier_names` are the tiers' own names, lowest first, empty where they are told by their number. `components` are
    those that a tier gives; a letter has no row of another one. `benefits_from` is the first tier with a benefit, 0
    where the programme has none; `starts_below` says whether a partner below it may be offered a grace period or
    servers for tests. `by_rules` says that more than a month's own revenue decides a tier, `needs_more` that a tier
    needs more than revenue. `promotions` and `has_cap` are how public promotions combine with the discount.
    `unit` is what amounts are in.
    """

    tier_names: tuple[str, ...] = ()
    components: tuple[Component, ...] = ("monthly_fee", "setup_fee", "sla")
    benefits_from: int = 1
    starts_below: bool = True
    applies_to: AppliesTo = "new_orders"
    by_rules: bool = False
    needs_more: bool = False
    promotions: Promotions = "added"
    has_cap: bool = True
    unit: Unit = EURO

    def tier_name(self, tier: int | None) -> str:
        """The own name of a tier; "" for none, and where tiers have no names."""
        return self.tier_names[min(tier, len(self.tier_names)) - 1] if tier and self.tier_names else ""


@dataclass(frozen=True, slots=True)
class WindowFact:
    """The months that count together, oldest first and the letter's own last, each with its EUR cents.

    `amount_cents` is what is held against the tier table: the sum of up to `of_months` months, that sum `projected` to
    all of them, or their `mean`. `leaves` is the month that the next count has no more, None where the window grows.
    """

    months: tuple[tuple[str, int], ...]
    of_months: int
    is_mean: bool
    projected: bool
    amount_cents: int
    leaves: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class StaysFact:
    """A tier on merit that is not the one which the month earned, and what it waits for.

    `review` is the month of the next review; `after_months` months in a row below the tier lower it, and `months_below`
    of them passed.
    """

    tier: int
    earned_tier: int
    waits_for: StaysFor
    review: str | None
    after_months: int
    months_below: int


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """Everything that a letter states, as plain values from committed figures.

    `previous_tier`, `terms_before` and `earlier` are None where no month was in force before. `rate_valid_from` is the
    day from which the discounts hold; it lies before `effective_on` where nothing about them changed.
    `legacy` are the kept terms of older agreements; `ended_legacy` are those kept before, whose agreement has ended.
    `ended_benefits` are those that the tier before gave and this one does not. `previous_tier_name` is the name that
    the tier before had then, "" where it had none. `rates` is there where the programme has `fx_guard` and the tier
    would have been another at the exchange rates of an earlier month. `revenue` is there where a tier needs more than
    revenue, and the one that revenue reaches lacked it. `window` is there where several months count together, `stays`
    where rules for changes of tier leave another tier than was earned: `merit_tier`. `rises_in` is the month of the
    next review where a tier rises at a review only. `one_entity` says that the company has one legal entity alone.
    """

    billing_month: str
    kind: LetterKind
    partner_id: str
    company_name: str
    language: str
    contact_names: tuple[str, ...]
    effective_on: date
    rate_valid_from: date
    tier: int
    previous_tier: int | None
    earned_tier: int
    granted_tier: int | None
    monthly_fee_discount_bp: int
    setup_fee_discount_bp: int
    sla: str | None
    terms_before: RateTerms | None
    mrr_eur_cents: int
    accounts: tuple[AccountFact, ...]
    earlier: EarlierFact | None
    grants: tuple[GraceFact, ...]
    legacy: tuple[LegacyTerm, ...]
    ended_legacy: tuple[LegacyTerm, ...]
    benefits: tuple[BenefitFact, ...]
    ended_benefits: tuple[BenefitFact, ...]
    prepayment: tuple[tuple[int, int], ...]
    next_tier: NextTierFact | None
    manager_name: str
    manager_email: str
    manager_phone: str
    program: ToldProgram = ToldProgram()
    previous_tier_name: str = ""
    rates: RatesFact | None = None
    revenue: RevenueFact | None = None
    window: WindowFact | None = None
    stays: StaysFact | None = None
    merit_tier: int | None = None
    rises_in: str | None = None
    one_entity: bool = False
    families: Families | None = None

    @property
    def own_tier(self) -> int:
        """The tier in which the partner is without a grace period."""
        return self.earned_tier if self.merit_tier is None else self.merit_tier


def letter_kind(
    *,
    migration: bool,
    restated: bool,
    outcomes: Collection[GrantOutcome | None],
    tier: int,
    previous_tier: int | None,
    lifted_for_the_first_time: bool,
    terms_differ: bool,
    always: bool,
    kept: Kept = "not",
) -> LetterKind | None:
    """The kind of a partner's one letter for a month: the first that applies, None where nothing happened.

    `outcomes` are those of the partner's grants in this run; `previous_tier` is the last earlier month's in force;
    `terms_differ` says that a discount or the service level differs from those of the rate in force before, whatever
    tier that rate is of; `kept` whether the rules for changes of tier leave the partner another tier than the month
    earned, `now` for the first time or `still`; `always` is the reading `notify: always`.
    """
    applies: tuple[tuple[bool, LetterKind], ...] = (
        (migration, "migration"),
        (restated, "restated"),
        ("lapsed" in outcomes, "grace_lapsed"),
        (previous_tier is not None and tier < previous_tier, "tier_lowered"),
        ("confirmed" in outcomes, "grace_confirmed"),
        (lifted_for_the_first_time, "grace_granted"),
        (tier > (previous_tier or 0), "tier_raised"),
        # the two kinds before it leave a tier that has not moved since the last month in force
        (terms_differ, "terms_changed"),
        (kept == "now" or (kept == "still" and always), "tier_kept"),
        (always, "no_change"),
    )
    for does, kind in applies:
        if does:
            return kind
    return None


def kind_name(kind: LetterKind) -> str:
    """A kind as the pages for people name it: `grace_lapsed` is "Grace lapsed"."""
    return kind.replace("_", " ").capitalize()

"""Letters: which one a partner gets for a month, and the facts that it states (rule 12)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from partner_program.domain.grace import GrantOutcome
from partner_program.domain.rates import LegacyTerm

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
    "no_change",
]
LETTER_KINDS: tuple[LetterKind, ...] = get_args(LetterKind)


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
class GraceFact:
    """A grant that was open or settled in the month; `ends_on` is exclusive."""

    tier: int
    starts_on: date
    ends_on: date
    outcome: GrantOutcome | None


@dataclass(frozen=True, slots=True)
class BenefitFact:
    """A benefit of the tier: given, or given on request. Unknown ones are left out before."""

    key: str
    name: str
    group: Literal["marketing", "support"]
    availability: Literal["yes", "on_request"]


@dataclass(frozen=True, slots=True)
class NextTierFact:
    """The next tier and what is missing to it; None at the top."""

    tier: int
    from_mrr_cents: int
    missing_cents: int


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """Everything that a letter states, as plain values from committed figures.

    `previous_tier` is None where no month was in force before. `rate_valid_from` is the day from which the
    discounts hold; it lies before `effective_on` where nothing about them changed.
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
    mrr_eur_cents: int
    accounts: tuple[AccountFact, ...]
    grants: tuple[GraceFact, ...]
    legacy: tuple[LegacyTerm, ...]
    benefits: tuple[BenefitFact, ...]
    prepayment: tuple[tuple[int, int], ...]
    next_tier: NextTierFact | None
    manager_name: str
    manager_email: str
    manager_phone: str


def letter_kind(
    *,
    migration: bool,
    restated: bool,
    outcomes: Collection[GrantOutcome | None],
    tier: int,
    previous_tier: int | None,
    lifted_for_the_first_time: bool,
    always: bool,
) -> LetterKind | None:
    """The kind of a partner's one letter for a month: the first that applies, None where nothing happened.

    `outcomes` are those of the partner's grants in this run; `previous_tier` is the last earlier month's in force;
    `always` is the reading `notify: always`.
    """
    applies: dict[LetterKind, bool] = {
        "migration": migration,
        "restated": restated,
        "grace_lapsed": "lapsed" in outcomes,
        "tier_lowered": previous_tier is not None and tier < previous_tier,
        "grace_confirmed": "confirmed" in outcomes,
        "grace_granted": lifted_for_the_first_time,
        "tier_raised": tier > (previous_tier or 0),
        "no_change": always,
    }
    return next((kind for kind in LETTER_KINDS if applies[kind]), None)


def kind_name(kind: LetterKind) -> str:
    """A kind as the pages for people name it: `grace_lapsed` is "Grace lapsed"."""
    return kind.replace("_", " ").capitalize()

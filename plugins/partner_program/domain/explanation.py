"""Why a partner has its tier, for the partner itself: the facts of its letter, what holds it up, what was missing."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.least_change import LeastChanges
from partner_program.domain.letters import BenefitFact, GraceFact, LetterFacts, ToldProgram
from partner_program.domain.ownership import Ownership
from partner_program.domain.partner_overview import PartnerMonth
from partner_program.domain.program_unit import EUR, Unit
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.revenue import EntityRevenue, has_share, may_count
from partner_program.domain.tier_names import TierNames
from partner_program.domain.totals import HeldPartner

# What a month waits for: a charge that cannot be counted, an account that shows nothing, an exchange rate, or what an
# entity billed.
HeldKind = Literal["charge", "rate", "entity"]


@dataclass(frozen=True, slots=True)
class HeldFor:
    """Something that a partner's month waits for.

    `name` is the account, the currency or the entity's legal name; `entity` is where, empty for a currency.
    """

    kind: HeldKind
    entity: str
    name: str


@dataclass(frozen=True, slots=True)
class HeldMonth:
    """A month that is not decided yet for a partner; `kept` are the terms of its new orders until then.

    `kept_from` is the first day of these; both are None where the partner has no rate. `kept_name` is the tier's own
    name, "" where it has none.
    """

    kept: RateTerms | None
    kept_from: date | None
    waits_for: tuple[HeldFor, ...]
    kept_name: str = ""


@dataclass(frozen=True, slots=True)
class PartnerExplanation:
    """Why a partner has its tier in a month: either `facts` with `changes`, or what the month is `held` for.

    `program` is the one of that month; `one_entity` says that the company has one legal entity alone.
    """

    billing_month: BillingMonth
    partner_id: str
    company_name: str
    language: str
    manager_name: str
    manager_email: str
    facts: LetterFacts | None
    changes: LeastChanges | None
    held: HeldMonth | None
    program: ToldProgram
    one_entity: bool


def waits_for(
    *,
    partner_id: str,
    held: HeldPartner,
    legal_names: Mapping[str, str],
    revenues: Sequence[EntityRevenue],
    ownership: Ownership,
    rates: frozenset[str],
) -> tuple[HeldFor, ...]:
    """What a held month waits for: the partner's own lines, and the entities that are held for anything else.

    Such an entity's figures are not complete, or do not show one of the partner's accounts. `rates` are the currencies
    that have a rate in the month.
    """
    own = [each for revenue in revenues for each in _own_reasons(partner_id, revenue, ownership, rates | {EUR})]
    lines = Counter(each.entity for each in own)
    rest = [
        HeldFor("entity", entity, legal_names.get(entity, entity))
        for entity in held.entities
        if held.reason.count(f"entity {entity}: ") > lines[entity]
    ]
    return (*dict.fromkeys(own), *rest)


def _own_reasons(
    partner_id: str, revenue: EntityRevenue, ownership: Ownership, rates: frozenset[str]
) -> Iterator[HeldFor]:
    """One for each reason at an entity that is of the partner's own: a faulty line, a currency without a rate."""
    for line in revenue.faulty_lines:
        if ownership.owner(revenue.entity, line.account_id) == partner_id and may_count(line):
            yield HeldFor("charge", revenue.entity, line.account_id)
    currencies = {
        group.currency
        for group in revenue.groups
        if has_share(group) and ownership.owner(revenue.entity, group.account_id) == partner_id
    }
    for currency in sorted(currencies - rates):
        yield HeldFor("rate", revenue.entity, currency)


@dataclass(frozen=True, slots=True)
class PartnerStatus:
    """What a partner may see of itself at any time: the explanation of a month, and what holds on a day.

    `grants` are those open on that day that the explanation does not tell. `months` are the newest first, `rates` all
    that were written, the newest first; `expires_on` is the last day on which this is valid. `certificate` is the
    number of its certificate, None where it has none. `names` are those of tiers; `program` is what decides which
    columns and sentences there are; `unit_of` says what a month was counted in.
    """

    about: PartnerExplanation
    expires_on: date
    grants: tuple[GraceFact, ...]
    months: tuple[PartnerMonth, ...]
    rates: tuple[Rate, ...]
    benefits: tuple[BenefitFact, ...]
    prepayment: tuple[tuple[int, int], ...]
    certificate: str | None
    program: ToldProgram
    names: TierNames
    unit_of: Callable[[BillingMonth], Unit]

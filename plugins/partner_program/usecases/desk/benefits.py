"""Benefits on request and grace periods: what waits, what is in force, what ends; one request, and one grant, whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.benefit_parts import Part
from partner_program.domain.acts import DatedAct
from partner_program.domain.benefits import BenefitRequest, StepAct, availability_of, possible_acts
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.grace import GrantStanding, first_days_after
from partner_program.domain.program import Benefit, Tier
from partner_program.domain.rates import Rate
from partner_program.domain.refusals import NotThere
from partner_program.domain.registry import AccountManager, Partner
from partner_program.domain.reminders import DUE_DAYS
from partner_program.usecases.acts import acts_about
from partner_program.usecases.benefits import (
    BenefitLine,
    BenefitPart,
    find_request,
    list_benefits,
    parts_of_benefits,
)
from partner_program.usecases.grants import GrantPart, list_grants, part_of_grants
from partner_program.usecases.installation import Installation

Wanted = Literal["decide", "ends", "in_force", "past"]
ENDS_NAMED = 6  # of the months that could confirm a grant, so many are offered
NAMED = 50  # of each part, so many rows are shown
_NO_LINES, _NO_GRANTS = BenefitPart((), 0), GrantPart((), 0)


@dataclass(frozen=True, slots=True)
class BenefitDesk:
    """Requests and grants on a day, as they were wanted: of each part the first rows, and how many it has.

    `decide` waits for a decision, `ends` is in force and ends soon, `in_force` has all that is approved and not over;
    `past` is over. `grants` are open, those that ended first; of `ends` those alone that end soon. `names` are those of
    benefits, `companies` those of partners, by id.
    """

    on: date
    decide: BenefitPart
    ends: BenefitPart
    in_force: BenefitPart
    past: BenefitPart
    grants: GrantPart
    names: Mapping[str, str]
    companies: Mapping[str, str]
    managers: Mapping[str, AccountManager]


def benefit_desk(
    installation: Installation, *, on: date, wanted: Wanted | None = None, manager_id: str | None = None
) -> BenefitDesk:
    """What waits for a decision, what is in force and what ends within 30 days, of all partners or a manager's."""
    parts: tuple[Part, ...] = ("decide", "ends", "in_force") if wanted is None else (wanted,)
    found = parts_of_benefits(installation, on=on, parts=parts, first=NAMED, due_days=DUE_DAYS, manager_id=manager_id)
    grants = (
        _NO_GRANTS
        if wanted == "decide"
        else part_of_grants(
            installation,
            on=on,
            which="settled" if wanted == "past" else "open",
            first=NAMED,
            due_days=DUE_DAYS if wanted == "ends" else None,
            manager_id=manager_id,
        )
    )
    shown = {line.partner_id for part in found.values() for line in part.lines}
    with installation.database.reading() as connection:
        known = registry_store.partners_by_id(connection, shown)
        managers = registry_store.managers(connection)
    return BenefitDesk(
        on=on,
        decide=found.get("decide", _NO_LINES),
        ends=found.get("ends", _NO_LINES),
        in_force=found.get("in_force", _NO_LINES),
        past=found.get("past", _NO_LINES),
        grants=grants,
        names=_names(installation, on),
        companies={each.partner_id: each.company_name for each in known.values()}
        | {each.partner_id: each.company_name for each in grants.standings},
        managers=managers,
    )


def _names(installation: Installation, on: date) -> dict[str, str]:
    return {benefit.key: benefit.name for benefit in installation.program_on_or_first(on).benefits}


@dataclass(frozen=True, slots=True)
class RequestOverview:
    """One request on a day: its steps, how it stands, what can be done about it, and the record of its acts.

    `benefit` is None where the programme of that day does not have it any more.
    """

    request: BenefitRequest
    line: BenefitLine
    benefit: Benefit | None
    partner: Partner
    tier: int
    possible: tuple[StepAct, ...]
    acts: tuple[DatedAct, ...]

    @property
    def name(self) -> str:
        """What the benefit is called."""
        return self.request.benefit if self.benefit is None else self.benefit.name


def request_overview(installation: Installation, request_id: str, *, on: date) -> RequestOverview:
    """One request for a benefit, whole; raises `NotThere` where there is none of that id."""
    with installation.database.reading() as connection:
        request = find_request(connection, request_id)
        partner = registry_store.find_partner(connection, request.partner_id)
        rate = rate_store.rate_on(connection, partner.partner_id, on)
    lines = list_benefits(installation, on=on, partner_id=partner.partner_id, past=True)
    program = installation.program_on_or_first(on)
    benefit = next((each for each in program.benefits if each.key == request.benefit), None)
    return RequestOverview(
        request=request,
        line=next(each for each in lines if each.request_id == request_id),
        benefit=benefit,
        partner=partner,
        tier=rate.terms.tier if rate else 0,
        possible=possible_acts(request, proposal=benefit is not None and benefit.terms.proposal, day=on),
        acts=acts_about(installation, partner.partner_id, request_id),
    )


@dataclass(frozen=True, slots=True)
class Askable:
    """What a partner may ask for on a day: the benefits that its tier has on request."""

    partner: Partner
    tier: int
    benefits: tuple[Benefit, ...]


def what_may_be_asked(installation: Installation, partner_id: str, *, on: date) -> Askable:
    """The benefits that a partner may ask for; raises `NotThere` for a partner that is not in the registry."""
    with installation.database.reading() as connection:
        partner = registry_store.find_partner(connection, partner_id)
        rate = rate_store.rate_on(connection, partner_id, on)
    tier = rate.terms.tier if rate else 0
    benefits = installation.program_on_or_first(on).benefits
    return Askable(
        partner,
        tier,
        tuple(each for each in benefits if availability_of(each, tier, partner.attributes) == "on_request"),
    )


@dataclass(frozen=True, slots=True)
class GrantOutlook:
    """What a grant for a partner is about: the rate of a day, the tiers above it, the grants that are open.

    `ends` are days until which a grant from that day could go, each with the month that can confirm it then, too.
    """

    partner: Partner
    rate: Rate | None
    tiers: tuple[Tier, ...]
    open_grants: tuple[GrantStanding, ...]
    ends: tuple[tuple[date, BillingMonth], ...]


def grant_outlook(installation: Installation, partner_id: str, *, on: date) -> GrantOutlook:
    """What can be granted to a partner from a day on; raises `NotThere` for one that is not in the registry."""
    with installation.database.reading() as connection:
        partner = registry_store.find_partner(connection, partner_id)
        rate = rate_store.rate_on(connection, partner_id, on)
    tier = rate.terms.tier if rate else 0
    return GrantOutlook(
        partner=partner,
        rate=rate,
        tiers=tuple(row for row in installation.program_on_or_first(on).tiers if row.tier > tier),
        open_grants=tuple(list_grants(installation, on=on, partner_id=partner_id)),
        ends=first_days_after(on, ENDS_NAMED),
    )


def one_grant(installation: Installation, grant_id: str, *, on: date) -> GrantStanding:
    """Where one grant stands on a day; raises `NotThere` where there is none of that id."""
    with installation.database.reading() as connection:
        grant = registry_store.find_grant(connection, grant_id)
    if grant is None:
        raise NotThere(f"there is no grant {grant_id}")
    standings = list_grants(installation, on=on, settled=True, partner_id=grant.partner_id)
    return next(each for each in standings if each.grant_id == grant_id)

"""Grace grants: made on demand ("a discount right from the beginning"), and listed with what they still need."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from partner_program.adapters.database import grants as grant_store
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.acts import now_by, record_act
from partner_program.adapters.reports.records import records_csv, records_json
from partner_program.domain.acts import GRANT_MADE
from partner_program.domain.grace import GrantStanding, standing_of_grant
from partner_program.domain.month_order import IN_FORCE, check_grant_day
from partner_program.domain.rates import Rate
from partner_program.domain.rates_taking_force import rate_of_grant
from partner_program.domain.refusals import NotAuthorized, Refusal
from partner_program.domain.registry import AUTHORIZED, GraceGrant
from partner_program.domain.tier_names import NamedTiers, TierNames
from partner_program.usecases.installation import Installation
from partner_program.usecases.month_unit import units_of_months
from partner_program.usecases.publication import owe_rates_of_grant


def grant_grace(
    installation: Installation,
    partner_id: str,
    *,
    tier: int,
    starts_on: date,
    ends_on: date,
    granted_by: str,
    reason: str,
    today: date,
    only_try: bool = False,
) -> tuple[GraceGrant, Rate]:
    """Record a grant and, where it lifts the partner's rate, write the rate from the grant's first day.

    The rate is never below the one in force. The same request a second time gives the same grant. Refused for a tier
    that the programme of the grant's first day does not have, for a partner that is not authorised, and for a day on
    or before the partner's last decided day.
    """
    if ends_on <= starts_on:
        raise Refusal(f"a grant from {starts_on} until {ends_on} covers no day: `--until` is the first day after it")
    if not granted_by.strip() or not reason.strip():
        raise Refusal("a grant names who granted it and why")
    program = installation.program_on(starts_on)
    program.check_grant(tier=tier, starts_on=starts_on)
    with installation.database.deciding(only_try=only_try) as connection:
        partner = registry_store.find_partner(connection, partner_id)
        if partner.status != AUTHORIZED:
            raise NotAuthorized(f"partner {partner_id} is {partner.status}: only authorised partners get a grant")
        grant = GraceGrant(
            f"{partner_id}-{starts_on}-T{tier}", partner_id, tier, starts_on, ends_on, granted_by, reason
        )
        known = registry_store.find_grant(connection, grant.grant_id)
        current = rate_store.rate_on(connection, partner_id, starts_on)
        if known == grant and current is not None:
            return grant, current
        if known is not None:
            raise Refusal(
                f"grant {grant.grant_id} exists already, with other details: until {known.ends_on}, {known.reason}"
            )
        last = settlement_history.last_decided_on(connection, partner_id)
        check_grant_day(partner_id=partner_id, starts_on=starts_on, last_decided_on=last)
        agreements = registry_store.agreements_of(connection, partner_id)
        rate = rate_of_grant(program=program, grant=grant, agreements=agreements, current=current)
        if only_try:
            return grant, rate
        registry_store.add_grant(connection, grant)
        detail = {"tier": tier, "starts_on": starts_on, "ends_on": ends_on}
        doer = now_by(granted_by, reason)
        record_act(connection, GRANT_MADE, grant.grant_id, doer, detail, partner_id=partner_id)
        if rate == current:
            return grant, rate
        rate_store.write_rates(connection, [(partner_id, rate)], origin="grant", grant_id=grant.grant_id)
        owe_rates_of_grant(connection, today=today, partner_id=partner_id, grant_id=grant.grant_id)
    return grant, rate


def list_grants(
    installation: Installation,
    *,
    on: date,
    due_days: int | None = None,
    settled: bool = False,
    partner_id: str | None = None,
) -> list[GrantStanding]:
    """Where each open grant stands on a day, those that end first before the others; with `settled` those too.

    With `due_days` only the open ones that have ended or end within so many days: one that ends on the last of these
    days is among them. With `partner_id` this partner's alone, and no other partner's rows are read. Results are those
    that are known now, whatever the day.
    """
    which: Which = "every" if settled and due_days is None else "open"
    part = part_of_grants(installation, on=on, which=which, due_days=due_days, partner_id=partner_id, first=None)
    return list(part.standings)


Which = Literal["open", "settled", "every"]


@dataclass(frozen=True, slots=True)
class GrantPart:
    """The first grants of those wanted, those that end first before the others, and how many are wanted."""

    standings: tuple[GrantStanding, ...]
    of: int


def part_of_grants(
    installation: Installation,
    *,
    on: date,
    which: Which,
    first: int | None,
    due_days: int | None = None,
    partner_id: str | None = None,
    manager_id: str | None = None,
) -> GrantPart:
    """The `first` grants of those wanted, every one without it; the results of their partners alone are read.

    With `due_days` those that have ended or end within so many days.
    """
    program, unit_of = installation.program_on_or_first(on), units_of_months(installation)
    with installation.database.reading() as connection:
        shown, of = grant_store.first_grants(
            connection,
            settled=None if which == "every" else which == "settled",
            until=None if due_days is None else on + timedelta(days=due_days),
            partner_id=partner_id,
            manager_id=manager_id,
            first=first,
        )
        holders = {each.partner_id for each in shown}
        outcomes = grant_store.settled_grants(connection, holders)
        partners = registry_store.partners_by_id(connection, holders)
        counted = grant_store.counted_by_month(connection, holders)
        assessed = settlement_history.assessed_months(connection)
    in_force = [month for month, status in assessed.items() if status == IN_FORCE]
    in_other_units = {month for month in in_force if unit_of(month) != program.unit}
    standings = (
        standing_of_grant(
            grant=grant,
            partner=partners[grant.partner_id],
            program=program,
            counted=counted.get(grant.partner_id, {}),
            in_force=in_force,
            outcome=outcomes.get(grant.grant_id),
            on=on,
            in_other_units=in_other_units,
        )
        for grant in shown
    )
    return GrantPart(tuple(standings), of)


def grants_file(
    installation: Installation, standings: Sequence[GrantStanding], form: Literal["json", "csv"], *, on: date
) -> str:
    """Grants on a day as a file: amounts in the smallest unit of that day's programme, months and days in ISO form."""
    unit = installation.program_on_or_first(on).unit
    tiers = grant_tiers(installation.tier_names)
    if form == "json":
        return records_json(standings, lambda _: unit, tiers)
    return records_csv(GrantStanding, standings, unit, tiers=tiers)


def grant_tiers(names: TierNames) -> NamedTiers | None:
    """What the tier of a grant is called: by the table of its first day."""

    def name_of(grant: object, field: str) -> str:
        return names.on(getattr(grant, "starts_on", None), getattr(grant, field))

    return NamedTiers(("tier",), name_of) if names else None

"""All that was ever settled, ready to be decided again by other programmes; nothing is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database import results as settled_results
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_order import check_all_assessed
from partner_program.domain.program import Program
from partner_program.domain.program_design import PartnerPast
from partner_program.domain.program_unit import Unit
from partner_program.domain.qualifications import by_partner
from partner_program.domain.refusals import NotDefined
from partner_program.domain.registry import agreements_by_partner
from partner_program.domain.simulated_chain import OtherRates
from partner_program.domain.simulation import SettledResult
from partner_program.usecases.installation import Installation
from partner_program.usecases.month_unit import has_other_units, unit_of_settled
from partner_program.usecases.reports.other_rates import for_the_guard


def read_past(
    connection: Connection, installation: Installation, months: Sequence[BillingMonth], drafts: Sequence[Program]
) -> tuple[dict[str, PartnerPast], OtherRates]:
    """Every partner's past, by id, and the exchange rates that a guard of these drafts needs.

    Refused where one of these months is not settled, or was counted in another unit than a draft.
    """
    assessed = settlement_history.assessed_months(connection)
    check_all_assessed(months=months, assessed=assessed)
    units = _units(connection, installation, assessed)
    _check_units(months, units, drafts)
    results = settled_results.load_results(connection)
    rates: OtherRates = {}
    guarded = [each for each in drafts if each.fx_guard == "hold_tier"]
    if guarded:
        program = guarded[0]
        found = for_the_guard(connection, results, months, program.unit, limit_bp=program.rate_move_limit_bp)
        results, rates = found.results, found.rates
    grants = settled_results.load_grants(connection)
    registry = registry_store.load_registry(connection, contacts=False)
    agreements, qualifications = agreements_by_partner(registry.legacy_agreements), by_partner(registry.qualifications)
    past = {
        partner_id: PartnerPast(
            _in_unit(own, units, units[months[-1]]),
            tuple(grants.get(partner_id, ())),
            tuple(agreements.get(partner_id, ())),
            tuple(qualifications.get(partner_id, ())),
        )
        for partner_id, own in sorted(results.items())
    }
    return past, rates


def check_units(installation: Installation, months: Sequence[BillingMonth], drafts: Sequence[Program]) -> None:
    """Refuse settled months that were counted in another unit than a draft, by name."""
    with installation.database.reading() as connection:
        assessed = settlement_history.assessed_months(connection)
        settled = [each for each in months if each in assessed]
        _check_units(settled, _units(connection, installation, settled), drafts)


def _units(
    connection: Connection, installation: Installation, months: Iterable[BillingMonth]
) -> dict[BillingMonth, Unit]:
    """What settled months were counted in."""
    if not has_other_units(installation):
        return dict.fromkeys(months, installation.programs[0].unit)
    found = {month: unit_of_settled(installation, connection, month) for month in months}
    return {month: unit for month, unit in found.items() if unit is not None}


def _check_units(months: Iterable[BillingMonth], units: Mapping[BillingMonth, Unit], drafts: Iterable[Program]) -> None:
    for program in drafts:
        for month in months:
            if units[month] != program.unit:
                raise NotDefined(
                    f"{program.file_name} counts in {program.unit.name}, and {month} was counted in "
                    f"{units[month].name}: a simulation decides settled totals again, which have one unit"
                )


def _in_unit(
    results: Sequence[SettledResult], units: Mapping[BillingMonth, Unit], unit: Unit
) -> tuple[SettledResult, ...]:
    """The results, each of which says whether its total is in a unit."""
    return tuple(each if units[each.month] == unit else replace(each, in_unit=False) for each in results)

"""Simulates what another programme file would have decided in settled months; nothing is written.

For the owner of the programme, who wants to know what another tier table would have done, and for finance, who asks
which partners it would affect. The file is used for all these months, whatever its first day; each partner keeps its
effective dates. Counted revenue is taken as it was settled, legacy terms as the registry has them today. Grants follow
the simulated months. Rates between two months (a grant on demand, an early rise) are left as they are.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database import results as settled_results
from partner_program.adapters.files.program import load_program
from partner_program.adapters.reports.simulation import simulation_csv, simulation_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_order import check_all_assessed, months_from_to
from partner_program.domain.qualifications import by_partner
from partner_program.domain.refusals import NotDefined
from partner_program.domain.registry import agreements_by_partner
from partner_program.domain.simulated_chain import simulate_partner
from partner_program.domain.simulation import SimulatedMonth, SimulatedResult, Simulation
from partner_program.usecases.installation import Installation
from partner_program.usecases.reports.families_unknown import check_no_families
from partner_program.usecases.reports.in_euro import check_in_euro
from partner_program.usecases.reports.other_rates import for_the_guard

SimulationForm = Literal["json", "csv"]
TOLD_EVERY = 500  # partners


def _nobody(_decided: int, _partners: int) -> None:
    """Tell nobody."""


def simulate(
    installation: Installation,
    program_file: Path,
    first: BillingMonth,
    last: BillingMonth,
    told: Callable[[int, int], None] = _nobody,
) -> Simulation:
    """Decide every month from `first` to `last` again with a programme file; refused if one of them is not settled.

    `told` hears how many partners are decided, and of how many.
    """
    months = months_from_to(first=first, last=last)
    program = load_program(program_file)
    check_in_euro(installation, "simulate", *months)
    check_no_families(installation, "simulate", [program])
    if not program.unit.is_euro:
        raise NotDefined(
            f"{program.file_name} counts in {program.unit.name}, and these months were counted in EUR: "
            "a simulation decides settled totals again, which have one unit"
        )
    with installation.database.reading() as connection:
        check_all_assessed(months=months, assessed=settlement_history.assessed_months(connection))
        results = settled_results.load_results(connection)
        rates: dict[BillingMonth, dict[str, Decimal]] = {}
        if program.fx_guard == "hold_tier":
            guarded = for_the_guard(connection, results, months, limit_bp=program.rate_move_limit_bp)
            results, rates = guarded.results, guarded.rates
        grants = settled_results.load_grants(connection)
        registry = registry_store.load_registry(connection, contacts=False)
        agreements = agreements_by_partner(registry.legacy_agreements)
        qualifications = by_partner(registry.qualifications)
        by_month: dict[BillingMonth, list[SimulatedResult]] = {month: [] for month in months}
        for number, (partner_id, own) in enumerate(sorted(results.items())):
            if number % TOLD_EVERY == 0:
                told(number, len(results))
            simulated = simulate_partner(
                program=program,
                months=by_month.keys(),
                results=own,
                grants=grants.get(partner_id, ()),
                agreements=agreements.get(partner_id, ()),
                rates=rates,
                qualifications=qualifications.get(partner_id, ()),
            )
            for each in simulated:
                by_month[each.settled.month].append(each)
        return Simulation(program, tuple(_month(connection, month, each) for month, each in by_month.items()))


def simulation_file(simulation: Simulation, form: SimulationForm) -> str:
    """Return a simulation as a file: all of it as JSON, or the partners that would differ as CSV."""
    return simulation_json(simulation) if form == "json" else simulation_csv(simulation)


def _month(connection: Connection, month: BillingMonth, results: Sequence[SimulatedResult]) -> SimulatedMonth:
    settlements = settlement_history.settlements_of(connection, month)
    last = settlements[-1]
    assigned = {each.settled.partner_id for each in results}
    held = [
        each
        for each in settlement_history.load_totals(connection, last.settlement_id).held
        if each.partner_id not in assigned
    ]
    day = settlement_history.effective_day(settlements)
    return SimulatedMonth(month, last.status, day, len(held), tuple(results))

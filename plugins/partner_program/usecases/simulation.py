"""Simulates what another programme file would have decided in settled months; nothing is written.

For the owner of the programme, who wants to know what another tier table would have done, and for finance, who asks
which partners it would affect. The file is used for all these months, whatever its first day; each partner keeps its
effective dates. Counted revenue is taken as it was settled, legacy terms as the registry has them today. Grants follow
the simulated months. Rates between two months (a grant on demand, an early rise) are left as they are. Revenue is not
kept by product family: what differing discounts of families come to is said not to be known.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.files.program import load_program
from partner_program.adapters.reports.simulation import simulation_csv, simulation_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_order import months_from_to
from partner_program.domain.simulated_chain import simulate_partner
from partner_program.domain.simulation import SimulatedMonth, SimulatedResult, Simulation
from partner_program.usecases.installation import Installation
from partner_program.usecases.settled_past import read_past

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
    """Decide every month from `first` to `last` again with a programme file.

    Refused if one of them is not settled, or was counted in another unit than the file's.

    `told` hears how many partners are decided, and of how many.
    """
    months = months_from_to(first=first, last=last)
    program = load_program(program_file)
    with installation.database.reading() as connection:
        past, rates = read_past(connection, installation, months, [program])
        by_month: dict[BillingMonth, list[SimulatedResult]] = {month: [] for month in months}
        for number, own in enumerate(past.values()):
            if number % TOLD_EVERY == 0:
                told(number, len(past))
            simulated = simulate_partner(
                program=program,
                months=by_month.keys(),
                results=own.results,
                grants=own.grants,
                agreements=own.agreements,
                rates=rates,
                qualifications=own.qualifications,
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

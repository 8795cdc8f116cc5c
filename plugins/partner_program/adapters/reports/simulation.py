"""Writes a simulation for programs and finance: JSON with the counts, CSV with the partners that would differ."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from partner_program.adapters.in_unit import cells_in_unit, in_unit
from partner_program.adapters.safe_cells import safe_cell
from partner_program.domain.simulation import Discounts, SimulatedMonth, SimulatedResult, Simulation

COLUMNS = (
    "billing_month",
    "partner_id",
    "mrr_eur_cents",
    *(
        f"{name}_{which}"
        for name in ("tier", "monthly_fee_discount_bp", "setup_fee_discount_bp", "sla")
        for which in ("in_force", "simulated")
    ),
)


def simulated_row(result: SimulatedResult, *, families: bool) -> dict[str, Any]:
    """Return one partner's month, in force and simulated: cents and basis points, null if the month is history only.

    What product families have of their own stands there where some rate of the simulation has it.
    """
    settled = result.settled
    before, now = settled.discounts, result.discounts
    return {
        "billing_month": str(settled.month),
        "partner_id": settled.partner_id,
        "mrr_eur_cents": settled.mrr_eur_cents,
        "tier_in_force": settled.tier,
        "tier_simulated": result.tier,
        **_both("monthly_fee_discount_bp", before, now, 0),
        **_both("setup_fee_discount_bp", before, now, 1),
        **_both("sla", before, now, 2),
        **(_both("families", before, now, 3) if families else {}),
    }


def _both(name: str, before: Discounts | None, now: Discounts | None, at: int) -> dict[str, Any]:
    return {
        f"{name}_in_force": before[at] if before else None,
        f"{name}_simulated": now[at] if now else None,
    }


def simulation_json(simulation: Simulation) -> str:
    """Return JSON with each month's counts, the partners that would differ, and the programme file that was tried."""
    program, families = simulation.program, simulation.has_families
    answer = {
        "program": {"file": program.file_name, "sha256": program.file_hash},
        "months": [_month(each, families) for each in simulation.months],
    }
    return json.dumps(in_unit(answer, program.unit), ensure_ascii=False, indent=1) + "\n"


def _month(month: SimulatedMonth, families: bool) -> dict[str, Any]:
    return {
        "billing_month": str(month.month),
        "status": month.status,
        "effective_on": month.effective_on.isoformat() if month.effective_on else None,
        "partners": len(month.results),
        "held": month.held,
        "moves": month.moves,
        "tiers": [{"in_force": before, "simulated": now, "partners": count} for (before, now), count in month.tiers],
        "monthly_fee_discount": {
            "higher": _changed(month.changed(1)),
            "lower": _changed(month.changed(-1)),
            **({"mixed": _changed(month.changed(None))} if families else {}),
            "mrr_cents_times_bp": month.mrr_cents_times_bp,
        },
        "differing": [simulated_row(each, families=families) for each in month.differing],
    }


def _changed(results: Sequence[SimulatedResult]) -> dict[str, int]:
    return {"partners": len(results), "mrr_eur_cents": sum(each.settled.mrr_eur_cents for each in results)}


def simulation_csv(simulation: Simulation) -> str:
    """Return the partners and months that would differ as CSV (RFC 4180), one row each."""
    families, unit = simulation.has_families, simulation.program.unit
    names = (*COLUMNS, *(("families_in_force", "families_simulated") if families else ()))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(cells_in_unit(dict.fromkeys(names), unit)), lineterminator="\r\n")
    writer.writeheader()
    for month in simulation.months:
        for each in month.differing:
            row = {name: safe_cell(value) for name, value in simulated_row(each, families=families).items()}
            writer.writerow(cells_in_unit(row, unit))
    return text.getvalue()

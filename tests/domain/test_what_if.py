"""A simulation in figures: who wins and who loses, and euros that add up."""

from datetime import date
from pathlib import Path

import pytest

from partner_program.adapters.files.program import load_program
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.simulation import Discounts, SettledResult, SimulatedMonth, SimulatedResult, Simulation
from partner_program.domain.what_if import NAMED, WhatIf, what_if

PROGRAM = load_program(Path(__file__).parents[2] / "include" / "program" / "2015-07-27.yaml")
DAY = date(2015, 8, 3)


def result(partner_id: str, month: int, mrr: int, before: int, now: int, setup: int = 0) -> SimulatedResult:
    """A result whose monthly fee discount would be another, in basis points."""
    old, new = Discounts(before, 1000, "Gold"), Discounts(now, 1000 + setup, "Gold")
    return SimulatedResult(SettledResult(BillingMonth(2015, month), 1, partner_id, DAY, DAY, mrr, 1, old), 1, new)


def figures(*results: SimulatedResult) -> WhatIf:
    months = sorted({each.settled.month for each in results})
    own = {month: tuple(each for each in results if each.settled.month == month) for month in months}
    return what_if(Simulation(PROGRAM, tuple(SimulatedMonth(m, "in_force", DAY, 0, own[m]) for m in months)))


def test_euros_of_winners_and_losers_make_those_of_the_months() -> None:
    found = figures(
        result("P1", 6, 100_05, 500, 501),
        result("P2", 6, 77_77, 500, 333),
        result("P3", 6, 49, 500, 600),
        result("P1", 7, 100_05, 500, 501),
        result("P2", 7, 1, 500, 333),
    )
    assert (found.winners, found.losers, found.others) == (2, 1, 0)
    assert found.gained_eur_cents + found.lost_eur_cents == found.weighed_eur_cents
    assert found.weighed_eur_cents == sum(each.weighed_eur_cents for each in found.months)


@pytest.mark.parametrize(
    ("results", "sides"),
    [
        ([result("P1", 6, 100_00, 500, 600), result("P1", 7, 300_00, 500, 400)], (0, 1, 0)),
        ([result("P1", 6, 300_00, 500, 600), result("P1", 7, 100_00, 500, 400)], (1, 0, 0)),
        ([result("P1", 6, 100_00, 500, 600), result("P1", 7, 100_00, 500, 400)], (0, 0, 1)),
        ([result("P1", 6, -100_00, 500, 600)], (1, 0, 0)),
        ([result("P1", 6, 0, 500, 400)], (0, 1, 0)),
        ([result("P1", 6, 100_00, 500, 500, setup=500)], (0, 0, 1)),
        ([result("P1", 6, 100_00, 500, 500)], (0, 0, 0)),
    ],
)
def test_a_partner_wins_or_loses_over_all_months(results: list[SimulatedResult], sides: tuple[int, int, int]) -> None:
    found = figures(*results)
    assert (found.winners, found.losers, found.others) == sides


def test_those_who_are_moved_most_are_named_first_and_everybody_is_counted() -> None:
    found = figures(*(result(f"P{number:03}", 6, number * 100_00, 500, 600) for number in range(NAMED + 5)))
    assert found.winners == NAMED + 5
    assert [each.partner_id for each in found.most_gained][:2] == [f"P{NAMED + 4:03}", f"P{NAMED + 3:03}"]
    assert len(found.most_gained) == NAMED

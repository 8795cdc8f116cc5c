"""What of a month is in force is said by the decision that took force last, and changes with each one that does."""

from datetime import date
from pathlib import Path

from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.month.in_force import what_is_in_force
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from tests.usecases.three_partners import JUNE, june_in_force, three_partners
from tests.worlds import World

MONTH = BillingMonth.parse(JUNE)
AUGUST_3 = date(2015, 8, 3)


def test_nothing_is_in_force_before_a_month_is_run_and_of_history(tmp_path: Path) -> None:
    world = three_partners(World(tmp_path))
    assert what_is_in_force(world.installation, MONTH) is None
    world.settle(JUNE, history=True)
    assert what_is_in_force(world.installation, MONTH) is None


def test_the_same_month_run_again_is_the_same_and_a_restatement_another(tmp_path: Path) -> None:
    world = june_in_force(World(tmp_path))
    first = what_is_in_force(world.installation, MONTH)
    assert first is not None
    assert (first.revision, len(first.decision_hash)) == (1, 64)
    world.settle(JUNE, on="2015-08-03")
    assert what_is_in_force(world.installation, MONTH) == first

    world.bill("A1", JUNE, 4_000_00)
    world.close(JUNE)
    world.settle(JUNE, on="2015-08-03")
    assert what_is_in_force(world.installation, MONTH) == first, "it is only proposed"
    accept_restatement(world.installation, MONTH, Acceptance(AUGUST_3, "kim", "late invoice", None), today=AUGUST_3)
    second = what_is_in_force(world.installation, MONTH)

    assert second is not None
    assert second.revision == 2
    assert second.decision_hash != first.decision_hash

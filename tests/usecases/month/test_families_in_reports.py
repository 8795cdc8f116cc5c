"""What reports say of a month whose rates have discounts by product family."""

from pathlib import Path

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import NotDefined
from partner_program.usecases.reports.cost import cost
from partner_program.usecases.reports.leakage import leakage
from partner_program.usecases.reports.program_design import Design, compare
from partner_program.usecases.simulation import simulate
from tests.programs import least
from tests.usecases.month.own_programme import DAY
from tests.usecases.month.test_families import ROWS, programme, world_of

JUNE, JULY = BillingMonth(2015, 6), BillingMonth(2015, 7)


@pytest.mark.parametrize("report", [leakage, cost])
def test_a_month_of_rates_by_family_is_refused_by_name(tmp_path: Path, report: object) -> None:
    world = world_of(tmp_path, programme())
    world.ready("2015-06", "2015-07")
    world.settle("2015-06", on="2015-07-01")
    world.settle("2015-07", on="2015-08-03")
    with pytest.raises(NotDefined, match="does not know discounts by product family yet"):
        report(world.installation, JULY)  # type: ignore[operator]


@pytest.mark.parametrize("families_in", ["the draft", "the programme in force"])
def test_no_simulation_where_families_have_discounts(tmp_path: Path, families_in: str) -> None:
    with_families, without = programme(), least(*ROWS, day=DAY)
    in_force, drafted = (without, with_families) if families_in == "the draft" else (with_families, without)
    world = world_of(tmp_path, in_force)
    world.ready("2015-06")
    world.settle("2015-06", on="2015-07-01")
    file = tmp_path / "draft.yaml"
    file.write_text(drafted, encoding="utf-8")
    with pytest.raises(NotDefined, match=r"simulate does not know discounts by product family yet: .* vps, dedicated"):
        simulate(world.installation, file, JUNE, JUNE)
    with pytest.raises(NotDefined, match="simulate does not know"):
        compare(world.installation, Design([file], [], JUNE, JUNE))

"""What settled months were counted in, where a company went over from EUR to dollars: never what it counts in today."""

from datetime import date
from pathlib import Path

import pytest

from partner_program.adapters.database import history
from partner_program.adapters.files.program import load_programs
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import Program
from partner_program.domain.program_unit import EURO, Unit
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.month_unit import (
    MonthUnits,
    has_other_units,
    program_of_month,
    unit_of_month,
    unit_of_settled,
    units_of_months,
)
from tests.programs import least
from tests.usecases.month.own_programme import OwnProgramme

DOLLARS = Unit("USD")
ROWS = ((500_00, 500), (2_000_00, 800))
NOVEMBER, DECEMBER = BillingMonth(2025, 11), BillingMonth(2025, 12)
JANUARY, FEBRUARY, MARCH = (BillingMonth(2026, month) for month in (1, 2, 3))


def company(folder: Path, *later: tuple[str, str]) -> OwnProgramme:
    """A company that counts in EUR from 2010 on, and by these other files from their day on."""
    world = OwnProgramme(folder, least(*ROWS, day="2010-01-01"), ("NL",))
    for day, more in later:
        (world.include / "program" / f"{day}.yaml").write_text(least(*ROWS, day=day) + more, "utf-8")
    world._programs = load_programs(world.include / "program")
    for month in (NOVEMBER, DECEMBER, JANUARY, FEBRUARY):
        world.rate(str(month), "USD", "1.2")
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", str(NOVEMBER), 1_000_00, months=4)
    return world


def program(world: OwnProgramme, month: BillingMonth) -> Program:
    with world.installation.database.reading() as connection:
        return program_of_month(world.installation, month, history.settlements_of(connection, month))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> OwnProgramme:
    """November as history, December in EUR and corrected under dollars, January from the first day of dollars on."""
    later = (("2026-01-15", ""), ("2026-02-01", "\ncurrency: {code: USD}\n"))
    found = company(tmp_path_factory.mktemp("units"), *later)
    found.ready(str(NOVEMBER), str(DECEMBER), str(JANUARY))
    found.settle(str(NOVEMBER), history=True)
    found.settle(str(DECEMBER), on="2026-01-31")
    found.settle(str(JANUARY), on="2026-02-01")
    found.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 300000 WHERE service_start = '2025-12-01'")
    found.close(str(DECEMBER))
    found.settle(str(DECEMBER), today="2026-02-10")
    accepted = Acceptance(date(2026, 2, 10), "pat", "corrected")
    accept_restatement(found.installation, DECEMBER, accepted, today=accepted.effective_on)
    return found


def test_each_month_has_the_unit_that_it_was_counted_in(world: OwnProgramme) -> None:
    months = {NOVEMBER: EURO, DECEMBER: EURO, JANUARY: DOLLARS}
    unit_of = units_of_months(world.installation)
    assert {month: unit_of(month) for month in months} == months
    assert {month: unit_of_month(world.installation, month) for month in months} == months
    with world.installation.database.reading() as connection:
        assert {each: unit_of_settled(world.installation, connection, each) for each in months} == months


def test_a_month_that_is_not_settled_would_be_counted_in_what_is_in_force_today(world: OwnProgramme) -> None:
    unit_of = units_of_months(world.installation)
    assert (unit_of_month(world.installation, MARCH), unit_of(MARCH)) == (DOLLARS, DOLLARS)
    with world.installation.database.reading() as connection:
        assert unit_of_settled(world.installation, connection, MARCH) is None
    names, today = world.installation.tier_names, date(2026, 1, 31)
    assert MonthUnits(names, today, {JANUARY: date(2026, 2, 1)})(MARCH) == EURO
    assert MonthUnits(names, today, None)(MARCH) == EURO


def test_a_settled_month_is_told_against_the_newest_programme_that_counts_as_it_does(world: OwnProgramme) -> None:
    """December's correction took force under dollars: it is told against the table of its first day, 31 January."""
    first, of_january, dollars = world.installation.programs
    assert [program(world, month) for month in (NOVEMBER, DECEMBER, JANUARY)] == [first, of_january, dollars]


def test_a_correction_under_a_newer_table_in_the_same_unit_is_told_against_that_one(tmp_path: Path) -> None:
    world = company(tmp_path, ("2026-02-01", ""))
    world.ready(str(DECEMBER))
    world.settle(str(DECEMBER), on="2026-01-31")
    older, newer = world.installation.programs
    assert program(world, DECEMBER) == older
    world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 300000")
    world.close(str(DECEMBER))
    world.settle(str(DECEMBER), today="2026-02-10")
    accepted = Acceptance(date(2026, 2, 10), "pat", "corrected")
    accept_restatement(world.installation, DECEMBER, accepted, today=accepted.effective_on)
    assert program(world, DECEMBER) == newer
    assert not has_other_units(world.installation)
    assert (unit_of_month(world.installation, DECEMBER), units_of_months(world.installation)(MARCH)) == (EURO, EURO)


def test_two_units_are_others_and_three_files_in_one_are_not(world: OwnProgramme, tmp_path: Path) -> None:
    assert has_other_units(world.installation)
    assert not has_other_units(company(tmp_path, ("2026-02-01", ""), ("2026-03-01", "")).installation)

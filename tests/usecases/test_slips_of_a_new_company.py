"""What a company that makes its own folder may overlook, and who says so before a letter has gone."""

import os
from datetime import date
from pathlib import Path

import pytest

from partner_program.adapters.files.brand import read_brand
from partner_program.adapters.files.program import load_program
from partner_program.domain.brand import without_company
from partner_program.usecases.doctor import examine
from partner_program.usecases.installation import INCLUDE_VARIABLE, Installation
from partner_program.usecases.program_check import check_program, looks_of
from partner_program.usecases.whole_month import said_before_the_first_month
from tests.cli.command_line import CommandLine
from tests.own_folder import OwnWorld, own_brand, own_program
from tests.programs import least
from tests.usecases.month.own_programme import OwnProgramme
from tests.worlds import World

DAY = "2015-07-27"


def world_of(folder: Path, brand: str | None, program: str | None = None) -> OwnWorld:
    """A world with a folder of its own, and a partner who was billed."""
    world = OwnWorld(folder, brand=brand, programs={DAY: program or own_program()})
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", "2015-06", 2_500_00)
    world.ready("2015-06")
    return world


def doubts(world: OwnWorld) -> list[str]:
    found = examine(world.installation, today=world.installation.today)
    return [doubt for each in found for doubt in each.doubts]


# The program file


@pytest.mark.parametrize(("cents", "doubted"), [(1, True), (99_99, True), (100_00, False), (500_00, False)])
def test_a_first_threshold_that_looks_like_whole_units_is_named(tmp_path: Path, cents: int, doubted: bool) -> None:
    path = tmp_path / f"{DAY}.yaml"
    for rows in [((cents, 500), (cents + 1, 1000)), ((0, 500), (cents, 1000))]:
        path.write_text(least(*rows), "utf-8")
        said = [each for each in looks_of(load_program(path)) if "from_mrr_cents" in each]
        assert bool(said) is doubted
    path.write_text(least((0, 500)), "utf-8")
    assert looks_of(load_program(path)) == []


def test_the_look_says_what_the_cents_come_to(tmp_path: Path) -> None:
    path = tmp_path / f"{DAY}.yaml"
    path.write_text(least((5000, 500)), "utf-8")
    assert "from_mrr_cents: 5000 is 50.00 EUR: thresholds are whole cents, so that 50000 is 500.00" in looks_of(
        load_program(path)
    )


def test_an_example_that_nobody_has_edited_is_told_until_a_tier_is_edited(tmp_path: Path) -> None:
    assert CommandLine()("new", str(tmp_path / "own"), "--company", "Fjord", "--from", "2026-02-01").status == 0
    path = tmp_path / "own" / "program" / "2026-02-01.yaml"
    here = Installation(OwnWorld(tmp_path / "w", brand=None, programs={}).connections, tmp_path / "own", tmp_path)
    said = "its tiers are still those of the example that `partner-program new` writes"
    assert said in check_program(here, path).doubts
    path.write_text(path.read_text("utf-8").replace("name: Bronze", "name: Crew"), "utf-8")
    assert said not in check_program(here, path).doubts


# The brand


def test_a_folder_without_a_brand_is_told_so_and_not_about_another_company(tmp_path: Path) -> None:
    world = world_of(tmp_path / "w", brand=None)
    (found,) = [each for each in examine(world.installation, today=world.installation.today) if not each.sound][:1]
    assert found.message.startswith(f"no brand.yaml in {world.own}: nobody knows whose letters these are")
    assert "LeaseWeb" not in found.message


def test_another_companys_brand_in_the_folder_is_told_as_such(tmp_path: Path) -> None:
    world = world_of(tmp_path / "w", brand=own_brand("Other"))
    (found,) = [each for each in examine(world.installation, today=world.installation.today) if not each.sound][:1]
    assert "has the letters of Other" in found.message


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Fjord Hosting Crew Programme", "Crew Programme"),
        ("FJORD HOSTING Crew", "Crew"),
        ("Fjord Hostings Crew", "Fjord Hostings Crew"),
        ("Fjord Hosting", "Fjord Hosting"),
        ("Crew of Fjord Hosting", "Crew of Fjord Hosting"),
    ],
)
def test_a_name_that_begins_with_the_company_does_not_repeat_it(name: str, told: str) -> None:
    assert without_company(name, "Fjord Hosting") == told


@pytest.mark.parametrize("name", ["Acme Crew", "Crew", "Friends of Acme"])
def test_no_letter_says_the_company_twice(tmp_path: Path, name: str) -> None:
    path = tmp_path / "brand.yaml"
    path.write_text(own_brand().replace("programme_name: Trusted Partner Program", f"programme_name: {name}"), "utf-8")
    brand = read_brand(path, ["en"])
    assert brand.full_programme == {"Acme Crew": "Acme Crew", "Crew": "Acme Crew"}.get(name, name)


def test_the_examples_address_is_named_by_doctor(tmp_path: Path) -> None:
    mine = own_brand().replace("partner-program@acme.example", "partners@your-company.example")
    assert any("is still that of the example" in each for each in doubts(world_of(tmp_path / "w", brand=mine)))
    assert not any("of the example" in each for each in doubts(world_of(tmp_path / "v", brand=own_brand())))


def test_the_quality_report_is_headed_by_the_brands_programme(tmp_path: Path) -> None:
    world = world_of(tmp_path / "w", brand=own_brand())
    world.settle("2015-06", on=DAY, migration=True)
    (page,) = (world.folder / "out").rglob("quality/2015-06/index.html")
    assert "<p>Acme Trusted Partner Program</p>" in page.read_text("utf-8")
    assert "Reseller Partner Program" not in page.read_text("utf-8")


# The folder


def test_the_first_month_is_told_by_whose_programme_it_is_settled_and_a_later_one_not(tmp_path: Path) -> None:
    world = world_of(tmp_path / "w", brand=own_brand())
    (said,) = said_before_the_first_month(world.installation)
    assert said.endswith(f"by the programme files of {world.own / 'program'}: Acme Trusted Partner Program")
    world.settle("2015-06", on=DAY, migration=True)
    assert said_before_the_first_month(world.installation) == []


def test_the_projects_programme_is_refused_in_sight_of_a_folder_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_of(tmp_path / "w", brand=own_brand())
    monkeypatch.delenv(INCLUDE_VARIABLE, raising=False)
    forgotten = Installation.here(world.connections, tmp_path / "out")
    forgotten.check_own_folder()  # nothing of a company's own is in sight
    monkeypatch.chdir(world.own)
    with pytest.raises(Exception, match="has a programme of its own, and PARTNER_PROGRAM_INCLUDE is not set"):
        forgotten.check_own_folder()
    found = {each.subject: each for each in examine(forgotten, today=forgotten.today)}
    assert not found["programme files"].sound
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARTNER_PROGRAM_REGISTRY", str(world.own / "registry"))
    with pytest.raises(Exception, match="has a programme of its own"):
        Installation.here(world.connections, tmp_path / "out").check_own_folder()
    monkeypatch.setenv(INCLUDE_VARIABLE, str(world.own))
    Installation.here(world.connections, tmp_path / "out").check_own_folder()
    assert INCLUDE_VARIABLE in os.environ


# Exchange rates


def test_a_currency_without_a_rate_for_the_month_to_settle_is_named_with_its_entities(tmp_path: Path) -> None:
    world = World(tmp_path, entities=("NL", "US"))
    world.partner("P1", {"US": "A1"})
    world.rate("2015-05", "USD", "1.1")
    world.make_database()
    world.load()

    def told() -> list[str]:
        found = examine(world.installation, today=lambda: date(2015, 7, 27))
        return [doubt for each in found for doubt in each.doubts if "exchange rate" in doubt]

    (doubt,) = told()
    assert doubt.startswith("no exchange rate of USD for 2015-06, in which US bills")
    world.rate("2015-06", "USD", "1.1")
    world.load()
    assert told() == []


@pytest.mark.parametrize(
    ("currency", "rates", "entities", "said"),
    [
        (
            "{code: USD}",
            (),
            ("NL",),
            ["no exchange rate of USD for 2015-06, the programme's own currency"],
        ),
        ("{code: USD}", ("USD",), ("NL",), []),
        ("{code: USD}", (), ("US",), []),
        ("{code: USD}", ("USD",), ("NL", "UK"), ["no exchange rate of GBP for 2015-06, in which UK bills"]),
        ("{label: points, decimals: 0}", (), ("NL",), ["NL bills in EUR: an amount in EUR is no number of points"]),
    ],
)
def test_a_rate_that_is_missing_for_the_programmes_own_currency_is_named(
    tmp_path: Path, currency: str, rates: tuple[str, ...], entities: tuple[str, ...], said: list[str]
) -> None:
    text = least((500_00, 500), day="2010-01-01") + f"\ncurrency: {currency}\n"
    world = OwnProgramme(tmp_path, text, entities)
    world.partner("P1", {entities[0]: "A1"})
    for code in rates:
        world.rate("2015-06", code, "1.1")
    world.make_database()
    world.load()
    found = examine(world.installation, today=lambda: date(2015, 7, 27))
    doubts = [doubt for each in found for doubt in each.doubts if "exchange rate" in doubt or "is no number" in doubt]
    assert [any(doubt.startswith(words) for doubt in doubts) for words in said] == [True] * len(said), doubts
    assert len(doubts) == len(said)

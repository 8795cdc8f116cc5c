"""Whose letters a month writes is checked before it takes force, and said by doctor and by the preview book."""

from pathlib import Path

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.letters.book import write_book
from partner_program.usecases.letters.rendering import letters_folder
from tests.own_folder import BRAND_OF_2015, PROGRAM_OF_2015, OwnWorld, own_brand, own_program
from tests.usecases.three_partners import GO_LIVE, JUNE

FIRST_DAY = "2015-07-27"


def june(folder: Path, brand: str | None, **programs: str) -> OwnWorld:
    """A company with one partner, whose June is closed."""
    files = {day.lstrip("d").replace("_", "-"): text for day, text in programs.items()}
    world = OwnWorld(folder, brand=brand, programs=files or {FIRST_DAY: own_program()})
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", JUNE, 2_500_00)
    world.ready(JUNE)
    return world


def run_june(world: OwnWorld) -> str:
    """What the command says that runs June; it is refused, and nothing is in force."""
    answer = world.command_line("run", JUNE, "--effective-on", GO_LIVE, "--migration")
    assert answer.status == 1
    assert world.rows("SELECT * FROM settlement") == []
    assert world.rows("SELECT * FROM discount_rate") == []
    return answer.stderr


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("sender_name: Acme Partner Program\n", "", "brand.yaml:3: sender_name: is missing"),
        ("default_language: en", "default_language: ru", "default_language: 'ru' has no catalogue"),
        ("partner-program@acme.example", "no address", "'no address' is not one e-mail address"),
        ('band: "#0e2c49"', 'band: "blue;}"', "light.band: 'blue;}' is no colour"),
    ],
)
def test_a_faulty_brand_stops_a_month_before_it_takes_force(tmp_path: Path, old: str, new: str, fault: str) -> None:
    text = own_brand()
    assert old in text
    world = june(tmp_path, text.replace(old, new))
    assert fault in run_june(world)
    doctor = world.command_line("doctor")
    assert doctor.status == 1
    assert fault in doctor.said


@pytest.mark.parametrize("brand", [None, BRAND_OF_2015])
def test_a_companys_month_is_not_told_in_the_first_owners_name(tmp_path: Path, brand: str | None) -> None:
    world = june(tmp_path, brand)
    said = "2015-07-27.yaml is the programme of Acme, but brand.yaml has the letters of LeaseWeb"
    said = said if brand else f"no brand.yaml in {world.own}"
    assert said in run_june(world)
    assert said in world.command_line("doctor").said


def test_the_first_owners_file_may_not_be_left_beside_a_companys_own(tmp_path: Path) -> None:
    world = june(tmp_path, own_brand(), d2015_07_27=PROGRAM_OF_2015, d2015_08_15=own_program(day="2015-08-15"))
    assert "2015-07-27.yaml names no company, and brand.yaml is Acme's" in run_june(world)


def test_doctor_the_book_and_the_letter_say_whose_letters_these_are(tmp_path: Path) -> None:
    world = june(tmp_path, own_brand())
    whose = "Acme Trusted Partner Program, from Acme Partner Program <partner-program@acme.example>"
    doctor = world.command_line("doctor")
    assert (doctor.status, f"letters of {whose}" in doctor.said) == (0, True)

    world.run(JUNE, on=GO_LIVE, migration=True)

    here, month = world.installation, BillingMonth.parse(JUNE)
    letter = (letters_folder(here, month) / "P1.txt").read_text("utf-8")
    book = write_book(here, month, today=here.today()).read_text("utf-8")
    assert "Acme" in letter
    assert "letters from Acme Partner Program &lt;partner-program@acme.example&gt;" in book
    assert [word for word in ("LeaseWeb", "leaseweb") if word in letter + book] == []


def test_a_company_may_name_itself_in_a_file_that_months_were_settled_with(tmp_path: Path) -> None:
    """The name decides no month: the hash that months keep leaves it out."""
    world = june(tmp_path, BRAND_OF_2015, d2015_07_27=PROGRAM_OF_2015)
    before = world.installation.programs[0]
    (world.own / "program" / "2015-07-27.yaml").write_text(PROGRAM_OF_2015 + "\ncompany: LeaseWeb\n", "utf-8")
    after = world.installation.programs[0]
    assert (after.company, after.file_hash) == ("LeaseWeb", before.file_hash)
    assert world.command_line("doctor").status == 0

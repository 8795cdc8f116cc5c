"""Whose letters these are: a brand of another company than a programme file is refused."""

from dataclasses import replace
from datetime import date

import pytest

from partner_program.domain.brand import COLOURS, Brand, check_whose
from partner_program.domain.program import Program
from partner_program.domain.refusals import Refusal
from tests.domain.made_month import PROGRAM

WHITE = dict.fromkeys(COLOURS, "#ffffff")
FIRST = Brand(
    "brand.yaml",
    "First Host",
    "Resellers",
    "Reseller",
    "First Host",
    "p@first.example",
    "en",
    60,
    "Arial",
    WHITE,
    WHITE,
    programme_from=date(2015, 7, 27),
)
ACME = replace(FIRST, company_name="Acme", programme_from=None)
OF_2015 = replace(PROGRAM, in_force_from=date(2015, 7, 27), file_name="2015-07-27.yaml")
LATER = replace(PROGRAM, in_force_from=date(2027, 1, 1), file_name="2027-01-01.yaml")


@pytest.mark.parametrize(
    ("brand", "programs"),
    [
        (FIRST, [OF_2015]),
        (FIRST, [LATER, OF_2015]),
        (FIRST, [OF_2015, replace(LATER, company="First Host")]),
        (ACME, [replace(LATER, company="Acme")]),
        (ACME, [replace(OF_2015, company="Acme"), replace(LATER, company="Acme")]),
    ],
)
def test_a_brand_of_the_same_company_writes_its_letters(brand: Brand, programs: list[Program]) -> None:
    check_whose(brand, programs)


@pytest.mark.parametrize(
    ("brand", "programs", "fault"),
    [
        (
            FIRST,
            [LATER],
            "2027-01-01.yaml names no company, and brand.yaml is First Host's for the programme",
        ),
        (FIRST, [replace(LATER, company="Acme")], "2027-01-01.yaml is the programme of Acme, but brand.yaml has the"),
        (
            FIRST,
            [OF_2015, replace(LATER, company="Acme")],
            "of Acme, but brand.yaml has the letters of First Host",
        ),
        (ACME, [OF_2015], "2015-07-27.yaml names no company, and brand.yaml is Acme's: write `company: Acme`"),
        # the first owner's file was left in: it would rule every day before the company's own
        (ACME, [OF_2015, replace(LATER, company="Acme")], "2015-07-27.yaml names no company"),
        (ACME, [replace(LATER, company="acme")], "the programme of acme"),
    ],
)
def test_a_brand_of_another_company_is_refused_by_both_names(brand: Brand, programs: list[Program], fault: str) -> None:
    with pytest.raises(Refusal, match=fault):
        check_whose(brand, programs)

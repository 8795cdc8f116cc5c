"""A letter whose partner has no billing contact is owed to nobody, which is said in the same words everywhere."""

from datetime import date
from pathlib import Path

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.doctor import examine
from partner_program.usecases.letters.book import write_book
from partner_program.usecases.letters.owed_to_nobody import owed_to_nobody
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.whole_month import settle_whole_month
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, three_partners
from tests.worlds import World

MONTH, TODAY = BillingMonth.parse(JUNE), date(2015, 7, 27)


def june_without(tmp_path: Path, *partners: str) -> tuple[World, str]:
    """June in force, these partners without a billing contact; and what the run says of letters owed to nobody."""
    world = three_partners(World(tmp_path))
    for row in world.tables["contacts"]:
        if row["partner_id"] in partners:
            row["role"] = "technical"
    world.load()
    request = MonthRequest(MONTH, TODAY, date.fromisoformat(GO_LIVE), history=False, migration=False)
    return world, settle_whole_month(world.installation, request).owed_to_nobody


@pytest.mark.parametrize(
    ("partners", "said"),
    [
        (("P1", "P2"), "2 letters are owed to nobody: P1, P2 have no billing contact; add one"),
        (("P3",), "1 letter is owed to nobody: P3 has no billing contact; add one"),
        ((), ""),
    ],
)
def test_the_run_the_doctor_the_list_and_the_book_say_the_same(tmp_path, partners, said):
    world, run_says = june_without(tmp_path, *partners)
    here = world.installation
    assert run_says.startswith(said)
    assert bool(run_says) == bool(said)
    assert owed_to_nobody(here, MONTH) == run_says
    assert owed_to_nobody(here, BillingMonth.parse(JULY)) == ""
    doubts = [
        doubt for each in examine(here, today=lambda: TODAY) for doubt in each.doubts if "owed to nobody" in doubt
    ]
    assert doubts == ([f"{JUNE}: {run_says}"] if said else [])
    page = write_book(here, MONTH, today=TODAY).read_text()
    assert (run_says in page) if said else ("owed to nobody" not in page)


def test_nothing_is_owed_to_nobody_any_more_once_there_is_a_contact(tmp_path):
    world, said = june_without(tmp_path, "P2")
    assert said
    for row in world.tables["contacts"]:
        row["role"] = "billing"
    world.load()
    request = MonthRequest(MONTH, TODAY, date.fromisoformat(GO_LIVE), history=False, migration=False)
    assert settle_whole_month(world.installation, request).owed_to_nobody == ""

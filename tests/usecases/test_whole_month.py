"""A whole month, as the command line settles it, begins with what its letters will need."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.usecases.doctor import examine
from partner_program.usecases.installation import PROJECT, Installation
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.whole_month import settle_whole_month
from tests.usecases.three_partners import GO_LIVE, JUNE, three_partners
from tests.worlds import World

REQUEST = MonthRequest(BillingMonth.parse(JUNE), date.fromisoformat(GO_LIVE), date.fromisoformat(GO_LIVE))


@pytest.fixture
def unfinished(world: World, tmp_path: Path) -> Installation:
    """An installation of three partners whose Dutch catalogue lacks a message."""
    three_partners(world)
    include = tmp_path / "include"
    shutil.copytree(PROJECT / "include", include)
    catalogue = include / "templates" / "letters" / "v1" / "catalogues" / "nl.po"
    catalogue.write_text(catalogue.read_text("utf-8").replace('msgid "Total"', 'msgid "Totaal"'), "utf-8")
    return Installation(world.connections, include, world.folder / "out")


def test_a_benefit_without_words_is_refused_before_the_month_takes_force(world: World, tmp_path: Path) -> None:
    three_partners(world)
    include = Path(shutil.copytree(PROJECT / "include", tmp_path / "include"))
    words = next(include.rglob("benefits.j2"))
    words.write_text(words.read_text("utf-8").replace('"post_payment"', '"paid_later"'), "utf-8")
    here, before = Installation(world.connections, include, world.folder / "out"), world.dump()
    missing = r"the benefit post_payment lacks a name and a line, .* \(2015-07-27\.yaml gives it\)"
    with pytest.raises(Refusal, match=missing):
        settle_whole_month(here, REQUEST)
    assert world.dump() == before
    (told,) = [each for each in examine(here, today=lambda: REQUEST.today) if each.subject == "letter templates"]
    assert not told.sound
    assert re.search(missing, told.message)


def test_an_unfinished_catalogue_is_refused_before_the_month_takes_force(
    world: World, unfinished: Installation
) -> None:
    before = world.dump()
    with pytest.raises(Refusal, match=r"nl\.po"):
        settle_whole_month(unfinished, REQUEST)
    assert world.dump() == before

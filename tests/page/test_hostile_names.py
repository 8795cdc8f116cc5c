"""Names that somebody might type to break a page stay text, on each page that shows them."""

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from partner_program.domain.program_change import ProgramChange, unchanged
from partner_program.usecases.benefits import Asked, Said, request_benefit
from partner_program.usecases.desk import what_if
from partner_program.usecases.desk.apart import State
from tests.letters import hostile
from tests.page.asking import Asking
from tests.page.small_world import JULY, JUNE
from tests.worlds import World


class Elements(HTMLParser):
    """The elements of a page with their attributes, but for addresses, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element with the names of its attributes."""
        self.found.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


def named(folder: Path, names: list[str]) -> World:
    """A world whose partners, managers and addresses have these names; no month was run."""
    world = World(folder)
    for place, name in enumerate(names):
        world.partner(f"P{place:03}", {"NL": f"A{place}"}, company_name=name, address=name)
    world.tables["account_managers"][0]["name"] = names[0]
    world.ready("2015-06")
    for place in range(0, len(names), 23):
        said = Said(names[place], names[place], date(2015, 8, 4))
        asked = Asked(
            f"P{place:03}", "seeding_options", date(2015, 8, 10), date(2015, 11, 10), 1, request_id=f"R{place}"
        )
        request_benefit(world.installation, asked, said)
    return world


@pytest.fixture(scope="module")
def two_worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, World]:
    calm = ["Calm Company"] * len(hostile.SOUND)
    return named(tmp_path_factory.mktemp("odd"), hostile.SOUND), named(tmp_path_factory.mktemp("calm"), calm)


def pages(ask: Asking, first: str) -> list[str]:
    """The list from its first page to the last."""
    found, path = [], first
    while path:
        found.append(ask(path).text)
        after = re.search(r'href="/partner-programme/(partners\?[^"]*)">Next', found[-1])
        path = after[1].replace("&amp;", "&") if after else ""
    return found


def test_the_list_has_the_same_elements_whatever_partners_are_called(
    ask: Asking, shown: Any, two_worlds: tuple[World, World]
) -> None:
    read = []
    for world in two_worlds:
        shown(world)
        read.append([Elements(page) for page in pages(ask, "partners?order=id")])
    odd, calm = read
    assert len(odd) == len(calm) > 3
    assert [page.found for page in odd] == [page.found for page in calm]
    text = "".join(page.text for page in odd)
    assert [name for name in hostile.SOUND if name not in text and name.strip() not in text] == []


@pytest.mark.parametrize("place", range(0, len(hostile.SOUND), 23))
def test_a_partners_page_has_the_same_elements(
    ask: Asking, shown: Any, two_worlds: tuple[World, World], place: int
) -> None:
    found = []
    for world in two_worlds:
        shown(world)
        found.append(Elements(ask(f"partners/P{place:03}").text))
    assert found[0].found == found[1].found


@pytest.mark.parametrize(
    "path",
    [
        "benefits",
        "benefits/of/R{0}",
        "benefits/approve/R{0}",
        "benefits/request/P{0:03}",
        "grants/new/P{0:03}",
        "disputes",
        "disputes/open/P{0:03}",
        "quote?partner=P{0:03}",
        "acts",
    ],
)
@pytest.mark.parametrize("place", range(0, len(hostile.SOUND), 23))
def test_pages_of_acts_have_the_same_elements_whatever_was_said_by_whom(
    ask: Asking, shown: Any, two_worlds: tuple[World, World], path: str, place: int
) -> None:
    found = []
    for world in two_worlds:
        shown(world)
        answer = ask(path.format(place), "user")
        assert answer.status_code == 200
        found.append(Elements(answer.text).found)
    assert found[0] == found[1]


def test_a_search_for_something_odd_is_shown_as_it_was_typed(ask: Asking) -> None:
    calm = Elements(ask("partners", params={"text": "zzz"}).text)
    for typed in hostile.MARKUP + hostile.TEMPLATES:
        answer = ask("partners", params={"text": f"{typed}zzz"})
        assert answer.status_code == 200
        assert Elements(answer.text).found == calm.found, typed


SETTLED = (hostile.MARKUP + hostile.TEMPLATES)[:14]


def settled(folder: Path, names: list[str]) -> World:
    """A world whose partners have these names, of whom the first fell in July."""
    world = World(folder)
    for place, name in enumerate(names):
        world.partner(f"P{place:03}", {"NL": f"A{place}"}, company_name=name)
        world.bill(f"A{place}", "2015-06", 2_100_00 + place)
        world.bill(f"A{place}", "2015-07", 2_100_00 + place if place else 1_400_00)
    world.ready("2015-06", "2015-07")
    world.settle("2015-06", on="2015-07-27", started_by=names[0])
    world.settle("2015-07", on="2015-08-03", started_by=names[0])
    return world


@pytest.fixture(scope="module")
def settled_worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, World]:
    calm = ["Calm Company"] * len(SETTLED)
    return settled(tmp_path_factory.mktemp("odd_month"), SETTLED), settled(tmp_path_factory.mktemp("calm_month"), calm)


def test_what_came_of_a_draft_has_the_same_elements_and_the_names_as_text(
    ask: Asking, shown: Any, settled_worlds: tuple[World, World]
) -> None:
    read = []
    for world, by in zip(settled_worlds, (SETTLED[0], "calm"), strict=True):
        shown(world)
        here = world.installation
        program = what_if.basis(here).program
        first, *others = unchanged(program, in_force_from=date(2030, 1, 1)).tiers
        second = replace(others[0], from_mrr_cents=1_300_00, monthly_fee_discount_bp=900)  # everybody gains
        change = ProgramChange(date(2030, 1, 1), 2500, (first, second, *others[1:]))
        draft = what_if.make_draft(here, change, JUNE, JULY)
        what_if.keep(here, draft)
        what_if.calculate(here, draft.key, State("working", by, 0))
        answer = ask(f"programme/what-if/{draft.key}")
        assert "Winners" in answer.text
        read.append(Elements(answer.text))
    odd, calm = read
    assert odd.found == calm.found
    assert [name for name in SETTLED if name not in odd.text and name.strip() not in odd.text] == []


@pytest.mark.parametrize("path", ["months/2015-07", "months/2015-07/changes", "months/2015-07/proof", ""])
def test_pages_of_a_month_have_the_same_elements(
    ask: Asking, shown: Any, settled_worlds: tuple[World, World], path: str
) -> None:
    found = []
    for world in settled_worlds:
        shown(world)
        answer = ask(path, "op")
        assert answer.status_code == 200
        found.append(Elements(answer.text).found)
    assert found[0] == found[1]

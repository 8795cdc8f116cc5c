"""The record of acts on a page: each act once from the newest to the oldest, kept by what the address asks for."""

import re
from urllib.parse import quote

import pytest

from partner_program.domain import acts as kinds
from partner_program.domain.acts import KINDS, WantedActs
from partner_program.usecases.acts import find_acts, list_acts
from tests.page.asking import PREFIX, Asking
from tests.page.test_pages import words_of
from tests.worlds import World


def test_the_record_says_who_when_in_which_zone_what_why_and_the_hash(ask: Asking, page_world: World) -> None:
    (act,) = [each for each in list_acts(page_world.installation, "P2") if each.kind == "benefit requested"]
    said = words_of(ask("acts?partner=P2").text)
    assert "Times of Europe/Amsterdam" in said
    assert f"{act.done_at:%H:%M} {act.done_at.tzname()} benefit requested by pat servers to try P2" in said
    assert act.decided_hash[:12] in said


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("partner=P1", {"dispute opened"}),
        ("kind=month+run", {"month run"}),
        ("kind=month+run&month=2015-06&person=PAT", {"month run"}),
        ("person=nobody", set()),
        ("partner=P", set()),
        ("person=%25", set()),
    ],
)
def test_filters_keep_what_is_asked_for(ask: Asking, filters: str, found: set[str]) -> None:
    answer = ask(f"acts?{filters}")
    assert answer.status_code == 200
    assert set(re.findall(r'<th scope="row">([^<]*)<br>', answer.text)) == found


def test_page_after_page_shows_each_act_once_newest_first(page_world: World) -> None:
    here = page_world.installation
    whole = find_acts(here, WantedActs()).acts
    assert len(whole) > 3
    found, before = [], None
    for _ in whole:
        page = find_acts(here, WantedActs(), before=before, count=1)
        found += page.acts
        before = page.next_before
    assert before is None
    assert tuple(found) == whole
    assert [act.done_at for act in whole] == sorted((act.done_at for act in whole), reverse=True)


def test_an_act_that_comes_meanwhile_moves_no_page(ask: Asking) -> None:
    older = ask("acts?before=4").text
    assert f'href="{PREFIX}/acts"' in older
    assert len(re.findall(r'<th scope="row">', older)) == 3


def test_every_kind_of_act_can_be_asked_for() -> None:
    named = {
        value
        for name, value in vars(kinds).items()
        if name.isupper() and isinstance(value, str) and name != "BY_SCHEDULE"
    }
    assert set(KINDS) == named
    assert len(KINDS) == len(set(KINDS))


def test_what_is_no_month_is_said_so(ask: Asking) -> None:
    answer = ask("acts?month=June")
    assert answer.status_code == 422
    assert "expected YYYY-MM" in words_of(answer.text)


def test_what_was_typed_stays_text(ask: Asking) -> None:
    typed = "\"><b>&amp;'{{7*7}}"
    text = ask(f"acts?partner={quote(typed)}&person={quote(typed)}").text
    assert "<b>" not in text
    assert "49" not in words_of(text)

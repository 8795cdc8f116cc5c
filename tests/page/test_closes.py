"""Recording on a page that an entity's month is complete."""

from pathlib import Path
from typing import Any

import pytest

from tests.page.asking import PREFIX, Asking
from tests.page.test_benefits import hidden
from tests.page.test_pages import words_of
from tests.worlds import World

FIGURES = {"currency": "USD", "lines": "310", "total": "-123456.78"}


@pytest.fixture
def world(ask: Asking, shown: Any, tmp_path: Path) -> World:
    """Two entities; nobody has closed July."""
    assert ask
    world = World(tmp_path)
    world.partner("P1", {"US": "B1"})
    world.ready("2015-06")
    shown(world)
    return world


def recorded(world: World) -> list[Any]:
    return world.rows("SELECT entity, billing_month, currency, line_count, control_total_minor FROM period_close")


def test_a_close_is_recorded_once_after_it_was_shown_in_its_currency(ask: Asking, world: World) -> None:
    page = ask("months/2015-07/closes", "op")
    assert f'href="{PREFIX}/closes/record/US%202015-07"' in page.text
    form = ask("closes/record/US%202015-07", "op")
    assert 'value="USD"' in form.text
    look = ask.post("closes/record-check/US 2015-07", "op", **hidden(form.text), **FIGURES)
    said = words_of(look.text)
    assert "310 Sum of their net amounts \N{MINUS SIGN}123,456.78 USD Instead of nothing" in said
    assert recorded(world) == []
    for _ in range(2):
        done = ask.post("closes/record/US 2015-07", "op", **hidden(look.text))
        assert done.status_code == 303, words_of(done.text)
    after = words_of(ask(done.headers["location"].removeprefix(f"{PREFIX}/"), "op").text)
    assert "op-person" in after
    assert "Run the month again" in after
    assert recorded(world) == [("US", "2015-07", "USD", 310, -123_456_78)]
    assert world.rows("SELECT subject, done_by FROM act WHERE kind = 'close recorded'") == [
        ("US 2015-07 USD", "op-person")
    ]
    assert "310 lines" in words_of(ask("months/2015-07/closes").text)


def test_figures_that_somebody_else_recorded_meanwhile_are_not_replaced_unseen(ask: Asking, world: World) -> None:
    form = hidden(ask("closes/record/US%202015-07", "op").text)
    other = {**FIGURES, "lines": "309"}
    assert ask.post("closes/record/US 2015-07", "admin", **form, **other).status_code == 303
    answer = ask.post("closes/record/US 2015-07", "op", **form, **FIGURES)
    assert answer.status_code == 412
    assert "Recorded already: 309 lines" in words_of(answer.text)
    assert [row[3] for row in recorded(world)] == [309]
    look = ask.post("closes/record-check/US 2015-07", "op", **hidden(answer.text), **FIGURES)
    assert "Instead of 309 lines" in words_of(look.text)
    assert ask.post("closes/record/US 2015-07", "op", **hidden(look.text)).status_code == 303
    assert [row[3] for row in recorded(world)] == [310]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"currency": "usd"}, "three capitals"),
        ({"lines": "-1"}, "whole number from 0"),
        ({"lines": "\N{ARABIC-INDIC DIGIT THREE}"}, "whole number from 0"),
        ({"total": "1,000.00"}, "1,000.00"),
        ({"total": "--1"}, "--1"),
        ({"total": ""}, "Give the sum"),
    ],
)
def test_what_cannot_be_read_stays_in_the_form(ask: Asking, world: World, changed: dict[str, str], says: str) -> None:
    form = hidden(ask("closes/record/US%202015-07", "op").text)
    answer = ask.post("closes/record/US 2015-07", "op", **{**form, **FIGURES, **changed})
    assert answer.status_code == 422
    assert says in words_of(answer.text)
    assert recorded(world) == []


@pytest.mark.parametrize("role", ["viewer", "user"])
def test_who_may_not_decide_records_nothing(ask: Asking, world: World, role: str) -> None:
    assert "closes/record" not in ask("months/2015-07/closes", role).text
    assert "Who could" in words_of(ask("closes/record/US%202015-07", role).text)
    assert ask.post("closes/record/US 2015-07", role, shown="x", **FIGURES).status_code == 403
    assert recorded(world) == []


@pytest.mark.parametrize("subject", ["ZZ 2015-07", "US July", "US", "%20"])
def test_what_is_no_entity_or_no_month_is_not_there(ask: Asking, world: World, subject: str) -> None:
    assert ask(f"closes/record/{subject}", "op").status_code == 404
    assert recorded(world) == []

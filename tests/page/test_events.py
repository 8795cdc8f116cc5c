"""Events for other systems on pages: one that was not taken waits on *Today*, and is resolved once."""

from pathlib import Path
from typing import Any

import pytest

from partner_program.adapters.database import events as event_store
from partner_program.domain.events import OutboxEvent
from tests.page.asking import PREFIX, Asking
from tests.page.test_benefits import hidden
from tests.page.test_pages import words_of
from tests.usecases.three_partners import june_in_force
from tests.worlds import World


@pytest.fixture
def world(ask: Asking, shown: Any, tmp_path: Path) -> World:
    """June is in force; the event about P1 was not taken ten times, all others wait."""
    assert ask().status_code == 200
    found = june_in_force(World(tmp_path))
    with found.installation.database.writing() as connection:
        row = _of_p1(found)
        event_store.move(connection, row, "claimed", claimed_by="a sender")
        row = event_store.find_event(connection, row.event_id) or row
        event_store.move(connection, row, "dead", claimed_by=None, attempts=10, reply="HTTP 410")
    shown(found)
    return found


def _of_p1(world: World) -> OutboxEvent:
    with world.installation.database.reading() as connection:
        events = event_store.newest_events(connection, states=None, first=None)
    return next(each for each in events if each.partner_id == "P1")


def test_one_that_was_not_taken_stands_on_today_and_is_tried_again_once(ask: Asking, world: World) -> None:
    event = _of_p1(world)
    form_link = f'href="{PREFIX}/events/resolve/{event.event_id}"'
    today = ask("", "op")
    assert "Resolve the event partner.tier_changed about P1" in words_of(today.text)
    assert "not taken 10 times; later ones of its partner wait: HTTP 410" in words_of(today.text)
    assert form_link in today.text
    assert form_link in ask("events", "op").text
    form = ask(f"events/resolve/{event.event_id}", "op")
    answer = {"answer": "again", "reason": "the endpoint is mended"}
    look = ask.post(f"events/resolve-check/{event.event_id}", "op", **hidden(form.text), **answer)
    assert "Try it again: the next sending hands it over anew" in words_of(look.text)
    assert _of_p1(world).status == "dead"
    done = ask.post(f"events/resolve/{event.event_id}", "op", **hidden(look.text))
    assert done.status_code == 303, words_of(done.text)
    assert "It is sent with the next sending" in words_of(ask(done.headers["location"].removeprefix(f"{PREFIX}/")).text)
    assert (_of_p1(world).status, _of_p1(world).attempts) == ("waiting", 0)
    again = ask.post(f"events/resolve/{event.event_id}", "op", **hidden(look.text))
    assert again.status_code == 412
    assert "was dead after 10 attempts when you looked, and is waiting after 0 attempts now" in words_of(again.text)
    assert world.rows("SELECT done_by, reason FROM act WHERE kind = 'event to be sent again'") == [
        ("op-person", "the endpoint is mended")
    ]


def test_who_may_not_decide_resolves_nothing(ask: Asking, world: World) -> None:
    event = _of_p1(world)
    assert "Who could resolve one" in words_of(ask("events", "user").text)
    assert ask.post(f"events/resolve/{event.event_id}", "user", answer="again", reason="x").status_code == 403
    assert _of_p1(world).status == "dead"


def test_an_event_that_there_is_not(ask: Asking, world: World) -> None:
    assert world
    assert ask("events/resolve/evt_0", "op").status_code == 404

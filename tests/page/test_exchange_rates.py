"""Exchange rates on pages: one in doubt is confirmed once, by who may decide, as it was shown."""

from pathlib import Path
from typing import Any

import pytest

from tests.page.asking import PREFIX, Asking
from tests.page.test_benefits import hidden
from tests.page.test_pages import words_of
from tests.worlds import World

CONFIRM = "exchange-rates/confirm/2015-07%20USD"
REASON = {"reason": "the dollar <b>fell</b>"}


@pytest.fixture
def doubted(ask: Asking, shown: Any, tmp_path: Path) -> World:
    """The dollar of July is typed the other way round, and holds P1, which US bills."""
    assert ask
    world = World(tmp_path)
    world.partner("P1", {"US": "B1"})
    world.bill("B1", "2015-07", 1_000_00, entity="US")
    world.rate("2015-06", "USD", "1.12")
    world.rate("2015-07", "USD", "0.893")
    world.ready("2015-07")
    shown(world)
    return world


def confirmed(world: World) -> list[Any]:
    return world.rows("SELECT done_by, reason FROM act WHERE kind = 'rate_confirmed'")


def test_a_rate_in_doubt_stands_first_with_what_it_was_compared_with(ask: Asking, doubted: World) -> None:
    page = ask("exchange-rates", "op")
    said = words_of(page.text)
    assert "1 rate is in doubt" in said
    assert "nearer to the inverse of the rate before (1.12 in 2015-06)" in said
    assert f'href="{PREFIX}/{CONFIRM}"' in page.text
    today = ask("", "op")
    assert "Confirm the rate of USD in July 2015, or correct it 0.893 for 1 EUR:" in words_of(today.text)
    assert f'href="{PREFIX}/{CONFIRM}"' in today.text
    viewer = ask("exchange-rates?month=2015-07")
    assert f'href="{PREFIX}/{CONFIRM}"' not in viewer.text
    assert "Who could confirm one: whoever may change Airflow's variables" in words_of(viewer.text)
    assert doubted.program_db.exists()


def test_it_is_confirmed_once_by_name_and_reason(ask: Asking, doubted: World) -> None:
    form = ask(CONFIRM, "op")
    look = ask.post("exchange-rates/confirm-check/2015-07 USD", "op", **hidden(form.text), **REASON)
    assert look.status_code == 200, words_of(look.text)
    assert "0.893 USD for 1 EUR in July 2015" in words_of(look.text)
    assert confirmed(doubted) == []
    done = ask.post("exchange-rates/confirm/2015-07 USD", "op", **hidden(look.text))
    assert done.status_code == 303, words_of(done.text)
    after = words_of(ask(done.headers["location"].removeprefix(f"{PREFIX}/"), "op").text)
    assert "op-person" in after
    assert "Run the month again" in after
    again = ask.post("exchange-rates/confirm/2015-07 USD", "admin", **hidden(look.text))
    assert (again.status_code, "is confirmed already" in words_of(again.text)) == (409, True)
    assert confirmed(doubted) == [("op-person", "the dollar <b>fell</b>")]
    assert "confirmed by a person" in words_of(ask("exchange-rates").text)
    assert "It is confirmed already." in words_of(ask(CONFIRM, "op").text)


def test_a_rate_that_was_corrected_meanwhile_is_not_confirmed(ask: Asking, doubted: World) -> None:
    form = hidden(ask(CONFIRM, "op").text)
    doubted.tables["exchange_rates"][1]["units_per_eur"] = "0.894"
    doubted.load()
    answer = ask.post("exchange-rates/confirm/2015-07 USD", "op", **form, **REASON)
    assert answer.status_code == 412
    assert "was 0.893 when you looked, and is 0.894 now" in words_of(answer.text)
    assert confirmed(doubted) == []
    assert hidden(answer.text)["shown"] == "0.894"


def test_an_address_cannot_say_what_somebody_looked_at(ask: Asking, doubted: World) -> None:
    assert hidden(ask(f"{CONFIRM}?shown=7", "op").text) == {"shown": "0.893"}
    answer = ask.post("exchange-rates/confirm/2015-07 USD", "op", **REASON)
    assert (answer.status_code, confirmed(doubted)) == (422, [])


@pytest.mark.parametrize("role", ["viewer", "user"])
def test_who_may_not_decide_is_told_who_could(ask: Asking, doubted: World, role: str) -> None:
    assert "Who could: whoever may change" in words_of(ask(CONFIRM, role).text)
    for step in ("confirm", "confirm-check", "confirm-form"):
        answer = ask.post(f"exchange-rates/{step}/2015-07 USD", role, shown="0.893", **REASON)
        assert answer.status_code == 403
    assert confirmed(doubted) == []


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("exchange-rates?month=July", 422),
        ("exchange-rates/confirm/2015-07 CHF", 404),
        ("exchange-rates/confirm/July USD", 404),
        ("exchange-rates/confirm/2015-07", 404),
        ("exchange-rates/confirm-done/2015-07 CHF", 200),
    ],
)
def test_what_is_no_rate_is_said_plainly(ask: Asking, doubted: World, address: str, status: int) -> None:
    assert ask(address, "op").status_code == status
    assert confirmed(doubted) == []


def test_a_rate_that_is_sound_cannot_be_confirmed(ask: Asking, doubted: World) -> None:
    assert "nothing to confirm" in words_of(ask("exchange-rates/confirm/2015-06 USD", "op").text)
    answer = ask.post("exchange-rates/confirm/2015-06 USD", "op", shown="1.12", **REASON)
    assert answer.status_code == 409
    assert confirmed(doubted) == []

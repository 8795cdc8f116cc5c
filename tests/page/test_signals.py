"""Signals on pages: that somebody has seen one goes on record once, with the figures that were shown."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from tests.page.asking import PREFIX, Asking
from tests.page.test_benefits import hidden
from tests.page.test_pages import words_of
from tests.worlds import World

JULY, MONDAY = BillingMonth(2015, 7), date(2015, 8, 10)
LIST = "months/2015-07/reports/signals"
SEEN = "signals/seen/2015-07%20jump%20P%2F1"
REASON = {"reason": "a new <b>project</b>"}


@pytest.fixture
def jumped(ask: Asking, shown: Any, tmp_path: Path) -> World:
    """P/1 has 700.00 in June and 1,400.00 in July."""
    assert ask
    world = World(tmp_path, entities=("NL",))
    world.partner("P/1", {"NL": "A1"})
    world.bill("A1", "2015-06", 700_00)
    world.bill("A1", "2015-07", 1_400_00)
    world.ready("2015-06", "2015-07")
    world.settle("2015-06", on="2015-07-27")
    world.settle("2015-07", on="2015-08-03")
    shown(world)
    return world


def seen(world: World) -> list[Any]:
    return world.rows("SELECT done_by, reason, billing_month, partner_id FROM act WHERE kind = 'signal seen'")


def test_a_signal_is_seen_once_by_name_and_reason(ask: Asking, jumped: World) -> None:
    assert f'href="{PREFIX}/{SEEN}"' in ask(LIST, "user").text
    form = ask(SEEN, "user")
    assert "700.00 EUR in June 2015, 1,400.00 in July 2015" in words_of(form.text)
    look = ask.post("signals/seen-check/2015-07 jump P/1", "user", **hidden(form.text), **REASON)
    assert look.status_code == 200, words_of(look.text)
    assert seen(jumped) == []
    for _ in range(2):
        done = ask.post("signals/seen/2015-07 jump P/1", "user", **hidden(look.text))
        assert done.status_code == 303, words_of(done.text)
    assert seen(jumped) == [("user-person", "a new <b>project</b>", "2015-07", "P/1")]
    after = words_of(ask(done.headers["location"].removeprefix(f"{PREFIX}/"), "user").text)
    assert "user-person" in after
    said = words_of(ask(LIST).text)
    assert "Jump in revenue: 1 partner of 1, 1 seen." in said
    assert "threshold_hug" not in said
    assert "a new <b>project</b>" in said
    assert "signal seen" in words_of(ask("partners/P%2F1").text)


def test_a_signal_whose_figures_moved_is_not_seen(ask: Asking, jumped: World) -> None:
    form = hidden(ask(SEEN, "user").text)
    jumped.bill("A1", "2015-07", 1_00)
    jumped.close("2015-07")
    assert jumped.settle("2015-07", on="2015-08-03").proposed
    accept_restatement(jumped.installation, JULY, Acceptance(MONDAY, "pat", "a late line"), today=MONDAY)
    answer = ask.post("signals/seen/2015-07 jump P/1", "user", **form, **REASON)
    assert answer.status_code == 412
    assert "other figures now: 700.00 EUR in June 2015, 1,401.00" in words_of(answer.text)
    assert seen(jumped) == []


def test_who_may_only_look_is_told_who_could(ask: Asking, jumped: World) -> None:
    assert SEEN not in ask(LIST, "viewer").text
    assert "You may look, and not do this." in words_of(ask(SEEN, "viewer").text)
    for step in ("seen", "seen-check", "seen-form"):
        assert ask.post(f"signals/{step}/2015-07 jump P/1", "viewer", shown="x", **REASON).status_code == 403
    assert seen(jumped) == []


@pytest.mark.parametrize(
    "subject", ["2015-07 jump P2", "2015-07 hop P/1", "2015-07 jump", "July jump P/1", "2016-01 jump P/1"]
)
def test_what_is_no_signal_is_said_plainly(ask: Asking, jumped: World, subject: str) -> None:
    assert ask(f"signals/seen/{subject}", "user").status_code == 404
    assert seen(jumped) == []

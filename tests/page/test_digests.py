"""Digests of partner managers on pages: how each stands, and what a person says of one."""

from pathlib import Path
from typing import Any

import pytest

from tests.page.asking import PREFIX, Asking
from tests.page.test_benefits import hidden
from tests.page.test_pages import words_of
from tests.smtp.fault_server import FaultServer
from tests.usecases.digest_world import WEEK, DigestWorld, with_reminders
from tests.worlds import World

SUBJECT = f"{WEEK} M1"
FORM, CHECK, DO = (f"digests/resolve{step}/{SUBJECT}" for step in ("", "-check", ""))


@pytest.fixture
def digests(ask: Asking, shown: Any, tmp_path: Path) -> DigestWorld:
    """The connection broke off after each message: nobody knows whether it arrived."""
    assert ask
    world = World(tmp_path)
    world.become(with_reminders)
    found = DigestWorld(world)
    with FaultServer("dot_drop") as server:
        found.use_server(server.connection_fields())
        found.send()
    shown(world)
    return found


def test_one_that_may_have_arrived_stands_on_today_a_click_from_its_act(ask: Asking, digests: DigestWorld) -> None:
    assert digests.states()["M1"] == "ambiguous"
    today = ask("", "user")
    assert "for M1 nobody knows whether it arrived" in words_of(today.text)
    assert f'href="{PREFIX}/digests/resolve/{WEEK}%20M1"' in today.text


def test_one_that_may_have_arrived_is_resolved_once(ask: Asking, digests: DigestWorld) -> None:
    assert f'href="{PREFIX}/digests/resolve/{WEEK}%20M1"' in ask("digests", "user").text
    assert "digests/resolve" not in ask("digests").text
    form = ask(FORM, "user")
    answer = {"answer": "accepted", "reason": "in the log <b>"}
    look = ask.post(CHECK, "user", **hidden(form.text), **answer)
    assert "It arrived: its Message-ID is in the mail server's log" in words_of(look.text)
    assert digests.states()["M1"] == "ambiguous"
    done = ask.post(DO, "user", **hidden(look.text))
    assert done.status_code == 303, words_of(done.text)
    assert "it counts as accepted" in words_of(ask(done.headers["location"].removeprefix(f"{PREFIX}/"), "user").text)
    assert digests.states()["M1"] == "accepted"
    again = ask.post(DO, "user", **hidden(look.text))
    assert (again.status_code, "when you looked" in words_of(again.text)) == (412, True)
    assert digests.world.rows("SELECT done_by, reason FROM act WHERE kind = 'digest arrived'") == [
        ("user-person", "in the log <b>")
    ]


def test_one_that_did_not_arrive_is_sent_again_in_its_week(ask: Asking, digests: DigestWorld) -> None:
    form = hidden(ask(FORM, "user").text)
    done = ask.post(DO, "user", **form, answer="not_sent", reason="not in the log")
    after = words_of(ask(done.headers["location"].removeprefix(f"{PREFIX}/"), "user").text)
    assert "sent with the next sending of its week" in after
    assert digests.states()["M1"] == "approved"
    assert "there is nothing to resolve" in words_of(ask(FORM, "user").text)


@pytest.mark.parametrize("wrong", [{"answer": "perhaps"}, {"answer": ""}, {"reason": ""}, {"shown": ""}])
def test_half_a_form_does_nothing(ask: Asking, digests: DigestWorld, wrong: dict[str, str]) -> None:
    form = {**hidden(ask(FORM, "user").text), "answer": "accepted", "reason": "x", **wrong}
    assert ask.post(DO, "user", **form).status_code == 422
    assert digests.states()["M1"] == "ambiguous"


def test_a_viewer_is_told_who_could(ask: Asking, digests: DigestWorld) -> None:
    assert "Who could: whoever may answer" in words_of(ask(FORM).text)
    assert ask.post(DO, "viewer", shown="x", answer="accepted", reason="x").status_code == 403
    assert digests.states()["M1"] == "ambiguous"


@pytest.mark.parametrize("subject", ["2015-08-31 M9", "today M1", "2015-08-31", "M1"])
def test_what_is_no_digest_is_not_there(ask: Asking, digests: DigestWorld, subject: str) -> None:
    assert ask(f"digests/resolve/{subject}", "user").status_code == 404
    assert digests.world.program_db.exists()

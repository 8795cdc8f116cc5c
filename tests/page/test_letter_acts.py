"""Acts about letters from the pages: shown, checked, done once, on record; refused where a rule or a right says no."""

import re
import sqlite3
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from partner_program.usecases.letters.rendering import letter_batches, render_letters
from tests.page.airflow_runs import AirflowWithRuns
from tests.page.asking import PREFIX, Asking
from tests.page.letters_world import JUNE, approved_world, letters_world, sent_world
from tests.page.test_pages import words_of
from tests.worlds import World

PATH = "letters/2015-06"
WHY = "every <b>one</b> was read"


@pytest.fixture
def airflow() -> AirflowWithRuns:
    """An Airflow without a run."""
    return AirflowWithRuns()


@pytest.fixture
def at(airflow: AirflowWithRuns, desk: Any, shown: Any, tmp_path: Path) -> Any:
    """Makes a world of its own and asks its pages, mounted in that Airflow."""

    def make(state: Any) -> tuple[World, Asking]:
        world = World(tmp_path / "world")
        world.become(state)
        shown(world)
        return world, airflow.around(desk)

    (tmp_path / "world").mkdir()
    return make


def hidden(html: str) -> dict[str, Any]:
    """What a page's form sends on unseen; a name that occurs twice has a list."""
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html):
        known = found.get(name)
        found[name] = unescape(value) if known is None else [*([known] if isinstance(known, str) else known), value]
    return found


def states(world: World) -> list[tuple[str, str, str | None]]:
    """Partner, state and what was said, of each recipient's row, in order: ODD_ID's first, then P1's two."""
    with closing(sqlite3.connect(world.program_db)) as database:
        query = "SELECT partner_id, status, reply FROM delivery ORDER BY partner_id, recipient"
        return list(database.execute(query))


def acts(world: World, kind: str) -> list[tuple[str, str]]:
    """Who did what of a kind, and why."""
    with closing(sqlite3.connect(world.program_db)) as database:
        return list(database.execute("SELECT done_by, reason FROM act WHERE kind = ?", (kind,)))


def checked(asking: Asking, role: str = "user", **more: str) -> dict[str, str]:
    """Go through form and check page of an approval; return what the last form sends."""
    form = asking(f"{PATH}/approve", role)
    check = asking.post(f"{PATH}/approve/check", role, reason=WHY, **hidden(form.text), **more)
    assert check.status_code == 200, words_of(check.text)
    return hidden(check.text)


def test_letters_are_approved_once_by_whom_and_why(at: Any) -> None:
    world, asking = at(letters_world)
    form = asking(f"{PATH}/approve", "user")
    assert "5 letters to 4 partners, into files: no mail leaves." in words_of(form.text)
    check = asking.post(f"{PATH}/approve/check", "user", reason=WHY, **hidden(form.text))
    said = words_of(check.text)
    assert "Check before you approve the letters of June 2015 Nothing has happened yet." in said
    assert WHY in said
    assert "<b>one" not in check.text
    assert {state for _, state, _ in states(world)} == {"rendered", "undeliverable"}
    last = hidden(check.text)
    for _ in range(2):
        done = asking.post(f"{PATH}/approve", "user", **last)
        assert done.status_code == 303
    assert [state for _, state, _ in states(world)] == ["approved"] * 5 + ["undeliverable"]
    assert acts(world, "letters approved") == [("user-person", WHY)]
    page = asking(done.headers["location"].removeprefix(f"{PREFIX}/"), "user")
    assert "By user-person" in words_of(page.text)
    assert "Nothing is sent yet" in words_of(page.text)
    assert f'href="{PREFIX}/{PATH}/send"' in page.text
    assert "<b>one" not in page.text


def test_a_run_that_waits_for_just_these_letters_gets_the_answer(at: Any, airflow: AirflowWithRuns) -> None:
    _, asking = at(letters_world)
    shown = hidden(asking(f"{PATH}/approve", "user").text)["shown"]
    airflow.waiting("letters__2015-06__1", "2015-06", shown)
    last = checked(asking)
    asking.post(f"{PATH}/approve", "user", **last)
    assert airflow.answered == [
        ("letters__2015-06__1", {"chosen_options": ["Approve"], "params_input": {"alone": False}})
    ]
    said = words_of(asking(f"{PATH}/approve/done", "user").text)
    assert "The run letters__2015-06__1 sends them: three first, then the rest." in said


def test_a_run_that_asks_about_other_letters_gets_no_answer(at: Any, airflow: AirflowWithRuns) -> None:
    world, asking = at(letters_world)
    airflow.waiting("letters__2015-06__old", "2015-06", "0" * 64)
    asking.post(f"{PATH}/approve", "user", **checked(asking))
    assert airflow.answered == []
    assert acts(world, "letters approved") == [("user-person", WHY)]


@pytest.mark.parametrize("who", ["ran the month", "started the run"])
def test_somebody_else_has_to_approve(at: Any, airflow: AirflowWithRuns, who: str) -> None:
    world, asking = at(letters_world)
    if who == "ran the month":
        with closing(sqlite3.connect(world.program_db)) as database, database:
            for (trigger,) in list(
                database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'act'")
            ):
                database.execute(f'DROP TRIGGER "{trigger}"')
            database.execute("UPDATE act SET done_by = 'User-Person' WHERE kind = 'month run'")
    else:
        shown = hidden(asking(f"{PATH}/approve", "user").text)["shown"]
        airflow.waiting("letters__2015-06__1", "2015-06", shown, started_by="user-person")
    form = asking(f"{PATH}/approve", "user")
    assert "Somebody else has to approve these letters" in words_of(form.text)
    answer = asking.post(f"{PATH}/approve", "user", **checked(asking))
    assert answer.status_code == 409
    assert "somebody else has to approve" in words_of(answer.text)
    assert {state for _, state, _ in states(world)} == {"rendered", "undeliverable"}
    alone = checked(asking, alone="true")
    assert asking.post(f"{PATH}/approve", "user", **alone).status_code == 303
    assert len(acts(world, "letters approved")) == 1


def test_letters_that_moved_are_not_approved(at: Any) -> None:
    world, asking = at(letters_world)
    last = checked(asking)
    world.tables["contacts"].append({"partner_id": "P2", "name": "New", "email": "new@p2.example", "role": "billing"})
    world.load()
    for batch in letter_batches(world.installation, JUNE):
        render_letters(world.installation, JUNE, batch)
    for path in ("approve", "approve/check"):
        answer = asking.post(f"{PATH}/{path}", "user", **last)
        assert answer.status_code == 412
        assert "have changed since they were looked at" in words_of(answer.text)
    assert "approved" not in {state for _, state, _ in states(world)}


@pytest.mark.parametrize("path", ["approve", "approve/check", "send", "resolve/P1", "resolve-check/P1"])
def test_a_viewer_cannot_act_and_is_told_who_could(at: Any, airflow: AirflowWithRuns, path: str) -> None:
    world, asking = at(sent_world)
    before = states(world)
    form = {"reason": WHY, "shown": "0" * 64, "asked_at": "1", "answer": "accepted", "recipient": "ann@p1.example"}
    answer = asking.post(f"{PATH}/{path}", "viewer", **form)
    assert answer.status_code == 403
    assert "Who could: whoever may answer the required actions of tier_letters" in words_of(answer.text)
    assert states(world) == before
    assert airflow.started == []
    if path in ("send", "resolve/P1"):
        page = asking(f"{PATH}/{path}", "viewer")
        assert "You may look, and not do this. Who could" in words_of(page.text)
        assert "<form" not in page.text


@pytest.mark.parametrize("left_out", ["reason", "shown"])
def test_a_form_without_its_reason_or_its_hash_does_nothing(at: Any, left_out: str) -> None:
    world, asking = at(letters_world)
    form = {"reason": WHY, "shown": "0" * 64}
    answer = asking.post(f"{PATH}/approve", "user", **{name: form[name] for name in form if name != left_out})
    assert answer.status_code == 422
    assert left_out in words_of(answer.text)
    assert acts(world, "letters approved") == []


def test_a_run_sends_what_was_shown_and_is_started_once(at: Any, airflow: AirflowWithRuns) -> None:
    world, asking = at(approved_world)
    form = asking(f"{PATH}/send", "user")
    said = words_of(form.text)
    assert "Check before you send the letters of June 2015 Nothing has happened yet." in said
    assert "5 letters to 4 partners" in said
    for _ in range(2):
        done = asking.post(f"{PATH}/send", "user", **hidden(form.text))
        assert done.status_code == 303
    (started,) = airflow.started
    assert started["conf"] == {"billing_month": "2015-06"}
    assert started["dag_run_id"].startswith(f"letters__2015-06__{hidden(form.text)['shown'][:12]}")
    page = asking(done.headers["location"].removeprefix(f"{PREFIX}/"), "user")
    assert f'href="/dags/tier_letters/runs/{started["dag_run_id"]}" data-airflow' in page.text
    assert {state for _, state, _ in states(world)} == {"approved", "undeliverable"}


def test_nothing_is_started_where_other_letters_can_be_sent_now(at: Any, airflow: AirflowWithRuns) -> None:
    world, asking = at(approved_world)
    form = hidden(asking(f"{PATH}/send", "user").text)
    with closing(sqlite3.connect(world.program_db)) as database, database:
        database.execute("UPDATE delivery SET status = 'rendered', approval_id = NULL WHERE partner_id = 'P2'")
    answer = asking.post(f"{PATH}/send", "user", **form)
    assert answer.status_code == 412
    assert airflow.started == []


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("may_start", 403, "Airflow does not let you start tier_letters"),
        ("is_known", 409, "Airflow does not know the DAG tier_letters yet"),
    ],
)
def test_what_airflow_refuses_is_said(at: Any, airflow: AirflowWithRuns, fault: str, status: int, words: str) -> None:
    _, asking = at(approved_world)
    setattr(airflow, fault, False)
    answer = asking.post(f"{PATH}/send", "user", **hidden(asking(f"{PATH}/send", "user").text))
    assert answer.status_code == status
    assert words in words_of(answer.text)


def test_a_run_that_is_under_way_is_shown_instead_of_a_button(at: Any, airflow: AirflowWithRuns) -> None:
    _, asking = at(approved_world)
    airflow.runs.append({"dag_run_id": "letters__1", "state": "queued", "conf": {"billing_month": "2015-06"}})
    airflow.is_paused = True
    page = asking(f"{PATH}/send", "user")
    assert "The run letters__1 is queued: it sends them. There is nothing to start." in words_of(page.text)
    assert "tier_letters is paused in Airflow" in words_of(page.text)
    assert "<form" not in page.text


def test_where_nothing_waits_there_is_nothing_to_send_or_to_approve(at: Any, airflow: AirflowWithRuns) -> None:
    _, asking = at(letters_world)
    page = asking(f"{PATH}/send", "user")
    assert "There is nothing to send 5 letters wait for an approval" in words_of(page.text)
    form = {"shown": page.text and "0" * 64, "asked_at": "1"}
    assert asking.post(f"{PATH}/send", "user", **form).status_code == 412
    asking.post(f"{PATH}/approve", "user", **checked(asking))
    assert asking(f"{PATH}/approve", "user").status_code == 409
    assert airflow.started == []


def resolved(asking: Asking, answer: str, *recipients: str) -> Any:
    """Go through form and check page of a resolution; return the check page."""
    form = asking(f"{PATH}/resolve/P1", "user")
    assert form.status_code == 200
    more: dict[str, Any] = {"answer": answer, "recipient": list(recipients)}
    return asking.post(f"{PATH}/resolve-check/P1", "user", reason=WHY, **hidden(form.text), **more)


@pytest.mark.parametrize(
    ("answer", "state", "kind"),
    [("accepted", "accepted", "letter arrived"), ("resend", "rendered", "letter to be sent again")],
)
def test_one_ambiguous_letter_is_resolved_once(at: Any, answer: str, state: str, kind: str) -> None:
    world, asking = at(sent_world)
    check = resolved(asking, answer, "ann@p1.example")
    assert "Nothing has happened yet" in words_of(check.text)
    assert states(world)[1][1] == "ambiguous"
    for _ in range(2):
        done = asking.post(f"{PATH}/resolve/P1", "user", **hidden(check.text))
        assert done.status_code == 303, words_of(done.text)
    assert [each[1] for each in states(world)[1:3]] == [state, "ambiguous"]
    assert WHY in str(states(world)[1][2])
    assert acts(world, kind) == [("user-person", WHY)]
    page = asking(done.headers["location"].removeprefix(f"{PREFIX}/"), "user")
    assert f"Done {kind} By user-person" in words_of(page.text)
    assert "@" not in done.headers["location"]


def test_a_letter_that_somebody_else_resolved_meanwhile_is_left_alone(at: Any) -> None:
    world, asking = at(sent_world)
    mine = hidden(resolved(asking, "resend", "ann@p1.example", "jo@p1.example").text)
    theirs = hidden(resolved(asking, "accepted", "ann@p1.example").text)
    assert asking.post(f"{PATH}/resolve/P1", "admin", **theirs).status_code == 303
    answer = asking.post(f"{PATH}/resolve/P1", "user", **mine)
    assert answer.status_code == 412
    assert [each[1] for each in states(world)[1:3]] == ["accepted", "ambiguous"]


def test_what_cannot_be_said_of_a_letter_is_refused(at: Any) -> None:
    world, asking = at(sent_world)
    before = states(world)
    answer = resolved(asking, "never_came", "ann@p1.example")
    assert answer.status_code == 409
    assert "It never came cannot be said of ann@p1.example" in words_of(answer.text)
    form = {**hidden(asking(f"{PATH}/resolve/P1", "user").text), "reason": WHY, "answer": "accepted"}
    answer = asking.post(f"{PATH}/resolve/P1", "user", **form, recipient=["ann@p1.example", "nobody@p1.example"])
    assert answer.status_code == 409
    assert states(world) == before


def test_letters_to_resolve_are_offered_with_what_can_be_said(at: Any) -> None:
    _, asking = at(sent_world)
    page = asking(f"{PATH}/resolve/P1", "user")
    assert re.findall(r'name="answer" value="(\w+)"', page.text) == ["accepted", "resend"]
    assert re.findall(r'name="recipient" value="([^"]+)"', page.text) == ["ann@p1.example", "jo@p1.example"]
    assert "There is nothing to resolve" in words_of(asking(f"{PATH}/resolve/P2", "user").text)

"""Disputes on pages: opened, answered and withdrawn by form, last look and act, once, by who may."""

from pathlib import Path
from typing import Any

import pytest

from partner_program.usecases.acts import list_acts
from partner_program.usecases.disputes import find_dispute
from tests.page.asking import PREFIX, Asking
from tests.page.small_world import small_world
from tests.page.test_benefits import hidden
from tests.page.test_pages import words_of
from tests.worlds import World

DISPUTE = "P1-2015-07-1"
LINE = {"month": "2015-07", "about": "line", "entity": "NL", "subject_id": "L17", "reason": "of August <b>"}


@pytest.fixture
def own(ask: Asking, shown: Any, tmp_path: Path) -> World:
    """A world of this test's own, which the pages show."""
    assert ask  # before this, which points the pages elsewhere
    world = World(tmp_path)
    world.become(small_world)
    shown(world)
    return world


def test_today_and_the_partners_page_lead_to_the_answer(ask: Asking) -> None:
    link = f'href="{PREFIX}/disputes/answer/{DISPUTE}"'
    assert link in ask(role="user").text
    assert link in ask("partners/P1", "user").text
    assert link not in ask("partners/P1", "viewer").text
    said = words_of(ask(f"disputes/answer/{DISPUTE}").text)
    assert "account NL/A1 of July 2015" in said
    assert "a cent is missing" in said


@pytest.mark.usefixtures("own")
def test_all_that_are_open_stand_in_one_list(ask: Asking) -> None:
    for _ in range(2):
        ask.post("disputes/open/P2", "user", **LINE)
    answer = ask("disputes")
    said = words_of(answer.text)
    assert "2 disputes are open" in said
    assert "line NL/L17 of July 2015" in said
    assert "of August <b>" in said
    for link in (f"disputes/answer/{DISPUTE}", "disputes/answer/P2-2015-07-1", "partners/P2", "months/2015-07"):
        assert f'href="{PREFIX}/{link}"' in answer.text
    assert "No dispute is open for this manager's partners" in words_of(ask("disputes?manager=nobody").text)
    ask.post(f"disputes/withdraw/{DISPUTE}", "user", reason="found it")
    assert "1 dispute is open" in words_of(ask("disputes").text)


@pytest.mark.usefixtures("own")
def test_today_leads_to_the_list_where_more_are_due_than_it_names(ask: Asking) -> None:
    for number in range(20):
        ask.post("disputes/open/P2", "user", **(LINE | {"subject_id": f"L{number}"}))
    text = ask(role="user").text
    assert "1 more dispute is due" in words_of(text)
    assert f'<a class="what" href="{PREFIX}/disputes">1 more dispute is due</a>' in text


def test_a_dispute_is_opened_once_after_its_due_day_was_shown(ask: Asking, own: World) -> None:
    look = ask.post("disputes/open-check/P2", "user", **LINE)
    said = words_of(look.text)
    assert "line NL/L17 of July 2015" in said
    assert "An answer is due" in said
    assert list_acts(own.installation, "P2")[0].kind == "benefit requested"
    for _ in range(2):
        done = ask.post("disputes/open/P2", "user", **LINE)
        assert done.headers["location"] == f"{PREFIX}/disputes/open-done/P2-2015-07-1"
    after = words_of(ask("disputes/open-done/P2-2015-07-1").text)
    assert "dispute opened" in after
    assert "user-person" in after
    assert [act.kind for act in list_acts(own.installation, "P2")].count("dispute opened") == 1


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        ({"about": "account", "subject_id": "A9"}, 409, "account NL/A9 was never linked to partner P2"),
        ({"month": "2015-09"}, 404, "2015-09"),
        ({"month": "July"}, 422, "expected YYYY-MM"),
        ({"about": "invoice"}, 422, "Choose one of"),
        ({"subject_id": ""}, 422, "Give the id"),
        ({"reason": " "}, 422, "Say why"),
    ],
)
def test_what_cannot_be_disputed_is_said_with_what_was_typed(
    ask: Asking, own: World, changed: dict[str, str], status: int, says: str
) -> None:
    for address in ("open-check", "open"):
        answer = ask.post(f"disputes/{address}/P2", "user", **{**LINE, **changed})
        assert (answer.status_code, says in words_of(answer.text)) == (status, True)
        if status != 404 and "reason" not in changed:
            assert "of August &lt;b&gt;</textarea>" in answer.text
    assert [act.kind for act in list_acts(own.installation, "P2")] == ["benefit requested"]


@pytest.mark.parametrize(("verdict", "runs_again"), [("accepted", True), ("rejected", False)])
def test_an_answer_says_what_has_to_happen_next(ask: Asking, own: World, verdict: str, runs_again: bool) -> None:
    typed = {"verdict": verdict, "reason": "looked at the invoice"}
    look = ask.post(f"disputes/answer-check/{DISPUTE}", "user", **typed)
    assert f"answered: {verdict}; no result changes by it" in words_of(look.text)
    assert find_dispute(own.installation, DISPUTE).state == "open"
    done = ask.post(f"disputes/answer/{DISPUTE}", "user", **hidden(look.text))
    after = words_of(ask(done.headers["location"].removeprefix(f"{PREFIX}/")).text)
    assert "A person tells the partner" in after
    assert ("proposes a restatement" in after) is runs_again
    step = find_dispute(own.installation, DISPUTE).steps[-1]
    assert (step.act, step.verdict, step.done_by) == ("answered", verdict, "user-person")
    assert ask.post(f"disputes/answer/{DISPUTE}", "user", **typed).status_code == 303
    other = ask.post(f"disputes/answer/{DISPUTE}", "op", **typed)
    assert other.status_code == 409
    assert "was already answered" in words_of(other.text)
    late = ask.post(f"disputes/withdraw/{DISPUTE}", "user", reason="never mind")
    assert late.status_code == 409
    assert "A new dispute can be opened" in words_of(ask(f"disputes/answer/{DISPUTE}", "user").text)
    assert len(find_dispute(own.installation, DISPUTE).steps) == 2


def test_a_dispute_is_withdrawn_with_a_reason(ask: Asking, own: World) -> None:
    assert ask.post(f"disputes/withdraw/{DISPUTE}", "user", reason="").status_code == 422
    assert ask.post(f"disputes/withdraw/{DISPUTE}", "user", reason="found it").status_code == 303
    assert find_dispute(own.installation, DISPUTE).state == "withdrawn"


def test_an_answer_without_a_verdict_is_none(ask: Asking, own: World) -> None:
    answer = ask.post(f"disputes/answer/{DISPUTE}", "user", reason="hm")
    assert answer.status_code == 422
    assert 'href="#verdict"' in answer.text
    assert find_dispute(own.installation, DISPUTE).state == "open"


def test_a_viewer_sees_who_could_and_changes_nothing(ask: Asking, own: World) -> None:
    for address, typed in (
        ("disputes/open/P2", LINE),
        (f"disputes/answer/{DISPUTE}", {"verdict": "rejected", "reason": "no"}),
        (f"disputes/withdraw/{DISPUTE}", {"reason": "no"}),
    ):
        assert "Who could: whoever may answer" in words_of(ask(address).text)
        assert ask.post(address, "viewer", **typed).status_code == 403
    assert find_dispute(own.installation, DISPUTE).state == "open"
    assert [act.kind for act in list_acts(own.installation, "P2")] == ["benefit requested"]

"""What people decide about a month: each act looked at twice, done once, on record, and refused where it moved."""

import re
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from partner_program.airflow_steps.book_text import book_text
from partner_program.domain.acts import (
    BRAKE_RELEASED,
    MONTH_SIGNED,
    RATES_APPROVED,
    RATES_REFUSED,
    RESTATEMENT_ACCEPTED,
    RESTATEMENT_REJECTED,
)
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import BrakeOn, RatesWait
from partner_program.usecases.desk import restatements
from partner_program.usecases.desk.month import month_overview
from partner_program.usecases.installation import PROJECT
from partner_program.usecases.month.approval import month_book
from partner_program.usecases.month.inputs import MonthRequest
from tests.page.airflow_runs import AirflowWithRuns
from tests.page.asking import PREFIX, Asking
from tests.page.errands import ended
from tests.page.test_pages import words_of
from tests.programs import approving_rates
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, three_partners
from tests.worlds import World, settle_installed

AUGUST_3 = date(2015, 8, 3)


@pytest.fixture
def june(ask: Asking, shown: Any, tmp_path: Path) -> World:
    """June in force for three partners; nothing else."""
    assert ask().status_code == 200
    world = june_in_force(World(tmp_path))
    shown(world)
    return world


def shown_hash(answer: Any) -> str:
    """The hash that a form sends along."""
    found = re.search(r'name="shown" value="([^"]*)"', answer.text)
    assert found, answer.text[:2000]
    return found[1]


def acts_of(world: World, kind: str) -> list[Any]:
    """Who did acts of a kind, and why."""
    return world.rows("SELECT done_by, reason FROM act WHERE kind = ?", kind)


def act(ask: Asking, path: str, role: str = "op", **form: str) -> Any:
    """Go through an act as a person does: the form, the check page, the act; return the last answer."""
    shown = shown_hash(ask(path, role))
    checked = ask.post(f"{path}/check", role, shown=shown, **form)
    assert checked.status_code == 200, words_of(checked.text)
    assert "Nothing has happened yet" in checked.text
    return ask.post(path, role, shown=shown, **form)


def stopped_by_the_brake(world: World) -> World:
    """July would move NL's total by far more than the brake allows."""
    world.bill("A3", JULY, 90_000_00)
    world.close(JULY)
    with pytest.raises(BrakeOn):
        settle_installed(world.installation, MonthRequest(BillingMonth.parse(JULY), AUGUST_3, started_by="pat"))
    return world


def test_the_brake_is_released_once_by_name_and_with_a_reason(ask: Asking, june: World) -> None:
    stopped_by_the_brake(june)
    assert "Look at July 2015: the brake stopped it" in words_of(ask(role="op").text)
    assert "total" in words_of(ask("months/2015-07", "op").text)
    done = act(ask, "months/2015-07/brake", reason="a big customer moved here")
    assert done.status_code == 303
    assert done.headers["location"] == f"{PREFIX}/months/2015-07/brake/done"
    said = words_of(ask("months/2015-07/brake/done", "op").text)
    assert "op-person" in said
    assert "Run the month again" in said
    assert acts_of(june, BRAKE_RELEASED) == [("op-person", "a big customer moved here")]
    again = ask("months/2015-07/brake", "op")
    assert again.status_code == 404
    assert "Run July 2015 again" in words_of(ask(role="op").text)


def test_a_brake_that_stopped_something_else_meanwhile_is_not_released(ask: Asking, june: World) -> None:
    stopped_by_the_brake(june)
    shown = shown_hash(ask("months/2015-07/brake", "op"))
    june.bill("A3", JULY, 50_000_00)
    june.close(JULY)
    with pytest.raises(BrakeOn):
        settle_installed(june.installation, MonthRequest(BillingMonth.parse(JULY), AUGUST_3, started_by="pat"))
    answer = ask.post("months/2015-07/brake", "op", shown=shown, reason="looked at it")
    assert answer.status_code == 412
    assert "look at it again" in words_of(answer.text)
    assert acts_of(june, BRAKE_RELEASED) == []


def test_a_check_page_that_is_loaded_again_leads_to_its_form(ask: Asking, june: World) -> None:
    assert june.program_db.exists()
    answer = ask("months/2015-06/sign/check", "op")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PREFIX}/months/2015-06/sign")


@pytest.mark.parametrize("path", ["brake", "rates", "restatement", "sign"])
@pytest.mark.parametrize("role", ["viewer", "user"])
def test_who_may_not_decide_is_told_who_could(ask: Asking, june: World, path: str, role: str) -> None:
    for step in (f"months/2015-07/{path}/check", f"months/2015-07/{path}"):
        answer = ask.post(step, role, shown="0" * 64, reason="I want to", answer="accept")
        assert answer.status_code == 403
        assert "Who could" in words_of(answer.text)
    assert june.rows("SELECT count(*) FROM act WHERE done_by LIKE '%-person'") == [(0,)]


@pytest.mark.parametrize("missing", ["shown", "reason"])
def test_a_form_without_its_hash_or_reason_does_nothing(ask: Asking, june: World, missing: str) -> None:
    stopped_by_the_brake(june)
    form = {"shown": shown_hash(ask("months/2015-07/brake", "op")), "reason": "because"}
    del form[missing]
    assert ask.post("months/2015-07/brake", "op", **form).status_code == 422
    assert acts_of(june, BRAKE_RELEASED) == []


def test_a_month_is_signed_as_it_was_shown_when_nothing_is_open(ask: Asking, june: World) -> None:
    said = words_of(ask("months/2015-06/sign", "op").text)
    assert "It cannot be signed yet" in said
    assert "not delivered" in said
    assert "<textarea" not in ask("months/2015-06/sign", "op").text
    decided = month_overview(june.installation, BillingMonth.parse(JUNE)).decided
    assert decided is not None
    refused = ask.post("months/2015-06/sign", "op", shown=decided.decision_hash, reason="books closed")
    assert refused.status_code == 409
    assert acts_of(june, MONTH_SIGNED) == []
    answer = ask.post("months/2015-06/sign", "op", shown="f" * 64, reason="books closed")
    assert answer.status_code == 412


def test_a_restatement_is_shown_partner_by_partner_and_rejected(ask: Asking, june: World) -> None:
    june.bill("A1", JUNE, 4_000_00)
    june.close(JUNE)
    settle_installed(june.installation, MonthRequest(BillingMonth.parse(JUNE), AUGUST_3, started_by="pat"))
    page = words_of(ask("months/2015-06/restatement", "op").text)
    assert "P1" in page
    assert "6,000.00" in page
    assert "Decide about the restatement of June 2015" in words_of(ask(role="op").text)
    assert act(ask, "months/2015-06/restatement", reason="entered twice", answer="reject").status_code == 303
    assert acts_of(june, RESTATEMENT_REJECTED) == [("op-person", "entered twice")]
    assert ask("months/2015-06/restatement", "op").status_code in (404, 409)


def test_a_restatement_that_is_accepted_is_the_next_revision(ask: Asking, june: World) -> None:
    june.bill("A1", JUNE, 4_000_00)
    june.close(JUNE)
    settle_installed(june.installation, MonthRequest(BillingMonth.parse(JUNE), AUGUST_3, started_by="pat"))
    assert act(ask, "months/2015-06/restatement", reason="late invoice", answer="accept").status_code == 303
    assert june.result(JUNE, "P1")["mrr_eur_cents"] == 6_000_00
    assert "revision 2" in words_of(ask("months/2015-06").text)


@pytest.fixture
def many(june: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A restatement of a programme with more partners than a page decides about itself."""
    june.bill("A1", JUNE, 4_000_00)
    june.close(JUNE)
    settle_installed(june.installation, MonthRequest(BillingMonth.parse(JUNE), AUGUST_3, started_by="pat"))
    monkeypatch.setattr(restatements, "AT_ONCE", 2)
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    return june


def worked_out(ask: Asking) -> Any:
    """The page of the restatement once it is known what accepting it does."""
    assert ask.post("months/2015-06/restatement/work-out", "op").status_code == 303
    for _ in range(600):
        page = ask("months/2015-06/restatement", "op")
        if "data-again" not in page.text:
            return page
        time.sleep(0.1)
    raise AssertionError(words_of(page.text))


def test_with_many_partners_a_restatement_is_worked_out_and_accepted_by_a_process_apart(
    ask: Asking, many: World
) -> None:
    first = ask("months/2015-06/restatement", "op")
    assert "is not worked out yet" in words_of(first.text)
    assert "P1" in words_of(first.text)
    assert 'value="accept"' not in first.text
    form = {"shown": shown_hash(first), "reason": "late invoice", "answer": "accept"}
    assert ask.post("months/2015-06/restatement/check", "op", **form).status_code == 409
    assert ask.post("months/2015-06/restatement/work-out", "user").status_code == 403
    page = worked_out(ask)
    said = words_of(page.text)
    assert "Accepted today: 1 partner restated" in said
    assert "Worked out" in said
    assert 'value="accept"' in page.text
    assert "1 partner restated" in words_of(ask.post("months/2015-06/restatement/check", "op", **form).text)
    old = ask.post("months/2015-06/restatement", "op", **{**form, "shown": "0" * 64})
    assert old.status_code == 412
    one, two = (ask.post("months/2015-06/restatement", "op", **form) for _ in range(2))
    assert one.headers["location"] == two.headers["location"]
    assert "June 2015: revision 2, 1 partner restated" in ended(ask, one)
    assert many.result(JUNE, "P1")["mrr_eur_cents"] == 6_000_00
    assert acts_of(many, RESTATEMENT_ACCEPTED) == [("op-person", "late invoice")]


def test_what_cannot_be_accepted_is_said_by_the_errand_and_can_be_worked_out_again(ask: Asking, many: World) -> None:
    many.tables["partners"][0]["status"] = "suspended"  # P1, which the proposal is about
    many.load()
    for _ in range(2):
        page = worked_out(ask)
        assert "It cannot be accepted today." in words_of(page.text)
        assert "Work it out again" in words_of(page.text)
        assert 'value="accept"' not in page.text
    form = {"shown": shown_hash(page), "reason": "no", "answer": "reject"}
    assert ask.post("months/2015-06/restatement", "op", **form).status_code == 303
    assert acts_of(many, RESTATEMENT_REJECTED) == [("op-person", "no")]


def test_rates_are_approved_by_somebody_else_than_who_ran_the_month(ask: Asking, shown: Any, tmp_path: Path) -> None:
    world = three_partners(World(tmp_path))
    shown(world)
    file = tmp_path / "2015-07-27.yaml"
    file.write_text(approving_rates())
    with pytest.raises(RatesWait):
        world.settle(JUNE, on=GO_LIVE, program_file=file, started_by="op-person")
    assert "Approve the rates of June 2015" in words_of(ask(role="admin").text)
    page = ask("months/2015-06/rates", "op")
    asked_by_airflow = book_text(month_book(world.installation, BillingMonth.parse(JUNE)))
    assert f"(plugin/partners{PREFIX}/months/2015-06/rates)" in asked_by_airflow
    assert "You started this run" in words_of(page.text)
    own = ask.post("months/2015-06/rates", "op", shown=shown_hash(page), reason="mine", answer="accept")
    assert own.status_code == 409
    assert act(ask, "months/2015-06/rates", "admin", reason="looked", answer="accept").status_code == 303
    assert acts_of(world, RATES_APPROVED) == [("admin-person", "looked")]
    assert ask.post("months/2015-06/rates", "admin", shown="0" * 64, reason="x", answer="accept").status_code == 412


@pytest.fixture
def waiting(airflow: AirflowWithRuns, desk: Any, shown: Any, tmp_path: Path) -> tuple[World, Asking, str]:
    """June's rates wait, and a run of June asks about them; the third is their hash."""
    world = three_partners(World(tmp_path))
    shown(world)
    file = tmp_path / "2015-07-27.yaml"
    file.write_text(approving_rates())
    with pytest.raises(RatesWait):
        world.settle(JUNE, on=GO_LIVE, program_file=file, started_by="pat")
    decision_hash = month_book(world.installation, BillingMonth.parse(JUNE)).decision_hash
    airflow.asking_about_rates("monthly_tier_assignment", "other", "0" * 64)
    airflow.asking_about_rates("migration_2015", "manual__1", decision_hash)
    return world, airflow.around(desk), decision_hash


@pytest.fixture
def airflow() -> AirflowWithRuns:
    """An Airflow without a run."""
    return AirflowWithRuns()


@pytest.mark.parametrize(
    ("answer", "option", "kind"), [("accept", "Approve", RATES_APPROVED), ("reject", "Reject", RATES_REFUSED)]
)
def test_the_run_that_asks_about_just_these_rates_gets_the_answer(
    waiting: tuple[World, Asking, str], airflow: AirflowWithRuns, answer: str, option: str, kind: str
) -> None:
    world, asking, shown = waiting
    assert "The run manual__1 waits for this answer." in words_of(asking("months/2015-06/rates", "op").text)
    form = {"shown": shown, "reason": "looked", "answer": answer}
    assert "the run manual__1" in words_of(asking.post("months/2015-06/rates/check", "op", **form).text)
    assert airflow.answered == []
    done = asking.post("months/2015-06/rates", "op", **form)
    assert airflow.answered == [("manual__1", {"chosen_options": [option], "params_input": {"reason": "looked"}})]
    assert acts_of(world, kind) == [("op-person", "looked")]
    page = asking(done.headers["location"].removeprefix(f"{PREFIX}/"), "op")
    assert "The run that asked has this answer" in words_of(page.text)
    if answer == "accept":  # sent again, it is the same answer, and no run is asked twice
        assert asking.post("months/2015-06/rates", "op", **form).status_code == 303
        assert len(airflow.answered) == len(acts_of(world, kind)) == 1


def test_an_answer_that_airflow_does_not_take_is_on_record_and_the_page_says_that_the_run_waits(
    waiting: tuple[World, Asking, str], airflow: AirflowWithRuns
) -> None:
    world, asking, shown = waiting
    airflow.may_answer = False
    done = asking.post("months/2015-06/rates", "op", shown=shown, reason="looked", answer="accept")
    assert acts_of(world, RATES_APPROVED) == [("op-person", "looked")]
    page = asking(done.headers["location"].removeprefix(f"{PREFIX}/"), "op")
    assert "it still waits under Required Actions" in words_of(page.text)


def test_an_answer_that_is_refused_here_reaches_no_run(
    waiting: tuple[World, Asking, str], airflow: AirflowWithRuns
) -> None:
    _, asking, _ = waiting
    moved = asking.post("months/2015-06/rates", "op", shown="f" * 64, reason="looked", answer="accept")
    assert (moved.status_code, airflow.answered) == (412, [])


def test_where_the_settings_name_who_answers_about_rates_nobody_else_does_it_here(
    waiting: tuple[World, Asking, str], airflow: AirflowWithRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, asking, shown = waiting
    monkeypatch.setenv("PARTNER_PROGRAM_APPROVERS", "kim, admin-person")
    form = {"shown": shown, "reason": "looked", "answer": "accept"}
    for step in ("months/2015-06/rates/check", "months/2015-06/rates"):
        refused = asking.post(step, "op", **form)
        assert refused.status_code == 403
        assert "Who could: of those who may change Airflow's variables: kim, admin-person" in words_of(refused.text)
    assert "<button>" not in asking("months/2015-06/rates", "op").text
    assert (acts_of(world, RATES_APPROVED), airflow.answered) == ([], [])
    assert asking.post("months/2015-06/rates", "admin", **form).status_code == 303
    assert acts_of(world, RATES_APPROVED) == [("admin-person", "looked")]

"""Partners are suspended, ended, let go on and moved to another manager on pages, by a process apart."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from partner_program.usecases.acts import list_acts
from tests.page.asking import PREFIX, Asking
from tests.page.errands import done, ended, looked_at
from tests.page.small_world import NAME_WITH_MARKUP
from tests.page.test_pages import words_of
from tests.worlds import World

WHY = {"reason": "abuse <b>reports</b>"}


def in_file(world: World, name: str, column: str) -> dict[str, str]:
    with (world.folder / "registry" / name).open(newline="", encoding="utf-8") as file:
        return {row["partner_id"]: row[column] for row in csv.DictReader(file)}


def statuses(world: World) -> tuple[str, str]:
    """P1's status in the database and in the file."""
    return world.rows("SELECT status FROM partner WHERE partner_id = 'P1'")[0][0], in_file(
        world, "partners.csv", "status"
    )["P1"]


def test_a_partner_is_suspended_and_let_go_on_with_its_rates_and_the_file(ask: Asking, with_registry: World) -> None:
    day = str(date.today() + timedelta(days=3))  # noqa: DTZ011 - any day to come
    assert f'href="{PREFIX}/partner/suspend/P1"' in ask("partners/P1", "op").text
    assert "partner/suspend" not in ask("partners/P1", "user").text
    sent = looked_at(ask, "partner/suspend", "P1", day=day, **WHY)
    assert statuses(with_registry) == ("authorized", "authorized")
    first = ask.post("partner/suspend/P1", "op", **sent)
    again = ask.post("partner/suspend/P1", "op", **sent)
    assert first.headers["location"] == again.headers["location"]
    said = ended(ask, first)
    assert f"Done. P1: authorized -> suspended; new orders: tier none from {day}" in said
    assert "publish_rates" not in said
    assert statuses(with_registry) == ("suspended", "suspended")
    acts = [(act.kind, act.done_by, act.reason) for act in list_acts(with_registry.installation, "P1")]
    assert acts[0] == ("partner suspended", "op-person", WHY["reason"])
    assert [kind for kind, *_ in acts].count("partner suspended") == 1
    assert f'href="{PREFIX}/partner/resume/P1"' in ask("partners/P1", "op").text
    assert "It is suspended." in words_of(ask("partner/suspend/P1", "op").text)
    assert "P1: suspended -> authorized" in done(ask, "partner/resume", "P1", reason="answered")
    assert statuses(with_registry) == ("authorized", "authorized")


def test_a_day_that_has_passed_is_refused_at_the_form(ask: Asking, with_registry: World) -> None:
    answer = ask.post("partner/end-check/P1", "op", day="2015-08-01", **WHY)
    assert answer.status_code == 409
    assert "2015-08-01 has passed" in words_of(answer.text)
    assert 'value="2015-08-01"' in answer.text
    assert statuses(with_registry) == ("authorized", "authorized")


def test_a_file_that_was_changed_by_hand_is_refused_by_the_errand(ask: Asking, with_registry: World) -> None:
    path = with_registry.folder / "registry" / "partners.csv"
    path.write_text(path.read_text().replace("Third Company", "Another Company"))
    said = done(ask, "partner/end", "P1", day=str(with_registry.installation.today()), **WHY)
    assert "It was refused." in said
    assert "1 row differs" in said
    assert statuses(with_registry) == ("authorized", "authorized")


def test_without_the_last_look_nothing_is_begun(ask: Asking, with_registry: World) -> None:
    for key in ({}, {"errand": "../../x"}, {"errand": "A" * 32}):
        answer = ask.post("partner/suspend/P1", "op", day=str(with_registry.installation.today()), **WHY, **key)
        assert answer.status_code == 422
    assert not (with_registry.installation.out / "errands").exists()


def test_an_api_server_without_the_registry_says_so(
    ask: Asking, with_registry: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sent = looked_at(ask, "partner/suspend", "P1", day=str(with_registry.installation.today()), **WHY)
    monkeypatch.setenv("PARTNER_PROGRAM_REGISTRY", str(tmp_path / "elsewhere"))
    assert "which is no folder on this machine" in words_of(ask("partner/suspend/P1", "op").text)
    monkeypatch.delenv("PARTNER_PROGRAM_REGISTRY")
    for address in ("partner/suspend/P1", "managers/assign/M1", "applications/accept/new"):
        said = words_of(ask(address, "op").text)
        assert "PARTNER_PROGRAM_REGISTRY is not set" in said
        assert "partner-program does the same with --into" in said
    assert "It was refused." in ended(ask, ask.post("partner/suspend/P1", "op", **sent))
    assert statuses(with_registry) == ("authorized", "authorized")


def test_partners_move_to_another_manager(ask: Asking, with_registry: World) -> None:
    page = words_of(ask("managers", "user").text)
    assert "Pat M1 5" in page
    assert "Kim <i> M2 0" in page
    sent = looked_at(ask, "managers/assign", "M1", "user", to="M2", only="P1, P/5", reason="a trip")
    assert in_file(with_registry, "partners.csv", "account_manager_id")["P1"] == "M1"
    said = ended(ask, ask.post("managers/assign/M1", "user", **sent), "user")
    assert "2 partners moved from M1 to M2" in said
    assert "P/5, P1" in said or "P1, P/5" in said
    assert {k: v for k, v in in_file(with_registry, "partners.csv", "account_manager_id").items() if v == "M2"} == {
        "P1": "M2",
        "P/5": "M2",
    }
    wrong = ask.post("managers/assign-check/M1", "user", to="M2", only="P1 P9", reason="x")
    assert wrong.status_code == 409
    assert "partner P9 is not in the registry; partner P1 is with M2, not with M1" in words_of(
        wrong.text
    ) or "partner P1 is with M2, not with M1; partner P9 is not in the registry" in words_of(wrong.text)
    assert ask("managers/assign/M9", "user").status_code == 404


@pytest.mark.parametrize(
    ("address", "role"),
    [
        ("partner/suspend/P1", "user"),
        ("partner/resume/P1", "user"),
        ("managers/assign/M1", "viewer"),
        ("applications/accept/new", "user"),
        ("erase/contact/P1", "user"),
        ("erase/person/staff", "user"),
    ],
)
def test_who_may_not_is_told_who_could_and_begins_nothing(
    ask: Asking, with_registry: World, address: str, role: str
) -> None:
    if "resume" not in address and "erase" not in address:
        assert "Who could" in words_of(ask(address, role).text)
    act, _, subject = address.rpartition("/")
    for step in ("", "-check", "-form"):
        assert ask.post(f"{act}{step}/{subject}", role, errand="0" * 32, reason="x").status_code == 403
    assert not (with_registry.installation.out / "errands").exists()


def test_a_hostile_name_is_harmless_on_the_forms(ask: Asking, with_registry: World) -> None:
    for address in ("partner/suspend/P1", "erase/contact/P1"):
        text = ask(address, "op").text
        assert NAME_WITH_MARKUP not in text
        assert "&lt;b&gt;" in text
    assert "Kim <i>" not in ask("managers", "op").text
    assert with_registry.program_db.exists()


@pytest.mark.parametrize("key", ["0" * 32, "x", "../working", "0" * 31 + "\N{ARABIC-INDIC DIGIT THREE}"])
def test_an_errand_that_is_none_is_not_there(ask: Asking, with_registry: World, key: str) -> None:
    assert ask(f"errands/{key}").status_code == 404
    assert with_registry.program_db.exists()

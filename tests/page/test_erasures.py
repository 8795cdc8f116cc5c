"""Erasing a person on a page: out of the registry, the record and the files, and out of what the page itself keeps."""

from pathlib import Path

import pytest

from tests.page.asking import PREFIX, Asking
from tests.page.errands import done
from tests.page.test_pages import words_of
from tests.worlds import World

ADDRESS = "jo@p1.example"


def everywhere(world: World, what: str) -> list[str]:
    """The files below the world that hold a text, in whatever case."""
    wanted = what.casefold().encode()
    own = (world.folder / "out", world.folder / "registry")
    paths: list[Path] = [path for folder in own for path in sorted(folder.rglob("*")) if path.is_file()]
    found = [str(path.relative_to(world.folder)) for path in paths if wanted in path.read_bytes().lower()]
    return found + [line for line in world.dump() if what.casefold() in line.casefold()]


def test_a_contact_is_erased_and_the_page_does_not_keep_the_address(ask: Asking, with_registry: World) -> None:
    assert everywhere(with_registry, ADDRESS)
    link = f'href="{PREFIX}/erase/contact/P1"'
    assert link in ask("partners/P1", "op").text
    assert link not in ask("partners/P1", "user").text
    assert f'<option value="{ADDRESS}">' in ask("erase/contact/P1", "op").text
    said = done(ask, "erase/contact", "P1", address=ADDRESS.upper(), reason=f"{ADDRESS} asked")
    assert "Done. erased-" in said
    assert "stands for this person now, in 1 row of the registry" in said
    assert everywhere(with_registry, ADDRESS) == []
    assert with_registry.rows("SELECT done_by FROM act WHERE kind = 'person erased' AND partner_id = 'P1'") == [
        ("op-person",)
    ]


def test_who_is_nowhere_is_refused_without_the_name(ask: Asking, with_registry: World) -> None:
    said = done(ask, "erase/contact", "P1", address="nobody@p1.example", reason="asked")
    assert "nothing names this person" in said
    assert everywhere(with_registry, "nobody@p1.example") == []


@pytest.mark.usefixtures("with_registry")
def test_a_manager_is_refused_and_the_refusal_does_not_keep_the_name(ask: Asking) -> None:
    said = done(ask, "erase/person", "staff", name="kim <I>", also="ssmit", reason="left")
    assert "It was refused. this person is partner manager M2" in said


def test_one_of_the_staff_leaves_the_record(ask: Asking, with_registry: World) -> None:
    with_registry.tables["account_managers"][0]["name"] = "Lee"  # pat is a partner manager no more
    with_registry.load()
    page = ask("acts", "op")
    assert f'href="{PREFIX}/erase/person/staff"' in page.text
    said = done(ask, "erase/person", "staff", name="pat", reason="left us")
    assert "stands for this person now" in said
    assert with_registry.rows("SELECT count(*) FROM act WHERE done_by = 'pat'") == [(0,)]


@pytest.mark.usefixtures("with_registry")
def test_without_a_key_or_a_registry_the_page_says_so(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARTNER_PROGRAM_REGISTRY")
    assert "erased by partner-program erase contact" in words_of(ask("erase/contact/P1", "op").text)
    said = done(ask, "erase/contact", "P1", address=ADDRESS, reason="asked")
    assert "It was refused. this person is a contact of P1" in said
    assert "PARTNER_PROGRAM_REGISTRY" in said
    monkeypatch.delenv("AIRFLOW_CONN_PSEUDONYMS")
    assert "Nobody can be erased here: connection pseudonyms" in words_of(ask("erase/person/staff", "op").text)


def test_half_a_form_and_an_address_that_is_no_page(ask: Asking, with_registry: World) -> None:
    assert ask.post("erase/contact-check/P1", "op", address="", reason="x").status_code == 422
    assert ask.post("erase/person-check/staff", "op", name="x", reason="").status_code == 422
    assert ask("erase/contact/P99", "op").status_code == 404
    assert ask("erase/person/other", "op").status_code == 404
    assert with_registry.program_db.exists()

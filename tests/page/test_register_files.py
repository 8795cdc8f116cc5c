"""A register that is too large to be made in the server: made by a process apart, kept while the month is as it was."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from partner_program.usecases.desk import register_files
from partner_program.usecases.installation import PROJECT
from tests.page.asking import Asking
from tests.page.small_world import JUNE, small_world
from tests.page.test_pages import words_of
from tests.page.test_what_if import finished
from tests.worlds import World

FILE, PAGE = f"months/{JUNE}/register.csv", f"months/{JUNE}/register/csv"


@pytest.fixture
def large(ask: Asking, shown: Any, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world that counts as large."""
    assert ask
    world = small_world(World(tmp_path_factory.mktemp("large")))
    shown(world)
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    monkeypatch.setattr(register_files, "AT_ONCE", 2)
    return world


def test_a_large_register_is_made_apart_kept_and_made_anew_once_something_changed(
    ask: Asking, large: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = ask(FILE)
    assert begun.status_code == 303
    assert begun.headers["location"].endswith(PAGE)
    assert "Take it" in words_of(finished(ask, PAGE).text)
    taken = ask(FILE)
    assert taken.headers["content-disposition"] == f'attachment; filename="register-{JUNE}.csv"'
    assert {each.stat().st_mode & 0o077 for each in (large.installation.out / "registers").rglob("*")} == {0}
    with closing(sqlite3.connect(large.program_db)) as connection, connection:
        connection.execute("UPDATE partner SET company_name = 'Another name' WHERE partner_id = 'P1'")
    assert "the month has changed since" in words_of(ask(PAGE).text)
    assert ask(FILE).status_code == 303
    finished(ask, PAGE)
    anew = ask(FILE)
    assert b"Another name" in anew.content
    monkeypatch.setattr(register_files, "AT_ONCE", 2_000)
    assert ask(FILE).content == anew.content


def test_a_workbook_is_made_anew_after_some_minutes_for_it_has_more_than_the_months_rows(
    ask: Asking, large: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert large
    book, page = f"months/{JUNE}/register.xlsx", f"months/{JUNE}/register/xlsx"
    assert ask(book).status_code == 303
    finished(ask, page)
    assert ask(book).content[:2] == b"PK"
    monkeypatch.setattr(register_files, "WORKBOOK_SECONDS", 0)
    assert ask(book).status_code == 303
    finished(ask, page)


def test_a_month_that_was_not_run_has_no_register(ask: Asking, large: World) -> None:
    assert large
    assert ask("months/2015-09/register.csv").status_code == 404
    assert ask("months/2015-09/register/xlsx").status_code == 404
    assert ask(f"months/{JUNE}/register.exe").status_code == 422

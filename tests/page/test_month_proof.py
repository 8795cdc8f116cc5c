"""The proof of a month from its page: written by a process apart, on record, served as it is, and it verifies."""

import json
import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from partner_program.adapters.process_apart import start_apart, who_works
from partner_program.adapters.proofs.keys import KEY_VARIABLE
from partner_program.domain.acts import PROOF_WRITTEN
from partner_program.usecases.desk.apart import State, write_state
from partner_program.usecases.desk.work_apart import WorkApart
from partner_program.usecases.installation import PROJECT
from partner_program.usecases.proofs.keys import new_key
from partner_program.usecases.proofs.verify import verify_proof
from tests.page.asking import Asking
from tests.page.small_world import JUNE, small_world
from tests.page.test_pages import words_of
from tests.page.test_what_if import asleep, finished
from tests.worlds import World

PAGE, FILE = f"months/{JUNE}/proof", f"months/{JUNE}/proof.zip"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    """The small world, and the file of a key."""
    folder = tmp_path_factory.mktemp("proof")
    new_key(folder / "key.pem")
    return small_world(World(tmp_path_factory.mktemp("proof_world"))), folder / "key.pem"


@pytest.fixture
def world(ask: Asking, shown: Any, made: tuple[World, Path], monkeypatch: pytest.MonkeyPatch) -> World:
    """The pages over that world, with the key, and no proof yet."""
    assert ask
    shown(made[0])
    monkeypatch.setenv(KEY_VARIABLE, str(made[1]))
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    shutil.rmtree(made[0].installation.out / "proofs", ignore_errors=True)
    return made[0]


def execute(world: World, *statements: str) -> None:
    """Change the programme's database behind its back."""
    with closing(sqlite3.connect(world.program_db)) as connection, connection:
        for each in statements:
            connection.execute(each)


def acts(world: World) -> list[tuple[Any, ...]]:
    return world.rows("SELECT done_by, subject FROM act WHERE kind = ?", PROOF_WRITTEN)


def test_a_proof_is_written_once_asked_for_served_and_verifies(ask: Asking, world: World, tmp_path: Path) -> None:
    before = len(acts(world))
    assert "No proof of this month is written yet" in words_of(ask(PAGE, "op").text)
    assert ask(FILE).status_code == 404
    answer = ask.post(PAGE, "op")
    assert answer.status_code == 303
    said = words_of(finished(ask, PAGE).text)
    assert "by op-person" in said
    assert "begins here: the first month that was assessed here" in said
    assert acts(world)[before:] == [("op-person", str(JUNE))]
    taken = ask(FILE)
    assert taken.headers["content-disposition"] == f'attachment; filename="proof-{JUNE}.zip"'
    (tmp_path / "proof.zip").write_bytes(taken.content)
    assert verify_proof(tmp_path / "proof.zip").holds
    assert {each.stat().st_mode & 0o077 for each in (world.installation.out / "proofs").rglob("*")} == {0}

    assert ask.post(PAGE, "op").status_code == 303  # nothing new: the same bytes, and nothing more on record
    finished(ask, PAGE)
    assert ask(FILE).content == taken.content
    assert len(acts(world)) == before + 1
    assert "Something has happened since" not in words_of(ask(PAGE).text)

    act = "INSERT INTO act (kind, subject, done_by, done_at, reason, decided_hash, detail, billing_month) VALUES "
    execute(world, act + f"('rates_approved', '{JUNE}', 'pat', 0, 'r', 'h', '{{}}', '{JUNE}')")
    assert "Something has happened since" in words_of(ask(PAGE).text)
    assert ask(FILE).content == taken.content


def test_who_may_only_look_takes_what_is_written_and_has_none_written(ask: Asking, world: World) -> None:
    assert ask.post(PAGE, "viewer").status_code == 403
    assert ask.post(PAGE, "user").status_code == 403
    assert "Who could: whoever may change" in words_of(ask(PAGE, "viewer").text)
    assert not (world.installation.out / "proofs" / f"{JUNE}.zip").exists()
    ask.post(PAGE, "op")
    finished(ask, PAGE)
    assert ask(FILE, "viewer").status_code == 200


def test_without_a_key_the_page_says_what_to_do(ask: Asking, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    said = words_of(ask(PAGE, "op").text)
    assert "No proof can be written now. no key signs proofs: set PARTNER_PROGRAM_PROOF_KEY to a file" in said
    assert "Whoever runs this Airflow does that for the api-server" in said
    assert ask.post(PAGE, "op").status_code == 409
    assert not (world.installation.out / "proofs" / f"{JUNE}.zip").exists()


def test_the_key_of_the_connection_goes_to_the_process_and_to_no_file(
    ask: Asking, world: World, made: tuple[World, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    pem = made[1].read_text()
    fields = {"conn_type": "generic", "password": pem}
    monkeypatch.setenv("AIRFLOW_CONN_PROOF_SIGNING", json.dumps(fields))
    assert ask.post(PAGE, "op").status_code == 303
    finished(ask, PAGE)
    assert ask(FILE).status_code == 200
    secret = pem.splitlines()[1].encode()
    assert [each for each in world.folder.rglob("*") if each.is_file() and secret in each.read_bytes()] == []
    assert secret.decode() not in ask(PAGE).text


def test_a_month_before_proofs_existed_gets_a_sentence(
    ask: Asking, shown: Any, made: tuple[World, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = small_world(World(tmp_path))
    execute(old, "DROP TRIGGER settlement_input_refuses_delete", "DELETE FROM settlement_input WHERE settlement_id = 1")
    shown(old)
    monkeypatch.setenv(KEY_VARIABLE, str(made[1]))
    assert "did not keep what it was decided from" in words_of(ask(PAGE, "op").text)
    assert ask.post(PAGE, "op").status_code == 409


def test_a_file_that_is_not_on_record_is_never_served(ask: Asking, world: World) -> None:
    ask.post(PAGE, "op")
    finished(ask, PAGE)
    place = world.installation.out / "proofs" / f"{JUNE}.zip"
    sound = place.read_bytes()
    for wrong in (sound.replace(b'"partner', b'"Partner', 1), sound[:-100], b"", b"PK\3\4 something else"):
        place.write_bytes(wrong)
        assert ask(FILE).status_code == 409, wrong[:20]
        assert "is not served" in words_of(ask(PAGE).text)
    place.write_bytes(sound)
    assert ask(FILE).content == sound


def test_one_at_a_time_and_one_that_was_killed_is_told(ask: Asking, world: World) -> None:
    work = WorkApart(world.installation.out / "proofs" / ".checks")
    ready = world.folder / "ready"
    ready.unlink(missing_ok=True)
    begun = State("working", "lee", int(time.time()))
    assert start_apart(
        work.lock, "2015-07", lambda: write_state(work.folder / "2015-07", begun), asleep, ready, seconds=60
    )
    for _ in range(1200):
        if ready.exists() and ready.read_text():
            break
        time.sleep(0.05)
    try:
        assert "The proof of July 2015 is being written, for lee" in words_of(ask(PAGE, "op").text)
        assert "is being written. Begun by lee" in words_of(ask("months/2015-07/proof", "op").text)
        assert ask.post(PAGE, "op").status_code == 303
        assert not (world.installation.out / "proofs" / f"{JUNE}.zip").exists()
    finally:
        os.kill(int(ready.read_text()), signal.SIGKILL)
    for _ in range(200):
        if who_works(work.lock) is None:
            break
        time.sleep(0.05)
    assert "ended from outside before it was done" in words_of(ask("months/2015-07/proof", "op").text)
    ask.post(PAGE, "op")
    assert "Take the proof" in words_of(finished(ask, PAGE).text)

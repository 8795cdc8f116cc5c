"""A copy of an installation, however made from its first approval on, sends nothing until a person adopts it."""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from partner_program.adapters.database.acts import load_acts
from partner_program.domain.acts import INSTALLATION_ADOPTED, Doer
from partner_program.domain.refusals import NotThisInstallation, Refusal, Unavailable
from partner_program.usecases.doctor import Examined, examine
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.binding import installation_file
from partner_program.usecases.letters.resolution import (
    adopt_installation,
    resolve_letters,
)
from tests.smtp.fault_server import FaultServer
from tests.usecases.dying import die_at, ended, start
from tests.usecases.letter_world import MONTH, RECIPIENTS, LetterWorld, letter_world
from tests.worlds import World

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

KIM = Doer("kim", "restored on the new machine", 1_438_100_000)


@pytest.fixture
def june(tmp_path: Path) -> LetterWorld:
    """June's letters, rendered."""
    folder = tmp_path / "world"
    folder.mkdir()
    return letter_world(folder)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer("plain") as server:
        yield server


def copied(june: LetterWorld, folder: Path, *, out: bool = True) -> LetterWorld:
    """The whole folder in another place; without `out`, as from a backup of the databases alone."""
    shutil.copytree(june.world.folder, folder)
    if not out:
        shutil.rmtree(folder / "out")
    return LetterWorld(World(folder, entities=()))


class OnHost(LetterWorld):
    """A world as a machine sees it that shares its folders."""

    def __init__(self, world: World, host: str) -> None:
        super().__init__(world)
        self._host = host

    @property
    def here(self) -> Any:
        """The installation, on that machine."""
        return replace(super().here, host=self._host)


def on_another_host(june: LetterWorld) -> LetterWorld:
    """The same folders, as they are seen on a machine of another name."""
    return OnHost(World(june.world.folder, entities=()), "another-host")


def place_of_sending(letters: LetterWorld) -> Examined:
    """What `doctor` says of it."""
    found = examine(letters.here, today=lambda: date(2015, 8, 3))
    (told,) = [each for each in found if each.subject == "place of sending"]
    return told


def refused(letters: LetterWorld, match: str) -> None:
    """Neither approving nor sending does anything, and `doctor` says the same."""
    before = letters.world.fingerprint()
    with pytest.raises(NotThisInstallation, match=match):
        letters.send()
    with pytest.raises(Refusal, match=f"{match}|no letter of 2015-06 waits"):
        letters.approve()
    assert letters.world.fingerprint() == before
    told = place_of_sending(letters)
    assert not told.sound
    assert "partner-program letters adopt --by NAME --reason TEXT" in told.message


COPIES: dict[str, tuple[Callable[[LetterWorld, Path], LetterWorld], str]] = {
    "folder with out": (copied, "this is a copy, or was moved: letters are sent from the folder"),
    "databases alone": (lambda june, to: copied(june, to, out=False), "this is a copy, or was moved"),
    "another host": (lambda june, _: on_another_host(june), r"letters are sent from the host \S+, and this is another"),
}


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("sent", [0, 1])
def test_a_copy_sends_nothing_before_and_after_the_first_sending(
    june: LetterWorld, server: FaultServer, tmp_path: Path, copy: str, sent: int
) -> None:
    june.approve()
    june.use_server(server.connection_fields())
    if sent:
        june.send(limit=sent)
    make, said = COPIES[copy]
    other = make(june, tmp_path / "copy")
    other.use_server(server.connection_fields())
    refused(other, said)
    assert len(server.kept) == sent
    june.send()
    assert june.states() == {"accepted": RECIPIENTS}, "the copy did not stop the real one"
    assert len(server.kept) == RECIPIENTS


def test_an_adopted_copy_sends_nothing_that_may_have_left_and_the_adoption_is_on_record(
    june: LetterWorld, server: FaultServer, tmp_path: Path
) -> None:
    june.approve()
    other = copied(june, tmp_path / "copy", out=False)
    other.use_server(server.connection_fields())
    assert adopt_installation(other.here, KIM) == RECIPIENTS
    other.send()
    assert other.states() == {"ambiguous": RECIPIENTS}
    assert not server.kept
    why = f"the database was copied or put back from a backup: {KIM.reason}"
    assert {row.reply for row in other.reconciled().open} == {why}
    with other.here.database.reading() as connection:
        (act,) = load_acts(connection, INSTALLATION_ADOPTED)
    assert (act.doer.done_by, act.doer.reason, act.doer.done_at) == ("kim", KIM.reason, KIM.done_at)
    folder = tmp_path / "copy"
    assert json.loads(act.detail) == {
        "host": other.here.host,
        "out": str(folder / "out"),
        "database": str(folder / "program.db"),
        "epoch": 1_000_000,
        "ambiguous": RECIPIENTS,
        "ambiguous_digests": 0,
    }
    assert resolve_letters(other.here, MONTH, "resend", KIM) == RECIPIENTS
    other.approve()
    other.send()
    assert len(server.kept) == RECIPIENTS


def test_the_copy_of_an_adopted_copy_is_a_copy_again(june: LetterWorld, server: FaultServer, tmp_path: Path) -> None:
    june.approve()
    adopted = copied(june, tmp_path / "adopted")
    adopt_installation(adopted.here, KIM)
    again = copied(adopted, tmp_path / "again")
    again.use_server(server.connection_fields())
    refused(again, r"letters are sent from the folder \S+/adopted/out, and this is \S+/again/out")


def test_several_machines_with_one_name_and_shared_folders_are_one_installation(
    june: LetterWorld, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    june.use_server(server.connection_fields())
    for name, sends in (("", False), ("programme", True)):
        monkeypatch.setenv("PARTNER_PROGRAM_HOST", name)
        machines = []
        for machine in ("worker-1", "worker-2"):
            monkeypatch.setattr("socket.gethostname", lambda known_as=machine: known_as)
            machines.append(OnHost(june.world, Installation.here(june.world.connections).host))
        if sends:
            resolve_letters(june.here, MONTH, "resend", KIM)
            machines[0].approve()
            machines[1].send()
        else:
            machines[0].approve()
            refused(machines[1], "from the host worker-1, and this is worker-2")
            adopt_installation(OnHost(june.world, "programme").here, KIM)
    assert len(server.kept) == RECIPIENTS


def test_a_database_restored_from_a_backup_sends_nothing_until_a_person_adopts_it(
    june: LetterWorld, server: FaultServer
) -> None:
    june.approve()
    backup = june.world.program_db.read_bytes()
    june.use_server(server.connection_fields())
    june.send(limit=3)
    june.world.program_db.write_bytes(backup)
    refused(june, "older than what was sent")
    assert len(server.kept) == 3
    assert adopt_installation(june.here, KIM) == RECIPIENTS
    june.send()
    assert june.states() == {"ambiguous": RECIPIENTS}, "three of them have left, which nobody here can know"
    assert len(server.kept) == 3


@pytest.mark.parametrize("sent", range(RECIPIENTS))
def test_a_backup_made_in_the_middle_of_a_sending_is_older_than_what_left_after_it(
    june: LetterWorld, server: FaultServer, sent: int
) -> None:
    backups = []

    def back_up(_report: object) -> None:
        with closing(sqlite3.connect(june.world.program_db)) as from_, closing(sqlite3.connect(":memory:")) as to:
            from_.backup(to)
            backups.append(to.serialize())

    june.approve()
    june.use_server(server.connection_fields())
    back_up(None)
    june.send(progress=back_up)
    june.world.program_db.write_bytes(backups[sent])
    refused(june, "older than what was sent")
    assert len(server.kept) == RECIPIENTS


def test_a_database_restored_from_before_its_first_approval_approves_nothing(
    june: LetterWorld, server: FaultServer
) -> None:
    backup = june.world.program_db.read_bytes()
    june.approve()
    june.use_server(server.connection_fields())
    june.send()
    june.world.program_db.write_bytes(backup)
    file = re.escape(f"({installation_file(june.here)})")
    with pytest.raises(NotThisInstallation, match=f"approved or sent from here by another database {file}"):
        june.approve()
    assert june.states() == {"rendered": RECIPIENTS}


def test_the_run_books_mark_stops_whatever_was_put_back_until_it_is_adopted(
    june: LetterWorld, server: FaultServer, tmp_path: Path
) -> None:
    """Restored together from the same hour, database and file agree: the run book writes over the file."""
    june.use_server(server.connection_fields())
    before_its_first_approval = shutil.copytree(june.world.folder, tmp_path / "first")
    june.approve()
    approved = shutil.copytree(june.world.folder, tmp_path / "approved")
    june.send()
    for backup in (before_its_first_approval, approved):
        june.restored_from(backup)
        installation_file(june.here).parent.mkdir(exist_ok=True)
        installation_file(june.here).write_text("put back\n")
        if backup == approved:
            refused(june, "is not there or cannot be read")
        else:
            with pytest.raises(NotThisInstallation, match="cannot be read, so letters may have been"):
                june.approve()
        assert not place_of_sending(june).sound
        assert adopt_installation(june.here, KIM) == RECIPIENTS
        assert place_of_sending(june).sound
        june.send()
        assert june.states() == {"ambiguous": RECIPIENTS}
    assert len(server.kept) == RECIPIENTS


def test_a_backup_from_before_an_adoption_is_old_though_the_files_count_was_lost(
    june: LetterWorld, server: FaultServer
) -> None:
    june.approve()
    june.use_server(server.connection_fields())
    june.send(limit=2)
    backup = june.world.program_db.read_bytes()
    june.send()
    installation_file(june.here).write_text("put back\n")
    adopt_installation(june.here, KIM)
    june.world.program_db.write_bytes(backup)
    refused(june, "older than what was sent")


def test_another_database_sends_nothing_from_where_one_has_sent(
    june: LetterWorld, server: FaultServer, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = letter_world(tmp_path / "other")
    other.approve()
    june.approve()
    shutil.copyfile(installation_file(june.here), installation_file(other.here))
    other.use_server(server.connection_fields())
    refused(other, re.escape(f"by another database ({installation_file(other.here)})"))
    assert not server.kept


DAMAGES: dict[str, tuple[Callable[[str], str | None], str]] = {
    "removed": (lambda _: None, "is not there or cannot be read"),
    "empty": (lambda _: "", "is not there or cannot be read"),
    "cut short": (lambda text: text[:40], "is not there or cannot be read"),
    "no count": (lambda text: text.replace('"epoch"', '"epo"'), "is not there or cannot be read"),
    "count as words": (lambda text: text.replace('"epoch": 0', '"epoch": "many"'), "is not there or cannot be read"),
    "another list": (lambda _: "[1, 2]", "is not there or cannot be read"),
    "another host": (lambda text: text.replace('"host": "', '"host": "x'), "was copied here or changed"),
    "no place": (lambda text: text[: text.index(', "host"')] + "}", "was copied here or changed"),
    "half a place": (lambda text: text.replace('"out"', '"ou"'), "is not there or cannot be read"),
    "another id": (lambda text: text.replace('_id": "', '_id": "0'), "by another database"),
    "a higher count": (lambda text: text.replace('"epoch": 0', '"epoch": 9'), "older than what was sent"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_without_its_file_as_it_was_written_nothing_is_sent(
    june: LetterWorld, server: FaultServer, damage: str
) -> None:
    june.approve()
    file = installation_file(june.here)
    change, said = DAMAGES[damage]
    text = file.read_text("utf-8")
    changed = change(text)
    assert changed != text
    if changed is None:
        file.unlink()
    else:
        file.write_text(changed, "utf-8")
    june.use_server(server.connection_fields())
    refused(june, said)
    assert not server.kept
    adopt_installation(june.here, KIM)
    june.send()
    assert june.states() == {"ambiguous": RECIPIENTS}


def test_an_installation_of_an_earlier_version_is_adopted_once(june: LetterWorld, server: FaultServer) -> None:
    june.approve()
    with closing(sqlite3.connect(june.world.program_db)) as connection, connection:
        connection.execute("UPDATE sending SET host = NULL, out = NULL, database = NULL, epoch = 1")
        (installation_id,) = connection.execute("SELECT installation_id FROM sending").fetchone()
    installation_file(june.here).write_text(json.dumps({"installation_id": installation_id, "epoch": 1}) + "\n")
    june.use_server(server.connection_fields())
    refused(june, "of an earlier version, which did not write down where it sends from")
    adopt_installation(june.here, KIM)
    resolve_letters(june.here, MONTH, "resend", KIM)
    june.approve()
    june.send()
    assert len(server.kept) == RECIPIENTS


def test_where_the_file_cannot_be_written_nothing_is_approved(june: LetterWorld) -> None:
    (june.world.folder / "out" / "mail").write_text("a file where the folder has to be")
    before = june.world.fingerprint()
    with pytest.raises(Unavailable, match=r"^writing .*/out/mail/installation.json failed: "):
        june.approve()
    assert june.world.fingerprint() == before
    (june.world.folder / "out" / "mail").unlink()
    june.approve()
    assert june.states() == {"approved": RECIPIENTS}


def test_where_the_file_cannot_be_written_no_letter_leaves(
    june: LetterWorld, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root every folder can be written to, so the fault is that of the rename."""
    june.approve()
    june.use_server(server.connection_fields())

    def read_only(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", read_only)
        with pytest.raises(Unavailable, match=r"installation.json failed: Read-only file system$"):
            june.send()
    assert (june.states(), len(server.bodies)) == ({"approved": RECIPIENTS}, 0)
    june.send()
    assert len(server.kept) == RECIPIENTS


@pytest.mark.processes
def test_an_approval_killed_at_any_moment_is_made_or_is_not_and_can_be_made_again(
    june: LetterWorld, server: FaultServer, tmp_path: Path
) -> None:
    saved = shutil.copytree(june.world.folder, tmp_path / "saved")
    june.use_server(server.connection_fields())
    approvals = set()
    for point in range(1, 100):
        june.restored_from(saved)
        if not die_at(point, june.approve):
            break
        states = june.states()
        assert states in ({"rendered": RECIPIENTS}, {"approved": RECIPIENTS})
        approvals.add("approved" in states)
        if "rendered" in states:
            june.approve()
        june.send()
        assert june.states() == {"accepted": RECIPIENTS}, f"killed at {point}"
    assert point > RECIPIENTS + 3, "the file, each letter, the record, the commit"
    assert approvals == {False}, "what is last is the commit"


@pytest.mark.processes
def test_an_adoption_killed_at_any_moment_can_be_made_again_and_sends_nothing_before(
    june: LetterWorld, server: FaultServer, tmp_path: Path
) -> None:
    june.approve()
    other = copied(june, tmp_path / "copy")
    saved = shutil.copytree(other.world.folder, tmp_path / "saved")
    other.use_server(server.connection_fields())
    for point in range(1, 100):
        other.restored_from(saved)
        if not die_at(point, lambda: adopt_installation(other.here, KIM)):
            break
        with pytest.raises(NotThisInstallation):
            other.send()
        assert adopt_installation(other.here, KIM) == RECIPIENTS
        other.send()
        assert other.states() == {"ambiguous": RECIPIENTS}
    assert point > 3
    assert not server.kept


@pytest.mark.processes
def test_after_several_senders_at_once_the_file_counts_as_far_as_the_database(
    june: LetterWorld, server: FaultServer
) -> None:
    june.approve()
    june.use_server(server.connection_fields())
    senders = 3
    children = [start(june.send) for _ in range(senders)]
    assert [ended(child) for child in children] == [0] * senders
    with closing(sqlite3.connect(june.world.program_db)) as connection:
        (counted,) = connection.execute("SELECT epoch FROM sending").fetchone()
    assert counted == senders + RECIPIENTS
    assert json.loads(installation_file(june.here).read_text())["epoch"] == counted


def test_letters_that_go_to_files_are_not_counted_and_a_copy_may_write_its_own(
    june: LetterWorld, tmp_path: Path
) -> None:
    june.approve()
    other = copied(june, tmp_path / "copy")
    other.send()
    assert other.states() == {"accepted": RECIPIENTS}
    assert json.loads(installation_file(other.here).read_text())["epoch"] == 0

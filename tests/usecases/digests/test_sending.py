"""No digest arrives twice or is lost, whatever the mail server does, and whenever the sender is killed."""

import os
import shutil
import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from partner_program.adapters.database.acts import load_acts
from partner_program.adapters.mail.client import StopSending
from partner_program.adapters.mail.wire import Wire
from partner_program.domain.acts import DIGEST_ARRIVED, DIGEST_NEVER_CAME, Doer
from partner_program.domain.refusals import NotThisInstallation, Refusal
from partner_program.usecases.digests.listing import list_digests, reconcile_digests
from partner_program.usecases.digests.resolution import resolve_digest
from partner_program.usecases.letters.binding import installation_file
from partner_program.usecases.letters.resolution import adopt_installation
from tests.cli.conftest import moved
from tests.servers import Postgres
from tests.smtp.fault_server import MODES, FaultServer
from tests.usecases.digest_world import (
    BOTH,
    NEXT_WEEK,
    WEEK,
    DigestWorld,
    digest_world,
    manager_of,
    told_in,
    with_reminders,
)
from tests.usecases.dying import Changes, Deadly, die_at, ended, start
from tests.usecases.two_at_once import on_postgres
from tests.worlds import World

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

ROBIN = Doer("robin", "looked in the log", 1_441_000_000)
WRITTEN = {"M1": "approved", "M2": "approved", "M3": "empty"}
SENT = {"M1": "accepted", "M2": "accepted", "M3": "empty"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world, to copy from: once digests are written, a copy sends nothing."""
    return digest_world(tmp_path_factory.mktemp("digests")).world


@pytest.fixture
def digests(made: World, tmp_path: Path) -> DigestWorld:
    return copied(made, tmp_path / "world")


def copied(made: World, folder: Path) -> DigestWorld:
    return DigestWorld(moved(made, folder))


def arrived(server: FaultServer) -> Counter[str]:
    """How often each manager was told, by all messages that the server kept."""
    return Counter(manager_of(body) for bodies in server.kept.values() for body in bodies)


def test_they_say_on_the_wire_what_they_say_in_files(digests: DigestWorld) -> None:
    with FaultServer("pipelining") as server:
        digests.use_server(server.connection_fields())
        digests.send()
        again = digests.send()
    assert (digests.states(), again.outcomes, digests.files()) == (SENT, {}, [])
    bodies = [body for kept in server.kept.values() for body in kept]
    assert {manager_of(body): told_in(body) for body in bodies} == BOTH


@pytest.mark.parametrize("mode", ["mail_450", "rcpt_550", "mail_drop", "dot_drop", "banner_554"])
def test_none_arrives_twice_and_what_became_of_each_is_known(digests: DigestWorld, mode: str) -> None:
    expected = MODES[mode]
    with FaultServer(mode) as server:
        digests.use_server(server.connection_fields())
        for _ in range(2):
            if expected == "stop":
                with pytest.raises(StopSending):
                    digests.send()
            else:
                digests.send()
            digests.time.sleep(20_000)
        state = "approved" if expected == "stop" else expected
        assert digests.states() == {"M1": state, "M2": state, "M3": "empty"}
        assert max(arrived(server).values(), default=0) <= 1
        assert reconcile_digests(digests.here, WEEK).needs_a_person == (state in ("refused", "ambiguous"))
    with FaultServer("plain") as works:
        digests.use_server(works.connection_fields())
        digests.send()
    assert arrived(works) == ({"M1": 1, "M2": 1} if state in ("approved", "deferred") else {})


def test_a_server_that_says_later_is_asked_again_only_when_the_time_has_come(digests: DigestWorld) -> None:
    with FaultServer("greylisting") as server:
        digests.use_server(server.connection_fields())
        digests.send()
        assert digests.send().waiting == 2
        digests.time.sleep(301)
        digests.send()
    assert (digests.states(), arrived(server)) == (SENT, {"M1": 1, "M2": 1})


def killed(digests: DigestWorld, point: int) -> bool:
    """Send in a child that is killed before write number `point` to database, file or server; whether it got there."""

    def dying() -> None:
        deadly = Deadly(point)
        Changes(deadly).watch()
        send = Wire.send

        def counted(wire: Wire, *what: object) -> None:
            deadly()
            send(wire, *what)  # type: ignore[arg-type]
            deadly()

        Wire.send = counted  # type: ignore[method-assign] # never put back: the process ends soon
        digests.send_written()

    status = ended(start(dying))
    assert status in (0, -signal.SIGKILL)
    return status != 0


@pytest.mark.processes
def test_a_sender_killed_at_any_moment_sends_none_twice_and_loses_none(digests: DigestWorld) -> None:
    digests.collect(due_days=1)
    kept = {path: path.read_bytes() for path in (digests.world.program_db, installation_file(digests.here))}
    seen: Counter[str] = Counter()
    with FaultServer("pipelining") as server:
        digests.use_server(server.connection_fields())
        for point in range(1, 500):
            for path, body in kept.items():
                path.write_bytes(body)
            server.kept.clear()
            if not killed(digests, point):
                break
            digests.send_written()
            state = digests.states()["M1"]
            assert state in ("accepted", "ambiguous"), point
            assert arrived(server)["M1"] <= 1, f"killed at {point}"
            assert state == "ambiguous" or arrived(server)["M1"] == 1, f"killed at {point}: nobody got it"
            seen[state] += 1
    assert seen["ambiguous"] > 0
    assert point > 20, "a write for claim, act, mark, outcome, and what goes to the server"


@pytest.mark.processes
def test_collecting_killed_at_any_moment_writes_all_digests_or_none(digests: DigestWorld) -> None:
    empty = digests.world.program_db.read_bytes()
    for point in range(1, 100):
        digests.world.program_db.write_bytes(empty)
        shutil.rmtree(digests.world.folder / "out" / "mail", ignore_errors=True)
        if not die_at(point, digests.collect):
            break
        if not digests.states():
            digests.collect()
        assert digests.states() == WRITTEN, point
    assert point > 5


def send_at_once(digests: DigestWorld) -> None:
    with FaultServer("plain") as server:
        digests.use_server(server.connection_fields())
        children = [start(digests.send) for _ in range(3)]
        assert [ended(child) for child in children] == [0, 0, 0]
    assert (digests.states(), arrived(server)) == (SENT, {"M1": 1, "M2": 1})


@pytest.mark.processes
def test_three_who_send_at_once_send_each_digest_once(digests: DigestWorld) -> None:
    send_at_once(digests)


@pytest.mark.processes
@pytest.mark.server
def test_three_who_send_at_once_on_a_server_send_each_once_and_it_goes_on(
    shared_postgres: Postgres, tmp_path: Path
) -> None:
    with on_postgres(World(tmp_path), shared_postgres) as world:
        with_reminders(world)
        digests = DigestWorld(world)
        send_at_once(digests)
        del world.connections["letters_smtp"]
        digests.send(NEXT_WEEK)
        assert digests.told(NEXT_WEEK)["M2"] == {"ended": ["US/C2"]}
        resolve_digest(digests.here, NEXT_WEEK, "M2", "not_sent", ROBIN)
        assert digests.send(NEXT_WEEK).outcomes == {"M2": "accepted"}


@pytest.mark.processes
def test_a_paused_sender_whose_claim_was_taken_over_sends_nothing_when_it_wakes(digests: DigestWorld) -> None:
    with FaultServer("plain") as server:
        digests.use_server(server.connection_fields())

        def sleeping() -> None:
            send = Wire.send

            def slowly(wire: Wire, *what: object) -> None:
                if what[0].startswith(b"MAIL"):  # type: ignore[attr-defined]
                    os.kill(os.getpid(), signal.SIGSTOP)
                send(wire, *what)  # type: ignore[arg-type]

            Wire.send = slowly  # type: ignore[method-assign]
            digests.send()

        child = start(sleeping)
        assert os.WIFSTOPPED(os.waitpid(child, os.WUNTRACED)[1])
        digests.time.sleep(2_000)  # longer than a claim lasts
        digests.send()
        os.kill(child, signal.SIGCONT)
        assert ended(child) == 1, "it is told that another sender has the digest by now"
    assert (digests.states(), arrived(server)) == (SENT, {"M1": 1, "M2": 1})


def test_a_manager_whose_address_is_not_allowed_or_missing_is_named_and_told_once_it_is(digests: DigestWorld) -> None:
    with FaultServer("plain") as server:
        digests.use_server(server.connection_fields(), allowed_domains=["elsewhere.example"])
        assert set(digests.send().outcomes.values()) == {"undeliverable"}
        (reply,) = {each.reply for each in reconcile_digests(digests.here, WEEK).open}
        assert reply == "the domain is not one of allowed_domains"
        assert not server.kept
        digests.send()
        assert set(digests.states().values()) == {"undeliverable", "empty"}
        digests.use_server(server.connection_fields(), allowed_domains=["host.example"])
        assert digests.send().outcomes == {"M1": "accepted", "M2": "accepted"}
    assert arrived(server) == {"M1": 1, "M2": 1}


def test_a_copy_of_the_installation_writes_and_sends_none(digests: DigestWorld, tmp_path: Path) -> None:
    digests.send()
    copy = copied(digests.world, tmp_path / "copy")
    before = copy.world.fingerprint()
    with pytest.raises(NotThisInstallation, match="this is a copy, or was moved"):
        copy.send(NEXT_WEEK)
    assert copy.world.fingerprint() == before
    with FaultServer("plain") as server:
        copy.use_server(server.connection_fields())
        with pytest.raises(NotThisInstallation):
            copy.send()
    assert not server.bodies


def test_an_adopted_backup_sends_none_that_it_may_have_sent_before(digests: DigestWorld) -> None:
    """The adoption is of the week: what this week's digests were, the backup cannot know."""
    digests.collect(WEEK)
    backup = digests.world.program_db.read_bytes()
    digests.send()
    digests.world.program_db.write_bytes(backup)
    adopt_installation(digests.here, replace(ROBIN, done_at=1_441_008_000))  # on that Monday
    digests.send()
    assert digests.states() == {"M1": "ambiguous", "M2": "ambiguous", "M3": "ambiguous"}
    resolve_digest(digests.here, WEEK, "M1", "not_sent", ROBIN)
    assert digests.send().outcomes == {"M1": "accepted"}
    digests.send(NEXT_WEEK)
    assert digests.states(NEXT_WEEK)["M1"] == "accepted"


def test_digests_that_an_adopted_backup_does_not_know_wait_for_a_person(digests: DigestWorld) -> None:
    adopt_installation(digests.here, replace(ROBIN, done_at=1_441_008_000))
    digests.send()
    assert digests.states() == {"M1": "ambiguous", "M2": "ambiguous", "M3": "empty"}
    digests.send(NEXT_WEEK)
    assert digests.told(NEXT_WEEK)["M2"] == {"ended": ["US/C2"]}


def test_a_person_says_what_became_of_an_ambiguous_one(digests: DigestWorld) -> None:
    with FaultServer("dot_drop") as server:
        digests.use_server(server.connection_fields())
        digests.send()
    before = {each.account_manager_id: each.message_id for each in list_digests(digests.here)}
    resolve_digest(digests.here, WEEK, "M1", "accepted", ROBIN)
    resolve_digest(digests.here, WEEK, "M2", "not_sent", ROBIN)
    with FaultServer("plain") as server:
        digests.use_server(server.connection_fields())
        assert digests.send().outcomes == {"M2": "accepted"}
    (message_id,) = server.kept
    assert (arrived(server), message_id == before["M2"]) == ({"M2": 1}, False)
    for manager, resolution in (("M1", "accepted"), ("M3", "not_sent"), ("M9", "not_sent")):
        with pytest.raises(Refusal, match=f"{manager}|for M9"):
            resolve_digest(digests.here, WEEK, manager, resolution, ROBIN)  # type: ignore[arg-type]
    with digests.here.database.reading() as connection:
        acts = load_acts(connection, DIGEST_ARRIVED, DIGEST_NEVER_CAME)
    assert [(each.kind, each.doer) for each in acts] == [(DIGEST_ARRIVED, ROBIN), (DIGEST_NEVER_CAME, ROBIN)]


def test_it_goes_to_the_address_that_the_manager_has_when_it_is_sent(digests: DigestWorld) -> None:
    digests.collect()
    digests.manager("M2", email="bo@host.example")
    digests.send()
    assert [b"bo@host.example" in path.read_bytes() for path in digests.files()].count(True) == 1


def test_three_refusals_alike_are_about_us_and_no_digest_is_used_up(digests: DigestWorld) -> None:
    digests.world.grant("G1", "P3", 3, "2015-07-15", "2015-09-10")
    digests.world.tables["partners"][2]["account_manager_id"] = "M3"
    digests.world.load()
    with FaultServer("rcpt_550_relay") as server:
        digests.use_server(server.connection_fields())
        with pytest.raises(StopSending, match="refuses this sender or host"):
            digests.send()
    assert digests.states() == {"M1": "deferred", "M2": "deferred", "M3": "deferred"}

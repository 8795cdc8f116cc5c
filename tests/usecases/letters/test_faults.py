"""No letter is lost and none arrives twice, whatever the mail server does and whenever the sender is killed."""

import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from partner_program.adapters.mail.client import StopSending
from partner_program.adapters.mail.wire import Wire
from tests.smtp.fault_modes import ALIKE
from tests.smtp.fault_server import MODES, FaultServer
from tests.usecases.dying import Changes, Deadly, ended, start
from tests.usecases.letter_world import RECIPIENTS, LetterWorld, letter_world
from tests.worlds import World

# The runner of the tests has threads of its own; a forked child never goes on with what they do.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the letters of June rendered, to copy from: once they are approved, a copy sends nothing."""
    folder = tmp_path_factory.mktemp("letters") / "world"
    folder.mkdir()
    letter_world(folder)
    return folder


@pytest.fixture
def june(made: Path, tmp_path: Path) -> LetterWorld:
    """June's letters, approved."""
    copy = shutil.copytree(made, tmp_path / "world")
    found = LetterWorld(World(copy, entities=()))
    found.approve()
    return found


def arrived(server: FaultServer) -> Counter[str]:
    """How often the server kept each Message-ID."""
    return Counter({message_id: len(bodies) for message_id, bodies in server.kept.items()})


@pytest.mark.parametrize("mode", sorted(MODES))
def test_no_letter_arrives_twice_or_is_lost_whatever_the_server_does(june: LetterWorld, mode: str) -> None:
    with FaultServer(mode) as server:
        june.use_server(server.connection_fields())
        for _ in range(1 if MODES[mode] in ("approved", "stop") else 2):
            if MODES[mode] == "stop" or mode in ALIKE:
                with pytest.raises(StopSending):
                    june.send()
            else:
                june.send()
            states = june.states()
            assert sum(states.values()) == RECIPIENTS
            june.time.sleep(600)
    assert max(arrived(server).values(), default=0) <= 1
    if MODES[mode] == "stop":
        assert states == {"approved": RECIPIENTS}
        assert not server.bodies
    elif mode in ALIKE:
        assert states == {"deferred": 3, "approved": 1}, "nothing is refused, all can be sent again"
        assert not server.kept
    elif MODES[mode] == "ambiguous":
        assert states == {"ambiguous": RECIPIENTS}, "never sent again by itself"
        assert all(row.reply for row in june.reconciled().open)
    elif mode == "one_of_two_recipients_refused":
        assert states == {"accepted": RECIPIENTS - 1, "refused": 1}
    elif MODES[mode] in ("accepted", "refused"):
        assert states == {MODES[mode]: RECIPIENTS}
    elif mode == "greylisting":
        assert states == {"accepted": RECIPIENTS}
    else:
        assert states == {MODES[mode]: RECIPIENTS}
        assert not server.kept


@pytest.mark.parametrize("mode", sorted(mode for mode, state in MODES.items() if state in ("approved", "deferred")))
def test_a_letter_that_could_not_be_handed_over_arrives_once_when_the_server_works_again(
    june: LetterWorld, mode: str
) -> None:
    with FaultServer(mode, times=2) as server:
        june.use_server(server.connection_fields())
        for _ in range(6):
            june.send()
            june.time.sleep(20_000)
        assert june.states() == {"accepted": RECIPIENTS}
    assert sorted(arrived(server).values()) == [1] * RECIPIENTS


@pytest.mark.parametrize("mode", ["mail_553", "rcpt_550_relay", "dot_554"])
def test_letters_of_a_server_that_refuses_us_all_arrive_once_it_takes_them(june: LetterWorld, mode: str) -> None:
    with FaultServer(mode) as server:
        june.use_server(server.connection_fields())
        with pytest.raises(StopSending, match=r"host"):
            june.send()
        assert "refused" not in june.states()
        server.limit(0)
        june.time.sleep(600)
        june.send()
        assert june.states() == {"accepted": RECIPIENTS}
    assert sorted(arrived(server).values()) == [1] * RECIPIENTS


@pytest.mark.parametrize(("mode", "before"), [("rcpt_550_relay", 2), ("dot_554", 2), ("rcpt_550_relay", 1)])
def test_a_refusal_that_fewer_recipients_got_is_about_their_letters(june: LetterWorld, mode: str, before: int) -> None:
    with FaultServer(mode, times=before) as server:
        june.use_server(server.connection_fields())
        june.send()
        assert june.states() == {"accepted": RECIPIENTS - before, "refused": before}
    assert all("5.7.1" in str(row.reply) for row in june.reconciled().open)


def killed(june: LetterWorld, point: int) -> bool:
    """Send in a child that is killed before write number `point` to database or server; return whether it got there."""

    def dying() -> None:
        deadly = Deadly(point)
        Changes(deadly).watch()
        send = Wire.send

        def counted(wire: Wire, *what: object) -> None:
            deadly()
            send(wire, *what)  # type: ignore[arg-type]
            deadly()

        Wire.send = counted  # type: ignore[method-assign] # never put back: the process ends soon
        june.send(partners=["P1"])

    status = ended(start(dying))
    assert status in (0, -signal.SIGKILL)
    return status != 0


@pytest.mark.processes
@pytest.mark.parametrize("mode", ["plain", "pipelining"])
def test_a_sender_killed_at_any_moment_sends_no_letter_twice_and_loses_none(
    june: LetterWorld, mode: str, tmp_path: Path
) -> None:
    seen: Counter[str] = Counter()
    approved = shutil.copytree(june.world.folder, tmp_path / "approved")
    for point in _points():
        june.restored_from(approved)
        with FaultServer(mode) as server:
            june.use_server(server.connection_fields())
            if not killed(june, point):
                break
            june.send(partners=["P1"])
        states = june.states()
        assert states.pop("approved") == RECIPIENTS - 2
        assert sum(states.values()) == 2
        assert set(states) <= {"accepted", "ambiguous"}
        assert max(arrived(server).values()) == 1, f"killed at {point}"
        assert len(arrived(server)) >= states.get("accepted", 0), (
            f"killed at {point}: one that nobody got is called accepted"
        )
        seen.update(states)
    assert seen["ambiguous"] > 0
    assert point > 20, "a write for each claim, mark, outcome, and what goes to the server"


def _points() -> Iterator[int]:
    yield from range(1, 500)


@pytest.mark.processes
def test_two_senders_at_once_send_each_letter_once(june: LetterWorld) -> None:
    with FaultServer("plain") as server:
        june.use_server(server.connection_fields())
        children = [start(june.send) for _ in range(3)]
        assert [ended(child) for child in children] == [0, 0, 0]
        assert june.states() == {"accepted": RECIPIENTS}
    assert sorted(arrived(server).values()) == [1] * RECIPIENTS


@pytest.mark.processes
def test_a_paused_sender_whose_claim_was_taken_over_sends_nothing_when_it_wakes(june: LetterWorld) -> None:
    with FaultServer("plain") as server:
        june.use_server(server.connection_fields())

        def sleeping() -> None:
            send = Wire.send

            def slowly(wire: Wire, *what: object) -> None:
                if what[0].startswith(b"MAIL"):  # type: ignore[attr-defined]
                    os.kill(os.getpid(), signal.SIGSTOP)
                send(wire, *what)  # type: ignore[arg-type]

            Wire.send = slowly  # type: ignore[method-assign]
            june.send()

        child = start(sleeping)
        assert os.WIFSTOPPED(os.waitpid(child, os.WUNTRACED)[1])
        june.time.sleep(2_000)  # longer than a claim lasts
        june.send()
        assert june.states() == {"accepted": RECIPIENTS}
        os.kill(child, signal.SIGCONT)
        assert ended(child) == 1, "it is told that another sender has the letter by now"
        assert june.states() == {"accepted": RECIPIENTS}
    assert sorted(arrived(server).values()) == [1] * RECIPIENTS

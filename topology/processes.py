"""Starts processes so that each of them, and all that they start, can be found and ended again.

Each has a session of its own. What it starts stays in that session or below it in the process tree; both are searched.
The sessions are recorded on disk, so that the next run can end what a killed run left behind.
"""

import json
import os
import pwd
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from types import FrameType
from typing import IO, NamedTuple

import psutil

GRACE_SECONDS = 3.0
KILL_SECONDS = 5.0
CLOCK_SECONDS = 2.0  # a process's start time is computed from the boot time, which moves when the clock is set


class ServiceFailed(Exception):
    """A service ended, or was not up in time; its log says why."""


class Interrupted(Exception):
    """A signal asked this run to end."""

    def __init__(self, number: int) -> None:
        self.signal = signal.Signals(number)
        super().__init__(self.signal.name)


@dataclass(frozen=True, slots=True)
class Command:
    """What to start. `text` is its standard input, where secrets may go, as they may in its environment."""

    name: str
    words: Sequence[str | Path]
    environment: Mapping[str, str]
    log: Path
    text: str = ""
    user: pwd.struct_passwd | None = None
    stop_with: signal.Signals = signal.SIGTERM
    stop_last: bool = False
    job: bool = False


class _Identity(NamedTuple):
    """A process id with its start time, as the id alone may later be another process's."""

    pid: int
    began: float


class Started(NamedTuple):
    """A command and the leader of its session."""

    command: Command
    process: subprocess.Popen[bytes]
    identity: _Identity


class Processes:
    """All that one run has started."""

    def __init__(self, record: Path) -> None:
        """End what a former run noted in `record` and left running; this run's sessions are noted there too."""
        self._record = record
        self._started: list[Started] = []
        self._interrupted_by: int | None = None
        end_now(families(_recorded(record)))

    def start(self, command: Command) -> subprocess.Popen[bytes]:
        """Start a command in a session of its own; it shares nothing with this process but its standard input."""
        user = command.user
        with command.log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603  commands of this project's own files
                [str(word) for word in command.words],
                env=dict(command.environment),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/" if user else command.log.parent,  # another user may not enter ours
                start_new_session=True,
                user=user and user.pw_uid,
                group=user and user.pw_gid,
                extra_groups=[] if user else None,
            )
        self._started.append(Started(command, process, _identity(process.pid)))
        self._record.write_text(json.dumps([each.identity for each in self._started]))
        _give(process.stdin, command.text)
        return process

    def run(self, command: Command) -> Iterator[None]:
        """Start a job and yield until it has ended; refuse where it failed."""
        process = self.start(command)
        while process.poll() is None:
            yield
        self.check()

    def interrupt(self, number: int, _: FrameType | None) -> None:
        """Note a signal; the next check obeys it, so that no process is lost while it is being started."""
        self._interrupted_by = number

    def check(self) -> None:
        """Refuse where a service has ended or a job has failed; obey a signal."""
        if self._interrupted_by is not None:
            raise Interrupted(self._interrupted_by)
        for each in list(self._started):
            status = each.process.poll()
            if status is not None and not (each.command.job and status == 0):
                self._ended(each, status)

    def _ended(self, each: Started, status: int) -> None:
        last = _last_words(each.command.log)
        raise ServiceFailed(f"{each.command.name} ended with status {status}: see {each.command.log}{last}")

    def stop(self) -> list[str]:
        """Ask all to stop, databases last, then kill what is left; returns the names of what could not be ended."""
        family = families(each.identity for each in self._started)
        for last in (False, True):
            these = [each for each in reversed(self._started) if each.command.stop_last is last]
            for command, process, _ in these:
                if process.poll() is None:
                    process.send_signal(command.stop_with)
            _wait(lambda these=these: all(process.poll() is not None for _, process, _ in these))  # type: ignore[misc]
        left = end_now(family | families(each.identity for each in self._started))
        self._started.clear()
        self._record.unlink(missing_ok=True)
        return left


def _give(stream: IO[bytes] | None, text: str) -> None:
    if stream is not None:
        with stream:
            stream.write(text.encode())


def _wait(done: Callable[[], bool]) -> None:
    end = monotonic() + GRACE_SECONDS
    while not done() and monotonic() < end:
        sleep(0.05)


def _identity(pid: int) -> _Identity:
    try:
        return _Identity(pid, psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return _Identity(pid, 0.0)


def _recorded(record: Path) -> list[_Identity]:
    """The sessions that a former run noted and did not end."""
    return [_Identity(*each) for each in json.loads(record.read_text())] if record.exists() else []


def families(leaders: Iterable[_Identity]) -> set[psutil.Process]:
    """Every living process of the leaders' sessions, and all below the leaders.

    The id of a leader that has ended stays the session's id while any process is in it; after that it may be reused.
    """
    sessions = {leader.pid for leader in leaders if _still(leader)}
    found: set[psutil.Process] = set()
    for process in psutil.process_iter():
        if process.pid in sessions:
            found.update(_below(process))
        elif _session(process.pid) in sessions:
            found.add(process)
    return {process for process in found if _alive(process)}


def _still(leader: _Identity) -> bool:
    now = _identity(leader.pid)
    return not now.began or abs(now.began - leader.began) < CLOCK_SECONDS


def _below(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _alive(process: psutil.Process) -> bool:
    """Whether it runs; one that has ended and not been waited for (a zombie) does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def end_now(processes: set[psutil.Process]) -> list[str]:
    """Kill processes; returns the names of those that are still alive."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=KILL_SECONDS)
    return [_named(process) for process in processes if _alive(process)]


def _named(process: psutil.Process) -> str:
    return f"{process.pid} ({process.name()})"


def _last_words(log: Path) -> str:
    """The last five lines of a log; nothing where it cannot be read."""
    try:
        lines = log.read_text("utf-8", errors="replace").splitlines()[-5:]
    except OSError:
        return ""
    return "".join(f"\n  {line[:300]}" for line in lines)

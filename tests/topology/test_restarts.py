"""What is killed in a disturbed run is dead with all that it started, and is there again after a while."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from topology.processes import Command, ServiceFailed
from topology.restarts import MOST_RESTARTS, RestartingProcesses

pytestmark = pytest.mark.processes

# Its child has a session of its own, as PostgreSQL's have.
SERVER = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print("child", child.pid, flush=True)
time.sleep(600)
"""


def python(name: str, code: str, folder: Path, *, job: bool = False) -> Command:
    return Command(name, [sys.executable, "-c", code], dict(os.environ), folder / f"{name}.log", job=job)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def processes(tmp_path: Path, told: list[str]) -> Iterator[RestartingProcesses]:
    processes = RestartingProcesses(tmp_path / "processes.json", told.append)
    yield processes
    processes.stop()


def children(log: Path, count: int) -> list[int]:
    """The pids of the children that a server has told, once it has been started so many times."""
    end = monotonic() + 20
    while log.read_text().count("child") < count:
        assert monotonic() < end, log.read_text()
        sleep(0.02)
    return [int(line.split()[1]) for line in log.read_text().splitlines()]


def wait_for(done: Callable[[], bool]) -> None:
    end = monotonic() + 20
    while not done():
        assert monotonic() < end
        sleep(0.02)


def check_until(processes: RestartingProcesses, told: list[str], words: str) -> None:
    end = monotonic() + 20
    while not any(words in line for line in told):
        assert monotonic() < end, told
        processes.check()
        sleep(0.02)


def test_what_is_killed_is_dead_with_its_children_and_started_again(processes, told, tmp_path):
    leader = processes.start(python("server", SERVER, tmp_path)).pid
    (child,) = children(tmp_path / "server.log", 1)
    processes.kill("server", down_seconds=0.2)
    assert not psutil.pid_exists(leader)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE
    check_until(processes, told, "server is started again")
    assert len(children(tmp_path / "server.log", 2)) == 2
    assert processes.stop() == []


def test_what_is_to_stay_down_comes_back_when_it_is_started_now(processes, told, tmp_path):
    processes.start(python("server", SERVER, tmp_path))
    children(tmp_path / "server.log", 1)
    processes.kill("server", down_seconds=3600)
    processes.check()
    assert told == []
    processes.start_now("server")
    processes.check()
    assert told == ["server is started again"]


def test_a_service_that_ends_by_itself_is_started_again(processes, told, tmp_path):
    processes.start(python("scheduler", "raise SystemExit(3)", tmp_path))
    check_until(processes, told, "scheduler is started again")
    assert told[0] == "scheduler ended by itself with status 3"


def test_a_service_that_never_stays_up_is_refused(processes, monkeypatch, tmp_path):
    monkeypatch.setattr("topology.restarts.RESTART_SECONDS", 0.0)
    processes.start(python("scheduler", "raise SystemExit(3)", tmp_path))

    def check_for_ever() -> None:
        end = monotonic() + 60
        while monotonic() < end:
            processes.check()
            sleep(0.01)

    with pytest.raises(ServiceFailed, match="scheduler ended with status 3"):
        check_for_ever()
    assert MOST_RESTARTS > 1


def test_a_job_that_fails_is_refused_and_not_repeated(processes, told, tmp_path):
    job = processes.start(python("job", "raise SystemExit(1)", tmp_path, job=True))
    job.wait()
    with pytest.raises(ServiceFailed, match="job ended with status 1"):
        processes.check()
    assert told == []


def test_what_is_frozen_neither_runs_nor_ends_until_it_is_thawed_or_killed(processes, tmp_path):
    leader = psutil.Process(processes.start(python("worker", SERVER, tmp_path)).pid)
    (number,) = children(tmp_path / "worker.log", 1)
    child = psutil.Process(number)
    processes.freeze("worker")
    wait_for(lambda: child.status() == psutil.STATUS_STOPPED)
    assert leader.status() != psutil.STATUS_STOPPED
    processes.thaw("worker")
    wait_for(lambda: child.status() != psutil.STATUS_STOPPED)
    processes.freeze("worker")
    processes.kill("worker", down_seconds=3600)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_child_that_ends_while_it_is_frozen_or_thawed_is_passed_over(processes, monkeypatch, tmp_path):
    processes.start(python("worker", SERVER, tmp_path))
    (number,) = children(tmp_path / "worker.log", 1)
    ended = psutil.Process(number)
    monkeypatch.setattr(psutil.Process, "children", lambda _, **_recursive: [ended])  # as they were a moment before
    ended.kill()
    wait_for(lambda: not ended.is_running() or ended.status() == psutil.STATUS_ZOMBIE)
    processes.freeze("worker")
    processes.thaw("worker")


def test_what_does_not_run_cannot_be_frozen(processes):
    with pytest.raises(ServiceFailed, match="worker-1 is not running: it cannot be frozen"):
        processes.freeze("worker-1")


def test_what_does_not_run_cannot_be_killed(processes):
    with pytest.raises(ServiceFailed, match="redis is not running"):
        processes.kill("redis", down_seconds=1)

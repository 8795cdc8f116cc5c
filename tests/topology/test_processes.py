"""Whatever a run starts is found and ended again, whoever ends the run, and says why where it fails."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from topology import processes as module
from topology.processes import Command, Interrupted, Processes, ServiceFailed

pytestmark = pytest.mark.processes

# A service with a child in a process group of its own which, like a task, does not care for SIGTERM.
WITH_CHILD = """
import os, signal, subprocess, sys, time
stubborn = "import os, signal, time; os.setpgid(0, 0); signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", stubborn])
print("started", flush=True)
time.sleep(600)
"""

DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""


def python(name: str, code: str, folder: Path, *, text: str = "", job: bool = False) -> Command:
    words = [sys.executable, "-c", code]
    return Command(name, words, dict(os.environ), folder / f"{name}.log", text=text, job=job)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(tmp_path / "processes.json")
    yield processes
    processes.stop()


def wait_for(log: Path, words: str) -> None:
    end = monotonic() + 20
    while not log.exists() or words not in log.read_text():
        assert monotonic() < end, f"{words!r} never came"
        sleep(0.02)


def to_its_end(processes: Processes, job: Command) -> None:
    for _ in processes.run(job):
        sleep(0.01)


def family(pid: int) -> list[psutil.Process]:
    leader = psutil.Process(pid)
    end = monotonic() + 20
    while not leader.children() and monotonic() < end:
        sleep(0.02)
    return [leader, *leader.children(recursive=True)]


def living(family: list[psutil.Process]) -> list[int]:
    return [each.pid for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def test_stopping_ends_a_service_and_what_it_started_though_that_wants_to_stay(processes, tmp_path):
    service = processes.start(python("service", WITH_CHILD, tmp_path))
    wait_for(tmp_path / "service.log", "started")
    everybody = family(service.pid)
    assert len(living(everybody)) == 2
    assert processes.stop() == []
    assert living(everybody) == []


def test_an_orphan_of_a_service_that_died_is_ended_too(processes, tmp_path):
    service = processes.start(python("service", WITH_CHILD, tmp_path))
    wait_for(tmp_path / "service.log", "started")
    everybody = family(service.pid)
    service.kill()
    service.wait()
    assert len(living(everybody)) == 1
    processes.stop()
    assert living(everybody) == []


def test_a_run_ends_what_a_killed_run_left_behind(tmp_path):
    killed = Processes(tmp_path / "processes.json")
    service = killed.start(python("service", WITH_CHILD, tmp_path))
    wait_for(tmp_path / "service.log", "started")
    everybody = family(service.pid)
    Processes(tmp_path / "processes.json")
    service.wait(timeout=10)
    assert living(everybody) == []


def test_a_record_whose_process_id_is_somebody_elses_by_now_ends_nobody(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as other:
        (tmp_path / "processes.json").write_text(f"[[{other.pid}, 1.0]]")
        Processes(tmp_path / "processes.json")
        assert other.poll() is None
        other.communicate(b"\n")
    assert other.returncode == 0


def test_a_service_that_does_not_stop_when_asked_is_killed(processes, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.3)
    service = processes.start(python("service", DEAF, tmp_path))
    wait_for(tmp_path / "service.log", "deaf")
    assert processes.stop() == []
    assert not psutil.pid_exists(service.pid)


def test_a_service_that_ends_by_itself_is_refused_with_where_to_look(processes, tmp_path):
    processes.start(python("service", "pass", tmp_path)).wait()
    with pytest.raises(ServiceFailed, match=r"service ended with status 0: see .*service\.log"):
        processes.check()


def test_a_job_that_fails_is_refused_with_where_to_look(processes, tmp_path):
    with pytest.raises(ServiceFailed, match=r"job ended with status 3: see .*job\.log"):
        to_its_end(processes, python("job", "import sys; sys.exit(3)", tmp_path, job=True))


def test_a_job_that_has_ended_well_troubles_nobody_later(processes, tmp_path):
    to_its_end(processes, python("job", "pass", tmp_path, job=True))
    processes.check()


def test_a_secret_may_come_by_standard_input(processes, tmp_path):
    job = python("job", "print(input()[::-1])", tmp_path, text="terces\n", job=True)
    to_its_end(processes, job)
    assert (tmp_path / "job.log").read_text() == "secret\n"


def test_a_signal_is_obeyed_at_the_next_check(processes):
    processes.check()
    processes.interrupt(signal.SIGTERM, None)
    with pytest.raises(Interrupted, match="SIGTERM"):
        processes.check()

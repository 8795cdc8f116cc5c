"""`make desk`: one at a time, on a port that is free, and nothing of it is left when it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from demo import desk
from demo.one_desk import no_desk, only_desk

PROJECT = Path(__file__).parents[2]
SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_a_taken_port_is_said_and_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("DESK_PORT", str(port))
        with pytest.raises(SystemExit) as said:
            desk.chosen_port()
    assert f"DESK_PORT={port}: this port of 127.0.0.1 cannot be had" in str(said.value)
    assert desk.chosen_port() == port


@pytest.mark.parametrize("written", ["0", "65536", "-1", "x", "8080 ", "²"])
def test_what_is_no_port_is_refused(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("DESK_PORT", written)
    with pytest.raises(SystemExit, match="expected a port from 1 to 65535"):
        desk.chosen_port()


def test_the_second_desk_is_told_where_the_first_is(tmp_path: Path) -> None:
    with only_desk(tmp_path) as remember:
        remember(os.getpid(), "http://127.0.0.1:1234")
        with pytest.raises(SystemExit, match=r"runs already, at http://127\.0\.0\.1:1234"), only_desk(tmp_path):
            pytest.fail("two desks")
    with only_desk(tmp_path):
        pass  # this process, which was remembered, was not taken for one that is left over


def test_the_demo_is_not_made_anew_beside_a_desk_and_the_other_way_round(tmp_path: Path) -> None:
    with only_desk(tmp_path) as remember:
        remember(os.getpid(), "http://127.0.0.1:1234")
        with pytest.raises(SystemExit, match=r"runs already, at http://127\.0\.0\.1:1234"), no_desk(tmp_path):
            pytest.fail("it would take the world away")
    with no_desk(tmp_path), pytest.raises(SystemExit, match="world is being made"), only_desk(tmp_path):
        pytest.fail("there is no world yet")


@pytest.mark.processes
def test_what_a_killed_desk_left_is_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    killed = "import os, signal, sys\nfrom pathlib import Path\nfrom demo.one_desk import only_desk\n"
    killed += "with only_desk(Path(sys.argv[1])) as remember:\n    remember(int(sys.argv[2]), 'http://there')\n"
    killed += "    os.kill(os.getpid(), signal.SIGKILL)"
    left = subprocess.Popen(SLEEPS, start_new_session=True)
    try:
        subprocess.run([sys.executable, "-c", killed, tmp_path, str(left.pid)], cwd=PROJECT, check=False)
        assert left.poll() is None
        with only_desk(tmp_path):
            left.wait(10)
        assert not psutil.pid_exists(left.pid)
    finally:
        left.kill()
        left.wait()
    assert "left Airflow running at http://there: ended" in capsys.readouterr().err


@pytest.mark.processes
@pytest.mark.parametrize(
    "kept",
    [
        lambda pid: json.dumps({"processes": [[pid, 1.0]], "address": "http://there"}),
        lambda pid: json.dumps({"processes": [[pid, 1.0]]})[:8],
        lambda _: "{}",
    ],
    ids=["its number is another's", "half-written", "nothing"],
)
def test_a_process_that_is_no_desks_is_left_alone(tmp_path: Path, kept: Callable[[int], str]) -> None:
    other = subprocess.Popen(SLEEPS, start_new_session=True)
    try:
        (tmp_path / "desk.lock").write_text(kept(other.pid))
        with only_desk(tmp_path):
            assert other.poll() is None
    finally:
        other.kill()
        other.wait()


@pytest.mark.processes
def test_all_that_a_server_started_ends_with_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(desk, "END_SECONDS", 0.5)
    told = tmp_path / "child"
    stubborn = f"trap '' TERM; sleep 600 & echo $! > {told}.new; mv {told}.new {told}; wait"
    server = subprocess.Popen(["/bin/sh", "-c", stubborn], start_new_session=True)
    while not told.exists():
        time.sleep(0.01)
    child = psutil.Process(int(told.read_text()))
    desk.end(server)
    assert server.returncode == -signal.SIGKILL
    psutil.wait_procs([child], timeout=5)
    assert not psutil.pid_exists(child.pid) or child.status() == psutil.STATUS_ZOMBIE

"""`python -m topology` as a whole: stopped half-way it leaves nothing behind, and it empties no stranger's folder.

Run to its end it is in test_disturbed_run.py.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from topology import redis_server
from topology.processes import ServiceFailed

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "topology"


def start(folder: Path, log: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "topology", str(folder)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")])},
        stderr=log.open("wb"),
    )


@pytest.fixture
def running(folder: Path, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A run whose databases are up or coming up."""
    log = tmp_path / "progress"
    run = start(folder, log)
    end = monotonic() + 60
    while "metadata is up" not in log.read_text():
        assert run.poll() is None, log.read_text()
        assert monotonic() < end, log.read_text()
        sleep(0.1)
    yield run
    if run.poll() is None:
        run.terminate()
        run.wait(timeout=60)


def test_a_run_that_is_stopped_leaves_nothing_running_and_no_secret_on_disk(running, folder, tmp_path):
    everybody = psutil.Process(running.pid).children(recursive=True)
    assert len(everybody) > 3
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=60) == 128 + signal.SIGINT
    progress = (tmp_path / "progress").read_text()
    assert "stopped by SIGINT" in progress
    assert "nothing is left running" in progress
    assert not [each for each in everybody if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
    assert not [*folder.glob("services/*/data"), *folder.glob("services/*/passwords.json")]


def test_a_second_run_in_the_same_folder_is_refused_and_troubles_not_the_first(running, folder, tmp_path):
    with start(folder, tmp_path / "second") as second:
        assert second.wait(timeout=60) == 1
    assert "another topology runs in this folder" in (tmp_path / "second").read_text()
    assert running.poll() is None
    running.terminate()
    assert running.wait(timeout=60) == 128 + signal.SIGTERM


def test_a_folder_with_something_else_in_it_is_not_emptied(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one").write_text("precious")
    with start(tmp_path / "photos", tmp_path / "progress") as refused:
        assert refused.wait(timeout=60) == 1
    assert "it would be emptied" in (tmp_path / "progress").read_text()
    assert (tmp_path / "photos" / "one").read_text() == "precious"


def test_without_any_redis_it_says_so_in_one_line(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    with pytest.raises(ServiceFailed, match="no redis-server on the PATH, and no Redis answers at REDIS_URL"):
        redis_server.running_server()

"""The demo's months through two workers, while databases, a worker and the scheduler are killed: the same bytes.

The second month is disturbed by nothing, so this one run stands for `make topology` too.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from topology import mariadb_server, redis_server
from topology.processes import ServiceFailed

ROOT = Path(__file__).parents[2]
SECONDS = 900
KILLED = ["killed scheduler", "killed programme and metadata"]
QUEUED_SECONDS = 120

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(
        not os.environ.get("TOPOLOGY"), reason="takes minutes: TOPOLOGY=1 runs it, as make topology DISTURB=1 does"
    ),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a disturbed run said; it ended well."""
    if redis_server.own_server() is None:
        try:
            redis_server.running_server()
        except ServiceFailed as absent:
            pytest.skip(f"NO REDIS: the topology is NOT tested ({absent})")
    folder = tmp_path_factory.mktemp("run")
    with (folder / "progress").open("wb") as progress:
        run = subprocess.run(
            [sys.executable, "-m", "topology", "--disturb", str(folder / "topology")],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")])},
            stderr=progress,
            timeout=SECONDS,
            check=False,
        )
    told = (folder / "progress").read_text()
    sys.stderr.write(told)  # shown where a test fails
    assert run.returncode == 0, told
    return told


def test_registers_and_letters_are_those_of_an_undisturbed_run(told):
    assert "each equal to the command line's to the byte" in told


def test_each_kind_of_server_was_killed_once_and_came_back(told):
    kinds = KILLED + (["killed billing-mariadb"] if mariadb_server.own_server() else [])
    assert [told.count(kind) for kind in kinds] == [1] * len(kinds)
    assert told.count("is started again") > len(kinds)


def test_a_worker_was_killed_before_it_began_what_it_had_taken_and_one_at_work(told):
    assert told.count("killed worker-") == 2
    assert told.count("taken from the queue and not begun") == 1


def test_what_the_killed_worker_had_taken_was_begun_by_another_within_two_minutes(told):
    waited = [int(seconds) for seconds in re.findall(r"was begun by worker-\d after (\d+) s in the queue", told)]
    assert waited
    assert max(waited) <= QUEUED_SECONDS


def test_both_workers_ran_tasks_and_nothing_was_left_running(told):
    assert told.count(" tasks: ") == 2
    assert "nothing is left running" in told

"""A reader that has seen enough is no refusal: the work ends, and its exit status is that of the work."""

import os
import subprocess
import sys

import pytest

from partner_program.usecases.installation import PROJECT

MAIN = "import sys; from partner_program.cli import main; sys.argv[0] = 'partner-program'; main()"

pytestmark = pytest.mark.processes


def with_nobody_reading(world, *words, both=False):
    """Run a command whose pipe has lost its reader before the first byte; return its status and its stderr."""
    reading, writing = os.pipe()
    os.close(reading)
    stderr = writing if both else subprocess.PIPE
    environment = {**world.environment(), "PYTHONPATH": str(PROJECT / "plugins")}
    ended = subprocess.run(
        [sys.executable, "-c", MAIN, *map(str, words)], env=environment, stdout=writing, stderr=stderr, check=False
    )
    os.close(writing)
    return ended.returncode, (ended.stderr or b"").decode()


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("--version",),
        ("register", "2015-06"),
        ("register", "2015-06", "--format", "csv"),
        ("register", "2015-06", "--format", "xlsx"),
        ("explain", "P1", "2015-06"),
        ("letters", "list", "2015-06", "--format", "json"),
    ],
)
def test_a_closed_pipe_ends_in_success_and_in_silence(world_after_june, words):
    assert with_nobody_reading(world_after_june, *words) == (0, "")


def test_work_that_is_begun_is_finished_though_neither_answer_nor_progress_is_read(world_after_june, tmp_path):
    status, _ = with_nobody_reading(world_after_june, "certificate", "P1", "--out", tmp_path / "p.pdf", both=True)
    assert status == 0
    assert (tmp_path / "p.pdf").read_bytes().startswith(b"%PDF")


def test_a_refusal_stays_one(world_after_june):
    status, stderr = with_nobody_reading(world_after_june, "register", "2031-01")
    assert (status, stderr[:9]) == (1, "refused: ")

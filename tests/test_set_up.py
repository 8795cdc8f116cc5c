"""bin/set-up chooses a suitable Python, says why another is not suitable, and never uses an unfinished .venv."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parent.parent
NEEDED = ("bin", "pyproject.toml", "requirements-build.txt", "requirements.txt", "requirements-dev.txt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the files that the set-up reads, in a folder with a space in its name."""
    folder = tmp_path / "a project"
    folder.mkdir()
    for name in NEEDED:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
    return folder


@pytest.fixture
def python(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a Python that runs a change before this one; when it should make a .venv, it prints its name and stops."""

    def write(name: str, change: str) -> Path:
        path = tmp_path / "interpreters" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            f'#!/bin/sh\nif [ "$1" = -m ]; then echo "chosen: {name}"; exit 3; fi\n'
            f'if [ "$1" = -c ]; then shift; exec "{sys.executable}" -c "{change}\n$1"; fi\n'
            f'exec "{sys.executable}" "$@"\n'
        )
        path.chmod(0o755)
        return path

    return write


def set_up(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it; the interpreters of the test come before the machine's."""
    path = f"{folder.parent / 'interpreters'}:{os.environ['PATH']}"
    return subprocess.run(
        [folder / "bin" / "set-up", "run"],
        env={"PATH": path, "HOME": str(folder.parent), **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_python_shim_that_does_not_run_is_skipped_for_the_next_newest_python(folder, python):
    python("python3.13", "import sys; sys.exit('shim: no such version')")
    python("python3.12", "import sys; sys.version_info = (3, 12, 0, 'final', 0)")

    assert "chosen: python3.12\n" in set_up(folder).stderr


def test_the_newest_python_that_will_do_is_chosen(folder, python):
    for minor in (11, 12, 13):
        python(f"python3.{minor}", f"import sys; sys.version_info = (3, {minor}, 0, 'final', 0)")

    assert "chosen: python3.13\n" in set_up(folder).stderr


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("import sys; sys.version_info = (3, 10, 9, 'final', 0)", "is Python 3.10; 3.11, 3.12 or 3.13 is needed"),
        ("import sys; sys.version_info = (3, 14, 0, 'final', 0)", "is Python 3.14; 3.11, 3.12 or 3.13 is needed"),
        (
            "import sys; sys.modules['ensurepip'] = None",
            "lacks the module ensurepip: install your system's venv package",
        ),
        ("import sys; sys.exit(127)", "does not run"),
    ],
    ids=["too old", "too new", "without ensurepip", "broken"],
)
def test_a_python_chosen_by_name_is_refused_with_the_reason_and_never_replaced(folder, python, change, reason):
    python("python3", "")
    asked_for = python("asked for", change)

    done = set_up(folder, PYTHON=str(asked_for))

    assert done.returncode == 1
    assert f"{asked_for} {reason}" in done.stderr
    assert not (folder / ".venv").exists()


def test_an_unfinished_venv_is_deleted_and_made_again(folder, python):
    python("python3.13", "")
    leftover = folder / ".venv" / "lib" / "half a package.py"
    leftover.parent.mkdir(parents=True)
    leftover.touch()

    set_up(folder)

    assert not leftover.exists()


def test_a_failed_step_shows_its_log_and_leaves_nothing_that_looks_ready(folder, python):
    python("python3.13", "")

    done = set_up(folder)

    assert done.returncode == 1
    assert "chosen: python3.13" in done.stderr
    assert not (folder / ".venv" / ".ready").exists()

"""Promises of the tool chain that no linter checks."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WANTS = ("requirements-build", "requirements", "requirements-dev")


@pytest.mark.processes
def test_the_domain_imports_with_the_standard_library_alone():
    modules = [f"partner_program.domain.{path.stem}" for path in (ROOT / "plugins/partner_program/domain").glob("*.py")]
    program = f"import sys; sys.path.append({str(ROOT / 'plugins')!r})\n" + "\n".join(f"import {m}" for m in modules)

    without_packages = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )

    assert len(modules) > 10
    assert without_packages.stderr == ""


@pytest.mark.parametrize("wants", WANTS)
def test_everything_wanted_is_locked_to_one_release_with_its_hashes(wants):
    named = re.findall(r"(?m)^\w[\w.-]*", (ROOT / f"{wants}.in").read_text())
    lock = (ROOT / f"{wants}.txt").read_text()

    locked = set(re.findall(r"(?m)^([a-z0-9-]+)==\S+ (?:;.* )?\\\n    --hash=sha256:", lock))

    assert {name.lower() for name in named} <= locked


@pytest.mark.parametrize("wants", WANTS)
def test_a_lock_names_no_package_index_as_each_machine_has_its_own(wants):
    assert "://" not in (ROOT / f"{wants}.txt").read_text()

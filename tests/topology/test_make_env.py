"""bin/make-env makes secrets that nobody else has, and `make up` refuses to go without them."""

import base64
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    for name in ("bin/make-env", "bin/compose", ".env.example", "docker-compose.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(project: Path, *words: str, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.pathsep.join([path, os.defpath])}
    return subprocess.run(
        [project / words[0], *words[1:]], env=environment, capture_output=True, text=True, check=False, timeout=30
    )


def values(env_file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", env_file.read_text(), re.MULTILINE))


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """A container engine that only writes down what it is asked."""
    folder = tmp_path / "engine"
    folder.mkdir()
    (folder / "docker").write_text(f'#!/bin/sh\n[ "$*" != "compose version" ] || exit 0\necho "$@" >>{folder}/asked\n')
    (folder / "docker").chmod(0o755)
    return folder


def test_it_makes_a_secret_of_its_own_for_each_name(project):
    assert run(project, "bin/make-env").returncode == 0
    made, example = values(project / ".env"), values(project / ".env.example")
    secrets = [made[name] for name, value in example.items() if not value]
    assert made.keys() == example.keys()
    assert len(set(secrets)) == len(secrets)
    assert all(re.fullmatch(r"[A-Za-z0-9_=-]{32,}", secret) for secret in secrets)
    assert {name: made[name] for name, value in example.items() if value} == {
        "AIRFLOW_PORT": "8080",
        "MAIL_PORT": "8025",
    }


def test_the_fernet_key_is_one(project):
    run(project, "bin/make-env")
    assert len(base64.urlsafe_b64decode(values(project / ".env")["AIRFLOW_FERNET_KEY"])) == 32


def test_only_its_owner_may_read_it(project):
    run(project, "bin/make-env")
    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600


def test_it_never_replaces_secrets_that_are_in_use(project):
    (project / ".env").write_text("MINE=1\n")
    refused = run(project, "bin/make-env")
    assert refused.returncode == 1
    assert "there is an .env already" in refused.stderr
    assert (project / ".env").read_text() == "MINE=1\n"


def test_it_prints_no_secret(project):
    made = run(project, "bin/make-env")
    assert not [value for value in values(project / ".env").values() if len(value) >= 32 and value in made.stderr]


def test_up_is_refused_without_an_env_file(project, engine):
    refused = run(project, "bin/compose", "up", path=str(engine))
    assert refused.returncode == 1
    assert "there is no .env: run bin/make-env" in refused.stderr
    assert not (engine / "asked").exists()


def test_up_is_refused_with_the_example_as_it_is_and_each_secret_named(project, engine):
    shutil.copy(project / ".env.example", project / ".env")
    refused = run(project, "bin/compose", "up", path=str(engine))
    assert refused.returncode == 1
    assert set(refused.stderr.split(":")[-1].split()) == {
        name for name, value in values(project / ".env.example").items() if not value
    }
    assert not (engine / "asked").exists()


@pytest.mark.parametrize("secret", ["", "short", "p@ss:word/" * 5, "airflow"])
def test_up_is_refused_where_one_secret_can_be_guessed_or_breaks_an_address(project, engine, secret):
    run(project, "bin/make-env")
    lines = (project / ".env").read_text()
    (project / ".env").write_text(re.sub(r"^REDIS_PASSWORD=.*$", f"REDIS_PASSWORD={secret}", lines, flags=re.MULTILINE))
    refused = run(project, "bin/compose", "up", path=str(engine))
    assert refused.returncode == 1
    assert refused.stderr.strip().endswith("for: REDIS_PASSWORD")


def test_up_goes_to_the_engine_once_every_secret_is_there(project, engine):
    run(project, "bin/make-env")
    assert run(project, "bin/compose", "up", "--detach", path=str(engine)).returncode == 0
    assert (engine / "asked").read_text().splitlines()[-1] == "compose up --detach"


def test_without_an_engine_it_says_what_works_instead(project, tmp_path):
    run(project, "bin/make-env")
    for name in ("docker", "podman"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    refused = run(project, "bin/compose", "up", path=str(tmp_path))
    assert refused.returncode == 1
    assert "make topology needs none" in refused.stderr

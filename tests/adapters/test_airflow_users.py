"""Airflow's users, where its configuration has them: in the environment or in airflow.cfg."""

from pathlib import Path

import pytest

from partner_program.adapters.airflow_users import airflow_users

SIMPLE = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of Airflow without a configuration."""
    for name in ("AUTH_MANAGER", "SIMPLE_AUTH_MANAGER_USERS", "SIMPLE_AUTH_MANAGER_ALL_ADMINS"):
        monkeypatch.delenv(f"AIRFLOW__CORE__{name}", raising=False)
    monkeypatch.delenv("AIRFLOW_CONFIG", raising=False)
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    return tmp_path


def written(home: Path, **settings: str) -> None:
    lines = [f"{name} = {value}" for name, value in settings.items()]
    (home / "airflow.cfg").write_text("\n".join(["[core]", "fernet = a%b", *lines]), encoding="utf-8")


def test_without_a_configuration_nothing_is_known(home: Path) -> None:
    assert airflow_users() is None
    (home / "airflow.cfg").write_bytes(b"\xff no section")
    assert airflow_users() is None


def test_the_file_has_them_and_the_environment_wins(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(home, auth_manager=SIMPLE, simple_auth_manager_users="admin:admin, kim:op")
    assert airflow_users() == {"admin": "admin", "kim": "op"}
    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "lee:viewer")
    assert airflow_users() == {"lee": "viewer"}


@pytest.mark.parametrize(
    "setting", [{"auth_manager": "airflow.providers.fab.FabAuthManager"}, {"simple_auth_manager_all_admins": "True"}]
)
def test_where_they_are_kept_elsewhere_or_everybody_is_one_nothing_is_known(
    home: Path, setting: dict[str, str]
) -> None:
    written(home, simple_auth_manager_users="admin:admin", **setting)
    assert airflow_users() is None

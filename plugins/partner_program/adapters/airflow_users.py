"""Reads the users of Airflow's simple auth manager where its configuration has them; Airflow itself is not needed."""

import configparser
import os
from pathlib import Path

_SECTION, _MANAGER, _USERS, _ALL_ADMINS = (
    "core",
    "auth_manager",
    "simple_auth_manager_users",
    "simple_auth_manager_all_admins",
)


def airflow_users() -> dict[str, str] | None:
    """Return the users by id with their role; None where another manager has them, or no configuration is here."""
    users = _setting(_USERS)
    manager = _setting(_MANAGER) or "SimpleAuthManager"
    if users is None or not manager.endswith("SimpleAuthManager") or _setting(_ALL_ADMINS) in ("True", "true", "1"):
        return None
    named = (each.strip().partition(":") for each in users.split(",") if each.strip())
    return {name: role for name, _, role in named}


def _setting(name: str) -> str | None:
    """A setting of Airflow's section `core`: the environment's, else that of `airflow.cfg`."""
    own = os.environ.get(f"AIRFLOW__{_SECTION}__{name}".upper())
    if own is not None:
        return own
    home = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()
    file = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        file.read(os.environ.get("AIRFLOW_CONFIG", home / "airflow.cfg"), encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return None
    return file.get(_SECTION, name, fallback=None)

"""Random secrets for one run. They are in the environment of its processes, never on a command line or in a log."""

import base64
import secrets
from collections.abc import Iterable
from pathlib import Path


def random_values(names: Iterable[str]) -> dict[str, str]:
    """A random value for each name, of the same form as `bin/make-env` makes it."""
    return {name: _fernet_key() if name.endswith("FERNET_KEY") else secrets.token_hex(32) for name in sorted(names)}


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def files_that_contain(folder: Path, values: Iterable[str]) -> list[str]:
    """The logs below a folder that contain one of the values."""
    wanted = [value.encode() for value in values]
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*.log")
        if path.is_file() and any(value in path.read_bytes() for value in wanted)
    )

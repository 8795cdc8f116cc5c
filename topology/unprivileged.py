"""Database servers refuse to run as root. Where this process runs as root, they run as the user `nobody`.

That user may not enter root's own folders. Where the run's folder, or PostgreSQL's programs, are in one of these, the
servers use a folder below the system's temporary one.
"""

import os
import pwd
import shutil
import tempfile
from pathlib import Path


class Unprivileged:
    """The user that database servers run as, and folders that this user may enter; `user` is None without root."""

    def __init__(self) -> None:
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._shelter: Path | None = None

    def home(self, wanted: Path) -> Path:
        """The wanted folder, or one in its place that the user may enter; the user owns it."""
        if self.user is None:
            return wanted
        home = wanted if _may_enter(wanted) else self._sheltered(wanted.name)
        home.mkdir(exist_ok=True)
        os.chown(home, self.user.pw_uid, self.user.pw_gid)
        return home

    def programs(self, folder: Path) -> Path:
        """The folder of an installed package, or a copy that the user may enter, with the libraries beside it."""
        if self.user is None or _may_enter(folder):
            return folder
        copy = self._sheltered(folder.name)
        if not copy.exists():
            for part in folder.parent.glob(f"{folder.name}*"):
                shutil.copytree(part, copy.with_name(part.name))
        return copy

    def forget(self) -> None:
        """Delete the temporary folder."""
        if self._shelter is not None:
            shutil.rmtree(self._shelter)

    def _sheltered(self, name: str) -> Path:
        if self._shelter is None:
            self._shelter = Path(tempfile.mkdtemp(prefix="topology-"))
            self._shelter.chmod(0o711)
        return self._shelter / name


def _may_enter(folder: Path) -> bool:
    """Whether every user may enter all folders above this one."""
    return all(parent.stat().st_mode & 0o001 for parent in folder.absolute().parents)

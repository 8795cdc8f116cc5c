"""Runs a command with a MariaDB beside it, for tests: `python -m topology.with_mariadb make test`.

Where no server is installed the command runs all the same, and its tests say that there is none.
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from topology import mariadb_server
from topology.local_places import LOOPBACK, free_ports
from topology.processes import Processes, ServiceFailed
from topology.unprivileged import Unprivileged

SERVICE = "billing-mariadb"
UP_SECONDS = 120.0


def run_beside_mariadb(command: Sequence[str]) -> int:
    """Start the server, run the command with its address in the environment, stop it; returns the command's status."""
    if mariadb_server.own_server() is None:
        return subprocess.call(command)  # noqa: S603  the caller's own command
    with TemporaryDirectory(prefix="mariadb-") as folder:
        home, unprivileged = Path(folder), Unprivileged()
        home.chmod(0o711)
        processes = Processes(home / "processes.json")
        try:
            place = _bring_up(processes, unprivileged, home / SERVICE)
            return subprocess.call(command, env=os.environ | place)  # noqa: S603
        finally:
            processes.stop()
            unprivileged.forget()


def _bring_up(processes: Processes, unprivileged: Unprivileged, home: Path) -> dict[str, str]:
    home.mkdir()
    (port,) = free_ports([SERVICE]).values()
    password = secrets.token_hex(16)
    environment = {"MARIADB_ROOT_PASSWORD": password, "MARIADB_DATABASE": "tests"}
    end = monotonic() + UP_SECONDS
    for _ in mariadb_server.bring_up(
        processes, SERVICE, unprivileged=unprivileged, home=home, port=port, environment=environment
    ):
        if monotonic() > end:
            raise ServiceFailed(f"MariaDB is not up after {UP_SECONDS:.0f} s")
        sleep(0.05)
    return {"TEST_MARIADB_HOST": LOOPBACK, "TEST_MARIADB_PORT": str(port), "TEST_MARIADB_PASSWORD": password}


if __name__ == "__main__":
    sys.exit(run_beside_mariadb(sys.argv[1:]))

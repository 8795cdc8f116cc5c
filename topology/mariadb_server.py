"""A MariaDB for one service, where the server is installed; no Python package brings one."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pymysql

from topology.local_places import LOOPBACK
from topology.processes import Command, Processes
from topology.unprivileged import Unprivileged

_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])

# The data is gone with the run, so it is kept small and nothing waits for the disk.
_SMALL = (
    "--skip-name-resolve",
    "--innodb-log-file-size=4M",
    "--innodb-buffer-pool-size=32M",
    "--innodb-flush-log-at-trx-commit=0",
)


def own_server() -> str | None:
    """The server program of this machine, if it has one and can make a database for it."""
    return shutil.which("mariadbd", path=_PATH) if shutil.which("mariadb-install-db", path=_PATH) else None


def own_places(unprivileged: Unprivileged, home: Path) -> tuple[str, ...]:
    """Options that keep a server, and the making of its database, away from other servers' files.

    A starting server deletes all temporary tables from its temporary folder, and `/tmp` is every server's. In one of
    five starts beside others, a server lost tables that it was using: it crashed, or its database could not be made.
    """
    place = unprivileged.home(home)
    folders = {"datadir": place / "data", "tmpdir": place / "temporary"}
    for folder in folders.values():
        folder.mkdir(exist_ok=True)
        if unprivileged.user is not None:
            os.chown(folder, unprivileged.user.pw_uid, unprivileged.user.pw_gid)
    return ("--no-defaults", *(f"--{name}={folder}" for name, folder in folders.items()))


def bring_up(
    processes: Processes,
    service: str,
    *,
    unprivileged: Unprivileged,
    home: Path,
    port: int,
    environment: Mapping[str, str],
) -> Iterator[None]:
    """Make the database that a container's environment asks for, start it, and yield until it answers."""
    user, log = unprivileged.user, home / "output.log"
    server, plain = own_server() or "", {"PATH": _PATH}
    options = (*own_places(unprivileged, home), *_SMALL)

    def command(name: str, *words: str | Path, text: str = "", job: bool = True) -> Command:
        return Command(name, words, plain, log, text=text, user=user, stop_last=True, job=job)

    install = ("mariadb-install-db", *options, "--skip-test-db", "--auth-root-authentication-method=normal")
    yield from processes.run(command(f"{service}: install", *install))
    yield from processes.run(command(f"{service}: set-up", server, *options, "--bootstrap", text=_set_up(environment)))
    here = (f"--bind-address={LOOPBACK}", f"--port={port}", "--socket=socket", "--pid-file=pid")
    processes.start(command(service, server, *options, *here, job=False))
    while not _answers(port, environment):
        processes.check()
        yield


def _set_up(environment: Mapping[str, str]) -> str:
    """Statements for the server before it listens, one a line."""
    password = environment["MARIADB_ROOT_PASSWORD"].replace("'", "''")
    return (
        f"CREATE DATABASE `{environment['MARIADB_DATABASE']}`;\n"
        "FLUSH PRIVILEGES;\n"
        "DELETE FROM mysql.global_priv WHERE User IN ('', 'root');\n"
        "FLUSH PRIVILEGES;\n"
        f"CREATE USER root@'{LOOPBACK}' IDENTIFIED BY '{password}';\n"
        f"GRANT ALL ON *.* TO root@'{LOOPBACK}' WITH GRANT OPTION;\n"
    )


def _answers(port: int, environment: Mapping[str, str]) -> bool:
    try:
        pymysql.connect(
            host=LOOPBACK, port=port, user="root", password=environment["MARIADB_ROOT_PASSWORD"], connect_timeout=2
        ).close()
    except pymysql.OperationalError:
        return False
    return True

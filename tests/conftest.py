"""Fixtures for every test, and the marks that follow from them. Tests write to memory if there is space."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from tests.mariadb_place import MARIADB, NO_MARIADB
from tests.memory import in_memory
from tests.order import place, pytest_xdist_make_scheduler  # noqa: F401 - a hook, by its name
from tests.servers import Postgres, own_postgres
from tests.worlds import World
from topology import mariadb_server

if (memory := in_memory()) is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))
gc.set_threshold(20_000, 20, 20)  # a tenth of the processor's time went into looking for cycles that are not there


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty company with the entities NL and US."""
    return World(tmp_path)


@pytest.fixture(scope="session")
def shared_postgres() -> Iterator[Postgres]:
    """The PostgreSQL server of this test process; a fixture that makes something on it removes it again."""
    with own_postgres() as server:
        yield Postgres(server)


@pytest.fixture(scope="session")
def shared_mariadb() -> dict[str, Any]:
    """The address of the machine's MariaDB; a fixture that makes something on it removes it again."""
    try:
        pymysql.connect(**MARIADB).close()
    except pymysql.err.OperationalError as absent:
        pytest.skip(f"{NO_MARIADB}: NOT tested on it ({absent})")
    return MARIADB


@pytest.fixture(scope="session")
def mariadbd() -> str:
    """The MariaDB program of this machine, for a server of one's own."""
    program = mariadb_server.own_server()
    if program is None:
        pytest.skip("NO MARIADBD ON THIS MACHINE: NOT tested on a server of its own")
    return program


MARKS = dict.fromkeys(("shared_postgres", "shared_mariadb", "mariadbd"), "server")
MARKS |= dict.fromkeys(("airflow_home", "airflow_desk"), "airflow")
MARKS |= {"parquet_files": "engine"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Mark each test with what it needs; put those that take long first. The order within a file stays."""
    for item in items:
        for name in MARKS.keys() & _fixtures(session, item):
            item.add_marker(MARKS[name])
    items.sort(key=place)
    gc.freeze()  # what was imported and collected stays to the end: no later collection looks at it


def _fixtures(session: pytest.Session, item: pytest.Item) -> set[str]:
    """The fixtures of a test, those of fixtures included, and those that its parameters name."""
    found: set[str] = set()
    left = list(getattr(item, "fixturenames", ()))
    left += [each for each in _parameters(item) if isinstance(each, str)]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            for fixture in session._fixturemanager.getfixturedefs(name, item) or ():
                left += fixture.argnames
    return found


def _parameters(item: pytest.Item) -> Iterator[Any]:
    call = getattr(item, "callspec", None)
    yield from call.params.values() if call else ()


# A test that starts another process or Airflow and is not marked so fails: `make test-fast` leaves out those that are.
STARTED = {"initdb": "server", "pg_ctl": "server", "postgres": "server", "airflow": "airflow"}
STARTED |= dict.fromkeys(("mariadbd", "mariadb-install-db", "mysqld", "redis-server", "valkey-server"), "server")
LEFT_OUT = {"server", "airflow", "processes"}
_running: list[pytest.Item] = []


def _refuse_what_is_not_marked(event: str, words: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen":
        program = words[0] or words[1][0]
        mark = STARTED.get(Path(os.fsdecode(program)).name, "processes")
    elif event == "os.fork":
        mark = "processes"
    elif event == "import" and words[0] == "airflow":
        mark = "airflow"
    else:
        return
    for item in _running:
        enough = LEFT_OUT if mark == "processes" else {mark}  # who needs a server starts processes, too
        if not any(map(item.get_closest_marker, enough)):
            item.user_properties.append(("unmarked", mark))


sys.addaudithook(_refuse_what_is_not_marked)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Remember which test runs."""
    _running[:] = [item]
    try:
        return (yield)
    finally:
        _running.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Fail a test that started what it is not marked with."""
    report = yield
    unmarked = {mark for name, mark in item.user_properties if name == "unmarked"}
    if unmarked and report.when == "call" and report.passed:
        report.outcome = "failed"
        report.longrepr = f"This test starts another process or Airflow: mark it with {', '.join(sorted(unmarked))}."
    return report

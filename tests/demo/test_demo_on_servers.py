"""The demo's months: billing in PostgreSQL, MariaDB, SQLite and Parquet, the programme's database in PostgreSQL.

Registers, letters and quality reports are those of the embedded demo, byte for byte.
Without a MariaDB its entities bill in PostgreSQL.
"""

import json
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pymysql
import pytest

from demo.__main__ import MONTHS
from demo.entities import ENTITIES
from demo.world import billing_connection, billing_database
from partner_program.adapters.connections import ConnectionFields
from tests.cli.command_line import CommandLine
from tests.mariadb_place import MARIADB, NO_MARIADB
from tests.servers import Postgres
from topology.toy_billing import fill_toy_billing

PLACES = {"NL": "postgres", "US": "parquet", "UK": "mysql", "SG": "mysql", "DE": "sqlite"}


def posted(**fields: Any) -> str:
    """A connection as the environment has it."""
    return json.dumps(fields)


def in_sqlite(path: Path) -> str:
    return posted(conn_type="sqlite", host=str(path))


class PostgreSQL:
    """The tests' server: a database for whoever asks."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._made: list[str] = []

    def empty(self) -> dict[str, str]:
        name = self._server.database()
        self._made.append(name)
        return {"conn_type": "postgres", "host": self._server.folder, "login": "postgres", "schema": name}

    def billing(self, _entity: str, source: Path) -> str:
        place = self.empty() | {"login": "only_reads", "password": "word"}
        fill_toy_billing(ConnectionFields("billing", **place), source, owner_password="")  # type: ignore[arg-type]
        return posted(**place)

    def forget(self) -> None:
        for name in self._made:
            self._server.drop(name)


class MariaDB:
    """The machine's server; what was made there goes with the tests."""

    def __init__(self, owner: Any) -> None:
        self._owner = owner
        self._made: list[str] = []

    def billing(self, entity: str, source: Path) -> str:
        name = f"demo_{entity.lower()}_{uuid4().hex[:8]}"
        with self._owner.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        self._made.append(name)
        place = {"conn_type": "mysql", "login": name, "password": "word", "schema": name}
        place |= {name: MARIADB[name] for name in ("host", "port")}
        fill_toy_billing(ConnectionFields("billing", **place), source, owner_password=MARIADB["password"])  # type: ignore[arg-type]
        return posted(**place)

    def forget(self) -> None:
        with self._owner.cursor() as cursor:
            for name in self._made:
                cursor.execute(f"DROP DATABASE {name}")
                cursor.execute(f"DROP USER IF EXISTS {name}")


@pytest.fixture(scope="module")
def postgres(shared_postgres: Postgres) -> Iterator[PostgreSQL]:
    server = PostgreSQL(shared_postgres)
    yield server
    server.forget()


@pytest.fixture(scope="module")
def mariadb(postgres: PostgreSQL) -> Iterator[MariaDB | PostgreSQL]:
    try:
        owner = pymysql.connect(**MARIADB, autocommit=True)
    except pymysql.err.OperationalError as absent:
        warnings.warn(f"{NO_MARIADB}: the demo is NOT tested on it ({absent})", stacklevel=1)
        yield postgres
        return
    with closing(owner):
        server = MariaDB(owner)
        yield server
        server.forget()


@pytest.fixture(scope="module")
def embedded(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo writes where everything is in SQLite files."""
    folder = tmp_path_factory.mktemp("embedded")
    billing = {row.entity: in_sqlite(billing_database(world, row.entity)) for row in ENTITIES}
    return settled(world, billing, in_sqlite(folder / "program.db"), folder / "out")


@pytest.fixture(scope="module")
def on_servers(
    world: Path, postgres: PostgreSQL, mariadb: MariaDB | PostgreSQL, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What it writes where nearly everything is on servers."""
    fill = {
        "postgres": postgres.billing,
        "mysql": mariadb.billing,
        "sqlite": lambda _entity, path: in_sqlite(path),
        "parquet": lambda entity, _path: posted(**billing_connection(world, entity)),
    }
    billing = {entity: fill[place](entity, billing_database(world, entity)) for entity, place in PLACES.items()}
    return settled(world, billing, posted(**postgres.empty()), tmp_path_factory.mktemp("on_servers"))


def settled(world: Path, billing: dict[str, str], program: str, out: Path) -> Path:
    """Load the registry and run the demo's months; return the folder of what they wrote."""
    connections = {f"BILLING_{entity}": fields for entity, fields in billing.items()} | {"PARTNER_PROGRAM": program}
    environment = {f"AIRFLOW_CONN_{name}": fields for name, fields in connections.items()}
    partner_program = CommandLine({**environment, "PARTNER_PROGRAM_OUT": str(out)})
    partner_program.must("init")
    partner_program.must("load", world / "registry")
    for dag_id, params in MONTHS:
        migration = ["--migration"] if dag_id == "migration_2015" else []
        partner_program.must("run", params["billing_month"], "--effective-on", params["effective_on"], *migration)
    return out


def files(out: Path) -> dict[str, bytes]:
    """Each file that people read; what a run keeps to save work is named by its own hashes."""
    found = (path for path in out.rglob("*") if path.is_file() and ".checks" not in path.parts)
    return {str(path.relative_to(out)): path.read_bytes() for path in found}


def test_every_entity_of_the_demo_has_a_place() -> None:
    assert {row.entity for row in ENTITIES} == set(PLACES)


def test_all_that_people_read_is_what_the_embedded_demo_writes_byte_for_byte(embedded: Path, on_servers: Path) -> None:
    one, other = files(embedded), files(on_servers)
    assert {f"registers/{params['billing_month']}.json" for _, params in MONTHS} <= set(one)
    assert sum(name.endswith(".html") for name in one) > 200, "a letter for each partner of the migration at least"
    assert set(other) == set(one)
    assert [name for name, body in one.items() if other[name] != body] == []

"""Database servers are killed, as by `kill -9`, in the middle of a month: after a restart it ends as usual."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pymysql
import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.refusals import Unavailable
from tests.adapters.database.test_database_on_postgres import (
    Fault,
    Programme,
    Proxy,
    reply_to_the_commit_of_a_settlement,
    the_commit_of_a_settlement,
)
from tests.servers import PATIENCE, OwnMariaDB, own_postgres, until
from tests.usecases.three_partners import GO_LIVE, JUNE, partners, three_partners
from tests.worlds import World
from topology.local_places import LOOPBACK
from topology.toy_billing import fill_toy_billing

pytestmark = pytest.mark.server
# The server is killed while it is asked for the third relation of the month.
SLOW_VIEW = """
CREATE VIEW program_reseller_account AS
SELECT CONCAT('A', SLEEP(60)) AS account_id, '' AS company_name, '' AS vat_id, '' AS email_domain
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The register of June when no server was killed."""
    world = three_partners(World(tmp_path_factory.mktemp("undisturbed")))
    world.settle(JUNE, on=GO_LIVE)
    return world.register(JUNE)


# PostgreSQL, with the programme's database


@pytest.fixture(scope="module")
def postgres() -> Iterator[Any]:
    with own_postgres() as server:
        yield server


@pytest.fixture
def programme(postgres: Any, tmp_path: Path) -> Programme:
    with psycopg.connect(postgres.get_uri(), autocommit=True) as owner:
        folder = str(owner.info.host)
        owner.execute("DROP DATABASE IF EXISTS programme")
        owner.execute("CREATE DATABASE programme")
    found = Programme(World(tmp_path), folder, "programme")
    found.through(folder)
    three_partners(found.world)
    return found


def kill(leader: int) -> None:
    """Kill a server with all its processes."""
    process = psutil.Process(leader)
    family = [process, *process.children(recursive=True)]
    for each in family:
        each.kill()


def gone(leader: int) -> bool:
    """Whether the first process of a killed server is gone."""
    return not psutil.pid_exists(leader)


@pytest.mark.parametrize(
    ("cut", "durable"),
    [(the_commit_of_a_settlement(), 0), (reply_to_the_commit_of_a_settlement(), 1)],
    ids=["before it is durable", "after it is durable"],
)
def test_a_server_killed_at_the_commit_ends_after_its_restart_with_the_undisturbed_register(
    programme: Programme, postgres: Any, undisturbed: dict[str, Any], cut: Fault, durable: int
) -> None:
    leader = postgres.get_pid()
    with closing(Proxy(programme.folder, lose=cut, then=lambda: kill(leader))) as proxy:
        programme.through(proxy.folder)
        with pytest.raises(Unavailable, match="the programme database failed"):
            programme.world.settle(JUNE, on=GO_LIVE)
        assert proxy.lost == 1, "the fault was there"
    until(lambda: gone(leader))
    postgres.ensure_postgres_running()
    programme.through(programme.folder)
    assert programme.ask("SELECT count(*) FROM settlement") == [(durable,)]

    programme.world.settle(JUNE, on=GO_LIVE)
    assert programme.world.register(JUNE) == undisturbed
    assert programme.ask("SELECT count(*) FROM settlement") == [(1,)]
    assert programme.ask("SELECT count(*) FROM discount_rate") == [(3,)]


def test_a_server_killed_while_a_month_is_run_through_again_loses_nothing_in_force(
    programme: Programme, postgres: Any, undisturbed: dict[str, Any]
) -> None:
    programme.world.settle(JUNE, on=GO_LIVE)
    leader = postgres.get_pid()
    kill(leader)
    until(lambda: gone(leader))
    with pytest.raises(Unavailable, match="the programme database failed"):
        programme.world.settle(JUNE, on=GO_LIVE)
    postgres.ensure_postgres_running()
    assert programme.world.register(JUNE) == undisturbed
    assert not programme.world.settle(JUNE, on=GO_LIVE).changed


# MariaDB, with an entity's billing


@pytest.fixture
def mariadb(mariadbd: str, tmp_path: Path) -> Iterator[OwnMariaDB]:
    (tmp_path / "mariadb").mkdir()
    server = OwnMariaDB(mariadbd, tmp_path / "mariadb")
    server.start()
    yield server
    server.forget()


def test_a_billing_server_killed_in_the_middle_of_a_pull_holds_its_partners_until_it_is_back(
    mariadb: OwnMariaDB, tmp_path: Path, undisturbed: dict[str, Any]
) -> None:
    (tmp_path / "company").mkdir()
    world = three_partners(World(tmp_path / "company"))
    with closing(mariadb.owner()) as owner, owner.cursor() as cursor:
        cursor.execute("CREATE DATABASE billing")
    fields = ConnectionFields("billing_us", "mysql", LOOPBACK, mariadb.port, "only_reads", "word", "billing")
    fill_toy_billing(fields, world.billing_db("US"), owner_password="")
    world.connections["billing_us"] = fields
    with closing(mariadb.owner("billing")) as owner, owner.cursor() as cursor:
        cursor.execute("RENAME TABLE program_reseller_account TO kept")
        cursor.execute(SLOW_VIEW)

    outcomes: list[Any] = []
    run = threading.Thread(target=lambda: outcomes.append(world.settle(JUNE, on=GO_LIVE)))
    run.start()
    with closing(mariadb.owner()) as watch:
        until(lambda: is_asleep(watch))
    mariadb.kill()
    run.join(PATIENCE)

    (outcome,) = outcomes
    assert (outcome.assigned, outcome.held) == (1, 2)
    sound = {row["partner_id"]: row for row in undisturbed["partners"]}
    assert partners(world, JUNE)["P1"] == sound["P1"]
    for row in world.register(JUNE)["held"]:
        assert row["reason"].startswith("entity US: billing database not readable: Lost connection")

    mariadb.start()
    with closing(mariadb.owner("billing")) as owner, owner.cursor() as cursor:
        cursor.execute("DROP VIEW program_reseller_account")
        cursor.execute("RENAME TABLE kept TO program_reseller_account")
    assert world.settle(JUNE, on=GO_LIVE).held == 0
    assert partners(world, JUNE) == sound


def is_asleep(connection: "pymysql.Connection[Any]") -> bool:
    """Whether a session is in the middle of the slow statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM information_schema.processlist WHERE state = 'User sleep'")
        return cursor.fetchone() is not None

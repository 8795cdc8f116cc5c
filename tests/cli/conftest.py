"""Installations for the tests of the command line: one that ran a month, to be read, and one to be changed."""

import json
import shutil
from copy import deepcopy
from pathlib import Path

import pytest

from tests.cli.command_line import OURS, CommandLine
from tests.worlds import World

FORMULAS = ("=cmd()", "+31", "-1+1", "@SUM(A1)")


def command_line(world: World) -> CommandLine:
    """The command line of a world's installation."""
    ours = {name: value for name, value in world.environment().items() if name.startswith(OURS)}
    return CommandLine(ours)


def small_world(folder: Path) -> World:
    """P1 in grace, P2 with older terms, P3 held because US is late, P4 applied, and ids that look like formulas."""
    world = World(folder)
    world.partner("P1", {"NL": "A1"}, company_name="株式会社 <b>")
    world.bill("A1", "2015-06", 2_500_00)
    world.grant("G1", "P1", 3, "2015-07-01", "2015-10-01")
    world.partner("P2", {"NL": "A2"})
    world.bill("A2", "2015-06", 600_00)
    world.legacy("P2", monthly_bp=3000)
    world.partner("P3", {"NL": "A3", "US": "B3"})
    world.bill("A3", "2015-06", 700_00)
    world.bill("B3", "2015-06", 900_00, entity="US")
    world.partner("P4", {"NL": "A4"}, status="applied", authorized_on="")
    world.bill("A4", "2015-06", 800_00)
    world.bill("A1", "2015-06", 50_00, charge_kind="setup")
    for number, partner_id in enumerate(FORMULAS):
        world.partner(partner_id, {"NL": f"={number}"}, company_name=partner_id)
        world.tables["contacts"][-1]["email"] = "jo@formula.example"
        world.bill(f"={number}", "2015-06", 500_00)
    world.rate("2015-06", "USD", "1.2")
    world.close("2015-06", "NL")
    return world


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The small world after its migration; tests only read it."""
    world = small_world(tmp_path_factory.mktemp("settled"))
    partner_program = command_line(world)
    partner_program.must("init")
    partner_program.must("load", world.write_registry())
    partner_program.must("run", "2015-06", "--effective-on", "2015-07-27", "--migration")
    return partner_program


def moved(world: World, folder: Path) -> World:
    """A copy of a world in another folder; copying files is faster than running a month."""
    shutil.copytree(world.folder, folder, dirs_exist_ok=True)
    twin = deepcopy(world)
    twin.folder = folder
    for conn_id, fields in world.connections.items():
        twin.connections.add_sqlite(conn_id, folder / Path(fields.sqlite_file).name)
    return twin


@pytest.fixture(scope="session")
def fresh_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One partner at NL, June closed, created and loaded, nothing run."""
    world = World(tmp_path_factory.mktemp("fresh"), entities=("NL",))
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", "2015-06", 2_500_00)
    world.ready("2015-06")
    return world


@pytest.fixture(scope="session")
def world_after_june(fresh_world: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The fresh world after its first month."""
    world = moved(fresh_world, tmp_path_factory.mktemp("june"))
    command_line(world).must("run", "2015-06", "--effective-on", "2015-07-27")
    return world


@pytest.fixture
def world(fresh_world: World, tmp_path: Path) -> World:
    """The fresh world, to be changed by one test."""
    return moved(fresh_world, tmp_path)


@pytest.fixture
def partner_program(world: World) -> CommandLine:
    """The command line over `world`."""
    return command_line(world)


@pytest.fixture
def elsewhere(tmp_path: Path) -> CommandLine:
    """An installation whose programme database is not there yet."""
    fields = {"conn_type": "sqlite", "host": str(tmp_path / "new" / "program.db")}
    return CommandLine({"AIRFLOW_CONN_PARTNER_PROGRAM": json.dumps(fields)})

"""The pages over one small world, asked through Airflow's real authentication, in one Airflow for the process."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.usecases.installation import PROJECT
from tests.airflow_home import made_home
from tests.page.asking import Asking, mounted, signed_in
from tests.page.small_world import small_world
from tests.worlds import World


@pytest.fixture(scope="session")
def airflow_home() -> Path:
    """Airflow's home with its database made, and who may log in known."""
    home = made_home()
    from airflow.api_fastapi.app import init_auth_manager

    init_auth_manager()
    return home


@pytest.fixture(scope="session")
def page_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world that the pages show; a test that changes it makes a copy."""
    return small_world(World(tmp_path_factory.mktemp("page_world")))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Points the pages at a world for one test."""
    from partner_program.page import installed

    def show(world: World) -> None:
        for name in [name for name in os.environ if name.startswith(("AIRFLOW_CONN_", "PARTNER_PROGRAM_"))]:
            monkeypatch.delenv(name)
        for name, value in world.environment().items():
            monkeypatch.setenv(name, value)
        installed.forget()

    yield show
    installed.forget()


@pytest.fixture(scope="session")
def desk(airflow_home: Path) -> Any:
    """The application, where a header names the role of who asks."""
    assert airflow_home.is_dir()
    return signed_in()


@pytest.fixture
def ask(desk: Any, shown: Any, page_world: World) -> Asking:
    """Asks the pages over the small world as somebody with a role: `ask("months/2015-06", "viewer")`."""
    shown(page_world)
    return Asking(mounted(desk))


@pytest.fixture
def with_registry(ask: Asking, shown: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world of a test's own, whose api-server has the registry's folder, and the key of pseudonyms."""
    assert ask  # before this, which points the pages elsewhere
    world = World(tmp_path)
    world.become(small_world)
    world._add("account_managers", account_manager_id="M2", name="Kim <i>", email="kim@host.example", phone="1")
    world.load()
    world.connections.add_sqlite("orders_nl", world.folder / "orders_nl.db")
    world.connections["pseudonyms"] = ConnectionFields("pseudonyms", "generic", password="a key of 20 letters")
    shown(world)
    monkeypatch.setenv("PARTNER_PROGRAM_REGISTRY", str(world.folder / "registry"))
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))  # what is begun apart finds the tests too
    return world

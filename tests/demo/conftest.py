"""The demo world, built once for all its tests: before the late entity has closed July, and after that."""

from pathlib import Path

import pytest

from demo.world import WorldSummary, build_world


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, WorldSummary]:
    folder = tmp_path_factory.mktemp("world")
    return folder, build_world(folder)


@pytest.fixture(scope="session")
def world(built: tuple[Path, WorldSummary]) -> Path:
    return built[0]


@pytest.fixture(scope="session")
def closed_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("closed")
    build_world(folder, late_entity_closed=True)
    return folder

"""What every test may ask for. Tests write to memory where there is room: every commit waits for a disk."""

import os
import shutil
from pathlib import Path

import pytest

from tests.worlds import World

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it, by pytest
ROOM = 4 * 2**30

if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty company with the entities NL and US."""
    return World(tmp_path)


LONG = (  # minutes in all: begun first, so that both processes end at about the same time
    "usecases/month/test_races",
    "usecases/month/test_crashes",
    "usecases/letters/test_faults",
    "dags/test_",
    "demo/test_demo_on_servers",
    "usecases/month/test_random_worlds_on_postgres",
    "usecases/month/test_reproducible",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that take long before the others; the order within a file stays."""

    def place(item: pytest.Item) -> int:
        return next((number for number, name in enumerate(LONG) if name in item.nodeid), len(LONG))

    items.sort(key=place)

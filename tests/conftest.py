"""What every test may ask for."""

from pathlib import Path

import pytest

from tests.worlds import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty company with the entities NL and US."""
    return World(tmp_path)

"""Random worlds with random programmes settle alike in the product and in a plain book of their own.

A few are lived here; `PROGRAMMES=500` lives so many, and `PROGRAMMES=17:18` the one of that number again.
"""

import os
from pathlib import Path
from random import Random

import pytest

from tests.usecases.month.random_programmes import LivedWorld

FEW = "0:6"
_FIRST, _, _LAST = os.environ.get("PROGRAMMES", FEW).rpartition(":")


@pytest.mark.parametrize("number", range(int(_FIRST or 0), int(_LAST)))
def test_a_random_world_settles_as_the_plain_book_says(number: int, tmp_path: Path) -> None:
    random = Random(number)
    world = LivedWorld(tmp_path, random)
    world.live()
    programmes = world.book.programmes
    assert world.decided() == world.expected(), programmes
    assert world.rates_of_orders() == world.expected_rates(), programmes
    assert world.simulated() == [], programmes
    assert world.proven(random.choice(sorted(world.book.results))) == [], programmes

"""The register of a settled month states what was decided then, whatever happens to its partners later (rule 8)."""

import pytest

from tests.usecases.three_partners import JUNE, june_in_force
from tests.worlds import World


@pytest.mark.parametrize("status", ["suspended", "ended", "applied"])
def test_a_partner_that_leaves_later_stays_in_it(world: World, status: str) -> None:
    june_in_force(world)
    before = world.register(JUNE)

    world.tables["partners"][0]["status"] = status
    world.load()

    assert world.register(JUNE) == before
    assert [row["partner_id"] for row in before["partners"]] == ["P1", "P2", "P3"]

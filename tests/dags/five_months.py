"""A world for backfills: five months before go-live, and three from go-live on."""

from pathlib import Path

from tests.worlds import World

EARLIER = [f"2015-0{month}" for month in range(1, 6)]
JUNE, JULY = "2015-06", "2015-07"
# The tables of everything that takes force or reaches a partner.
IN_FORCE = ("discount_rate", "letter", "publication", "assessment_grant")


def five_months(folder: Path) -> World:
    """Three partners in three tiers, one with a grant that began in March; every month closed, nothing settled."""
    world = World(folder)
    months = [*EARLIER, JUNE, JULY]
    world.partner("P1", {"NL": "A1", "US": "B1"})
    world.bill("A1", EARLIER[0], 2_500_00, months=len(months))
    world.bill("B1", EARLIER[0], 900_00, entity="US", months=len(months))
    world.partner("P2", {"NL": "A2"})
    world.bill("A2", EARLIER[0], 600_00, months=len(months))
    world.grant("G2", "P2", 3, "2015-03-01", "2015-12-01")
    world.partner("P3", {"US": "B3"})
    world.bill("B3", EARLIER[0], 7_000_00, entity="US", months=len(months))
    for month in months:
        world.rate(month, "USD", "1.2")
    world.orders("NL")
    world.ready(*months)
    return world


def statuses(world: World) -> list[tuple[str, str, int]]:
    """The settlements in order: month, history or in force, revision."""
    return world.rows("SELECT billing_month, status, revision FROM settlement ORDER BY settlement_id")


def in_force(world: World) -> dict[str, int]:
    """The number of rows in each of these tables."""
    return {table: world.rows(f"SELECT count(*) FROM {table}")[0][0] for table in IN_FORCE}  # noqa: S608

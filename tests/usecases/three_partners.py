"""Three partners at two entities: P1 at NL in Tier 2, P2 at US in Tier 1, P3 at both in Tier 3."""

from typing import Any

from partner_program.domain.billing_month import BillingMonth
from tests.worlds import World

JUNE, JULY, GO_LIVE = "2015-06", "2015-07", "2015-07-27"


def three_partners(world: World) -> World:
    """Bill the same from June to August 2015, all closed, with exchange rates; nothing is settled yet."""
    world.become(_three_partners)
    return world


def june_in_force(world: World) -> World:
    """The three partners after June took force on the first day of the programme."""
    world.become(_june_in_force)
    return world


def _june_in_force(world: World) -> None:
    three_partners(world).settle(JUNE, on=GO_LIVE)


def _three_partners(world: World) -> None:
    world.partner("P1", {"NL": "A1"})
    world.partner("P2", {"US": "B2"})
    world.partner("P3", {"NL": "A3", "US": "B3"})
    world.bill("A1", JUNE, 2_000_00, months=3)
    world.bill("B2", JUNE, 1_100_00, entity="US", months=3)
    world.bill("A3", JUNE, 7_000_00, months=3)
    world.bill("B3", JUNE, 2_200_00, entity="US", months=3)
    months = [BillingMonth(2015, month) for month in (6, 7, 8)]
    for month in months:
        world.rate(str(month), "USD", "1.1")
    world.ready(*map(str, months))


def partners(world: World, month: str) -> dict[str, dict[str, Any]]:
    """A month's register by partner."""
    return {row["partner_id"]: row for row in world.register(month)["partners"]}


def tiers(world: World, month: str) -> dict[str, int | None]:
    """The tiers of a month by partner."""
    return {partner_id: row["tier"] for partner_id, row in partners(world, month).items()}


def rates(world: World, partner_id: str) -> list[tuple[Any, ...]]:
    """A partner's rates as they were written: first day, tier, monthly fee discount."""
    query = (
        "SELECT valid_from, tier, monthly_fee_discount_bp FROM discount_rate WHERE partner_id = ?"
        " ORDER BY valid_from, sequence"
    )
    return world.rows(query, partner_id)

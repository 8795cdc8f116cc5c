"""Worlds made by chance over two months, and what happens in them: for tests of what holds in any world."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

from tests.worlds import World

MONTHS = {"2015-06": "2015-07-27", "2015-07": "2015-08-03"}
# On the thresholds of several tiers, just below them, and in between.
LEVELS = (0, 49_999, 50_000, 199_999, 200_000, 500_000, 1_000_000, 1_999_999, 4_000_000, 137_77)
# Texts that a careless collation takes for equal, or sorts in another order.
PARTNERS = ("P1", "p1", "Müller", "Muller", "P-2", "P10", "P9", "Éclair", "_x", "株式会社")


def random_world(
    folder: Path,
    rng: Random,
    months: Mapping[str, str] = MONTHS,
    entities: Sequence[str] = ("NL", "US"),
    kind: Callable[[Path, Sequence[str]], World] = World,
) -> World:
    """Partners with accounts at one entity or all, grants, agreements, credits, drafts and now and then a bad line."""
    folder.mkdir(parents=True)
    world = kind(folder, entities)
    for month in months:
        world.rate(month, "USD", rng.choice(["1.1", "1.078805"]))
        if "UK" in entities:
            world.rate(month, "GBP", rng.choice(["0.7", "0.721951"]))
    for number, partner_id in enumerate(rng.sample(PARTNERS, rng.randrange(2, 7))):
        homes = rng.choice([*([entity] for entity in entities), list(entities)])
        status = rng.choice(["authorized"] * 5 + ["suspended"])
        world.partner(partner_id, {entity: f"{entity}{number}" for entity in homes}, status=status)
        if rng.random() < 0.3:
            world.grant(
                f"G{number}", partner_id, rng.randrange(1, 7), "2015-06-01", rng.choice(["2015-08-01", "2016-01-01"])
            )
        if rng.random() < 0.3:
            world.legacy(partner_id, rng.choice([300, 900, 3000]), sla=rng.choice(["", "Gold"]))
        for entity in homes:
            bill_at(world, rng, f"{entity}{number}", entity, months)
    world.bill("NOBODYS", "2015-06", 5_000)
    for month in months:
        world.close(month)
    if rng.random() < 0.3:
        world.reopen(rng.choice(list(months)), rng.choice(entities))
    return world


def bill_at(world: World, rng: Random, account_id: str, entity: str, months: Mapping[str, str]) -> None:
    level, term = rng.choice(LEVELS), rng.choice([1, 1, 1, 12])
    for month in months:
        level = rng.choice(LEVELS) if rng.random() < 0.1 else level
        world.bill(account_id, month, level, entity=entity, term_months=term)
        for kind, status in (("credit", "posted"), ("setup", "posted"), ("usage", "draft")):
            if rng.random() < 0.2:
                amount = -rng.randrange(60_000) if kind == "credit" else rng.randrange(60_000)
                world.bill(account_id, month, amount, entity=entity, charge_kind=kind, document_status=status)
    if rng.random() < 0.1:
        world.bill(account_id, "2015-07", rng.choice([None, 100, "1,000.00"]), entity=entity, term_months=0)


def story(world: World, seed: int, months: Mapping[str, str] = MONTHS) -> Iterator[tuple[str, str]]:
    """Yield the months with their days; then correct one account in every month, and yield the months again.

    The second time round, all run after the last of the days.
    """
    yield from months.items()
    account = Random(seed).choice([row["account_id"] for row in world.tables["account_links"]])
    world.execute(
        account[:2],
        "UPDATE program_mrr_line SET net_amount_minor = net_amount_minor * 11 / 10"
        " WHERE account_id = ? AND charge_kind = 'recurring'",
        (account,),
    )
    for month in months:
        world.close(month)
        yield month, max("2015-08-20", *months.values())

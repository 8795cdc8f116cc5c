"""Three invented programmes that differ in kind, and what three partners were billed in some months of each.

Kestrel counts a year in dollars and looks back in January; Merapi counts each month in whole rupiah from the first one;
Tessera counts points, is patient for three months, and asks for certified staff.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.own_folder import OwnWorld, own_brand

DATA = Path(__file__).parents[1] / "data" / "programmes"
LANGUAGES = {"P1": "en", "P2": "nl", "P3": "de"}
MONTHS = ("2025-12", "2026-01", "2026-02", "2026-03")
DAYS = ("2026-01-02", "2026-02-01", "2026-03-01", "2026-04-01")


@dataclass(frozen=True)
class Story:
    """What three partners were billed in each month, by entity, and what each month makes of it.

    `results` has for each month and partner the month's amount, the tier that it earned, and the one that it has;
    `letters` for each kind that happens a partner and month that it happens to.
    """

    folder: str
    company: str
    entities: tuple[tuple[str, str], ...]
    billed: dict[str, dict[str, tuple[int, ...]]]
    results: dict[str, tuple[tuple[int, int, int], ...]]
    letters: dict[str, tuple[str, str]]


KESTREL = Story(
    "kestrel",
    "Kestrel",
    (("US", "USD"), ("NL", "EUR"), ("UK", "GBP")),
    {
        "P1": {"US": (1_000_00, 2_000_00), "NL": (920_00, 920_00)},
        "P2": {"US": (6_000_00, -1_500_00)},
        "P3": {"UK": (800_00, 333_33)},
    },
    {
        # 1,000.00 and 920.00 * 1.15 are 2,058.00; with 2,000.00 and 920.00 * 1.20 the two months are 5,162.00: Plus.
        "P1": ((2_058_00, 1, 1), (3_104_00, 2, 2)),
        # 4,500.00 in both months together earn Select, and Plus stays until the review.
        "P2": ((6_000_00, 2, 2), (-1_500_00, 1, 2)),
        # 800.00 / 0.8 * 1.15, and 333.33 / 0.83 * 1.2 = 481.922891...
        "P3": ((1_150_00, 1, 1), (481_92, 1, 1)),
    },
    {"tier_raised": ("P1", "2026-01"), "tier_kept": ("P2", "2026-01"), "migration": ("P3", "2025-12")},
)
MERAPI = Story(
    "merapi",
    "Merapi",
    (("US", "IDR"), ("NL", "EUR")),
    {
        "P1": {"US": (4_999_999, 5_000_000)},
        "P2": {"US": (18_000_000, 18_000_000), "NL": (100_00, 105_00)},
        "P3": {"US": (5_000_000, 0)},
    },
    {
        "P1": ((4_999_999, 1, 1), (5_000_000, 2, 2)),
        # 100.00 EUR at 19,000 are 1,900,000 rupiah; 105.00 at 20,000 are 2,100,000 and make 20,100,000: Anggrek.
        "P2": ((19_900_000, 2, 2), (20_100_000, 3, 3)),
        # The first tier begins at 0: nobody is below it.
        "P3": ((5_000_000, 2, 2), (0, 1, 1)),
    },
    {"migration": ("P1", "2025-12"), "tier_raised": ("P2", "2026-01"), "tier_lowered": ("P3", "2026-01")},
)
TESSERA = Story(
    "tessera",
    "Tessera",
    (("US", "XXX"),),
    {
        "P1": {"US": (600, 600, 600, 600)},
        "P2": {"US": (120, 99, 99, 99)},
        "P3": {"US": (500, 120, 500, 9)},
    },
    {
        # Two engineers: 600 points are enough for Master, and three engineers are needed. In February it has them.
        "P1": ((600, 2, 2), (600, 2, 2), (600, 3, 3), (600, 3, 3)),
        # The third month in a row below Expert is March.
        "P2": ((120, 2, 2), (99, 1, 2), (99, 1, 2), (99, 1, 1)),
        # One month below, one month as before: the count begins anew. 9 points are no tier, and Master stays.
        "P3": ((500, 3, 3), (120, 2, 3), (500, 3, 3), (9, 0, 3)),
    },
    {
        "migration": ("P2", "2025-12"),
        "tier_raised": ("P1", "2026-02"),
        "tier_kept": ("P3", "2026-03"),
        "tier_lowered": ("P2", "2026-03"),
    },
)
STORIES = (KESTREL, MERAPI, TESSERA)


def begin(story: Story, folder: Path) -> OwnWorld:
    """A story's company with what was billed, and nothing settled."""
    text = (DATA / story.folder / "2026-01-01.yaml").read_text("utf-8")
    entities = tuple(entity for entity, _ in story.entities)
    world = OwnWorld(folder, brand=own_brand(story.company), programs={"2026-01-01": text}, entities=entities)
    for row, (_, currency) in zip(world.tables["entities"], story.entities, strict=True):
        row["currency"] = currency
    for month, dollars, pounds, rupiah in zip(
        MONTHS, ("1.15", "1.2", "1.2", "1.2"), ("0.8", "0.83", "0.83", "0.83"), ("19000", *["20000"] * 3), strict=True
    ):
        for currency, units in (("USD", dollars), ("GBP", pounds), ("IDR", rupiah)):
            world.rate(month, currency, units)
    currencies = dict(story.entities)
    for name, billed in story.billed.items():
        accounts = {entity: f"{name}-{entity}" for entity in billed}
        world.partner(name, accounts, language=LANGUAGES[name], authorized_on="2025-12-01")
        for entity, amounts in billed.items():
            for month, minor in zip(MONTHS, amounts, strict=False):
                kind = "credit" if minor < 0 else "recurring"
                own = {"entity": entity, "currency": currencies[entity], "charge_kind": kind}
                world.bill(accounts[entity], month, minor, **own)
    if story is TESSERA:
        world.qualified("P1", 2, since="2025-12-01", until="2026-02-14")
        world.qualified("P1", 3, since="2026-02-15")
        world.qualified("P2", 1, since="2025-12-01")
        world.qualified("P3", 3, since="2025-12-01")
    return world


def months_of(story: Story) -> tuple[str, ...]:
    """The months that a story tells of."""
    return MONTHS[: len(story.results["P1"])]


def settle(world: OwnWorld, months: Iterable[str]) -> None:
    """Settle months one after the other, each on the first day that a programme of 2026 is in force."""
    world.ready(*months)
    for month in months:
        number = MONTHS.index(month)
        world.settle(month, on=DAYS[number], migration=number == 0)

"""The plan of each partner of the demo world: where it has accounts, what it is billed, what was agreed with it.

Ordinary partners are drawn at random here. Partners that show a special case are in demo/special_partners.py.
"""

from dataclasses import dataclass
from datetime import date
from random import Random

from demo.calendar_months import JULY, JUNE, LAST_MONTH
from demo.entities import CURRENCY, LATE_ENTITY
from demo.names import COUNTRIES
from partner_program.domain.billing_month import BillingMonth

REVENUE_BANDS = (
    # share of the partners in %, lowest and highest EUR cents a month (no threshold lies within a band)
    (17, 2_000, 46_000),
    (26, 54_000, 185_000),
    (20, 215_000, 465_000),
    (15, 535_000, 930_000),
    (11, 1_080_000, 1_860_000),
    (7, 2_150_000, 3_700_000),
    (4, 4_300_000, 9_000_000),
)
_ENTITY_COUNTS = (1,) * 64 + (2,) * 22 + (3,) * 9 + (4,) * 3 + (5,) * 2


@dataclass(frozen=True, slots=True)
class Legacy:
    """An agreement from before the programme; an empty `valid_to` means that it has no end."""

    monthly_fee_discount_bp: int
    setup_fee_discount_bp: int
    sla: str
    valid_from: str = "2012-06-01"
    valid_to: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """A grace period, as in grace_grants.csv."""

    tier: int
    starts_on: str
    ends_on: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One partner with its monthly totals in EUR cents; if its first entity bills in EUR, the lines match them exactly.

    `story` says what a special partner shows; ordinary partners have none. `own_lines` marks partners whose lines are
    all written by hand in demo/special_lines.py.
    """

    partner_id: str
    country: str
    entities: tuple[str, ...]
    june_cents: int
    july_cents: int
    story: str = ""
    company_name: str = ""
    status: str = "authorized"
    since: date = date(2012, 2, 1)
    legacy: tuple[Legacy, ...] = ()
    grants: tuple[Grant, ...] = ()
    own_lines: bool = False
    august_moved_cents: int = 0

    @property
    def cents(self) -> dict[BillingMonth, int]:
        """EUR cents by month; August is like July unless it has a plan of its own."""
        august = self.august_moved_cents or self.july_cents
        return {JUNE: self.june_cents, JULY: self.july_cents, LAST_MONTH: august}


def drawn_plans(rng: Random, *, first: int, last: int) -> list[Plan]:
    """Ordinary partners of every size; most of them stay in their tier from June to July."""
    plans = [_drawn(rng, f"P{number:03d}", _band(number)) for number in range(first, last + 1)]
    return [_with_status(plan, number) for number, plan in enumerate(plans)]


def _band(number: int) -> int:
    """The revenue band of a partner by its number: evenly spread, so that each tier has its share with any seed."""
    place = number * 37 % 100
    for band, (share, _, _) in enumerate(REVENUE_BANDS):
        if place < share:
            return band
        place -= share
    return 0


def _drawn(rng: Random, partner_id: str, band: int) -> Plan:
    country = rng.choice([*COUNTRIES, "NL", "NL", "NL", "NL", "DE", "DE", "DE", "GB", "GB", "US", "US"])
    june = _amount_in(rng, band)
    july_band = _next_band(rng, band)
    july = _next_amount(rng, june, band, july_band)
    august = _next_amount(rng, july, july_band, _next_band(rng, july_band))
    return Plan(
        partner_id=partner_id,
        country=country,
        entities=_entities(rng, COUNTRIES[country].home_entity),
        june_cents=june,
        july_cents=july,
        since=date(2015, rng.randrange(1, 4), 1) if rng.random() < 0.08 else date(2012, 2, 1),
        legacy=_drawn_legacy(rng, band),
        august_moved_cents=august,
    )


def _amount_in(rng: Random, band: int) -> int:
    _, low, high = REVENUE_BANDS[band]
    return low + min(rng.randrange(high - low), rng.randrange(high - low))


def _next_band(rng: Random, band: int) -> int:
    draw = rng.randrange(1000)
    if draw < 45:
        return min(band + 1, 5)
    return max(band - 1, 0) if draw >= 975 and band < 5 else band


def _next_amount(rng: Random, cents: int, band: int, next_band: int) -> int:
    """A slightly different amount if the band stays the same, otherwise any amount in the next band."""
    return cents + cents * rng.randrange(-200, 320) // 10_000 if next_band == band else _amount_in(rng, next_band)


def _entities(rng: Random, home: str) -> tuple[str, ...]:
    """The home entity, then others; Singapore is seldom among them, so that its late close holds few partners."""
    count = rng.choice(_ENTITY_COUNTS)
    with_singapore = count == len(CURRENCY) or rng.randrange(4) == 0
    others = [entity for entity in CURRENCY if entity != home and (entity != LATE_ENTITY or with_singapore)]
    return (home, *rng.sample(others, min(count - 1, len(others))))


def _drawn_legacy(rng: Random, band: int) -> tuple[Legacy, ...]:
    if rng.random() > 0.12:
        return ()
    monthly = rng.choice((300, 500, 750, 1000, 1200))
    return (Legacy(monthly, rng.choice((0, 1000, 2500)), rng.choice(("", "Bronze", "Silver")) if band < 4 else "Gold"),)


def _with_status(plan: Plan, number: int) -> Plan:
    statuses = {40: "applied", 80: "suspended", 120: "ended"}
    if number not in statuses:
        return plan
    return Plan(plan.partner_id, plan.country, plan.entities, plan.june_cents, plan.july_cents, status=statuses[number])

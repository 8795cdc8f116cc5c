"""Measures how long settling a month of many partners takes on one core, and whether the time grows in proportion.

Proportion is that of the bare sum of the same cents: ten times the partners no longer lie in the processor's caches, so
that adding up takes more than ten times as long whatever the rules are. Settling has to grow no faster than that.
"""

import gc
import time
from datetime import date
from decimal import Decimal
from statistics import median

from bench import Measurement
from partner_program.adapters.files.program import load_program
from partner_program.adapters.no_collecting import without_collecting
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.dated import Period
from partner_program.domain.registry import AccountLink, Entity, Partner
from partner_program.domain.revenue import EntityRevenue, MrrGroup
from partner_program.domain.settlement import Settlement, settle_month
from partner_program.usecases.installation import PROJECT

PARTNERS, FACTOR, TURNS = 100_000, 10, 2
BARE, GROWTH = 25.0, 1.1
MONTH, EFFECTIVE_ON = BillingMonth(2015, 6), date(2015, 7, 27)
ALWAYS = Period(date(2010, 1, 1))
# The lines of an account: kind, term in months, days covered in June.
LINES = (("recurring", 1, 30), ("recurring", 12, 30), ("recurring", 1, 16), ("usage", 1, 30))


def measure() -> list[Measurement]:
    """Settle the small month twice before and twice after the large one, and compare seconds of processor time.

    Each time the bare sum of the same cents takes its turn, so that both feel alike what other programs on the machine
    do. The rules never wait, so a wall clock would also measure those programs.
    """
    small = Month(PARTNERS)
    pairs = [(small.seconds(), small.bare_seconds()) for _ in range(TURNS)]
    larger_month = Month(PARTNERS * FACTOR)
    # the small one has its memory from the first turn on, too
    large, large_bare = [(larger_month.seconds(), larger_month.bare_seconds()) for _ in range(2)][-1]
    del larger_month
    pairs += [(small.seconds(), small.bare_seconds()) for _ in range(TURNS)]
    ours, bare = median(each for each, _ in pairs), median(each for _, each in pairs)
    ratio = median(each / bare for each, bare in pairs)
    how = "four groups of lines and two accounts a partner, in EUR and USD at two entities, one core"
    size, larger = f"{PARTNERS:,}", f"{PARTNERS * FACTOR:,}"
    return [
        Measurement(
            f"settle {size} partners / bare sum of the same cents",
            ratio,
            BARE,
            "x",
            f"{ours:.1f} s of processor time; {how}; median of {len(pairs)} pairs",
        ),
        Measurement(
            f"settle {larger} partners / bare sum of the same cents",
            large / large_bare,
            BARE,
            "x",
            f"{large:.1f} s of processor time; the second turn",
        ),
        Measurement(
            f"settle {larger} / {size} partners, beside the bare sum",
            large / ours / (large_bare / bare),
            GROWTH,
            "x",
            f"settling grows {large / ours:.1f} times, the bare sum {large_bare / bare:.1f} times",
        ),
    ]


class Month:
    """An invented month of so many partners in all tiers, each with an account at NL and one at US."""

    def __init__(self, partners: int) -> None:
        names = [f"P{number:07d}" for number in range(partners)]
        self.program = load_program(PROJECT / "include/program/2015-07-27.yaml")
        self.partners = [_partner(name) for name in names]
        self.links = [
            AccountLink(name, entity, f"{name}-{entity}", ALWAYS) for name in names for entity in ("NL", "US")
        ]
        self.revenues = [_revenue("NL", "EUR", LINES[:2], names), _revenue("US", "USD", LINES[2:], names)]
        self.entities = [
            Entity(code, f"Host {code}", code, currency, "Europe/Amsterdam", date(2010, 1, 1))
            for code, currency in (("NL", "EUR"), ("US", "USD"))
        ]

    def seconds(self) -> float:
        """Settle the month; return the seconds of processor time that it takes."""
        gc.collect()
        with without_collecting():  # as the stages of a run do
            begun = time.process_time()
            settlement = self.settle()
            seconds = time.process_time() - begun
        assert len(settlement.decisions) == len(self.partners)  # noqa: S101 - the time of a run that decided nothing does not count
        return seconds

    def bare_seconds(self) -> float:
        """Add the same cents up by partner in a dictionary, and nothing else; return the seconds of processor time.

        No proration, no currency, no rounding, no rule: what nobody could do without.
        """
        partners = {link.account_id: link.partner_id for link in self.links}
        gc.collect()
        begun = time.process_time()
        totals: dict[str, int] = {}
        for revenue in self.revenues:
            for group in revenue.groups:
                partner_id = partners[group.account_id]
                totals[partner_id] = totals.get(partner_id, 0) + group.net_amount_minor
        seconds = time.process_time() - begun
        assert len(totals) == len(self.partners)  # noqa: S101 - as above
        return seconds

    def settle(self) -> Settlement:
        """Settle the month."""
        return settle_month(
            month=MONTH,
            effective_on=EFFECTIVE_ON,
            program=self.program,
            entities=self.entities,
            partners=self.partners,
            links=self.links,
            agreements={},
            rates={"USD": Decimal("1.122577")},
            revenues=self.revenues,
            entity_faults={},
            histories={},
            migration=False,
        )


def _partner(name: str) -> Partner:
    return Partner(name, name, "authorized", "en", "NL", "https://p.example", "", "", "", "M1")


def _revenue(entity: str, currency: str, lines: tuple[tuple[str, int, int], ...], names: list[str]) -> EntityRevenue:
    groups = tuple(
        MrrGroup(f"{name}-{entity}", currency, kind, "posted", term, None, 3, amount, minor_days=amount * days)
        for amount, name in ((100_00 + number * 7_919 % 25_000_00, name) for number, name in enumerate(names))
        for kind, term, days in lines
    )
    return EntityRevenue(entity, groups, (), (), ())

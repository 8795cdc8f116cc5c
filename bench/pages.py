"""Measures what the pages inside Airflow ask, in a programme of 100,000 partners and twelve months.

The time of a question from its call to its answer: Airflow's own middlewares and the page's template come on top, some
tens of milliseconds that no size of a programme changes.
"""

import time
from collections.abc import Callable
from datetime import date
from statistics import median

from bench import Measurement
from bench.big_programme import MONTHS, fill, installation, name_of
from bench.one_partner import postgres_places, sqlite_places
from partner_program.domain.partner_list import Wanted
from partner_program.usecases.desk.month import month_overview
from partner_program.usecases.desk.partner import partner_overview
from partner_program.usecases.desk.partners import find_partners
from partner_program.usecases.desk.today import what_waits
from partner_program.usecases.explain import explain
from partner_program.usecases.installation import Installation

MANY, TIMES = 100_000, 9
TODAY = date(2016, 8, 1)


def _other(turn: int) -> str:
    """Another partner each time, from the middle of the programme."""
    return name_of(MANY // 2 + 1 + turn)


QUESTIONS: dict[str, tuple[float, Callable[[Installation, int], object]]] = {
    "a partner": (0.05, lambda here, turn: partner_overview(here, _other(turn), on=TODAY)),
    "partners by name": (0.1, lambda here, turn: find_partners(here, Wanted(), after=_other(turn))),
    "partners by revenue": (0.1, lambda here, turn: find_partners(here, Wanted(), order="revenue", after=_other(turn))),
    "a search": (0.1, lambda here, turn: find_partners(here, Wanted(text=f"mpany 777{turn}"))),
    "those that fell": (0.1, lambda here, _turn: find_partners(here, Wanted(change="lowered"))),
    "a month": (0.15, lambda here, turn: month_overview(here, MONTHS[-1 - turn % 3])),
    "today": (0.15, lambda here, _turn: what_waits(here, on=TODAY)),
    "a receipt": (0.15, lambda here, turn: explain(here, _other(turn), MONTHS[-1])),
}


def measure() -> list[Measurement]:
    """Ask each question on both databases."""
    found = []
    for database, places in (("SQLite", sqlite_places), ("PostgreSQL", postgres_places)):
        with places() as (_, large, out):
            here = installation(large, out)
            fill(here, MANY)
            for name, (limit, ask) in QUESTIONS.items():
                seconds = [_seconds(ask, here, turn) for turn in range(TIMES + 1)][1:]
                how = f"{MANY:,} partners, {len(MONTHS)} months; median of {TIMES}"
                found.append(Measurement(f"page: {name}, {database}", median(seconds), limit, "s", how))
    return found


def _seconds(ask: Callable[[Installation, int], object], here: Installation, turn: int) -> float:
    begun = time.perf_counter()
    ask(here, turn)
    return time.perf_counter() - begun

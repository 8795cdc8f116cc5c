"""Measures that a question about one partner costs the same in a large programme as in a small one.

Processor time of this process for each question, asked of a database with many partners and of one with few, in turn:
what the large one takes more is the growth.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench import Measurement
from bench.big_programme import MONTHS, fill, installation, name_of
from bench.postgres_server import connect, postgres_server
from partner_program.adapters.connections import ConnectionFields
from partner_program.usecases.explain import explain
from partner_program.usecases.grants import grant_grace
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.show import show_letter
from partner_program.usecases.orders import Order, quote_order

FEW, MANY, PAIRS = 200, 100_000, 9
SECONDS = 0.1


class Programme(NamedTuple):
    """An installation and its number of partners."""

    here: Installation
    partners: int


def measure(few: int = FEW, many: int = MANY, pairs: int = PAIRS) -> list[Measurement]:
    """Ask each question of both sizes in turn, on both databases."""
    found = []
    for database, places in (("SQLite", sqlite_places), ("PostgreSQL", postgres_places)):
        with places() as (small, large, out):
            programmes = Programme(installation(small, out), few), Programme(installation(large, out), many)
            for each in programmes:
                fill(each.here, each.partners)
            found += [_growth(database, name, ask, *programmes, pairs) for name, ask in QUESTIONS.items()]
    return found


def _growth(
    database: str, name: str, ask: Callable[[Programme, int], object], small: Programme, large: Programme, pairs: int
) -> Measurement:
    turns = [(_seconds(ask, small, turn), _seconds(ask, large, turn)) for turn in range(pairs + 1)][1:]
    ours = median(many for _, many in turns)
    how = f"{ours:.3f} s with {large.partners:,} and {len(MONTHS)} months; less that with {small.partners}; "
    how += f"median of {pairs} interleaved pairs"
    growth = median(many - few for few, many in turns)
    return Measurement(f"{name} of one partner, {database}: growth", max(growth, 0.0), SECONDS, "s", how)


def _seconds(ask: Callable[[Programme, int], object], programme: Programme, turn: int) -> float:
    begun = time.process_time()
    ask(programme, turn)
    return time.process_time() - begun


def _partner(programme: Programme, turn: int) -> str:
    """Another partner each time, from the middle of the programme; never one that is held."""
    return name_of(programme.partners // 2 + 1 + turn)


def _explain(programme: Programme, turn: int) -> object:
    return explain(programme.here, _partner(programme, turn), MONTHS[-1])


def _explain_held(programme: Programme, _turn: int) -> object:
    return explain(programme.here, name_of(programme.partners // 2), MONTHS[-1])


def _show(programme: Programme, turn: int) -> object:
    return show_letter(programme.here, MONTHS[-1], _partner(programme, turn))


def _quote(programme: Programme, turn: int) -> object:
    return quote_order(programme.here, Order(_partner(programme, turn), date(2016, 8, 1), 9900, 4900, 12))


def _grant(programme: Programme, turn: int) -> object:
    return grant_grace(
        programme.here,
        _partner(programme, turn),
        tier=4,
        starts_on=date(2016, 8, 1),
        ends_on=date(2016, 11, 1),
        granted_by="pat",
        reason="growth plan",
        today=date(2016, 8, 1),
    )


QUESTIONS: dict[str, Callable[[Programme, int], object]] = {
    "explain": _explain,
    "explain, held": _explain_held,
    "letters show": _show,
    "quote": _quote,
    "grant": _grant,
}


@contextmanager
def sqlite_places() -> Iterator[tuple[ConnectionFields, ConnectionFields, Path]]:
    """Two SQLite files for a small and a large programme, and a folder for their output."""
    with TemporaryDirectory(prefix="bench-one-partner-") as folder:
        few, many = (ConnectionFields("partner_program", "sqlite", host=f"{folder}/{size}.db") for size in "ab")
        yield few, many, Path(folder)


@contextmanager
def postgres_places() -> Iterator[tuple[ConnectionFields, ConnectionFields, Path]]:
    """Two databases of a PostgreSQL server for a small and a large programme, and a folder for their output."""
    with TemporaryDirectory(prefix="bench-one-partner-") as folder, postgres_server() as host:
        with connect(host) as connection:
            for name in ("few", "many"):
                connection.execute(f"CREATE DATABASE {name}".encode())
        few, many = (
            ConnectionFields("partner_program", "postgres", host=host, login="postgres", schema=name)
            for name in ("few", "many")
        )
        yield few, many, Path(folder)

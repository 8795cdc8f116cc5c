"""Measures that tables for people are bounded, that a whole one costs little for each row, and the size of a page.

Processor time of this process, asked of a database with many partners and of one with few, in turn.
"""

import io
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from statistics import median

from bench import Measurement
from bench.big_programme import MONTHS, fill, installation
from bench.one_partner import FEW, MANY, postgres_places, sqlite_places
from partner_program.cli.letter_tables import print_deliveries
from partner_program.cli.options import ROWS_SHOWN
from partner_program.cli.tables import print_register
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.show import list_deliveries
from partner_program.usecases.months_page import make_months_page
from partner_program.usecases.register import month_register, register_start

PAIRS, SECONDS, WHOLE, MEGABYTES = 5, 2.0, 2.0, 1.0


def measure(few: int = FEW, many: int = MANY) -> list[Measurement]:
    """Print each table of both sizes in turn, on both databases; write the months' page of the large one."""
    found = []
    for database, places in (("SQLite", sqlite_places), ("PostgreSQL", postgres_places)):
        with places() as (small, large, out):
            here = installation(small, out / "few"), installation(large, out / "many")
            for each, partners in zip(here, (few, many), strict=True):
                fill(each, partners)
            found += [_growth(f"{name}, {database}", ask, *here, many) for name, ask in TABLES.items()]
            found += [_whole(database, here[1]), _page(database, here[1])] if database == "SQLite" else []
    return found


def _growth(
    name: str, ask: Callable[[Installation], object], small: Installation, large: Installation, many: int
) -> Measurement:
    turns = [(_seconds(ask, small), _seconds(ask, large)) for _ in range(PAIRS + 1)][1:]
    how = f"{median(one for _, one in turns):.2f} s with {many:,} partners and {len(MONTHS)} months, first {ROWS_SHOWN}"
    growth = median(one - other for other, one in turns)
    return Measurement(f"{name}: growth", max(growth, 0.0), SECONDS, "s", f"{how}; median of {PAIRS} pairs")


def _whole(database: str, large: Installation) -> Measurement:
    """How long `register --all` takes compared with reading the register alone."""
    turns = [(_seconds(_register_all, large), _seconds(_register_read, large)) for _ in range(2)]
    how = f"{median(one for one, _ in turns):.1f} s of processor time; 2 pairs"
    ratio = median(one / other for one, other in turns)
    return Measurement(f"register --all / reading it, {database}", ratio, WHOLE, "x", how)


def _page(database: str, large: Installation) -> Measurement:
    size = make_months_page(large).stat().st_size / 1e6
    return Measurement(f"page of {len(MONTHS)} months, {database}", size, MEGABYTES, "MB", "out/index.html")


def _seconds(ask: Callable[[Installation], object], here: Installation) -> float:
    begun = time.process_time()
    with redirect_stdout(io.StringIO()):
        ask(here)
    return time.process_time() - begun


def _letters(here: Installation) -> None:
    with list_deliveries(here, MONTHS[-1]) as (total, rows):
        print_deliveries(rows, every=False, total=total)


def _register(here: Installation) -> None:
    print_register(register_start(here, MONTHS[-1], ROWS_SHOWN), every=False)


def _register_all(here: Installation) -> None:
    print_register(register_start(here, MONTHS[-1], None), every=True)


def _register_read(here: Installation) -> None:
    month_register(here, MONTHS[-1])


TABLES: dict[str, Callable[[Installation], object]] = {"letters list": _letters, "register": _register}

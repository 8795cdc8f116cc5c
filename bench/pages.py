"""Measures the pages inside Airflow in a busy programme of 100,000 partners and twelve months.

Each page is asked for as a browser does, below Airflow's address and without Airflow's own middlewares: from the
request to the whole page, with who may read it, its template and its size. Counted is processor time, that of the
pages' process and of the database's server, so that a busy machine measures the same.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from bench import Measurement
from bench.big_programme import MONTHS, NamedConnections, fill, installation, name_of
from bench.busy_programme import TODAY, make_busy
from bench.one_partner import postgres_places, sqlite_places
from partner_program.adapters.connections import ConnectionFields
from partner_program.usecases.installation import PROJECT, Installation
from tests.page.asking import Asking

MANY, TIMES = 100_000, 7
KILOBYTES = 100.0
NEWEST = MONTHS[-1]


def _other(turn: int) -> str:
    """Another partner each time, from the middle of the programme."""
    return name_of(MANY // 2 + 1 + turn)


# Each page with its limit in seconds, and its address.
PAGES: dict[str, tuple[float, Callable[[int], str]]] = {
    "a partner": (0.05, lambda turn: f"partners/{_other(turn)}"),
    "partners": (0.1, lambda turn: f"partners?after={_other(turn)}"),
    "partners by revenue": (0.1, lambda turn: f"partners?order=revenue&after={_other(turn)}"),
    "partners of a manager by revenue": (0.1, lambda turn: f"partners?order=revenue&manager=M{turn + 1}"),
    "partners near a threshold": (0.1, lambda _turn: "partners?near=below"),
    "partners who fell": (0.1, lambda _turn: "partners?change=lowered"),
    "partners who are held": (0.1, lambda _turn: "partners?change=held"),
    "partners of a tier": (0.1, lambda turn: f"partners?tier=2&after={_other(turn)}"),
    "partners not assessed": (0.1, lambda _turn: "partners?change=not_assessed"),
    "a search for few": (0.1, lambda turn: f"partners?text=mpany+777{turn}"),
    "a search for none": (0.1, lambda turn: f"partners?text=zzz{turn}"),
    "a search for nearly all": (0.1, lambda _turn: "partners?text=company"),
    "a search by revenue": (0.1, lambda turn: f"partners?text=77{turn}&order=revenue"),
    "months": (0.15, lambda _turn: "months"),
    "a month": (0.15, lambda turn: f"months/{MONTHS[-1 - turn % 3]}"),
    "today": (0.15, lambda _turn: ""),
    "a receipt": (0.15, lambda turn: f"receipts/{NEWEST}/{_other(turn)}"),
    "benefits": (0.15, lambda _turn: "benefits"),
    "benefits to decide": (0.15, lambda _turn: "benefits?show=decide"),
    "benefits that are over": (0.15, lambda _turn: "benefits?show=past"),
    "disputes": (0.15, lambda _turn: "disputes"),
    "months of letters": (0.15, lambda _turn: "letters"),
    "letters of a month": (0.15, lambda turn: f"letters/{MONTHS[-1 - turn % 3]}"),
    "letters in a state": (0.15, lambda _turn: f"letters/{NEWEST}?state=rendered"),
    "letters that need a person": (0.15, lambda _turn: f"letters/{NEWEST}?need=refused"),
    "letters of a kind": (0.15, lambda _turn: f"letters/{NEWEST}?kind=tier_lowered"),
    "letters in a language": (0.15, lambda _turn: f"letters/{NEWEST}?language=de"),
    "a search among letters": (0.15, lambda turn: f"letters/{NEWEST}?text=777{turn}"),
    "a search for nearly all letters": (0.15, lambda _turn: f"letters/{NEWEST}?text=company"),
    "acts": (0.15, lambda _turn: "acts"),
}


class _OnOneDay(Installation):
    """An installation for which it is always the same day."""

    def today(self) -> date:
        return TODAY


def measure() -> list[Measurement]:
    """Ask for each page on both databases."""
    found = []
    for database, places in (("SQLite", sqlite_places), ("PostgreSQL", postgres_places)):
        with places() as (_, large, out):
            here = installation(large, out)
            fill(here, MANY)
            make_busy(here, MANY)
            found += list(measure_pages(database, large, out))
    return found


def measure_pages(database: str, fields: ConnectionFields, out: Path) -> Iterator[Measurement]:
    """Ask for each page in a programme that was filled."""
    with desk_of(fields, out) as ask:
        how = f"processor time, {MANY:,} partners, {len(MONTHS)} months; median of {TIMES}"
        for name, (limit, address) in PAGES.items():
            took, clock, size = _asked(ask, address, _processes(fields))
            more = f"{how}; {median(clock):.3f} s by the clock, {size:.0f} kB"
            yield Measurement(f"page: {name}, {database}", median(took), limit, "s", more)
            if size > KILOBYTES or name in ("today", "a month"):
                yield Measurement(f"page: {name}, {database}", size, KILOBYTES, "kB", "before compression")


@contextmanager
def desk_of(fields: ConnectionFields, out: Path) -> Iterator[Asking]:
    """Ask the pages over an installation whose programme database this is."""
    from tests.airflow_home import made_home

    made_home()
    from airflow.api_fastapi.app import init_auth_manager

    from partner_program.page import installed
    from tests.page.asking import Asking, mounted, signed_in

    init_auth_manager()
    orders = ConnectionFields("orders_nl", "sqlite", host=str(out / "orders.db"))
    connections = NamedConnections(partner_program=fields, orders_nl=orders)
    here = _OnOneDay(connections, PROJECT / "include", out, kept_connections=installed.KEPT_CONNECTIONS)
    app = signed_in()
    app.dependency_overrides[installed.installation] = lambda: here
    yield Asking(mounted(app))


def _asked(
    ask: Asking, address: Callable[[int], str], others: Callable[[], float]
) -> tuple[list[float], list[float], float]:
    """Seconds of processor time and by the clock of each turn after the first, and the size of the page in kB."""
    took, clock, size = [], [], 0.0
    for turn in range(TIMES + 1):
        begun, there, by_clock = time.process_time(), others(), time.perf_counter()
        answer: Any = ask(address(turn), "admin")
        found = time.process_time() - begun + others() - there
        if answer.status_code != 200:
            raise RuntimeError(f"{address(turn)}: {answer.status_code} {answer.text[:500]}")
        if turn:
            took.append(found)
            clock.append(time.perf_counter() - by_clock)
        size = max(size, len(answer.content) / 1000)
    return took, clock, size


def _processes(fields: ConnectionFields) -> Callable[[], float]:
    """What says how many seconds of processor time the database's server has used; SQLite has none."""
    if fields.conn_type == "sqlite":
        return lambda: 0.0
    server = int(Path(fields.host or "", "postmaster.pid").read_text(encoding="ascii").split("\n", 1)[0])

    def used() -> float:
        ended = Path(f"/proc/{server}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[13:15]
        found = sum(map(int, ended)) / os.sysconf("SC_CLK_TCK")
        for each in Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split():
            with suppress(FileNotFoundError):  # it has just ended
                found += int(Path(f"/proc/{each}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
        return found

    return used

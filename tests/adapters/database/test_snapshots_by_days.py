"""Snapshots of versions that kept lines of other days apart: read as they are, and equal lines now are no news."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection

from partner_program.adapters.billing.single_lines import read_single_lines
from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database.database import ProgramDatabase
from partner_program.adapters.database.snapshots import (
    content_hash,
    latest_snapshot_ids,
    load_accounts,
    load_revenues,
    load_snapshot,
    save_snapshot,
)
from partner_program.domain.program import LargestLine
from partner_program.domain.revenue import (
    NO_SHARE,
    PIECE_OF_TERM,
    THIS_PERIOD,
    EntityRevenue,
    MrrGroup,
    PeriodClose,
    added_up,
)
from tests.adapters.billing.dialects import (
    JULY,
    NL,
    SQL,
    Server,
    closes_of,
    fill_with_prices,
    lines_of_all_ways,
    sqlite_server,
    with_prices,
)

__all__ = ["sqlite_server"]  # a fixture
GROUPS = (
    MrrGroup("A1", "EUR", "recurring", "posted", 1, 10, 2, 300),
    MrrGroup("A1", "EUR", "recurring", "posted", 1, 31, 1, 70, THIS_PERIOD, 62),
    MrrGroup("A1", "EUR", "recurring", "posted", 1, 31, 1, 40, PIECE_OF_TERM, 0, 90),
    MrrGroup("A1", "EUR", "recurring", "posted", 1, 31, 1, 500),
    MrrGroup("A1", "EUR", "setup", "posted", 1, 3, 1, 7),
    MrrGroup("A1", "EUR", "setup", "posted", 12, 31, 1, 8),
    MrrGroup("A1", "EUR", "usage", "posted", 1, 0, 1, 20),
    MrrGroup("A1", "EUR", "usage", "posted", 1, 31, 1, 30),
)
SUMS = (
    MrrGroup("A1", "EUR", "recurring", "posted", 1, None, 1, 70, THIS_PERIOD, 62, 0, 70 * 31),
    MrrGroup("A1", "EUR", "recurring", "posted", 1, None, 1, 40, PIECE_OF_TERM, 0, 0, 90 * 31),
    MrrGroup("A1", "EUR", "recurring", "posted", 1, None, 3, 800, minor_days=300 * 10 + 500 * 31),
    MrrGroup("A1", "EUR", "setup", "posted", 1, None, 2, 15, NO_SHARE),
    MrrGroup("A1", "EUR", "usage", "posted", 1, None, 1, 20, NO_SHARE),
    MrrGroup("A1", "EUR", "usage", "posted", 1, None, 1, 30, minor_days=30 * 31),
)


def revenue_of(groups: tuple[MrrGroup, ...]) -> EntityRevenue:
    return EntityRevenue("NL", groups, (), (PeriodClose("EUR", 9, 975),), ("A1",))


BY_DAYS, NOW = revenue_of(GROUPS), revenue_of(SUMS)


@pytest.fixture
def stored(tmp_path: Path) -> Callable[[Callable[[Connection], Any]], Any]:
    """Do something in a programme's database, in a transaction of its own."""
    database = ProgramDatabase(ConnectionFields("partner_program", "sqlite", host=str(tmp_path / "program.db")))
    database.upgrade()

    def act(what: Callable[[Connection], Any]) -> Any:
        with database.writing() as connection:
            return what(connection)

    return act


def saved(revenue: EntityRevenue) -> Callable[[Connection], bool]:
    return lambda connection: save_snapshot(connection, JULY, revenue)


def test_a_snapshot_by_days_keeps_its_hash() -> None:
    months = (
        MrrGroup("A1", "EUR", "recurring", "posted", 1, 31, 1, 100),
        MrrGroup("A1", "EUR", "setup", "posted", 1, 31, 1, 5),
    )
    frozen = EntityRevenue("NL", months, (), (PeriodClose("EUR", 2, 105),), ())
    assert content_hash(frozen) == "5ee9a1f4d728541a9c239e442ee056c810408191507644cc86b90ecf36aeb648"


@pytest.mark.parametrize("revenue", [BY_DAYS, NOW])
def test_a_snapshot_is_read_as_it_was_frozen(stored: Any, revenue: EntityRevenue) -> None:
    assert stored(saved(revenue))
    assert stored(lambda connection: load_revenues(connection, JULY)) == [revenue]
    (snapshot_id,) = stored(lambda connection: latest_snapshot_ids(connection, JULY)).values()
    assert stored(lambda connection: load_accounts(connection, snapshot_id, ["A1"])).groups == revenue.groups
    assert content_hash(stored(lambda connection: load_snapshot(connection, snapshot_id))) == content_hash(revenue)


def test_the_same_lines_read_again_are_no_news_and_write_no_byte(stored: Any, tmp_path: Path) -> None:
    stored(saved(BY_DAYS))
    before = (tmp_path / "program.db").read_bytes()
    assert not stored(saved(NOW))
    assert (tmp_path / "program.db").read_bytes() == before


@pytest.mark.parametrize(
    "other",
    [
        replace(NOW, groups=(*SUMS[:2], SUMS[2]._replace(minor_days=SUMS[2].minor_days + 1), *SUMS[3:])),
        replace(NOW, groups=(*SUMS[:5], SUMS[5]._replace(lines=2))),
        replace(NOW, groups=(*SUMS[:4], *SUMS[5:])),
        replace(NOW, reseller_accounts=()),
        replace(NOW, fault="month 2015-07 not closed"),
        replace(NOW, closes=()),
    ],
)
def test_anything_else_is_another_snapshot_and_the_first_one_comes_back(stored: Any, other: EntityRevenue) -> None:
    stored(saved(BY_DAYS))
    assert stored(saved(other))
    assert stored(lambda connection: load_revenues(connection, JULY)) == [other]
    assert stored(saved(NOW))
    assert stored(lambda connection: load_revenues(connection, JULY)) == [BY_DAYS]


def test_lines_that_two_earlier_snapshots_hold_stay_those_of_the_latest(stored: Any) -> None:
    """Days that moved from one line to another give the same sums."""
    swapped = replace(
        BY_DAYS,
        groups=(
            MrrGroup("A1", "EUR", "recurring", "posted", 1, 20, 1, 300),
            MrrGroup("A1", "EUR", "recurring", "posted", 1, 25, 2, 500),
            *GROUPS[1:3],
            *GROUPS[4:],
        ),
    )
    for frozen in (swapped, BY_DAYS):
        stored(saved(frozen))
        assert not stored(saved(NOW))
        assert stored(lambda connection: load_revenues(connection, JULY)) == [frozen]


def test_what_is_pulled_now_is_what_the_groups_by_days_of_the_same_lines_add_up_to(
    sqlite_server: Server, tmp_path: Path
) -> None:
    accounts = [f"A{number}" for number in range(20)]
    database = ProgramDatabase(ConnectionFields("partner_program", "sqlite", host=str(tmp_path / "program.db")))
    database.upgrade()
    with with_prices(sqlite_server), closing(database.engine.connect()) as connection:
        for seed in range(12):
            lines, prices = lines_of_all_ways(Random(seed))
            fill_with_prices(sqlite_server, lines, prices)
            now = sqlite_server.pull()
            read = read_single_lines(
                sqlite_server.fields, NL, JULY, accounts, largest_line=LargestLine(1_000_000_000), sql_folder=SQL
            )
            by_days = replace(now, groups=added_up(line.group for line in read.lines))
            assert len(by_days.groups) >= len(now.groups)
            assert closes_of(lines)
            save_snapshot(connection, JULY, by_days)
            assert not save_snapshot(connection, JULY, now), f"seed {seed}"

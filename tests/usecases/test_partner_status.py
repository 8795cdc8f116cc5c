"""A suspended or ended partner gets no programme rate for new orders from a day on; what it had stays as it was."""

import shutil
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from partner_program.domain.refusals import NotAuthorized, Refusal
from partner_program.usecases.grants import grant_grace
from partner_program.usecases.orders import Order, quote_order
from partner_program.usecases.partner_status import StatusChange, Step, change_status, rates_left_open
from partner_program.usecases.publication import find_entity, publish_rates
from partner_program.usecases.registry import load_registry_folder
from tests.usecases.dying import die_at
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, three_partners
from tests.worlds import World

AUGUST = "2015-08"
OWED = "SELECT 1 FROM publication WHERE valid_from = '2015-08-10'"
processes = [
    pytest.mark.processes,
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def june_in_force(world: World) -> None:
    three_partners(world)
    world.bill("A1", JULY, 2_500_00, months=3)
    world.close(JULY)
    world.close(AUGUST)
    world.settle(JUNE, on=GO_LIVE)


@pytest.fixture
def june(world: World) -> World:
    world.become(june_in_force)
    world.write_registry()
    return world


def folder_of(world: World) -> Path:
    return world.folder / "registry"


def take(world: World, step: Step, day: str, partner_id: str = "P1", *, today: str | None = None) -> StatusChange:
    change = change_status(
        world.installation,
        partner_id,
        folder_of(world),
        step=step,
        day=date.fromisoformat(day),
        today=date.fromisoformat(today or day),
        done_by="kim",
        reason="abuse reports",
    )
    status = world.rows("SELECT status FROM partner WHERE partner_id = ?", partner_id)[0][0]
    next(row for row in world.tables["partners"] if row["partner_id"] == partner_id)["status"] = status
    return change


def rates(world: World, partner_id: str = "P1") -> list[tuple[str, int]]:
    return world.rows(
        "SELECT valid_from, tier FROM discount_rate WHERE partner_id = ? ORDER BY valid_from, sequence", partner_id
    )


def quoted_tier(world: World, day: str) -> int:
    _, rate = quote_order(world.installation, Order("P1", date.fromisoformat(day), 100_00, 0, 1))
    return rate.terms.tier


def test_a_suspended_partner_loses_the_rate_of_new_orders_on_the_day_and_not_before(june: World) -> None:
    change = take(june, "suspend", "2015-08-10", today="2015-08-05")

    assert (change.before, change.status, change.changed) == ("authorized", "suspended", True)
    assert rates(june) == [(GO_LIVE, 2), ("2015-08-10", 0)]
    assert [quoted_tier(june, day) for day in (GO_LIVE, "2015-08-09")] == [2, 2]
    with pytest.raises(NotAuthorized, match="P1 is suspended"):
        quoted_tier(june, "2015-08-10")
    assert june.rows("SELECT kind, subject, done_by, reason, partner_id FROM act") == [
        ("partner suspended", "P1", "kim", "abuse reports", "P1")
    ]


def test_only_one_cell_of_one_file_changes_and_the_folder_loads_as_it_is(june: World) -> None:
    before = {path.name: path.read_bytes() for path in folder_of(june).iterdir()}
    take(june, "end", "2015-08-10")
    after = {path.name: path.read_bytes() for path in folder_of(june).iterdir()}
    assert after == {
        **before,
        "partners.csv": before["partners.csv"].replace(b"P1,Company P1,authorized", b"P1,Company P1,ended"),
    }
    assert load_registry_folder(june.installation, folder_of(june))[1] == 0


def test_what_is_published_gets_its_closing_row(june: World) -> None:
    orders = june.orders("NL")
    here = june.installation
    entity = find_entity(here, "NL")
    publish_rates(here, entity, published_on=date(2015, 7, 28))
    take(june, "suspend", "2015-08-10", today="2015-08-05")
    assert publish_rates(here, entity, published_on=date(2015, 8, 5)) == 1
    with closing(sqlite3.connect(orders)) as connection:
        query = "SELECT valid_from, tier, monthly_fee_discount_bp FROM program_discount_rate WHERE account_id = 'A1'"
        assert connection.execute(query).fetchall() == [(GO_LIVE, 2, 800), ("2015-08-10", 0, 0)]


def test_a_month_that_takes_force_before_the_day_leaves_the_rate_until_the_day(june: World) -> None:
    """The partner has been told the day: a month's run ends it no earlier, and gives it no letter."""
    take(june, "suspend", "2015-08-25", today="2015-08-05")
    june.settle(JULY, on="2015-08-20")
    assert rates(june) == [(GO_LIVE, 2), ("2015-08-25", 0)]
    assert june.rows("SELECT partner_id FROM letter WHERE billing_month = ? AND partner_id = 'P1'", JULY) == []
    june.settle(AUGUST, on="2015-09-10")
    assert rates(june) == [(GO_LIVE, 2), ("2015-08-25", 0)]


def test_a_rate_of_a_grant_ahead_ends_as_well(june: World) -> None:
    grant_grace(
        june.installation,
        "P1",
        tier=4,
        starts_on=date(2015, 9, 1),
        ends_on=date(2015, 12, 1),
        granted_by="pat",
        reason="plan",
        today=date(2015, 8, 1),
    )
    take(june, "end", "2015-08-10")
    assert rates(june) == [(GO_LIVE, 2), ("2015-08-10", 0), ("2015-09-01", 4), ("2015-09-01", 0)]


def test_a_partner_that_goes_on_before_the_next_month_gets_its_rate_back(june: World) -> None:
    take(june, "suspend", "2015-08-10")
    change = take(june, "resume", "2015-08-12")
    assert (change.before, change.status) == ("suspended", "authorized")
    assert rates(june) == [(GO_LIVE, 2), ("2015-08-10", 0), ("2015-08-12", 2)]
    assert quoted_tier(june, "2015-08-12") == 2
    june.settle(JULY, on="2015-08-20")
    assert june.result(JULY, "P1")["previous_tier"] == 2


def test_a_suspension_taken_back_before_its_day_changes_no_order(june: World) -> None:
    take(june, "suspend", "2015-08-25", today="2015-08-05")
    take(june, "resume", "2015-08-06")
    assert rates(june) == [(GO_LIVE, 2), ("2015-08-25", 0), ("2015-08-25", 2)]
    assert [quoted_tier(june, day) for day in ("2015-08-24", "2015-08-25", "2015-09-30")] == [2, 2, 2]


def test_a_partner_that_missed_a_month_waits_for_the_next_one(june: World) -> None:
    take(june, "suspend", "2015-08-10")
    june.settle(JULY, on="2015-08-20")
    assert take(june, "resume", "2015-08-21").rates == ()
    assert rates(june)[-1] == ("2015-08-10", 0)
    june.settle(AUGUST, on="2015-09-10")
    assert rates(june)[-1] == ("2015-09-10", 2)


def test_the_same_step_again_writes_nothing(june: World) -> None:
    take(june, "suspend", "2015-08-10")
    before = june.fingerprint()
    assert not take(june, "suspend", "2015-08-10").changed
    assert not take(june, "suspend", "2015-08-30", today="2015-08-10").changed
    assert june.fingerprint() == before
    assert take(june, "end", "2015-08-11").rates == ()


def test_a_status_changed_by_hand_is_told_and_the_step_ends_its_rate(june: World) -> None:
    june.tables["partners"][0]["status"] = "suspended"
    june.load()
    registry, _ = load_registry_folder(june.installation, folder_of(june))
    (said,) = rates_left_open(june.installation, registry)
    assert "partner P1 is suspended, and new orders get the rate of tier 2 until the next month is run" in said
    assert take(june, "suspend", "2015-08-10").changed
    assert rates(june) == [(GO_LIVE, 2), ("2015-08-10", 0)]
    assert rates_left_open(june.installation, registry) == []


@pytest.mark.parametrize(
    ("step", "day", "partner_id", "why"),
    [
        ("suspend", "2015-08-04", "P1", "2015-08-04 has passed"),
        ("resume", "2015-08-06", "P1", "2015-08-06 is still to come"),
        ("suspend", "2015-08-05", "P9", "partner P9 is not in the registry"),
        ("resume", "2015-08-05", "P2", "partner P2 is ended, expected suspended to make it authorized"),
        ("suspend", "2015-08-05", "P2", "partner P2 is ended, expected authorized to make it suspended"),
    ],
)
def test_a_step_that_may_not_be_taken_is_refused(june: World, step: Step, day: str, partner_id: str, why: str) -> None:
    take(june, "end", "2015-08-05", "P2")
    before = june.fingerprint()
    with pytest.raises(Refusal, match=why):
        take(june, step, day, partner_id, today="2015-08-05")
    assert june.fingerprint() == before


class TestKilled:
    """A step that dies has been taken in full, or not at all."""

    pytestmark = processes

    def test_status_rate_act_and_file_change_together(self, june: World) -> None:
        kept = june.folder.with_name(f"{june.folder.name}-kept")
        shutil.copytree(june.folder, kept)
        point, died, seen = 0, True, []
        while died:
            point += 1
            shutil.rmtree(june.folder)
            shutil.copytree(kept, june.folder)
            died = die_at(point, lambda: take(june, "suspend", "2015-08-10"))
            load_registry_folder(june.installation, folder_of(june))
            done = b"P1,Company P1,suspended" in (folder_of(june) / "partners.csv").read_bytes()
            seen.append(done)
            assert (rates(june)[-1] == ("2015-08-10", 0)) is done, f"point {point}"
            assert bool(june.rows("SELECT 1 FROM act")) is done, f"point {point}"
            assert bool(june.rows("SELECT 1 FROM publication WHERE valid_from = '2015-08-10'")) is done, (
                f"point {point}"
            )
        assert seen == sorted(seen)
        assert set(seen) == {False, True}

"""One run's claim to a month, step by step, in one process: what it writes, and whom it refuses."""

import logging
import time
from types import SimpleNamespace

import pytest

from partner_program.adapters import own_process
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import MonthBusy, MonthLost
from partner_program.usecases.month import lease as month_lease
from partner_program.usecases.month.lease import LEASE_SECONDS, MonthLease, when_free
from tests.worlds import World

JUNE, JULY = BillingMonth(2015, 6), BillingMonth(2015, 7)
ROWS = "SELECT billing_month, token, holder, held_until > 0 FROM month_lease ORDER BY billing_month"


@pytest.fixture
def here(world: World) -> World:
    world.make_database()
    return world


def run(here: World, holder: str | None, month: BillingMonth = JUNE, *, seen: int | None = None) -> MonthLease:
    return MonthLease(here.installation, month, holder=holder, seen=seen)


def hold(here: World, lease: MonthLease) -> None:
    with here.installation.database.writing() as connection:
        lease.hold(connection)


def token(here: World, lease: MonthLease, step: str) -> int:
    with here.installation.database.reading() as connection:
        return lease.step_seen(connection, step)


def test_a_run_has_its_own_month_for_a_minute_and_hinders_no_other_month(here: World) -> None:
    begun = int(time.time())
    hold(here, run(here, "a"))
    hold(here, run(here, "b", JULY))
    assert here.rows(ROWS) == [("2015-06", 1, "a", 1), ("2015-07", 1, "b", 1)]
    ((until,),) = here.rows("SELECT held_until FROM month_lease WHERE holder = 'a'")
    assert begun + LEASE_SECONDS <= until <= time.time() + LEASE_SECONDS
    with pytest.raises(MonthBusy, match=r"another run \(a\) has month 2015-06"):
        hold(here, run(here, "b"))


def test_without_a_name_the_run_is_this_process(here: World) -> None:
    hold(here, run(here, None))
    assert [row[2] for row in here.rows(ROWS)] == [own_process.own_name()]


def test_a_run_holds_on_to_its_month_and_gives_it_back_once(here: World) -> None:
    mine, other = run(here, "a"), run(here, "b")
    hold(here, mine)
    hold(here, mine)
    assert here.rows(ROWS) == [("2015-06", 1, "a", 1)]
    other.give_back()
    assert here.rows(ROWS) == [("2015-06", 1, "a", 1)]
    mine.give_back()
    assert here.rows(ROWS) == [("2015-06", 1, "a", 0)]
    before = here.fingerprint()
    mine.give_back()
    assert here.fingerprint() == before


def test_a_run_that_was_overtaken_since_it_began_writes_nothing(here: World) -> None:
    paused = run(here, "a")
    with here.installation.database.reading() as connection:
        assert paused.seen(connection) == 0
    overtaking = run(here, "b")
    hold(here, overtaking)
    overtaking.give_back()
    with pytest.raises(MonthLost, match=r"another run \(b\) has written it since this one began"):
        hold(here, paused)
    hold(here, run(here, "c", seen=1))
    assert here.rows(ROWS) == [("2015-06", 2, "c", 1)]


def test_of_two_tries_of_a_step_the_second_to_end_is_refused(here: World) -> None:
    lease = run(here, "a")
    first = second = token(here, lease, "merge_totals")
    with here.installation.database.writing() as connection:
        lease.hold_step(connection, "merge_totals", first)
    assert token(here, lease, "merge_totals") == first + 1
    assert token(here, lease, "assign_tiers") == first
    with (
        pytest.raises(MonthLost, match="month 2015-06: merge_totals was done by another try while this one ran"),
        here.installation.database.writing() as connection,
    ):
        lease.hold_step(connection, "merge_totals", second)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that moves only when somebody sleeps."""
    fake = SimpleNamespace(now=1_000.0)
    fake.monotonic = lambda: fake.now
    fake.sleep = lambda seconds: setattr(fake, "now", fake.now + seconds)
    monkeypatch.setattr(month_lease, "time", fake)
    return fake


def test_work_is_done_anew_until_the_month_is_free_and_the_wait_is_logged_once(
    clock: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    def work() -> str:
        if clock.now < 1_000 + LEASE_SECONDS:
            raise MonthBusy("another run has it")
        return "done"

    with caplog.at_level(logging.WARNING):
        assert when_free(work) == "done"
    assert [record.getMessage() for record in caplog.records] == ["another run has it"]


def test_a_month_that_is_never_free_is_given_up_after_one_and_a_half_leases(clock: SimpleNamespace) -> None:
    def work() -> None:
        raise MonthBusy("another run has it")

    with pytest.raises(MonthBusy, match="another run has it"):
        when_free(work)
    assert 1.5 * LEASE_SECONDS <= clock.now - 1_000 <= 1.5 * LEASE_SECONDS + 1

"""Two runs of one month, one of them paused and woken: one takes force, the other is refused and changes nothing."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from partner_program.adapters import own_process
from partner_program.domain.refusals import MonthBusy, MonthLost
from partner_program.usecases.month import lease as month_lease
from partner_program.usecases.month import run as month_run
from partner_program.usecases.month.lease import MonthLease
from partner_program.usecases.month.run import MonthRun
from tests.usecases.dying import ended, start
from tests.usecases.month.test_races import at_once
from tests.usecases.three_partners import GO_LIVE, JUNE, three_partners
from tests.worlds import World

# The runner of the tests has threads of its own; a forked child never goes on with what they do.
pytestmark = [
    pytest.mark.processes,
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]
LATER = "2015-08-03"
ROUNDS = 10


@pytest.fixture
def small(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Three partners and a month to settle; a run may be overtaken after a second without a write."""
    monkeypatch.setattr(month_lease, "LEASE_SECONDS", 1)
    three_partners(world)
    return world


@pytest.fixture
def children() -> Iterator[list[int]]:
    """Ids of child processes, which are killed after the test even if it fails."""
    started: list[int] = []
    yield started
    for child in started:
        try:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        except (ProcessLookupError, ChildProcessError):
            continue


def asleep(child: int) -> None:
    """Wait until a child has stopped itself."""
    assert os.WIFSTOPPED(os.waitpid(child, os.WUNTRACED)[1])


def woken(child: int) -> int:
    os.kill(child, signal.SIGCONT)
    return ended(child)


def sleep_now() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def refused_with(refusal: type[Exception], work: Callable[[], object]) -> Callable[[], None]:
    """Work for a child that ends with status 0 if `work` was refused like this, otherwise with 1."""

    def refused() -> None:
        with pytest.raises(refusal):
            work()

    return refused


def stages(run: MonthRun, *, between: Callable[[], None] = lambda: None) -> Any:
    """Run the stages of a month, and call `between` after the first write."""
    for entity in run.begin():
        run.pull_mrr(entity)
        if entity.entity == "NL":
            between()
    run.merge_totals()
    run.assign_tiers()
    run.settle_grace_periods()
    return run.write_discount_rates()


def test_a_paused_run_that_was_overtaken_writes_nothing_when_it_wakes(small, children):
    paused = MonthRun(small.installation, small.request(JUNE, on=GO_LIVE))
    children.append(start(refused_with(MonthLost, lambda: stages(paused, between=sleep_now))))
    asleep(children[0])
    time.sleep(1.1)
    small.settle(JUNE, on=LATER)
    overtaken = small.fingerprint()
    small.bill("B2", JUNE, 40_000_00, entity="US")
    small.close(JUNE)
    assert woken(children[0]) == 0
    assert small.fingerprint() == overtaken
    assert small.register(JUNE)["effective_on"] == LATER


def test_a_paused_run_that_finds_its_own_work_done_by_another_has_nothing_to_write(small, children):
    paused = MonthRun(small.installation, small.request(JUNE, on=GO_LIVE))
    children.append(start(lambda: stages(paused, between=sleep_now)))
    asleep(children[0])
    time.sleep(1.1)
    small.settle(JUNE, on=LATER)
    overtaken = small.fingerprint()
    assert woken(children[0]) == 0
    assert small.fingerprint() == overtaken


def test_a_paused_run_that_nobody_overtook_goes_on_when_it_wakes(small, children):
    paused = MonthRun(small.installation, small.request(JUNE, on=GO_LIVE))
    children.append(start(lambda: stages(paused, between=sleep_now)))
    asleep(children[0])
    time.sleep(1.1)
    assert woken(children[0]) == 0
    assert small.register(JUNE)["effective_on"] == GO_LIVE


def test_a_try_that_wakes_after_another_try_of_its_own_step_puts_no_old_figures_back(small, children, monkeypatch):
    request, read = small.request(JUNE, on=GO_LIVE), month_run.read_entity_months

    def slowly(*what: Any) -> Any:
        revenues = list(read(*what))
        sleep_now()
        return revenues

    def first_try() -> None:
        monkeypatch.setattr(month_run, "read_entity_months", slowly)
        run = MonthRun(
            small.installation, request, MonthLease(small.installation, request.month, holder="dag run", seen=0)
        )
        run.pull_mrr(run.begin()[0])

    children.append(start(refused_with(MonthLost, first_try)))
    asleep(children[0])
    small.bill("A1", JUNE, 40_000_00)
    small.close(JUNE)
    second = MonthLease(small.installation, request.month, holder="dag run", seen=0)
    stages(MonthRun(small.installation, request, second))
    settled = small.fingerprint()
    assert woken(children[0]) == 0
    assert small.fingerprint() == settled
    assert small.result(JUNE, "P1")["tier"] == 6


def test_a_run_whose_process_was_killed_is_overtaken_at_once(small, children, monkeypatch):
    monkeypatch.setattr(month_lease, "LEASE_SECONDS", 3_600)
    children.append(
        start(lambda: stages(MonthRun(small.installation, small.request(JUNE, on=GO_LIVE)), between=sleep_now))
    )
    asleep(children[0])
    os.kill(children[0], signal.SIGKILL)
    os.waitpid(children[0], 0)
    small.settle(JUNE, on=LATER)
    assert small.register(JUNE)["effective_on"] == LATER


def test_a_run_of_which_nothing_is_known_is_waited_for_until_its_time_is_up(small):
    elsewhere = "process 1 of another-machine, started 2015-07-27 09:00:00 UTC"
    MonthRun(
        small.installation,
        small.request(JUNE, on=GO_LIVE),
        MonthLease(small.installation, _june(small), holder=elsewhere),
    ).merge_totals()
    with small.installation.database.writing() as connection, pytest.raises(MonthBusy, match="another-machine"):
        MonthLease(small.installation, _june(small)).hold(connection)
    small.settle(JUNE, on=LATER)
    assert small.register(JUNE)["effective_on"] == LATER


def test_a_run_gives_the_month_back_when_it_ends(small, monkeypatch):
    monkeypatch.setattr(month_lease, "LEASE_SECONDS", 3_600)
    small.settle(JUNE, on=GO_LIVE)
    assert small.rows("SELECT held_until FROM month_lease") == [(0,)]


def test_a_process_number_that_the_system_gave_again_is_another_process():
    mine = own_process.own_name()
    assert not own_process.is_gone(mine)
    words, _, started = mine.partition(", started ")
    assert own_process.is_gone(f"{words}, started 2015-07-27 09:00:00 UTC")
    assert abs(datetime.strptime(started, "%Y-%m-%d %H:%M:%S %Z").replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(
        days=1
    )


def test_two_runs_of_one_month_for_different_days_take_force_once(small: World, tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    shutil.copyfile(small.program_db, empty)
    for round_number in range(ROUNDS):
        shutil.copyfile(empty, small.program_db)
        statuses = at_once([partial(small.settle, JUNE, on=day) for day in (GO_LIVE, LATER)])
        assert 0 in statuses, f"round {round_number}"
        assert len(small.rows("SELECT 1 FROM settlement")) == 1, f"round {round_number}"
        (day,) = {row[0] for row in small.rows("SELECT valid_from FROM discount_rate")}
        assert small.register(JUNE)["effective_on"] == day, f"round {round_number}"


def _june(world: World) -> Any:
    return world.request(JUNE).month

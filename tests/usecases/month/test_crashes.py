"""A process may be killed at any moment: running again gives the result of an undisturbed run."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import RATE_MOVE_LIMIT_BP
from partner_program.usecases.letters.rendering import letter_batches, render_letters
from partner_program.usecases.month.quality import check_month
from partner_program.usecases.months_page import make_months_page
from tests.usecases.dying import ended, start, states_of_killed
from tests.usecases.three_partners import GO_LIVE, JUNE, three_partners
from tests.worlds import World, settle_installed

# The runner of the tests has threads of its own; a forked child never goes on with what they do.
pytestmark = [
    pytest.mark.processes,
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]
MOMENTS = 12  # times after which a process is killed, whatever it is doing then


class Trial:
    """A world that can be restored, and the result of some work on it that was not disturbed."""

    def __init__(self, world: World, work: Callable[[], object]) -> None:
        """Copy the world as it is now, then do the work once without a disturbance."""
        self._world, self._work = world, work
        self._before = world.folder.with_name(f"{world.folder.name}-before")
        shutil.copytree(world.folder, self._before)
        began = time.monotonic()
        work()
        self.seconds = time.monotonic() - began
        self._result = self._found()

    def states_of_killed(self) -> Iterator[int]:
        """Put the world into each state that a kill before any change leaves; yield the change's number."""
        self._put_back(self._before)
        for point, state in states_of_killed(self._work, self._world.folder):
            self._put_back(state)
            yield point

    def dies_after(self, seconds: float) -> None:
        """Restore the world and do the work, killed after some seconds."""
        self._put_back(self._before)
        child = start(self._work)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        ended(child)

    def gives_the_undisturbed_result_when_repeated(self) -> bool:
        """Do the killed work again; return whether database and files are those of the undisturbed work."""
        self._work()
        return self._found() == self._result

    def _put_back(self, state: Path) -> None:
        shutil.rmtree(self._world.folder)
        shutil.copytree(state, self._world.folder)

    def _found(self) -> tuple[list[str], dict[str, bytes]]:
        files = {name: body for name, body in self._world.written().items() if not Path(name).name.startswith(".")}
        return self._world.dump(), files


@pytest.fixture
def small(tmp_path: Path) -> World:
    """Three partners, one with a grant, one held; June can be settled."""
    folder = tmp_path / "world"
    folder.mkdir()
    world = World(folder)
    world.grant("G1", "P1", 4, "2015-06-01", "2015-12-01")
    three_partners(world)
    world.execute("US", "UPDATE program_mrr_line SET term_months = 0 WHERE account_id = 'B2'")
    return world


def settle(world: World) -> Callable[[], object]:
    here, request = world.installation, world.request(JUNE, on=GO_LIVE)  # one for all: its statements are compiled once
    return lambda: settle_installed(here, request)


def render(world: World) -> Callable[[], object]:
    here, june = world.installation, BillingMonth.parse(JUNE)

    def work() -> None:
        for batch in letter_batches(here, june):
            render_letters(here, june, batch)
        make_months_page(here)

    return work


def test_a_month_killed_before_any_change_is_completed_by_the_next_run(small: World) -> None:
    trial, states, point = Trial(small, settle(small)), 0, 0
    for point in trial.states_of_killed():
        assert trial.gives_the_undisturbed_result_when_repeated(), f"killed before change {point}"
        states += 1
    assert point > 30
    assert states > 10


def test_a_month_killed_at_any_time_is_completed_by_the_next_run(small: World) -> None:
    trial = Trial(small, settle(small))
    for moment in range(MOMENTS):
        trial.dies_after(trial.seconds * (moment + 0.5) / MOMENTS)
        assert trial.gives_the_undisturbed_result_when_repeated(), f"killed at moment {moment}"


def test_letters_and_the_months_page_killed_at_any_file_are_completed_by_the_next_run(small: World) -> None:
    settle(small)()
    trial, states, point = Trial(small, render(small)), 0, 0
    for point in trial.states_of_killed():
        assert trial.gives_the_undisturbed_result_when_repeated(), f"killed before change {point}"
        states += 1
    assert point > 15
    assert states > 5


def test_killed_quality_checks_are_completed_by_the_next_run(small: World) -> None:
    settle(small)()
    trial = Trial(small, lambda: check_month(small.installation, BillingMonth.parse(JUNE), limit_bp=RATE_MOVE_LIMIT_BP))
    for moment in range(2):
        trial.dies_after(trial.seconds * (moment + 0.5) / 2)
        assert trial.gives_the_undisturbed_result_when_repeated(), f"killed at moment {moment}"


def test_a_killed_load_of_the_registry_has_loaded_all_or_nothing(small: World) -> None:
    untouched = small.dump()
    small.partner("P4", {"NL": "A4"})
    small.tables["partners"][0]["phone"] = "+31 20 2"
    trial = Trial(small, small.load)
    loaded, point = small.dump(), 0
    for point in trial.states_of_killed():
        assert small.dump() in (untouched, loaded)
        assert trial.gives_the_undisturbed_result_when_repeated(), f"killed before change {point}"
    assert point > 4


def test_a_killed_init_can_be_finished_by_the_next_init(tmp_path: Path) -> None:
    folder = tmp_path / "world"
    folder.mkdir()
    world = World(folder)
    trial, point = Trial(world, lambda: world.installation.database.upgrade()), 0
    for point in trial.states_of_killed():
        assert trial.gives_the_undisturbed_result_when_repeated(), f"killed before change {point}"
    assert point > 40

"""Several processes run the same month at once: the result is the same as of one process."""

import os
import shutil
from pathlib import Path

import pytest

from partner_program.usecases.month.lease import MonthLease
from partner_program.usecases.month.run import MonthRun
from partner_program.usecases.registry import load_registry_folder
from tests.usecases.dying import at_once
from tests.usecases.three_partners import GO_LIVE, JUNE, three_partners
from tests.worlds import World, settle_installed

# The runner of the tests has threads of its own; a forked child never goes on with what they do.
pytestmark = [
    pytest.mark.processes,
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]
# Planted faults (no lock from the start, a decision outside the lock) were seen in one of the first three rounds.
ROUNDS = int(os.environ.get("RACES", "40"))
WHOLE_RUNS = ROUNDS // 4


def test_two_processes_at_one_month_settle_it_once_as_a_single_one_would(world: World, tmp_path: Path) -> None:
    three_partners(world)
    empty = tmp_path / "empty.db"
    shutil.copyfile(world.program_db, empty)
    here, request = world.installation, world.request(JUNE, on=GO_LIVE)
    settle_installed(here, request)
    alone = world.dump()
    for round_number in range(WHOLE_RUNS):
        shutil.copyfile(empty, world.program_db)
        shutil.rmtree(world.folder / "out")
        assert at_once([lambda: settle_installed(here, request)] * 2) == [0, 0], f"round {round_number}"
        assert world.dump() == alone, f"round {round_number}"


def test_two_processes_that_take_force_at_the_same_moment_do_it_once(world: World, tmp_path: Path) -> None:
    three_partners(world)
    here, request = world.installation, world.request(JUNE, on=GO_LIVE)
    lease = MonthLease(here, request.month)
    run = MonthRun(here, request, lease)
    for entity in run.begin():
        run.pull_mrr(entity)
    for stage in (run.merge_totals, run.assign_tiers, run.settle_grace_periods):
        stage()
    lease.give_back()
    drafted = tmp_path / "drafted.db"
    shutil.copyfile(world.program_db, drafted)
    run.write_discount_rates()
    alone = world.dump()
    for round_number in range(ROUNDS):
        shutil.copyfile(drafted, world.program_db)
        assert at_once([lambda: MonthRun(here, request).write_discount_rates()] * 2) == [0, 0], f"round {round_number}"
        assert world.dump() == alone, f"round {round_number}"


def test_several_processes_that_init_at_once_make_one_database(world: World) -> None:
    assert at_once([lambda: world.installation.database.upgrade()] * 4) == [0] * 4
    assert world.installation.database.upgrade().startswith("already at schema")


def test_several_processes_that_load_at_once_load_once(world: World) -> None:
    three_partners(world)
    world.tables["partners"][0]["phone"] = "+31 20 2"
    folder = world.write_registry()  # written once, so that no process reads a file that another is writing
    assert at_once([lambda: load_registry_folder(world.installation, folder)] * 3) == [0] * 3
    assert world.rows("SELECT phone FROM partner WHERE partner_id = 'P1'") == [("+31 20 2",)]
    assert world.load() == 0

"""The months' page reads a register again only where something of it, or one of its files, is not as it was."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from partner_program.adapters.database import register as register_store
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases import months_page
from partner_program.usecases.letters.rendering import letter_batches, render_letters
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.months_page import make_months_page
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, three_partners
from tests.worlds import World


def two_months(world: World) -> None:
    """June and July in force, US closed too late for July; the page was made, the letters were not."""
    three_partners(world)
    world.reopen(JULY, "US")
    world.settle(JUNE, on=GO_LIVE, migration=True)
    world.settle(JULY, on="2015-08-03")
    make_months_page(world.installation)


def render(world: World, month: str) -> None:
    for batch in letter_batches(world.installation, BillingMonth.parse(month)):
        render_letters(world.installation, BillingMonth.parse(month), batch)


@pytest.fixture
def made(world: World) -> World:
    world.become(two_months)
    return world


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The months whose registers are read from now on."""
    found: list[str] = []

    def noted(connection: Any, month: BillingMonth, **others: Any) -> Any:
        found.append(str(month))
        return register_store.read_register(connection, month, **others)

    monkeypatch.setattr(months_page, "read_register", noted)
    return found


def test_nothing_new_reads_no_register_and_writes_nothing(made: World, read: list[str]) -> None:
    before = made.written()
    make_months_page(made.installation)
    assert (read, made.written()) == ([], before)


def changed_file(name: str, spoil: Callable[[Path], object]) -> Callable[[World], None]:
    return lambda world: spoil(world.folder / "out" / name) and None


def other(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"3", b"4"))


def open_to_others(path: Path) -> None:
    path.chmod(0o644)


def company(world: World) -> None:
    world.tables["partners"][1]["company_name"] = "Another"
    world.load()


def release(world: World) -> None:
    world.close(JULY, "US")
    world.settle(JULY, on="2015-08-03")


def late_release(world: World) -> None:
    world.settle("2015-08", on="2015-09-03")
    release(world)


def restate(world: World) -> None:
    world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 550000 WHERE account_id = 'A1'")
    world.close(JUNE)
    world.settle(JUNE, on=GO_LIVE)
    day = date(2015, 8, 20)
    accept_restatement(world.installation, BillingMonth.parse(JUNE), Acceptance(day, "pat", "a test"), today=day)


CHANGES: dict[str, tuple[Callable[[World], object], list[str]]] = {
    "a register that is gone": (changed_file("registers/2015-07.json", Path.unlink), [JULY]),
    "a register that is another": (changed_file("registers/2015-06.csv", other), [JUNE]),
    "a register that is open to others": (changed_file("registers/2015-06.csv", open_to_others), [JUNE]),
    "what was kept is gone": (changed_file("registers/.checks/2015-06.page", Path.unlink), [JUNE]),
    "what was kept is another": (changed_file("registers/.checks/2015-06.page", other), [JUNE]),
    "the page is gone": (changed_file("index.html", Path.unlink), []),
    "the page is another": (changed_file("index.html", other), []),
    "a quality report that is gone": (changed_file("quality/2015-07/index.html", Path.unlink), [JULY]),
    "a company's name": (company, [JUNE, JULY]),
    "letters that were rendered": (lambda world: render(world, JUNE), [JUNE]),
    "held partners that were released": (release, [JULY]),
    "the same after a later month": (late_release, [JUNE, JULY, "2015-08"]),  # which has room of its own on the page
    "a restatement that was accepted": (restate, [JUNE]),
}


@pytest.mark.parametrize(("change", "again"), CHANGES.values(), ids=CHANGES)
def test_what_changed_is_read_again_and_the_page_is_that_of_a_new_folder(
    made: World, read: list[str], change: Callable[[World], object], again: list[str]
) -> None:
    change(made)
    make_months_page(made.installation)
    assert read == again
    assert not any((made.folder / "out" / name).stat().st_mode & 0o077 for name in made.written())
    kept, files = made.written(), made.folder / "out"
    (files / "index.html").unlink()
    shutil.rmtree(files / "registers")
    make_months_page(made.installation)
    assert made.written() == kept

"""What an earlier run checked is not checked again, and anything else is."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib import metadata
from pathlib import Path

import pytest

from partner_program.adapters.quality import expectations, kept
from partner_program.adapters.quality.expectations import GroupChecks, validate
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import Finding
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import EntityRevenue, MrrGroup, PeriodClose
from tests.cli.command_line import SCRIPT
from tests.worlds import World

pytestmark = pytest.mark.engine
JUNE = BillingMonth(2015, 6)
NL = Entity("NL", "Example Hosting B.V.", "NL", "EUR", "Europe/Amsterdam", date(2010, 1, 1))
US = Entity("US", "Example Hosting, Inc.", "US", "USD", "America/New_York", date(2010, 1, 1))
WRONG = MrrGroup("A1", "GBP", "recurring", "posted", 1, 30, 0, 30000)  # no lines, and not the entity's currency
SETUP = MrrGroup("A1", "EUR", "setup", "posted", 1, 30, 1, 100)  # no line that may count: it is not checked


def revenue_of(*groups: MrrGroup, entity: str = "NL", fault: str | None = None) -> EntityRevenue:
    return EntityRevenue(entity, groups, (), (PeriodClose("EUR", 3, 30000),), (), fault=fault)


def check(folder: Path, *revenues: EntityRevenue, month: BillingMonth = JUNE, nl: Entity = NL) -> list[Finding]:
    return validate(revenues, month=month, entities=[nl, US], rated_currencies={"USD"}, docs_folder=folder)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The entities that Great Expectations really checked, in order."""
    found: list[str] = []
    run = GroupChecks.run

    def noted(self: GroupChecks, entity: str, *others: object) -> list[Finding]:
        found.append(entity)
        return run(self, entity, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(expectations.GroupChecks, "run", noted)
    return found


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a first run over NL and US kept."""
    folder = tmp_path_factory.mktemp("first")
    assert check(folder, revenue_of(WRONG), revenue_of(entity="US")) != []
    return folder


@pytest.fixture
def folder(tmp_path: Path, first_run: Path) -> Path:
    """A copy of what the first run kept; nothing is checked yet."""
    return Path(shutil.copytree(first_run, tmp_path / "checks"))


def test_equal_data_is_not_checked_again_and_gives_equal_findings_and_pages(folder: Path, checked: list[str]) -> None:
    pages = {each.name: each.read_bytes() for each in folder.iterdir()}
    first = check(folder.parent / "elsewhere", revenue_of(WRONG), revenue_of(entity="US"))
    assert checked == ["NL", "US"]
    checked.clear()

    assert check(folder, revenue_of(WRONG), revenue_of(entity="US")) == first
    assert checked == []
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == pages
    assert sorted(pages) == ["NL.html", "NL.json", "US.html", "US.json"]


def test_a_group_that_the_checks_never_see_changes_nothing(folder: Path, checked: list[str]) -> None:
    check(folder, revenue_of(WRONG, SETUP), revenue_of(entity="US"))
    assert checked == []


@pytest.mark.parametrize(
    "changed",
    [
        {"net_amount_minor": 30001},
        {"lines": 1},
        {"account_id": "A2"},
        {"currency": "EUR"},
        {"term_months": 2},
        {"term_months": "1"},  # a text looks the same in print
        {"covered_days": None},
    ],
)
def test_other_data_of_an_entity_is_checked_and_that_entity_alone(
    folder: Path, checked: list[str], changed: dict[str, object]
) -> None:
    check(folder, revenue_of(WRONG._replace(**changed)), revenue_of(entity="US"))  # type: ignore[arg-type]
    assert checked == ["NL"]


def test_another_currency_of_the_entity_is_another_suite(folder: Path, checked: list[str]) -> None:
    found = check(folder, revenue_of(WRONG), revenue_of(entity="US"), nl=replace(NL, currency="GBP"))
    assert checked == ["NL"]
    assert not [each for each in found if each.check == "entity_currency"]


def test_another_month_is_another_suite(folder: Path, checked: list[str]) -> None:
    check(folder, revenue_of(WRONG), revenue_of(entity="US"), month=JUNE.following)
    assert checked == ["NL", "US"]


def findings_without_the_worst(folder: Path) -> None:
    told = json.loads((folder / "NL.json").read_text())
    (folder / "NL.json").write_text(json.dumps({**told, "findings": told["findings"][1:]}))


SPOILT: list[Callable[[Path], object]] = [
    lambda folder: (folder / "NL.html").unlink(),
    lambda folder: (folder / "NL.html").write_text("<p>all is well</p>"),
    lambda folder: (folder / "NL.json").unlink(),
    lambda folder: (folder / "NL.json").write_text("{"),
    lambda folder: (folder / "NL.json").write_bytes(b"\xff\xfe"),
    lambda folder: (folder / "NL.json").write_text("[]"),
    lambda folder: (folder / "NL.json").write_text('{"seal": "", "findings": [{"examples": []}]}'),
    lambda folder: (folder / "NL.json").write_bytes((folder / "US.json").read_bytes()),
    findings_without_the_worst,
]


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_file_that_is_gone_or_changed_is_made_again(
    folder: Path, checked: list[str], spoil: Callable[[Path], object]
) -> None:
    before = (folder / "NL.html").read_bytes(), (folder / "NL.json").read_bytes()
    spoil(folder)
    found = check(folder, revenue_of(WRONG), revenue_of(entity="US"))

    assert checked == ["NL"]
    assert {each.check for each in found} >= {"line_count", "entity_currency"}
    assert ((folder / "NL.html").read_bytes(), (folder / "NL.json").read_bytes()) == before


@pytest.mark.parametrize("library", ["great_expectations", "pandas"])
def test_another_release_of_a_library_checks_again(
    folder: Path, checked: list[str], library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "version", lambda name: "99" if name == library else metadata.version(name))
    kept._code.cache_clear()
    try:
        check(folder, revenue_of(WRONG), revenue_of(entity="US"))
    finally:
        kept._code.cache_clear()
    assert checked == ["NL", "US"]


def test_an_entity_with_a_fault_keeps_no_page(folder: Path, checked: list[str]) -> None:
    check(folder, revenue_of(fault="not reachable"), revenue_of(entity="US"))
    assert checked == []
    assert sorted(each.name for each in folder.iterdir()) == ["US.html", "US.json"]


def test_a_check_that_could_not_run_is_tried_again(folder: Path, checked: list[str]) -> None:
    torn = revenue_of(WRONG._replace(term_months="x"))  # type: ignore[arg-type]
    for _ in range(2):
        assert any("could not be checked" in each.message for each in check(folder, torn, revenue_of(entity="US")))
    assert checked == ["NL", "NL"]


@pytest.mark.processes
def test_a_run_with_nothing_new_imports_no_great_expectations(world: World) -> None:
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", "2015-06", 2_500_00)
    world.ready("2015-06")
    world.run("2015-06", on="2015-07-27")
    written = world.written()

    typed = [SCRIPT, "run", "2015-06", "--effective-on", "2015-07-27"]
    env = {**world.environment(), "PYTHONPROFILEIMPORTTIME": "1"}
    told = subprocess.run(typed, env=env, capture_output=True, text=True, check=True, timeout=120)
    imported = re.findall(r"import time: .*\| +(great_expectations|pandas|sqlalchemy)$", told.stderr, re.MULTILINE)

    assert imported == ["sqlalchemy"]
    assert world.written() == written


APART = """
import sys
from partner_program.cli import main
from partner_program.usecases.month import quality

if __name__ == "__main__":
    quality.MANY_ACCOUNTS = 2
    try:
        main()
    finally:
        print(sorted({"great_expectations", "pandas"} & sys.modules.keys()))
"""


def an_account_that_bills_too_little(folder: Path) -> World:
    """A month with two accounts, of which one has a line that no check passes."""
    folder.mkdir()
    world = World(folder)
    world.partner("P1", {"NL": "A1", "US": "B1"})
    world.bill("A1", "2015-06", 2_500_00)
    world.bill("B1", "2015-06", 2_500_00, entity="US", currency="GBP")
    world.ready("2015-06")
    return world


@pytest.mark.processes
def test_many_accounts_are_checked_in_a_process_whose_memory_ends_with_it(tmp_path: Path) -> None:
    here, apart = (an_account_that_bills_too_little(tmp_path / name) for name in ("here", "apart"))
    here.run("2015-06", on="2015-07-27")
    script = tmp_path / "apart.py"
    script.write_text(APART)
    typed = [sys.executable, str(script), "run", "2015-06", "--effective-on", "2015-07-27"]
    ended = subprocess.run(typed, env=apart.environment(), capture_output=True, text=True, check=True, timeout=120)

    assert ended.stdout.splitlines()[-1] == "[]"
    found = "SELECT * FROM finding ORDER BY position"
    assert here.rows(found) == apart.rows(found) != []
    assert here.written() == apart.written()
    assert any(name.startswith("quality/2015-06/checks/") for name in apart.written())

"""A letter is rendered again where what it is made of, or one of its files, is not as it was; and only there."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import event

from partner_program.adapters.database.letter_state import OF_THE_MONTH, ONLY_ADDED, READ_WHOLE
from partner_program.adapters.letters.templates import LetterTemplates
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.letters import LetterFacts
from partner_program.usecases.installation import PROJECT, Installation
from partner_program.usecases.letters import rendering, rendering_processes
from partner_program.usecases.letters.rendering import NotRendered, letters_folder
from partner_program.usecases.letters.rendering_processes import render_month
from tests.usecases.three_partners import JUNE, june_in_force
from tests.worlds import World

MONTH = BillingMonth.parse(JUNE)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The partners whose letters are rendered from now on, in order."""
    found: list[str] = []
    render = LetterTemplates.render

    def noted(self: LetterTemplates, facts: LetterFacts) -> object:
        found.append(facts.partner_id)
        return render(self, facts)

    monkeypatch.setattr(LetterTemplates, "render", noted)
    return found


@pytest.fixture
def june(world: World, rendered: list[str]) -> World:
    june_in_force(world)
    assert render_month(world.installation, MONTH) == 3
    assert rendered == ["P1", "P2", "P3"]
    rendered.clear()
    return world


def folder(world: World) -> Path:
    return letters_folder(world.installation, MONTH)


def files(world: World) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder(world).iterdir())}


def test_a_run_with_nothing_new_renders_no_letter_and_counts_them_all(june: World, rendered: list[str]) -> None:
    before = june.fingerprint(), files(june)
    assert render_month(june.installation, MONTH) == 3
    assert rendered == []
    assert (june.fingerprint(), files(june)) == before


Spoil = Callable[[Path], None]


def gone(path: Path) -> None:
    path.unlink()


def one_digit_changed(path: Path) -> None:
    """Of the same size, with the same time of change."""
    then, body = path.stat(), path.read_bytes()
    changed = body.replace(b"0", b"1", 1)
    assert changed != body
    path.write_bytes(changed)
    os.utime(path, ns=(then.st_atime_ns, then.st_mtime_ns))


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def open_to_others(path: Path) -> None:
    path.chmod(0o644)


@pytest.mark.parametrize("spoil", [gone, one_digit_changed, cut_short, open_to_others])
@pytest.mark.parametrize("name", ["P2.html", "P2.txt"])
def test_a_file_that_is_not_as_it_was_written_is_written_again(
    june: World, rendered: list[str], name: str, spoil: Spoil
) -> None:
    before = june.fingerprint(), files(june)
    spoil(folder(june) / name)
    render_month(june.installation, MONTH)
    assert rendered == ["P2"]
    assert (june.fingerprint(), files(june)) == before
    assert (folder(june) / name).stat().st_mode & 0o777 == 0o600


def test_a_fact_that_changed_renders_the_letters_that_state_it(june: World, rendered: list[str]) -> None:
    june.tables["partners"][1]["company_name"] = "Another Name"
    june.load()
    render_month(june.installation, MONTH)
    assert rendered == ["P2"]
    assert b"Another Name" in files(june)["P2.html"]


def test_a_fact_of_everybody_renders_every_letter(june: World, rendered: list[str]) -> None:
    june.tables["account_managers"][0]["phone"] = "+31 20 555 0199"
    june.load()
    render_month(june.installation, MONTH)
    assert rendered == ["P1", "P2", "P3"]


@pytest.mark.parametrize("changed", ["brand.yaml", "catalogues/nl.po", "letter.html.j2", "kinds/no_change.j2"])
def test_a_changed_template_catalogue_or_brand_renders_every_letter(
    june: World, rendered: list[str], tmp_path: Path, changed: str
) -> None:
    include = tmp_path / "include"
    shutil.copytree(PROJECT / "include", include)
    path = include / "templates/letters/v1" / changed
    path.write_bytes(path.read_bytes() + (b"{# #}" if changed.endswith("j2") else b"\n# a note\n"))
    here = Installation(june.connections, include, june.folder / "out")
    before = files(june)
    render_month(here, MONTH)
    assert rendered == ["P1", "P2", "P3"]
    assert files(june) == before
    rendered.clear()
    render_month(here, MONTH)
    assert rendered == []


def test_a_run_with_nothing_new_gathers_no_facts(june: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering_processes, "render_batch", None)
    assert render_month(june.installation, MONTH) == 3


@pytest.mark.parametrize("spoil", [gone, cut_short, open_to_others])
def test_what_is_kept_of_an_earlier_look_can_be_lost(june: World, rendered: list[str], spoil: Spoil) -> None:
    kept = folder(june).parent / ".checks" / JUNE
    before = kept.read_bytes()
    spoil(kept)
    assert render_month(june.installation, MONTH) == 3
    assert (rendered, kept.read_bytes(), kept.stat().st_mode & 0o777) == ([], before, 0o600)


def test_a_contact_with_another_address_has_it_although_no_letter_is_rendered(june: World, rendered: list[str]) -> None:
    recipient = "SELECT recipient FROM delivery WHERE partner_id = 'P1'"
    ((before,),) = june.rows(recipient)
    (contact,) = (each for each in june.tables["contacts"] if each["email"] == before)
    contact["email"] = "new@p1.example"
    june.load()
    render_month(june.installation, MONTH)
    assert (rendered, june.rows(recipient)) == ([], [("new@p1.example",)])


def test_a_registry_that_was_another_while_letters_were_rendered_is_noticed_by_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    june_in_force(world)
    render_batch, first_name = rendering.render_batch, world.tables["partners"][0]["company_name"]

    def name_p1(name: str) -> None:
        world.tables["partners"][0]["company_name"] = name
        world.load()

    def rendered_too_late(*args: Any) -> Any:
        name_p1("Another Name")
        return render_batch(*args)

    with monkeypatch.context() as patched:
        patched.setattr(rendering_processes, "render_batch", rendered_too_late)
        render_month(world.installation, MONTH)
    assert b"Another Name" in files(world)["P1.html"]
    name_p1(first_name)
    render_month(world.installation, MONTH)
    assert b"Another Name" not in files(world)["P1.html"]


def test_all_that_letters_are_read_from_is_looked_at_for_news(june: World) -> None:
    read = set[str]()

    def note(_1: object, _2: object, statement: str, *_others: object) -> None:
        read.update(re.findall(r"(?:FROM|JOIN) (\w+)", statement))

    here = june.installation
    event.listen(here.database.engine, "before_cursor_execute", note)
    rendering.render_batch(here, MONTH, ["P1", "P2", "P3"])
    known = {table.name for table in (*READ_WHOLE, *OF_THE_MONTH, *ONLY_ADDED)}
    # `input_text` has each text by its hash, which `letter_benefits` names
    without_news = {"alembic_version", "exchange_rate", "account_link", "input_text"}
    assert {"letter", "partner", "assessment", "delivery"} <= read & known
    assert read - known == without_news


@pytest.fixture
def p2_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a fault in one letter's template or figures does."""
    render = LetterTemplates.render

    def failing(self: LetterTemplates, facts: LetterFacts) -> object:
        if facts.partner_id == "P2":
            raise ZeroDivisionError("1,100.00 EUR of P2")
        return render(self, facts)

    monkeypatch.setattr(LetterTemplates, "render", failing)


@pytest.mark.usefixtures("p2_fails")
def test_a_fault_in_one_letter_is_named_without_figures_and_the_others_are_there(world: World) -> None:
    june_in_force(world)
    words = r"1 letter of 2015-06 could not be rendered, the others were: P2: .* ZeroDivisionError"
    with pytest.raises(NotRendered, match=words) as found:
        render_month(world.installation, MONTH)
    assert "1,100" not in str(found.value)
    assert list(files(world)) == ["P1.html", "P1.txt", "P3.html", "P3.txt"]
    states = "SELECT partner_id, status FROM letter ORDER BY 1"
    assert world.rows(states) == [("P1", "rendered"), ("P2", "planned"), ("P3", "rendered")]
    assert world.rows("SELECT partner_id, status FROM delivery ORDER BY 1") == world.rows(states)


def one_cent_too_many(world: World, partner_id: str) -> None:
    """Change what nobody can change, so that an account of the letter does not add up to its total."""
    with closing(sqlite3.connect(world.program_db)) as connection, connection:
        connection.execute("DROP TRIGGER assessment_account_refuses_update")
        sql = "UPDATE assessment_account SET mrr_eur_cents = mrr_eur_cents + 1 WHERE partner_id = ?"
        connection.execute(sql, (partner_id,))


def test_a_letter_whose_figures_do_not_add_up_is_named_and_the_others_are_there(world: World) -> None:
    june_in_force(world)
    one_cent_too_many(world, "P1")
    with pytest.raises(NotRendered, match="P1: letter P1 2015-06: the accounts add up to"):
        render_month(world.installation, MONTH)
    assert list(files(world)) == ["P2.html", "P2.txt", "P3.html", "P3.txt"]


# In several processes


@pytest.fixture
def in_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of one letter, in two processes."""
    monkeypatch.setattr(rendering, "BATCH", 1)
    monkeypatch.setattr(rendering_processes, "FEW_BATCHES", 0)
    monkeypatch.setattr(rendering_processes, "_cores", lambda: 2)


@pytest.mark.processes
@pytest.mark.usefixtures("in_processes")
def test_several_processes_write_what_one_writes(world: World, tmp_path: Path) -> None:
    june_in_force(world)
    assert render_month(world.installation, MONTH) == 3
    (tmp_path / "alone").mkdir()
    alone = june_in_force(World(tmp_path / "alone"))
    assert rendering.render_letters(alone.installation, MONTH, ["P1", "P2", "P3"]) == 3
    assert files(world) == files(alone)
    for table in ("letter", "letter_recipe", "delivery"):
        rows = f"SELECT * FROM {table} ORDER BY partner_id"  # noqa: S608 - our own tables
        assert world.rows(rows) == alone.rows(rows)


@pytest.mark.processes
@pytest.mark.usefixtures("in_processes")
def test_a_fault_in_another_process_is_named_and_the_others_are_there(world: World) -> None:
    june_in_force(world)
    one_cent_too_many(world, "P1")
    with pytest.raises(NotRendered, match="P1: letter P1 2015-06: the accounts add up to"):
        render_month(world.installation, MONTH)
    assert list(files(world)) == ["P2.html", "P2.txt", "P3.html", "P3.txt"]


SLOW = """
import sys, time
from pathlib import Path
from partner_program.usecases.letters import rendering, rendering_processes
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.installation import Installation
from partner_program.adapters.connections import EnvironmentConnections

class Slow(EnvironmentConnections):
    def get(self, conn_id):
        if __name__ == "__mp_main__":
            Path(sys.argv[1]).touch()
            time.sleep(60)
        return super().get(conn_id)

if __name__ == "__main__":
    rendering.BATCH, rendering_processes.FEW_BATCHES = 1, 0
    rendering_processes._cores = lambda: 2
    rendering_processes.render_month(Installation.here(Slow()), BillingMonth.parse("2015-06"))
"""


@pytest.mark.processes
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_the_processes_end_with_the_one_that_started_them(world: World, tmp_path: Path, ending: signal.Signals) -> None:
    june_in_force(world)
    script, begun = tmp_path / "slow.py", tmp_path / "begun"
    script.write_text(SLOW)
    parent = subprocess.Popen([sys.executable, str(script), str(begun)], env=world.environment())
    while not begun.exists():
        assert parent.poll() is None
        time.sleep(0.05)
    children = psutil.Process(parent.pid).children(recursive=True)
    assert len(children) >= 2
    parent.send_signal(ending)
    parent.wait()
    assert psutil.wait_procs(children, timeout=10)[1] == []
    assert not folder(world).exists() or files(world) == {}
    assert render_month(world.installation, MONTH) == 3

"""A company's own folder: made whole or not at all, outside of the project, and sound as it stands."""

import fcntl
import os
import re
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from partner_program.adapters.files.new_folder import BEING_MADE
from partner_program.adapters.files.program import load_program
from partner_program.adapters.files.registry import FILE_NAMES
from partner_program.domain.refusals import Refusal
from partner_program.usecases import new_company
from partner_program.usecases.installation import INCLUDE_VARIABLE, PROJECT, Installation
from partner_program.usecases.letters.rendering import check_letters
from tests.cli.command_line import Answer, CommandLine
from tests.worlds import NamedConnections

DAY = "2026-02-01"
PLACES = {
    "README.md",
    "brand.yaml",
    "connections.sh",
    f"program/{DAY}.yaml",
    *(f"registry/{name}" for name in FILE_NAMES),
}


def make(folder: Path, company: str = "Acme Hosting") -> Answer:
    """Make a company's folder."""
    return CommandLine()("new", str(folder), "--company", company, "--from", DAY)


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by its place."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_folder_is_complete_and_sound_and_says_what_comes_next(tmp_path: Path) -> None:
    folder = tmp_path / "not there yet" / "acme"
    answer = make(folder)

    assert (answer.status, answer.stderr) == (0, "")
    assert set(files(folder)) == PLACES
    assert answer.stdout.splitlines()[-1] == f"what to do next: {folder / 'README.md'}"
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in folder.rglob("*")} == {0}
    here = Installation(NamedConnections(), folder, tmp_path / "out")
    templates = check_letters(here)
    assert (here.programs[0].company, templates.brand.company_name) == ("Acme Hosting", "Acme Hosting")
    assert here.sql_folder == PROJECT / "include" / "sql"
    text = "".join(body.decode() for body in files(folder).values())
    assert [word for word in ("LeaseWeb", "leaseweb", "@COMPANY", "2015") if word in text] == []


@pytest.mark.parametrize(
    "company", ['Acme "Hosting" & Co', "O'Brien: #1 <b>", "株式会社サンプル", "null", "- 1", "{{7*7}}", "a\\b"]
)
def test_any_name_that_a_company_may_have_stands_in_both_files_as_it_is(tmp_path: Path, company: str) -> None:
    assert make(tmp_path / "own", company).status == 0
    here = Installation(NamedConnections(), tmp_path / "own", tmp_path / "out")
    assert here.programs[0].company == company
    assert check_letters(here).brand.company_name == company


def test_a_hidden_character_in_the_name_is_wrong_usage(tmp_path: Path) -> None:
    assert make(tmp_path / "own", "a\u202eb").status == 2
    assert not (tmp_path / "own").exists()


@pytest.mark.processes
def test_connections_are_read_by_a_shell_whatever_the_folder_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "it's $HOME"
    make(folder)
    read = subprocess.run(
        ["/bin/sh", "-euc", '. ./connections.sh; printf %s "$PARTNER_PROGRAM_INCLUDE|$AIRFLOW_CONN_PARTNER_PROGRAM"'],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert read.stdout == f'{folder}|{{"conn_type": "sqlite", "host": "{folder}/program.db"}}'


def test_an_empty_folder_is_filled_and_the_same_command_twice_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    assert make(tmp_path).status == 0
    (tmp_path / "brand.yaml").write_text("mine\n")
    before = files(tmp_path)
    again = make(tmp_path)
    assert (again.status, "is not empty: it has README.md" in again.stderr) == (1, True)
    assert files(tmp_path) == before


@pytest.mark.parametrize("name", ["notes.txt", ".git", "brand.yaml"])
def test_a_folder_with_anything_in_it_is_refused_and_stays_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    assert f"is not empty: it has {name}" in make(tmp_path).stderr
    assert files(tmp_path) == {name: b"mine"}


def test_a_file_a_folder_below_the_project_and_one_that_may_not_be_written_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert "cannot be made" in make(tmp_path / "file").stderr
    for below in (PROJECT, PROJECT / "include" / "acme", tmp_path / "link" / "acme"):
        if not (tmp_path / "link").exists():
            (tmp_path / "link").symlink_to(PROJECT)
        assert "lies below the project" in make(below).stderr
    assert not (PROJECT / "include" / "acme").exists()
    if os.getuid():
        (tmp_path / "shut").mkdir(mode=0o500)
        assert "cannot be made: Permission denied" in make(tmp_path / "shut" / "acme").stderr
    assert "cannot be made: " in make(Path("/proc/acme")).stderr


KILLED = """
import os, signal, sys
from pathlib import Path
from partner_program.adapters.files import new_folder
from partner_program.cli import main
left, write = int(sys.argv[1]), new_folder.write_if_changed
def writing(path, text):
    global left
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    return write(path, text)
new_folder.write_if_changed = writing
sys.argv = ["partner-program", "new", sys.argv[2], "--company", "Killed", "--from", "2026-02-01"]
main()
"""


@pytest.mark.processes
@pytest.mark.parametrize("written", [0, 1, 12])
def test_after_a_kill_in_the_midst_the_same_command_makes_it_whole(tmp_path: Path, written: int) -> None:
    folder = tmp_path / "acme"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(written), str(folder)], check=False)
    assert killed.returncode == -9
    assert (folder / BEING_MADE).exists()
    (folder / "program").mkdir(exist_ok=True)
    (folder / "program" / ".2026-02-01.yaml.draft").write_text("half")

    assert make(folder).status == 0
    assert set(files(folder)) - {"program/.2026-02-01.yaml.draft"} == PLACES
    assert load_program(folder / "program" / f"{DAY}.yaml").company == "Acme Hosting"


def test_two_at_the_same_time_do_not_mix(tmp_path: Path) -> None:
    handle = os.open(tmp_path / BEING_MADE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert "is being made by another command" in make(tmp_path).stderr
    finally:
        os.close(handle)
    assert set(files(tmp_path)) == {BEING_MADE}


def test_a_full_disk_is_said_and_the_rest_is_made_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    from partner_program.adapters.files import new_folder

    with monkeypatch.context() as patched:
        patched.setattr(new_folder, "write_if_changed", full)
        with pytest.raises(Refusal, match="cannot be made: No space left on device"):
            new_company.make_folder_of(new_company.NewCompany(tmp_path / "own", "Acme", date.fromisoformat(DAY)))
    assert make(tmp_path / "own").status == 0


def test_a_programme_is_checked_against_the_one_beside_it(tmp_path: Path) -> None:
    make(tmp_path)
    first = tmp_path / "program" / f"{DAY}.yaml"
    later = tmp_path / "program" / "2026-09-01.yaml"
    text = first.read_text("utf-8").replace(f"day: {DAY}", "day: 2026-09-01")
    later.write_text(text.replace("from_mrr_cents: 200000", "from_mrr_cents: 150000"), "utf-8")
    same = tmp_path / "draft.yaml"
    same.write_text(first.read_text("utf-8").replace(f"day: {DAY}", "day: 2026-03-01"), "utf-8")
    shell = CommandLine({INCLUDE_VARIABLE: str(tmp_path)})

    alone = shell("program", "check", str(first))
    assert alone.status == 0
    assert f"{DAY}.yaml is sound: the programme of Acme Hosting from {DAY} on" in alone.stdout
    assert "│ Silver │         2,000.00 │ 10,000.00 │        10 % │" in alone.stdout
    assert alone.stdout.splitlines()[-2:] == [
        "there is no programme before it",
        "look: its tiers are still those of the example that `partner-program new` writes",
    ]

    found = shell("program", "check", str(later), "--format", "json").json
    assert (found["company"], found["in_force_from"], found["before"]) == ("Acme Hosting", "2026-09-01", f"{DAY}.yaml")
    assert [(row["name"], row["from_mrr_cents"], row["monthly_fee_discount_bp"]) for row in found["tiers"]] == [
        ("Bronze", 50_000, 500),
        ("Silver", 150_000, 1000),
        ("Gold", 1_000_000, 1500),
    ]
    assert found["changes"] == [
        {
            "part": "tiers",
            "key": "tiers[2]",
            "about": "Silver",
            "before": "from 2,000.00 EUR a month, 10 % off, called Silver",
            "now": "from 1,500.00 EUR a month, 10 % off, called Silver",
        }
    ]

    draft = shell("program", "check", str(same)).stdout
    assert f"nothing differs from {DAY}.yaml" in draft
    assert "look: in the folder `program` it has to be called 2026-03-01.yaml" in draft


def test_what_stands_behind_a_hash_in_the_new_programme_file_is_sound_once_it_is_taken_in(tmp_path: Path) -> None:
    make(tmp_path)
    file = tmp_path / "program" / f"{DAY}.yaml"
    own, _, offered = file.read_text("utf-8").partition("# A tier may need")
    needs, _, sections = offered.partition("\n\n")
    taken = re.sub(r"(?m)^# (\w+:$|  )", lambda line: line[1], sections)
    needed = re.sub(r"(?m)^# (    )", r"\1", needs.partition("\n")[2])
    file.write_text(f"{own.rstrip()}\n{needed}\n{taken}", "utf-8")

    program = load_program(file)

    assert len(re.findall(r"(?m)^\w+:$", taken)) == 16
    assert (program.tiers[2].requires[0].at_least, program.promotion_cap_bp, program.approval) == (2, 2500, "rates")
    assert (program.no_commitment_excludes, program.benefits[0].name) == (("colocation",), "Marketing Collateral")
    check_letters(Installation(NamedConnections(), tmp_path, tmp_path / "out"))


def test_every_fault_of_a_programme_is_named_with_its_line(tmp_path: Path) -> None:
    make(tmp_path)
    file = tmp_path / "program" / f"{DAY}.yaml"
    text = file.read_text("utf-8").replace("name: Europe/Amsterdam", "name: Europe/Nowhere")
    file.write_text(text.replace("monthly_fee_discount_bp: 1000", "monthly_fee_discount_bp: ten"), "utf-8")
    answer = CommandLine()("program", "check", str(file))
    assert (answer.status, answer.stdout) == (1, "")
    lines = text.splitlines()
    zone, rate = (
        next(place for place, line in enumerate(lines, start=1) if words in line)
        for words in ("name: Europe/Nowhere", "monthly_fee_discount_bp: 1000")
    )
    assert f"{DAY}.yaml:{zone}: time_zone.name: 'Europe/Nowhere' is not a known time zone" in answer.stderr
    assert f"{DAY}.yaml:{rate}: tiers[2].monthly_fee_discount_bp: 'ten' is a text" in answer.stderr

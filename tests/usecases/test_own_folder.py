"""A company's own folder is read wherever the project's would be: by commands, in letters, in proofs."""

import zipfile
from pathlib import Path

import pytest

from partner_program.adapters.proofs.keys import KEY_VARIABLE
from partner_program.usecases.installation import INCLUDE_VARIABLE, PROJECT
from partner_program.usecases.letters.rendering import letter_templates
from tests.cli.command_line import CommandLine
from tests.own_folder import OwnWorld, own_brand, own_program
from tests.usecases.three_partners import GO_LIVE, JUNE

FIRST_OWNER = ("LeaseWeb", "leaseweb", "Authorized Reseller")


@pytest.fixture
def own(tmp_path: Path) -> OwnWorld:
    """A company with its own programme and brand, and one partner whose June is closed."""
    world = OwnWorld(tmp_path / "world", brand=own_brand(), programs={"2015-07-27": own_program()})
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", JUNE, 2_500_00)
    world.ready(JUNE)
    return world


def test_a_month_its_letters_and_its_proof_are_of_the_companys_own_programme(own: OwnWorld, tmp_path: Path) -> None:
    shell = own.command_line
    proof, key = tmp_path / "june.zip", tmp_path / "key.pem"
    public = tmp_path / "public.pem"
    public.write_text(shell("proof", "key", "new", "--to", str(key)).stdout, "utf-8")
    signing = CommandLine({**shell.environment, KEY_VARIABLE: str(key)})

    said = [
        shell("run", JUNE, "--effective-on", GO_LIVE, "--migration"),
        shell("letters", "book", JUNE),
        shell("letters", "pdf", "P1", JUNE),
        shell("explain", "P1", JUNE),
        shell("badge", "P1", "--on", "2015-08-01"),
        shell("quote", "P1", "--on", "2015-08-01", "--monthly", "10", "--setup", "0", "--term", "1"),
        signing("proof", "write", JUNE, "--to", str(proof)),
        CommandLine()("proof", "verify", str(proof), "--trusted-key", str(public)),  # an auditor without the folder
    ]

    assert [(each.status, each.stderr) for each in said if each.status] == []
    with zipfile.ZipFile(proof) as parts:
        texts = [parts.read(name) for name in parts.namelist()]
    assert own_program().encode() in texts
    assert (own.own / "program" / "2015-07-27.yaml").read_text("utf-8") == own_program()
    out = own.folder / "out"
    written = {path: path.read_bytes().decode(errors="replace") for path in out.rglob("*") if path.is_file()}
    told = {str(path): text for path, text in written.items()} | {each.stdout: each.stdout for each in said}
    assert {place for place, text in told.items() if any(word in text for word in FIRST_OWNER)} == set()
    assert "Acme" in (out / "letters" / JUNE / "P1.html").read_text("utf-8")


def test_a_file_of_the_companys_own_stands_for_the_projects_and_the_rest_is_the_projects(own: OwnWorld) -> None:
    version = own.own / "templates" / "letters" / "v1"
    (version / "catalogues").mkdir(parents=True)
    theirs = PROJECT / "include" / "templates" / "letters" / "v1" / "catalogues" / "nl.po"
    text = theirs.read_text("utf-8")
    assert "Beste" in text
    (version / "catalogues" / "nl.po").write_text(text.replace("Beste", "Hallo"), "utf-8")
    before = letter_templates(own.installation)

    assert before.folder.path("catalogues/nl.po") == version / "catalogues" / "nl.po"
    assert before.folder.path("catalogues/de.po").is_relative_to(PROJECT)
    own.partner("P2", language="nl")
    own.ready(JUNE)
    own.run(JUNE, on=GO_LIVE, migration=True)
    letter = (own.folder / "out" / "letters" / JUNE / "P2.txt").read_text("utf-8")
    assert ("Hallo" in letter, "Beste" in letter) == (True, False)

    (version / "catalogues" / "nl.po").write_text(text.replace("Beste", "Dag"), "utf-8")
    assert letter_templates(own.installation).content_hash != before.content_hash


def test_without_programme_files_of_its_own_the_companys_folder_is_refused_and_not_filled_up(tmp_path: Path) -> None:
    world = OwnWorld(tmp_path, brand=own_brand(), programs={})
    doctor = world.command_line("doctor")
    assert doctor.status == 1
    assert "has no programme file" in doctor.said


def test_a_shell_that_forgot_the_folder_settles_no_month_with_the_projects_programme(tmp_path: Path) -> None:
    own = OwnWorld(tmp_path / "world", brand=own_brand(), programs={"2015-07-01": own_program(day="2015-07-01")})
    own.partner("P1", {"NL": "A1"})
    own.bill("A1", JUNE, 2_500_00)
    own.ready(JUNE)
    own.settle(JUNE, on=GO_LIVE)
    forgetful = CommandLine({name: each for name, each in own.environment().items() if name != INCLUDE_VARIABLE})
    own.bill("A1", "2015-07", 2_500_00)
    own.close("2015-07")
    before = own.fingerprint()

    run, doctor = forgetful("run", "2015-07", "--effective-on", "2015-08-03"), forgetful("doctor")

    said = "month 2015-06 was settled with 2015-07-01.yaml, and no month with a programme file that is here"
    assert (run.status, doctor.status) == (1, 1)
    assert said in " ".join(run.stderr.split())
    assert said in " ".join(doctor.stdout.split())
    assert own.fingerprint() == before
    assert own.settle("2015-07", on="2015-08-03").assigned == 1

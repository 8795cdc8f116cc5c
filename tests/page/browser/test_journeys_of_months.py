"""The controller's journeys, as a newcomer does them: from *Today*, by what stands on the pages."""

from io import BytesIO
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from openpyxl import load_workbook

from partner_program.cli.commands import program
from partner_program.domain.acts import BRAKE_RELEASED, MONTH_SIGNED, PROOF_WRITTEN
from tests.page.browser.company import FALLEN_NAME, FELL, JUNE
from tests.page.browser.conftest import Desk, Opening

MINUS = "\N{MINUS SIGN}"


def acts(desk: Desk, kind: str) -> list[tuple[Any, ...]]:
    """Who did acts of a kind, and why."""
    return desk.world.rows("SELECT done_by, reason FROM act WHERE kind = ? ORDER BY act_id", kind)


def test_see_a_month_and_say_why_eight_fell(sitting: Opening) -> None:
    kim = sitting("kim").open().is_at("Today")
    kim.follow("Months").follow("July 2015").is_at("July 2015")
    kim.page.locator("dl.figures > div").filter(has_text="Fell").get_by_role("link").click()
    kim.is_at("Book of changes, July 2015")
    fell = kim.rows("Fell")
    assert len(fell) == FELL
    for row in fell:
        assert "was 2" in row
        assert f"{MINUS}50.00" in row  # 1,970.00 after 2,020.00, at its one account
    (own,) = [row for row in fell if FALLEN_NAME in row]
    assert "NL A003" in own
    kim.follow_row(FALLEN_NAME, "Receipt").is_at(FALLEN_NAME)
    kim.reads("1,970.00 EUR counted", "30.00 more would be Tier 2")
    assert len(kim.rows("What was billed")) == 1


def test_release_the_brake_with_a_reason(sitting: Opening, airflow_desk: Desk) -> None:
    kim = sitting("kim", theme="dark", width=360).open().is_at("Today")
    kim.follow("Look at August 2015: the brake stopped it").is_at("Release the brake")
    kim.reads("total")
    kim.write("Why", "a large customer moved to us").press("Go on")
    kim.is_at("Check before you release the brake").reads("Nothing has happened yet", "a large customer moved to us")
    kim.press("Release the brake of August 2015")
    kim.is_at("The brake of August 2015 is released").reads("kim", "Run the month again")
    kim.page.reload()
    assert acts(airflow_desk, BRAKE_RELEASED)[1:] == [("kim", "a large customer moved to us")]
    kim.follow("Today").reads("Run August 2015 again")


def test_sign_a_month_and_take_its_workbook_and_its_proof(sitting: Opening, airflow_desk: Desk, tmp_path: Path) -> None:
    kim = sitting("kim", theme="dark").open_in_the_frame()
    kim.follow("Months").follow("June 2015").is_at("June 2015").reads("Ready to be signed")
    kim.follow("Sign June 2015").is_at("Sign")
    kim.write("Why", "compared with the ledger").press("Go on").reads("Nothing has happened yet")
    kim.press("Sign June 2015").is_at("June 2015 is signed").reads("kim", "compared with the ledger")
    assert acts(airflow_desk, MONTH_SIGNED) == [("kim", "compared with the ledger")]
    kim.follow("June 2015").is_at("June 2015").reads("compared with the ledger")
    name, content = kim.takes("Workbook")
    assert name == f"register-{JUNE}.xlsx"
    assert len(load_workbook(BytesIO(content)).sheetnames) > 1
    kim.follow("Proof").is_at("Proof of June 2015").reads("signed by kim").press("Write the proof")
    kim.reads("Take the proof", "begins here")
    name, content = kim.takes("Take the proof")
    assert name == f"proof-{JUNE}.zip"
    (tmp_path / name).write_bytes(content)
    found = CliRunner().invoke(program, ["proof", "verify", str(tmp_path / name)])
    assert found.exit_code == 0, found.output
    assert "decided again, and the same to the cent" in found.output
    assert "revision 1 is signed by person-" in found.output
    assert acts(airflow_desk, PROOF_WRITTEN) == [("kim", "wrote the proof")]


def test_change_a_threshold_and_see_winners_losers_and_euros(sitting: Opening) -> None:
    kim = sitting("kim", theme="dark").open().follow("Programme").is_at("Programme")
    kim.follow("Try other thresholds and discounts").is_at("What if the programme were another")
    kim.write("Tier 2, from EUR a month", "1950.00").write("Tier 1, monthly fee discount in per cent", "4")
    kim.press("Try it")
    kim.is_at("What if").reads("Winners", "Save as a draft file")
    assert len(kim.rows("Winners")) == FELL
    assert kim.rows("Losers")
    name, content = kim.takes("Save as a draft file")
    assert name.endswith(".yaml")
    assert b"195000" in content

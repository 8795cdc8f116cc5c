"""The controller's journeys, as a newcomer does them: from *Today*, by what stands on the pages."""

from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from partner_program.domain.acts import BRAKE_RELEASED, MONTH_SIGNED
from tests.page.browser.company import AUGUST, FALLEN_NAME, FELL, JUNE
from tests.page.browser.conftest import Desk, Opening


def acts(desk: Desk, kind: str) -> list[tuple[Any, ...]]:
    """Who did acts of a kind, and why."""
    return desk.world.rows("SELECT done_by, reason FROM act WHERE kind = ? ORDER BY act_id", kind)


def test_see_a_month_and_say_why_eight_fell(sitting: Opening) -> None:
    kim = sitting("kim").open().is_at("Today")
    kim.follow("Months").follow("July 2015").is_at("July 2015")
    kim.page.locator("dl.figures").get_by_text("Fell", exact=True).locator("xpath=following-sibling::dd").get_by_role(
        "link"
    ).click()
    fell = kim.rows("Fell")
    assert len(fell) == FELL
    assert all("was 2" in row for row in fell)
    kim.follow(FALLEN_NAME).is_at(FALLEN_NAME)
    kim.reads("to Tier 2", "30.00")


def test_release_the_brake_with_a_reason(sitting: Opening, airflow_desk: Desk) -> None:
    kim = sitting("kim", theme="dark", width=360).open().is_at("Today")
    kim.follow("Look at 2015-08: the brake stopped it").is_at("Release the brake")
    kim.reads("total")
    kim.write("Why", "a large customer moved to us").press("Go on")
    kim.is_at("Check before you release the brake").reads("Nothing has happened yet", "a large customer moved to us")
    kim.press("Release the brake of August 2015")
    kim.is_at("The brake of August 2015 is released").reads("kim", "Run the month again")
    kim.page.reload()
    assert acts(airflow_desk, BRAKE_RELEASED)[1:] == [("kim", "a large customer moved to us")]
    kim.follow("Today").reads(f"Run {AUGUST} again")


def test_sign_a_month_and_take_its_workbook(sitting: Opening, airflow_desk: Desk) -> None:
    kim = sitting("kim", theme="dark").open().follow("Months").follow("June 2015").is_at("June 2015")
    kim.follow("See what is open, and sign").is_at("Sign")
    kim.write("Why", "compared with the ledger").press("Go on").reads("Nothing has happened yet")
    kim.press("Sign June 2015").is_at("June 2015 is signed").reads("kim", "compared with the ledger")
    assert acts(airflow_desk, MONTH_SIGNED) == [("kim", "compared with the ledger")]
    kim.follow("June 2015")
    name, content = kim.takes("Workbook")
    assert name == f"register-{JUNE}.xlsx"
    assert len(load_workbook(BytesIO(content)).sheetnames) > 1


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

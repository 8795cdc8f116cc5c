"""The partner manager's journeys: find a partner, say why it fell, quote, grant grace, decide about benefits."""

import re
from datetime import timedelta

from tests.page.browser.company import FALLEN, FALLEN_NAME
from tests.page.browser.conftest import Desk, Opening


def test_find_a_partner_by_a_piece_of_its_name_and_say_why_it_fell(sitting: Opening) -> None:
    maria = sitting("maria", width=360).open().follow("Partners").is_at("Partners")
    maria.write("Name", "chgraf").page.keyboard.press("Enter")
    maria.follow(FALLEN_NAME).is_at(FALLEN_NAME).reads("to Tier 2, from 2,000.00")
    maria.follow("Why, down to the line").is_at(FALLEN_NAME).reads("1,970.00 EUR counted")
    maria.follow("Ask the entities for each line").reads("Line by line")
    (line,) = maria.rows("Line by line, as the entities have them now")
    assert "1,970.00" in line
    assert line.endswith("yes")


def test_quote_an_order_with_a_promotion_for_a_year(sitting: Opening) -> None:
    maria = sitting("maria").open("partners").follow(FALLEN_NAME).follow("Quote")
    maria.write("Monthly fee", "200.00").write("Promotion", "5").choose("Contract term", "12 months").press("Quote")
    maria.reads("Monthly fee, step by step")
    rows = maria.rows("Monthly fee, step by step")
    assert "promo" in " ".join(rows).lower()
    fee = re.search(r"Monthly fee\s+([\d.]+)\s+EUR, list 200.00", maria.page.locator("dl.figures").inner_text())
    assert fee
    assert float(fee[1]) < 200.0


def test_grant_grace_from_today_and_see_which_months_can_confirm_it(sitting: Opening, airflow_desk: Desk) -> None:
    today = airflow_desk.world.installation.today()
    maria = sitting("maria", theme="dark", width=360).open("partners").follow(FALLEN_NAME).follow("Grant grace")
    maria.is_at("grace").reads("Which months can confirm it")
    maria.choose("Tier", "Tier 2").write("Until", str(today + timedelta(100))).write("Why", "two racks are coming")
    maria.press("Go on").reads("Nothing has happened yet", "two racks are coming")
    maria.page.locator("main form button").first.click()
    maria.page.wait_for_url("**-done/**")
    maria.reads("maria", "two racks are coming")
    assert airflow_desk.world.rows("SELECT partner_id, tier, starts_on, granted_by FROM grace_grant") == [
        (FALLEN, 2, str(today), "maria")
    ]


def test_approve_two_units_and_refuse_a_request_with_a_reason(sitting: Opening) -> None:
    maria = sitting("maria", theme="dark").open().follow("Seeding Options for P009")
    maria.follow("Approve").write("Why", "it sells servers").press("Go on")
    maria.reads("2 units", "Nothing has happened yet").press("Approve Seeding Options for P009")
    maria.reads("benefit approved", "maria").follow("Today").follow("Seeding Options for P010")
    maria.follow("Refuse").write("Why", "no fair is planned").press("Go on")
    maria.press("Refuse Seeding Options for P010").reads("benefit refused", "no fair is planned")
    maria.follow("Grants and benefits").is_at("Grants and benefits").reads("Ends within 30 days")
    assert len(maria.rows("Approved and not over")) == 1

"""Accepting a restatement: the last file, for it decides rates of today, and no grant can begin today after that."""

from tests.page.browser.company import CORRECTED, CORRECTED_NAME, JULY
from tests.page.browser.conftest import Desk, Opening


def test_read_a_restatement_line_by_line_and_accept_it(sitting: Opening, airflow_desk: Desk) -> None:
    kim = sitting("kim", width=360).open().follow("Decide about the restatement of July 2015").is_at("Restatement")
    (row,) = kim.rows("What accepting it does")
    partner, record, rate, letter = row.split("\t")
    assert partner == CORRECTED
    assert "revenue 1,944.00 EUR becomes 5,944.00 EUR" in record
    assert "tier 1 becomes 3" in record
    assert "NL A012 1,944.00 EUR becomes NL A012 5,944.00 EUR" in record
    assert "3" in rate
    assert letter
    kim.follow(CORRECTED).is_at(CORRECTED_NAME).reads("1,944.00")
    kim.page.go_back()
    kim.pick("Accept").write("Why", "the invoice came late").press("Go on").reads("Nothing has happened yet")
    kim.press("Accept the restatement of July 2015").is_at("The restatement of July 2015 is answered")
    assert airflow_desk.world.result(str(JULY), CORRECTED)["mrr_eur_cents"] == 5_944_00
    kim.follow("Months").follow("July 2015").is_at("July 2015").reads("revision 2")

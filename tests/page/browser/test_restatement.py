"""Accepting a restatement: the last file, for it decides rates of today, and no grant can begin today after that."""

from tests.page.browser.company import JULY
from tests.page.browser.conftest import Desk, Opening


def test_read_a_restatement_and_accept_it(sitting: Opening, airflow_desk: Desk) -> None:
    kim = sitting("kim", width=360).open().follow(f"Decide about the restatement of {JULY}").is_at("Restatement")
    kim.reads("P012")
    kim.pick("Accept").write("Why", "the invoice came late").press("Go on").reads("Nothing has happened yet")
    kim.press("Accept the restatement of July 2015").is_at("The restatement of July 2015 is answered")
    assert airflow_desk.world.result(str(JULY), "P012")["mrr_eur_cents"] > 4_000_00
    kim.follow("July 2015").reads("revision 2")

"""What if and drafts beside one another of a programme in dollars with two product families: Kestrel's."""

from pathlib import Path
from typing import Any

import pytest

from partner_program.usecases.installation import INCLUDE_VARIABLE, PROJECT
from tests.own_folder import OwnWorld, own_brand
from tests.page.asking import Asking, mounted
from tests.page.test_other_programmes import words
from tests.page.test_what_if import address_of, finished

FILE = Path(__file__).parents[1] / "data" / "programmes" / "kestrel" / "2026-01-01.yaml"
DECEMBER, JANUARY = "2025-12", "2026-01"
MONTHS = {"first": DECEMBER, "last": JANUARY}
FORM = {
    **{"from_1": "0.00", "from_2": "5000.00", "from_3": "20000.00"},
    **{"monthly_1": "5", "monthly_2": "10", "monthly_3": "15", "day": "2030-01-01", **MONTHS},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> OwnWorld:
    """December and January: P1 has 3,000.00 and 6,000.00 dollars in the year so far, P2 1,000.00 and 2,000.00."""
    programs = {FILE.stem: FILE.read_text("utf-8")}
    made = OwnWorld(tmp_path_factory.mktemp("kestrel"), brand=own_brand("Kestrel"), programs=programs, entities=("US",))
    for name, minor in (("P1", 3_000_00), ("P2", 1_000_00)):
        made.partner(name, {"US": f"A-{name}"}, authorized_on="2025-12-01")
        made.bill(f"A-{name}", DECEMBER, minor, entity="US", months=2)
    made.ready(DECEMBER, JANUARY)
    made.settle(DECEMBER, on="2026-01-02", migration=True)
    made.settle(JANUARY, on="2026-02-01")
    return made


@pytest.fixture
def pages(desk: Any, shown: Any, world: OwnWorld, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Asks the pages over this world; what a test starts apart finds the tests too."""
    shown(world)
    monkeypatch.setenv(INCLUDE_VARIABLE, str(world.own))
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    return Asking(mounted(desk))


def test_a_draft_is_tried_in_dollars_and_says_what_is_not_known(pages: Asking) -> None:
    form = words(pages("programme/what-if", "user").text)
    assert "USD as in 1999.99, per cent as in 2.5." in form
    assert "Discounts of dedicated server and domain stay as the file has them." in form
    address = address_of(pages.post("programme/what-if", "user", **{**FORM, "from_2": "2000.00"}))
    page = finished(pages, address).text
    said = words(page)
    # P1 is in Plus in both months, and had it in January; P2 in January.
    assert "Winners 2 not known" in said
    assert "Losers 0 0.00 USD" in said
    assert "What is not known: revenue by product family." in said
    assert "dedicated server and domain have discounts of their own" in said
    families = "5 % → 10 % dedicated server 2 % to 4 % domain 0 %"
    assert families in said.replace("\N{NO-BREAK SPACE}", " ")
    assert "EUR" not in said
    assert "Euros" not in said
    assert "2,000.00" in said
    text = pages(f"{address}/draft.yaml").text
    assert "Draft: threshold 5,000.00 to 2,000.00 USD" in text
    assert "product: dedicated_server" in text


def test_what_is_typed_wrong_is_told_in_the_programmes_currency(pages: Asking) -> None:
    answer = pages.post("programme/what-if", "user", **{**FORM, "from_2": "5,000", "from_3": ""})
    assert answer.status_code == 422
    said = words(answer.text)
    assert "expected USD with at most two decimals, as in 1999.99" in said
    assert "nothing is given, expected USD, as in 1999.99" in said
    lower = words(pages.post("programme/what-if", "user", **{**FORM, "from_3": "4000"}).text)
    assert "4,000.00 is not above the tier before, expected more than 5,000.00" in lower


def test_drafts_beside_one_another_are_in_dollars(pages: Asking) -> None:
    form = words(pages("programme/sweep", "user").text)
    assert "Plus, threshold, USD" in form
    varied = {"cell_1": "2.from_mrr_cents", "low_1": "2000", "high_1": "5000", "step_1": "3000"}
    address = address_of(pages.post("programme/sweep", "user", **varied, **MONTHS))
    page = finished(pages, address).text
    said = words(page)
    assert "Plus, threshold: 2000.00 to 5000.00 USD in 2 values" in said
    assert "What is not known: revenue by product family: a settled month does not keep it" in said
    assert "Cost USD" in said
    assert "Undecided" in said
    assert "2 drafts, and no front: what each costs is not known." in said
    assert "Plus from 2,000.00" in said
    assert "EUR" not in said
    again = pages("programme/sweep", "user", params={"like": address.rpartition("/")[2]}).text
    assert 'value="2000.00"' in again

"""Quotes where product families have discounts of their own: on the command line, on the page and from the API."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from partner_program.usecases.installation import INCLUDE_VARIABLE
from tests.page.asking import Asking, mounted
from tests.page.test_pages import words_of
from tests.programs import least
from tests.usecases.month.own_programme import OwnProgramme
from tests.usecases.month.test_families import ROWS, programme, world_of

PRODUCTS = "\nproducts:" + "".join(
    f"\n  - name: {each}\n    reading: x\n" for each in ("colocation", "vps", "dedicated")
)
CAP = '\npromotion_cap:\n  discount_bp: 1000\n  reading: "A cap."\n'
PROMOTIONS = '\npromotions:\n  value: {}\n  reading: "How they go together."\n'
ASKED = {"on": "2015-07-10", "monthly": "100.00", "setup": "0", "term": "1"}
WHY_NONE = "an order without a product is not defined: name its product, one of"
UNKNOWN = "product 'cdn' is not known: the programme has"


def settled(folder: Path, text: str, *agreements: tuple[str, int]) -> OwnProgramme:
    """P1 in Tier 2 from 1 July 2015, with older agreements about products; the empty one is about the general rate."""
    world = world_of(folder, text)
    for product, bp in agreements:
        world.legacy("P1", bp)
        world.tables["legacy_agreements"][-1] |= {"product": product, "source": f"contract {product}"}
    world.ready("2015-06")
    world.settle("2015-06", on="2015-07-01")
    return world


@pytest.fixture
def ways(desk: Any, shown: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Asks for one order on all three ways; gives the status or the JSON, and what the page says."""

    def asked(world: OwnProgramme, **changed: str) -> tuple[dict[str, Any] | str, str]:
        order = ASKED | changed
        options = [word for name, value in order.items() for word in (f"--{name}", value)]
        told = world.command_line("quote", "P1", *options, "--format", "json")
        shown(world)
        monkeypatch.setenv(INCLUDE_VARIABLE, str(world.include))
        ask = Asking(mounted(desk))
        answer = ask(f"api/v1/partners/P1/quote?{urlencode(order)}")
        page = ask(f"quote?{urlencode({'partner': 'P1', **order})}")
        said = words_of(page.text).replace("\N{NO-BREAK SPACE}", " ")
        if told.status == 0:
            assert (answer.status_code, page.status_code) == (200, 200), (answer.text, said)
            assert answer.json() == told.json
            fees: dict[str, Any] = told.json
            assert f"Monthly fee {fees['monthly_fee_cents'] / 100:.2f} EUR" in said
            return fees, page.text
        assert (told.status, answer.status_code, page.status_code) == (1, 409, 409)
        refused = told.stderr.removeprefix("refused: ").strip()
        assert refused in json.dumps(answer.json(), ensure_ascii=False)
        assert refused in said
        return refused, page.text

    return asked


def test_a_product_is_needed_and_families_are_named(tmp_path: Path, ways: Any) -> None:
    world = settled(tmp_path, programme() + PRODUCTS)
    refused, page = ways(world)
    assert refused == f"{WHY_NONE} colocation, vps, dedicated"
    assert '<option value="">choose</option>\n<option value="colocation">colocation</option>' in page
    refused, _ = ways(world, product="cdn")
    assert refused == f"{UNKNOWN} colocation, vps, dedicated"
    assert ways(world, product="VPS")[0] == "product 'VPS' is not known: the programme has colocation, vps, dedicated"


@pytest.mark.parametrize(("product", "fee"), [("vps", 93_00), ("dedicated", 100_00), ("colocation", 90_00)])
def test_an_order_has_its_familys_discount_or_the_general_one(
    tmp_path: Path, ways: Any, product: str, fee: int
) -> None:
    quoted, _ = ways(settled(tmp_path, programme() + PRODUCTS), product=product)
    assert quoted["monthly_fee_cents"] == fee
    own = "" if product == "colocation" else f", {product}"
    assert quoted["steps"][0]["rule"] == f"tier 2{own}"


@pytest.mark.parametrize(
    ("more", "product", "promo", "fee"),
    [
        (CAP, "vps", "2", 91_00),
        (CAP, "vps", "5", 90_00),  # 7 + 5 ends at the cap of 10
        (CAP, "dedicated", "5", 95_00),
        (CAP, "dedicated", "12", 88_00),  # a promotion above the cap stands
        (CAP, "colocation", "5", 90_00),  # 10 is the cap already
        ("", "vps", "95", 0),
        (PROMOTIONS.format("best_of"), "vps", "5", 93_00),
        (PROMOTIONS.format("best_of"), "vps", "8", 92_00),
        (PROMOTIONS.format("best_of"), "dedicated", "5", 95_00),
        (PROMOTIONS.format("exclusive"), "vps", "5", 95_00),
        (PROMOTIONS.format("exclusive"), "vps", "0", 93_00),
        (PROMOTIONS.format("exclusive"), "dedicated", "0", 100_00),
    ],
)
def test_promotions_meet_the_familys_discount(
    tmp_path: Path, ways: Any, more: str, product: str, promo: str, fee: int
) -> None:
    quoted, _ = ways(settled(tmp_path, programme() + PRODUCTS + more), product=product, promo=promo)
    assert quoted["monthly_fee_cents"] == fee


@pytest.mark.parametrize(
    ("agreements", "product", "fee", "rule"),
    [
        ([("", 1500)], "colocation", 85_00, "legacy agreement"),
        ([("", 1500)], "vps", 93_00, "tier 2, vps"),
        ([("", 1500)], "dedicated", 100_00, "tier 2, dedicated"),
        ([("vps", 1500)], "vps", 85_00, "legacy agreement, vps"),
        ([("vps", 1500)], "colocation", 90_00, "tier 2"),
        ([("vps", 600)], "vps", 93_00, "tier 2, vps"),
        ([("", 1500), ("dedicated", 1500)], "dedicated", 85_00, "legacy agreement, dedicated"),
        ([("", 1500), ("dedicated", 1500)], "vps", 93_00, "tier 2, vps"),
    ],
)
def test_an_older_agreement_counts_for_what_it_is_about(
    tmp_path: Path, ways: Any, agreements: list[tuple[str, int]], product: str, fee: int, rule: str
) -> None:
    quoted, _ = ways(settled(tmp_path, programme() + PRODUCTS, *agreements), product=product)
    assert (quoted["monthly_fee_cents"], quoted["steps"][0]["rule"]) == (fee, rule)


def test_a_rate_with_families_needs_a_product_under_a_later_programme_without(tmp_path: Path, ways: Any) -> None:
    """Until a month is settled under the later programme the rate is that of the earlier one, with its families."""
    world = settled(tmp_path, programme())
    later = world.include / "program" / "2015-07-05.yaml"
    later.write_text(least(*ROWS, day="2015-07-05"), encoding="utf-8")
    world.reread()
    refused, page = ways(world)
    assert refused == f"{WHY_NONE} dedicated, vps"
    assert '<option value="vps">vps</option>' in page
    quoted, page = ways(world, product="vps")
    assert quoted["monthly_fee_cents"] == 93_00
    assert '<option value="vps" selected>vps</option>' in page

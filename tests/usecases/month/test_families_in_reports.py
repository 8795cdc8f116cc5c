"""What reports say of a month whose rates have discounts by product family."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.book_of_changes import row_words
from partner_program.domain.refusals import RatesWait
from partner_program.usecases.letters.rendering import letter_batches, render_letters
from partner_program.usecases.month.approval import month_book
from partner_program.usecases.reports.cost import cost
from partner_program.usecases.reports.leakage import find_leakage, leakage
from partner_program.usecases.status_export import export_status
from tests.usecases.month.own_programme import OwnProgramme
from tests.usecases.month.test_families import programme, world_of

APPROVING = "approval:\n  value: rates\n  reading: x\n"
JULY = BillingMonth(2015, 7)


def july_of_families(tmp_path: Path, agreed_on_vps: int = 0, more: str = "") -> OwnProgramme:
    """P1's orders of 1 July: 10 % in general, 7 % on vps, nothing on dedicated; list prices are 1,000.00 EUR."""
    world = world_of(tmp_path, programme() + more)
    if agreed_on_vps:
        world.legacy("P1", agreed_on_vps)
        world.tables["legacy_agreements"][0] |= {"product": "vps"}
    for product, given, minor in (
        ("vps", 700, 930_00),
        ("vps", 1000, 900_00),
        ("dedicated", 0, 1_000_00),
        ("dedicated", 1000, 900_00),
        ("cdn", 700, 930_00),
        (None, 1000, 900_00),
    ):
        world.bill("A1", "2015-07", minor, product=product, discount_bp=given, ordered_on="2015-07-01")
    world.ready("2015-06", "2015-07")
    world.settle("2015-06", on="2015-07-01")
    world.settle("2015-07", on="2015-08-03")
    return world


def judged(world: OwnProgramme) -> dict[tuple[str, int | None], tuple[int | None, int]]:
    """What was due and given beyond it in EUR cents, by product and given discount, where it was not as due."""
    _, found = find_leakage(world.installation, JULY)
    by_order = {(each.order[2], each.order[4]): each for each in found.of("under", "over")}
    return {order: (each.due and each.due.due_bp, each.effect_eur_cents) for order, each in by_order.items()}


def rows(world: OwnProgramme, table: str) -> dict[str, Any]:
    found: Any = cost(world.installation, JULY).table(table).rows
    return {each.part: each for each in found}


def test_a_line_is_due_the_discount_of_its_family(tmp_path: Path) -> None:
    world = july_of_families(tmp_path)
    assert judged(world) == {
        ("vps", 1000): (700, 30_00),
        ("dedicated", 1000): (0, 100_00),
        ("cdn", 700): (1000, -30_00),
    }
    said = leakage(world.installation, JULY).said
    assert "1 of these lines says no product, and families have discounts of their own." in said


def test_an_agreement_about_a_family_is_due_on_its_lines_alone(tmp_path: Path) -> None:
    world = july_of_families(tmp_path, agreed_on_vps=1500)
    assert judged(world) == {
        ("vps", 700): (1500, -80_00),
        ("vps", 1000): (1500, -50_00),
        ("dedicated", 1000): (0, 100_00),
        ("cdn", 700): (1000, -30_00),
    }
    shares = [each.due_eur_cents for each in rows(world, "shares").values()]
    assert shares == [70_00 + 70_00 + 100_00, 0, 80_00 + 80_00]  # earned, grace, older agreement


def test_the_cost_of_each_family(tmp_path: Path) -> None:
    world = july_of_families(tmp_path)
    products = rows(world, "products")
    figures = {
        product: (each.list_eur_cents, each.given_eur_cents, each.due_eur_cents, each.beyond_eur_cents)
        for product, each in products.items()
        if product in ("vps", "dedicated", "cdn")
    }
    assert figures == {
        "vps": (2_000_00, 170_00, 140_00, 30_00),
        "dedicated": (2_000_00, 100_00, 0, 100_00),
        "cdn": (1_000_00, 70_00, 100_00, -30_00),
    }
    assert sum(each.due_eur_cents for each in rows(world, "shares").values()) == 240_00


def test_the_book_has_each_family_beside_the_general_discount(tmp_path: Path) -> None:
    world = world_of(tmp_path, programme())
    later = world.include / "program" / "2015-08-01.yaml"
    later.write_text(programme(vps=800, day="2015-08-01") + APPROVING, encoding="utf-8")
    world.reread()
    world.ready("2015-06", "2015-07")
    world.settle("2015-06", on="2015-07-01")
    with pytest.raises(RatesWait):
        world.run("2015-07", on="2015-08-03", started_by="pat")
    book = month_book(world.installation, JULY)
    monthly = {each.partner_id: row_words(each)[3] for each in book.rows}
    assert monthly["P1"] == "10 %; dedicated 0 %; vps 7 % to 8 %"


def test_explain_and_the_status_page_have_a_row_a_family(tmp_path: Path) -> None:
    world = july_of_families(tmp_path, more="company: LeaseWeb\n")
    said = world.command_line("explain", "P1", "2015-07").stdout
    assert "on monthly fees of dedicated 0 %" in said
    assert "on monthly fees of vps 7 %" in said
    key = "a key of twenty letters"
    world.connections["status_pages"] = ConnectionFields("status_pages", "generic", password=key)
    folder = tmp_path / "to"
    export_status(world.installation, folder, month=None, expires_on=None, today=date(2015, 8, 10))
    index = json.loads((folder / "index.json").read_text("utf-8"))
    data = json.loads((folder / "pages" / f"{index['partners']['P1']}.json").read_text("utf-8"))
    assert data["rates"][0]["families"] == {"dedicated": 0, "vps": 700}
    html = (folder / "pages" / f"{index['partners']['P1']}.html").read_text("utf-8")
    rows_shown = [re.findall(r">([^<>]+)</t[dh]>", row) for row in re.findall(r"<tr.*?</tr>", html, re.DOTALL)]
    told = [tuple(each.replace("\u00a0", " ") for each in row) for row in rows_shown]
    assert [row for row in told if "vps" in row] == [("vps", "7%")]


def test_the_letters_book_has_each_family_below_the_general_discount(tmp_path: Path) -> None:
    world = world_of(tmp_path, programme() + "company: LeaseWeb\n")
    world.ready("2015-06")
    world.settle("2015-06", on="2015-07-01")
    asked = world.request("2015-06").month
    for batch in letter_batches(world.installation, asked):
        render_letters(world.installation, asked, batch)
    said = world.command_line("letters", "book", "2015-06")
    pages = [each.read_text("utf-8") for each in (tmp_path / "out").rglob("*.html")]
    shown = '<b>10 %</b><span class="id">dedicated 0 %</span><span class="id">vps 7 %</span>'
    assert any(shown in each.replace("\u00a0", " ").replace("10%", "10 %") for each in pages), said

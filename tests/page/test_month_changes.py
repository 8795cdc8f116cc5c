"""The book of changes of a settled month: unusual changes first, each with its why, and pages that end."""

from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.desk.month_changes import month_changes
from tests.page.asking import Asking
from tests.page.test_pages import words_of
from tests.worlds import World

JUNE, JULY = BillingMonth(2015, 6), BillingMonth(2015, 7)
MINUS = "\N{MINUS SIGN}"


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> World:
    """P1 fell by two tiers, P2 by one; P3 rose; P4 and P5 stayed, and only P5's revenue moved much; P6 is new."""
    world = World(tmp_path_factory.mktemp("moved"))
    for partner, june, july in (
        ("P1", 6_000_00, 600_00),
        ("P2", 2_000_00, 1_999_99),
        ("P3", 4_900_00, 5_100_00),
        ("P4", 600_00, 700_00),
        ("P5", 2_100_00, 3_000_00),
    ):
        account = f"A{partner[1:]}"
        world.partner(partner, {"NL": account}, company_name=f"Company {partner}")
        world.bill(account, "2015-06", june)
        world.bill(account, "2015-07", july)
    world.partner("P6", {"US": "B6"}, company_name="Company P6")
    world.partner("P7", {"US": "B7"}, company_name="Company P7")
    world.bill("B6", "2015-07", 2_200_00, entity="US")
    world.bill("B7", "2015-06", 720_000_00, entity="US", months=2)
    world.rate("2015-06", "USD", "1.12")  # 642,857.14 EUR
    world.rate("2015-07", "USD", "1.1")  # 654,545.45 EUR: the same dollars
    world.ready("2015-06", "2015-07")
    world.settle("2015-06", on="2015-07-27")
    world.settle("2015-07", on="2015-08-03")
    return world


def test_unusual_changes_come_first_and_every_page_is_read_once(moved: World) -> None:
    here = moved.installation
    whole = month_changes(here, JULY)
    # P6 counted 0.00 in June: its tier rose from none, and its revenue moved as much as anybody's.
    assert [each.partner_id for each in whole.rows] == ["P1", "P2", "P6", "P5", "P7", "P3"]
    assert whole.of == len(whole.rows)
    found, after = [], None
    while True:
        page = month_changes(here, JULY, after=after, count=4)
        found += [each.partner_id for each in page.rows]
        after = page.next_after
        if after is None:
            break
    assert found == [each.partner_id for each in whole.rows]


@pytest.mark.parametrize(
    ("shown", "who"), [("fell", ["P1", "P2"]), ("rose", ["P6", "P3"]), ("revenue", ["P1", "P6", "P5", "P7"])]
)
def test_one_kind_of_change_alone(moved: World, shown: Any, who: list[str]) -> None:
    assert [each.partner_id for each in month_changes(moved.installation, JULY, shown=shown).rows] == who


def test_each_change_says_at_which_account_and_by_how_much(ask: Asking, shown: Any, moved: World) -> None:
    shown(moved)
    said = words_of(ask("months/2015-07/changes").text)
    assert f"NL A1 {MINUS}5,400.00" in said
    assert f"NL A2 {MINUS}0.01" in said
    assert "NL A5 +900.00" in said
    assert "US B7 +11,688.31 (the exchange rate alone)" in said
    assert "Company P4" not in said


def test_a_first_month_has_no_changes_and_says_so(ask: Asking, shown: Any, moved: World) -> None:
    shown(moved)
    said = words_of(ask("months/2015-06/changes").text)
    assert "Nobody's tier or revenue changed" in said
    assert ask("months/2015-09/changes").status_code == 404
    assert ask("months/2015-07/changes?show=odd").status_code == 422
    assert ask("months/2015-07/changes?after=gone").status_code == 200

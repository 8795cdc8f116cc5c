"""A partner's page where product families have discounts of their own."""

from pathlib import Path
from typing import Any

import pytest

from partner_program.usecases.installation import INCLUDE_VARIABLE
from tests.page.asking import Asking, mounted
from tests.page.test_other_programmes import words
from tests.usecases.month.test_families import programme, world_of


@pytest.fixture
def pages(tmp_path: Path, desk: Any, shown: Any, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """June and July settled: P1 stays in Tier 2 and falls to Tier 1 in July, P2 has no tier and rises to Tier 1."""
    world = world_of(tmp_path, programme())
    for account, minor in (("A1", -100_00), ("A2", 10_00)):
        kind = {"charge_kind": "credit"} if minor < 0 else {}
        world.bill(account, "2015-07", minor, **kind)
    world.ready("2015-06", "2015-07")
    world.settle("2015-06", on="2015-07-01")
    world.settle("2015-07", on="2015-08-01")
    shown(world)
    monkeypatch.setenv(INCLUDE_VARIABLE, str(world.include))
    return Asking(mounted(desk))


def told(page: str) -> str:
    return words(page).replace("\N{NO-BREAK SPACE}", " ")


def test_the_months_of_a_partner_and_its_receipt_have_each_family(pages: Asking) -> None:
    months = told(pages("partners/P1", "op").text).partition("Remarks")[2]
    assert "5 % dedicated 0 % vps 3 %" in months
    assert "10 % dedicated 0 % vps 7 %" in months
    assert "Monthly discount 10 % dedicated 0 % vps 7 %" in told(pages("receipts/2015-06/P1", "op").text)


def test_changes_of_a_month_have_each_family_before_and_now(pages: Asking) -> None:
    said = told(pages("months/2015-07/changes", "op").text)
    assert "10 % → 5 % dedicated 0 % vps 7 % to 3 %" in said


def test_a_grant_names_each_family_of_the_rate_now_and_of_each_tier(pages: Asking) -> None:
    said = told(pages("grants/new/P1", "op").text)
    assert "today Tier 1, 5 % monthly (dedicated 0 %, vps 3 %)" in said
    assert "Tier 2: 10 % monthly (dedicated 0 %, vps 7 %), from 1,000.00" in said
    assert "set-up" not in said


def test_a_partner_is_shown_with_the_discount_of_each_family(
    tmp_path: Path, desk: Any, shown: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_of(tmp_path, programme())
    world.ready("2015-06")
    world.settle("2015-06", on="2015-07-01")
    shown(world)
    monkeypatch.setenv(INCLUDE_VARIABLE, str(world.include))
    said = words(Asking(mounted(desk))("partners/P1", "op").text)
    assert "Monthly discount 10 % dedicated 0 % vps 7 %" in said
    assert "but on dedicated 0 %, vps 7 %" in said

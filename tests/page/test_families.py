"""A partner's page where product families have discounts of their own."""

from pathlib import Path
from typing import Any

import pytest

from partner_program.usecases.installation import INCLUDE_VARIABLE
from tests.page.asking import Asking, mounted
from tests.page.test_other_programmes import words
from tests.usecases.month.test_families import programme, world_of


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

"""A partner's contracts that end: asked from its entities now, each of which may stay silent."""

from pathlib import Path
from typing import Any

import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.page import entities
from partner_program.page.words import NOTHING
from partner_program.usecases.desk import contracts as desk_contracts
from tests.page.asking import Asking
from tests.page.test_pages import words_of
from tests.silent_servers import listening, say_nothing
from tests.usecases.three_partners import june_in_force
from tests.worlds import World

YEAR = {"service_start": "2015-01-01", "service_end": "2016-01-01", "term_months": 12, "service_id": "S1"}
DECEMBER = "contracts/P3?first=2015-12&last=2015-12"


@pytest.fixture
def own(ask: Asking, shown: Any, tmp_path: Path) -> World:
    """P3 has a contract at NL and one at US that end in December; P1 has one, too."""
    assert ask  # before this, which points the pages elsewhere
    world = World(tmp_path)
    june_in_force(world)
    world.bill("A3", "2015-12", 2_400_00, **YEAR)
    world.bill("B3", "2015-12", 1_200_00, entity="US", **YEAR)
    world.bill("A1", "2015-12", 9_600_00, **YEAR)
    shown(world)
    return world


@pytest.mark.usefixtures("own")
def test_the_contracts_of_one_partner_stand_with_what_a_shorter_term_costs(ask: Asking) -> None:
    answer = ask(DECEMBER)
    said = words_of(answer.text)
    assert "2 contracts" in said
    assert "31 December 2015 NL A3" in said
    # 2,400.00 for 12 months. Tier 3 takes 10 points off; going on for 1, 3 or 6 months adds 10, 7.5 or 5, and paying
    # for them in advance takes 0, 2.5 or 5 off.
    assert f"200.00 EUR {NOTHING} 100 % 95 % 90 %" in said
    assert "31 December 2015 US B3" in said
    assert "100.00 USD" in said
    assert "800.00" not in said  # P1's
    assert "on=2016-01-01" in answer.text
    assert "shortened_from=12" in answer.text
    assert "No contract of this partner ends" in words_of(ask("contracts/P3?first=2015-11&last=2015-11").text)


def test_an_account_that_went_to_another_partner_shows_that_partner_its_contract(ask: Asking, own: World) -> None:
    link = next(each for each in own.tables["account_links"] if each["account_id"] == "A3")
    link["valid_to"] = "2015-11-01"
    own.tables["account_links"].append({**link, "partner_id": "P1", "valid_from": "2015-11-01", "valid_to": ""})
    own.load()
    assert "US B3" in words_of(ask(DECEMBER).text)
    assert "A3" not in words_of(ask(DECEMBER).text)
    assert "200.00 EUR" in words_of(ask("contracts/P1?first=2015-12&last=2015-12").text)


def test_an_entity_that_does_not_answer_in_time_is_named_and_the_other_is_listed(
    ask: Asking, own: World, shown: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_contracts, "LONGEST_SECONDS", 1)
    with listening(say_nothing) as port:
        own.connections["billing_us"] = ConnectionFields(
            "billing_us", "postgres", "127.0.0.1", port, "someone", "secret", "billing"
        )
        shown(own)
        said = words_of(ask(DECEMBER).text)
    assert "US did not answer: what ends there is not known. no answer within 1 second" in said
    assert "1 contract " in said
    assert "secret" not in said


@pytest.mark.usefixtures("own")
def test_who_comes_while_others_have_every_turn_is_told_to_try_again(ask: Asking) -> None:
    turns = [entities.a_turn() for _ in range(entities.MOST_AT_ONCE)]
    for each in turns:
        each.__enter__()
    answer = ask(DECEMBER)
    assert answer.status_code == 503
    assert "Try again in a minute" in words_of(answer.text)
    assert ask("receipts/2015-06/P3?lines=yes").status_code == 503
    assert ask("receipts/2015-06/P3").status_code == 200
    turns.pop().__exit__(None, None, None)
    assert ask(DECEMBER).status_code == 200
    for each in turns:
        each.__exit__(None, None, None)


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("contracts/P9", 404),
        ("contracts/P3?first=2015-13", 422),
        ("contracts/P3?first=2015-12&last=2015-11", 409),
        ("contracts/P3?first=2015-01&last=2016-01", 409),
        ("contracts/P3?first=2015-01&last=2015-12", 200),
        ("contracts/P3", 200),
    ],
)
def test_months_that_cannot_be_asked_for_are_refused(ask: Asking, asked: str, status: int) -> None:
    assert ask(asked).status_code == status

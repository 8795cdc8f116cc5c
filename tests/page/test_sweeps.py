"""Many drafts on a page: a form, one process apart, the command's rows, and the chosen one as a file that loads."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from partner_program.adapters.files.program import load_program
from partner_program.cli.commands import program as command
from partner_program.usecases.installation import PROJECT
from tests.page.asking import Asking
from tests.page.small_world import JULY, JUNE, small_world
from tests.page.test_benefits import hidden
from tests.page.test_pages import words_of
from tests.page.test_what_if import address_of, finished
from tests.worlds import World

WHERE = "programme/sweep"
MONTHS = {"first": str(JUNE), "last": str(JULY)}
# Tier 2 from 1,900.00 to 2,100.00 in steps of 100.00, with 8 and 9 %: six drafts.
SIX = {
    **{"cell_1": "2.from_mrr_cents", "low_1": "1900", "high_1": "2100.00", "step_1": "100"},
    **{"cell_2": "2.monthly_fee_discount_bp", "low_2": "8", "high_2": "9", "step_2": "1"},
}
VARIED = "--vary tiers.2.from_mrr_cents=190000..210000/10000 --vary tiers.2.monthly_fee_discount_bp=800..900/100"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return small_world(World(tmp_path_factory.mktemp("sweeps")))


@pytest.fixture
def desk_of(ask: Asking, shown: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """The pages over a world of its own; what a test starts apart finds the tests too."""
    shown(world)
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    return ask


def test_the_drafts_are_the_commands_and_the_chosen_one_becomes_a_file_that_loads(
    desk_of: Asking, world: World, tmp_path: Path
) -> None:
    before = world.fingerprint()
    address = address_of(desk_of.post(WHERE, "user", **SIX, **MONTHS, held_out="1"))
    page = finished(desk_of, address)
    said = words_of(page.text)
    assert f"partner-program simulate --from {JUNE} --to {JULY} --held-out 1 {VARIED}" in said
    words = ["simulate", "--from", str(JUNE), "--to", str(JULY), "--held-out", "1", *VARIED.split()]
    answer = CliRunner(env=world.environment()).invoke(command, [*words, "--format", "csv"])
    rows = list(csv.DictReader(io.StringIO(answer.output)))
    assert list(csv.DictReader(io.StringIO(desk_of(f"{address}/drafts.csv").text))) == rows
    assert len(rows) == 6
    assert page.text.count('<span class="state good">front</span>') == sum(row["front"] == "yes" for row in rows) > 0
    told = json.loads(CliRunner(env=world.environment()).invoke(command, [*words, "--format", "json"]).output)
    assert told["said"][-1].startswith("Held out: the last month, which judges")
    assert "Held out: the last month, which judges" in said
    assert world.fingerprint() == before

    # Draft 2 is Tier 2 from 1,900.00 with 9 %: in June, P1's 2,000.00 get 1 % more (20.00), P2's 4,900.00 too (49.00).
    chosen = next(row for row in rows if row["draft"] == "2")
    assert (chosen["words"], chosen["difference_cents"]) == ("tier 2 from 1,900.00, monthly 9 %", "6900")
    link = re.search(r'href="[^"]*/(programme/what-if\?sweep=\w+&amp;number=2)"', desk_of(address, "user").text)
    assert link is not None
    form = desk_of(link[1].replace("&amp;", "&"), "user").text
    assert 'value="1900.00"' in form
    typed = dict(re.findall(r'<input id="(\w+)"[^>]* value="([^"]*)"', form))
    draft = address_of(desk_of.post("programme/what-if", "user", **typed, **MONTHS))
    assert "Winners" in words_of(finished(desk_of, draft).text)
    file = tmp_path / f"{typed['day']}.yaml"
    file.write_bytes(desk_of(f"{draft}/draft.yaml").content)
    tier = load_program(file).tier_row(2)
    assert tier is not None
    assert (tier.from_mrr_cents, tier.monthly_fee_discount_bp) == (1_900_00, 900)

    again = desk_of(WHERE, "user", params={"like": address.rpartition("/")[2]}).text
    assert '<option value="2.from_mrr_cents" selected>' in again
    assert 'value="2100.00"' in again


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"cell_1": ""}, "Choose what to vary."),
        ({"low_1": "2200"}, "Line 1: expected a first value up to the last one, and a step above 0"),
        ({"step_1": "0"}, "Line 1: expected a first value up to the last one, and a step above 0"),
        ({"step_1": "0.01"}, "Line 1: expected at most 5,000 values"),
        ({"low_1": "1e3"}, "amount '1e3': expected euros"),
        ({"high_1": ""}, "Line 1: nothing is given, expected the last value"),
        ({"cell_2": "2.from_mrr_cents", "low_2": "1", "high_2": "2", "step_2": "1"}, "it is there twice"),
        ({"cell_1": "9.from_mrr_cents"}, "sweep of tier 9: the programme has tiers 1 to 6"),
        ({"low_1": "1", "high_1": "400"}, "every draft is left out"),
        ({"first": "2015-07", "last": "2015-06"}, "July 2015, expected the same month or a later one"),
        ({"held_out": "2"}, "2 months held out of 2"),
        ({"held_out": "-1"}, "'-1': expected a number of months"),
        ({"first": "never"}, "billing month 'never'"),
    ],
)
def test_what_cannot_be_compared_is_said_and_what_was_typed_is_kept(
    desk_of: Asking, typed: dict[str, str], words: str
) -> None:
    one = {name: value for name, value in SIX.items() if name.endswith("_1")}
    answer = desk_of.post(WHERE, "user", **{**one, **MONTHS, **typed})
    assert answer.status_code == 422
    assert words in words_of(answer.text)
    for name in ("low_1", "high_1", "step_1"):
        assert f'value="{ {**one, **typed}[name] }"' in answer.text


def test_who_may_only_look_is_told_who_could(desk_of: Asking) -> None:
    assert "Who could" in words_of(desk_of(WHERE, "viewer").text)
    assert desk_of.post(WHERE, "viewer", **SIX, **MONTHS).status_code == 403
    assert desk_of.post(f"{WHERE}/{'0' * 32}", "viewer").status_code == 403
    assert hidden(desk_of(WHERE, "viewer").text) == {}


@pytest.mark.parametrize("key", ["0" * 32, "nothing", "A" * 32])
def test_there_is_no_page_for_what_is_not_kept(desk_of: Asking, key: str) -> None:
    assert desk_of(f"{WHERE}/{key}").status_code == 404
    assert desk_of(f"{WHERE}/{key}/drafts.csv").status_code == 404
    assert desk_of(f"programme/what-if?sweep={key}&number=1").status_code == 404
    assert desk_of.post(f"{WHERE}/{key}", "user").status_code == 404


def test_a_comparison_is_no_draft_and_a_number_that_is_none_is_refused(desk_of: Asking) -> None:
    address = address_of(desk_of.post(WHERE, "user", **SIX, **MONTHS))
    finished(desk_of, address)
    key = address.rpartition("/")[2]
    assert desk_of(f"programme/what-if/{key}").status_code == 404
    answer = desk_of(f"programme/what-if?sweep={key}&number=7", "user")
    assert "there is no draft 7: they are 1 to 6" in words_of(answer.text)
    assert answer.status_code < 500

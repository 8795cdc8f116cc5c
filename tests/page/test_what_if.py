"""What-if on a page: a draft from a form, tried by one process apart, told in the command's figures."""

import csv
import io
import os
import re
import signal
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from partner_program.adapters.files.program import load_program
from partner_program.adapters.process_apart import start_apart, who_works
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program_change import ProgramChange, TierTerms
from partner_program.usecases.desk import what_if
from partner_program.usecases.desk.apart import State, write_state
from partner_program.usecases.installation import PROJECT
from tests.page.asking import Asking
from tests.page.small_world import JULY, JUNE, NAME_WITH_MARKUP, small_world
from tests.page.test_hostile_names import Elements
from tests.page.test_pages import words_of
from tests.worlds import World

TERMS = (
    (500_00, 500, 1000),
    (2_000_00, 800, 2000),
    (5_000_00, 1000, 3500),
    (10_000_00, 1500, 5000),
    (20_000_00, 2000, 7500),
    (40_000_00, 2500, 10_000),
)
DAY = date.today() + timedelta(days=40)  # noqa: DTZ011 - any day to come
WHERE = "programme/what-if"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return small_world(World(tmp_path_factory.mktemp("what_if")))


@pytest.fixture
def desk_of(ask: Asking, shown: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """The pages over a world of its own, where drafts are kept; what a test starts apart finds the tests too."""
    shown(world)
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    return ask


def form(**typed: str) -> dict[str, str]:
    """The form as it comes, with some fields typed over."""
    cells: dict[str, str] = {}
    for tier, (threshold, monthly, setup) in enumerate(TERMS, start=1):
        cells |= {f"from_{tier}": f"{threshold // 100}.{threshold % 100:02}", f"monthly_{tier}": str(monthly // 100)}
        cells |= {f"setup_{tier}": str(setup // 100)}
    return cells | {"cap": "25", "day": str(DAY), "first": str(JUNE), "last": str(JULY)} | typed


def finished(ask: Asking, address: str) -> Any:
    """The page of a draft once nothing is being calculated any more."""
    for _ in range(300):
        answer = ask(address)
        if "data-again" not in answer.text:
            return answer
        time.sleep(0.1)
    raise AssertionError(words_of(answer.text))


def address_of(answer: Any) -> str:
    assert answer.status_code == 303, words_of(answer.text)
    return str(answer.headers["location"]).removeprefix("/partner-programme/")


def test_a_changed_threshold_shows_winners_and_losers_as_the_command_does(desk_of: Asking, world: World) -> None:
    before = world.rows("SELECT * FROM settlement"), world.rows("SELECT * FROM assessment")
    files = sorted(path.name for path in (world.installation.include / "program").iterdir())
    typed = form(from_2="1900.00", monthly_2="9", from_3="5100.01")
    address = address_of(desk_of.post(WHERE, "user", **typed))
    answer = finished(desk_of, address)
    said = words_of(answer.text)
    # P1 stays in Tier 2 in July, with 9 % of 1,999.99 for 5 % (80.00), and has 1 % more in June (20.00).
    # P2 has 1 % more of 4,900.00 in June and, in Tier 2, 1 % less of 5,100.00 in July.
    assert "Winners 1 +100.00 EUR Losers 1 \N{MINUS SIGN}2.00 EUR Together +98.00 EUR over 2 months" in said
    assert "Deich & <b>Söhne</b> P1" in said
    assert "Tier 3 → Tier 2" in said
    assert "no forecast" in said

    name = re.search(r'filename="([^"]*)"', (file := desk_of(f"{address}/draft.yaml")).headers["content-disposition"])
    assert name is not None
    assert name[1] == f"{DAY}.yaml"
    kept = world.folder / name[1]
    kept.write_bytes(file.content)
    program = load_program(kept)
    assert program.in_force_from == DAY
    assert [row.from_mrr_cents for row in program.tiers][:3] == [500_00, 1900_00, 5100_01]
    assert "Draft: threshold 2,000.00 to 1,900.00 EUR, monthly fee 8 % to 9 %" in file.text
    assert 'source: "Tier 1 500-1,999 5% 10%' in file.text

    from partner_program.cli.commands import program as command

    asked = ["simulate", "--program", str(kept), "--from", str(JUNE), "--to", str(JULY)]
    text = CliRunner(env=world.environment()).invoke(command, asked).output
    weighed = re.findall(r"counted MRR times the difference: (\S+) EUR", text)
    assert len(weighed) == 2
    for amount in weighed:
        assert amount.replace("-", "\N{MINUS SIGN}") in said
    differing = CliRunner(env=world.environment()).invoke(command, [*asked, "--format", "csv"]).output
    rows = desk_of(f"{address}/differing.csv")
    assert rows.headers["content-type"].startswith("text/csv")
    assert list(csv.reader(io.StringIO(rows.text))) == list(csv.reader(io.StringIO(differing)))

    assert (world.rows("SELECT * FROM settlement"), world.rows("SELECT * FROM assessment")) == before
    assert sorted(path.name for path in (world.installation.include / "program").iterdir()) == files
    assert {path.stat().st_mode & 0o077 for path in (world.installation.out / "what_if").rglob("*")} == {0}

    form_again = desk_of(WHERE, "user", params={"draft": address.rpartition("/")[2]}).text
    assert 'value="1900.00"' in form_again
    assert 'value="2000.00"' not in form_again


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"from_2": "400"}, "Tier 2, threshold: 400.00 is not above the tier before, expected more than 500.00"),
        ({"from_3": "5e3"}, "Tier 3, threshold: amount '5e3': expected euros with at most two decimals, as in 1999.99"),
        ({"from_3": "5,000.00"}, "Tier 3, threshold: amount '5,000.00': expected euros"),
        ({"from_3": "5000.005"}, "Tier 3, threshold: amount '5000.005': expected euros"),
        ({"from_2": "0"}, "Tier 2, threshold: 0.00 is not above the tier before, expected more than 500.00"),
        ({"setup_6": "101"}, "Tier 6, set-up fee: 101 % is not allowed, expected from 0 % to 100 %"),
        (
            {"monthly_6": "26"},
            "Tier 6, monthly fee: 26 % is not allowed, expected from 0 % to 25 %, the cap of promotions",
        ),
        ({"monthly_3": "7"}, "Tier 3, monthly fee: is less than in the tier before, expected 8 % or more"),
        ({"monthly_3": "0.5"}, "Tier 3, monthly fee: 0.5 % is below 1 %, expected 0 % or 1 % to 25 %"),
        ({"monthly_3": "1e1"}, "Tier 3, monthly fee: percentage '1e1': expected a number with at most two decimals"),
        ({"setup_1": ""}, "Tier 1, set-up fee: nothing is given"),
        ({"cap": "200"}, "expected from 0 % to 100 %"),
        ({"day": "2015-07-27"}, "2015-07-27 is too early"),
        ({"day": "tomorrow"}, "'tomorrow' is not a date"),
        ({"first": "2015-07", "last": "2015-06"}, "June 2015 is before July 2015"),
        ({"first": "never"}, "billing month 'never'"),
        ({}, "Nothing is changed"),
    ],
)
def test_what_the_strict_reader_refuses_is_said_in_the_forms_words_and_what_was_typed_is_kept(
    desk_of: Asking, typed: dict[str, str], words: str
) -> None:
    other = {} if not typed else {"monthly_4": "16"}
    answer = desk_of.post(WHERE, "user", **form(**other, **typed))
    assert answer.status_code == 422
    assert words in words_of(answer.text)
    for name, value in {**other, **typed}.items():
        if name not in ("first", "last"):
            assert f'value="{value}"' in answer.text


def test_every_fault_is_told_at_once(desk_of: Asking) -> None:
    said = words_of(desk_of.post(WHERE, "user", **form(from_2="1", setup_3="300", monthly_5="1")).text)
    assert "Tier 2, threshold" in said
    assert "Tier 3, set-up fee" in said
    assert "Tier 5, monthly fee" in said


def test_something_odd_in_the_form_stays_text(desk_of: Asking) -> None:
    calm, odd = (
        desk_of.post(WHERE, "user", **form(from_2=typed, day=typed, first=typed))
        for typed in ("zzz", '"><script>alert(1)</script>{{ 7*7 }}')
    )
    assert odd.status_code == 422
    assert Elements(odd.text).found == Elements(calm.text).found


def test_who_may_only_look_is_told_who_could(desk_of: Asking) -> None:
    assert "Who could" in words_of(desk_of(WHERE, "viewer").text)
    assert "<button" not in desk_of(WHERE, "viewer").text
    answer = desk_of.post(WHERE, "viewer", **form(from_2="1950"))
    assert answer.status_code == 403
    assert "Who could" in words_of(answer.text)
    assert desk_of.post(f"{WHERE}/{'0' * 32}", "viewer").status_code == 403


@pytest.mark.parametrize("key", ["0" * 32, "nothing", "..%2f..%2fx", "A" * 32])
def test_there_is_no_page_for_a_draft_that_is_not_kept(desk_of: Asking, key: str) -> None:
    for path in (key, f"{key}/draft.yaml", f"{key}/differing.csv"):
        assert desk_of(f"{WHERE}/{path}").status_code == 404
    assert desk_of.post(f"{WHERE}/{key}", "user").status_code == 404


def asleep(ready: Path) -> None:
    """Work until somebody ends it."""
    ready.write_text(str(os.getpid()))
    time.sleep(60)


@pytest.fixture
def working(desk_of: Asking, world: World) -> Any:
    """Another draft that is being calculated, until the test ends it."""
    other = drafted(world, 700_00)
    what_if.ask(world.installation, other, by="lee")
    finished(desk_of, f"{WHERE}/{other.key}")
    folder = world.installation.out / what_if.FOLDER
    ready = world.folder / "ready"
    ready.unlink(missing_ok=True)

    def begin() -> None:
        write_state(folder / other.key, State("working", "lee", int(time.time())))

    assert start_apart(folder / "working", other.key, begin, asleep, ready, seconds=60)
    for _ in range(1200):
        if ready.exists() and ready.read_text():
            break
        time.sleep(0.05)
    ended = False

    def end() -> None:
        nonlocal ended
        if not ended:
            ended = True
            os.kill(int(ready.read_text()), signal.SIGKILL)
            for _ in range(200):
                if who_works(folder / "working") is None:
                    break
                time.sleep(0.05)

    yield other.key, end
    end()


def drafted(world: World, first_threshold: int) -> what_if.Draft:
    """A draft with another first threshold."""
    tiers = tuple(TierTerms(*each) for each in ((first_threshold, *TERMS[0][1:]), *TERMS[1:]))
    return what_if.make_draft(world.installation, ProgramChange(DAY, 2500, tiers), JUNE, BillingMonth(2015, 7))


def test_a_second_one_at_once_waits_until_a_person_starts_it(desk_of: Asking, working: Any) -> None:
    other, end = working
    mine = address_of(desk_of.post(WHERE, "user", **form(from_1="800")))
    said = words_of(desk_of(mine).text)
    assert "Another one is being done, begun by lee" in said
    assert "wait until it has ended" in said
    assert desk_of.post(mine, "user").status_code == 303
    assert "not calculated yet" in words_of(desk_of(mine).text)
    end()
    assert "Start it" in words_of(desk_of(mine, "user").text)
    assert desk_of.post(mine, "user").status_code == 303
    assert "Losers" in words_of(finished(desk_of, mine).text)
    assert "ended from outside" in words_of(desk_of(f"{WHERE}/{other}").text)


def test_one_whose_process_was_killed_is_told_as_such_and_started_again(desk_of: Asking, working: Any) -> None:
    key, end = working
    address = f"{WHERE}/{key}"
    assert "It is being calculated" in words_of(desk_of(address).text)
    assert address_of(desk_of.post(address, "user")) == address
    end()
    assert "The calculation was ended from outside before it was done" in words_of(desk_of(address).text)
    assert "Who could" in words_of(desk_of(address, "viewer").text)
    assert desk_of.post(address, "user").status_code == 303
    assert "Winners" in words_of(finished(desk_of, address).text)


@pytest.mark.processes
def test_the_system_ends_one_whose_time_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    lock = tmp_path / "working"
    assert start_apart(lock, "slow", lambda: None, asleep, tmp_path / "ready", seconds=5)
    assert who_works(lock) == "slow"
    assert not start_apart(lock, "second", lambda: None, asleep, tmp_path / "ready", seconds=5)
    for _ in range(100):
        if who_works(lock) is None:
            break
        time.sleep(0.1)
    assert who_works(lock) is None


def test_old_drafts_are_cleared_when_another_one_is_calculated(desk_of: Asking, world: World) -> None:
    old, new = drafted(world, 900_00), drafted(world, 950_00)
    what_if.ask(world.installation, old, by="lee")
    finished(desk_of, f"{WHERE}/{old.key}")
    folder = world.installation.out / what_if.FOLDER / old.key
    days_ago = time.time() - 8 * 86_400
    os.utime(folder, (days_ago, days_ago))
    what_if.ask(world.installation, new, by="lee")
    assert not folder.exists()
    assert desk_of(f"{WHERE}/{old.key}").status_code == 404
    finished(desk_of, f"{WHERE}/{new.key}")


def test_an_installation_without_a_settled_month_says_so(ask: Asking, shown: Any, tmp_path: Path) -> None:
    world = World(tmp_path)
    world.partner("P1", {"NL": "A1"}, company_name=NAME_WITH_MARKUP)
    world.ready("2015-06")
    shown(world)
    assert "No month is settled yet" in words_of(ask(WHERE, "user").text)
    answer = ask.post(WHERE, "user", **form(from_1="600"))
    assert answer.status_code in (303, 422)

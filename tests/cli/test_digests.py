"""`reminders send`, `list` and `resolve`: what they print, and their exit status."""

import json
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.conftest import command_line, moved
from tests.usecases.digest_world import DigestWorld, digest_world
from tests.worlds import World

SEND = ("reminders", "send", "--on", "2015-08-31", "--by", "kim")
LIVE = {"conn_type": "smtp", "host": "127.0.0.1", "port": 9}  # nothing listens there


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    return digest_world(tmp_path_factory.mktemp("digests")).world


@pytest.fixture
def digests(made: World, tmp_path: Path) -> DigestWorld:
    return DigestWorld(moved(made, tmp_path))


def live_to(run: CommandLine, domain: str) -> CommandLine:
    """The command line of an installation that really sends, to one domain alone."""
    fields = {**LIVE, "extra": {"live": True, "allowed_domains": [domain]}}
    return CommandLine({**run.environment, "AIRFLOW_CONN_LETTERS_SMTP": json.dumps(fields)})


def test_it_says_how_many_went_and_nothing_new_the_second_time(digests: DigestWorld) -> None:
    run = command_line(digests.world)
    assert run.must(*SEND).stdout == "week of 2015-08-31: 2 accepted\n"
    assert run.must(*SEND).stdout == "week of 2015-08-31: nothing new\n"
    table = run.must("reminders", "list").stdout
    assert [word in table for word in ("M1", "accepted", "M3", "empty", "2015-08-31")] == [True] * 5
    listed = run.must("reminders", "list", "--format", "json").json
    assert [(each["week_of"], each["account_manager_id"], each["reminders"]) for each in listed] == [
        ("2015-08-31", "M1", 3),
        ("2015-08-31", "M2", 1),
        ("2015-08-31", "M3", 0),
    ]


def test_a_manager_whose_digest_cannot_go_is_named_and_the_status_says_so(digests: DigestWorld) -> None:
    run = live_to(command_line(digests.world), "elsewhere.example")
    for _ in range(2):
        refused = run(*SEND)
        assert (refused.status, refused.stdout) == (1, "week of 2015-08-31: 2 undeliverable\n")
        assert "M1: undeliverable: the domain is not one of allowed_domains\nM2: undeliverable" in refused.stderr


def test_an_entity_that_cannot_be_read_is_named_and_all_others_are_told(digests: DigestWorld) -> None:
    digests.world.billing_db("US").unlink()
    answer = command_line(digests.world)(*SEND)
    assert (answer.status, answer.stdout) == (1, "week of 2015-08-31: 1 accepted\n")
    assert "not read: US: billing database not readable" in answer.stderr


def test_a_server_that_is_away_leaves_all_as_it_was_to_be_sent_later(digests: DigestWorld) -> None:
    run = command_line(digests.world)
    away = live_to(run, "host.example")(*SEND)
    assert away.status == 1
    assert "mail server 127.0.0.1:9: not reachable" in away.stderr
    assert run.must(*SEND).stdout == "week of 2015-08-31: 2 accepted\n"


def test_a_person_resolves_one_by_any_day_of_its_week(digests: DigestWorld) -> None:
    run = command_line(digests.world)
    run.must(*SEND)
    resolve = ("reminders", "resolve", "2015-09-06", "M1", "--by", "robin", "--reason", "came back")
    neither = run(*resolve)
    assert (neither.status, "one of --accepted and --not-sent is needed" in neither.stderr) == (2, True)
    assert "for M1 is accepted: nothing to resolve so" in run(*resolve, "--accepted").stderr
    assert run.must(*resolve, "--not-sent").stdout == (
        "digest of the week of 2015-08-31 for M1: resolved by robin; now: partner-program reminders send\n"
    )
    assert run.must(*SEND).stdout == "week of 2015-08-31: 1 accepted\n"
    acts = run.must("acts", "2015-09-03", "--format", "json").json
    assert [(each["done_by"], each["kind"]) for each in acts] == [
        ("kim", "digests sent"),
        ("robin", "digest never came"),
        ("kim", "digests sent"),
        ("kim", "digests approved without a person"),
    ]
    run.must("reminders", "send", "--on", "2015-09-07")
    late = run.must(*resolve, "--not-sent").stdout
    assert late.endswith("its week is over: the next digest tells again what had ended\n")


@pytest.mark.parametrize("day", ["2999-01-01", "soon"])
def test_a_day_that_cannot_be_is_refused(digests: DigestWorld, day: str) -> None:
    refused = command_line(digests.world)("reminders", "send", "--on", day)
    assert (refused.status > 0, refused.stdout) == (True, "")
    assert day in refused.stderr

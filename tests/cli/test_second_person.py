"""Whoever runs a month on the command line is on record, and does not approve its letters (rules 12 and 13)."""

import json

import pytest

from tests.cli.conftest import command_line, moved

JUNE = "2015-06"
WHY = ("--reason", "looked at it")


@pytest.fixture
def waiting(fresh_world, tmp_path):
    """The world after pat ran its first month; its letters wait."""
    world = moved(fresh_world, tmp_path)
    here = command_line(world)
    here.must("run", JUNE, "--effective-on", "2015-07-27", "--migration", "--by", "pat")
    return world, here


def runs(world):
    return world.rows("SELECT subject, done_by, detail FROM act WHERE kind = 'month run' ORDER BY act_id")


def test_who_ran_a_month_is_on_record_once_with_what_was_decided(waiting):
    world, here = waiting
    ((month, who, detail),) = runs(world)
    assert (month, who) == (JUNE, "pat")
    assert json.loads(detail)["revision"] == 1
    assert json.loads(detail)["decision_hash"] == world.rows("SELECT decision_hash FROM settlement")[0][0]

    before = world.fingerprint()
    here.must("run", JUNE, "--effective-on", "2015-07-27", "--migration", "--by", "robin")
    assert world.fingerprint() == before, "a run that changes nothing is no act"


def test_without_a_name_it_is_the_user_logged_in(fresh_world, tmp_path, monkeypatch):
    monkeypatch.setenv("LOGNAME", "kim")
    world = moved(fresh_world, tmp_path)
    command_line(world).must("run", JUNE, "--effective-on", "2015-07-27")
    assert [who for _, who, _ in runs(world)] == ["kim"]


@pytest.mark.parametrize("name", ["pat", "PAT", " pat "])
def test_who_ran_the_month_may_not_approve_its_letters(waiting, name):
    _, here = waiting
    answer = here("letters", "approve", JUNE, "--by", name, *WHY)
    assert answer.status == 1
    assert f"{name.strip()} ran 2015-06: somebody else has to approve its letters" in answer.stderr
    assert "--alone" in answer.stderr


def test_somebody_else_may(waiting):
    _, here = waiting
    assert "approved by robin" in here.must("letters", "approve", JUNE, "--by", "robin", *WHY).stdout


def test_who_ran_it_later_may_not_either(waiting):
    world, here = waiting
    world.bill("A1", JUNE, 100_00)
    world.close(JUNE)
    here.must("run", JUNE, "--effective-on", "2015-07-27", "--by", "robin")
    assert [who for _, who, _ in runs(world)] == ["pat", "robin"]
    assert here("letters", "approve", JUNE, "--by", "robin", *WHY).status == 1
    assert here("letters", "approve", JUNE, "--by", "kim", *WHY).status == 0


def test_one_person_alone_may_look_at_letters_that_are_written_to_files_on_record(waiting):
    world, here = waiting
    here.must("letters", "approve", JUNE, "--by", "pat", "--alone", *WHY)
    ((detail,),) = world.rows("SELECT detail FROM letter_action WHERE action = 'approve'")
    assert json.loads(detail)["alone"] is True


def test_nobody_sends_really_alone(waiting):
    _, here = waiting
    live = {"conn_type": "smtp", "host": "127.0.0.1", "extra": {"live": True, "allowed_domains": ["*"]}}
    sending = here.but(AIRFLOW_CONN_LETTERS_SMTP=json.dumps(live))
    answer = sending("letters", "approve", JUNE, "--by", "pat", "--alone", *WHY)
    assert answer.status == 1
    assert "letters that are really sent need a second person" in answer.stderr

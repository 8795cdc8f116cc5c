"""Disputes about a month's result: opened, due, answered once, listed by partner manager; no result changes."""

import csv
import io
import json
from datetime import date

import pytest

from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import Dispute
from partner_program.domain.refusals import Refusal
from partner_program.usecases.disputes import (
    answer_dispute,
    disputes_file,
    list_disputes,
    open_dispute,
    withdraw_dispute,
)
from tests.cli.conftest import command_line
from tests.usecases.dying import ended, start
from tests.usecases.three_partners import JUNE, june_in_force
from tests.worlds import World

OPENED, BY = date(2015, 8, 1), Doer("pat", "an invoice is missing", 1_438_400_000)
ANSWER = Doer("kim", "it is of July", 1_438_900_000)


@pytest.fixture
def settled(world: World) -> World:
    return june_in_force(world)


def opened(world: World, partner_id: str = "P1", about_id: str = "A1") -> Dispute:
    month = BillingMonth.parse(JUNE)
    return open_dispute(world.installation, partner_id, month, about="account", about_id=about_id, by=BY, today=OPENED)


def test_a_dispute_is_due_thirty_days_later_and_overdue_the_day_after(settled: World) -> None:
    assert opened(settled).due_on == date(2015, 8, 31)
    states = {day: list_disputes(settled.installation, on=day)[0] for day in (date(2015, 8, 31), date(2015, 9, 1))}
    assert [(each.state, each.days_left) for each in states.values()] == [("open", 0), ("overdue", -1)]


def test_it_is_answered_once_with_a_reason_and_each_step_is_an_act_of_the_month_and_the_partner(settled: World) -> None:
    before = settled.register(JUNE)
    answer_dispute(settled.installation, opened(settled).dispute_id, by=ANSWER, today=date(2015, 8, 7))
    with pytest.raises(Refusal, match="dispute D1 was answered on 2015-08-07 by kim: open another one"):
        withdraw_dispute(settled.installation, "D1", by=BY, today=date(2015, 8, 8))
    assert settled.register(JUNE) == before
    assert list_disputes(settled.installation, on=OPENED) == []
    (row,) = list_disputes(settled.installation, on=OPENED, closed=True)
    assert (row.state, row.answer, row.ended_by, row.days_left) == ("answered", "it is of July", "kim", None)
    acts = settled.rows("SELECT kind, subject, billing_month, partner_id, done_by FROM act WHERE kind LIKE 'dispute %'")
    about = ("D1", JUNE, "P1")
    assert acts == [("dispute opened", *about, "pat"), ("dispute answered", *about, "kim")]


def test_the_same_is_not_disputed_twice_at_once_but_again_after_an_answer(settled: World) -> None:
    opened(settled)
    with pytest.raises(Refusal, match="account A1 of P1 in 2015-06 is disputed already: D1"):
        opened(settled)
    assert opened(settled, about_id="A-THAT-WAS-NEVER-COUNTED").dispute_id == "D2"
    withdraw_dispute(settled.installation, "D1", by=BY, today=OPENED)
    assert opened(settled).dispute_id == "D3"


def test_what_cannot_be_disputed_is_refused(settled: World) -> None:
    with pytest.raises(Refusal, match="partner P9 is not in the registry"):
        opened(settled, "P9")
    month = BillingMonth.parse("2015-07")
    with pytest.raises(Refusal, match="month 2015-07 is not assessed"):
        open_dispute(settled.installation, "P1", month, about="line", about_id="L1", by=BY, today=OPENED)
    settled.partner("P8", {}, status="applied", authorized_on="")
    settled.load()
    with pytest.raises(Refusal, match="partner P8 is not in the register of 2015-06: there is no result to dispute"):
        opened(settled, "P8")
    with pytest.raises(Refusal, match="there is no dispute D7"):
        answer_dispute(settled.installation, "D7", by=ANSWER, today=OPENED)
    assert settled.rows("SELECT count(*) FROM dispute") == [(0,)]


def test_the_list_is_by_manager_and_day_and_says_what_is_due(settled: World) -> None:
    settled.tables["account_managers"].append({"account_manager_id": "M0", "name": "Jo", "email": "jo@host.example"})
    settled.tables["account_managers"][-1]["phone"] = "+31 20 2"
    settled.tables["partners"][2]["account_manager_id"] = "M0"
    settled.load()
    for partner_id, account in (("P1", "A1"), ("P3", "A3"), ("P2", "B2")):
        opened(settled, partner_id, account)
    rows = list_disputes(settled.installation, on=date(2015, 8, 20))
    assert [(each.account_manager_id, each.dispute_id) for each in rows] == [("M0", "D2"), ("M1", "D1"), ("M1", "D3")]
    assert list_disputes(settled.installation, on=date(2015, 8, 20), due_days=10) == []
    assert len(list_disputes(settled.installation, on=date(2015, 8, 20), due_days=11)) == 3
    assert [row["dispute_id"] for row in json.loads(disputes_file(rows, "json"))] == ["D2", "D1", "D3"]
    assert [row["about_id"] for row in csv.DictReader(io.StringIO(disputes_file(rows, "csv")))] == ["A3", "A1", "B2"]


@pytest.mark.processes
def test_of_twenty_answers_at_once_one_is_kept(settled: World) -> None:
    opened(settled)
    here = settled.installation

    def answer() -> None:
        try:
            answer_dispute(here, "D1", by=ANSWER, today=OPENED)
        except Refusal as refusal:
            raise SystemExit(1) from refusal

    children = [start(answer) for _ in range(20)]
    assert sorted(ended(child) for child in children) == [0] + [1] * 19
    assert settled.rows("SELECT act FROM dispute_step ORDER BY number") == [("opened",), ("answered",)]


def test_the_commands_say_what_they_did(settled: World) -> None:
    shell = command_line(settled)
    why = ("--by", "pat", "--reason", "an invoice is missing")
    assert shell("dispute", "open", "P1", JUNE, *why).status == 2
    assert shell("dispute", "open", "P1", JUNE, "--account", "A1", "--line", "L1", *why).status == 2
    assert shell.must("dispute", "open", "P1", JUNE, "--line", "L1", *why).stdout.startswith("dispute D1: due on 20")
    (row,) = shell.must("dispute", "list", "--format", "json").json
    assert (row["about"], row["about_id"], row["opened_by"]) == ("line", "L1", "pat")
    assert "line L1" in shell.must("dispute", "list").stdout
    shell.must("dispute", "withdraw", "D1", *why)
    again = shell("dispute", "answer", "D1", *why)
    assert (again.status, again.stdout) == (1, "")

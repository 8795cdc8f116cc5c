"""Disputes about a month's result: each act one transaction on record, listed for the manager; no result changes."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import Subject, Verdict
from partner_program.domain.refusals import Refusal
from partner_program.usecases.disputes import (
    DisputeLine,
    Done,
    answer_dispute,
    disputes_file,
    list_disputes,
    open_dispute,
    part_of_disputes,
    withdraw_dispute,
)
from partner_program.usecases.explain import explain
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from tests.cli.conftest import command_line
from tests.servers import Postgres
from tests.usecases.three_partners import JUNE, june_in_force
from tests.usecases.two_at_once import in_threads, on_postgres
from tests.worlds import World

MONTH = BillingMonth.parse(JUNE)
OPENED, DUE, OVERDUE = date(2015, 8, 1), date(2015, 8, 31), date(2015, 9, 1)
A1, L1, B9 = Subject("account", "NL", "A1"), Subject("line", "NL", "L1"), Subject("missing_account", "US", "B9")


@pytest.fixture
def here(world: World) -> World:
    """P1 in Tier 2, P2 in Tier 1, P3 in Tier 3 since go-live."""
    return june_in_force(world)


def opened(
    world: World,
    subject: Subject = A1,
    partner: str = "P1",
    *,
    month: BillingMonth = MONTH,
    by: str = "pat",
    reason: str = "an invoice is missing",
    today: date = OPENED,
) -> Done:
    return open_dispute(world.installation, partner, month, subject, by=by, reason=reason, today=today)


def answered(world: World, verdict: Verdict = "accepted", reason: str = "it was void", by: str = "kim") -> Done:
    return answer_dispute(world.installation, "P1-2015-06-1", verdict, by=by, reason=reason, today=date(2015, 8, 7))


def withdrawn(world: World, dispute_id: str = "P1-2015-06-1") -> Done:
    return withdraw_dispute(world.installation, dispute_id, by="pat", reason="found it", today=date(2015, 8, 5))


def lines(world: World, on: date = DUE, **asked: object) -> list[DisputeLine]:
    return list_disputes(world.installation, on=on, **asked)  # type: ignore[arg-type] # the options of the list


def test_each_step_is_kept_with_an_act_about_the_month_and_the_partner_and_no_result_changes(here: World) -> None:
    before = here.register(JUNE)
    assert opened(here).is_new
    assert answered(here).is_new
    assert here.register(JUNE) == before
    steps = here.rows("SELECT step_no, act, done_by, done_on, reason, verdict FROM dispute_step ORDER BY step_no")
    assert steps == [
        (1, "opened", "pat", "2015-08-01", "an invoice is missing", None),
        (2, "answered", "kim", "2015-08-07", "it was void", "accepted"),
    ]
    acts = here.rows(
        "SELECT kind, subject, billing_month, partner_id, done_by, reason, detail FROM act WHERE kind LIKE 'dispute %'"
    )
    about = ("P1-2015-06-1", JUNE, "P1")
    assert [act[:6] for act in acts] == [
        ("dispute opened", *about, "pat", "an invoice is missing"),
        ("dispute answered", *about, "kim", "it was void"),
    ]
    subject = {"about": "account", "entity": "NL", "subject_id": "A1"}
    common = {"subject": subject, "revision": 1, "due_on": "2015-08-31"}
    assert [json.loads(act[6]) for act in acts] == [
        {**common, "step_no": 1, "verdict": None},
        {**common, "step_no": 2, "verdict": "accepted"},
    ]


def test_the_same_act_again_writes_no_byte(here: World) -> None:
    opened(here)
    opened(here, L1)
    answered(here)
    withdrawn(here, "P1-2015-06-2")
    opened(here, B9)
    before = here.fingerprint()
    again: list[Callable[[], Done]] = [
        lambda: opened(here, B9),
        lambda: opened(here, B9, today=date(2015, 8, 2)),
        lambda: answered(here),
        lambda: withdrawn(here, "P1-2015-06-2"),
    ]
    assert [each().is_new for each in again] == [False] * 4
    assert here.fingerprint() == before


def test_what_is_refused_writes_no_byte(here: World) -> None:
    opened(here)
    answered(here)
    opened(here, L1)
    july = BillingMonth.parse("2015-07")
    before = here.fingerprint()
    refused: list[tuple[str, Callable[[], object]]] = [
        ("partner P9 is not in the registry", lambda: opened(here, partner="P9")),
        ("month 2015-07 is not assessed", lambda: opened(here, month=july)),
        ("line NL/L1 in 2015-06 is disputed already: P1-2015-06-2 opened by pat", lambda: opened(here, L1, by="jo")),
        ("account US/B2 was never linked to partner P1", lambda: opened(here, Subject("account", "US", "B2"))),
        ("it misses .*, did you mean NL/A1?", lambda: opened(here, Subject("account", "NL", "A11"))),
        ("on 2015-06-30, so it is not missing", lambda: opened(here, replace(A1, about="missing_account"))),
        ("DE/L1: entity DE is not in", lambda: opened(here, Subject("line", "DE", "L1"))),
        ("was already answered as accepted by kim", lambda: answered(here, "rejected")),
        ("was already answered as accepted by kim", lambda: answered(here, by="jo")),
        ("cannot be withdrawn: it was answered", lambda: withdrawn(here)),
        ("there is no dispute P1-2015-06-7, did you mean P1-2015-06-", lambda: withdrawn(here, "P1-2015-06-7")),
        ("partner manager M7 is not in account_managers.csv, which has M1", lambda: lines(here, manager_id="M7")),
    ]
    for says, act in refused:
        with pytest.raises(Refusal, match=says):
            act()
    assert here.fingerprint() == before


def test_a_month_that_is_history_and_a_partner_that_is_gone_can_be_disputed(world: World) -> None:
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", JUNE, 600_00)
    world.ready(JUNE)
    world.settle(JUNE, history=True)
    world.tables["partners"][0]["status"] = "ended"
    world.tables["account_links"][0]["valid_to"] = "2015-07-01"
    world.load()
    assert opened(world).is_new


def test_an_account_that_moved_to_another_partner_may_be_missed_and_is_one_that_the_partner_had(here: World) -> None:
    here.link("P1", "NL", "OLD", until="2015-06-30")
    here.link("P2", "NL", "OLD", since="2015-06-30")
    here.load()
    assert opened(here, Subject("missing_account", "NL", "OLD")).is_new
    assert opened(here, Subject("account", "NL", "OLD")).is_new
    with pytest.raises(Refusal, match="so it is not missing"):
        opened(here, Subject("missing_account", "NL", "OLD"), "P2")


def test_what_is_overdue_comes_first_and_what_has_ended_last(here: World) -> None:
    here.tables["account_managers"].append(
        {"account_manager_id": "M0", "name": "Jo", "email": "jo@host.example", "phone": "+31 20 2"}
    )
    here.tables["partners"][2]["account_manager_id"] = "M0"
    here.load()
    opened(here, L1, "P2", today=date(2015, 8, 3))
    opened(here, today=date(2015, 8, 2))
    opened(here, Subject("line", "US", "L3"), "P3")
    answered(here)
    opened(here)
    ids = ["P1-2015-06-2", "P3-2015-06-1", "P2-2015-06-1"]
    assert [line.dispute_id for line in lines(here, OVERDUE)] == ids
    assert [line.days_left for line in lines(here, OVERDUE)] == [-1, -1, 1]
    assert [line.dispute_id for line in lines(here, OVERDUE, past=True)] == [*ids, "P1-2015-06-1"]
    assert [line.dispute_id for line in lines(here, OVERDUE, due_days=0)] == ids[:2]
    assert [line.dispute_id for line in lines(here, manager_id="M0")] == ids[1:2]
    assert lines(here, month=BillingMonth.parse("2015-07")) == []
    assert [line.dispute_id for line in lines(here, date(2015, 8, 2), past=True)] == [
        "P1-2015-06-2",
        "P3-2015-06-1",
        "P1-2015-06-1",
    ]
    assert [line.dispute_id for line in lines(here, OVERDUE, due_days=1)] == ids
    told = lines(here, OVERDUE, past=True)
    assert [each["dispute_id"] for each in json.loads(disputes_file(told, "json"))] == [*ids, "P1-2015-06-1"]
    assert [each["answer"] for each in csv.DictReader(io.StringIO(disputes_file(told, "csv")))] == [
        "",
        "",
        "",
        "it was void",
    ]


def test_the_day_on_which_an_answer_is_due_stays_when_the_programme_file_changes(here: World) -> None:
    opened(here)
    later = here.installation
    later.__dict__["programs"] = [replace(each, dispute_due_days=10) for each in later.programs]
    assert [line.due_on for line in list_disputes(later, on=DUE)] == [DUE]
    done = open_dispute(later, "P1", MONTH, L1, by="pat", reason="not mine", today=OPENED)
    assert done.dispute.due_on == date(2015, 8, 11)


def test_a_dispute_of_a_month_that_is_restated_stays_open_and_says_so(here: World) -> None:
    opened(here)
    here.bill("A1", JUNE, 5_000_00)
    here.close(JUNE, "NL")
    here.settle(JUNE, on="2015-07-27")
    assert [(line.revision, line.newest_revision) for line in lines(here)] == [(1, 1)]
    day = date(2015, 8, 20)
    accept_restatement(here.installation, MONTH, Acceptance(day, "kim", "it was right"), today=day)
    assert [(line.state, line.revision, line.newest_revision) for line in lines(here)] == [("open", 1, 2)]


def test_explain_names_the_open_disputes_of_the_month(here: World) -> None:
    opened(here)
    withdrawn(here, opened(here, L1).dispute.dispute_id)
    opened(here, B9, "P2")
    receipt = explain(here.installation, "P1", MONTH)
    assert [each.dispute_id for each in receipt.disputes] == ["P1-2015-06-1"]


def test_a_partner_that_disputed_a_month_is_not_removed(here: World) -> None:
    here.partner("P4", {}, status="applied", authorized_on="")
    here.load()
    opened(here, B9, "P4")
    here.tables["partners"].pop()
    here.tables["contacts"] = [row for row in here.tables["contacts"] if row["partner_id"] != "P4"]
    with pytest.raises(Refusal, match="this partner has disputed a month: set its status to ended"):
        here.load("partners.csv:P4")


# Two at once


@pytest.fixture(params=["sqlite", "postgres"])
def shared(request: pytest.FixtureRequest, world: World, shared_postgres: Postgres) -> Iterator[World]:
    """June settled on each database that the programme may have."""
    if request.param == "sqlite":
        yield june_in_force(world)
        return
    world.partner("P1", {"NL": "A1"})
    world.bill("A1", JUNE, 600_00)
    with on_postgres(world, shared_postgres):
        world.ready(JUNE)
        world.settle(JUNE, on="2015-07-27")
        yield world


def test_of_twenty_at_once_that_open_the_same_or_end_it_one_does(shared: World) -> None:
    same = in_threads([lambda: opened(shared)] * 20)
    assert sorted(isinstance(each, Done) and each.is_new for each in same) == [False] * 19 + [True]
    names = [f"kim{number}" for number in range(20)]
    came_to = in_threads([lambda name=name: answered(shared, by=name) for name in names])
    refusals = [str(each) for each in came_to if isinstance(each, Refusal)]
    (given,) = [each for each in came_to if isinstance(each, Done)]
    winner = given.dispute.steps[-1].done_by
    assert len(refusals) == 19
    assert all(each.startswith(f"P1-2015-06-1 was already answered as accepted by {winner}") for each in refusals)
    subjects = [Subject("line", "NL", f"L{number}") for number in range(20)]
    assert all(isinstance(each, Done) for each in in_threads([lambda s=s: opened(shared, s) for s in subjects]))
    assert [line.dispute_id for line in lines(shared)] == [f"P1-2015-06-{number}" for number in range(2, 22)]
    receipt = explain(shared.installation, "P1", BillingMonth.parse(JUNE))
    assert [each.dispute_id for each in receipt.disputes] == [f"P1-2015-06-{number}" for number in range(2, 22)]
    assert withdrawn(shared, "P1-2015-06-2").is_new
    (over,) = (each for each in lines(shared, past=True) if each.dispute_id == "P1-2015-06-2")
    assert over.state == "withdrawn"


# On the command line


def test_the_commands_say_what_they_did_and_what_comes_next(here: World) -> None:
    shell = command_line(here)
    why = ("--by", "pat", "--reason", "an invoice is missing")
    asked = ("dispute", "open", "P1", JUNE, *why)
    assert shell(*asked).status == shell(*asked, "--account", "NL/A1", "--line", "NL/L1").status == 2
    assert "expected ENTITY/ID, as in NL/A1" in shell(*asked, "--account", "A1").stderr
    first = shell.must(*asked, "--line", "NL/L/1").stdout
    assert first.startswith("P1-2015-06-1 opened by pat on ")
    assert "line NL/L/1 in 2015-06: an answer is due on 20" in first
    again = shell.must(*asked, "--line", "NL/L/1").stdout
    assert "nothing new is written" in again
    (row,) = shell.must("dispute", "list", "--format", "json").json
    assert (row["about"], row["entity"], row["subject_id"], row["opened_by"]) == ("line", "NL", "L/1", "pat")
    table = shell.must("dispute", "list", "--on", "2999-01-01").stdout
    assert "line NL/L/1" in table
    assert "overdue by " in table
    assert "dispute P1-2015-06-1, line NL/L/1, due on 20" in shell.must("explain", "P1", JUNE).stdout
    assert (
        shell.must("explain", "P1", JUNE, "--format", "json").json["disputes"][0]["reason"] == "an invoice is missing"
    )
    reply = ("dispute", "answer", "P1-2015-06-1", *why)
    assert shell(*reply).status == shell(*reply, "--accepted", "--rejected").status == 2
    told = shell.must(*reply, "--accepted").stdout
    assert "the result of 2015-06 has not changed: correct the data" in told
    assert "partner-program run 2015-06" in told
    late = shell("dispute", "withdraw", "P1-2015-06-1", *why)
    assert (late.status, late.stdout) == (1, "")
    assert "cannot be withdrawn: it was answered as accepted by pat" in late.stderr


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def test_the_first_open_ones_and_their_number_are_those_of_the_list(
    here: World, database: str, request: pytest.FixtureRequest
) -> None:
    if database == "postgresql":
        with on_postgres(here, request.getfixturevalue("shared_postgres")) as there:
            there.ready()
            there.settle(JUNE, on="2015-07-27")
            _compare_parts(there)
        return
    _compare_parts(here)


def _compare_parts(world: World) -> None:
    """Eleven for P1, the second withdrawn, and two for P3: those due first come first, number 10 after number 9."""
    for number in range(11):
        opened(world, Subject("line", "NL", f"L{number}"), today=date(2015, 8, 1 + number % 3))
    withdrawn(world, "P1-2015-06-2")
    for number in range(2):
        opened(world, Subject("line", "NL", f"L{number}"), "P3", today=date(2015, 8, 2))
    assert part_of_disputes(world.installation, on=OVERDUE, first=50).of == 12
    for day in (date(2015, 7, 31), date(2015, 8, 2), date(2015, 8, 4), date(2015, 8, 5), DUE, OVERDUE):
        for asked in ({}, {"due_days": 0}, {"due_days": 30}, {"manager_id": "M1"}):
            every = lines(world, day, **asked)
            for first in (1, 5, 50):
                part = part_of_disputes(world.installation, on=day, first=first, **asked)  # type: ignore[arg-type]
                assert (part.of, list(part.lines)) == (len(every), every[:first]), (day, asked)

"""What goes on record with a month: who ran it, who decided about its restatement, and what took force with what."""

import json
import time
from datetime import date
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.month.restatement import Acceptance, accept_restatement, reject_restatement
from tests.usecases.three_partners import GO_LIVE, JUNE, june_in_force, three_partners
from tests.worlds import World

MONTH, TODAY = BillingMonth.parse(JUNE), date(2015, 8, 20)
RUN = "SELECT subject, done_by, reason, detail FROM act WHERE kind = 'month run' ORDER BY act_id"
SETTLED = (
    "SELECT revision, status, effective_on, program_file, program_hash, inputs_hash, decision_hash FROM settlement"
    " ORDER BY settlement_id"
)


def test_a_person_who_runs_a_month_is_on_record_with_what_the_run_decided(world: World) -> None:
    begun = int(time.time())
    three_partners(world).settle(JUNE, on=GO_LIVE, started_by="robin")
    ((subject, done_by, reason, detail),) = world.rows(RUN)
    ((*_, decision_hash),) = world.rows(SETTLED)
    assert (subject, done_by, reason) == (JUNE, "robin", "ran the month")
    assert json.loads(detail) == {"revision": 1, "assigned": 3, "proposed": 0, "decision_hash": decision_hash}
    ((done_at,),) = world.rows("SELECT done_at FROM act")
    assert begun <= done_at <= time.time()


def test_a_run_with_nothing_new_and_one_of_the_schedule_are_not_on_record(world: World) -> None:
    june_in_force(world)
    world.settle(JUNE, today="2015-08-18", started_by="robin")
    assert world.rows(RUN) == []


def test_a_run_that_only_proposes_says_how_many_results_differ(world: World) -> None:
    corrected(world, started_by="robin")
    ((*_, detail),) = world.rows(RUN)
    assert {key: json.loads(detail)[key] for key in ("assigned", "proposed")} == {"assigned": 0, "proposed": 1}


def test_a_settlement_names_the_programme_file_and_the_inputs_that_it_was_made_from(world: World) -> None:
    june_in_force(world)
    ((revision, status, effective_on, file, *hashes),) = world.rows(SETTLED)
    assert (revision, status, effective_on, file) == (1, "in_force", GO_LIVE, "2015-07-27.yaml")
    assert [len(each) for each in hashes] == [64] * 3
    assert hashes[0] == world.installation.programs[0].file_hash


def test_a_settlement_keeps_the_snapshots_that_it_was_made_from(world: World) -> None:
    june_in_force(world)
    used = world.rows("SELECT snapshot.entity FROM settlement_snapshot JOIN snapshot USING (snapshot_id) ORDER BY 1")
    assert used == [("NL",), ("US",)]


def corrected(world: World, **asked: Any) -> None:
    """P1's invoice of June is corrected after June took force, and June is run again."""
    june_in_force(world)
    world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 550000 WHERE line_id = 'L1'")
    world.close(JUNE)
    assert world.settle(JUNE, today="2015-08-18", **asked).proposed == 1


PROPOSAL = "SELECT status, decided_by, reason, effective_on, revision FROM restatement"


def test_an_accepted_restatement_is_on_record_with_its_day_and_takes_force_as_the_next_revision(world: World) -> None:
    corrected(world)
    accept_restatement(world.installation, MONTH, Acceptance(TODAY, "pat", "late invoice"), today=TODAY)
    assert world.rows(PROPOSAL) == [("accepted", "pat", "late invoice", str(TODAY), 2)]
    assert [(row[0], row[1], row[2]) for row in world.rows(SETTLED)] == [
        (1, "in_force", GO_LIVE),
        (2, "in_force", str(TODAY)),
    ]
    origins = world.rows("SELECT partner_id, origin FROM discount_rate WHERE origin <> 'settlement'")
    assert origins == [("P1", "restatement")]


def test_a_rejected_restatement_is_on_record_and_takes_no_force(world: World) -> None:
    corrected(world)
    proposal = reject_restatement(world.installation, MONTH, rejected_by="pat", reason="the invoice was right")
    assert (proposal.billing_month, list(proposal.differences)) == (MONTH, ["P1"])
    assert world.rows(PROPOSAL) == [("rejected", "pat", "the invoice was right", None, 2)]
    assert len(world.rows(SETTLED)) == 1


@pytest.mark.parametrize("history", [False, True])
def test_a_month_of_history_has_a_settlement_without_a_day(world: World, history: bool) -> None:
    three_partners(world).settle("2015-07", today="2015-09-01", history=history)
    ((_, status, effective_on, *_rest),) = world.rows(SETTLED)
    assert (status, effective_on is None) == (("history", True) if history else ("in_force", False))
    ((days,),) = world.rows("SELECT count(effective_on) FROM assessment")
    assert days == (0 if history else 3)

"""A month is signed when nothing of it is open; after that only a restatement changes it (rule 13)."""

import json
from datetime import date
from pathlib import Path

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import MonthSigned, Refusal
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.month.signing import sign_month
from partner_program.usecases.publication import publish_owed
from partner_program.usecases.register import register_start
from tests.usecases.letter_world import LetterWorld, letter_world, render
from tests.usecases.three_partners import GO_LIVE, JUNE, tiers
from tests.worlds import World

MONTH, TODAY = BillingMonth.parse(JUNE), date(2015, 8, 20)


@pytest.fixture
def june(tmp_path: Path) -> LetterWorld:
    """June with its letters sent: nothing of it is open."""
    made = letter_world(tmp_path)
    made.approve()
    made.send()
    return made


def sign(world: World, by: str = "fin") -> int:
    return sign_month(world.installation, MONTH, role="finance", signed_by=by, reason="closed")[1]


def signatures(world: World) -> list[tuple[str, int]]:
    rows = world.rows("SELECT done_by, detail FROM act WHERE kind = 'month signed' ORDER BY act_id")
    return [(by, json.loads(detail)["revision"]) for by, detail in rows]


def corrected(world: World) -> None:
    world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 550000 WHERE line_id = 'L1'")
    world.close(JUNE)
    assert world.settle(JUNE, today="2015-08-18", started_by="pat").proposed == 1


def test_a_month_with_nothing_open_is_signed_once_by_each_person(june: LetterWorld) -> None:
    world = june.world
    assert sign(world) == 1
    before = world.fingerprint()
    assert sign(world, " FIN ") == 1
    assert world.fingerprint() == before
    sign(world, "cfo")
    assert signatures(world) == [("fin", 1), ("cfo", 1)]
    assert [act.kind for act in register_start(world.installation, MONTH, 1).head][-2:] == ["month signed"] * 2
    ((detail,),) = world.rows("SELECT detail FROM act WHERE done_by = 'cfo'")
    assert json.loads(detail)["decision_hashes"] == [
        each for (each,) in world.rows("SELECT decision_hash FROM settlement")
    ]


def test_what_is_open_is_named_and_refused(june: LetterWorld) -> None:
    world = june.world
    corrected(world)
    world.orders("NL")
    publish_owed(world.installation, published_on=TODAY)
    with world.installation.database.writing() as connection:
        connection.exec_driver_sql("UPDATE publication SET published_on = NULL WHERE account_id = 'A3'")
        connection.exec_driver_sql("UPDATE delivery SET status = 'refused' WHERE partner_id = 'P2'")
    with pytest.raises(Refusal) as refused:
        sign(world)
    head, *lines = str(refused.value).splitlines()
    assert head == "2015-06 cannot be signed, something of it is open:"
    assert [line.split(": see")[0].split(": run")[0] for line in lines] == [
        "a restatement is proposed: P1",
        "1 account without its published rate: NL A3",
        "1 letter not delivered: P2 (refused)",
    ]
    assert signatures(world) == []


def test_held_partners_and_letters_that_wait_keep_a_month_from_being_signed(tmp_path: Path) -> None:
    made = letter_world(tmp_path)
    with pytest.raises(Refusal, match=r"3 letters not delivered: P1 \(rendered\), P2 \(rendered\), P3 \(rendered\)"):
        sign(made.world)
    world = made.world
    world.reopen("2015-07", "US")
    world.settle("2015-07", on="2015-08-20")
    with pytest.raises(Refusal, match="2 partners held: P2, P3"):
        sign_month(world.installation, BillingMonth(2015, 7), role="finance", signed_by="fin", reason="closed")


def test_a_month_of_history_has_nothing_to_sign(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.partner("P1", {"NL": "A1"})
    world.ready(JUNE)
    with pytest.raises(Refusal, match="is not assessed"):
        sign(world)
    world.settle(JUNE, history=True)
    with pytest.raises(Refusal, match="history only"):
        sign(world)


def test_after_a_signature_a_run_with_equal_inputs_changes_nothing_and_no_new_partner_enters(june: LetterWorld) -> None:
    world = june.world
    sign(world)
    before = world.fingerprint()
    assert not world.settle(JUNE, on=GO_LIVE, started_by="pat").changed
    assert world.fingerprint() == before
    world.partner("P4", {"NL": "A4"})
    world.bill("A4", JUNE, 9_000_00)
    world.close(JUNE)
    world.load()
    with pytest.raises(MonthSigned, match=r"is signed by fin, and this run would decide it anew \(partners: P4\)"):
        world.settle(JUNE, on=GO_LIVE, started_by="pat")
    assert tiers(world, JUNE) == {"P1": 2, "P2": 1, "P3": 3}


def test_a_restatement_changes_a_signed_month_and_the_signature_stays_with_its_revision(june: LetterWorld) -> None:
    world = june.world
    sign(world)
    corrected(world)
    accept_restatement(world.installation, MONTH, Acceptance(TODAY, "pat", "late invoice"), today=TODAY)
    assert world.register(JUNE)["revision"] == 2
    assert signatures(world) == [("fin", 1)]
    with pytest.raises(Refusal, match="letter not delivered"):
        sign(world)
    render(world)
    june.approve()
    june.send()
    assert sign(world) == 2
    assert signatures(world) == [("fin", 1), ("fin", 2)]

"""Every act that changes something is one row, in the transaction that changes it; the same act again is none."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Removals
from partner_program.domain.revenue import PeriodClose
from partner_program.usecases.acts import list_acts
from partner_program.usecases.explain import explain, receipt_file
from partner_program.usecases.grants import grant_grace
from partner_program.usecases.letters.approval import reject_letters
from partner_program.usecases.letters.resolution import resolve_letters
from partner_program.usecases.month.brake import release_brake
from partner_program.usecases.month.closes import record_close
from partner_program.usecases.month.restatement import Acceptance, accept_restatement, reject_restatement
from partner_program.usecases.publication import publish_owed
from partner_program.usecases.register import register_file, register_start
from partner_program.usecases.registry import load_registry_folder
from tests.usecases.letter_world import letter_world
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, three_partners
from tests.worlds import World

MONTH, TODAY = BillingMonth.parse(JUNE), date(2015, 8, 20)
PAT = Doer("pat", "as agreed", 1_438_000_000)
COLUMNS = "kind, subject, done_by, reason, billing_month, partner_id"


def acts(world: World) -> list[tuple[Any, ...]]:
    return world.rows(f"SELECT {COLUMNS} FROM act ORDER BY act_id")  # noqa: S608 - words of this file


def braked(world: World) -> None:
    """Five of five partners would fall in July: the brake stops it."""
    for number in range(1, 6):
        world.partner(f"P{number}", {"NL": f"A{number}"})
        world.bill(f"A{number}", JUNE, 2_000_00)
        world.bill(f"A{number}", JULY, 600_00)
    world.ready(JUNE, JULY)
    world.settle(JUNE, on=GO_LIVE)
    with suppress(Refusal):
        world.settle(JULY, on=str(TODAY), started_by="robin")


def corrected(world: World) -> None:
    """P1's invoice of June is corrected after June took force, and June is run again."""
    june_in_force(world)
    world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 550000 WHERE line_id = 'L1'")
    world.close(JUNE)
    world.settle(JUNE, today="2015-08-18")


def owed(world: World) -> None:
    """June is in force, and NL got an order database afterwards."""
    june_in_force(world)
    world.orders("NL")


def release(world: World) -> object:
    return release_brake(world.installation, BillingMonth.parse(JULY), released_by="pat", reason="as agreed")


def accept(world: World) -> object:
    return accept_restatement(world.installation, MONTH, Acceptance(TODAY, "pat", "as agreed"), today=TODAY)


def reject(world: World) -> object:
    return reject_restatement(world.installation, MONTH, rejected_by="pat", reason="as agreed")


def grant(world: World) -> object:
    ends_on = TODAY + timedelta(days=90)
    words: dict[str, Any] = {"granted_by": "pat", "reason": "as agreed", "today": TODAY}
    return grant_grace(world.installation, "P1", tier=4, starts_on=TODAY, ends_on=ends_on, **words)


def close(world: World) -> object:
    said = PeriodClose("USD", 2, 3_300_00)
    return record_close(world.installation, "US", MONTH, said, recorded_by="pat")


def publish(world: World) -> object:
    return publish_owed(world.installation, published_on=TODAY, done_by="pat")


def load(world: World) -> object:
    world.tables["partners"][0]["phone"] = "+31 20 9"
    return load_registry_folder(world.installation, world.write_registry(), loaded_by=PAT)


def remove(world: World) -> object:
    world.tables["account_links"] = [row for row in world.tables["account_links"] if row["account_id"] != "A1"]
    gone = Removals(["account_links.csv:P1/NL/A1"], PAT)
    return load_registry_folder(world.installation, world.write_registry(), gone)


EACH: dict[str, tuple[Callable[[World], object], Callable[[World], object], tuple[Any, ...]]] = {
    "release": (braked, release, ("brake released", JULY, "pat", "as agreed", JULY, None)),
    "accept": (corrected, accept, ("restatement accepted", JUNE, "pat", "as agreed", JUNE, None)),
    "reject": (corrected, reject, ("restatement rejected", JUNE, "pat", "as agreed", JUNE, None)),
    "grant": (june_in_force, grant, ("grant made", "P1-2015-08-20-T4", "pat", "as agreed", None, "P1")),
    "close": (
        three_partners,
        close,
        ("close recorded", "US 2015-06 USD", "pat", "recorded what the entity's people say", JUNE, None),
    ),
    "publish": (owed, publish, ("rates published", "NL", "pat", "published what was owed", None, None)),
    "load": (three_partners, load, ("registry loaded", "registry", "pat", "as agreed", None, None)),
    "remove": (
        three_partners,
        remove,
        ("registry_removal", "account_links.csv:P1/NL/A1", "pat", "as agreed", None, "P1"),
    ),
}


@pytest.mark.parametrize("name", EACH)
def test_an_act_is_one_row_and_the_same_act_again_is_none(world: World, name: str) -> None:
    make, act, row = EACH[name]
    make(world)
    before = acts(world)
    act(world)
    assert acts(world) == [*before, row]
    on_record = world.rows("SELECT * FROM act")
    with suppress(Refusal):  # some say that there is nothing left to do
        act(world)
    assert world.rows("SELECT * FROM act") == on_record


def test_a_run_that_the_brake_stops_is_on_record_once_with_why(world: World) -> None:
    braked(world)
    ((kind, _, who, _, month, _),) = acts(world)
    assert (kind, who, month) == ("month stopped by the brake", "robin", JULY)
    with pytest.raises(Refusal, match="brake on"):
        world.settle(JULY, on=str(TODAY), started_by="kim")
    assert len(acts(world)) == 1


def test_letters_are_approved_sent_and_resolved_on_record_without_an_address(tmp_path: Path) -> None:
    june = letter_world(tmp_path)
    reject_letters(june.here, MONTH, rejected_by="kim", reason="a name is wrong", clock=june.time.now)
    june.approve("kim")
    for _ in range(3):
        june.send(limit=2, sent_by="pat")
    resolve_letters(june.here, MONTH, "resend", PAT, written_to_files=True)
    assert [(kind, who, month, partner) for kind, _, who, _, month, partner in acts(june.world)] == [
        ("letters rejected", "kim", JUNE, None),
        ("letters approved", "kim", JUNE, None),
        ("letters sent", "pat", JUNE, None),
        *(("letter to be sent again", "pat", JUNE, partner) for partner in ("P1", "P2", "P3")),
    ]
    details = " ".join(detail for (detail,) in june.world.rows("SELECT detail FROM act"))
    assert "@p1.example" not in details
    (batch,) = june.world.rows("SELECT batch_hash FROM letter_action WHERE action = 'approve'")
    assert batch[0] in details


def test_acts_of_a_month_and_of_a_partner_come_newest_first_in_the_programmes_time(world: World) -> None:
    corrected(world)
    grant(world)
    accept(world)
    assert [act.kind for act in list_acts(world.installation, JUNE)] == ["restatement accepted"]
    (made,) = list_acts(world.installation, "P1")
    assert (made.kind, json.loads(made.detail)["tier"], str(made.done_at.tzinfo)) == (
        "grant made",
        4,
        "Europe/Amsterdam",
    )
    assert list_acts(world.installation, "P2") == ()
    with pytest.raises(Refusal, match="P9 is not in the registry"):
        list_acts(world.installation, "P9")


def test_a_receipt_tells_the_acts_of_its_month_and_its_partner_and_no_other(world: World) -> None:
    corrected(world)
    grant(world)
    reject(world)
    found = {name: explain(world.installation, name, MONTH).acts for name in ("P1", "P2")}
    assert [act.kind for act in found["P1"]] == ["restatement rejected", "grant made"]
    assert [act.kind for act in found["P2"]] == ["restatement rejected"]
    first = json.loads(receipt_file(explain(world.installation, "P1", MONTH)))["acts"][0]
    assert first["detail"]["partners"] == ["P1"]


def test_who_acted_and_when_is_in_no_file_of_decisions(tmp_path: Path) -> None:
    """Two people settle the same inputs at different times: registers and every written file are equal to the byte."""
    worlds = []
    for name in ("pat", "robin"):
        (tmp_path / name).mkdir()
        made = three_partners(World(tmp_path / name))
        made.run(JUNE, on=GO_LIVE, started_by=name)
        worlds.append(made)
    one, other = worlds
    assert [act[2] for act in acts(one) + acts(other)] == ["pat", "robin"]
    assert one.written() == other.written()
    for form in ("json", "csv"):
        assert register_file(one.installation, MONTH, form) == register_file(other.installation, MONTH, form)
    assert register_file(one.installation, MONTH, "xlsx") != register_file(other.installation, MONTH, "xlsx")
    assert [act.done_by for act in register_start(one.installation, MONTH, 1).head] == ["pat"]

    before, there = one.fingerprint(), one.written()
    assert not one.run(JUNE, on=GO_LIVE, started_by="kim").changed
    assert (one.fingerprint(), one.written()) == (before, there), "equal inputs write no byte, whoever asks"

"""With `approval: rates` a month waits before it takes force, until somebody else has approved this very decision."""

import threading
from datetime import date
from typing import Any

import pytest

from partner_program.adapters.files.program import load_programs
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import NotApproved, RatesWait, Refusal
from partner_program.usecases.month.approval import approve_rates, month_book, refuse_rates
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from tests.programs import approving_rates
from tests.usecases.dying import die_at
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, three_partners, tiers
from tests.worlds import World, settle_installed

MONTH = BillingMonth.parse(JUNE)
KINDS = "SELECT kind, done_by FROM act ORDER BY act_id"


class Waiting:
    """A world whose programme has rates approved."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.file = world.folder / "2015-07-27.yaml"
        self.file.write_text(approving_rates())

    def run(self, month: str = JUNE, by: str = "pat", on: str | None = GO_LIVE, **asked: Any) -> Any:
        return self.world.settle(month, on=on, program_file=self.file, started_by=by, **asked)

    def approve(self, by: str = "robin", month: str = JUNE, **more: Any) -> Any:
        here = self.world.installation
        return approve_rates(here, BillingMonth.parse(month), approved_by=by, reason="looked", **more)

    def kinds(self) -> list[tuple[Any, ...]]:
        return self.world.rows(KINDS)

    def in_force(self) -> int:
        ((count,),) = self.world.rows("SELECT count(*) FROM discount_rate")
        return int(count)


@pytest.fixture
def june(world: World) -> Waiting:
    """Pat ran June; its rates wait."""
    found = Waiting(three_partners(world))
    with pytest.raises(RatesWait, match="by somebody other than pat"):
        found.run()
    return found


def test_nothing_is_in_force_before_somebody_else_approved_and_then_all_of_it(june: Waiting) -> None:
    assert june.world.rows("SELECT * FROM settlement") == []
    assert june.in_force() == 0
    june.approve()
    assert june.in_force() == 0, "an approval itself puts nothing in force"
    june.run()
    assert tiers(june.world, JUNE) == {"P1": 2, "P2": 1, "P3": 3}
    assert june.kinds() == [("rates wait for approval", "pat"), ("rates approved", "robin"), ("month run", "pat")]
    before = june.world.fingerprint()
    assert not june.run(by="kim").changed
    assert june.world.fingerprint() == before, "a month in force is not asked about again"


def test_asking_again_and_approving_again_write_nothing(june: Waiting) -> None:
    before = june.world.fingerprint()
    with pytest.raises(RatesWait):
        june.run()
    assert june.world.fingerprint() == before
    june.approve()
    before = june.world.fingerprint()
    assert june.approve("kim").answered.done_by == "robin", "the first approval counts"
    assert june.world.fingerprint() == before


@pytest.mark.parametrize("name", ["pat", " PAT "])
def test_whoever_started_the_month_does_not_approve_it(june: Waiting, name: str) -> None:
    with pytest.raises(NotApproved, match="somebody else has to look"):
        june.approve(name)
    with pytest.raises(RatesWait):
        june.run(by="kim")
    assert june.kinds() == [("rates wait for approval", "pat")]


def test_what_is_decided_anew_waits_anew(june: Waiting) -> None:
    june.approve()
    june.world.bill("A1", JUNE, 3_500_00)
    june.world.close(JUNE)
    for _ in range(2):
        with pytest.raises(RatesWait):
            june.run()
    assert [kind for kind, _ in june.kinds()] == [
        "rates wait for approval",
        "rates approved",
        "rates wait for approval",
    ]
    june.world.execute("NL", "DELETE FROM program_mrr_line WHERE net_amount_minor = 350000")
    june.world.close(JUNE)
    with pytest.raises(RatesWait):
        june.run()  # the first decision once more: its old approval is over
    assert june.in_force() == 0


def test_another_day_is_another_decision(june: Waiting) -> None:
    june.approve()
    with pytest.raises(RatesWait):
        june.run(on="2015-08-03")


def test_without_a_day_what_is_approved_today_holds_tomorrow(world: World) -> None:
    waiting = Waiting(three_partners(world))
    with pytest.raises(RatesWait):
        waiting.run(on=None, today="2015-08-03")
    waiting.approve()
    assert waiting.run(on=None, today="2015-08-04").effective_on == date(2015, 8, 4)


def test_an_approval_is_for_what_was_looked_at(june: Waiting) -> None:
    seen = month_book(june.world.installation, MONTH).decision_hash
    with pytest.raises(NotApproved, match="look at them again"):
        june.approve(decision_hash="0" * 12)
    june.world.bill("A1", JUNE, 3_500_00)
    june.world.close(JUNE)
    with pytest.raises(RatesWait):
        june.run()
    with pytest.raises(NotApproved, match="decided anew since they were looked at"):
        june.approve(decision_hash=seen[:12])
    assert june.in_force() == 0


def test_inputs_that_changed_since_the_run_are_neither_shown_nor_approved(june: Waiting) -> None:
    june.world.tables["partners"][0]["status"] = "suspended"
    june.world.load()
    for look in (lambda: month_book(june.world.installation, MONTH), june.approve):
        with pytest.raises(Refusal, match=r"out of date.*run it again"):
            look()
    assert [kind for kind, _ in june.kinds()] == ["rates wait for approval"]


def test_a_refusal_stops_the_month_on_record_until_it_is_decided_anew_or_approved_after_all(june: Waiting) -> None:
    for _ in range(2):
        refuse_rates(june.world.installation, MONTH, refused_by="robin", reason="NL is too low")
    before = june.world.fingerprint()
    with pytest.raises(RatesWait, match="robin refused the rates of 2015-06: NL is too low"):
        june.run()
    assert june.world.fingerprint() == before
    assert june.kinds() == [("rates wait for approval", "pat"), ("rates refused", "robin")]
    june.approve("kim")
    assert june.run().changed


def test_the_book_says_who_moves_by_what_and_who_is_held(world: World) -> None:
    world.become(june_in_force)
    waiting = Waiting(world)
    world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 600000 WHERE line_id = 'L2'")
    world.close(JULY)
    world.reopen(JULY, "US")
    with pytest.raises(RatesWait):
        waiting.run(JULY, on="2015-08-20")
    book = month_book(world.installation, BillingMonth.parse(JULY))
    ((partner, direction, change),) = [(row.partner_id, row.direction, row.mrr_change_eur_cents) for row in book.rows]
    assert (partner, direction, change) == ("P1", "rises", 4_000_00)
    assert (book.rises, book.falls, [each.partner_id for each in book.held]) == (1, 0, ["P2", "P3"])
    assert (book.mrr_eur_cents, book.previous_mrr_eur_cents) == (6_000_00, 2_000_00)


def test_history_takes_no_force_and_does_not_wait(world: World) -> None:
    waiting = Waiting(three_partners(world))
    assert waiting.run(on=None, history=True).changed
    assert [kind for kind, _ in waiting.kinds()] == ["month run"]


def test_held_partners_that_a_later_run_releases_wait_too(world: World) -> None:
    waiting = Waiting(three_partners(world))
    world.reopen(JUNE, "US")
    with pytest.raises(RatesWait):
        waiting.run()
    waiting.approve()
    assert waiting.run().held == 2
    world.close(JUNE, "US")
    with pytest.raises(RatesWait):
        waiting.run(by="robin")
    with pytest.raises(NotApproved):
        waiting.approve("robin")
    assert tiers(world, JUNE) == {"P1": 2, "P2": None, "P3": None}
    waiting.approve("pat")
    waiting.run(by="robin")
    assert tiers(world, JUNE) == {"P1": 2, "P2": 1, "P3": 3}


def test_a_restatement_is_accepted_by_somebody_else_than_ran_it(june: Waiting) -> None:
    june.approve()
    june.run()
    june.world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 550000 WHERE line_id = 'L1'")
    june.world.close(JUNE)
    assert june.run(by="kim", on=None, today="2015-08-18").proposed == 1
    here, day = june.world.installation, date(2015, 8, 20)
    here.__dict__["programs"] = load_programs(june.file.parent)
    with pytest.raises(NotApproved, match="Kim ran 2015-06, which proposed this"):
        accept_restatement(here, MONTH, Acceptance(day, "Kim", "late"), today=day)
    assert accept_restatement(here, MONTH, Acceptance(day, "pat", "late"), today=day).consequences


def test_of_twenty_approvals_at_once_one_is_on_record(june: Waiting) -> None:
    faults: list[Exception] = []

    def approve(name: str) -> None:
        try:
            june.approve(name)
        except Exception as fault:  # noqa: BLE001 - the test shows any
            faults.append(fault)

    people = [threading.Thread(target=approve, args=(f"person {number}",)) for number in range(20)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert faults == []
    assert [kind for kind, _ in june.kinds()] == ["rates wait for approval", "rates approved"]


@pytest.mark.processes
def test_killed_between_approval_and_commit_nothing_is_lost_and_nothing_is_doubled(june: Waiting) -> None:
    june.approve()
    here = june.world.installation
    request = june.world.request(JUNE, on=GO_LIVE, program_file=june.file, started_by="pat")
    saved = june.world.program_db.read_bytes()
    died = 0
    for point in range(1, 200, 4):
        june.world.program_db.write_bytes(saved)
        if not die_at(point, lambda: settle_installed(here, request)):
            break
        died += 1
        june.run()
        assert tiers(june.world, JUNE) == {"P1": 2, "P2": 1, "P3": 3}
        assert [kind for kind, _ in june.kinds()].count("rates approved") == 1
        assert [kind for kind, _ in june.kinds()].count("month run") == 1
        assert june.in_force() == 3
    assert died > 5

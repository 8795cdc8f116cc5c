"""If the inputs of a month in force change, a proposal is made, and accepted or rejected; only new orders change."""

from datetime import date

import pytest

from partner_program.domain.acceptance import Outlook
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.usecases.letters.rendering import letter_batches, render_letters
from partner_program.usecases.month.restatement import (
    Acceptance,
    accept_restatement,
    reject_restatement,
    show_restatement,
)
from partner_program.usecases.orders import Order, quote_order
from partner_program.usecases.partner_status import Step, change_status
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, partners, rates, three_partners
from tests.worlds import World

JUNE_MONTH, JULY_MONTH = BillingMonth.parse(JUNE), BillingMonth.parse(JULY)
TODAY = date(2015, 8, 20)


@pytest.fixture
def corrected(world: World) -> World:
    """July in force; then P1's invoice of July is corrected from 2,000.00 to 5,500.00 and July is run again."""
    june_in_force(world)
    world.settle(JULY, on="2015-08-03")
    world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 550000 WHERE account_id = 'A1'")
    world.close(JULY)
    world.settle(JULY, today="2015-08-18")
    return world


def accept(world: World, month: BillingMonth = JULY_MONTH, on: date = TODAY) -> None:
    accept_restatement(world.installation, month, Acceptance(on, "pat", "corrected invoice"), today=TODAY)


def shown(world: World, month: BillingMonth = JULY_MONTH, on: date = TODAY) -> Outlook:
    return show_restatement(world.installation, month, on=on, today=TODAY)


def monthly_fee(world: World, day: date) -> int:
    order = Order("P1", day, monthly_list_cents=100_00, setup_list_cents=0, term_months=1)
    return quote_order(world.installation, order)[0].monthly_fee_cents


def test_a_correction_changes_nothing_before_it_is_accepted(corrected: World) -> None:
    before = corrected.result(JULY, "P1")
    proposal = shown(corrected).proposal
    assert (before["tier"], before["mrr_eur_cents"]) == (2, 2_000_00)
    assert list(proposal.differences) == ["P1"]
    assert "mrr 2,000.00 EUR becomes 5,500.00 EUR" in proposal.differences["P1"]
    assert "tier 2 becomes 3" in proposal.differences["P1"]
    assert rates(corrected, "P1") == [(GO_LIVE, 2, 800)]


def test_proposing_again_changes_no_byte(corrected: World) -> None:
    before = corrected.fingerprint()
    corrected.settle(JULY, today="2015-08-18")
    assert corrected.fingerprint() == before


def test_an_accepted_correction_holds_for_orders_from_its_day_and_not_before(corrected: World) -> None:
    accept(corrected)
    assert rates(corrected, "P1") == [(GO_LIVE, 2, 800), ("2015-08-20", 3, 1000)]
    assert [monthly_fee(corrected, date(2015, 8, day)) for day in (19, 20)] == [92_00, 90_00]


def test_an_accepted_correction_is_the_next_revision_with_everybody_else_as_before(corrected: World) -> None:
    others = {key: row for key, row in partners(corrected, JULY).items() if key != "P1"}
    accept(corrected)
    register = corrected.register(JULY)
    now = {row["partner_id"]: row for row in register["partners"]}
    assert (register["revision"], register["effective_on"]) == (2, "2015-08-20")
    assert {key: now[key] for key in others} == others
    assert (now["P1"]["tier"], now["P1"]["mrr_eur_cents"], now["P1"]["rate_valid_from"]) == (3, 5_500_00, "2015-08-20")


def test_a_restated_partner_gets_the_restated_letter(corrected: World) -> None:
    accept(corrected)
    here = corrected.installation
    for batch in letter_batches(here, JULY_MONTH):
        render_letters(here, JULY_MONTH, batch)
    assert corrected.result(JULY, "P1")["letter"] == {"kind": "restated", "status": "rendered"}
    assert "letters/2015-07/P1.html" in corrected.written()


def test_a_restated_month_run_again_changes_nothing_in_force(corrected: World) -> None:
    accept(corrected)
    register = corrected.register(JULY)
    outcome = corrected.settle(JULY, today="2015-08-25")
    assert (outcome.assigned, outcome.proposed, corrected.register(JULY)) == (0, 0, register)


def test_a_rejected_correction_is_not_proposed_again(corrected: World) -> None:
    reject_restatement(corrected.installation, JULY_MONTH, rejected_by="pat", reason="the invoice was right")
    outcome = corrected.settle(JULY, today="2015-08-25")
    assert corrected.result(JULY, "P1")["tier"] == 2
    assert not outcome.changed
    with pytest.raises(Refusal, match="no restatement of 2015-07 is proposed"):
        shown(corrected)


def test_a_correction_taken_back_takes_its_proposal_with_it(corrected: World) -> None:
    corrected.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 200000 WHERE account_id = 'A1'")
    corrected.close(JULY)
    corrected.settle(JULY, today="2015-08-19")
    with pytest.raises(Refusal, match="no restatement of 2015-07 is proposed"):
        shown(corrected)


def test_inputs_that_changed_after_the_proposal_have_to_be_looked_at_anew(corrected: World) -> None:
    corrected.rate("2015-09", "USD", "1.2")
    corrected.tables["exchange_rates"][1]["units_per_eur"] = "1.15"
    corrected.load()
    with pytest.raises(Refusal, match="the inputs of 2015-07 changed since the proposal"):
        accept(corrected)


def test_rates_never_begin_before_what_was_decided_already(corrected: World) -> None:
    with pytest.raises(Refusal, match="partner P1 has a rate decided on 2015-08-03"):
        accept(corrected, on=date(2015, 8, 2))
    assert rates(corrected, "P1") == [(GO_LIVE, 2, 800)]


def test_an_older_month_is_corrected_on_paper_and_leaves_the_newer_rate_alone(corrected: World) -> None:
    corrected.close(JUNE)
    corrected.settle(JUNE, today="2015-08-18")
    accept(corrected, JUNE_MONTH)
    june = corrected.result(JUNE, "P1")
    assert (june["tier"], june["mrr_eur_cents"], june["monthly_fee_discount_bp"]) == (3, 5_500_00, 800)
    assert rates(corrected, "P1") == [(GO_LIVE, 2, 800)]


def test_a_grant_in_force_on_the_day_of_acceptance_keeps_its_tier(corrected: World) -> None:
    corrected.grant("G1", "P1", 5, "2015-08-10", "2015-11-01")
    corrected.load()
    accept(corrected)
    assert rates(corrected, "P1")[-1] == ("2015-08-20", 5, 2000)


def test_terms_that_change_after_a_restatement_are_proposed_for_everybody_else(corrected: World) -> None:
    accept(corrected)
    corrected.legacy("P1", 2000)
    corrected.legacy("P3", 2000)
    corrected.load()
    corrected.settle(JULY, today="2015-08-21")
    assert list(shown(corrected).proposal.differences) == ["P3"]


def test_terms_that_change_are_proposed_where_the_month_was_history_before(world: World) -> None:
    three_partners(world)
    world.settle(JUNE, history=True)
    world.settle(JUNE, on=GO_LIVE)
    world.legacy("P1", 2000)
    world.load()
    world.settle(JUNE, on=GO_LIVE)
    assert list(shown(world, JUNE_MONTH).proposal.differences) == ["P1"]


def test_an_entity_that_cannot_be_read_any_more_changes_neither_the_month_nor_its_proposal(corrected: World) -> None:
    register, proposal = corrected.register(JULY), shown(corrected).proposal
    corrected.billing_db("NL").rename(corrected.folder / "away.db")

    outcome = corrected.settle(JULY, today="2015-08-19")

    assert (outcome.changed, outcome.failing) == (False, ("NL",))
    assert corrected.register(JULY) == register
    now = shown(corrected)
    assert now.proposal == proposal
    assert (now.refused or "").startswith("the inputs of 2015-07 changed"), "it cannot be accepted without NL"


def test_a_month_that_was_the_migration_stays_it_whatever_a_later_run_asks_for(world: World) -> None:
    three_partners(world)
    world.settle(JUNE, on=GO_LIVE, migration=True)
    world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 550000 WHERE account_id = 'A1'")
    world.close(JUNE)
    world.settle(JUNE, today="2015-08-18")
    accept(world, JUNE_MONTH)
    assert partners(world, JUNE)["P1"]["tier"] == 3
    assert not world.settle(JUNE, today="2015-08-20", migration=True).changed


def billed_anew(world: World, cents: int) -> None:
    """P1's invoice of June is another one after June took force; what differs is proposed."""
    world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = ? WHERE line_id = 'L1'", (cents,))
    world.close(JUNE)
    assert world.settle(JUNE, today="2015-08-18").proposed == 1


def test_a_correction_within_the_tier_writes_no_rate(world: World) -> None:
    june_in_force(world)
    billed_anew(world, 2_500_00)
    (told,) = shown(world, JUNE_MONTH).consequences
    assert (told.rate, told.rate_before) == (told.rate_before, told.rate)
    assert told.rate is not None
    accept(world, JUNE_MONTH)
    assert rates(world, "P1") == [(GO_LIVE, 2, 800)]
    row = partners(world, JUNE)["P1"]
    assert (row["mrr_eur_cents"], row["rate_valid_from"], row["letter"]["kind"]) == (2_500_00, GO_LIVE, "restated")


def test_a_correction_keeps_the_terms_of_an_older_agreement(world: World) -> None:
    three_partners(world)
    world.legacy("P1", monthly_bp=900)
    world.load()
    world.settle(JUNE, on=GO_LIVE)
    billed_anew(world, 1_000_00)
    accept(world, JUNE_MONTH)
    assert rates(world, "P1") == [(GO_LIVE, 2, 900), (str(TODAY), 1, 900)]


def test_a_corrected_month_of_history_stays_history_without_a_rate_or_a_letter(world: World) -> None:
    three_partners(world)
    world.settle(JULY, today="2015-08-18", history=True)
    world.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 550000 WHERE line_id = 'L2'")
    world.close(JULY)
    assert world.settle(JULY, today="2015-08-18", history=True).proposed == 1
    accept(world)
    register = world.register(JULY)
    assert (register["status"], register["revision"], register["effective_on"]) == ("history", 2, None)
    assert (partners(world, JULY)["P1"]["mrr_eur_cents"], rates(world, "P1")) == (5_500_00, [])
    assert world.rows("SELECT * FROM letter") == []


def test_a_correction_gives_no_rate_back_to_a_partner_that_a_later_month_had_left_out(world: World) -> None:
    """P1 is suspended while July is run, which ends its rate, and comes back: its next rate comes with a month."""
    june_in_force(world)
    status(world, "P1", "suspended")
    world.settle(JULY, on="2015-08-03")
    status(world, "P1", "authorized")
    ended = [(GO_LIVE, 2, 800), ("2015-08-03", 0, 0)]
    billed_anew(world, 5_500_00)
    (told,) = shown(world, JUNE_MONTH).consequences
    assert (told.decided_by, told.rate, told.letter) == (JULY_MONTH, told.rate_before, None)

    accept(world, JUNE_MONTH)

    row = partners(world, JUNE)["P1"]
    assert (row["tier"], row["monthly_fee_discount_bp"], row["rate_decided_by"]) == (3, 800, JULY)
    assert rates(world, "P1") == ended
    world.settle(JULY, today="2015-08-25")
    assert rates(world, "P1") == [*ended, ("2015-08-25", 2, 800)], "July is the newest month, and decides it"


def test_a_correction_made_while_no_month_was_run_without_the_partner_has_its_rate(world: World) -> None:
    june_in_force(world)
    status(world, "P1", "suspended")
    status(world, "P1", "authorized")
    billed_anew(world, 5_500_00)
    accept(world, JUNE_MONTH)
    assert rates(world, "P1") == [(GO_LIVE, 2, 800), (str(TODAY), 3, 1000)]


def test_a_month_that_left_a_partner_out_before_its_rate_ended_decides_nothing_about_it(world: World) -> None:
    """P1 is to be suspended from 1 September; July is run without it; before the day it goes on, and keeps its rate."""
    june_in_force(world)
    changed(world, "P1", "suspend", date(2015, 8, 1), day=date(2015, 9, 1))
    world.settle(JULY, on="2015-08-03")
    changed(world, "P1", "resume", date(2015, 8, 10))
    billed_anew(world, 5_500_00)

    accept(world, JUNE_MONTH, on=date(2015, 9, 2))

    assert [monthly_fee(world, date(2015, 9, day)) for day in (1, 2)] == [92_00, 90_00]


def changed(world: World, partner_id: str, step: Step, today: date, day: date | None = None) -> None:
    """Let the command change a partner's status."""
    folder = world.write_registry()
    change_status(
        world.installation, partner_id, folder, step=step, day=day or today, today=today, done_by="Kim", reason="x"
    )
    now = "authorized" if step == "resume" else "suspended"
    next(row for row in world.tables["partners"] if row["partner_id"] == partner_id)["status"] = now


def status(world: World, partner_id: str, now: str) -> None:
    """Change a partner's status in the registry's files by hand."""
    next(row for row in world.tables["partners"] if row["partner_id"] == partner_id)["status"] = now
    world.load()

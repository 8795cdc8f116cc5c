"""Partners of a month are released after the next month took force, from the month's own day (rules 3, 4 and 7)."""

from datetime import date
from pathlib import Path

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from tests.programs import rising_on_partial
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, partners, rates, three_partners
from tests.worlds import World

AUGUST_3 = "2015-08-03"


def june_waits_for_us(world: World) -> World:
    three_partners(world)
    world.reopen(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE)
    return world


def test_a_partner_that_waited_in_both_months_gets_the_first_months_rate_from_that_months_day(world: World) -> None:
    june_waits_for_us(world).reopen(JULY, "US")
    world.settle(JULY, on=AUGUST_3)
    world.close(JUNE, "US")

    world.settle(JUNE, on=GO_LIVE)

    row = partners(world, JUNE)["P2"]
    assert (row["status"], row["tier"], row["rate_valid_from"]) == ("assigned", 1, GO_LIVE)
    assert rates(world, "P2") == [(GO_LIVE, 1, 500)]
    assert partners(world, JULY)["P2"]["status"] == "held"


def test_a_partner_that_the_next_month_assigned_gets_its_figures_and_no_rate_before_the_next_months(
    world: World,
) -> None:
    june_waits_for_us(world).settle(JULY, on=AUGUST_3)
    world.close(JUNE, "US")
    before = world.register(JULY)

    world.settle(JUNE, on=GO_LIVE)

    row = partners(world, JUNE)["P2"]
    assert (row["status"], row["mrr_eur_cents"], row["tier"]) == ("assigned", 1_000_00, 1)
    assert (row["rate_valid_from"], row["monthly_fee_discount_bp"], row["letter"]) == (None, None, None)
    assert rates(world, "P2") == [(AUGUST_3, 1, 500)]
    assert world.register(JULY) == before


def test_after_such_a_release_both_months_can_be_run_again(world: World) -> None:
    june_waits_for_us(world).settle(JULY, on=AUGUST_3)
    world.close(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE)
    before = world.fingerprint()

    for month, day in ((JUNE, GO_LIVE), (JULY, AUGUST_3)):
        assert world.settle(month, on=day).proposed == 0
        assert world.fingerprint() == before


def test_a_day_before_the_months_own_is_still_refused(world: World) -> None:
    three_partners(world)
    world.reopen(JUNE, "US")
    world.settle(JUNE, on=AUGUST_3)
    world.settle(JULY, on="2015-08-20")
    world.close(JUNE, "US")

    with pytest.raises(Refusal, match="2015-07-28: another month took force on 2015-08-20"):
        world.settle(JUNE, on="2015-07-28")


def test_a_release_holds_on_after_the_restatement_of_an_earlier_month(world: World) -> None:
    june_in_force(world)
    world.reopen(JULY, "NL")
    world.settle(JULY, on=AUGUST_3)
    world.bill("A1", JUNE, -1_400_00, charge_kind="credit")
    world.close(JUNE)
    world.settle(JUNE, today="2015-08-18")
    accepted = Acceptance(date(2015, 8, 20), "pat", "credit note")
    accept_restatement(world.installation, BillingMonth.parse(JUNE), accepted, today=accepted.effective_on)
    assert rates(world, "P1") == [(GO_LIVE, 2, 800), ("2015-08-20", 1, 500)]

    world.close(JULY, "NL")
    world.settle(JULY, on=AUGUST_3, today="2015-08-25")

    assert partners(world, JULY)["P1"]["tier"] == 2
    assert rates(world, "P1")[-1] == ("2015-08-20", 2, 800), "July is the newer month: its tier holds on"


def test_an_early_rise_of_an_older_month_leaves_what_a_newer_one_decided(world: World, tmp_path: Path) -> None:
    program = tmp_path / "2015-07-27.yaml"
    program.write_text(rising_on_partial(), encoding="utf-8")
    three_partners(world)
    world.bill("A1", JUNE, 4_500_00)
    world.bill("A1", JUNE, 700_00, term_months=0)
    world.partner("P9", {"NL": "A9"})
    world.bill("A9", JUNE, 100_000_00, months=2)  # no brake for what P1 alone moves
    world.ready(JUNE, JULY)
    world.settle(JUNE, on=GO_LIVE, program_file=program)
    assert (partners(world, JUNE)["P1"]["status"], rates(world, "P1")) == ("held", [(GO_LIVE, 3, 1000)])
    world.settle(JULY, on=AUGUST_3, program_file=program)
    decided = rates(world, "P1")
    assert decided[-1] == (AUGUST_3, 2, 800)

    world.settle(JUNE, today="2015-08-20", program_file=program)

    assert rates(world, "P1") == decided


def test_without_a_day_a_release_holds_from_its_run_and_says_so(world: World) -> None:
    june_waits_for_us(world).close(JUNE, "US")
    outcome = world.settle(JUNE, today="2015-08-20")
    assert (str(outcome.effective_on), str(outcome.own_effective_on)) == ("2015-08-20", GO_LIVE)
    assert (rates(world, "P1"), rates(world, "P2")) == ([(GO_LIVE, 2, 800)], [("2015-08-20", 1, 500)])


def test_before_the_months_own_day_a_release_holds_from_that_day(world: World) -> None:
    three_partners(world).reopen(JUNE, "US")
    world.settle(JUNE, on="2015-08-20", today="2015-08-01")
    world.close(JUNE, "US")
    world.settle(JUNE, today=AUGUST_3)
    assert rates(world, "P2") == [("2015-08-20", 1, 500)]


def test_a_late_release_leaves_the_tier_that_the_next_month_gives_from_its_day(world: World) -> None:
    june_waits_for_us(world).bill("B2", JULY, 4_400_00, entity="US")
    world.close(JULY, "US")
    world.settle(JULY, on=AUGUST_3)
    world.close(JUNE, "US")

    world.settle(JUNE, on=GO_LIVE)

    assert (partners(world, JUNE)["P2"]["tier"], partners(world, JULY)["P2"]["tier"]) == (1, 3)
    assert rates(world, "P2") == [(AUGUST_3, 3, 1_000)]


def test_a_late_release_gives_no_rate_back_to_a_partner_that_a_later_month_had_left_out(world: World) -> None:
    """P1 waits in July and is suspended while August is run, which ends its rate; then July releases it."""
    june_in_force(world).reopen(JULY, "NL")
    world.settle(JULY, on=AUGUST_3)
    own = next(row for row in world.tables["partners"] if row["partner_id"] == "P1")
    own["status"] = "suspended"
    world.load()
    world.settle("2015-08", on="2015-09-03")
    own["status"] = "authorized"
    world.load()
    world.close(JULY, "NL")

    world.settle(JULY, today="2015-09-10")

    row = partners(world, JULY)["P1"]
    assert (row["tier"], row["monthly_fee_discount_bp"], row["letter"]) == (2, 0, None)
    assert row["rate_decided_by"] == "2015-08"
    assert rates(world, "P1") == [(GO_LIVE, 2, 800), ("2015-09-03", 0, 0)]
    before = world.fingerprint()
    assert not world.settle(JULY, today="2015-09-11").changed
    assert world.fingerprint() == before

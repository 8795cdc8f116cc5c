"""What `restatement show` promises is what acceptance does, and what the register shows afterwards (rule 8)."""

from collections import Counter
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from partner_program.adapters.database.rates import rates_on
from partner_program.domain.acceptance import Consequence, Outlook
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.rates import Rate
from partner_program.domain.refusals import Refusal
from partner_program.usecases.month.restatement import Acceptance, accept_restatement, show_restatement
from tests.usecases.random_worlds import random_world, story
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, rates, three_partners
from tests.worlds import World

WORLDS = 8
TODAY = date(2015, 8, 20)
DAYS = [date(2015, 7, 10), date(2015, 7, 28), TODAY, TODAY, date(2015, 9, 5)]
FIGURES = {
    "mrr_eur_cents": "mrr",
    "tier": "tier",
    "earned_tier": "earned_tier",
    "monthly_fee_discount_bp": "monthly_fee",
}
JUNE_MONTH, JULY_MONTH = BillingMonth.parse(JUNE), BillingMonth.parse(JULY)


def shown(world: World, month: BillingMonth, on: date = TODAY) -> Outlook:
    return show_restatement(world.installation, month, on=on, today=TODAY)


def accept(world: World, month: BillingMonth, on: date = TODAY) -> Outlook:
    return accept_restatement(world.installation, month, Acceptance(on, "pat", "corrected"), today=TODAY)


def rates_in_force(world: World, day: date) -> dict[str, Rate]:
    with world.installation.database.reading() as connection:
        return rates_on(connection, day)


def by_partner(register: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["partner_id"]: row for row in register["partners"]}


def decided_by(row: dict[str, Any]) -> Any:
    """The later month that the register names; JSON has the key only where there is one."""
    assert row.get("rate_decided_by", "?") is not None
    return row.get("rate_decided_by")


def refused_as_shown(world: World, promised: Outlook) -> None:
    """Acceptance gives the refusal that was shown, and writes nothing."""
    before = world.fingerprint()
    with pytest.raises(Refusal) as refusal:
        accept(world, promised.proposal.billing_month, promised.day)
    assert str(refusal.value) == promised.refused
    assert world.fingerprint() == before


def accepted_as_shown(world: World, promised: Outlook) -> None:
    """Acceptance writes the records, rates and letters that were shown, and changes nobody else."""
    month, day = promised.proposal.billing_month, promised.day
    register, rates_before = world.register(str(month)), rates_in_force(world, day)
    earlier = rates_in_force(world, date.fromordinal(day.toordinal() - 1))

    assert accept(world, month, day) == promised

    told = {each.partner_id: each for each in promised.consequences}
    assert set(told) == set(promised.proposal.differences)
    wanted = rates_before | {name: each.rate for name, each in told.items() if each.rate is not None}
    assert rates_in_force(world, day) == wanted
    assert rates_in_force(world, date.fromordinal(day.toordinal() - 1)) == earlier
    after = world.register(str(month))
    rows, rows_before = by_partner(after), by_partner(register)
    others = [name for name, row in rows.items() if name not in told and row["status"] != "held"]
    assert [rows[name] for name in others] == [rows_before[name] for name in others]
    for name, each in told.items():
        row_as_shown(each, rows_before[name], rows[name])
    takes_effect = any(each.letter or each.rate != each.rate_before for each in told.values())
    assert after["effective_on"] == (str(day) if takes_effect else register["effective_on"])


def row_as_shown(promised: Consequence, before: dict[str, Any], row: dict[str, Any]) -> None:
    """The register's row has changed in what the record names, and tells who decides the rate and which letter."""
    for figure, word in FIGURES.items():
        named = any(line.startswith(word + " ") or line.startswith(word + "_discount ") for line in promised.record)
        assert (row[figure] != before[figure]) == named, f"{figure}: {promised.record}"
    assert decided_by(row) == (str(promised.decided_by) if promised.decided_by else decided_by(before))
    if promised.letter is None:
        assert row["letter"] == before["letter"]
    else:
        assert row["letter"]["kind"] == promised.letter
    if promised.decided_by is None and promised.rate is not None and row["rate_valid_from"] is not None:
        assert row["rate_valid_from"] == str(promised.rate.valid_from)
        assert row["monthly_fee_discount_bp"] == promised.rate.terms.monthly_fee_discount_bp


def test_what_was_shown_is_what_acceptance_does_in_any_world(tmp_path: Path) -> None:
    seen = Counter[str]()
    for seed in range(WORLDS):
        rng = Random(seed)
        world = random_world(tmp_path / str(seed), rng)
        world.make_database()
        world.load()
        history = rng.random() < 0.2
        for month, day in story(world, seed):
            asked = {"history": True} if history and month == JUNE else {"on": day}
            try:
                outcome = world.settle(month, today="2015-08-20", **asked)
            except Refusal:
                continue
            if not outcome.proposed:
                continue
            before = world.fingerprint()
            promised = shown(world, BillingMonth.parse(month), rng.choice(DAYS))
            assert world.fingerprint() == before, "to show writes nothing"
            if promised.refused is not None:
                seen["refused"] += 1
                refused_as_shown(world, promised)
                promised = shown(world, BillingMonth.parse(month))
            accepted_as_shown(world, promised)
            seen.update("on record" if each.is_on_record_only else "in force" for each in promised.consequences)
            seen.update("decided later" for each in promised.consequences if each.decided_by)
            seen.update("history" for _ in promised.consequences if history and month == JUNE)
            assert not world.settle(month, today="2015-08-20", **asked).changed, f"seed {seed}, {month}"
    assert min(seen[kind] for kind in ("refused", "on record", "in force", "decided later", "history")) > 0, seen


@pytest.fixture
def june_corrected(world: World) -> World:
    """June and July in force with P1 in tier 2 and 1; then a late credit leaves nothing of P1's June."""
    june_in_force(world)
    world.bill("A1", JULY, -1_500_00, charge_kind="credit")
    world.close(JULY)
    world.settle(JULY, on="2015-08-03")
    world.bill("A1", JUNE, -2_000_00, charge_kind="credit")
    world.close(JUNE)
    world.settle(JUNE, today="2015-08-18")
    return world


def test_the_public_case_is_told_as_it_is_done(june_corrected: World) -> None:
    assert rates(june_corrected, "P1") == [(GO_LIVE, 2, 800), ("2015-08-03", 1, 500)]
    (told,) = shown(june_corrected, JUNE_MONTH).consequences
    assert "tier 2 becomes 0" in told.record
    assert not [line for line in told.record if "discount" in line]
    assert (told.rate, told.decided_by, told.letter) == (told.rate_before, JULY_MONTH, None)

    accept(june_corrected, JUNE_MONTH)

    register = june_corrected.register(JUNE)
    row = by_partner(register)["P1"]
    assert (register["revision"], register["effective_on"]) == (2, GO_LIVE), "nothing takes effect on 2015-08-20"
    assert (row["tier"], row["monthly_fee_discount_bp"], decided_by(row)) == (0, 800, JULY)
    assert rates(june_corrected, "P1")[-1] == ("2015-08-03", 1, 500)


def test_a_later_month_that_comes_after_the_restatement_decides_nothing_of_it(world: World) -> None:
    june_in_force(world)
    world.bill("A1", JUNE, -2_000_00, charge_kind="credit")
    world.close(JUNE)
    world.settle(JUNE, today="2015-08-02")
    accept(world, JUNE_MONTH)
    world.settle(JULY, on="2015-08-21")
    assert {name: decided_by(row) for name, row in by_partner(world.register(JUNE)).items()} == dict.fromkeys(
        ("P1", "P2", "P3")
    )
    world.bill("B2", JUNE, -1_100_00, entity="US", charge_kind="credit")
    world.close(JUNE)
    world.settle(JUNE, today="2015-08-22")
    accept(world, JUNE_MONTH, date(2015, 8, 22))
    assert {name: decided_by(row) for name, row in by_partner(world.register(JUNE)).items()} == {
        "P1": None,
        "P2": JULY,
        "P3": None,
    }


def test_a_partner_released_after_a_later_month_says_that_this_month_decided_the_rate(world: World) -> None:
    three_partners(world).reopen(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE)
    world.settle(JULY, on="2015-08-03")
    world.close(JUNE, "US")
    world.settle(JUNE, on="2015-08-04")
    rows = by_partner(world.register(JUNE))
    assert {name: decided_by(row) for name, row in rows.items()} == {"P1": None, "P2": JULY, "P3": JULY}


def test_terms_alone_are_not_proposed_where_a_later_month_decides_them(june_corrected: World) -> None:
    accept(june_corrected, JUNE_MONTH)
    june_corrected.legacy("P3", 2000)
    june_corrected.load()
    assert june_corrected.settle(JUNE, today="2015-08-20").proposed == 0, "accepting it would change nothing"
    assert june_corrected.settle(JULY, today="2015-08-20").proposed == 1, "the newest month gives the new terms"


def test_where_the_inputs_changed_show_says_why_acceptance_is_refused_and_what_differed(june_corrected: World) -> None:
    june_corrected.tables["exchange_rates"][0]["units_per_eur"] = "1.15"
    june_corrected.load()
    promised = shown(june_corrected, JUNE_MONTH)
    assert (promised.consequences, list(promised.proposal.differences)) == ((), ["P1"])
    assert (promised.refused or "").startswith("the inputs of 2015-06 changed since the proposal")
    refused_as_shown(june_corrected, promised)


def test_a_day_before_what_was_decided_is_refused_as_shown_and_the_next_one_is_not(world: World) -> None:
    june_in_force(world)
    world.bill("A1", JUNE, 4_000_00)
    world.close(JUNE)
    world.settle(JUNE, today="2015-08-18")
    too_early = shown(world, JUNE_MONTH, date(2015, 7, 26))
    assert too_early.refused == (
        "effective date 2015-07-26: partner P1 has a rate decided on 2015-07-27; choose a later day"
    )
    refused_as_shown(world, too_early)
    on_the_day = shown(world, JUNE_MONTH, date(2015, 7, 27))
    accepted_as_shown(world, on_the_day)

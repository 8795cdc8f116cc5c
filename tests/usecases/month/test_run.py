"""A month's run over real databases: what it decides, whom it holds, and that running it again changes nothing."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from partner_program.adapters.database import snapshots as snapshot_store
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import Finding
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.usecases.month.restatement import show_restatement
from partner_program.usecases.month.run import MonthRun, run_month
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, partners, rates, three_partners, tiers
from tests.worlds import World, settle_installed

# One month


def test_a_month_settles_every_partner_and_counts_its_money_over_all_entities(world: World) -> None:
    outcome = three_partners(world).settle(JUNE, on=GO_LIVE)
    assert (outcome.revision, outcome.assigned, outcome.held, outcome.changed) == (1, 3, 0, True)
    found = partners(world, JUNE)
    assert {key: (row["mrr_eur_cents"], row["tier"]) for key, row in found.items()} == {
        "P1": (2_000_00, 2),
        "P2": (1_000_00, 1),
        "P3": (9_000_00, 3),
    }
    assert {row["rate_valid_from"] for row in found.values()} == {GO_LIVE}
    assert [row["entity"] for row in found["P3"]["accounts"]] == ["NL", "US"]


def test_a_migration_owes_every_authorised_partner_its_letter(world: World) -> None:
    world.partner("P0", {"NL": "A0"})
    world.partner("P9", {"NL": "A9"}, status="applied", authorized_on="")
    three_partners(world).settle(JUNE, on=GO_LIVE, migration=True)
    kinds = {key: row["letter"]["kind"] for key, row in partners(world, JUNE).items()}
    assert kinds == dict.fromkeys(["P0", "P1", "P2", "P3"], "migration")


def test_without_a_registry_there_is_no_month_to_run(world: World) -> None:
    world.installation.database.upgrade()
    with pytest.raises(Refusal, match="no entity bills in 2015-06: load a registry"):
        world.settle(JUNE, on=GO_LIVE)


# Who is held, and nobody else


def unclosed(world: World) -> Callable[[], Any]:
    world.reopen(JUNE, "US")
    return lambda: world.close(JUNE, "US")


def rateless(world: World) -> Callable[[], Any]:
    taken = world.tables["exchange_rates"].pop(0)
    world.load()

    def repair() -> None:
        world.tables["exchange_rates"].append(taken)
        world.load()

    return repair


def faulty_row(world: World) -> Callable[[], Any]:
    world.execute("US", "UPDATE program_mrr_line SET term_months = 0 WHERE account_id = 'B2'")
    return lambda: world.execute("US", "UPDATE program_mrr_line SET term_months = 1")


def no_connection(world: World) -> Callable[[], Any]:
    taken = world.connections.pop("billing_us")
    return lambda: world.connections.update(billing_us=taken)


def no_table(world: World) -> Callable[[], Any]:
    world.execute("US", "ALTER TABLE program_mrr_line RENAME TO elsewhere")
    return lambda: world.execute("US", "ALTER TABLE elsewhere RENAME TO program_mrr_line")


def no_file(world: World) -> Callable[[], Any]:
    away = world.billing_db("US").rename(world.folder / "away.db")
    return lambda: away.rename(world.billing_db("US"))


DISTURBANCES = [
    (unclosed, {"P2", "P3"}, "entity US: month 2015-06 not closed"),
    (rateless, {"P2", "P3"}, "entity US: no exchange rate for USD in 2015-06"),
    (faulty_row, {"P2"}, "entity US: line L4: term_months is 0"),
    (no_connection, {"P2", "P3"}, "entity US: month 2015-06 not read: connection billing_us is not set"),
    (no_table, {"P2", "P3"}, "entity US: program_mrr_line is missing"),
    (no_file, {"P2", "P3"}, "entity US: billing database not readable"),
]


@pytest.fixture
def undisturbed(tmp_path: Path) -> World:
    folder = tmp_path / "undisturbed"
    folder.mkdir()
    made = three_partners(World(folder))
    made.settle(JUNE, on=GO_LIVE)
    return made


@pytest.mark.parametrize(("disturb", "held", "reason"), DISTURBANCES, ids=[each[0].__name__ for each in DISTURBANCES])
def test_a_fault_holds_its_partners_alone_and_a_later_run_releases_them(
    world: World, undisturbed: World, disturb: Callable[[World], Callable[[], Any]], held: set[str], reason: str
) -> None:
    sound = partners(undisturbed, JUNE)
    repair = disturb(three_partners(world))

    outcome = world.settle(JUNE, on=GO_LIVE)
    found, register = partners(world, JUNE), world.register(JUNE)
    assert (outcome.assigned, outcome.held) == (3 - len(held), len(held))
    assert {row["partner_id"] for row in register["held"]} == held
    assert all(row["reason"].startswith(reason) for row in register["held"])
    assert {key for key, row in found.items() if row["status"] == "held"} == held
    assert {key: found[key] for key in found.keys() - held} == {key: sound[key] for key in sound.keys() - held}
    assert [rates(world, key) for key in held] == [[]] * len(held)
    before = world.fingerprint()
    world.settle(JUNE, on=GO_LIVE)
    assert world.fingerprint() == before

    repair()
    outcome = world.settle(JUNE, on="2015-08-03")
    assert (outcome.assigned, outcome.held) == (len(held), 0)
    for key, row in partners(world, JUNE).items():
        begins = "2015-08-03" if key in held else GO_LIVE
        assert row == {**sound[key], "rate_valid_from": begins}
        assert [day for day, *_ in rates(world, key)] == [begins]
    assert world.register(JUNE)["buckets"] == undisturbed.register(JUNE)["buckets"]


def test_a_critical_finding_of_the_checks_holds_the_partners_of_the_entity(world: World) -> None:
    three_partners(world)
    with world.installation.database.writing() as connection:
        finding = Finding("US", "critical", "row_count", "far fewer lines than ever")
        snapshot_store.save_findings(connection, BillingMonth.parse(JUNE), [finding])
    world.settle(JUNE, on=GO_LIVE)
    reasons = {row["partner_id"]: row["reason"] for row in world.register(JUNE)["held"]}
    assert reasons == dict.fromkeys(["P2", "P3"], "entity US: far fewer lines than ever")


def test_a_held_partner_keeps_the_rate_it_has_and_its_grant_is_settled_by_the_release(world: World) -> None:
    world.grant("G1", "P2", 4, "2015-07-01", "2015-08-15")
    june_in_force(world)
    world.reopen(JULY, "US")
    world.settle(JULY, on="2015-08-20")
    row = partners(world, JULY)["P2"]
    assert (row["status"], row["tier"], row["monthly_fee_discount_bp"]) == ("held", None, 1500)
    assert (row["rate_valid_from"], row["grants"], row["letter"]) == (GO_LIVE, [], None)
    world.close(JULY, "US")
    world.settle(JULY, on="2015-08-25")
    row = partners(world, JULY)["P2"]
    assert (row["tier"], row["previous_tier"], row["rate_valid_from"]) == (1, 4, "2015-08-25")
    assert row["grants"] == [{"grant_id": "G1", "outcome": "lapsed"}]
    assert row["letter"]["kind"] == "grace_lapsed"


def test_a_partner_in_force_is_not_held_again_when_its_entity_fails_later(world: World) -> None:
    june_in_force(world)
    before = partners(world, JUNE)
    world.reopen(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE)
    assert partners(world, JUNE) == before
    assert world.register(JUNE)["held"] == []


def test_a_partner_in_force_whose_line_is_at_fault_later_is_not_held_when_another_one_joins(world: World) -> None:
    june_in_force(world)
    world.partner("P4", {"NL": "A4"})
    world.bill("A4", JUNE, 500_00)
    world.execute("NL", "UPDATE program_mrr_line SET term_months = 0 WHERE line_id = 'L1'")
    world.close(JUNE, "NL")
    world.load()
    outcome = world.settle(JUNE, today="2015-08-03")
    assert (outcome.assigned, outcome.held, world.register(JUNE)["held"]) == (1, 0, [])
    assert {row["status"] for row in partners(world, JUNE).values()} == {"assigned"}


# A month released after the next one was decided


def released_after_july(world: World) -> World:
    """P2 waits for June; July is decided for all, P2 in Tier 3; then June is released, P2 in Tier 1."""
    three_partners(world)
    world.bill("B2", JULY, 4_400_00, entity="US")
    world.close(JULY, "US")
    world.reopen(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE)
    world.settle(JULY, on="2015-08-20")
    world.close(JUNE, "US")
    world.settle(JUNE, on="2015-08-28")
    return world


def test_a_month_released_after_the_next_one_keeps_the_newer_rate(world: World) -> None:
    released_after_july(world)
    assert rates(world, "P2") == [("2015-08-20", 3, 1000)]
    row = partners(world, JUNE)["P2"]
    assert (row["status"], row["earned_tier"], row["letter"]) == ("assigned", 1, None)


def test_a_late_release_shows_the_rate_that_is_in_force_from_its_day(world: World) -> None:
    row = partners(released_after_july(world), JUNE)["P2"]
    assert (row["monthly_fee_discount_bp"], row["setup_fee_discount_bp"], row["sla"]) == (1000, 3500, "Gold")
    assert row["rate_valid_from"] == "2015-08-20"


def test_after_a_late_release_both_months_can_be_run_again(world: World) -> None:
    released_after_july(world)
    before = world.fingerprint()
    for month, day in ((JUNE, "2015-08-28"), (JULY, "2015-08-20")):
        assert world.settle(month, on=day).proposed == 0
        assert world.fingerprint() == before


def test_a_grant_settled_by_the_next_month_is_not_settled_again_by_a_late_release(world: World) -> None:
    world.grant("G1", "P2", 1, "2015-06-15", "2015-08-10")
    released_after_july(world)
    settled = world.rows(
        "SELECT billing_month, outcome FROM assessment_grant WHERE grant_id = 'G1' AND outcome IS NOT NULL"
    )
    assert settled == [(JULY, "confirmed")]
    assert partners(world, JUNE)["P2"]["grants"] == []


def test_a_release_never_takes_effect_before_an_earlier_month_did(world: World) -> None:
    three_partners(world).settle(JUNE, on="2015-08-10")
    world.reopen(JULY, "US")
    world.settle(JULY, on="2015-08-20")
    world.close(JULY, "US")
    with pytest.raises(Refusal, match="2015-08-05: another month took force on 2015-08-10"):
        world.settle(JULY, on="2015-08-05")
    assert [day for day, *_ in rates(world, "P2")] == ["2015-08-10"]


# Doing it again


def test_running_months_again_changes_no_byte(world: World) -> None:
    three_partners(world)
    days = {JUNE: GO_LIVE, JULY: "2015-08-20", "2015-08": "2015-09-10"}
    for month, day in days.items():
        world.settle(month, on=day)
    before = world.fingerprint()
    for month in (*days, *[JUNE] * 7):
        assert not world.settle(month, on=days[month]).changed
        assert world.fingerprint() == before


def test_running_a_month_again_on_another_day_keeps_the_day_that_was_written_down(world: World) -> None:
    three_partners(world).settle(JUNE, today="2015-08-03")
    before = world.fingerprint()
    outcome = world.settle(JUNE, today="2015-08-14")
    assert (str(outcome.effective_on), outcome.changed, world.fingerprint()) == ("2015-08-03", False, before)
    assert {row["rate_valid_from"] for row in partners(world, JUNE).values()} == {"2015-08-03"}


def test_a_day_asked_for_later_does_not_move_a_month_in_force(world: World) -> None:
    june_in_force(world)
    before = world.fingerprint()
    outcome = world.settle(JUNE, on="2015-08-14")
    assert (str(outcome.effective_on), outcome.changed, world.fingerprint()) == (GO_LIVE, False, before)


def test_a_partner_authorised_later_joins_the_month_without_touching_the_others(world: World) -> None:
    june_in_force(world)
    before = partners(world, JUNE)
    world.partner("P4", {"NL": "A4"})
    world.bill("A4", JUNE, 500_00)
    world.close(JUNE, "NL")
    world.load()
    world.settle(JUNE, today="2015-08-03")
    after = partners(world, JUNE)
    assert after.pop("P4")["rate_valid_from"] == "2015-08-03"
    assert after == before


def test_stages_out_of_step_with_their_inputs_refuse_to_go_on(world: World) -> None:
    three_partners(world)
    here, request = world.installation, world.request(JUNE, on=GO_LIVE)
    settle_installed(here, request)
    world.tables["partners"][0]["phone"] = "+31 20 2"
    world.load()
    with pytest.raises(Refusal, match=r"inputs changed while it was being decided .*: run it again"):
        MonthRun(here, request).assign_tiers()


def test_a_registry_that_changes_while_a_month_is_decided_refuses_the_month(world: World) -> None:
    def progress(step: str) -> None:
        if step == "assign_tiers":
            world.tables["partners"][0]["phone"] = "+31 20 2"
            world.load()

    three_partners(world)
    with pytest.raises(Refusal, match=r"inputs changed while it was being decided .*: run it again"):
        run_month(world.installation, world.request(JUNE, on=GO_LIVE), progress=progress)
    assert world.rows("SELECT * FROM settlement") == []


def test_a_disk_that_fills_up_is_reported_and_the_next_run_finishes_the_month(world: World, undisturbed: World) -> None:
    three_partners(world)
    here, request = world.installation, world.request(JUNE, on=GO_LIVE)
    empty, full = world.program_db.stat().st_size // 4096, undisturbed.program_db.stat().st_size // 4096
    limit = [empty]
    event.listen(here.database.engine, "checkout", lambda raw, *_: raw.execute(f"PRAGMA max_page_count = {limit[0]}"))
    for limit[0] in range(empty, full):
        with pytest.raises(Unavailable, match=r"^writing the programme database failed: database or disk is full$"):
            settle_installed(here, request)
        assert world.rows("SELECT * FROM settlement") == world.rows("SELECT * FROM discount_rate") == []
    world.settle(JUNE, on=GO_LIVE)
    assert world.dump() == undisturbed.dump()


# Other inputs for a month in force


def test_changed_inputs_for_a_month_in_force_are_proposed_and_overwrite_nothing(world: World) -> None:
    june_in_force(world)
    before, written = world.register(JUNE), rates(world, "P1")
    world.bill("A1", JUNE, 3_000_00)
    world.close(JUNE, "NL")
    outcome = world.settle(JUNE, on=GO_LIVE)
    assert (outcome.assigned, outcome.proposed) == (0, 1)
    day = date.fromisoformat(GO_LIVE)
    proposal = show_restatement(world.installation, BillingMonth.parse(JUNE), on=day, today=day).proposal
    assert set(proposal.differences) == {"P1"}
    assert {"mrr 2,000.00 EUR becomes 5,000.00 EUR", "earned_tier 2 becomes 3"} <= set(proposal.differences["P1"])
    assert world.register(JUNE) == before
    assert rates(world, "P1") == written
    proposed = world.fingerprint()
    world.settle(JUNE, on=GO_LIVE)
    assert world.fingerprint() == proposed


def test_changed_inputs_do_not_keep_a_held_partner_waiting(world: World) -> None:
    three_partners(world).reopen(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE)
    before = partners(world, JUNE)["P1"]
    world.bill("A1", JUNE, 3_000_00)
    world.close(JUNE)
    outcome = world.settle(JUNE, on="2015-08-03")
    assert (outcome.assigned, outcome.proposed) == (2, 1)
    assert tiers(world, JUNE) == {"P1": 2, "P2": 1, "P3": 3}
    assert partners(world, JUNE)["P1"] == before


def test_lines_of_an_unlinked_account_that_come_later_are_shown_without_a_restatement(world: World) -> None:
    june_in_force(world)
    before = partners(world, JUNE)
    world.bill("A9", JUNE, 700_00)
    world.close(JUNE, "NL")
    world.settle(JUNE, on=GO_LIVE)
    assert partners(world, JUNE) == before
    unmatched = [row for row in world.register(JUNE)["buckets"] if row["bucket"] == "unmatched"]
    assert [(row["lines"], row["net_amount_minor"]) for row in unmatched] == [(1, 700_00)]


# Leaving the programme


def test_a_partner_no_longer_authorised_gets_a_closing_rate_with_the_next_month_and_no_letter(world: World) -> None:
    june_in_force(world)
    world.tables["partners"][0]["status"] = "suspended"
    world.load()
    world.settle(JULY, on="2015-08-20")
    assert rates(world, "P1") == [(GO_LIVE, 2, 800), ("2015-08-20", 0, 0)]
    assert world.rows("SELECT partner_id FROM letter WHERE billing_month = ?", JULY) == []
    assert "P1" not in partners(world, JULY)
    before = world.fingerprint()
    world.settle(JULY, on="2015-08-20")
    assert world.fingerprint() == before


def test_a_partner_authorised_again_gets_its_tier_with_the_next_month(world: World) -> None:
    june_in_force(world)
    for status, month, day in (("suspended", JULY, "2015-08-20"), ("authorized", "2015-08", "2015-09-10")):
        world.tables["partners"][0]["status"] = status
        world.load()
        world.settle(month, on=day)
    assert rates(world, "P1") == [(GO_LIVE, 2, 800), ("2015-08-20", 0, 0), ("2015-09-10", 2, 800)]
    returned = partners(world, "2015-08")["P1"]
    assert (returned["previous_tier"], returned["tier"], returned["letter"]["kind"]) == (2, 2, "terms_changed")


def test_an_older_agreement_that_begins_or_ends_is_told_and_nothing_else_is(world: World) -> None:
    june_in_force(world)
    world.legacy("P1", 1_200, until="2015-09-10")
    world.tables["legacy_agreements"][-1]["valid_from"] = "2015-08-20"
    world.load()
    for month, day, bp in ((JULY, "2015-08-20", 1_200), ("2015-08", "2015-09-10", 800)):
        world.settle(month, on=day)
        letters = {key: row["letter"] for key, row in partners(world, month).items()}
        assert letters == {"P1": {"kind": "terms_changed", "status": "planned"}, "P2": None, "P3": None}
        assert partners(world, month)["P1"]["monthly_fee_discount_bp"] == bp
    before = world.fingerprint()
    world.settle("2015-08", on="2015-09-10")
    assert world.fingerprint() == before

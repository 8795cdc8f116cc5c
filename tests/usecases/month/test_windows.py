"""Months of a programme whose last three months count together: held, released, told, corrected; amounts by hand."""

from datetime import date
from pathlib import Path

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.desk.partner import partner_overview
from partner_program.usecases.grants import list_grants
from partner_program.usecases.month.restatement import Acceptance, accept_restatement, show_restatement
from partner_program.usecases.reports.near import near
from tests.programs import least
from tests.usecases.month.own_programme import OwnProgramme

JULY, AUGUST, SEPTEMBER, OCTOBER = "2015-07", "2015-08", "2015-09", "2015-10"
WINDOW = "measure:\n  months: 3\n  of: sum\n  short: as_is\n  reading: A quarter decides.\n"
TABLE = least((5_000_00, 500), (12_000_00, 1000), day="2010-01-01") + "company: LeaseWeb\n"


def three_months(folder: Path, text: str = TABLE + WINDOW) -> OwnProgramme:
    """P1 and P3 since 2014, P2 since 20 August; P3 at an entity that has not closed August."""
    world = OwnProgramme(folder, text)
    world.partner("P1", {"NL": "A1"})
    world.partner("P2", {"NL": "A2"}, authorized_on="2015-08-20")
    world.partner("P3", {"DE": "A3"})
    for month, cents in ((JULY, 1_000_00), (AUGUST, 2_000_00), (SEPTEMBER, 2_000_00), (OCTOBER, 500_00)):
        world.bill("A1", month, cents)
    for month, cents in ((JULY, 9_000_00), (AUGUST, 4_000_00), (SEPTEMBER, 999_99), (OCTOBER, 20_00)):
        world.bill("A2", month, cents)
    world.bill("A3", JULY, 6_000_00, entity="DE", months=4)
    world.ready(JULY, AUGUST, SEPTEMBER, OCTOBER)
    world.reopen(AUGUST, "DE")
    for month in (JULY, AUGUST):
        world.settle(month, history=True)
    return world


@pytest.fixture
def world(tmp_path: Path) -> OwnProgramme:
    return three_months(tmp_path)


def test_a_month_of_history_has_a_tier_where_its_window_is_whole(world: OwnProgramme) -> None:
    july, august = world.result(JULY, "P2"), world.result(AUGUST, "P2")
    assert (july["mrr_eur_cents"], july["tier"]) == (9_000_00, 1), "no month before it: it was not authorised"
    assert (august["qualifying_eur_cents"], august["tier"]) == (13_000_00, 2)
    assert world.result(JULY, "P1")["tier"] is None, "May and June lack"


def test_the_amount_is_that_of_three_months_and_a_month_that_lacks_holds_the_partner(world: OwnProgramme) -> None:
    world.settle(SEPTEMBER)
    first, second, held = (world.result(SEPTEMBER, each) for each in ("P1", "P2", "P3"))
    assert (first["mrr_eur_cents"], first["qualifying_eur_cents"], first["tier"]) == (2_000_00, 5_000_00, 1)
    assert first["window"] == [
        {"counted_month": JULY, "mrr_eur_cents": 1_000_00},
        {"counted_month": AUGUST, "mrr_eur_cents": 2_000_00},
    ]
    assert (second["qualifying_eur_cents"], second["tier"]) == (13_999_99, 2)
    assert held["status"] == "held"
    reasons = {each["partner_id"]: each["reason"] for each in world.register(SEPTEMBER)["held"]}
    assert reasons == {"P3": "the last 3 months count together; missing: 2015-08 (held)"}


def test_the_month_that_was_lacking_releases_the_partner(world: OwnProgramme) -> None:
    world.settle(SEPTEMBER)
    world.close(AUGUST, "DE")
    world.settle(AUGUST, history=True)
    world.settle(SEPTEMBER, today="2015-10-21")
    released = world.result(SEPTEMBER, "P3")
    assert (released["qualifying_eur_cents"], released["tier"]) == (18_000_00, 2)


def test_equal_inputs_change_nothing(world: OwnProgramme) -> None:
    world.settle(SEPTEMBER)
    before = world.fingerprint()
    world.settle(SEPTEMBER)
    assert world.fingerprint() == before


def test_a_month_that_nobody_settled_is_named(tmp_path: Path) -> None:
    world = OwnProgramme(tmp_path, TABLE + WINDOW)
    world.partner("P1", {"NL": "A1"})
    world.partner("P2", {"NL": "A2"}, authorized_on="2015-09-30")
    world.ready(SEPTEMBER)
    world.settle(SEPTEMBER)
    held = world.register(SEPTEMBER)["held"]
    assert [each["partner_id"] for each in held] == ["P1"], "September is the first month of P2"
    assert "missing: 2015-07 (not settled), 2015-08 (not settled)" in held[0]["reason"]


def test_the_letter_has_a_row_a_month_the_sum_and_what_leaves(world: OwnProgramme) -> None:
    world.run(SEPTEMBER)
    text = world.letter(SEPTEMBER, "P1")
    assert "Your tier is decided by your months from July 2015 to September 2015 together: €5,000.00." in text
    rows = text[text.index("The months that count: from July 2015 to September 2015") :]
    for line in ("July 2015: €1,000.00", "August 2015: €2,000.00", "September 2015: €2,000.00", "Total: €5,000.00"):
        assert f"\n  {line}\n" in rows
    assert "At the next count July 2015, with €1,000.00, is no longer among them." in rows
    assert "Tier 2 begins at €12,000.00 of recurring revenue in 3 months: €7,000.00 more" in rows
    html = (world.folder / "out" / "letters" / SEPTEMBER / "P1.html").read_text("utf-8")
    assert 'data-part="window"' in html


def test_explain_has_a_row_a_month_and_their_sum(world: OwnProgramme) -> None:
    world.settle(SEPTEMBER)
    said = world.command_line.must("explain", "P1", SEPTEMBER).stdout
    assert "3 of 3 months" in said
    for row in (("2015-07", "1,000.00"), ("2015-08", "2,000.00"), ("2015-09", "2,000.00"), ("sum", "5,000.00")):
        assert any(all(cell in line for cell in row) for line in said.splitlines()), row
    assert "sum of 3 months 5,000.00 EUR: tier 1, from 5,000.00 up to 12,000.00" in said
    table = world.command_line.must("register", SEPTEMBER).stdout
    assert "qualifies EUR" in table
    assert "13,999.99" in table
    header = world.command_line.must("register", SEPTEMBER, "--format", "csv").stdout.splitlines()[0]
    assert header.endswith("qualifying_eur_cents")


def test_an_older_month_restated_changes_no_later_one_and_names_it(world: OwnProgramme) -> None:
    world.settle(SEPTEMBER)
    was = world.register(SEPTEMBER)
    world.bill("A1", AUGUST, 8_000_00)
    world.close(AUGUST, "NL")
    world.settle(AUGUST, history=True, today="2015-10-21")
    month, day = BillingMonth.parse(AUGUST), date(2015, 10, 21)
    (shown,) = show_restatement(world.installation, month, on=day, today=day).consequences
    assert (shown.partner_id, [str(each) for each in shown.counted_by]) == ("P1", [SEPTEMBER])
    said = world.command_line.must("restatement", "show", AUGUST).stdout
    assert "counted with the total before in 2015-09" in " ".join(said.split())
    accept_restatement(world.installation, month, Acceptance(day, "Kim", "a late line"), today=day)
    world.settle(SEPTEMBER, today="2015-10-22")
    assert world.register(SEPTEMBER) == was
    world.settle(OCTOBER)
    october = world.result(OCTOBER, "P1")
    assert (october["qualifying_eur_cents"], october["tier"]) == (12_500_00, 2), "10,000 and 2,000 and 500"


def test_what_is_missing_to_the_next_tier_is_of_the_amount(world: OwnProgramme) -> None:
    world.settle(SEPTEMBER)
    found = near(world.installation, BillingMonth.parse(SEPTEMBER), within_bp=2000)
    rows = {row.partner_id: (row.to_next_cents, row.above_own_cents) for row in found.tables[0].rows}
    assert rows == {"P1": (7_000_00, 0), "P2": (None, 1_999_99)}
    overview = partner_overview(world.installation, "P1", on=date(2015, 10, 21))
    assert (overview.gap_eur_cents, overview.next_tier) == (7_000_00, 2)


def test_a_grace_period_is_confirmed_by_the_amount(world: OwnProgramme) -> None:
    world.grant("G1", "P1", 1, "2015-09-01", "2015-12-01")
    world.grant("G2", "P2", 2, "2015-09-01", "2015-12-01")
    world.load()
    world.settle(SEPTEMBER)
    standings = list_grants(world.installation, on=date(2015, 10, 21), settled=True)
    assert {each.grant_id: (each.state, each.counted_eur_cents) for each in standings} == {
        "G1": ("confirmed", 5_000_00),
        "G2": ("confirmed", 13_999_99),
    }


def test_a_held_partner_rises_early_by_the_amount(tmp_path: Path) -> None:
    """P3's known part of September is 6,000.00; with July and August it reaches 12,000.00 and more."""
    readings = "readings:\n  rise_on_partial: {value: true, reading: x}\n"
    world = three_months(tmp_path, TABLE + WINDOW + readings)
    world.close(AUGUST, "DE")
    world.settle(AUGUST, history=True)
    bad = {"service_start": "2015-09-01", "service_end": "2015-10-01", "term_months": 0}
    world.bill("A3", SEPTEMBER, 10_00, entity="DE", **bad)
    world.close(SEPTEMBER, "DE")
    world.settle(SEPTEMBER)
    held = world.result(SEPTEMBER, "P3")
    assert (held["status"], held["monthly_fee_discount_bp"]) == ("held", 1000)


def test_a_short_window_may_be_projected(tmp_path: Path) -> None:
    world = three_months(tmp_path, TABLE + WINDOW.replace("as_is", "projected"))
    july, august = world.result(JULY, "P2"), world.result(AUGUST, "P2")
    assert (july["qualifying_eur_cents"], july["tier"]) == (27_000_00, 2), "one month of three, 9,000.00: three times"
    assert august["qualifying_eur_cents"] == 19_500_00, "two of three, 13,000.00: half as much again"
    world.settle(SEPTEMBER)
    whole = world.result(SEPTEMBER, "P2")
    assert whole["qualifying_eur_cents"] == 13_999_99, "a whole window is not projected"

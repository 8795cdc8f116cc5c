"""The rules about tiers in a programme file: a window of months, when a tier may change, a brake of reviews."""

from pathlib import Path

import pytest

from partner_program.adapters.files.program import load_program
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.large_change import LargeChange
from partner_program.domain.measure import Measure
from partner_program.domain.program import Program
from partner_program.domain.refusals import UnsoundFiles
from partner_program.domain.tier_changes import Changes
from tests.programs import least

WHY = "  reading: x\n"


def read(tmp_path: Path, more: str) -> Program:
    path = tmp_path / "draft.yaml"
    path.write_text(least((500_00, 500), (2_000_00, 800)) + more, "utf-8")
    return load_program(path)


def faults(tmp_path: Path, more: str) -> str:
    with pytest.raises(UnsoundFiles) as refused:
        read(tmp_path, more)
    return str(refused.value)


def test_without_the_keys_a_month_decides_alone_and_at_once(tmp_path: Path) -> None:
    program = read(tmp_path, "")
    assert (program.measure, program.changes) == (None, None)


def test_each_key_is_read(tmp_path: Path) -> None:
    window = f"measure:\n  months: 12\n  of: sum\n  short: projected\n{WHY}"
    rules = f"changes:\n  rises: monthly\n  drops: review\n  review_months: [6, 12]\n  drop_steps: one\n{WHY}"
    brake = "brake:\n  review_lowered_share_bp: {value: 4000, reading: x}\n"
    program = read(tmp_path, window + rules + brake)
    assert program.measure == Measure(12, "sum", "projected")
    assert program.changes == Changes("monthly", "review", (6, 12), 1, "one")
    shares = [program.brake_in(BillingMonth(2026, month)).lowered_share_bp for month in (5, 6)]
    assert shares == [1000, 4000]


def test_what_changes_does_not_say_is_each_month(tmp_path: Path) -> None:
    assert read(tmp_path, f"changes:\n  drop_after_months: 3\n{WHY}").changes == Changes(
        "monthly", "monthly", (), 3, "any"
    )
    assert read(tmp_path, f"changes:\n  drops: never\n{WHY}").changes == Changes("monthly", "never", (), 1, "any")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (f"measure:\n  months: 0\n  of: sum\n  short: as_is\n{WHY}", "measure.months"),
        (f"measure:\n  months: 121\n  of: sum\n  short: as_is\n{WHY}", "measure.months"),
        (f"measure:\n  months: 3\n  of: median\n  short: as_is\n{WHY}", "measure.of"),
        (f"measure:\n  months: 3\n  of: sum\n{WHY}", "measure.short: is missing"),
        ("measure:\n  months: 3\n  of: sum\n  short: as_is\n", "measure.source: is missing"),
        (f"measure:\n  months: 3\n  of: sum\n  short: as_is\n  weeks: 2\n{WHY}", "measure.weeks: is not a known key"),
        (f"changes:\n  rises: never\n  drops: never\n{WHY}", "changes.rises"),
        (f"changes:\n  rises: monthly\n  drops: review\n{WHY}", "changes.review_months: is missing"),
        (f"changes:\n  rises: monthly\n  drops: review\n  review_months: [13]\n{WHY}", "changes.review_months[1]"),
        (f"changes:\n  rises: monthly\n  drops: review\n  review_months: [12, 6]\n{WHY}", "is not in order"),
        (f"changes:\n  rises: monthly\n  drops: review\n  review_months: []\n{WHY}", "is an empty list"),
        (f"changes:\n  rises: monthly\n  drops: monthly\n  drop_after_months: 0\n{WHY}", "changes.drop_after_months"),
        (f"changes:\n  rises: monthly\n  drops: monthly\n  drop_steps: two\n{WHY}", "changes.drop_steps"),
    ],
)
def test_a_rule_that_is_unsound_is_named(tmp_path: Path, more: str, said: str) -> None:
    assert said in faults(tmp_path, more)


def large(at_least: int, *alone: int) -> str:
    """The section of large changes."""
    by_itself = "".join(f"  alone_cents: {each}\n" for each in alone)
    return f"large_change:\n  at_least_cents: {at_least}\n{by_itself}{WHY}"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", LargeChange(500_00, 10_000_00)),
        ("currency: {code: USD}\n", LargeChange(500_00, 10_000_00)),
        ("currency: {code: IDR, decimals: 0}\n", LargeChange(1, None)),
        ("currency: {label: pts, decimals: 0}\n", LargeChange(1, None)),
        ("currency: {code: IDR, decimals: 0}\n" + large(8_000_000, 150_000_000), LargeChange(8_000_000, 150_000_000)),
        (large(600_00), LargeChange(600_00, None)),
        (large(600_00, 600_00), LargeChange(600_00, 600_00)),
    ],
)
def test_which_changes_are_large_follows_the_file_or_the_unit(tmp_path: Path, more: str, expected: LargeChange) -> None:
    assert read(tmp_path, more).large_change == expected


@pytest.mark.parametrize(
    ("more", "floor"),
    [
        ("", 10_000_00),
        ("currency: {code: USD}\n", 10_000_00),
        ("currency: {code: IDR, decimals: 0}\n", 0),
        ("currency: {label: pts, decimals: 0}\n", 0),
    ],
)
def test_an_entity_that_counts_whole_units_stops_a_run_by_its_share_alone(
    tmp_path: Path, more: str, floor: int
) -> None:
    """A million cents are 10,000.00 euros; a million points may be more than a company ever counts."""
    assert read(tmp_path, more).brake.entity_total_move_at_least_cents == floor
    said = "brake:\n  entity_total_move_at_least_cents:\n    value: 70\n    reading: x\n"
    assert read(tmp_path, more + said).brake.entity_total_move_at_least_cents == 70


def test_what_is_large_decides_no_month(tmp_path: Path) -> None:
    assert read(tmp_path, large(7)).file_hash == read(tmp_path, "").file_hash


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (large(0), "large_change.at_least_cents: '0' is not allowed"),
        (large(600_00, 599_99), "large_change.alone_cents: 59999 is below at_least_cents, expected at least 60000"),
        (f"large_change:\n  alone_cents: 5\n{WHY}", "large_change.at_least_cents: is missing"),
        ("large_change:\n  at_least_cents: 5\n", "source: is missing"),
    ],
)
def test_large_changes_at_fault_are_refused(tmp_path: Path, more: str, fault: str) -> None:
    assert fault in faults(tmp_path, more)

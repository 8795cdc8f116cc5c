"""`simulate`: counts for people and programs, the partners that differ for a spreadsheet, refusals by name."""

import csv
import io
import re
from pathlib import Path

import pytest

from partner_program.adapters.files.program import load_program
from partner_program.usecases.installation import PROJECT
from tests.cli.conftest import FORMULAS

USED = PROJECT / "include" / "program" / "2015-07-27.yaml"
JUNE = ("--from", "2015-06", "--to", "2015-06")


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """Tier 1 begins at 500.01: partners with 500.00 lose it, and nobody else moves."""
    path = tmp_path / "draft.yaml"
    path.write_text(USED.read_text("utf-8").replace("from_mrr_cents: 50000\n", "from_mrr_cents: 50001\n"), "utf-8")
    return path


def test_text_counts_moves_and_names_each_partner_that_differs(settled, draft):
    answer = settled("simulate", "--program", draft, *JUNE)

    assert (answer.status, answer.stderr) == (0, "")
    lines = [line.strip() for line in answer.stdout.splitlines()]
    assert lines[0] == "2015-06, in force from 2015-07-27: 6 partners, 1 held, 4 differ"
    assert {"tier: 0 up, 4 down", "1 -> none: 4"} <= set(lines)
    assert "monthly fee discount lower: 4 partners, counted MRR 2,000.00 EUR" in lines
    assert "=cmd(): tier 1 -> none, 5 % monthly, 10 % setup, Bronze -> 0 % monthly, 0 % setup, no SLA" in lines


def test_json_has_the_counts_and_the_partners_in_whole_cents_and_basis_points(settled, draft):
    answer = settled("simulate", "--program", draft, *JUNE, "--format", "json").json

    (june,) = answer["months"]
    assert answer["program"]["file"] == "draft.yaml"
    assert {"in_force": 1, "simulated": 0, "partners": 4} in june["tiers"]
    assert sum(row["partners"] for row in june["tiers"]) == june["partners"] == 6
    # four partners, 500.00 EUR and 5 points each
    assert june["monthly_fee_discount"] == {
        "higher": {"partners": 0, "mrr_eur_cents": 0},
        "lower": {"partners": 4, "mrr_eur_cents": 4 * 500_00},
        "mrr_cents_times_bp": -4 * 500_00 * 500,
    }
    assert june["differing"][0] == {
        "billing_month": "2015-06",
        "partner_id": "+31",
        "mrr_eur_cents": 500_00,
        "tier_in_force": 1,
        "tier_simulated": 0,
        "monthly_fee_discount_bp_in_force": 500,
        "monthly_fee_discount_bp_simulated": 0,
        "setup_fee_discount_bp_in_force": 1000,
        "setup_fee_discount_bp_simulated": 0,
        "sla_in_force": "Bronze",
        "sla_simulated": None,
    }


def test_csv_has_a_row_for_each_partner_that_differs_and_no_formula(settled, draft):
    answer = settled("simulate", "--program", draft, *JUNE, "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(answer.stdout)))
    assert {row["partner_id"] for row in rows} == {f"'{each}" for each in FORMULAS}
    assert {(row["tier_in_force"], row["tier_simulated"]) for row in rows} == {("1", "0")}


def test_the_file_that_was_used_gives_a_csv_without_rows(settled):
    answer = settled("simulate", "--program", USED, *JUNE, "--format", "csv")

    assert (answer.status, answer.stdout.count("\r\n")) == (0, 1)


def test_a_month_that_is_not_settled_is_refused_by_name(settled, draft):
    answer = settled("simulate", "--program", draft, "--from", "2015-06", "--to", "2015-08")

    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr == ("refused: not assessed: 2015-07, 2015-08; only settled months can be simulated\n")


def test_a_programme_file_with_a_fault_is_refused_with_its_line(settled, draft):
    draft.write_text(draft.read_text("utf-8").replace("from_mrr_cents: 50001", "from_mrr_cents: 500.01"), "utf-8")
    answer = settled("simulate", "--program", draft, *JUNE)

    assert (answer.status, answer.stdout) == (1, "")
    assert "draft.yaml:23: tiers[1].from_mrr_cents" in answer.stderr


SWEEP = ("--vary", "tiers.1.from_mrr_cents=50000..50001/1")


def test_drafts_are_compared_and_the_cheaper_one_takes_a_discount_from_four(settled):
    answer = settled("simulate", *JUNE, *SWEEP, "--format", "json").json

    by_words = {each["words"]: each for each in answer["drafts"]}
    assert by_words["nothing"]["difference_cents"] == 0
    other = by_words["tier 1 from 500.01"]
    # four partners, 500.00 EUR and 5 points each
    assert (other["difference_cents"], other["losers"], other["winners"]) == (-4 * 25_00, 4, 0)


def test_drafts_say_that_prices_change_orders_and_that_all_months_chose(settled):
    """What is over-fitted or taken for a forecast is chosen with both sentences before one's eyes."""
    said = " ".join(settled("simulate", *JUNE, *SWEEP, "--format", "json").json["said"])

    assert re.search(r"No forecast: .* nobody knows what other prices would have changed", said)
    assert "No month is held out: a draft that all months choose may fit these alone" in said


def test_several_files_are_compared_by_their_names(settled, draft):
    said = settled("simulate", "--program", USED, "--program", draft, *JUNE).stdout

    assert "2 drafts over 2015-06 to 2015-06" in said
    assert "draft.yaml" in said


def test_a_draft_is_written_as_a_file_that_loads_and_never_over_another(settled, tmp_path):
    save = ("simulate", *JUNE, *SWEEP, "--save", "2", "--in-force-from", "2016-01-01", "--into", tmp_path)

    assert settled(*save).stdout == f"wrote {tmp_path}/2016-01-01.yaml\n"
    written = load_program(tmp_path / "2016-01-01.yaml")
    assert (written.in_force_from.isoformat(), written.tiers[0].from_mrr_cents) == ("2016-01-01", 500_01)
    assert settled(*save).status == 0
    other = settled(*(word if word != "2" else "1" for word in save))
    assert other.status == 1
    assert "is there already" in other.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (JUNE, "which programme"),
        ((*JUNE, "--vary", "tiers.1.sla=1..2/1"), "expected as in"),
        ((*JUNE, "--program", USED, "--held-out", "1"), "for several drafts"),
        ((*JUNE, *SWEEP, "--save", "1"), "--save needs the day"),
    ],
)
def test_what_says_too_little_is_wrong_usage(settled, words, said):
    answer = settled("simulate", *words)

    assert answer.status == 2
    assert said in answer.stderr


def test_not_every_month_can_be_held_out(settled):
    answer = settled("simulate", *JUNE, *SWEEP, "--held-out", "1")

    assert (answer.status, "expected fewer than all" in answer.stderr) == (1, True)

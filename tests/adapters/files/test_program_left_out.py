"""What a company does not have is left out of its programme file: absent is no such rule, or the default."""

from pathlib import Path

import pytest

from partner_program.adapters.files.program import load_program
from partner_program.domain.program import HIGHEST_LINE_MINOR, Brake, LargestLine, Program, Readings, Tier
from partner_program.domain.refusals import UnsoundFiles
from tests.programs import least

TABLE = least((0, 500), (1_000_00, 1_000), (5_000_00, 2_000))
NAMED = least((0, 500), (1_000_00, 1_000), (5_000_00, 2_000), names=["Silver", "Gold", "'Partner #1'"])


def loaded(tmp_path: Path, text: str) -> Program:
    path = tmp_path / "2015-07-27.yaml"
    path.write_text(text, encoding="utf-8")
    return load_program(path)


def faults_of(tmp_path: Path, text: str) -> list[str]:
    """The faults of a programme file, without its name and their lines; fails if there are none."""
    with pytest.raises(UnsoundFiles) as refused:
        loaded(tmp_path, text)
    return [fault.split(": ", 1)[1] for fault in refused.value.faults]


def in_rows(text: str, *values: str) -> str:
    """The table with a line more in each row; "" leaves a row as it is."""
    parts = text.split("    reading: x\n")
    lines = (f"    {value}\n" if value else "" for value in values)
    return "".join(f"{part}{line}    reading: x\n" for part, line in zip(parts, lines, strict=False)) + parts[-1]


def test_a_day_a_time_zone_and_a_table_are_a_programme(tmp_path: Path) -> None:
    found = loaded(tmp_path, TABLE)
    assert found.tiers == (Tier(1, 0, 500), Tier(2, 1_000_00, 1_000), Tier(3, 5_000_00, 2_000))
    assert (found.promotion_cap_bp, found.prepayment_bp, found.shortening) == (None, None, None)
    assert (found.no_commitment_excludes, found.products, found.benefits) == ((), (), ())
    assert found.authorisation_requirements == ()
    assert (found.promotions, found.applies_to) == ("added", "new_orders")
    assert found.components == ("monthly_fee",)


def test_what_has_a_default_has_that_of_2015(tmp_path: Path) -> None:
    found = loaded(tmp_path, TABLE)
    assert found.readings == Readings("hold", rise_on_partial=False, stacking="additive", notify="on_change")
    assert found.brake == Brake(10_00, 5, 30_00, 10_000_00)
    assert found.sla_levels == ("Bronze", "Silver", "Gold", "Platinum")
    assert (found.rate_move_limit_bp, found.dispute_due_days) == (10_00, 30)
    assert (found.approval, found.benefit_approval) == ("none", "anybody")


def test_no_line_is_too_large_where_the_file_has_no_limit(tmp_path: Path) -> None:
    """A company in rupiahs or won would be held for a limit in another money."""
    assert loaded(tmp_path, TABLE).largest_line == LargestLine(HIGHEST_LINE_MINOR)


@pytest.mark.parametrize("section", ["readings", "brake"])
def test_one_key_of_a_section_leaves_the_others_at_their_defaults(tmp_path: Path, section: str) -> None:
    rows = {"readings": "  notify:\n    value: always\n", "brake": "  lowered_at_least:\n    value: 2\n"}
    found = loaded(tmp_path, f"{TABLE}{section}:\n{rows[section]}    reading: x\n")
    assert found.readings == (Readings(notify="always") if section == "readings" else Readings())
    assert found.brake == (Brake(lowered_at_least=2) if section == "brake" else Brake())


@pytest.mark.parametrize("key", ["sla: Gold", "setup_fee_discount_bp: 0", "name: Basic"])
def test_a_component_or_a_name_is_in_every_row_or_in_none(tmp_path: Path, key: str) -> None:
    name = key.split(":")[0]
    assert faults_of(tmp_path, in_rows(TABLE, key, "", "")) == [
        f"tiers[{row}].{name}: is missing, expected it in every row, since another row has it, or in none"
        for row in (2, 3)
    ]


def test_a_setup_fee_discount_of_nothing_is_a_rule_and_not_none(tmp_path: Path) -> None:
    found = loaded(tmp_path, in_rows(TABLE, *["setup_fee_discount_bp: 0"] * 3))
    assert [row.setup_fee_discount_bp for row in found.tiers] == [0, 0, 0]
    assert found.has("setup_fee")


# Names


def test_tiers_have_names_of_their_own(tmp_path: Path) -> None:
    found = loaded(tmp_path, NAMED)
    assert [found.tier_name(tier) for tier in range(4)] == ["", "Silver", "Gold", "Partner #1"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Silver", "Silver is the name of a row before, expected each name once"),
        ("Tier 2", "'Tier 2' reads like a tier's number, expected a name of its own, as in Gold"),
        ("'3'", "'3' reads like a tier's number"),
        ("None", "'None' reads like a tier's number"),
        ("' '", "is empty, expected a text"),
        ("G" * 41, "has 41 characters, expected at most 40"),
        ("NO", "is a boolean to YAML"),
    ],
)
def test_a_name_is_a_proper_name_and_no_two_rows_have_one(tmp_path: Path, name: str, words: str) -> None:
    (fault,) = faults_of(tmp_path, NAMED.replace("name: Gold", f"name: {name}"))
    assert fault.startswith("tiers[2].name: ")
    assert words in fault


# Service levels


def test_a_company_has_its_own_words_for_service_levels(tmp_path: Path) -> None:
    own = "sla_levels: [Office hours, Round the clock]\n"
    rows = in_rows(TABLE, "sla: Office hours", "sla: Office hours", "sla: Round the clock")
    found = loaded(tmp_path, own + rows)
    assert [row.sla for row in found.tiers] == ["Office hours", "Office hours", "Round the clock"]
    assert [found.sla_rank(level) for level in (None, *found.sla_levels)] == [0, 1, 2]
    (fault,) = faults_of(tmp_path, own + rows.replace("sla: Round the clock", "sla: Platinum"))
    assert "tiers[3].sla: 'Platinum' is not known, expected Office hours or Round the clock" in fault
    falling = in_rows(TABLE, "sla: Round the clock", "sla: Office hours", "sla: Office hours")
    assert "Office hours is lower than in the row before" in faults_of(tmp_path, own + falling)[0]


def test_a_level_is_listed_once(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, "sla_levels: [Basic, Plus, Basic]\n" + TABLE)
    assert fault == "sla_levels: lists Basic twice, expected each level once, lowest first"


# One word each


@pytest.mark.parametrize("word", ["added", "best_of", "exclusive"])
def test_how_promotions_combine_is_a_word(tmp_path: Path, word: str) -> None:
    assert loaded(tmp_path, f"{TABLE}promotions:\n  value: {word}\n  reading: x\n").promotions == word


@pytest.mark.parametrize("word", ["new_orders", "all_services"])
def test_what_a_new_rate_applies_to_is_a_word(tmp_path: Path, word: str) -> None:
    assert loaded(tmp_path, f"{TABLE}applies_to:\n  value: {word}\n  reading: x\n").applies_to == word


@pytest.mark.parametrize(("key", "near"), [("promotions", "exclusiv"), ("applies_to", "all_service")])
def test_another_word_is_refused(tmp_path: Path, key: str, near: str) -> None:
    (fault,) = faults_of(tmp_path, f"{TABLE}{key}:\n  value: {near}\n  reading: x\n")
    assert fault.startswith(f"{key}.value: '{near}' is not known")


# What needs something else


def test_products_without_a_one_month_term_need_a_longer_one(tmp_path: Path) -> None:
    more = "products:\n  - name: rack\n    reading: x\nno_commitment_excludes:\n  - product: rack\n    reading: x\n"
    (fault,) = faults_of(tmp_path, TABLE + more)
    assert fault.startswith("no_commitment_excludes: excludes the only term")


def test_terms_of_benefits_and_answers_need_the_list_that_they_are_about(tmp_path: Path) -> None:
    terms = "benefit_terms:\n  - benefit: mdf\n    days: 3\n    reading: x\n"
    answers = "application_answers:\n  - field: website\n    expects: website\n    reading: x\n"
    assert faults_of(tmp_path, TABLE + terms + answers) == [
        "benefit_terms[1].benefit: mdf is not listed in benefits, expected one of its rows",
        "application_answers[1].field: website is not listed in authorisation_requirements, expected one of its rows",
    ]


def test_without_a_cap_a_tier_may_give_the_whole_price(tmp_path: Path) -> None:
    assert loaded(tmp_path, TABLE.replace("_bp: 2000", "_bp: 10000")).tiers[2].monthly_fee_discount_bp == 10_000

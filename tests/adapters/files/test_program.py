"""The programme of 27 July 2015 is as its text says, and a programme file with any fault is refused."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from partner_program.adapters.files.program import load_program, load_programs
from partner_program.domain.program import BenefitTerms, Brake, LargestLine, Need, Program, Readings, Shortening, Tier
from partner_program.domain.refusals import UnsoundFiles
from tests.programs import guarding_rates, requiring_staff, with_tiers

FOLDER = Path(__file__).parents[3] / "include" / "program"
FIRST = FOLDER / "2015-07-27.yaml"


@pytest.fixture(scope="module")
def first() -> Program:
    return load_program(FIRST)


OWN = "  net_amount_minor: 1000000000\n  by_currency:\n    {}: {}\n"


def faults_of(tmp_path: Path, content: str | bytes) -> list[str]:
    """The faults of a programme file; fails if there are none."""
    path = tmp_path / "2015-07-27.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(UnsoundFiles) as refused:
        load_program(path)
    return refused.value.faults


def changed(old: str, new: str) -> str:
    """The real file with one place changed."""
    text = FIRST.read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new, 1)


def line_of(text: str, wanted: str) -> int:
    return text[: text.index(wanted)].count("\n") + 1


# What the programme's text says


def test_the_tier_table_is_that_of_the_text(first: Program) -> None:
    assert first.tiers == (
        Tier(1, 500_00, 5_00, 10_00, "Bronze"),
        Tier(2, 2_000_00, 8_00, 20_00, "Silver"),
        Tier(3, 5_000_00, 10_00, 35_00, "Gold"),
        Tier(4, 10_000_00, 15_00, 50_00, "Gold"),
        Tier(5, 20_000_00, 20_00, 75_00, "Platinum"),
        Tier(6, 40_000_00, 25_00, 100_00, "Platinum"),
    )


def test_it_goes_live_on_27_july_2015_in_dutch_days(first: Program) -> None:
    assert (first.in_force_from, first.time_zone) == (date(2015, 7, 27), "Europe/Amsterdam")


def test_prepayment_rises_with_the_term(first: Program) -> None:
    assert first.prepayment_bp == {1: 0, 3: 2_50, 6: 5_00, 12: 10_00, 24: 20_00, 36: 30_00}


def test_shortening_is_defined_for_a_12_month_contract_only(first: Program) -> None:
    assert first.shortening == Shortening(12, {1: 10_00, 3: 7_50, 6: 5_00})


def test_promotions_add_up_to_the_highest_tier(first: Program) -> None:
    assert first.promotion_cap_bp == 25_00


def test_private_racks_and_private_cloud_have_no_one_month_term(first: Program) -> None:
    assert first.no_commitment_excludes == ("private_rack", "private_cloud")


def test_a_quote_may_name_every_product_family_that_billing_names(first: Program) -> None:
    billed = {"dedicated_server", "cdn", "cloud", "colocation", "private_rack", "private_cloud", "license"}
    assert billed <= set(first.products)


def test_the_readings_are_the_cautious_ones(first: Program) -> None:
    assert first.readings == Readings("hold", rise_on_partial=False, stacking="additive", notify="on_change")


def test_the_brake_stops_at_10_percent_lowered_or_30_percent_moved(first: Program) -> None:
    assert first.brake == Brake(
        lowered_share_bp=10_00,
        lowered_at_least=5,
        entity_total_move_bp=30_00,
        entity_total_move_at_least_cents=10_000_00,
    )


FLOOR = "brake:\n  entity_total_move_at_least_cents:\n    value: {}\n    reading: x\n"


@pytest.mark.parametrize("cents", [0, 1, 500_000])
def test_a_later_file_may_say_from_how_many_euros_on_an_entity_stops_a_run(tmp_path: Path, cents: int) -> None:
    path = tmp_path / "2015-07-27.yaml"
    path.write_text(changed("brake:\n", FLOOR.format(cents)), "utf-8")
    assert load_program(path).brake.entity_total_move_at_least_cents == cents


@pytest.mark.parametrize("cents", [-1, "10.5", "ten"])
def test_a_floor_that_is_no_whole_number_of_cents_is_refused(tmp_path: Path, cents: object) -> None:
    (fault,) = faults_of(tmp_path, changed("brake:\n", FLOOR.format(cents)))
    assert "brake.entity_total_move_at_least_cents.value" in fault


def test_a_line_above_ten_million_is_looked_at(first: Program) -> None:
    assert first.largest_line == LargestLine(10_000_000_00)


MARKED = "Marketing Collateral|Partner Program branding|Partner Program Certificate|Partner Locator|\
Onboarding/Online Training|Special promotions|Grace Period|Service Level Agreement|Knowledge Base|API access"
ON_REQUEST = "MDF|Seeding Options|Post Payment|Pre-sales and Solution Architect|LeaseWeb Customer Portal access"
LOST = "Data center visits|PR/Case study|Seminar training|Proof of Concept|Dedicated Account Manager"


def test_a_currency_may_have_a_largest_line_of_its_own_and_the_others_keep_the_one_of_all(tmp_path: Path) -> None:
    path = tmp_path / "2015-07-27.yaml"
    path.write_text(changed("  net_amount_minor: 1000000000\n", OWN.format("JPY", "160000000000")), encoding="utf-8")
    limit = load_program(path).largest_line
    assert (limit.of("JPY"), limit.of("EUR"), limit.of(None)) == (160_000_000_000, 10_000_000_00, 10_000_000_00)


@pytest.mark.parametrize(
    ("code", "amount", "words"),
    [("yen", "5", "largest_line.yen"), ("JPY", "0", "largest_line.by_currency.JPY"), ("JPY", "ten", "a text")],
)
def test_a_largest_line_of_no_currency_or_no_amount_is_refused(
    tmp_path: Path, code: str, amount: str, words: str
) -> None:
    found = faults_of(tmp_path, changed("  net_amount_minor: 1000000000\n", OWN.format(code, amount)))
    assert any(words.rpartition(".")[2] in fault and "largest_line.by_currency" in fault for fault in found)


@pytest.mark.parametrize(("names", "availability"), [(MARKED, "yes"), (ON_REQUEST, "on_request"), (LOST, "unknown")])
def test_a_benefit_is_the_same_in_all_six_tiers(first: Program, names: str, availability: str) -> None:
    of_name = {benefit.name: benefit.tiers for benefit in first.benefits}
    assert {name: of_name[name] for name in names.split("|")} == dict.fromkeys(names.split("|"), (availability,) * 6)


def test_the_matrix_has_the_rows_of_the_text_and_the_three_that_are_only_described(first: Program) -> None:
    assert {benefit.name for benefit in first.benefits} == set(f"{MARKED}|{ON_REQUEST}|{LOST}".split("|"))
    marketing = [benefit.name for benefit in first.benefits if benefit.group == "marketing"]
    assert marketing == [
        "MDF",
        "Marketing Collateral",
        "Partner Program branding",
        "Data center visits",
        "PR/Case study",
        "Partner Program Certificate",
        "Partner Locator",
    ]


def test_only_the_two_benefits_that_the_text_does_not_describe_have_no_description(first: Program) -> None:
    empty = [benefit.key for benefit in first.benefits if not benefit.description]
    assert empty == ["partner_locator", "seminar_training"]


def test_seeding_is_limited_to_five_servers(first: Program) -> None:
    seeding = next(benefit for benefit in first.benefits if benefit.key == "seeding_options")
    assert "up to five servers" in seeding.description


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("expects: maybe", "'maybe' is not known, expected answer or text or yes"),
        ("never: []", "is an empty list, expected at least one entry"),
        ("never: end user", "is a text, expected a list"),
        ("countries: [Nl]", "expected a country as two capitals"),
        ("at_least_cents: 50000", "is answer, expected amount, since the row has at_least_cents"),
        ("at_least_cents: 500.00", "is a fraction, expected a whole number"),
        ("acepted: [reseller]", "is not a known key"),
        ("expects: answer", "market_focus has nothing to judge by, expected at least one more key"),
        ("field: focus", "field: is given twice"),
    ],
)
def test_what_an_answer_has_to_be_is_read_strictly(tmp_path: Path, row: str, fault: str) -> None:
    text = FIRST.read_text(encoding="utf-8")
    path = tmp_path / "draft.yaml"
    path.write_text(
        text.replace("  - field: market_focus\n    expects: text\n", f"  - field: market_focus\n    {row}\n")
    )
    with pytest.raises(UnsoundFiles) as refused:
        load_program(path)
    assert fault in str(refused.value)


def test_an_answer_is_judged_once_and_only_where_it_is_asked_for(tmp_path: Path) -> None:
    text = FIRST.read_text(encoding="utf-8")
    path = tmp_path / "draft.yaml"
    rows = "".join(
        f'  - field: {each}\n    expects: text\n    reading: "Ours."\n' for each in ("hobby", "phone", "phone")
    )
    path.write_text(text[: text.index("application_answers:\n")] + "application_answers:\n" + rows)
    with pytest.raises(UnsoundFiles) as refused:
        load_program(path)
    assert "hobby is not listed in authorisation_requirements, expected one of website, email" in str(refused.value)
    assert "phone is listed twice, expected once" in str(refused.value)


def test_the_words_about_an_answer_stand_beside_it(first: Program) -> None:
    words = {each.field: each.source for each in first.authorisation_requirements}
    assert words["type_of_business"] == "The discounts are not available for end user customers."
    assert words["website"] == "Have a verifiable company website"


def test_an_application_answers_the_eleven_requirements(first: Program) -> None:
    assert tuple(each.field for each in first.authorisation_requirements) == (
        "website",
        "email",
        "company_name",
        "phone",
        "address",
        "resolves_abuse_reports",
        "provides_billing_support",
        "type_of_business",
        "geographical_location",
        "market_focus",
        "minimum_revenue",
    )


def test_the_hash_is_that_of_the_bytes(first: Program) -> None:
    assert first.file_name == "2015-07-27.yaml"
    assert first.content_hash == sha256(FIRST.read_bytes()).hexdigest()


# A folder of dated files


def test_files_come_back_by_their_first_day_in_force(tmp_path: Path) -> None:
    text = FIRST.read_text(encoding="utf-8")
    (tmp_path / "2016-01-01.yaml").write_text(text.replace("day: 2015-07-27", "day: 2016-01-01"), encoding="utf-8")
    (tmp_path / "2015-07-27.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "ecb_rates.csv").write_text("not a programme", encoding="utf-8")
    assert [program.in_force_from for program in load_programs(tmp_path)] == [date(2015, 7, 27), date(2016, 1, 1)]


def test_every_shipped_programme_file_is_sound() -> None:
    assert load_programs(FOLDER)[0].in_force_from == date(2015, 7, 27)


@pytest.mark.parametrize("name", ["2015-07-28.yaml", "2015-07-27.yml", "draft.yaml"])
def test_a_file_with_another_name_than_its_day_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FIRST.read_bytes())
    with pytest.raises(UnsoundFiles, match=f"{name}:1: in_force_from: .*expected 2015-07-27.yaml"):
        load_programs(tmp_path)


def test_a_draft_may_have_any_name(tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_bytes(FIRST.read_bytes())
    assert load_program(draft).in_force_from == date(2015, 7, 27)


def test_the_faults_of_all_files_are_reported_together(tmp_path: Path) -> None:
    (tmp_path / "2015-07-27.yaml").write_text(changed("sla: Silver", "sla: Silber"), encoding="utf-8")
    (tmp_path / "2016-01-01.yaml").write_text("tiers: [", encoding="utf-8")
    with pytest.raises(UnsoundFiles) as refused:
        load_programs(tmp_path)
    assert [fault.split(":")[0] for fault in refused.value.faults] == ["2015-07-27.yaml", "2016-01-01.yaml"]


def test_a_folder_without_a_programme_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsoundFiles, match="has no programme file"):
        load_programs(tmp_path)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UnsoundFiles) as refused:
        load_program(tmp_path / "2015-07-27.yaml")
    assert [fault.split(": ")[:2] for fault in refused.value.faults] == [["2015-07-27.yaml:1", "file"]]


# Faults: each with its line, its key, what is wrong and what is expected


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("sla: Silver", "sla: Silber", "tiers[2].sla", "did you mean Silver?"),
        ("sla: Silver", "sla: Platinum", "tiers[3].sla", "expected Platinum or higher"),
        ("sla: Silver", "sla:", "tiers[2].sla", "expected a text"),
        ("sla: Silver", "sla: [Silver]", "tiers[2].sla", "is a list, expected a text"),
        ("from_mrr_cents: 200000\n", "from_mrr_cents: 50000\n", "tiers[2].from_mrr_cents", "expected more than 50000"),
        ("from_mrr_cents: 200000\n", "from_mrr_cents: 2000.00\n", "tiers[2].from_mrr_cents", "is a fraction"),
        ("from_mrr_cents: 200000\n", "from_mrr_cents: 200_000\n", "tiers[2].from_mrr_cents", "expected a whole"),
        ("from_mrr_cents: 200000\n", "from_mrr_cents: 0200000\n", "tiers[2].from_mrr_cents", "expected a whole"),
        ("from_mrr_cents: 200000\n", 'from_mrr_cents: "200000"\n', "tiers[2].from_mrr_cents", "is a text"),
        (
            "from_mrr_cents: 50000\n",
            "from_mrr_cents: -1\n",
            "tiers[1].from_mrr_cents",
            "expected a whole number from 0",
        ),
        ("from_mrr_cents: 200000\n", "from_mrr_cents: 0\n", "tiers[2].from_mrr_cents", "expected more than 50000"),
        ("_bp: 800", "_bp: 2501", "tiers[2].monthly_fee_discount_bp", "from 0 to 2500"),
        ("_bp: 800", "_bp: -1", "tiers[2].monthly_fee_discount_bp", "from 0 to 2500"),
        ("_bp: 800", "_bp: 8", "tiers[2].monthly_fee_discount_bp", "below 1 %"),
        ("_bp: 800", "_bp: 0.08", "tiers[2].monthly_fee_discount_bp", "is a fraction"),
        ("_bp: 800", "_bp: 400", "tiers[2].monthly_fee_discount_bp", "expected 500 or more"),
        ("setup_fee_discount_bp: 2000", "setup_fee_discount_bp: 10001", "tiers[2].setup_fee_discount_bp", "to 10000"),
        ("- tier: 3", "- tier: 4", "tiers[3].tier", "expected 3"),
        ("- tier: 6", "- tier: 7", "tiers[6].tier", "from 1 to 6"),
        ("months: 6\n", "months: 3\n", "prepayment[3].months", "expected more than 3"),
        ("surcharge_bp: 750", "surcharge_bp: 7.5", "shortening.terms[2].surcharge_bp", "is a fraction"),
        ("- product: private_rack", "- product: private_rak", "no_commitment_excludes[1].product", "is not known"),
        ("- name: cdn", "- name: cloud", "products[3].name", "listed twice"),
        ("- name: cdn", "- name: Content Delivery", "products[2].name", "expected small letters"),
        ("key: knowledge_base", "key: mdf", "benefits[16].key", "listed twice"),
        ("tiers: [on_request, ", "tiers: [", "benefits[1].tiers", "has 5 cells, expected 6"),
        ("tiers: [on_request, ", "tiers: [maybe, ", "benefits[1].tiers[1]", "expected yes or on_request or unknown"),
        ('tiers: ["yes", ', "tiers: [yes, ", "benefits[2].tiers[1]", "is a boolean to YAML"),
        ("group: support", "group: sales", "benefits[8].group", "expected marketing or support"),
        ("name: Europe/Amsterdam", "name: Europe/Amsterdm", "time_zone.name", "did you mean Europe/Amsterdam?"),
        ("day: 2015-07-27", "day: 2015-7-27", "in_force_from.day", "expected YYYY-MM-DD"),
        ("day: 2015-07-27", "day: 2015-02-31", "in_force_from.day", "not a day of the calendar"),
        ("value: hold", "value: wait", "readings.incomplete.value", "expected hold or stop"),
        ("value: false", "value: no", "readings.rise_on_partial.value", "expected true or false"),
        ("value: false", 'value: "false"', "readings.rise_on_partial.value", "is a text"),
        ("value: additive", "value: added", "readings.stacking.value", "did you mean additive?"),
        ("value: 1000\n", "value: 10001\n", "brake.lowered_share_bp.value", "from 0 to 10000"),
        ("name: Partner Locator", "name: NO", "benefits[7].name", "is a boolean to YAML"),
        ("name: Partner Locator", 'name: " "', "benefits[7].name", "is empty"),
        ("name: Partner Locator", 'name: "Partner \\u202erotacoL"', "benefits[7].name", "U+202E"),
    ],
)
def test_a_wrong_value_is_refused_at_its_place(tmp_path: Path, old: str, new: str, place: str, words: str) -> None:
    (fault,) = faults_of(tmp_path, changed(old, new))
    assert fault.startswith("2015-07-27.yaml:")
    assert f": {place}: " in fault
    assert words in fault


def test_a_misspelt_key_is_named_with_its_line_and_the_likely_one(tmp_path: Path) -> None:
    text = changed("    setup_fee_discount_bp: 2000", "    setup_fee_discout_bp: 2000")
    missing, unknown = faults_of(tmp_path, text)
    assert "tiers[2].setup_fee_discount_bp: is missing" in missing
    assert unknown.startswith(f"2015-07-27.yaml:{line_of(text, 'setup_fee_discout')}: tiers[2].setup_fee_discout_bp: ")
    assert unknown.endswith("did you mean setup_fee_discount_bp?")


def test_a_key_given_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    text = changed("    sla: Silver\n", "    sla: Silver\n    sla: Gold\n")
    line = line_of(text, "sla: Silver")
    assert faults_of(tmp_path, text) == [
        f"2015-07-27.yaml:{line + 1}: tiers[2].sla: is given twice, expected once (line {line})"
    ]


def test_a_value_without_its_origin_is_refused(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, changed('    source: "1 month 0%"\n', ""))
    assert "prepayment[1].source: is missing, expected the programme's words in `source`" in fault


def test_a_tier_that_is_taken_out_is_taken_out_of_each_benefit_too_or_the_file_is_refused(tmp_path: Path) -> None:
    text = FIRST.read_text(encoding="utf-8")
    start, end = text.index("  - tier: 6"), text.index("# Rule 9. Partner discount")
    faults = faults_of(tmp_path, text[:start] + text[end:])
    cells = [fault.split(": ", 1)[1] for fault in faults]
    count = len(load_program(FIRST).benefits)
    assert cells == [f"benefits[{place}].tiers: has 6 cells, expected 5" for place in range(1, count + 1)]


def test_a_tier_table_without_a_row_is_the_only_fault(tmp_path: Path) -> None:
    text = FIRST.read_text(encoding="utf-8")
    start, end = text.index("tiers:\n  - tier: 1"), text.index("# Rule 9. Partner discount")
    (fault,) = faults_of(tmp_path, f"{text[:start]}tiers: []\n{text[end:]}")
    assert "tiers: is an empty list, expected at least one entry" in fault


@pytest.mark.parametrize("tiers", [1, 4, 7, 12])
def test_a_table_has_as_many_tiers_as_it_has_rows(tmp_path: Path, tiers: int) -> None:
    path = tmp_path / "2027-01-01.yaml"
    path.write_text(with_tiers(tiers, day="2027-01-01"), encoding="utf-8")
    found = load_program(path)
    assert [row.tier for row in found.tiers] == list(range(1, tiers + 1))
    assert {len(benefit.tiers) for benefit in found.benefits} == {tiers}
    assert (found.highest_tier, found.earned_tier(10**14)) == (tiers, tiers)


def test_the_file_of_2015_loads_unchanged_beside_one_of_seven_tiers(tmp_path: Path) -> None:
    (tmp_path / "2015-07-27.yaml").write_bytes(FIRST.read_bytes())
    (tmp_path / "2027-01-01.yaml").write_text(with_tiers(7, day="2027-01-01"), encoding="utf-8")
    first, later = load_programs(tmp_path)
    assert (first, later.highest_tier) == (load_program(FIRST), 7)


def test_a_tier_above_the_promotion_cap_names_the_key_to_raise(tmp_path: Path) -> None:
    raised = with_tiers(7, day="2015-07-27").replace("discount_bp: 2700  # the cap", "discount_bp: 2500")
    (fault,) = faults_of(tmp_path, raised)
    assert "tiers[7].monthly_fee_discount_bp: '2700' is not allowed" in fault
    assert fault.endswith("from 0 to 2500, the promotion_cap")


def test_an_empty_list_is_refused(tmp_path: Path) -> None:
    text = FIRST.read_text(encoding="utf-8")
    start, end = text.index("products:\n"), text.index("# Rule 9. No one-month term")
    faults = faults_of(tmp_path, f"{text[:start]}products: []\n{text[end:]}")
    assert any("products: is an empty list, expected at least one entry" in fault for fault in faults)


def test_a_missing_section_is_one_fault(tmp_path: Path) -> None:
    text = FIRST.read_text(encoding="utf-8")
    start, end = text.index("time_zone:\n"), text.index("# Rule 1. A tier")
    (fault,) = faults_of(tmp_path, text[:start] + text[end:])
    assert "time_zone: is missing" in fault


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("sla: Silver", "sla: &level Silver", "anchor &level is not allowed"),
        ("sla: Silver", "sla: !!str Silver", "is not allowed, expected the value alone"),
        ("sla: Silver", '!!python/object/apply:os.system ["id"]: Silver', "python/object/apply:os.system"),
        ("sla: Silver", 'sla: !!python/object/apply:os.system ["id"]', "python/object/apply:os.system"),
        ("sla: Silver", "<<: {sla: Silver}", "is a merge key"),
        ("sla: Silver", "no: Silver", "is a boolean to YAML, expected the name of a key"),
        ("sla: Silver", "? [sla]\n    : Silver", "is a list, expected the name of a key"),
        ("sla: Silver", "sla: [Silver", "expected one YAML document"),
        ("sla: Silver", "sla: Silver\n\tx: 1", "expected one YAML document"),
        ("sla: Silver", "sla: Silver\n---", "expected one YAML document"),
        ("sla: Silver", "sla: " + "[" * 3000 + "]" * 3000, "nested more than 12 levels deep"),
        ("sla: Silver", "sla: Sil\0ver", "character 0x0000 is not allowed"),
    ],
)
def test_what_is_more_than_plain_yaml_is_refused_on_its_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = changed(old, new)
    faults = faults_of(tmp_path, text)
    assert any(words in fault for fault in faults)
    near = line_of(FIRST.read_text(encoding="utf-8"), old)
    assert all(near - 5 <= int(fault.split(":")[1]) <= near + 2 for fault in faults)


def test_an_alias_is_refused_beside_its_anchor(tmp_path: Path) -> None:
    text = changed("sla: Bronze", "sla: &level Bronze").replace("sla: Silver", "sla: *level")
    faults = faults_of(tmp_path, text)
    assert [fault.split(": ", 2)[2].split(" is")[0] for fault in faults] == ["anchor &level", "alias *level"]


@pytest.mark.parametrize(
    ("content", "words"), [("", "is empty"), ("# nothing\n", "is empty"), ("[1]", "not a mapping")]
)
def test_a_file_without_keys_is_one_fault(tmp_path: Path, content: str, words: str) -> None:
    (fault,) = faults_of(tmp_path, content)
    assert words in fault


def test_bytes_that_are_not_utf_8_are_refused_on_their_line(tmp_path: Path) -> None:
    content = FIRST.read_bytes().replace(b"Partner Locator", b"Partner L\xf6cator", 1)
    (fault,) = faults_of(tmp_path, content)
    line = line_of(FIRST.read_text(encoding="utf-8"), "Partner Locator")
    assert fault == f"2015-07-27.yaml:{line}: byte 20: f6 is not UTF-8, expected a file saved as UTF-8"


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "2015-07-27.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + FIRST.read_bytes().replace(b"\n", b"\r\n"))
    assert load_program(path).tiers == load_program(FIRST).tiers


def test_all_faults_of_a_file_are_reported_at_once_in_its_order(tmp_path: Path) -> None:
    text = (
        changed("sla: Silver", "sla: Silber").replace("months: 36", "months: 3.6").replace("value: false", "value: no")
    )
    faults = faults_of(tmp_path, text.replace("group: support", "group: sales", 1))
    places = [fault.split(": ")[1] for fault in faults]
    assert places == [
        "tiers[2].sla",
        "prepayment[6].months",
        "readings.rise_on_partial.value",
        "benefits[8].group",
    ]


# What benefits are limited to


def terms_of(program: Program, key: str) -> BenefitTerms:
    return next(benefit.terms for benefit in program.benefits if benefit.key == key)


def without_terms() -> str:
    """The file as it was before it said what benefits are limited to."""
    text = FIRST.read_text(encoding="utf-8")
    return text[: text.index("\n# Rule 10. What a benefit is limited to")]


def test_benefits_are_limited_as_the_text_says_and_not_where_it_gives_no_number(first: Program) -> None:
    assert terms_of(first, "seeding_options") == BenefitTerms((5,) * 6, end_demanded=True, without_tier=True)
    assert terms_of(first, "post_payment") == BenefitTerms(days=30)
    assert terms_of(first, "presales_solution_architect") == BenefitTerms(days_ahead=14)
    assert terms_of(first, "mdf") == BenefitTerms(proposal=True)
    assert terms_of(first, "service_level_agreement").incidents == ()
    assert first.benefit_approval == "anybody"


def test_a_file_without_these_sections_limits_nothing(tmp_path: Path) -> None:
    path = tmp_path / "2015-07-27.yaml"
    path.write_text(without_terms(), encoding="utf-8")
    program = load_program(path)
    assert {benefit.terms for benefit in program.benefits} == {BenefitTerms()}
    assert program.benefit_approval == "anybody"
    assert program.dispute_due_days == 30
    assert {(each.expects, each.never) for each in program.authorisation_requirements} == {("answer", ())}


@pytest.mark.parametrize("mode", ["off", "inform", "hold_tier"])
def test_the_guard_of_exchange_rates_is_part_of_the_hash_as_it_decides_tiers(
    tmp_path: Path, first: Program, mode: str
) -> None:
    path = tmp_path / "2015-07-27.yaml"
    path.write_text(guarding_rates(mode), encoding="utf-8")
    assert (first.fx_guard, load_program(path).fx_guard) == ("off", mode)
    assert load_program(path).file_hash != first.file_hash


@pytest.mark.parametrize("written", ["no", "true", "hold", "[off]"])
def test_a_guard_that_is_none_is_refused(tmp_path: Path, written: str) -> None:
    (fault,) = faults_of(tmp_path, guarding_rates(written))
    assert "fx_guard.value" in fault


def test_a_tier_may_need_more_than_revenue(tmp_path: Path, first: Program) -> None:
    path = tmp_path / "2015-07-27.yaml"
    path.write_text(requiring_staff(t5=2, t6=2), encoding="utf-8")
    program = load_program(path)
    need = (Need("certified_staff", 2),)
    assert [row.requires for row in program.tiers] == [(), (), (), (), need, need]
    assert program.file_hash != first.file_hash


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (requiring_staff(t4=2), "requires: has no certified_staff, expected at least 2 as in the row before"),
        (
            requiring_staff(t4=2, t5=1, t6=1),
            "requires: has 1 certified_staff, expected at least 2",
        ),
        (requiring_staff(t6=0), "requires[1].at_least: '0' is not allowed"),
        (requiring_staff(t6=2).replace("at_least", "atleast"), "requires[1].atleast: is not a known key"),
    ],
)
def test_needs_that_fall_upwards_or_are_none_are_refused(tmp_path: Path, text: str, fault: str) -> None:
    assert any(fault in each for each in faults_of(tmp_path, text)), faults_of(tmp_path, text)


NAMED = """
requirement_names:
  - key: certified_staff
    name: technicians
    names:
      de: Fachleute
"""


def test_what_is_required_has_a_name_in_each_language_and_the_file_keeps_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "2015-07-27.yaml"
    path.write_text(requiring_staff(t6=2), encoding="utf-8")
    before = load_program(path)
    path.write_text(requiring_staff(t6=2) + NAMED, encoding="utf-8")
    after = load_program(path)
    assert [before.requirement_name("certified_staff", language) for language in ("", "de")] == ["certified staff"] * 2
    named = [after.requirement_name("certified_staff", language) for language in ("", "nl", "de")]
    assert named == ["technicians", "technicians", "Fachleute"]
    assert after.file_hash == before.file_hash


@pytest.mark.parametrize(
    ("replaced", "fault"),
    [
        (("key: certified_staff", "key: staff"), "staff is required by no tier, expected one of certified_staff"),
        (("de: Fachleute", "german: Fachleute"), "'german' is no language, expected its code"),
        (("name: technicians\n    ", ""), "name: is missing"),
        (("    names:", "  - key: certified_staff\n    name: again\n    names:"), "certified_staff is listed twice"),
    ],
)
def test_names_of_nothing_and_in_no_language_are_refused(tmp_path: Path, replaced: tuple[str, str], fault: str) -> None:
    found = faults_of(tmp_path, requiring_staff(t6=2) + NAMED.replace(*replaced))
    assert any(fault in each for each in found), found


def test_months_settled_with_the_bytes_of_the_first_release_still_find_their_programme(first: Program) -> None:
    assert first.file_hash == "03361fcd47ace4d631ba2866369d62ce3875953d2f3f20db8c14f5d95577bb29"


@pytest.mark.parametrize(
    "changed_place",
    [
        ("units_at_once: 5", "units_at_once: [1, 2, 3, 4, 5, 6]"),
        ("value: anybody", "value: another_person"),
        ("dispute_due:\n  days: 30", "dispute_due:\n  days: 14"),
        ("never: [end user, ", "accepted: [reseller]\n    never: [end user, "),
        ("# Rule 10. Who may approve a benefit.\n", ""),
        ("    days: 30\n", "    days: 30\n    link: https://pay.example/terms\n"),
    ],
)
def test_what_decides_no_month_does_not_change_the_hash_that_settled_months_keep(
    tmp_path: Path, first: Program, changed_place: tuple[str, str]
) -> None:
    path = tmp_path / "2015-07-27.yaml"
    path.write_text(changed(*changed_place), encoding="utf-8")
    assert load_program(path).file_hash == first.file_hash == sha256(without_terms().encode()).hexdigest()
    assert load_program(path).content_hash == sha256(path.read_bytes()).hexdigest() != first.content_hash


def test_these_sections_may_stand_anywhere_between_the_others(tmp_path: Path, first: Program) -> None:
    before, other = without_terms(), FIRST.read_text(encoding="utf-8").removeprefix(without_terms())
    path = tmp_path / "2015-07-27.yaml"
    place = before.index("\n# Rule 7. A single line beyond this")
    path.write_text(before[:place] + other + before[place:], encoding="utf-8")
    assert load_program(path).file_hash == first.file_hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("value: hold", "value: stop"),
        ("from_mrr_cents: 50000", "from_mrr_cents: 50001"),
        ("# Rule 7. A single line beyond this", "# Rule 7. A line beyond this"),
    ],
)
def test_everything_else_changes_it(tmp_path: Path, first: Program, old: str, new: str) -> None:
    path = tmp_path / "2015-07-27.yaml"
    path.write_text(changed(old, new), encoding="utf-8")
    assert load_program(path).file_hash != first.file_hash


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "benefit: mdf\n",
            "benefit: mdfs\n",
            "benefit_terms[1].benefit: mdfs is not listed in benefits, expected one of",
        ),
        ("benefit: mdf\n", "benefit: post_payment\n", "benefit_terms[3].benefit: post_payment is listed twice"),
        (
            "    proposal: true\n",
            "",
            "benefit_terms[1].benefit: mdf has no terms, expected at least one of units_at_once",
        ),
        ("units_at_once: 5", "units_at_once: -1", "benefit_terms[2].units_at_once: '-1' is not allowed"),
        ("units_at_once: 5", "units_at_once: [5, 5]", "benefit_terms[2].units_at_once: has 2 cells, expected 6"),
        ("units_at_once: 5", "units_at_once: five", "units_at_once: 'five' is a text, expected a whole number"),
        ("units_at_once: 5", "proposal: true\n    units_at_once: 5", "units_at_once: is given beside proposal"),
        ("days: 30", "days: 0", "benefit_terms[3].days: '0' is not allowed"),
        ("days: 30", "link: javascript:alert(1)", "benefit_terms[3].link: 'javascript:alert(1)' is not allowed"),
        ("without_tier: on_request", "without_tier: always", "benefit_terms[2].without_tier: 'always' is not known"),
        ("days: 30", "only_for: A reseller", "benefit_terms[3].only_for: 'A reseller' is not allowed"),
        ("end_demanded: true", "end_demandet: true", "benefit_terms[2].end_demandet: is not a known key"),
        ("dispute_due:\n  days: 30", "dispute_due:\n  days: 0", "dispute_due.days: '0' is not allowed"),
        ("value: anybody", "value: nobody", "benefit_approval.value: 'nobody' is not known, expected anybody or"),
    ],
)
def test_terms_with_a_fault_are_refused(tmp_path: Path, old: str, new: str, fault: str) -> None:
    found = faults_of(tmp_path, changed(old, new))
    assert [fault in each for each in found] == [True], found


def test_incidents_may_be_given_for_each_tier(tmp_path: Path) -> None:
    more = "  - benefit: service_level_agreement\n    incidents: [0, 2, 4, 4, 8, 8]\n    reading: Ours.\n"
    path = tmp_path / "2015-07-27.yaml"
    path.write_text(changed("\n# Rule 10. Who may approve", more + "\n# Rule 10. Who may approve"), encoding="utf-8")
    terms = terms_of(load_program(path), "service_level_agreement")
    assert [terms.incidents_of(tier) for tier in range(8)] == [None, 0, 2, 4, 4, 8, 8, 8]

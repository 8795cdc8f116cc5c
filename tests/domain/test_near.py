from partner_program.adapters.files.program import load_program
from partner_program.domain.near import CountedPartner, NearPartner, near_partners
from partner_program.usecases.installation import PROJECT

PROGRAM = load_program(PROJECT / "include" / "program" / "2015-07-27.yaml")


def near(*totals: int, within_bp: int = 200) -> dict[int, NearPartner]:
    counted = [CountedPartner(f"P{each}", "Company", "M1", each, PROGRAM.earned_tier(each)) for each in totals]
    return {each.mrr_eur_cents: each for each in near_partners(program=PROGRAM, counted=counted, within_bp=within_bp)}


def test_a_cent_below_a_threshold_lacks_a_cent_and_exactly_on_it_has_nothing_above() -> None:
    found = near(1_999_99, 2_000_00)
    assert (found[1_999_99].to_next_cents, found[1_999_99].above_own_cents) == (1, 1_499_99)
    assert (found[2_000_00].to_next_cents, found[2_000_00].above_own_cents) == (3_000_00, 0)


def test_the_share_is_one_of_the_threshold_and_is_reached_inclusively_on_both_sides() -> None:
    assert near(1_959_99, 1_960_00, 2_040_00, 2_040_01).keys() == {1_960_00, 2_040_00}


def test_the_highest_tier_has_no_next_and_no_tier_has_nothing_above() -> None:
    found = near(40_000_00, 499_99)
    assert found[40_000_00].to_next_cents is None
    assert (found[499_99].to_next_cents, found[499_99].above_own_cents) == (1, None)


def test_a_total_below_zero_is_far_from_everything() -> None:
    assert near(-1, -500_00) == {}


def test_the_nearest_comes_first_and_equal_ones_by_their_id() -> None:
    totals = {"P2": 2_010_00, "P1": 1_990_00, "P3": 1_995_00}
    counted = [CountedPartner(name, "", "M1", total, PROGRAM.earned_tier(total)) for name, total in totals.items()]
    found = near_partners(program=PROGRAM, counted=counted, within_bp=200)
    assert [each.partner_id for each in found] == ["P3", "P1", "P2"]

"""The tier table to the cent, and which programme is in force on a day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner_program.domain.program import LargestLine, Tier, begin_of_day, day_in_the_programme, program_in_force
from partner_program.domain.refusals import NoRuleInForce, Refusal
from tests.domain.made_month import GO_LIVE, PROGRAM

# "Tier 1 500-1,999", "Tier 2 2,000-4,999", "Tier 3 5,000-9,999", "Tier 4 10,000-19,999", "Tier 5 20,000-39,999",
# "Tier 6 40,000+", written out in cents once more by hand.
FROM_CENTS = {1: 50_000, 2: 200_000, 3: 500_000, 4: 1_000_000, 5: 2_000_000, 6: 4_000_000}


@pytest.mark.parametrize(("tier", "threshold"), FROM_CENTS.items())
def test_each_cent_within_two_euros_of_a_threshold_is_on_its_side(tier: int, threshold: int) -> None:
    for cents in range(threshold - 200, threshold + 201):
        assert PROGRAM.earned_tier(cents) == (tier if cents >= threshold else tier - 1), cents


def test_partner_exactly_on_the_threshold_earns_the_tier_and_one_cent_less_does_not() -> None:
    assert PROGRAM.earned_tier(2_000_00) == 2
    assert PROGRAM.earned_tier(1_999_99) == 1


@pytest.mark.parametrize("cents", [499_99, 1, 0, -1, -4_000_000, -(10**15)])
def test_nothing_and_less_than_nothing_earn_no_tier(cents: int) -> None:
    assert PROGRAM.earned_tier(cents) == 0


def test_the_highest_tier_has_no_upper_end() -> None:
    assert PROGRAM.earned_tier(10**15) == 6


@given(st.integers(-10_000_00, 100_000_00), st.integers(0, 100_000_00))
@settings(max_examples=100, deadline=None)
def test_more_revenue_never_earns_a_lower_tier(cents: int, more: int) -> None:
    assert PROGRAM.earned_tier(cents + more) >= PROGRAM.earned_tier(cents)


FROM_ZERO = replace(
    PROGRAM,
    tiers=(Tier(1, 0, 500, name="Base"), Tier(2, 1_000_00, 1000, name="Plus"), Tier(3, 5_000_00, 1500, name="Top")),
)


@pytest.mark.parametrize(
    ("cents", "tier"),
    [(-(10**15), 1), (-1, 1), (0, 1), (999_99, 1), (1_000_00, 2), (4_999_99, 2), (5_000_00, 3), (10**15, 3)],
)
def test_a_table_from_zero_gives_everybody_its_first_tier_negative_totals_too(cents: int, tier: int) -> None:
    assert FROM_ZERO.earned_tier(cents) == tier


def test_nobody_falls_out_of_a_tier_from_zero_and_its_beginning_is_no_threshold() -> None:
    assert (FROM_ZERO.lowest_tier, PROGRAM.lowest_tier) == (1, 0)
    assert FROM_ZERO.thresholds == (1_000_00, 5_000_00)
    assert [FROM_ZERO.threshold_of(tier) for tier in range(4)] == [None, None, 1_000_00, 5_000_00]
    assert [PROGRAM.threshold_of(tier) for tier in (0, 1, 6)] == [None, 500_00, 40_000_00]


def test_a_tier_is_told_by_its_own_name_where_it_has_one() -> None:
    assert [FROM_ZERO.tier_name(tier) for tier in (None, 0, 1, 3, 9)] == ["", "", "Base", "Top", "Top"]
    assert [PROGRAM.tier_name(tier) for tier in (None, 0, 1, 6)] == [""] * 4


def test_a_programme_has_the_components_that_its_rows_have() -> None:
    assert PROGRAM.components == ("monthly_fee", "setup_fee", "sla")
    assert FROM_ZERO.components == ("monthly_fee",)
    without_sla = replace(PROGRAM, tiers=(Tier(1, 0, 500, 0),))
    assert (without_sla.has("setup_fee"), without_sla.has("sla")) == (True, False)


def test_a_tier_has_its_own_row_and_no_tier_has_none() -> None:
    assert [PROGRAM.tier_row(tier) for tier in range(1, 7)] == list(PROGRAM.tiers)
    assert PROGRAM.tier_row(0) is None


def test_a_tier_of_an_earlier_and_longer_table_is_the_highest_of_this_one() -> None:
    shorter = replace(PROGRAM, tiers=PROGRAM.tiers[:4])
    assert [shorter.tier_here(tier) for tier in range(7)] == [0, 1, 2, 3, 4, 4, 4]
    assert shorter.tier_row(6) == PROGRAM.tiers[3]


def test_without_a_tier_there_is_no_benefit_and_the_last_cell_holds_for_all_higher_tiers() -> None:
    benefit = replace(PROGRAM.benefits[0], tiers=("on_request", "yes"))
    assert [benefit.of_tier(tier) for tier in range(5)] == ["unknown", "on_request", "yes", "yes", "yes"]


@pytest.mark.parametrize("tier", [0, -1, 7])
def test_a_grant_names_a_tier_of_the_programme(tier: int) -> None:
    words = rf"tier {tier} from 2015-08-01 is not in the programme of that day, .* from 1 to 6 \(2015-07-27.yaml\)"
    with pytest.raises(Refusal, match=words):
        PROGRAM.check_grant(tier=tier, starts_on=date(2015, 8, 1))
    PROGRAM.check_grant(tier=6, starts_on=date(2015, 8, 1))


def test_there_is_no_rule_in_force_before_the_go_live() -> None:
    """ "The go live date is 27 July 2015." """
    with pytest.raises(NoRuleInForce, match="no rule in force on 2015-07-26"):
        program_in_force([PROGRAM], date(2015, 7, 26))
    assert program_in_force([PROGRAM], GO_LIVE) is PROGRAM


def test_without_any_programme_there_is_no_rule_either() -> None:
    with pytest.raises(NoRuleInForce):
        program_in_force([], GO_LIVE)


def test_a_later_programme_holds_from_its_first_day_in_whatever_order_the_files_are_read() -> None:
    later = replace(PROGRAM, in_force_from=date(2016, 2, 29))
    for programs in ([PROGRAM, later], [later, PROGRAM]):
        assert program_in_force(programs, date(2016, 2, 28)) is PROGRAM
        assert program_in_force(programs, date(2016, 2, 29)) is later


def test_service_levels_rise_from_none_to_platinum() -> None:
    """ "Bronze Silver Gold Gold Platinum Platinum" """
    ranks = [PROGRAM.sla_rank(sla) for sla in (None, "Bronze", "Silver", "Gold", "Platinum")]
    assert ranks == sorted(set(ranks))
    assert [PROGRAM.sla_rank(row.sla) for row in PROGRAM.tiers] == [1, 2, 3, 3, 4, 4]


def test_a_level_of_an_earlier_list_ranks_as_the_lowest_of_this_one_so_above_none() -> None:
    renamed = replace(PROGRAM, sla_levels=("Basic", "Business"))
    assert [renamed.sla_rank(sla) for sla in (None, "Gold", "Basic", "Business")] == [0, 1, 1, 2]


AMSTERDAM = replace(PROGRAM, in_force_from=date(2015, 7, 27), time_zone="Europe/Amsterdam")
SINGAPORE = replace(PROGRAM, in_force_from=date(2027, 1, 1), time_zone="Asia/Singapore")
NEW_YORK = replace(PROGRAM, in_force_from=date(2027, 1, 1), time_zone="America/New_York")


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 7, 31, 21, 59, tzinfo=UTC), date(2026, 7, 31)),
        (datetime(2026, 7, 31, 22, 0, tzinfo=UTC), date(2026, 8, 1)),  # midnight in Amsterdam, in summer
        (datetime(2026, 11, 30, 23, 0, tzinfo=UTC), date(2026, 12, 1)),  # and in winter
    ],
)
def test_a_day_begins_at_midnight_where_the_programme_says(moment: datetime, day: date) -> None:
    assert day_in_the_programme([AMSTERDAM], moment=moment) == day


def test_a_file_that_waits_for_its_day_does_not_move_midnight_yet() -> None:
    evening = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)  # already the 2nd in Singapore
    assert day_in_the_programme([AMSTERDAM, SINGAPORE], moment=evening) == date(2026, 12, 1)


def test_a_programme_begins_at_midnight_in_its_own_zone() -> None:
    before, at = datetime(2026, 12, 31, 15, 59, tzinfo=UTC), datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    assert day_in_the_programme([AMSTERDAM, SINGAPORE], moment=before) == date(2026, 12, 31)
    assert day_in_the_programme([SINGAPORE, AMSTERDAM], moment=at) == date(2027, 1, 1)
    later = datetime(2027, 1, 1, 5, 0, tzinfo=UTC)  # midnight in New York
    assert day_in_the_programme([AMSTERDAM, NEW_YORK], moment=later) == date(2027, 1, 1)
    evening = datetime(2027, 1, 2, 4, 59, tzinfo=UTC)
    assert day_in_the_programme([AMSTERDAM, NEW_YORK], moment=evening) == date(2027, 1, 1)


def test_before_the_first_programme_the_days_are_those_of_its_zone() -> None:
    moment = datetime(2015, 7, 1, 22, 30, tzinfo=UTC)
    assert day_in_the_programme([SINGAPORE, AMSTERDAM], moment=moment) == date(2015, 7, 2)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Europe/London", date(2026, 4, 1), datetime(2026, 3, 31, 23, 0, tzinfo=UTC)),  # summer time since the 29th
        ("Europe/London", date(2026, 11, 1), datetime(2026, 11, 1, 0, 0, tzinfo=UTC)),
        ("America/Los_Angeles", date(2026, 11, 1), datetime(2026, 11, 1, 7, 0, tzinfo=UTC)),  # clocks go back at two
        ("America/Los_Angeles", date(2026, 12, 1), datetime(2026, 12, 1, 8, 0, tzinfo=UTC)),
        ("Pacific/Auckland", date(2026, 10, 1), datetime(2026, 9, 30, 11, 0, tzinfo=UTC)),
        ("Pacific/Auckland", date(2026, 9, 1), datetime(2026, 8, 31, 12, 0, tzinfo=UTC)),
        ("America/Asuncion", date(2023, 10, 1), datetime(2023, 10, 1, 4, 0, tzinfo=UTC)),  # midnight is skipped
        ("America/Santiago", date(2028, 4, 2), datetime(2028, 4, 2, 4, 0, tzinfo=UTC)),  # the hour before comes twice
    ],
)
def test_the_first_moment_of_a_day_is_midnight_in_the_programmes_zone(zone: str, day: date, begins: datetime) -> None:
    programs = [replace(PROGRAM, time_zone=zone)]
    assert begin_of_day(programs, day) == begins
    days = [day_in_the_programme(programs, moment=begins - timedelta(seconds=one)) for one in (1, 0)]
    assert days == [day - timedelta(days=1), day]


def test_a_day_on_which_the_zone_changes_begins_in_the_zone_that_is_first_there() -> None:
    new_year = date(2027, 1, 1)
    assert begin_of_day([AMSTERDAM, SINGAPORE], new_year) == datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    assert begin_of_day([NEW_YORK, AMSTERDAM], new_year) == datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    assert begin_of_day([NEW_YORK, AMSTERDAM], date(2027, 1, 2)) == datetime(2027, 1, 2, 5, 0, tzinfo=UTC)
    assert begin_of_day([AMSTERDAM, SINGAPORE], date(2026, 12, 1)) == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)


def test_a_currency_has_its_own_largest_line_or_that_of_any() -> None:
    limit = LargestLine(100, {"JPY": 5_000})
    assert [limit.of(currency) for currency in ("JPY", "EUR", None, 7, [])] == [5_000, *[100] * 4]
    assert limit.smallest == 100
    assert replace(limit, minor=9_000).smallest == 5_000


@pytest.mark.parametrize(("tier", "is_there"), [(0, False), (1, True), (6, True), (7, False), (-1, False)])
def test_a_grant_is_to_one_of_the_tables_tiers(tier: int, is_there: bool) -> None:
    if is_there:
        PROGRAM.check_grant(tier=tier, starts_on=GO_LIVE)
    else:
        with pytest.raises(Refusal, match=f"tier {tier} from 2015-07-27 is not in the programme of that day"):
            PROGRAM.check_grant(tier=tier, starts_on=GO_LIVE)


def test_before_the_first_file_the_refusal_says_when_it_begins() -> None:
    later = replace(PROGRAM, in_force_from=date(2016, 1, 1))
    with pytest.raises(NoRuleInForce, match="on 2015-07-26: the first programme file begins on 2015-07-27"):
        program_in_force([later, PROGRAM], date(2015, 7, 26))

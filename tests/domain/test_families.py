"""Product families with a discount of their own: what an order of each gets, and when that differs (rules 4 and 6)."""

from dataclasses import replace
from datetime import date

import pytest

from partner_program.domain.brake import Move
from partner_program.domain.families import (
    Points,
    any_below,
    families_differ,
    families_moved,
    families_of,
    families_text,
    families_words,
    known_families,
    points,
    points_more,
)
from partner_program.domain.program import FamilyDiscounts
from partner_program.domain.rates import (
    NO_PROGRAMME_RATE,
    LegacyTerm,
    RateTerms,
    legacy_ended,
    legacy_kept,
    orders_differ,
    rate_terms,
)
from partner_program.domain.registry import LegacyAgreement
from tests.domain.made_month import GO_LIVE, PROGRAM, legacy

CDN = FamilyDiscounts("cdn", (100, 200, 300, 400, 500, 600))
DEDICATED = FamilyDiscounts("dedicated", (0, 0, 0, 0, 0, 0))
WITH_FAMILIES = replace(PROGRAM, product_discounts=(DEDICATED, CDN))


def terms(tier: int, *agreements: LegacyAgreement, on: date = GO_LIVE) -> RateTerms:
    return rate_terms(program=WITH_FAMILIES, tier=tier, agreements=agreements, day=on)


def of_product(product: str, bp: int, until: date | None = None) -> LegacyAgreement:
    return replace(legacy(bp, until=until, source=f"agreement about {product}"), product=product)


def test_families_are_one_text_by_name_and_none_is_none() -> None:
    assert families_text({"dedicated": 0, "cdn": 1_200}) == "cdn=1200 dedicated=0"
    assert families_of("cdn=1200 dedicated=0") == {"cdn": 1_200, "dedicated": 0}
    assert (families_text({}), families_of(None)) == (None, {})


def test_an_order_of_a_family_has_its_own_discount_also_one_of_nothing_and_any_other_the_general_one() -> None:
    found = terms(2)
    assert found == RateTerms(2, 800, 2_000, "Silver", "cdn=200 dedicated=0")
    own = {each: found.of_product(each).monthly_fee_discount_bp for each in ("cdn", "dedicated", "vps", None)}
    assert own == {"cdn": 200, "dedicated": 0, "vps": 800, None: 800}
    assert found.of_product("cdn") == RateTerms(2, 200, 2_000, "Silver"), "the rest is that of the tier"


def test_without_a_tier_no_family_has_anything() -> None:
    assert terms(0) == replace(NO_PROGRAMME_RATE, families="cdn=0 dedicated=0")


def test_a_tier_above_a_shorter_table_has_the_families_of_its_highest() -> None:
    shorter = replace(
        WITH_FAMILIES, tiers=PROGRAM.tiers[:2], product_discounts=(FamilyDiscounts("cdn", CDN.tiers_bp[:2]),)
    )
    assert rate_terms(program=shorter, tier=6, agreements=(), day=GO_LIVE).families == "cdn=200"


@pytest.mark.parametrize(("kept", "expected"), [(199, 200), (200, 200), (201, 201)])
def test_an_agreement_about_a_family_is_a_floor_of_that_family_alone(kept: int, expected: int) -> None:
    found = terms(2, of_product("cdn", kept))
    assert families_of(found.families) == {"cdn": expected, "dedicated": 0}
    assert found.monthly_fee_discount_bp == 800


def test_a_general_agreement_lifts_no_family() -> None:
    assert terms(2, legacy(1_500)) == RateTerms(2, 1_500, 2_000, "Silver", "cdn=200 dedicated=0")


def test_an_agreement_about_a_family_that_has_no_discount_of_its_own_is_held_against_the_general_one() -> None:
    found = [rate_terms(program=PROGRAM, tier=2, agreements=[of_product("vps", bp)], day=GO_LIVE) for bp in (700, 900)]
    assert [each.of_product("vps").monthly_fee_discount_bp for each in found] == [800, 900]


GENERAL = 800


def test_families_are_read_by_name_with_blanks_and_per_cent() -> None:
    assert families_words("dedicated=0 web_hosting=750") == ["dedicated 0 %", "web hosting 7.5 %"]
    assert families_words(None) == []


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ((GENERAL, "vps=700"), (GENERAL, "vps=900"), ["vps 7 % to 9 %"]),
        ((GENERAL, "vps=700"), (GENERAL, "vps=700"), ["vps 7 %"]),
        ((GENERAL, "web_hosting=700"), (1_000, None), ["web hosting 7 % to 10 %"]),  # it has the general one now
        ((GENERAL, None), (1_000, "vps=900"), ["vps 8 % to 9 %"]),  # it had the general one
        ((None, None), (GENERAL, "vps=900"), ["vps 9 %"]),  # no result before: that of now alone
        ((GENERAL, "vps=700"), (None, None), ["vps 7 % to none"]),  # held now
        (
            (GENERAL, "vps=700 cdn=0"),
            (GENERAL, "cdn=0 dedicated=0"),
            ["vps 7 % to 8 %", "cdn 0 %", "dedicated 8 % to 0 %"],
        ),
        ((GENERAL, None), (GENERAL, None), []),
    ],
)
def test_each_family_with_its_own_before_or_now_is_told_once(
    before: tuple[int | None, str | None], now: tuple[int | None, str | None], told: list[str]
) -> None:
    assert families_moved(before, now) == told


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ((GENERAL, None), (GENERAL, None), False),
        ((GENERAL, "cdn=200"), (GENERAL, "cdn=200"), False),
        ((GENERAL, "cdn=200"), (GENERAL, "cdn=201"), True),
        ((GENERAL, "cdn=800"), (GENERAL, None), False),
        ((GENERAL, None), (GENERAL, "cdn=800"), False),
        ((GENERAL, None), (GENERAL, "cdn=0"), True),
        ((GENERAL, "cdn=200"), (GENERAL, None), True),
        ((700, "cdn=800"), (800, None), False),
    ],
)
def test_families_differ_where_an_order_of_one_gets_another_discount(
    before: tuple[int, str | None], now: tuple[int, str | None], expected: bool
) -> None:
    assert families_differ(before, now) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((GENERAL, None), (GENERAL, None), False),
        ((GENERAL, "cdn=200"), (GENERAL, "cdn=200"), False),
        ((GENERAL, "cdn=199"), (GENERAL, "cdn=200"), True),
        ((GENERAL, "cdn=200"), (GENERAL, "cdn=199"), False),
        ((GENERAL, "cdn=799"), (GENERAL, None), True),
        ((GENERAL, None), (GENERAL, "cdn=801"), True),
        ((GENERAL, "cdn=900 vps=100"), (GENERAL, "cdn=200 vps=200"), True),
    ],
)
def test_a_family_is_below_where_it_has_less(
    one: tuple[int, str | None], other: tuple[int, str | None], expected: bool
) -> None:
    assert any_below(one, other) is expected


def test_a_family_alone_makes_orders_differ_and_counts_for_the_brake() -> None:
    before, now = RateTerms(2, 800, 2_000, "Silver", "cdn=200"), RateTerms(2, 800, 2_000, "Silver", "cdn=100")
    assert orders_differ(before, now)
    assert not orders_differ(before, replace(before, tier=3))
    assert not orders_differ(replace(before, families=None), replace(before, families="cdn=800")), "as the general one"
    assert Move(2, 2, before, now).lowers
    assert not Move(2, 2, now, before).lowers
    assert Move(2, 2, now, before).lifts


def test_an_order_may_name_each_family_once_those_of_the_list_first() -> None:
    assert known_families(("vps", "cdn"), ["dedicated"], {"cdn": 200, "gpu": 0}) == ("vps", "cdn", "dedicated", "gpu")


def test_a_letter_names_the_family_that_an_agreement_keeps_and_no_other() -> None:
    agreements = [of_product("cdn", 700), of_product("dedicated", 0), legacy(300)]
    found = legacy_kept(program=WITH_FAMILIES, terms=terms(2, *agreements), agreements=agreements, day=GO_LIVE)
    assert found == (LegacyTerm("monthly_fee", 700, None, "agreement about cdn", None, "cdn"),)


def test_a_letter_says_until_when_an_agreement_keeps_a_family() -> None:
    own = of_product("cdn", 700, until=date(2016, 1, 1))
    (kept,) = legacy_kept(program=WITH_FAMILIES, terms=terms(2, own), agreements=[own], day=GO_LIVE)
    assert (kept.product, kept.valid_to) == ("cdn", date(2016, 1, 1))


def test_a_family_that_its_tier_gives_as_much_is_kept_by_no_agreement() -> None:
    own = of_product("cdn", 200)
    assert legacy_kept(program=WITH_FAMILIES, terms=terms(2, own), agreements=[own], day=GO_LIVE) == ()


def test_an_agreement_about_a_family_that_ended_says_why_orders_of_it_get_less() -> None:
    own = of_product("cdn", 700, until=GO_LIVE)
    before = rate_terms(program=WITH_FAMILIES, tier=2, agreements=[of_product("cdn", 700)], day=GO_LIVE)

    def ended(now: RateTerms) -> tuple[LegacyTerm, ...]:
        return legacy_ended(program=WITH_FAMILIES, before=before, now=now, agreements=[own], day=GO_LIVE)

    assert ended(terms(2)) == (LegacyTerm("monthly_fee", 700, None, "agreement about cdn", GO_LIVE, "cdn"),)
    assert ended(replace(terms(2), families="cdn=700 dedicated=0")) == (), "it is no less"


def test_all_that_ended_is_told_the_general_discount_before_its_families_and_what_gave_nothing_is_not() -> None:
    """One that gave nothing more than no discount at all has taken nothing away by its end."""
    ends = [
        of_product("dedicated", 0, until=GO_LIVE),
        of_product("cdn", 700, until=GO_LIVE),
        legacy(1_500, 3_000, "Gold", until=GO_LIVE),
    ]
    lasting = [replace(each, period=replace(each.period, valid_to=None)) for each in ends]
    before = rate_terms(program=WITH_FAMILIES, tier=2, agreements=lasting, day=GO_LIVE)
    ended = legacy_ended(program=WITH_FAMILIES, before=before, now=terms(2), agreements=ends, day=GO_LIVE)
    assert [(each.component, each.product, each.discount_bp, each.sla) for each in ended] == [
        ("monthly_fee", None, 1_500, None),
        ("monthly_fee", "cdn", 700, None),
        ("setup_fee", None, 3_000, None),
        ("sla", None, None, "Gold"),
    ]


# Points: a discount of all families, or the difference of two


@pytest.mark.parametrize(
    ("points_of", "alike", "side"),
    [
        (Points(0), 0, 0),
        (Points(100), 100, 1),
        (Points(-100), -100, -1),
        (Points(0, (("cdn", 100),)), None, 1),
        (Points(-100, (("cdn", 0),)), None, -1),
        (Points(100, (("cdn", -100),)), None, None),  # more of one family, less of another
        (Points(0, (("cdn", -100), ("vps", 100))), None, None),
    ],
)
def test_points_have_a_side_where_no_family_goes_the_other_way(
    points_of: Points, alike: int | None, side: int | None
) -> None:
    assert (points_of.alike, points_of.side) == (alike, side)


def test_an_amount_has_points_where_all_families_have_the_same_and_it_is_money() -> None:
    assert Points(800).of(1_000_00, is_money=True) == 800 * 1_000_00
    assert Points(800).of(1_000_00, is_money=False) is None, "what is counted has no price"
    assert Points(0).of(1_000_00, is_money=False) == 0, "nothing of anything is nothing"
    assert Points(800, (("cdn", 200),)).of(1_000_00, is_money=True) is None
    assert Points(0, (("cdn", 200),)).of(1_000_00, is_money=False) is None


def test_a_family_with_the_general_discount_is_not_told_apart_and_differences_are_by_family() -> None:
    before, now = points(800, "cdn=200 vps=800"), points(1_000, "cdn=400 dedicated=0")
    assert (before, now) == (Points(800, (("cdn", 200),)), Points(1_000, (("cdn", 400), ("dedicated", 0))))
    assert points_more(before, now) == Points(200, (("dedicated", -800),)), "cdn has 200 more, as any other"
    assert points_more(now, before) == Points(-200, (("dedicated", 800),))
    assert points_more(now, now) == Points(0)

"""The book that a person reads before rates take force: what each partner had and gets, unusual ones first."""

from dataclasses import replace

from partner_program.domain.book_of_changes import BookRow, book_rows, row_words
from partner_program.domain.brake import Move
from partner_program.domain.large_change import LargeChange
from partner_program.domain.program_unit import Unit
from partner_program.domain.rates import NO_PROGRAMME_RATE, Rate, RateTerms
from partner_program.domain.settlement import Decision, PartnerHistory
from tests.domain.made_month import GO_LIVE, decided

BRONZE = RateTerms(1, 500, 1_000, "Bronze")
SILVER = RateTerms(2, 800, 2_000, "Silver", "cdn=200")
GOLD = RateTerms(3, 1_000, 3_500, "Gold", "cdn=100")


def decision(partner_id: str, mrr: int, previous_tier: int | None) -> Decision:
    return replace(decided(mrr, PartnerHistory(previous_tier=previous_tier)), partner_id=partner_id)


DECISIONS = [
    decision("P1", 2_100_00, 2),
    decision("P2", 500_00, 2),
    decision("P3", 5_000_00, 2),
    decision("P4", 5_000_00, None),
    decision("P5", 3_900_00, 2),
    decision("P6", 2_100_00, 2),
    decision("P7", 500_00, 3),
]
MOVES = {
    "P1": Move(2, 2, SILVER, SILVER),
    "P2": Move(2, 1, SILVER, BRONZE),
    "P3": Move(2, 3, SILVER, replace(GOLD, families="cdn=200")),
    "P4": Move(None, 3, None, GOLD),
    "P5": Move(2, 2, SILVER, SILVER),
    "P6": Move(2, 2, SILVER, SILVER),
    "P7": Move(3, 1, GOLD, BRONZE),
}
BEFORE = {"P1": 2_000_00, "P2": 2_500_00, "P3": 4_900_00, "P5": 2_400_00, "P6": 2_100_00, "P7": 5_000_00}


def book(large: LargeChange | None = None) -> dict[str, BookRow]:
    more = {} if large is None else {"large": large}
    rows = book_rows(
        decisions=DECISIONS,
        moves=MOVES,
        revenue_before=BEFORE,
        rises=[("P9", Rate(GO_LIVE, GOLD))],
        closing=[("P8", Rate(GO_LIVE, NO_PROGRAMME_RATE))],
        rates_before={"P8": SILVER, "P9": BRONZE},
        rates_alone={"P6": "tier 1 at the rates of 2015-05"},
        **more,
    )
    assert len(rows) == 9
    return {each.partner_id: each for each in rows}


def test_those_that_a_person_looks_at_come_first_then_rates_alone_and_who_stays_last() -> None:
    """Who falls most comes before who falls; a large change and rates alone are looked at where nothing else moves."""
    assert [(each.partner_id, each.direction) for each in book().values()] == [
        ("P7", "falls"),
        ("P2", "falls"),
        ("P5", "stays"),
        ("P4", "first"),
        ("P3", "rises"),
        ("P6", "stays"),
        ("P8", "ends"),
        ("P9", "rises while held"),
        ("P1", "stays"),
    ]


def test_a_row_has_what_was_in_force_and_what_will_be() -> None:
    assert book()["P7"] == BookRow(
        partner_id="P7",
        direction="falls",
        previous_tier=3,
        tier=1,
        previous_monthly_fee_discount_bp=1_000,
        monthly_fee_discount_bp=500,
        previous_setup_fee_discount_bp=3_500,
        setup_fee_discount_bp=1_000,
        previous_sla="Gold",
        sla="Bronze",
        previous_mrr_eur_cents=5_000_00,
        mrr_eur_cents=500_00,
        mrr_change_eur_cents=-4_500_00,
        has_large_change=True,
        previous_families="cdn=100",
        families=None,
    )
    first = book()["P4"]
    assert (first.previous_monthly_fee_discount_bp, first.previous_setup_fee_discount_bp) == (None, None)
    assert (first.previous_sla, first.previous_families, first.families) == (None, None, "cdn=100")
    assert (first.previous_mrr_eur_cents, first.mrr_change_eur_cents) == (None, None)
    assert book()["P6"].rates_alone == "tier 1 at the rates of 2015-05"


def test_which_changes_are_large_is_the_programmes_word() -> None:
    assert [each for each, row in book().items() if row.has_large_change] == ["P7", "P2", "P5"]
    assert not any(row.has_large_change for row in book(LargeChange(10_000_00)).values())


def test_a_rate_that_ends_or_rises_while_held_stands_beside_the_one_that_it_replaces() -> None:
    ends = book()["P8"]
    assert (ends.previous_tier, ends.tier, ends.previous_sla, ends.sla) == (2, 0, "Silver", None)
    assert (ends.previous_monthly_fee_discount_bp, ends.monthly_fee_discount_bp) == (800, 0)
    assert (ends.previous_setup_fee_discount_bp, ends.setup_fee_discount_bp) == (2_000, 0)
    assert (ends.previous_families, ends.families) == ("cdn=200", None)
    rises = book()["P9"]
    assert (rises.previous_tier, rises.tier, rises.families) == (1, 3, "cdn=100")
    for row in (ends, rises):
        assert (row.mrr_eur_cents, row.previous_mrr_eur_cents, row.mrr_change_eur_cents) == (None, None, None)
        assert not row.has_large_change
    (new,) = book_rows(
        decisions=[], moves={}, revenue_before={}, rises=[("P9", Rate(GO_LIVE, GOLD))], closing=[], rates_before={}
    )
    assert (new.previous_tier, new.previous_monthly_fee_discount_bp, new.previous_setup_fee_discount_bp) == (None,) * 3
    assert (new.previous_sla, new.previous_families) == (None, None)


def test_a_row_in_words_says_what_moves_and_says_once_what_stays() -> None:
    found = book()
    assert row_words(found["P7"]) == (
        "P7",
        "falls",
        "3 to 1",
        "10 % to 5 %; cdn 1 % to 5 %",
        "35 % to 10 %",
        "Gold to Bronze",
        "500.00",
        "5,000.00",
        "-4,500.00",
        "large change",
    )
    assert row_words(found["P6"])[1:] == (
        "stays", "2", "8 %; cdn 2 %", "20 %", "Silver", "2,100.00", "2,100.00", "0.00", "tier 1 at the rates of 2015-05"
    )  # fmt: skip
    assert row_words(found["P8"])[1:6] == (
        "ends",
        "2 to none",
        "8 % to 0 %; cdn 2 % to 0 %",
        "20 % to 0 %",
        "Silver to none",
    )
    assert row_words(found["P4"])[6:] == ("5,000.00", "", "", "")
    both = replace(found["P6"], has_large_change=True)
    assert row_words(both)[-1] == "large change; tier 1 at the rates of 2015-05"
    assert row_words(found["P1"], Unit("XXX", 0, "points"))[6] == "210,000"

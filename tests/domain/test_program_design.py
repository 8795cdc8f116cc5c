"""Drafts beside one another: figures by hand, and by the simulation of each partner by itself."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from partner_program.adapters.files.program import load_program
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.dated import Period
from partner_program.domain.money import BP, round_half_away
from partner_program.domain.program import FamilyDiscounts, Program
from partner_program.domain.program_design import ComparedDraft, PartnerPast, Past, compare_drafts, side_of
from partner_program.domain.program_sweep import Draft
from partner_program.domain.registry import GraceGrant, LegacyAgreement
from partner_program.domain.simulated_chain import simulate_partner
from partner_program.domain.simulation import Discounts, SettledResult
from partner_program.usecases.installation import PROJECT

PROGRAM = load_program(PROJECT / "include" / "program" / "2015-07-27.yaml")
MONTHS = tuple(BillingMonth(2015, month) for month in range(6, 12))
OLD = LegacyAgreement("P1", 1200, 0, None, "contract", Period(date(2012, 1, 1), date(2015, 9, 10)))
GRANT = GraceGrant("G1", "P1", 4, date(2015, 7, 1), date(2015, 10, 1), "pat", "a start")


def cheaper(program: Program, tier: int, bp: int) -> Program:
    rows = [replace(row, monthly_fee_discount_bp=bp) if row.tier == tier else row for row in program.tiers]
    return replace(program, tiers=tuple(rows))


def settled(month: BillingMonth, total: int, sequence: int | None = None, *, history: bool = False) -> SettledResult:
    tier = PROGRAM.earned_tier(total)
    given_bp = PROGRAM.tiers[tier - 1].monthly_fee_discount_bp if tier else 0
    day = None if history else month.following.first_day.replace(day=3)
    return SettledResult(
        month=month,
        sequence=month.month if sequence is None else sequence,
        partner_id="P1",
        effective_on=day,
        taken_on=day,
        mrr_eur_cents=total,
        tier=tier,
        discounts=None if history else Discounts(given_bp, 0, None),
    )


def past(*partners: PartnerPast, held_out: int = 0, months: tuple[BillingMonth, ...] = MONTHS) -> Past:
    return Past(partners, months, held_out)


def billed(*totals: int) -> PartnerPast:
    return PartnerPast(tuple(settled(month, total) for month, total in zip(MONTHS, totals, strict=False)), (), ())


def compared(one: Past, *programs: Program) -> list[ComparedDraft]:
    drafts = [Draft(str(number), program) for number, program in enumerate(programs)]
    return sorted(compare_drafts(past=one, drafts=drafts, near_bp=200), key=lambda each: each.draft)


def test_cost_winners_losers_and_changes_are_those_worked_out_on_paper() -> None:
    """P1: Tier 2, 2, 3 (8, 8, 10 %); P2 in Tier 1 (5 %) for three months; the draft gives Tier 2 6 % and Tier 1 6 %."""
    world = past(billed(2_000_00, 2_100_00, 5_000_00), billed(600_00, 600_00, 600_00), months=MONTHS[:3])
    draft = cheaper(cheaper(PROGRAM, 2, 600), 1, 600)
    same, other = compared(world, PROGRAM, draft)
    as_settled = 160_00 + 168_00 + 500_00 + 3 * 30_00
    assert (same.cost_cents, same.difference_cents, same.winners, same.losers) == (as_settled, 0, 0, 0)
    assert (other.cost_cents, other.difference_cents) == (as_settled - 40_00 - 42_00 + 3 * 6_00, -64_00)
    assert (other.winners, other.losers) == (1, 1)
    assert (other.changes, other.changes_a_year) == (1, "2.00")  # one in six months of partners
    assert other.near == 1  # 5,000.00 in the newest month is on a threshold, 600.00 near none


def test_months_held_out_choose_nothing_and_are_told_apart() -> None:
    world = past(billed(2_000_00, 2_000_00, 600_00), held_out=4)
    (draft,) = compared(world, cheaper(PROGRAM, 1, 0))
    assert (draft.cost_cents, draft.losers, draft.changes) == (320_00, 0, 0)
    assert (draft.held_out_cost_cents, draft.held_out_difference_cents, draft.held_out_losers) == (0, -30_00, 1)


def test_the_front_has_those_that_no_other_beats_and_equals_stay() -> None:
    world = past(billed(2_000_00, 2_000_00), billed(600_00, 600_00))
    worse = cheaper(PROGRAM, 2, 900)  # dearer, one winner
    front = {each.draft: each.front for each in compared(world, PROGRAM, PROGRAM, worse, cheaper(PROGRAM, 1, 400))}
    assert front == {1: "yes", 2: "yes", 3: "yes", 4: "yes"}
    dominated = cheaper(cheaper(PROGRAM, 2, 900), 6, 3000)
    assert [each.front for each in compared(world, worse, dominated)] == ["yes", "yes"]
    losing = cheaper(cheaper(PROGRAM, 1, 400), 2, 900)  # as dear as it can be with a loser and a winner
    assert {each.draft: each.front for each in compared(world, cheaper(PROGRAM, 2, 850), losing)} == {1: "yes", 2: ""}


def test_a_partner_wins_by_each_month_or_by_euros() -> None:
    assert side_of([1, 0], 100 * 5) == 1
    assert side_of([1, -1], 100 * 5 - 300 * 2) == -1
    assert side_of([1, -1], 100 * 6 - 300 * 2) == 0
    assert side_of([-1], 0) == -1
    assert side_of([], 0) == 0


def test_nobody_can_say_who_wins_where_families_part_and_amounts_are_not_known() -> None:
    assert side_of([1, 1, 0], None) == 1
    assert side_of([-1], None) == -1
    assert side_of([1, -1], None) is None
    assert side_of([None], None) is None
    assert side_of([1, None], None) is None


def test_a_month_settled_after_a_later_one_left_the_partner_out_keeps_its_discounts() -> None:
    late = replace(settled(MONTHS[0], 2_000_00, 9), discounts=Discounts(500, 0, None), left_out=True)
    (found,) = compared(past(PartnerPast((late,), (), ()), months=MONTHS[:1]), cheaper(PROGRAM, 2, 900))
    assert (found.cost_cents, found.difference_cents, found.winners) == (100_00, 0, 0)


def test_who_would_get_more_of_one_family_and_less_of_another_is_undecided_and_no_cost_is_known() -> None:
    own = FamilyDiscounts("vps", (0, 700, 800, 800, 800, 800))
    here = replace(settled(MONTHS[0], 2_000_00), discounts=Discounts(800, 0, None, "vps=700"))
    world = past(PartnerPast((here,), (), ()), billed(400_00), months=MONTHS[:1])
    assert world.settled is None
    same, better, mixed = compared(
        world,
        replace(PROGRAM, product_discounts=(own,)),
        replace(PROGRAM, product_discounts=(replace(own, tiers_bp=(0, 701, 800, 800, 800, 800)),)),
        replace(cheaper(PROGRAM, 2, 799), product_discounts=(replace(own, tiers_bp=(0, 701, 800, 800, 800, 800)),)),
    )
    assert [(each.cost_cents, each.front) for each in (same, better, mixed)] == [(None, "")] * 3
    assert [each.difference_cents for each in (same, better, mixed)] == [0, None, None]
    assert [(each.winners, each.losers, each.undecided) for each in (same, better, mixed)] == [
        (0, 0, 0),
        (1, 0, 0),
        (0, 0, 1),
    ]


totals = st.lists(st.integers(-100_00, 45_000_00), min_size=1, max_size=6)
flags = st.lists(st.booleans(), min_size=6, max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(totals, flags, st.booleans(), st.booleans()), min_size=1, max_size=4), st.integers(0, 4000))
def test_it_says_what_the_simulation_of_each_partner_says(
    partners: list[tuple[list[int], list[bool], bool, bool]], bp: int
) -> None:
    draft = cheaper(PROGRAM, 2, bp)
    made = [
        PartnerPast(
            tuple(
                settled(month, total, history=history)
                for month, total, history in zip(MONTHS, own, histories, strict=False)
            ),
            (GRANT,) if has_grant else (),
            (OLD,) if has_agreement else (),
        )
        for own, histories, has_grant, has_agreement in partners
    ]
    (found,) = compared(past(*made), draft)
    cost, changes = Fraction(0), 0
    for each in made:
        own = simulate_partner(
            program=draft, months=MONTHS, results=each.results, grants=each.grants, agreements=each.agreements
        )
        cost += sum(one.settled.mrr_eur_cents * one.discounts.monthly_fee_bp for one in own if one.discounts)
        changes += sum(one.tier != after.tier for one, after in pairwise(own))
    assert found.cost_cents == round_half_away(int(cost), BP)
    assert found.changes == changes

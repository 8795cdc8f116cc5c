"""No cent is lost or added: 2,000.00, however it is divided, stays exactly on the threshold."""

from random import Random

import pytest

from partner_program.domain.revenue import MrrGroup
from partner_program.domain.settlement import assign_tiers
from partner_program.domain.totals import PartnerTotal
from tests.domain.made_month import JUNE, PROGRAM, billed, link, merged, partner

SPLITS = 5_000
ACCOUNTS = 3
# One cent is this many days of a 36-month term in June. So any share can be completed to whole cents.
PIECES_OF_A_CENT = 36 * JUNE.days


def lines_worth(cents: int, account_id: str, random: Random) -> list[MrrGroup]:
    """Lines whose shares are odd fractions of a cent, positive and negative, and together whole cents."""
    lines, missing = [], cents * PIECES_OF_A_CENT
    for _ in range(random.randint(0, 3)):
        term, days, net = random.choice((1, 3, 6, 12, 36)), random.randint(1, 30), random.randint(-900_00, 900_00)
        missing -= net * days * (36 // term)
        lines.append(MrrGroup(account_id, "EUR", "credit" if net < 0 else "recurring", "posted", term, days, 1, net))
    return [*lines, MrrGroup(account_id, "EUR", "recurring", "posted", 36, 1, 1, missing)]


@pytest.fixture(scope="module")
def totals() -> tuple[PartnerTotal, ...]:
    """One partner for each split: 2,000.00 divided at random among its three accounts."""
    random = Random(2015_07_27)  # a split that fails has to fail in the next run too
    names, groups, links = [f"P{number:04d}" for number in range(SPLITS)], [], []
    for name in names:
        first, second = random.randint(0, 2_000_00), random.randint(-500_00, 2_500_00)
        for number, cents in enumerate((first, second, 2_000_00 - first - second)):
            groups += lines_worth(cents, f"{name}-{number}", random)
            links.append(link(name, f"{name}-{number}"))
    return merged(billed(*groups), partners=[partner(name) for name in names], links=links).partners


def test_each_of_5000_random_splits_of_exactly_2000_euros_is_exactly_2000_euros(
    totals: tuple[PartnerTotal, ...],
) -> None:
    assert len(totals) == SPLITS
    assert {len(total.accounts) for total in totals} == {ACCOUNTS}
    assert {total.mrr_eur_cents for total in totals} == {2_000_00}


def test_each_of_them_earns_tier_2(totals: tuple[PartnerTotal, ...]) -> None:
    assert {assigned.earned_tier for assigned in assign_tiers(program=PROGRAM, month=JUNE, totals=totals)} == {2}

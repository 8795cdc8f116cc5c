"""How right a forecast was: what it expected of a month, held against what the month was settled with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from partner_program.domain.columns import Column
from partner_program.domain.forecast import Expectation, tier_earned
from partner_program.domain.money import BP
from partner_program.domain.program import NOTHING_HELD, OnRecord, Program
from partner_program.domain.settlement import NOBODY_HOLDS


@dataclass(frozen=True, slots=True)
class BackTest:
    """A month's forecast as it would have been before its first day, against what was settled; minor units.

    `right` counts the partners that earned the tier which was expected. Partners that the forecast did not know, or the
    month held, are in `not_compared`, and in no other number. `error_cents` is what was expected too much;
    `absolute_cents` adds up each partner's error without its sign. `sure_bp` is the share of what was settled that was
    posted before the month began, in basis points.
    """

    billing_month: Annotated[str, Column("month")]
    partners: Annotated[int, Column("partners", "whole")]
    right: Annotated[int, Column("right", "whole")]
    too_high: Annotated[int, Column("too high", "whole")]
    too_low: Annotated[int, Column("too low", "whole")]
    not_compared: Annotated[int, Column("not compared", "whole")]
    sure_cents: Annotated[int, Column("sure EUR", "euros")]
    expected_cents: Annotated[int, Column("expected EUR", "euros")]
    settled_cents: Annotated[int, Column("settled EUR", "euros")]
    error_cents: Annotated[int, Column("error EUR", "change")]
    absolute_cents: Annotated[int, Column("all errors EUR", "euros")]
    sure_bp: Annotated[int | None, Column("posted before", "percent")]


@dataclass(frozen=True, slots=True)
class Miss:
    """A partner of which another tier was expected than it earned; minor units."""

    billing_month: Annotated[str, Column("month")]
    partner_id: Annotated[str, Column("partner")]
    company_name: Annotated[str, Column("company")]
    expected_tier: Annotated[int, Column("expected", "tier")]
    earned_tier: Annotated[int, Column("earned", "tier")]
    expected_cents: Annotated[int, Column("expected EUR", "euros")]
    settled_cents: Annotated[int, Column("settled EUR", "euros")]
    error_cents: Annotated[int, Column("error EUR", "change")]


def hold_against(
    expectation: Expectation,
    settled: Mapping[str, tuple[int, int]],
    program: Program,
    names: Mapping[str, str],
    windows: Mapping[str, tuple[int, ...]] | None = None,
    held: Mapping[str, OnRecord] = NOBODY_HOLDS,
) -> tuple[BackTest, list[Miss]]:
    """Compare what was expected of a month with what it was settled with: minor units and the tier earned, by partner.

    `windows` are the totals of the earlier months that counted with it; `held` is what was on record beside revenue.
    """
    month = str(expectation.month)
    both = [(each, settled[each], own) for each, own in expectation.amounts.items() if each in settled]
    misses = []
    for partner_id, (cents, earned), own in both:
        before = expectation.before.get(partner_id)
        tier = tier_earned(
            program=program,
            cents=own.expected,
            at_rates_before=before.expected if before else None,
            last=expectation.last.get(partner_id),
            held=held.get(partner_id, NOTHING_HELD),
            window=(windows or {}).get(partner_id, ()),
        )
        if tier != earned:
            error = own.expected - cents
            company = names.get(partner_id, "")
            misses.append(Miss(month, partner_id, company, tier, earned, own.expected, cents, error))
    sure = sum(own.sure for *_, own in both)
    total = sum(cents for _, (cents, _), _ in both)
    errors = [own.expected - cents for _, (cents, _), own in both]
    too_high = sum(miss.expected_tier > miss.earned_tier for miss in misses)
    everybody = settled.keys() | expectation.amounts.keys() | expectation.not_known.keys()
    row = BackTest(
        billing_month=month,
        partners=len(both),
        right=len(both) - len(misses),
        too_high=too_high,
        too_low=len(misses) - too_high,
        not_compared=len(everybody) - len(both),
        sure_cents=sure,
        expected_cents=total + sum(errors),
        settled_cents=total,
        error_cents=sum(errors),
        absolute_cents=sum(map(abs, errors)),
        sure_bp=sure * BP // total if total > 0 else None,
    )
    return row, sorted(misses, key=lambda miss: (-abs(miss.error_cents), miss.partner_id))

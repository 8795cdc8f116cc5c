"""How right a forecast was: what it expected of a month, held against what the month was settled with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from partner_program.domain.columns import Column
from partner_program.domain.forecast import Forecast
from partner_program.domain.money import BP
from partner_program.domain.program import Program


@dataclass(frozen=True, slots=True)
class BackTest:
    """A month's forecast as it would have been before its first day, against what was settled; EUR cents.

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
    """A partner of which another tier was expected than it earned; EUR cents."""

    billing_month: Annotated[str, Column("month")]
    partner_id: Annotated[str, Column("partner")]
    company_name: Annotated[str, Column("company")]
    expected_tier: Annotated[int, Column("expected", "tier")]
    earned_tier: Annotated[int, Column("earned", "tier")]
    expected_cents: Annotated[int, Column("expected EUR", "euros")]
    settled_cents: Annotated[int, Column("settled EUR", "euros")]
    error_cents: Annotated[int, Column("error EUR", "change")]


def hold_against(
    forecast: Forecast, settled: Mapping[str, tuple[int, int]], program: Program
) -> tuple[BackTest, list[Miss]]:
    """Compare a month's forecast with what it was settled with: EUR cents and the tier earned, by partner."""
    both = [(each, settled[each.partner_id]) for each in forecast.partners if each.partner_id in settled]
    misses = []
    for each, (cents, earned) in both:
        tier = program.earned_tier(each.expected_cents)
        if tier != earned:
            error = each.expected_cents - cents
            company = each.company_name
            named = (str(forecast.month), each.partner_id, company)
            misses.append(Miss(*named, tier, earned, each.expected_cents, cents, error))
    sure = sum(each.sure_cents for each, _ in both)
    total = sum(cents for _, (cents, _) in both)
    errors = [each.expected_cents - cents for each, (cents, _) in both]
    too_high = sum(miss.expected_tier > miss.earned_tier for miss in misses)
    known, others = ({each.partner_id for each in forecast.partners}, {each.partner_id for each in forecast.not_known})
    everybody = settled.keys() | known | others
    row = BackTest(
        billing_month=str(forecast.month),
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

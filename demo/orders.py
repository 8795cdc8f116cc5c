"""What the lines of July 2015 say of their orders: since go-live, services that begin anew on their day are new orders.

They have the partner discount of the partner's tier that day, but for a few that are wrong both ways. What an order
says counts nothing: revenue, tiers and letters are the same with and without it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from demo.accounts import UNLINKED, Link
from demo.calendar_months import JUNE
from demo.plans import Legacy, Plan
from demo.services import Account, Line
from partner_program.adapters.files.program import load_program
from partner_program.domain.program import Tier

GO_LIVE = date(2015, 7, 27)
_PROGRAM = Path(__file__).parents[1] / "include" / "program" / f"{GO_LIVE}.yaml"
_PARTNERS_GIVEN_LESS, _PARTNERS_GIVEN_MORE = 2, 3
_POINTS = 300  # basis points, three of a hundred


@dataclass(frozen=True, slots=True)
class _Orders:
    """The discount of each account's orders since go-live, in basis points, and the agreements from before."""

    given: Mapping[Account, int]
    legacy: Mapping[Account, Sequence[Legacy]]

    def said(self, line: Line) -> Line:
        """A line with what it says of its order."""
        if line.ordered_on is None or line.charge_kind != "recurring":
            return line
        if line.service_start >= GO_LIVE and line.account in self.given:
            return replace(line, ordered_on=line.service_start, discount_bp=self.given[line.account])
        return (
            replace(line, discount_bp=self._agreed(line.account, line.ordered_on))
            if line.ordered_on < GO_LIVE
            else line
        )

    def _agreed(self, account: Account, day: date) -> int:
        in_force = [
            each.monthly_fee_discount_bp
            for each in self.legacy.get(account, ())
            if each.valid_from <= str(day) and (not each.valid_to or str(day) < each.valid_to)
        ]
        return max(in_force, default=0)


def with_orders(lines: Sequence[Line], plans: Sequence[Plan], links: Sequence[Link]) -> Iterator[Line]:
    """The lines in their order, each with its order; the same lines give the same orders."""
    tiers = load_program(_PROGRAM).tiers
    due = {plan.partner_id: _due_bp(plan, tiers) for plan in plans if _is_ordinary(plan)}
    home = {link.account: link.partner_id for link in links if link.partner_id in due and link.valid_to is None}
    with_new = sorted({home[line.account] for line in lines if line.account in home and _is_new(line)})
    high = [each for each in with_new if due[each] > _POINTS]
    wrong = dict.fromkeys(high[:_PARTNERS_GIVEN_LESS], -_POINTS)
    wrong |= dict.fromkeys(high[_PARTNERS_GIVEN_LESS : _PARTNERS_GIVEN_LESS + _PARTNERS_GIVEN_MORE], _POINTS)
    given = {account: due[each] + wrong.get(each, 0) for account, each in home.items()}
    new = {line.account for line in lines if _is_new(line)}
    of_nobody = [each.account for each in UNLINKED if each.account in new]
    given |= dict.fromkeys(of_nobody[:1], 1_000)
    agreed = {plan.partner_id: plan.legacy for plan in plans if plan.legacy}
    orders = _Orders(given, {link.account: agreed[link.partner_id] for link in links if link.partner_id in agreed})
    return map(orders.said, lines)


def _is_new(line: Line) -> bool:
    return line.charge_kind == "recurring" and GO_LIVE <= line.service_start <= date(2015, 7, 31)


def _is_ordinary(plan: Plan) -> bool:
    return plan.status == "authorized" and not (plan.legacy or plan.grants or plan.own_lines or plan.story)


def _due_bp(plan: Plan, tiers: Sequence[Tier]) -> int:
    """The partner discount of the tier that June earned."""
    rows = [row for row in tiers if row.from_mrr_cents <= plan.cents[JUNE]]
    return rows[-1].monthly_fee_discount_bp if rows else 0

"""What partners were given on the lines of a month against what their orders were entitled to: for the controller."""

from collections.abc import Mapping

from partner_program.adapters.no_collecting import without_collecting
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.leakage import (
    KINDS,
    OF_NOBODY,
    WORDS,
    WRONG,
    DoubtfulRow,
    EntityRow,
    GroupRow,
    Kind,
    Leakage,
    LinesRow,
    PartnerRow,
    doubtful_rows,
    entity_rows,
    group_rows,
    judge_orders,
    lines_rows,
    partner_rows,
)
from partner_program.domain.plurals import grouped, plural
from partner_program.domain.program_unit import Unit
from partner_program.domain.report import Equation, Report, ReportTable
from partner_program.usecases.installation import Installation
from partner_program.usecases.reports.order_lines import WHOSE, MonthOfOrders, read_orders

TABLES: Mapping[str, type] = {
    "groups": GroupRow,
    "partners": PartnerRow,
    "entities": EntityRow,
    "lines": LinesRow,
    "doubtful": DoubtfulRow,
}


def leakage(installation: Installation, month: BillingMonth) -> Report:
    """What was given against what was due on every counted line of a settled month, as the entities show it now."""
    return leakage_report(*find_leakage(installation, month))


def find_leakage(installation: Installation, month: BillingMonth) -> tuple[MonthOfOrders, Leakage]:
    """Ask the entities, and hold what was given against what was due."""
    orders = read_orders(installation, month)
    with without_collecting():
        found = judge_orders(
            month=month,
            reads=orders.readable,
            entitlements=orders.entitlements,
            rates=orders.rates,
            prepayment_bp=orders.program.prepayment_bp or {},
        )
    return orders, found


def leakage_report(orders: MonthOfOrders, found: Leakage) -> Report:
    """The report of a leakage: the debts to partners first."""
    nobody = "Every line was given what its order was entitled to, as far as it is known."
    return Report(
        name="leakage",
        title=f"Discounts given against those due, {found.month}",
        month=found.month,
        said=(*orders.whose_day(), *_said(found, orders.program.unit), *orders.doubts()),
        tables=(
            ReportTable("groups", "Counted lines", GroupRow, group_rows(found)),
            ReportTable("partners", "Partners, the debts first", PartnerRow, partner_rows(found, orders.names), nobody),
            ReportTable("entities", "Entities", EntityRow, entity_rows(found)),
            ReportTable("lines", "Lines that were not as due", LinesRow, lines_rows(found), nobody),
            ReportTable("doubtful", "Lines to correct", DoubtfulRow, doubtful_rows(orders.readable)),
        ),
        equations=_equations(found, orders.program.unit),
        unknown=(*orders.not_read(), *orders.not_converted(found.not_converted)),
        unit=orders.program.unit,
    )


def _said(found: Leakage, unit: Unit) -> list[str]:
    month, counted = found.month, found.total(*KINDS).lines
    if not counted:  # that no line was given too little would be a comfort that nobody looked for
        return ["Nothing is known: no line could be read and counted."]
    owed, over, no_right = (_told(found, kind, unit) for kind in ("under", "over", "not_authorized"))
    said = [
        f"{owed[0]} given less than was due: {owed[1]} of {month} are owed to {owed[2]}."
        if owed
        else "No line was given less than was due.",
        f"{over[0]} given more than was due: {over[1]}, to {over[2]}."
        if over
        else "No line was given more than was due.",
    ]
    if no_right:
        said.append(f"{no_right[0]} given a discount without a right to it: {no_right[1]}, {no_right[2]}.")
    like_prepayment = sum(each.by_prepayment for each in found.of("over"))
    if like_prepayment:
        said.append(
            f"{plural(like_prepayment, 'of these lines exceeds', 'of these lines exceed')} what was due by exactly the "
            "prepayment discount of the term: discount_bp is to be the partner discount alone."
        )
    unknown = found.total("unknown").lines
    if unknown:
        said.append(
            f"Of {unknown:,} of {grouped(counted, 'line')} nothing is known: they do not say their discount or the day "
            "of their order, or their account was several partners' that day."
        )
    if found.without_product:
        said.append(
            f"{plural(found.without_product, 'of these lines says', 'of these lines say')} no product, "
            "and families have discounts of their own."
        )
    before = found.total("before").lines
    if before:
        said.append(
            f"{grouped(before, 'line was', 'lines were')} ordered before the programme: it says nothing of them."
        )
    return [*said, WHOSE]


def _told(found: Leakage, kind: Kind, unit: Unit) -> tuple[str, str, str] | None:
    wrong = found.of(kind)
    if not wrong:
        return None
    lines = grouped(sum(each.lines for each in wrong), "line was", "lines were")
    partners = {each.partner_id for each in wrong if each.partner_id}
    whom = plural(len(partners), "partner") if partners else OF_NOBODY
    cents = found.effect_cents(kind)
    return lines, unit.amount(-cents if kind == "under" else cents), whom


def _equations(found: Leakage, unit: Unit) -> tuple[Equation, ...]:
    revenue = {kind: found.total(kind).revenue_eur_cents for kind in KINDS}
    effect = {kind: found.effect_cents(kind) for kind in WRONG}
    return (
        Equation(
            "revenue",
            (*((WORDS[kind], cents) for kind, cents in revenue.items()), ("rounding", found.rounding_cents)),
            (f"counted in {found.month}", found.counted_eur_cents),
            unit,
        ),
        Equation(
            "effect",
            tuple((WORDS[kind], cents) for kind, cents in effect.items()),
            ("given beyond what was due", sum(effect.values())),
            unit,
        ),
    )

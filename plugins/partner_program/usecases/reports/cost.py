"""What the programme cost in a month, by tier, entity and product, and what is committed: for director and ledger."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.adapters.database import earned_tiers
from partner_program.adapters.files.ledger_accounts import load_ledger_accounts
from partner_program.adapters.no_collecting import without_collecting
from partner_program.adapters.reports.posting import posting_csv
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.cost import (
    NO_TIER,
    ROUNDING,
    SHARES,
    CommittedRow,
    Cost,
    CostOf,
    CostRow,
    EndRow,
    EntityRow,
    ProductRow,
    ShareRow,
    TierRow,
    amounts_of,
    by_entity,
    by_product,
    by_tier,
    committed_rows,
    cost_of_orders,
    cost_rows,
    due_of,
    end_rows,
    exact_sum,
    left_of,
    list_value,
    monthly_of,
    share_of,
    share_of_due,
    share_rows,
    tier_order,
    whole_of,
)
from partner_program.domain.due_shares import SharesOfDue
from partner_program.domain.leakage import WORDS, WRONG
from partner_program.domain.money import BP, percent_text, round_half_away, rounded
from partner_program.domain.plurals import grouped, plural
from partner_program.domain.posting import Posting, PostingRow, post_discounts
from partner_program.domain.program import AppliesTo
from partner_program.domain.program_unit import Unit
from partner_program.domain.refusals import Refusal
from partner_program.domain.report import Equation, Report, ReportTable
from partner_program.usecases.installation import Installation
from partner_program.usecases.reports.order_lines import WHOSE, MonthOfOrders, read_orders

TABLES: Mapping[str, type] = {
    "tiers": TierRow,
    "entities": EntityRow,
    "products": ProductRow,
    "committed": CommittedRow,
    "ends": EndRow,
    "shares": ShareRow,
    "posting": PostingRow,
}
_NO_ACCRUAL = (
    "No accrual follows: a tier is for {}, so nothing is owed for the past. "
    "Promotions and prepayment discounts are in none of these figures."
)
NO_ACCRUAL: Mapping[AppliesTo, str] = {
    "new_orders": _NO_ACCRUAL.format("new orders alone"),
    "all_services": _NO_ACCRUAL.format("invoices from its first day on"),
}


@dataclass(frozen=True)
class FoundCost:
    """A month's cost with what it was made of. `posting` is None where the ledger's accounts are `lacking`."""

    orders: MonthOfOrders
    cost: Cost
    highest_tier: int
    posting: Posting | None
    lacking: str = ""


def cost(installation: Installation, month: BillingMonth) -> Report:
    """What the discounts of a settled month cost, and what is committed, from the lines as entities show them now."""
    return cost_report(find_cost(installation, month))


def find_cost(installation: Installation, month: BillingMonth) -> FoundCost:
    """Ask the entities, and add up what their lines cost."""
    orders = read_orders(installation, month, with_ends=True)
    programs, registry = installation.programs, orders.registry
    with installation.database.reading() as connection:
        earned = earned_tiers.earned_tiers(connection, {each.partner_id for each in registry.grace_grants})
    shares = SharesOfDue(
        programs=programs,
        rates=orders.written,
        agreements=registry.legacy_agreements,
        grants=registry.grace_grants,
        earned=earned,
    )
    with without_collecting():
        found = cost_of_orders(
            month=month,
            reads=orders.readable,
            entitlements=orders.entitlements,
            shares=shares,
            rates=orders.rates,
            held=orders.held,
        )
    highest = max(each.highest_tier for each in programs)
    try:
        posting = post_discounts(found, load_ledger_accounts(installation.include / "program"))
    except Refusal as refusal:
        return FoundCost(orders, found, highest, None, str(refusal))
    return FoundCost(orders, found, highest, posting)


def write_posting(found: FoundCost, path: Path) -> bool:
    """Write the postings of a month's discounts as a file for the ledger; False where it is there already.

    Raises `Refusal` where accounts of the ledger are lacking, and where an entity is in no figure: a ledger gets a
    whole month or none.
    """
    if found.posting is None:
        raise Refusal(f"no posting: {found.lacking}")
    unknown = _unknown(found)
    if unknown:
        raise Refusal("no posting of a part of the month: " + "; ".join(unknown))
    return write_if_changed(path, posting_csv(found.posting.rows, found.orders.program.unit))


def cost_report(found: FoundCost) -> Report:
    """The report of a month's cost."""
    cost = found.cost
    tiers = tier_order(found.highest_tier)
    day = "invoice's" if found.orders.by_invoice else "order's"
    with without_collecting():
        by: dict[str, list[CostRow]] = {
            "tier": cost_rows(cost, TierRow, by_tier, tiers),
            "entity": cost_rows(cost, EntityRow, by_entity, ()),
            "product": cost_rows(cost, ProductRow, by_product, ()),
        }
        committed, ends, shares = committed_rows(cost, tiers), end_rows(cost), share_rows(cost)
        return Report(
            name="cost",
            title=f"What the programme cost, {cost.month}",
            month=cost.month,
            said=(*found.orders.whose_day(), *_said(found), *found.orders.doubts()),
            tables=(
                ReportTable("tiers", f"By tier of the {day} day", TierRow, by["tier"], adds_up=True),
                ReportTable("entities", "By entity", EntityRow, by["entity"], adds_up=True),
                ReportTable("products", "By product family", ProductRow, by["product"], adds_up=True),
                ReportTable("shares", "Where what is due comes from", ShareRow, shares, adds_up=True),
                ReportTable("committed", "Committed after the month", CommittedRow, committed, adds_up=True),
                ReportTable("ends", "Contracts, by the month in which they end", EndRow, ends, adds_up=True),
                _posting(found),
            ),
            equations=_equations(found, by),
            unknown=_unknown(found),
            unit=found.orders.program.unit,
        )


def _posting(found: FoundCost) -> ReportTable[object]:
    rows = found.posting.rows if found.posting else ()
    debit = found.orders.program.unit.amount(sum(each.debit_eur_cents for each in rows))
    told = f"{plural(len(rows), 'row')}, {debit} in debit and in credit"
    return ReportTable(
        "posting",
        "Posting of discounts given",
        PostingRow,
        rows,
        empty=f"Not posted: {found.lacking}" if found.lacking else "Nothing to post.",
        adds_up=True,
        instead=f"{told}; --posting FILE writes them for a ledger.",
    )


def _unknown(found: FoundCost) -> tuple[str, ...]:
    return *found.orders.not_read(), *found.orders.not_converted(found.cost.not_converted)


def _said(found: FoundCost) -> list[str]:
    cost, whole, applies_to = found.cost, whole_of(found.cost), found.orders.program.applies_to
    unit = found.orders.program.unit
    days = "invoices' days" if found.orders.by_invoice else "orders' days"
    if not cost.parts:
        return ["Nothing is known: no line could be read and counted.", NO_ACCRUAL[applies_to]]
    given, due, listed = rounded(whole.given), rounded(whole.due), rounded(whole.list_value)
    part = f" ({percent_text(round_half_away(given * BP, listed))})" if listed > 0 else ""
    said = [
        f"{unit.amount(given)} of discount were given in {cost.month} on a list value of {unit.amount(listed)}"
        f"{part}; {unit.amount(due)} were due by the rates of the {days}."
    ]
    unsaid = rounded(whole.unsaid)
    if unsaid:
        said.append(
            f"{unit.amount(unsaid)} of it were given on orders of which the programme does not say what was due: "
            "they are older than it, or their day is not known."
        )
    silent = [each for each in cost.parts if each.order.given_bp is None]
    if silent:
        said.append(
            f"{grouped(sum(each.lines for each in silent), 'line')} of {unit.amount(rounded(whole.unknown))} do not "
            "say their discount: their list value is not known, and what they cost is in no figure."
        )
    said.append(_of_today(found, due))
    monthly, left = cost.cents(due_of, monthly_of), cost.cents(due_of, left_of)
    ends = [end for each in cost.parts for end in each.left]
    until = f", the last of which ends before {max(ends)}" if ends else ""
    changes = ", as long as the tier stays" if found.orders.by_invoice else ""
    said.append(
        f"Committed at the rates of the {days}: {unit.amount(monthly)} a month for services until they are "
        f"cancelled, and {unit.amount(left)} for contracts until they end{until}{changes}."
    )
    for name, words in (("grace_bp", "grace periods"), ("legacy_bp", "older agreements")):
        cents = rounded(exact_sum(share_of_due(name, each, share_of(each)) for each in cost.parts))
        if cents:
            said.append(f"{unit.amount(cents)} of what was due come from {words}.")
    held = _held(cost)
    if held:
        said.append(f"{unit.amount(held)} of what was given went to partners that are held: they keep their rates.")
    return [*said, WHOSE, NO_ACCRUAL[applies_to]]


def _of_today(found: FoundCost, due: int) -> str:
    """What multiplying with today's rates would say, and why it is wrong."""
    cost, unit = found.cost, found.orders.program.unit
    keeps = (
        "an invoice keeps the rate of its day"
        if found.orders.by_invoice
        else "services keep the rate of their order's day"
    )
    now = rounded(exact_sum(list_value(each, each.share) * each.order.now_bp / BP for each in cost.parts))
    return (
        f"The rates of {cost.month.last_day} on all of this list value would be {unit.amount(now)}, which is no "
        f"cost: {keeps}, by which {unit.amount(due)} were due."
    )


def _held(cost: Cost) -> int:
    return rounded(exact_sum(amounts_of(each).given for each in cost.parts if each.order.is_held))


def _equations(found: FoundCost, by: Mapping[str, Sequence[CostRow]]) -> tuple[Equation, ...]:
    cost, whole = found.cost, whole_of(found.cost)
    month, adding_up = cost.month, partial(_adding_up, found.orders.program.unit)
    cents = {name: rounded(amount) for name, amount in whole._asdict().items()}
    beyond = {WORDS[kind]: sum(each.beyond_cents for each in cost.parts if each.order.kind == kind) for kind in WRONG}
    shares = {words: cost.cents(_share(name), share_of) for name, words in SHARES.items()}
    given = (f"discount given in {month}", cents["given"])
    due = (f"due in {month}", cents["due"])
    equations = [
        adding_up(
            "counted",
            {
                "list value": cents["list_value"],
                "discount given": -cents["given"],
                "list value not known": cents["unknown"],
            },
            (f"counted in {month}", cost.counted_eur_cents),
        ),
        adding_up("given", {"due": cents["due"], **beyond, "due not known": cents["unsaid"]}, given),
        adding_up("due", shares, due),
    ]
    for name, rows in by.items():
        equations += [
            adding_up(f"given_by_{name}", {_part(name, each.part): each.given_eur_cents or 0 for each in rows}, given),
            adding_up(f"due_by_{name}", {_part(name, each.part): each.due_eur_cents or 0 for each in rows}, due),
        ]
    if found.posting:
        equations.append(adding_up("posted", found.posting.discounts, given))
    return tuple(equations)


def _part(name: str, part: str) -> str:
    """A part as people name it: a tier by more than its number."""
    return f"tier {part}" if name == "tier" and (part.isdigit() or part == NO_TIER) else part


def _share(name: str) -> Callable[[CostOf, Fraction], Fraction]:
    return lambda part, amount: share_of_due(name, part, amount)


def _adding_up(unit: Unit, name: str, parts: Mapping[str, int], whole: tuple[str, int]) -> Equation:
    """An equation whose parts were each rounded by themselves: the last one is what that leaves."""
    found = {words: cents for words, cents in parts.items() if cents and words != ROUNDING}
    return Equation(name, (*found.items(), (ROUNDING, whole[1] - sum(found.values()))), whole, unit)

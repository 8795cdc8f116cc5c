"""What the programme cost in a month, and what is committed for the life of services (`cost`).

The list value of lines is what they would be without the partner discount, `revenue / (1 - given)`: promotions and
prepayment discounts are in neither. Lines that do not say their discount have no list value that anybody knows. What
was due is the list value times the rate of the order's day; of an order without such a rate nobody can say it.

What is committed is what services that run on after the month are due at that same rate: those that are billed for a
month at most each month until they are cancelled, contracts until they end. Tiers change for new orders alone, so
nothing is owed for the past, and no accrual follows from any of this.

All figures are in the programme's unit and exact until they are shown: each is then rounded once, half away from zero.
What the parts of a whole lack of it stands in a row of its own, `rounding`.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import partial
from itertools import groupby, starmap
from operator import itemgetter
from typing import Annotated, NamedTuple, TypeVar

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column, columns_of
from partner_program.domain.due_shares import DueShares, SharesOfDue
from partner_program.domain.entitlement import Entitlement, Entitlements
from partner_program.domain.leakage import NOT_KNOWN, WRONG, Kind, effect_cents, kind_of
from partner_program.domain.money import BP, add_ratios, round_half_away, rounded
from partner_program.domain.order_lines import Order as Alike
from partner_program.domain.order_lines import OrderLines, OrderLinesRead
from partner_program.domain.unit import AnyRate

NO_DISCOUNT_SAID = "discount not said"
NO_ORDER_SAID = "order not known"
NO_TIER = "none"
NO_PRODUCT = "not said"
ROUNDING = "rounding"
Row = TypeVar("Row")
NOTHING_DUE = DueShares(0, 0, 0)
_LONGEST_MONTH = 31
_SOURCES = ("older agreement", "not authorized", "before the programme")


class Order(NamedTuple):
    """What lines have in common whose cost is told as one: whose tier it was, what was given and due, in basis points.

    `tier` is a number in words, or what stands in its place (`tier_words`). `due_bp` is None where nobody can say it.
    `now_bp` is what an order of the month's last day would get, `is_held` says that the month holds the partner.
    """

    entity: str
    currency: str
    product: str
    tier: str
    given_bp: int | None
    due_bp: int | None
    kind: Kind
    shares: DueShares
    now_bp: int
    is_held: bool


@dataclass(frozen=True, slots=True)
class CostOf:
    """What lines of one `order` come to, exact: in minor units of their currency, after all discounts.

    `units` of their minor units are one of the programme's. `share` is what they count in the month. `monthly` is what
    those come to in a whole month that run on until they are cancelled; `left` what contracts still pay after it, by
    the day on which they end. `beyond_cents` was given beyond what was due, in the programme's unit, as `leakage` has
    it: rounded once for lines that were ordered alike.
    """

    order: Order
    units: Fraction
    lines: int
    share: Fraction
    monthly_lines: int
    monthly: Fraction
    left_lines: Mapping[date, int]
    left: Mapping[date, Fraction]
    beyond_cents: int = 0


class Amounts(NamedTuple):
    """Exact amounts in EUR cents: revenue, and of it that without a list value; list value, given and due discount.

    `unsaid` was given where nobody can say what was due.
    """

    revenue: Fraction
    unknown: Fraction
    list_value: Fraction
    given: Fraction
    due: Fraction
    unsaid: Fraction


ZERO = Fraction(0)
NOTHING = Amounts(*[ZERO] * len(Amounts._fields))


@dataclass(frozen=True, slots=True)
class CostRow:
    """What one part of the month's lines cost; EUR cents, each rounded once, and given beyond due as `leakage` has it.

    Without a line that says its discount there is no list value, and without a rate of its order's day nothing due:
    both are None then, which is not 0.
    """

    part: Annotated[str, Column("part")]
    lines: Annotated[int, Column("lines", "whole")]
    list_eur_cents: Annotated[int | None, Column("list value EUR", "euros")]
    given_eur_cents: Annotated[int | None, Column("discount given EUR", "euros")]
    due_eur_cents: Annotated[int | None, Column("due EUR", "euros")]
    beyond_eur_cents: Annotated[int | None, Column("given beyond due EUR", "change")]
    unsaid_eur_cents: Annotated[int | None, Column("given, due not known EUR", "euros")]
    revenue_eur_cents: Annotated[int, Column("revenue EUR", "euros")]
    unknown_lines: Annotated[int, Column("lines, discount not said", "whole")]
    unknown_eur_cents: Annotated[int, Column("their revenue EUR", "euros")]


@dataclass(frozen=True, slots=True)
class TierRow(CostRow):
    """The lines of a tier: the one of their order's day."""

    part: Annotated[str, Column("tier")]


@dataclass(frozen=True, slots=True)
class EntityRow(CostRow):
    """The lines of an entity."""

    part: Annotated[str, Column("entity")]


@dataclass(frozen=True, slots=True)
class ProductRow(CostRow):
    """The lines of a product family."""

    part: Annotated[str, Column("product")]


@dataclass(frozen=True, slots=True)
class CommittedRow:
    """What services of a tier that run on after the month are due; EUR cents at the month's exchange rates.

    Those without an end each month until they are cancelled; contracts until they end, `last_end` exclusive. An amount
    is None where nobody can say it.
    """

    part: Annotated[str, Column("tier")]
    monthly_lines: Annotated[int, Column("lines until cancelled", "whole")]
    monthly_list_eur_cents: Annotated[int | None, Column("list value a month EUR", "euros")]
    monthly_due_eur_cents: Annotated[int | None, Column("committed a month EUR", "euros")]
    contract_lines: Annotated[int, Column("lines of contracts", "whole")]
    contract_list_eur_cents: Annotated[int | None, Column("list value left EUR", "euros")]
    contract_due_eur_cents: Annotated[int | None, Column("committed until they end EUR", "euros")]
    last_end: Annotated[date | None, Column("last end")]


@dataclass(frozen=True, slots=True)
class EndRow:
    """What is committed of contracts that end in a month; EUR cents."""

    part: Annotated[str, Column("contracts that end in")]
    lines: Annotated[int, Column("lines", "whole")]
    list_eur_cents: Annotated[int | None, Column("list value left EUR", "euros")]
    due_eur_cents: Annotated[int | None, Column("committed EUR", "euros")]


@dataclass(frozen=True, slots=True)
class ShareRow:
    """Where what was due came from; EUR cents."""

    part: Annotated[str, Column("due from")]
    due_eur_cents: Annotated[int, Column("due in the month EUR", "euros")]
    monthly_due_eur_cents: Annotated[int, Column("committed a month EUR", "euros")]
    contract_due_eur_cents: Annotated[int, Column("committed until they end EUR", "euros")]


@dataclass(frozen=True)
class Cost:
    """The cost of a month; `not_converted` are lines by currency that has no exchange rate: they are in no figure.

    `counted_eur_cents` is what the month's lines count as a register counts them: rounded per account and currency.
    """

    month: BillingMonth
    parts: Sequence[CostOf]
    counted_eur_cents: int
    not_converted: Mapping[str, int] = field(default_factory=dict)

    def cents(self, what: Callable[[CostOf, Fraction], Fraction], of: Callable[[CostOf], Fraction]) -> int:
        """What is `what` on the amount `of` each part, over all lines, in EUR cents: rounded once."""
        return rounded(exact_sum(what(each, of(each)) for each in self.parts))


def cost_of_orders(
    *,
    month: BillingMonth,
    reads: Iterable[OrderLinesRead],
    entitlements: Entitlements,
    shares: SharesOfDue,
    rates: Mapping[str, AnyRate],
    held: Collection[str],
) -> Cost:
    """Add up what the lines of a month cost, by entity, currency, product, tier, given and due discount.

    The lines have the ends of their services. `rates` are conversions to the programme's unit by currency.
    """
    units = {currency: Fraction(*rate.as_integer_ratio()) for currency, rate in rates.items()}
    sums = _Sums(month, entitlements, shares, held, units)
    not_converted: dict[str, int] = defaultdict(int)
    counted = 0
    for read in reads:
        for account_id, lines in groupby(sorted(read.lines, key=_account_of), key=_account_of):
            known = []
            for each in lines:
                if each.currency in units:
                    known.append(each)
                else:
                    not_converted[each.currency] += each.lines
            counted += sums.take(read.entity, account_id, known)
    return Cost(month, sums.parts(), counted, dict(sorted(not_converted.items())))


_account_of: Callable[[OrderLines], str] = itemgetter(0)


def _cents_of(numerator: int, denominator: int, units: Fraction) -> int:
    """Minor units as those of the programme; whole numbers throughout, as there are as many accounts."""
    return round_half_away(numerator * units.denominator, denominator * units.numerator)


class _Sums:
    """The lines so far, by what those have in common whose cost is told as one."""

    def __init__(
        self,
        month: BillingMonth,
        entitlements: Entitlements,
        shares: SharesOfDue,
        held: Collection[str],
        units: Mapping[str, Fraction],
    ) -> None:
        self._month = month
        self._entitlements, self._shares, self._held = entitlements, shares, held
        self._units = units
        self._ratios = {currency: each.as_integer_ratio() for currency, each in units.items()}
        self._sums: dict[tuple[object, ...], _Sum] = {}

    def take(self, entity: str, account_id: str, account: Iterable[OrderLines]) -> int:
        """Add the lines of an account; returns what they count, in EUR cents: rounded once for each currency."""
        by_product: dict[str, tuple[int, bool]] = {}
        shares: dict[str, tuple[int, int]] = {}
        wrong: dict[Alike, tuple[_Sum, tuple[int, int]]] = {}
        for lines in account:
            product = lines[2]
            now = by_product.get(product)
            if now is None:
                now = by_product[product] = self._now(entity, account_id, product)
            found = self._of(entity, lines, now)
            found.take(lines)
            currency, share = lines[1], lines[5:7]
            if found.is_wrong:
                alike = lines[:5]
                wrong[alike] = found, add_ratios(*wrong[alike][1], *share) if alike in wrong else share
            shares[currency] = add_ratios(*shares[currency], *share) if currency in shares else share
        for found, share in wrong.values():
            found.take_beyond(share, self._ratios[found.order.currency])
        return sum(_cents_of(*share, self._units[currency]) for currency, share in shares.items())

    def parts(self) -> list[CostOf]:
        """What was added up, in a fixed order."""
        parts = [each.cost(self._units[each.order.currency]) for each in self._sums.values()]
        return sorted(parts, key=lambda each: repr(each.order))

    def _now(self, entity: str, account_id: str, product: str) -> tuple[int, bool]:
        """What an order of the month's last day would get, and whether the month holds the partner."""
        partner = self._entitlements.on(entity, account_id, self._month.last_day, product)
        return partner.due_bp or 0, partner.partner_id in self._held

    def _of(self, entity: str, lines: OrderLines, now: tuple[int, bool]) -> "_Sum":
        account_id, currency, product, ordered_on, given_bp = lines[:5]
        due = None if ordered_on is None else self._entitlements.on(entity, account_id, ordered_on, product)
        judged = self._judged(given_bp, due, ordered_on, product)
        key = entity, currency, product, judged, now
        found = self._sums.get(key)
        if found is None:
            found = self._sums[key] = _Sum(Order(entity, currency, product, *judged, *now), self._month)
        return found

    def _judged(
        self, given_bp: int | None, due: Entitlement | None, day: date | None, product: str
    ) -> tuple[str, int | None, int | None, Kind, DueShares]:
        if given_bp is None:
            return NO_DISCOUNT_SAID, None, None, "unknown", NOTHING_DUE
        if due is None or day is None or due.source in NOT_KNOWN:
            return NO_ORDER_SAID, given_bp, None, "unknown", NOTHING_DUE
        shares = self._shares.of(due, day, product) if due.due_bp else NOTHING_DUE
        return tier_words(due), given_bp, due.due_bp, kind_of(given_bp, due), shares


def tier_words(due: Entitlement) -> str:
    """The tier of an order's day, or what stands in its place where no rate of the programme was in force."""
    return due.source if due.source in _SOURCES else str(due.tier or NO_TIER)


class _Sum:
    """The lines of one order so far, as ratios that are not reduced."""

    def __init__(self, order: Order, month: BillingMonth) -> None:
        self.order = order
        self.is_wrong = order.kind in WRONG
        self._beyond_cents = 0
        self._after = month.following.first_day
        self._days = month.days
        self._lines = self._monthly_lines = 0
        self._share: tuple[int, int] = (0, 1)
        self._monthly: tuple[int, int] = (0, 1)
        self._left: dict[tuple[date, bool], tuple[int, int]] = {}
        self._left_lines: dict[date, int] = {}

    def take(self, lines: OrderLines) -> None:
        self._lines += lines.lines
        self._share = add_ratios(*self._share, lines.share_minor, lines.share_of)
        end = lines.service_end
        if end is None or end < self._after:
            return
        if lines.term_months > 1 or lines.period_days > _LONGEST_MONTH:
            if end > self._after:
                key = end, lines.period_days > 0
                self._left[key] = add_ratios(*self._left.get(key, (0, 1)), lines.price_minor, lines.price_of)
                self._left_lines[end] = self._left_lines.get(end, 0) + lines.lines
            return
        self._monthly_lines += lines.lines
        price = lines.price_minor * (self._days if lines.period_days else 1)
        self._monthly = add_ratios(*self._monthly, price, lines.price_of)

    def take_beyond(self, share: tuple[int, int], units: tuple[int, int]) -> None:
        """Add what was given beyond what was due on lines that were ordered alike: rounded once to EUR cents."""
        if self.order.given_bp is not None and self.order.due_bp is not None:
            self._beyond_cents += effect_cents(share, self.order.given_bp, self.order.due_bp, units)

    def cost(self, units: Fraction) -> CostOf:
        left: dict[date, Fraction] = defaultdict(Fraction)
        for (end, is_of_days), price in self._left.items():
            times = (end - self._after).days if is_of_days else months_until(self._after, end)
            left[end] += Fraction(*price) * times
        return CostOf(
            self.order,
            units,
            self._lines,
            Fraction(*self._share),
            self._monthly_lines,
            Fraction(*self._monthly),
            self._left_lines,
            dict(left),
            self._beyond_cents,
        )


def months_until(first_day: date, end: date) -> Fraction:
    """Months from the first day of a month until a day, exclusive: a month that is not whole counts its days of it."""
    last = BillingMonth.of(end)
    whole = (last.year - first_day.year) * 12 + last.month - first_day.month
    return whole + Fraction(end.day - 1, last.days)


def exact_sum(amounts: Iterable[Fraction]) -> Fraction:
    """Add up fractions, those of one denominator first: a denominator of all of them is long."""
    found: dict[int, int] = defaultdict(int)
    for each in amounts:
        found[each.denominator] += each.numerator
    return sum(starmap(_ratio, found.items()), ZERO)


def _ratio(denominator: int, numerator: int) -> Fraction:
    return Fraction(numerator, denominator)


def list_value(part: CostOf, amount: Fraction) -> Fraction:
    """The list value in EUR cents of an amount in the part's minor units; 0 where its discount is not known."""
    given_bp = part.order.given_bp
    return ZERO if given_bp is None else amount * BP / (BP - given_bp) / part.units


def due_of(part: CostOf, amount: Fraction) -> Fraction:
    """What was due on an amount, in EUR cents; 0 where nobody can say it."""
    return list_value(part, amount) * (part.order.due_bp or 0) / BP


def amounts_of(part: CostOf) -> Amounts:
    """The exact amounts of one part in the month."""
    order = part.order
    revenue = part.share / part.units
    if order.given_bp is None:
        return NOTHING._replace(revenue=revenue, unknown=revenue)
    whole = list_value(part, part.share)
    given = whole - revenue
    if order.due_bp is None:
        return Amounts(revenue, ZERO, whole, given, ZERO, given)
    due = whole * order.due_bp / BP
    return Amounts(revenue, ZERO, whole, given, due, ZERO)


def cost_rows(cost: Cost, row: type[CostRow], part_of: Callable[[Order], str], words: Iterable[str]) -> list[CostRow]:
    """A row for each part in the order of `words`, then of names; last, what rounding took from the whole."""
    grouped = _grouped(cost, part_of, words)
    rows = []
    for name, parts in grouped.items():
        sums = _sums(parts)
        known = [each for each in parts if each.order.given_bp is not None]
        said = [each for each in known if each.order.due_bp is not None]
        cents = {name: rounded(amount) for name, amount in sums._asdict().items()}
        rows.append(
            row(
                part=name,
                lines=sum(each.lines for each in parts),
                revenue_eur_cents=cents["revenue"],
                unknown_lines=sum(each.lines for each in parts if each.order.given_bp is None),
                unknown_eur_cents=cents["unknown"],
                list_eur_cents=cents["list_value"] if known else None,
                given_eur_cents=cents["given"] if known else None,
                due_eur_cents=cents["due"] if said else None,
                beyond_eur_cents=sum(each.beyond_cents for each in said) if said else None,
                unsaid_eur_cents=cents["unsaid"] if known else None,
            )
        )
    whole = zip(_AMOUNT_COLUMNS, map(rounded, whole_of(cost)), strict=True)
    return with_rounding(row, rows, dict(whole))


_AMOUNT_COLUMNS = (
    "revenue_eur_cents",
    "unknown_eur_cents",
    "list_eur_cents",
    "given_eur_cents",
    "due_eur_cents",
    "unsaid_eur_cents",
)


def with_rounding(kind: type[Row], rows: list[Row], whole: Mapping[str, int]) -> list[Row]:
    """The rows, and last what their columns lack of the whole, as each was rounded by itself; no row where nothing."""
    lacks = {name: cents - sum(getattr(each, name) or 0 for each in rows) for name, cents in whole.items()}
    if not any(lacks.values()):
        return rows
    others: dict[str, object] = {
        name: 0 if column.form == "whole" else None for name, column in columns_of(kind).items()
    }
    return [*rows, kind(**{**others, "part": ROUNDING, **lacks})]


def _grouped(cost: Cost, part_of: Callable[[Order], str], words: Iterable[str]) -> dict[str, list[CostOf]]:
    found: dict[str, list[CostOf]] = defaultdict(list)
    for each in cost.parts:
        found[part_of(each.order)].append(each)
    first = [word for word in words if word in found]
    return {name: found[name] for name in (*first, *sorted(found.keys() - set(first)))}


def _sums(parts: Sequence[CostOf]) -> Amounts:
    columns = zip(*map(amounts_of, parts), strict=True)
    return Amounts(*map(exact_sum, columns)) if parts else NOTHING


def whole_of(cost: Cost) -> Amounts:
    """The exact amounts of all lines."""
    return _sums(cost.parts)


def by_tier(order: Order) -> str:
    """The tier of an order, in words."""
    return order.tier


def by_entity(order: Order) -> str:
    """The entity of an order."""
    return order.entity


def by_product(order: Order) -> str:
    """The product family of an order."""
    return order.product or NO_PRODUCT


def tier_order(tiers: int) -> list[str]:
    """Tiers in words, in the order in which they are told: what is not known last."""
    return [*map(str, range(tiers, 0, -1)), NO_TIER, *_SOURCES, NO_ORDER_SAID, NO_DISCOUNT_SAID]


def committed_rows(cost: Cost, words: Iterable[str]) -> list[CommittedRow]:
    """What services that run on are due, by the tier of their order's day."""
    rows = []
    for name, parts in _grouped(cost, by_tier, words).items():
        known = any(each.order.given_bp is not None for each in parts)
        said = any(each.order.due_bp is not None for each in parts)
        left = [(each, amount) for each in parts for amount in each.left.values()]
        row = CommittedRow(
            part=name,
            monthly_lines=sum(each.monthly_lines for each in parts),
            monthly_list_eur_cents=_cents((list_value(each, each.monthly) for each in parts), known),
            monthly_due_eur_cents=_cents((due_of(each, each.monthly) for each in parts), said),
            contract_lines=sum(sum(each.left_lines.values()) for each in parts),
            contract_list_eur_cents=_cents(starmap(list_value, left), known),
            contract_due_eur_cents=_cents(starmap(due_of, left), said),
            last_end=max((end for each in parts for end in each.left), default=None),
        )
        if row.monthly_lines or row.contract_lines:
            rows.append(row)
    whole = {
        "monthly_list_eur_cents": cost.cents(list_value, monthly_of),
        "monthly_due_eur_cents": cost.cents(due_of, monthly_of),
        "contract_list_eur_cents": cost.cents(list_value, left_of),
        "contract_due_eur_cents": cost.cents(due_of, left_of),
    }
    return with_rounding(CommittedRow, rows, whole)


def share_of(part: CostOf) -> Fraction:
    """What a part counts in the month, in minor units."""
    return part.share


def monthly_of(part: CostOf) -> Fraction:
    """What services of a part come to in a whole month that run on until they are cancelled, in minor units."""
    return part.monthly


def left_of(part: CostOf) -> Fraction:
    """What contracts of a part still pay after the month, in minor units."""
    return sum(part.left.values(), ZERO)


def end_rows(cost: Cost) -> list[EndRow]:
    """What is committed of contracts, by the month in which they end: that of their last day."""
    found: dict[BillingMonth, list[tuple[CostOf, date]]] = defaultdict(list)
    for each in cost.parts:
        for end in each.left:
            found[_month_of_end(end)].append((each, end))
    rows = []
    for month, left in sorted(found.items()):
        known = any(each.order.given_bp is not None for each, _ in left)
        said = any(each.order.due_bp is not None for each, _ in left)
        rows.append(
            EndRow(
                part=str(month),
                lines=sum(each.left_lines[end] for each, end in left),
                list_eur_cents=_cents((list_value(each, each.left[end]) for each, end in left), known),
                due_eur_cents=_cents((due_of(each, each.left[end]) for each, end in left), said),
            )
        )
    whole = {"list_eur_cents": cost.cents(list_value, left_of), "due_eur_cents": cost.cents(due_of, left_of)}
    return with_rounding(EndRow, rows, whole)


def _month_of_end(end: date) -> BillingMonth:
    month = BillingMonth.of(end)
    return month.preceding if end == month.first_day else month


SHARES: Mapping[str, str] = {
    "earned_bp": "the tier that was earned",
    "grace_bp": "a grace period",
    "legacy_bp": "an older agreement",
}


def share_of_due(name: str, part: CostOf, amount: Fraction) -> Fraction:
    """What was due on an amount from one of the `SHARES`, in EUR cents."""
    return list_value(part, amount) * int(getattr(part.order.shares, name)) / BP


def share_rows(cost: Cost) -> list[ShareRow]:
    """Where what was due, and what is committed, came from."""
    amounts = {"due_eur_cents": share_of, "monthly_due_eur_cents": monthly_of, "contract_due_eur_cents": left_of}
    rows = [
        ShareRow(words, *(cost.cents(partial(share_of_due, name), of) for of in amounts.values()))
        for name, words in SHARES.items()
    ]
    return with_rounding(ShareRow, rows, {column: cost.cents(due_of, of) for column, of in amounts.items()})


def _cents(amounts: Iterable[Fraction], is_known: bool) -> int | None:
    return rounded(exact_sum(amounts)) if is_known else None

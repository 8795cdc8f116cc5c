"""Leakage: the partner discount that was given on each line, against what its order was entitled to (`leakage`).

Given too little is a debt to the partner, given too much costs the company: both are told, the debt first.

All amounts are in the programme's unit. The effect of lines of one account, product, order day and discount is
`revenue / (1 - given) * (given - due)`: the list price, times the points given beyond what was due. Revenue and effect
of these lines are exact ratios, each rounded once to cents, half away from zero. Every other figure is a sum of these
cents, so that partners, entities and kinds add up to each other to the cent. What the month counts is rounded per
account and currency instead: the difference of the two is told as `rounding`, and can be no more than half a cent for
each of both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import lcm
from typing import Annotated, Literal, NamedTuple, get_args

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column
from partner_program.domain.entitlement import Entitlement, Entitlements, Source
from partner_program.domain.money import BP, round_half_away
from partner_program.domain.order_lines import Order, OrderLines, OrderLinesRead
from partner_program.domain.unit import AnyRate

Kind = Literal["under", "over", "not_authorized", "equal", "before", "unknown"]
KINDS: tuple[Kind, ...] = get_args(Kind)
WORDS: Mapping[Kind, str] = {
    "under": "given less than due",
    "over": "given more than due",
    "not_authorized": "given without a right to it",
    "equal": "as due",
    "before": "ordered before the programme",
    "unknown": "not known",
}
OF_NOBODY = "accounts of no partner"
NOT_KNOWN: tuple[Source, ...] = ("several partners", "product not said")
WRONG: tuple[Kind, ...] = ("under", "over", "not_authorized")


class WrongLines(NamedTuple):
    """Lines of one account, product, order day and discount that were not as due; EUR cents, each rounded once.

    `effect_eur_cents` is what was given beyond what was due: negative where it was less.
    `by_prepayment` are lines whose discount exceeds the due one by exactly the prepayment discount of their term.
    """

    entity: str
    order: Order
    due: Entitlement
    kind: Kind
    lines: int
    revenue_eur_cents: int
    effect_eur_cents: int
    by_prepayment: int

    @property
    def partner_id(self) -> str:
        """Whose order it was; "" for accounts of nobody."""
        return self.due.partner_id


@dataclass(slots=True)
class KindSums:
    """What lines of a kind come to; EUR cents, rounded for the lines of each order."""

    lines: int = 0
    revenue_eur_cents: int = 0
    effect_eur_cents: int = 0


@dataclass(frozen=True, slots=True)
class GroupRow:
    """All lines of a kind."""

    group: Annotated[str, Column("lines that were")]
    lines: Annotated[int, Column("lines", "whole")]
    revenue_eur_cents: Annotated[int, Column("revenue EUR", "euros")]
    effect_eur_cents: Annotated[int, Column("given beyond due EUR", "change")]


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A partner with lines that were not as due, whose the accounts were on the order's day; EUR cents.

    `partner_id` is "" for accounts of nobody. `owed_eur_cents` is our debt to the partner.
    """

    partner_id: Annotated[str, Column("partner")]
    company_name: Annotated[str, Column("company")]
    under_lines: Annotated[int, Column("lines below", "whole")]
    owed_eur_cents: Annotated[int, Column("owed to it EUR", "euros")]
    over_lines: Annotated[int, Column("lines above", "whole")]
    over_eur_cents: Annotated[int, Column("given too much EUR", "euros")]
    not_authorized_lines: Annotated[int, Column("without a right", "whole")]
    not_authorized_eur_cents: Annotated[int, Column("given without a right EUR", "euros")]


@dataclass(frozen=True, slots=True)
class EntityRow:
    """What an entity's lines of the month say; EUR cents."""

    entity: Annotated[str, Column("entity")]
    lines: Annotated[int, Column("lines", "whole")]
    revenue_eur_cents: Annotated[int, Column("revenue EUR", "euros")]
    owed_eur_cents: Annotated[int, Column("owed to partners EUR", "euros")]
    over_eur_cents: Annotated[int, Column("given too much EUR", "euros")]
    not_authorized_eur_cents: Annotated[int, Column("without a right EUR", "euros")]
    before_lines: Annotated[int, Column("before the programme", "whole")]
    unknown_lines: Annotated[int, Column("not known", "whole")]


@dataclass(frozen=True, slots=True)
class LinesRow:
    """Lines that were not as due: one account, product, order day and discount."""

    group: Annotated[str, Column("were")]
    partner_id: Annotated[str, Column("partner")]
    entity: Annotated[str, Column("entity")]
    account_id: Annotated[str, Column("account")]
    product: Annotated[str, Column("product")]
    ordered_on: Annotated[date | None, Column("ordered on")]
    given_bp: Annotated[int | None, Column("given", "percent")]
    due_bp: Annotated[int | None, Column("due", "percent")]
    due_from: Annotated[str, Column("due from")]
    lines: Annotated[int, Column("lines", "whole")]
    currency: Annotated[str, Column(None)]
    revenue_eur_cents: Annotated[int, Column("revenue EUR", "euros")]
    effect_eur_cents: Annotated[int, Column("given beyond due EUR", "change")]


@dataclass(frozen=True, slots=True)
class DoubtfulRow:
    """A line that counts, and says something of its order that cannot be right: nothing is known about it."""

    entity: Annotated[str, Column("entity")]
    account_id: Annotated[str, Column("account")]
    line_id: Annotated[str, Column("line")]
    column: Annotated[str, Column("column")]
    found: Annotated[str, Column("is")]
    expected: Annotated[str, Column("expected")]


@dataclass(slots=True)
class Leakage:
    """The lines of a month, judged; `counted_eur_cents` is what the month counts, rounded per account and currency.

    `sums` are those of all lines by entity and kind, `wrong` the lines that were not as due. `without_product` are
    lines of which nothing is known for want of a product. `not_converted` are lines by currency that has no exchange
    rate: they are in no figure.
    """

    month: BillingMonth
    sums: Mapping[tuple[str, Kind], KindSums]
    wrong: Sequence[WrongLines]
    counted_eur_cents: int
    without_product: int
    not_converted: Mapping[str, int]

    def of(self, *kinds: Kind) -> list[WrongLines]:
        """The lines of some kinds that were not as due."""
        return [each for each in self.wrong if each.kind in kinds]

    def total(self, *kinds: Kind) -> KindSums:
        """What all lines of some kinds come to."""
        found = [each for (_, kind), each in self.sums.items() if kind in kinds]
        return KindSums(
            sum(each.lines for each in found),
            sum(each.revenue_eur_cents for each in found),
            sum(each.effect_eur_cents for each in found),
        )

    def effect_cents(self, *kinds: Kind) -> int:
        """What was given beyond what was due, on lines of some kinds, in EUR cents."""
        return self.total(*kinds).effect_eur_cents

    @property
    def too_much_cents(self) -> int:
        """What was given beyond what was due, with a right to less or to none, in EUR cents."""
        return self.effect_cents("over", "not_authorized")

    @property
    def rounding_cents(self) -> int:
        """What the month counts, less these lines, each of both rounded by itself."""
        return self.counted_eur_cents - self.total(*KINDS).revenue_eur_cents


def judge_orders(
    *,
    month: BillingMonth,
    reads: Iterable[OrderLinesRead],
    entitlements: Entitlements,
    rates: Mapping[str, AnyRate],
    prepayment_bp: Mapping[int, int],
) -> Leakage:
    """Hold what lines were given against what their orders were entitled to.

    `rates` are conversions to the programme's unit by currency; `prepayment_bp` is the programme's, by term. Raises
    `ArithmeticError` where lines got lost between what the month counts and what is judged.
    """
    ratios = {currency: rate.as_integer_ratio() for currency, rate in rates.items()}
    judge = _Judge(entitlements, ratios, prepayment_bp)
    for read in reads:
        judge.take(read)
    found = Leakage(
        month, judge.sums, judge.wrong, judge.counted, judge.without_product, dict(sorted(judge.not_converted.items()))
    )
    if 2 * abs(found.rounding_cents) > judge.rounded:
        raise ArithmeticError(f"leakage of {month}: {found.rounding_cents} cents are more than rounding")
    return found


class _Judge:
    """The lines so far; `rounded` counts the amounts that were rounded to cents."""

    def __init__(
        self, entitlements: Entitlements, ratios: Mapping[str, tuple[int, int]], prepayment_bp: Mapping[int, int]
    ) -> None:
        self._entitlements, self._ratios, self._prepayment_bp = entitlements, ratios, prepayment_bp
        self.sums: dict[tuple[str, Kind], KindSums] = {}
        self.wrong: list[WrongLines] = []
        self.counted = self.rounded = self.without_product = 0
        self.not_converted: dict[str, int] = {}

    def take(self, read: OrderLinesRead) -> None:
        """Judge an entity's lines, those of an order together; all shares are told in parts of one common whole."""
        shares_of = {line[6] for line in read.lines}
        whole = lcm(*shares_of)
        parts = {each: whole // each for each in shares_of}
        ratios = {currency: (ones, whole * units) for currency, (units, ones) in self._ratios.items()}
        dues = {who: self._entitlements.of_account(read.entity, who) for who in {line[0] for line in read.lines}}
        sums = {kind: KindSums() for kind in KINDS}
        totals: dict[str, dict[str, int]] = {currency: {} for currency in ratios}
        orders = self._orders(read.lines)
        equal_lines = equal_cents = 0
        for order, lines in orders.items():
            account_id, currency, product, ordered_on, given_bp = order
            share = count = 0
            for line in lines:
                share += line[5] * parts[line[6]]
                count += line[7]
            total = totals[currency]
            total[account_id] = total.get(account_id, 0) + share
            ones, units = ratios[currency]
            cents = round_half_away(share * ones, units)
            due = None if ordered_on is None else dues[account_id][ordered_on, product]
            if due is not None and given_bp is not None and given_bp == due.due_bp:
                equal_lines += count
                equal_cents += cents
                continue
            kind = kind_of(given_bp, due)
            found = sums[kind]
            found.lines += count
            found.revenue_eur_cents += cents
            if kind in WRONG and due is not None and due.due_bp is not None and given_bp is not None:
                beyond = given_bp - due.due_bp
                effect = round_half_away(share * ones * beyond, units * (BP - given_bp))
                found.effect_eur_cents += effect
                by_prepayment = self._by_prepayment(lines, beyond) if beyond > 0 else 0
                self.wrong.append(WrongLines(read.entity, order, due, kind, count, cents, effect, by_prepayment))
            elif due is not None and due.source == "product not said":
                self.without_product += count
        sums["equal"] = KindSums(equal_lines, equal_cents)
        for currency, total in totals.items():
            ones, units = ratios[currency]
            self.counted += sum([round_half_away(share * ones, units) for share in total.values()])
            self.rounded += len(total)
        self.rounded += len(orders)
        self.sums.update(((read.entity, kind), each) for kind, each in sums.items())

    def _orders(self, lines: Iterable[OrderLines]) -> dict[Order, list[OrderLines]]:
        """The lines of each order, of the currencies that have an exchange rate."""
        orders: dict[Order, list[OrderLines]] = {}
        for line in lines:
            order = line[:5]
            so_far = orders.get(order)
            if so_far is None:
                orders[order] = [line]
            else:
                so_far.append(line)
        for order in [each for each in orders if each[1] not in self._ratios]:
            count = sum(each.lines for each in orders.pop(order))
            self.not_converted[order[1]] = self.not_converted.get(order[1], 0) + count
        return orders

    def _by_prepayment(self, lines: Iterable[OrderLines], beyond_bp: int) -> int:
        """Lines that exceed what was due by exactly the prepayment discount of their term."""
        return sum([each.lines for each in lines if self._prepayment_bp.get(each.term_months, 0) == beyond_bp])


def _cents(numerator: int, denominator: int, ratio: tuple[int, int]) -> int:
    units, ones = ratio
    return round_half_away(numerator * ones, denominator * units)


def effect_cents(share: tuple[int, int], given_bp: int, due_bp: int, ratio: tuple[int, int]) -> int:
    """What was given beyond what was due on lines that were ordered alike, in EUR cents, rounded once.

    `share` is their revenue in minor units, `ratio` the exchange rate, both ratios of whole numbers.
    """
    return _cents(share[0] * (given_bp - due_bp), share[1] * (BP - given_bp), ratio)


def kind_of(given_bp: int | None, due: Entitlement | None) -> Kind:
    """How a discount that was given stands to the one that was due; None where the lines or the order do not say it."""
    if given_bp is None or due is None or due.source in NOT_KNOWN:
        return "unknown"
    if due.due_bp is None:
        return "before"
    if given_bp == due.due_bp:
        return "equal"
    if due.source == "not authorized":
        return "not_authorized"
    return "over" if given_bp > due.due_bp else "under"


def group_rows(found: Leakage) -> list[GroupRow]:
    """Each kind of lines, the debts first."""
    sums = {kind: found.total(kind) for kind in KINDS}
    return [
        GroupRow(WORDS[kind], each.lines, each.revenue_eur_cents, each.effect_eur_cents) for kind, each in sums.items()
    ]


def partner_rows(found: Leakage, names: Mapping[str, str]) -> list[PartnerRow]:
    """Partners with lines that were not as due, those to whom most is owed first; accounts of nobody last."""
    own: dict[str, dict[Kind, KindSums]] = {}
    for each in found.wrong:
        sums = own.setdefault(each.partner_id, {kind: KindSums() for kind in WRONG})[each.kind]
        sums.lines += each.lines
        sums.effect_eur_cents += each.effect_eur_cents
    rows = [
        PartnerRow(
            partner_id=partner_id,
            company_name=names.get(partner_id, "") if partner_id else OF_NOBODY,
            under_lines=of["under"].lines,
            owed_eur_cents=-of["under"].effect_eur_cents,
            over_lines=of["over"].lines,
            over_eur_cents=of["over"].effect_eur_cents,
            not_authorized_lines=of["not_authorized"].lines,
            not_authorized_eur_cents=of["not_authorized"].effect_eur_cents,
        )
        for partner_id, of in own.items()
    ]
    return sorted(
        rows,
        key=lambda row: (
            row.partner_id == "",
            -row.owed_eur_cents,
            -row.over_eur_cents - row.not_authorized_eur_cents,
            row.partner_id,
        ),
    )


def entity_rows(found: Leakage) -> list[EntityRow]:
    """The entities that were read, in order."""
    rows = []
    for entity in sorted({entity for entity, _ in found.sums}):
        of = {kind: found.sums[entity, kind] for kind in KINDS}
        rows.append(
            EntityRow(
                entity=entity,
                lines=sum(each.lines for each in of.values()),
                revenue_eur_cents=sum(each.revenue_eur_cents for each in of.values()),
                owed_eur_cents=-of["under"].effect_eur_cents,
                over_eur_cents=of["over"].effect_eur_cents,
                not_authorized_eur_cents=of["not_authorized"].effect_eur_cents,
                before_lines=of["before"].lines,
                unknown_lines=of["unknown"].lines,
            )
        )
    return rows


def lines_rows(found: Leakage) -> list[LinesRow]:
    """The lines that were not as due: the debts first, in each kind the largest effect first."""
    rows = []
    for each in sorted(found.wrong, key=_by_effect):
        account_id, currency, product, ordered_on, given_bp = each.order
        rows.append(
            LinesRow(
                group=WORDS[each.kind],
                partner_id=each.partner_id,
                entity=each.entity,
                account_id=account_id,
                product=product,
                ordered_on=ordered_on,
                given_bp=given_bp,
                due_bp=each.due.due_bp,
                due_from=each.due.source,
                lines=each.lines,
                currency=currency,
                revenue_eur_cents=each.revenue_eur_cents,
                effect_eur_cents=each.effect_eur_cents,
            )
        )
    return rows


def _by_effect(each: WrongLines) -> tuple[int, int, str, str]:
    return KINDS.index(each.kind), -abs(each.effect_eur_cents), each.entity, repr(each.order)


def doubtful_rows(reads: Iterable[OrderLinesRead]) -> list[DoubtfulRow]:
    """The lines that say something of their order that cannot be right."""
    return [
        DoubtfulRow(read.entity, line.account_id, line.line_id, line.column, line.found, line.expected)
        for read in reads
        for line in read.doubtful
    ]

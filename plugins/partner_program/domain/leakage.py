"""Leakage: the partner discount that was given on each line, against what its order was entitled to (`leakage`).

Given too little is a debt to the partner, given too much costs the company: both are told, the debt first.

The effect in euros of lines of one account, product, order day and discount is `revenue / (1 - given) * (given - due)`:
the list price, times the points given beyond what was due. Revenue and effect of these lines are exact ratios, each
rounded once to cents, half away from zero. Every other figure is a sum of these cents, so that partners, entities and
kinds add up to each other to the cent. What the month counts is rounded per account and currency instead: the
difference of the two is told as `rounding`, and can be no more than half a cent for each of both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from math import gcd
from typing import Annotated, Literal, NamedTuple, get_args

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column
from partner_program.domain.entitlement import Entitlement, Entitlements
from partner_program.domain.money import BP, rate_ratio, round_half_away
from partner_program.domain.order_lines import OrderLines, OrderLinesRead

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
WRONG: tuple[Kind, ...] = ("under", "over", "not_authorized")


class LineKey(NamedTuple):
    """What lines have in common that are one row."""

    entity: str
    account_id: str
    currency: str
    product: str
    ordered_on: date | None
    given_bp: int | None


@dataclass(slots=True)
class JudgedLines:
    """Lines of one account, product, order day and discount, with what was due; EUR cents, each rounded once.

    `effect_eur_cents` is what was given beyond what was due: negative where it was less, 0 where nothing can be said.
    `by_prepayment` are lines whose discount exceeds the due one by exactly the prepayment discount of their term.
    """

    key: LineKey
    due: Entitlement | None
    kind: Kind
    lines: int = 0
    revenue_eur_cents: int = 0
    effect_eur_cents: int = 0
    by_prepayment: int = 0


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

    `not_converted` are lines by currency that has no exchange rate: they are in no figure.
    """

    month: BillingMonth
    judged: Sequence[JudgedLines]
    counted_eur_cents: int
    not_converted: Mapping[str, int] = field(default_factory=dict)

    def of(self, *kinds: Kind) -> list[JudgedLines]:
        """The lines of some kinds."""
        return [each for each in self.judged if each.kind in kinds]

    def effect_cents(self, *kinds: Kind) -> int:
        """What was given beyond what was due, on lines of some kinds, in EUR cents."""
        return sum(each.effect_eur_cents for each in self.of(*kinds))

    @property
    def too_much_cents(self) -> int:
        """What was given beyond what was due, with a right to less or to none, in EUR cents."""
        return self.effect_cents("over", "not_authorized")

    @property
    def rounding_cents(self) -> int:
        """What the month counts, less these lines, each of both rounded by itself."""
        return self.counted_eur_cents - sum(each.revenue_eur_cents for each in self.judged)


def judge_orders(
    *,
    month: BillingMonth,
    reads: Iterable[OrderLinesRead],
    entitlements: Entitlements,
    rates: Mapping[str, Decimal],
    prepayment_bp: Mapping[int, int],
) -> Leakage:
    """Hold what lines were given against what their orders were entitled to.

    `rates` are units per EUR by currency, with EUR itself; `prepayment_bp` is the programme's, by term. Raises
    `ArithmeticError` where lines got lost between what the month counts and what is judged.
    """
    rows: dict[LineKey, list[OrderLines]] = {}
    shares: dict[tuple[str, str, str], _Sum] = {}
    not_converted: dict[str, int] = {}
    for read in reads:
        for line in read.lines:
            if line.currency not in rates:
                not_converted[line.currency] = not_converted.get(line.currency, 0) + line.lines
                continue
            key = LineKey(read.entity, line.account_id, line.currency, line.product, line.ordered_on, line.discount_bp)
            rows.setdefault(key, []).append(line)
            account = read.entity, line.account_id, line.currency
            so_far = shares.get(account)
            shares[account] = (
                (line.share_minor, line.share_of) if so_far is None else _add(so_far, line.share_minor, line.share_of)
            )
    ratios = {currency: rate_ratio(units) for currency, units in rates.items()}
    judged = [_judged(key, lines, entitlements, ratios[key.currency], prepayment_bp) for key, lines in rows.items()]
    counted = sum(_cents(total, ratios[currency]) for (_, _, currency), total in shares.items())
    found = Leakage(month, judged, counted, dict(sorted(not_converted.items())))
    if 2 * abs(found.rounding_cents) > len(rows) + len(shares):
        raise ArithmeticError(f"leakage of {month}: {found.rounding_cents} cents are more than rounding")
    return found


_Sum = tuple[int, int]


def _add(total: _Sum, numerator: int, denominator: int) -> _Sum:
    if total[1] == denominator:
        return total[0] + numerator, denominator
    common = total[1] // gcd(total[1], denominator) * denominator
    return total[0] * (common // total[1]) + numerator * (common // denominator), common


def _cents(total: _Sum, ratio: tuple[int, int]) -> int:
    units, ones = ratio
    return round_half_away(total[0] * ones, total[1] * units)


def _judged(
    key: LineKey,
    lines: Sequence[OrderLines],
    entitlements: Entitlements,
    ratio: tuple[int, int],
    prepayment_bp: Mapping[int, int],
) -> JudgedLines:
    due = None if key.ordered_on is None else entitlements.on(key.entity, key.account_id, key.ordered_on)
    kind = _kind(key.given_bp, due)
    total: _Sum = (0, 1)
    count = by_prepayment = 0
    for line in lines:
        total = _add(total, line.share_minor, line.share_of)
        count += line.lines
    effect = 0
    if kind in WRONG and due is not None and due.due_bp is not None and key.given_bp is not None:
        beyond = key.given_bp - due.due_bp
        effect = _cents((total[0] * beyond, total[1] * (BP - key.given_bp)), ratio)
        by_prepayment = sum(line.lines for line in lines if prepayment_bp.get(line.term_months, 0) == beyond > 0)
    return JudgedLines(key, due, kind, count, _cents(total, ratio), effect, by_prepayment)


def _kind(given_bp: int | None, due: Entitlement | None) -> Kind:
    if given_bp is None or due is None or due.source == "several partners":
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
    return [
        GroupRow(
            WORDS[kind],
            sum(each.lines for each in found.of(kind)),
            sum(each.revenue_eur_cents for each in found.of(kind)),
            found.effect_cents(kind),
        )
        for kind in KINDS
    ]


def partner_rows(found: Leakage, names: Mapping[str, str]) -> list[PartnerRow]:
    """Partners with lines that were not as due, those to whom most is owed first; accounts of nobody last."""
    own: dict[str, list[JudgedLines]] = {}
    for each in found.of(*WRONG):
        own.setdefault(each.due.partner_id if each.due else "", []).append(each)
    rows = []
    for partner_id, judged in own.items():
        lines, effect = _by_kind(judged)
        rows.append(
            PartnerRow(
                partner_id=partner_id,
                company_name=names.get(partner_id, ""),
                under_lines=lines["under"],
                owed_eur_cents=-effect["under"],
                over_lines=lines["over"],
                over_eur_cents=effect["over"],
                not_authorized_lines=lines["not_authorized"],
                not_authorized_eur_cents=effect["not_authorized"],
            )
        )
    return sorted(
        rows,
        key=lambda row: (
            row.partner_id == "",
            -row.owed_eur_cents,
            -row.over_eur_cents - row.not_authorized_eur_cents,
            row.partner_id,
        ),
    )


def entity_rows(found: Leakage, entities: Iterable[str]) -> list[EntityRow]:
    """The entities that were read, in order."""
    own: dict[str, list[JudgedLines]] = {entity: [] for entity in sorted(entities)}
    for each in found.judged:
        own[each.key.entity].append(each)
    rows = []
    for entity, judged in own.items():
        lines, effect = _by_kind(judged)
        rows.append(
            EntityRow(
                entity=entity,
                lines=sum(lines.values()),
                revenue_eur_cents=sum(each.revenue_eur_cents for each in judged),
                owed_eur_cents=-effect["under"],
                over_eur_cents=effect["over"],
                not_authorized_eur_cents=effect["not_authorized"],
                before_lines=lines["before"],
                unknown_lines=lines["unknown"],
            )
        )
    return rows


def _by_kind(judged: Iterable[JudgedLines]) -> tuple[dict[Kind, int], dict[Kind, int]]:
    lines, effect = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    for each in judged:
        lines[each.kind] += each.lines
        effect[each.kind] += each.effect_eur_cents
    return lines, effect


def lines_rows(found: Leakage) -> list[LinesRow]:
    """The lines that were not as due: the debts first, in each kind the largest effect first."""
    wrong = sorted(
        found.of(*WRONG),
        key=lambda each: (
            KINDS.index(each.kind),
            -abs(each.effect_eur_cents),
            each.key._replace(ordered_on=each.key.ordered_on or date.min, given_bp=each.key.given_bp or 0),
        ),
    )
    return [
        LinesRow(
            group=WORDS[each.kind],
            partner_id=each.due.partner_id if each.due else "",
            entity=each.key.entity,
            account_id=each.key.account_id,
            product=each.key.product,
            ordered_on=each.key.ordered_on,
            given_bp=each.key.given_bp,
            due_bp=each.due.due_bp if each.due else None,
            due_from=each.due.source if each.due else "",
            lines=each.lines,
            currency=each.key.currency,
            revenue_eur_cents=each.revenue_eur_cents,
            effect_eur_cents=each.effect_eur_cents,
        )
        for each in wrong
    ]


def doubtful_rows(reads: Iterable[OrderLinesRead]) -> list[DoubtfulRow]:
    """The lines that say something of their order that cannot be right."""
    return [
        DoubtfulRow(read.entity, line.account_id, line.line_id, line.column, line.found, line.expected)
        for read in reads
        for line in read.doubtful
    ]

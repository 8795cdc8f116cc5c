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
from typing import Annotated, Literal, get_args

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column
from partner_program.domain.entitlement import Entitlement, Entitlements, Source
from partner_program.domain.money import BP, add_ratios, rate_ratio, round_half_away
from partner_program.domain.order_lines import Order, OrderLines, OrderLinesRead

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


@dataclass(slots=True)
class JudgedLines:
    """Lines of one account, product, order day and discount, with what was due; EUR cents, each rounded once.

    `effect_eur_cents` is what was given beyond what was due: negative where it was less, 0 where nothing can be said.
    `by_prepayment` are lines whose discount exceeds the due one by exactly the prepayment discount of their term.
    """

    entity: str
    order: Order
    due: Entitlement | None
    kind: Kind
    lines: int
    revenue_eur_cents: int
    effect_eur_cents: int
    by_prepayment: int

    @property
    def partner_id(self) -> str:
        """Whose order it was; "" for accounts of nobody."""
        return self.due.partner_id if self.due else ""


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
    ratios = {currency: rate_ratio(units) for currency, units in rates.items()}
    not_converted: dict[str, int] = {}
    judged: list[JudgedLines] = []
    counted = accounts = 0
    for read in reads:
        rows: dict[Order, list[OrderLines]] = {}
        for line in read.lines:
            rows.setdefault(line[:5], []).append(line)
        shares: dict[tuple[str, str], tuple[int, int]] = {}
        for order, lines in rows.items():
            account = order[:2]
            ratio = ratios.get(order[1])
            if ratio is None:
                not_converted[order[1]] = not_converted.get(order[1], 0) + sum(each.lines for each in lines)
                continue
            share = lines[0][5:7]
            if len(lines) > 1:
                for each in lines[1:]:
                    share = add_ratios(*share, *each[5:7])
            so_far = shares.get(account)
            shares[account] = share if so_far is None else add_ratios(*so_far, *share)
            judged.append(_judged(read.entity, order, share, lines, entitlements, ratio, prepayment_bp))
        counted += sum([_cents(*total, ratios[currency]) for (_, currency), total in shares.items()])
        accounts += len(shares)
    found = Leakage(month, judged, counted, dict(sorted(not_converted.items())))
    if 2 * abs(found.rounding_cents) > len(judged) + accounts:
        raise ArithmeticError(f"leakage of {month}: {found.rounding_cents} cents are more than rounding")
    return found


def _cents(numerator: int, denominator: int, ratio: tuple[int, int]) -> int:
    units, ones = ratio
    return round_half_away(numerator * ones, denominator * units)


def _judged(
    entity: str,
    order: Order,
    share: tuple[int, int],
    lines: Sequence[OrderLines],
    entitlements: Entitlements,
    ratio: tuple[int, int],
    prepayment_bp: Mapping[int, int],
) -> JudgedLines:
    account_id, _, product, ordered_on, given_bp = order
    due = None if ordered_on is None else entitlements.on(entity, account_id, ordered_on, product)
    kind = kind_of(given_bp, due)
    effect = by_prepayment = 0
    if kind in WRONG and due is not None and due.due_bp is not None and given_bp is not None:
        beyond = given_bp - due.due_bp
        effect = effect_cents(share, given_bp, due.due_bp, ratio)
        if beyond > 0:
            by_prepayment = sum([each.lines for each in lines if prepayment_bp.get(each.term_months, 0) == beyond])
    count = lines[0].lines if len(lines) == 1 else sum([each.lines for each in lines])
    return JudgedLines(entity, order, due, kind, count, _cents(*share, ratio), effect, by_prepayment)


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
        own.setdefault(each.partner_id, []).append(each)
    rows = []
    for partner_id, judged in own.items():
        lines, effect = _by_kind(judged)
        rows.append(
            PartnerRow(
                partner_id=partner_id,
                company_name=names.get(partner_id, "") if partner_id else OF_NOBODY,
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
        own[each.entity].append(each)
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
    rows = []
    for each in sorted(found.of(*WRONG), key=_by_effect):
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
                due_bp=each.due.due_bp if each.due else None,
                due_from=each.due.source if each.due else "",
                lines=each.lines,
                currency=currency,
                revenue_eur_cents=each.revenue_eur_cents,
                effect_eur_cents=each.effect_eur_cents,
            )
        )
    return rows


def _by_effect(each: JudgedLines) -> tuple[int, int, str, str]:
    return KINDS.index(each.kind), -abs(each.effect_eur_cents), each.entity, repr(each.order)


def doubtful_rows(reads: Iterable[OrderLinesRead]) -> list[DoubtfulRow]:
    """The lines that say something of their order that cannot be right."""
    return [
        DoubtfulRow(read.entity, line.account_id, line.line_id, line.column, line.found, line.expected)
        for read in reads
        for line in read.doubtful
    ]

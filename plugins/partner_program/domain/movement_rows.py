"""What moved between two months, as rows and equations: each month's, each partner's, and the tiers.

A month begins with what the month before came to. Where restatements changed that since it was told first, both stand
there: `told` and `restated` are together what the moves begin from, so that each month ends where the next one begins.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, make_dataclass
from typing import Annotated

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column, shown
from partner_program.domain.counted_months import HELD, NO_TABLE, OUT, CountedMonth
from partner_program.domain.movements import LINES, Known, Lines, Turnover, step, turnover
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.report import Equation


@dataclass(frozen=True, slots=True)
class MonthMoved:
    """What moved all partners together from the month before; minor units. `told` is that month as it was told first.

    What is mostly nothing stands in the month's equation, and not in tables for people.
    """

    billing_month: Annotated[str, Column("month")]
    told_cents: Annotated[int, Column("told before", "euros")]
    restated_cents: Annotated[int, Column(None, "change")]
    new_cents: Annotated[int, Column("new", "change")]
    expansion_cents: Annotated[int, Column("expansion", "change")]
    contraction_cents: Annotated[int, Column("contraction", "change")]
    lost_cents: Annotated[int, Column("lost", "change")]
    exchange_rates_cents: Annotated[int, Column("exchange rates", "change")]
    link_moves_cents: Annotated[int, Column(None, "change")]
    held_cents: Annotated[int, Column("held", "change")]
    rounding_cents: Annotated[int, Column(None, "change")]
    mrr_eur_cents: Annotated[int, Column("MRR EUR", "euros")]


@dataclass(frozen=True, slots=True)
class PartnerMoved:
    """What moved one partner from the first month to the last, likewise; `moved` has for people what is not nothing.

    A month in which it is held tells no total: that is None, and counts as nothing beside the moves.
    """

    partner_id: Annotated[str, Column("partner")]
    company_name: Annotated[str, Column("company")]
    from_tier: Annotated[str, Column("tier before")]
    to_tier: Annotated[str, Column("tier")]
    moved: Annotated[str, Column("what moved, EUR", before="mrr_eur_cents")]
    told_cents: Annotated[int | None, Column("told before", "euros")]
    restated_cents: Annotated[int, Column(None, "change")]
    new_cents: Annotated[int, Column(None, "change")]
    expansion_cents: Annotated[int, Column(None, "change")]
    contraction_cents: Annotated[int, Column(None, "change")]
    lost_cents: Annotated[int, Column(None, "change")]
    exchange_rates_cents: Annotated[int, Column(None, "change")]
    link_moves_cents: Annotated[int, Column(None, "change")]
    held_cents: Annotated[int, Column(None, "change")]
    rounding_cents: Annotated[int, Column(None, "change")]
    mrr_eur_cents: Annotated[int | None, Column("MRR EUR", "euros")]


@dataclass(frozen=True, slots=True)
class MovedAccount:
    """An account that counts for another partner from this month on; minor units as it counted before."""

    billing_month: Annotated[str, Column("month")]
    entity: Annotated[str, Column("entity")]
    account_id: Annotated[str, Column("account")]
    currency: Annotated[str, Column("currency")]
    from_partner_id: Annotated[str, Column("from")]
    partner_id: Annotated[str, Column("to")]
    mrr_eur_cents: Annotated[int, Column("EUR", "euros")]


@dataclass(frozen=True, slots=True)
class HeldSince:
    """A partner of whom the last month says nothing; minor units as last known, without what it never told."""

    partner_id: Annotated[str, Column("partner")]
    company_name: Annotated[str, Column("company")]
    known_eur_cents: Annotated[int, Column("last known EUR", "euros")]


_NOTHING = Lines()


@dataclass(slots=True)
class Movements:
    """What moved over a chain of months, from the end of the first to the end of the last.

    `lines` are minor units by partner, in the order of `LINES`.
    """

    first: CountedMonth
    last: CountedMonth
    known: Known
    months: list[MonthMoved] = field(default_factory=list)
    lines: dict[str, list[int]] = field(default_factory=dict)
    accounts: list[MovedAccount] = field(default_factory=list)

    @property
    def whole(self) -> MonthMoved:
        """All months as one; it begins with what was told first of the first month."""
        together = map(sum, zip(_NOTHING, *self.lines.values(), strict=True))
        return MonthMoved(str(self.last.month), *_amounts(self.first, together, self.last))


def movements(
    months: Iterable[CountedMonth],
    known: Known,
    turnover: Callable[[CountedMonth, CountedMonth, Known], Turnover] = turnover,
) -> Movements:
    """What moved from month to month; `known` is of partners that are held in the first. There is one at least.

    With a `turnover` that needs no accounts, the months have those in other currencies than the programme's at least.
    """
    in_order = iter(months)
    before = next(in_order)
    found = Movements(before, before, known)
    for now in in_order:
        between = turnover(before, now, found.known)
        moved = step(before=before, now=now, known=found.known, between=between, lines=found.lines)
        found.months.append(MonthMoved(str(now.month), *_amounts(before, moved.together, now)))
        found.accounts += [
            MovedAccount(str(now.month), *row.key, row.partner_id, owner, row.mrr_eur_cents)
            for row, owner in moved.moved
        ]
        before = found.last = now
        found.known = moved.known
    return found


def _amounts(before: CountedMonth, lines: Iterable[int], now: CountedMonth) -> tuple[int, ...]:
    told = before.told_eur_cents
    return told, before.mrr_eur_cents - told, *lines, now.mrr_eur_cents


def partner_rows(found: Movements, names: Mapping[str, str], unit: Unit = EURO) -> list[PartnerMoved]:
    """Each partner of the first and the last month, and of the moves between; the largest changes first."""
    first, last, rows = found.first, found.last, []
    for partner_id in {**first.totals, **last.totals, **found.lines}:
        opening = first.totals.get(partner_id, 0)
        told = first.told.get(partner_id, opening)
        new, more, less, lost, exchange, links, held, rounding = found.lines.get(partner_id, _NOTHING)
        amounts = opening - told, new, more, less, lost, exchange, links, held, rounding
        rows.append(
            PartnerMoved(
                partner_id,
                names.get(partner_id, ""),
                _word(first.state(partner_id)),
                _word(last.state(partner_id)),
                _moved(amounts, unit),
                None if partner_id in first.held else told,
                *amounts,
                None if partner_id in last.held else last.totals.get(partner_id, 0),
            )
        )
    return sorted(rows, key=lambda row: (-abs((row.mrr_eur_cents or 0) - (row.told_cents or 0)), row.partner_id))


def _moved(amounts: Sequence[int], unit: Unit) -> str:
    named = zip(LINE_WORDS.values(), amounts, strict=True)
    return ", ".join([f"{words} {shown('change', cents, unit)}" for words, cents in named if cents])


def _word(state: int | str) -> str:
    return str(state or "none")


def held_rows(found: Movements, names: Mapping[str, str]) -> list[HeldSince]:
    """The partners that are held in the last month, with what is last known of them; the largest first."""
    known = {partner_id: sum(row.mrr_eur_cents for row in rows) for partner_id, rows in found.known.items()}
    rows = [
        HeldSince(each, names.get(each, ""), known.get(each, 0)) for each in found.last.held - found.last.totals.keys()
    ]
    return sorted(rows, key=lambda row: (-row.known_eur_cents, row.partner_id))


def equation(name: str, before: BillingMonth, row: MonthMoved, unit: Unit = EURO) -> Equation:
    """How a month came about, as an equation."""
    parts = [(words, getattr(row, amount)) for amount, words in LINE_WORDS.items()]
    told = (f"MRR of {before} as told first", row.told_cents)
    return Equation(name, (told, *parts), (f"MRR of {row.billing_month}", row.mrr_eur_cents), unit)


LINE_WORDS: Mapping[str, str] = {
    "restated_cents": "restated since",
    **{f"{name}_cents": name.replace("_", " ") for name in LINES},
}
"""The words of each amount that lies between what was told before and what came of it."""


def tier_rows(found: Movements, highest_tier: int) -> tuple[type[object], list[object]]:
    """How many partners went from which tier to which: a record's type, and a row for each tier of the first month.

    Beside the tiers there are those held, those out of the programme in one of the two months, and, in months that are
    history only, those of months without a table.
    """
    first, last = found.first, found.last
    everybody = {*first.totals, *last.totals, *first.held, *last.held}
    counted = Counter((first.state(each), last.state(each)) for each in everybody)
    states: list[int | str] = [*range(max(highest_tier, _highest(counted)) + 1), HELD, OUT]
    if any(NO_TABLE in pair for pair in counted):
        states.append(NO_TABLE)
    columns = [
        (f"to_{_word(each).replace(' ', '_')}", Annotated[int, Column(_heading(each), "whole")]) for each in states
    ]
    kind = make_dataclass(
        "TiersMoved",
        [("from_tier", Annotated[str, Column(f"from {first.month}, to {last.month}")]), *columns],
        frozen=True,
    )
    rows: list[object] = [kind(_word(was), *(counted[was, now] for now in states)) for was in states]
    return kind, rows


def _highest(counted: Mapping[tuple[int | str, int | str], int]) -> int:
    return max((each for pair in counted for each in pair if isinstance(each, int)), default=0)


def _heading(state: int | str) -> str:
    return f"tier {state}" if isinstance(state, int) and state else _word(state)

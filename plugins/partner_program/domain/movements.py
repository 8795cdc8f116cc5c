"""What moved a month's revenue, partner by partner and to the cent.

From one month to the next a partner's total moves by these lines, and by nothing else:

- *exchange rates*: what it counted before, at the new rates less at the old ones, in each currency that it still bills;
- *link moves*: accounts that count for another partner now, at what they counted before; over all partners nothing;
- *held*: what is not known for now leaves the total, and comes back once it is known: neither lost nor zero;
- the rest, at the new rates, is *new* (nothing before), *lost* (nothing now), *expansion* or *contraction*;
- *rounding*: what is left of a cent, as each account was rounded by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import chain

from partner_program.domain.counted_months import CountedAccount, CountedMonth, ForeignSum, foreign_sums
from partner_program.domain.money import rate_ratio, round_half_away

Known = Mapping[str, Sequence[CountedAccount]]
"""What was last counted for partners that are held, by partner."""
_Move = tuple[CountedAccount, str]
"""An account as it counted before, and who has it now."""


@dataclass(slots=True)
class Lines:
    """What moved, EUR cents."""

    new: int = 0
    expansion: int = 0
    contraction: int = 0
    lost: int = 0
    exchange_rates: int = 0
    link_moves: int = 0
    held: int = 0
    rounding: int = 0

    def add(self, other: "Lines") -> None:
        """Add other lines to these; one by one, as it is done for each partner and month."""
        self.new += other.new
        self.expansion += other.expansion
        self.contraction += other.contraction
        self.lost += other.lost
        self.exchange_rates += other.exchange_rates
        self.link_moves += other.link_moves
        self.held += other.held
        self.rounding += other.rounding


LINES: tuple[str, ...] = tuple(Lines.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Step:
    """From one month to the next: what moved by partner, which accounts moved, what is known of those held now."""

    lines: Mapping[str, Lines]
    moved: Sequence[_Move]
    known: Known


def step(*, before: CountedMonth, now: CountedMonth, known: Known) -> Step:
    """What moved between two months in a row; `known` is of partners that are held in the first."""
    moves = list(_moves(before, now, known))
    moved_by: dict[str, int] = defaultdict(int)
    for row, owner in moves:
        moved_by[row.partner_id] -= row.mrr_eur_cents
        moved_by[owner] += row.mrr_eur_cents
    waiting = {partner_id: sum(each.mrr_eur_cents for each in rows) for partner_id, rows in known.items()}
    foreign_before, foreign_now = _foreign_before(before, known, moves), now.foreign
    lines: dict[str, Lines] = {}
    opening, closings = before.totals, now.totals
    for partner_id in {**before.totals, **now.totals, **waiting, **moved_by}:
        came, known_before = moved_by.get(partner_id, 0), waiting.get(partner_id, 0)
        base = opening.get(partner_id, 0) + known_before + came
        closing = closings.get(partner_id)
        old, new = foreign_before.get(partner_id, ()), foreign_now.get(partner_id, ())
        if closing == base and old == new and not (came or known_before):
            continue
        found = Lines(link_moves=came, held=known_before)
        if closing is not None:
            _grow(found, base, closing, old, new)
        elif partner_id in now.held:
            found.held -= base
        else:
            found.lost -= base
        lines[partner_id] = found
    return Step(lines, moves, _still_known(before, now, known, moves))


def _grow(lines: Lines, base: int, closing: int, old: Sequence[ForeignSum], new: Sequence[ForeignSum]) -> None:
    """Put into its lines what moved a partner from `base` to `closing`, both EUR cents."""
    growth = closing - base
    if old or new:
        growth += _foreign_growth(lines, old, new)
    lines.rounding = closing - base - growth - lines.exchange_rates
    if base <= 0 < closing:
        lines.new = growth
    elif closing <= 0 < base:
        lines.lost = growth
    elif growth > 0:
        lines.expansion = growth
    else:
        lines.contraction = growth


def _foreign_growth(lines: Lines, old: Sequence[ForeignSum], new: Sequence[ForeignSum]) -> int:
    """What grew in other currencies less what their EUR cents grew by; what exchange rates moved goes to its line."""
    rates: dict[str, tuple[int, int]] = {}
    grown: dict[str, int] = {}
    growth = 0
    for currency, units_per_eur, minor, cents in new:
        rates[currency] = _ratio(units_per_eur)
        grown[currency] = minor
        growth -= cents
    for currency, units_per_eur, minor, cents in old:
        if currency not in rates:
            continue
        growth += cents
        grown[currency] -= minor
        (units, ones), (units_before, ones_before) = rates[currency], _ratio(units_per_eur)
        moved = minor * (ones * units_before - ones_before * units)
        lines.exchange_rates += round_half_away(moved, units * units_before)
    for currency, minor in grown.items():
        units, ones = rates[currency]
        growth += round_half_away(minor * ones, units)
    return growth


@lru_cache(maxsize=1024)
def _ratio(units_per_eur: str) -> tuple[int, int]:
    return rate_ratio(Decimal(units_per_eur))


def _moves(before: CountedMonth, now: CountedMonth, known: Known) -> Iterator[_Move]:
    """The accounts that somebody else has now; one of a held partner counts as it was last known."""
    owners, of_held = now.owners, now.held_accounts
    for row in chain(before.accounts, _rows(known)):
        owner = owners.get(row[1:4]) or of_held.get(row[1:3])
        if owner is not None and owner != row[0]:
            yield row, owner


def _rows(known: Known) -> Iterable[CountedAccount]:
    return (row for rows in known.values() for row in rows)


def _still_known(before: CountedMonth, now: CountedMonth, known: Known, moves: Sequence[_Move]) -> Known:
    """What is last known of the partners that are held now, with the accounts that are theirs now."""
    held = now.held
    owner_of = dict(moves)
    found: dict[str, list[CountedAccount]] = {}
    for row in (*before.accounts, *_rows(known)) if held else ():
        owner = owner_of.get(row, row.partner_id)
        if owner in held:
            found.setdefault(owner, []).append(row._replace(partner_id=owner))
    return found


def _foreign_before(before: CountedMonth, known: Known, moves: Sequence[_Move]) -> Mapping[str, Sequence[ForeignSum]]:
    """What partners counted before in other currencies, with the accounts that are theirs now."""
    concerned = {*known, *(row.partner_id for row, _ in moves), *(owner for _, owner in moves)}
    if not concerned:
        return before.foreign
    owner_of = dict(moves)
    rows = (*(row for row in before.accounts if row.partner_id in concerned), *_rows(known))
    theirs = foreign_sums(row._replace(partner_id=owner_of.get(row, row.partner_id)) for row in rows)
    return {**{each: sums for each, sums in before.foreign.items() if each not in concerned}, **theirs}

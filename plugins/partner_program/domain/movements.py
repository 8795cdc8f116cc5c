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
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from partner_program.domain.counted_months import CountedAccount, CountedMonth, ForeignSum, foreign_sums
from partner_program.domain.money import round_half_away
from partner_program.domain.unit import conversion_of

Known = Mapping[str, Sequence[CountedAccount]]
"""What was last counted for partners that are held, by partner."""
Move = tuple[CountedAccount, str]
"""An account as it counted before, and who has it now."""


class Lines(NamedTuple):
    """What moved, in the programme's minor units, as everything here: two months have one unit."""

    new: int = 0
    expansion: int = 0
    contraction: int = 0
    lost: int = 0
    exchange_rates: int = 0
    link_moves: int = 0
    held: int = 0
    rounding: int = 0


LINES: tuple[str, ...] = Lines._fields
_NEW, _EXPANSION, _CONTRACTION, _LOST, _EXCHANGE_RATES, _LINK_MOVES, _HELD, _ROUNDING = range(len(LINES))
_NOTHING = Lines()


class Turnover(NamedTuple):
    """Between two months: the accounts that a partner counted before and does not now, and those the other way round.

    An account that moved is in both; whatever is in neither counts for the partner that it counted for.
    """

    gone: Sequence[CountedAccount]
    come: Sequence[CountedAccount]


def turnover(before: CountedMonth, now: CountedMonth, _known: Known) -> Turnover:
    """The turnover of two months that have all their accounts, whatever is known of held partners."""
    owners_before, owners = before.owners, now.owners
    return Turnover(
        [row for row in before.accounts if owners.get(row.key) != row.partner_id],
        [row for row in now.accounts if owners_before.get(row.key) != row.partner_id],
    )


@dataclass(frozen=True, slots=True)
class Step:
    """From one month to the next: what moved of all together, which accounts moved, what is known of those held now.

    `together` are minor units in the order of `LINES`.
    """

    together: Sequence[int]
    moved: Sequence[Move]
    known: Known


def step(
    *, before: CountedMonth, now: CountedMonth, known: Known, between: Turnover, lines: dict[str, list[int]]
) -> Step:
    """What moved between two months in a row; `known` is of partners that are held in the first.

    It is added to each partner's `lines`, minor units in the order of `LINES`; one of whom nothing moved has none.
    Of the months' accounts those in the programme's currency are not looked at: `between` says what changed of them.
    """
    moves = list(moves_between(between, now, known))
    moved_by: dict[str, int] = defaultdict(int)
    for row, owner in moves:
        moved_by[row.partner_id] -= row.mrr_eur_cents
        moved_by[owner] += row.mrr_eur_cents
    waiting = {partner_id: sum(each.mrr_eur_cents for each in rows) for partner_id, rows in known.items()}
    foreign_before, foreign_now = _foreign_before(before, known, moves), now.foreign
    together = list(_NOTHING)

    def add(partner_id: str, place: int, cents: int) -> None:
        own = lines.get(partner_id)
        if own is None:
            own = lines[partner_id] = list(_NOTHING)
        own[place] += cents
        together[place] += cents

    bases, closings = dict(before.totals), now.totals
    for place, found in ((_LINK_MOVES, moved_by), (_HELD, waiting)):
        for partner_id, cents in found.items():
            if cents:
                bases[partner_id] = bases.get(partner_id, 0) + cents
                add(partner_id, place, cents)
    of_currencies = foreign_before.keys() | foreign_now.keys()
    for partner_id, closing in closings.items():
        base = bases.get(partner_id, 0)
        growth = closing - base
        if partner_id in of_currencies:
            old, new = foreign_before.get(partner_id, ()), foreign_now.get(partner_id, ())
            if growth or old != new:
                growth, by_rates = _foreign_growth(growth, old, new)
                if by_rates:
                    add(partner_id, _EXCHANGE_RATES, by_rates)
                rounding = closing - base - growth - by_rates
                if rounding:
                    add(partner_id, _ROUNDING, rounding)
        if growth:  # `add`, for a million rows
            place = _kind_of(growth, base, closing)
            own = lines.get(partner_id)
            if own is None:
                own = lines[partner_id] = list(_NOTHING)
            own[place] += growth
            together[place] += growth
    for partner_id in bases.keys() - closings.keys():
        base = bases[partner_id]
        if base:
            add(partner_id, _HELD if partner_id in now.held else _LOST, -base)
    return Step(together, moves, _still_known(between, now, known, moves))


def _kind_of(growth: int, base: int, closing: int) -> int:
    """The line of what a partner grew by, from `base` to `closing`, minor units."""
    if base <= 0 < closing:
        return _NEW
    if closing <= 0 < base:
        return _LOST
    return _EXPANSION if growth > 0 else _CONTRACTION


def _foreign_growth(growth: int, old: Sequence[ForeignSum], new: Sequence[ForeignSum]) -> tuple[int, int]:
    """What a partner grew by at the new rates, and what the rates moved, of what its total grew by."""
    if len(old) == len(new) == 1 and old[0].currency == new[0].currency:  # as almost always
        (_, units_text, minor, cents), (_, units_text_before, minor_before, cents_before) = new[0], old[0]
        units, ones = _ratio(units_text)
        by_rates = 0
        if units_text != units_text_before:
            units_before, ones_before = _ratio(units_text_before)
            by_rates = round_half_away(minor_before * (ones * units_before - ones_before * units), units * units_before)
        return growth + cents_before - cents + round_half_away((minor - minor_before) * ones, units), by_rates
    rates: dict[str, tuple[int, int]] = {}
    grown: dict[str, int] = {}
    by_rates = 0
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
        by_rates += round_half_away(moved, units * units_before)
    for currency, minor in grown.items():
        units, ones = rates[currency]
        growth += round_half_away(minor * ones, units)
    return growth, by_rates


@lru_cache(maxsize=1024)
def _ratio(units_per_eur: str) -> tuple[int, int]:
    return conversion_of(units_per_eur).as_integer_ratio()


def moves_between(between: Turnover, now: CountedMonth, known: Known) -> Iterator[Move]:
    """The accounts that somebody else has now; one of a held partner counts as it was last known."""
    owners, of_held = {row.key: row.partner_id for row in between.come}, now.held_accounts
    for row in chain(between.gone, _rows(known)):
        owner = owners.get(row.key) or of_held.get((row.entity, row.account_id))
        if owner is not None and owner != row.partner_id:
            yield row, owner


def _rows(known: Known) -> Iterable[CountedAccount]:
    return (row for rows in known.values() for row in rows)


def _still_known(between: Turnover, now: CountedMonth, known: Known, moves: Sequence[Move]) -> Known:
    """What is last known of the partners that are held now, with the accounts that are theirs now.

    A held partner counts no account, so all that it counted before is gone.
    """
    held = now.held
    owner_of = dict(moves)
    found: dict[str, list[CountedAccount]] = {}
    for row in (*between.gone, *_rows(known)) if held else ():
        owner = owner_of.get(row, row.partner_id)
        if owner in held:
            found.setdefault(owner, []).append(row._replace(partner_id=owner))
    return found


def _foreign_before(before: CountedMonth, known: Known, moves: Sequence[Move]) -> Mapping[str, Sequence[ForeignSum]]:
    """What partners counted before in other currencies, with the accounts that are theirs now."""
    concerned = {*known, *(row.partner_id for row, _ in moves), *(owner for _, owner in moves)}
    if not concerned:
        return before.foreign
    owner_of = dict(moves)
    rows = (*(row for row in before.accounts if row.partner_id in concerned), *_rows(known))
    theirs = foreign_sums(row._replace(partner_id=owner_of.get(row, row.partner_id)) for row in rows)
    return {**{each: sums for each, sums in before.foreign.items() if each not in concerned}, **theirs}

"""Product families with a discount of their own beside the general one of the monthly fee.

A rate keeps them as one text, so that a rate is one row and one value: `cdn=1200 dedicated=0`, by name. A family that
is not named has the general discount; one of 0 is excluded.
"""

from collections.abc import Collection, Mapping
from functools import cache
from typing import NamedTuple

from partner_program.domain.money import percent_text

Families = str
"""The discounts of families in basis points, as text; None wherever none has one of its own."""


def families_text(discounts: Mapping[str, int]) -> Families | None:
    """Discounts in basis points by family, as a rate keeps them."""
    return " ".join(f"{product}={bp}" for product, bp in sorted(discounts.items())) or None


def families_of(text: Families | None) -> dict[str, int]:
    """The discounts in basis points by family, by name."""
    pairs = (each.partition("=") for each in (text or "").split())
    return {product: int(bp) for product, _, bp in pairs}


def families_words(text: Families | None) -> list[str]:
    """The discounts by family as people read them beside the general one: `vps 7 %`."""
    return [f"{product.replace('_', ' ')} {percent_text(bp)}" for product, bp in families_of(text).items()]


def families_moved(before: tuple[int | None, Families | None], now: tuple[int | None, Families | None]) -> list[str]:
    """The discount of each family with its own before or now: `vps 7 % to 8 %`; without a result before, that of now.

    Each side is the general discount and the families.
    """
    was, is_now = families_of(before[1]), families_of(now[1])
    found = []
    for each in dict.fromkeys((*was, *is_now)):
        old, new = was.get(each, before[0]), is_now.get(each, now[0])
        percents = ["none" if bp is None else percent_text(bp) for bp in (old, new)]
        said = percents[1] if old in (None, new) else " to ".join(percents)
        found.append(f"{each.replace('_', ' ')} {said}")
    return found


class Points(NamedTuple):
    """Basis points of the monthly fee by product family: a discount, or a difference of two.

    `own` are the families that have others than the `general` ones, which every other family has.
    """

    general: int
    own: tuple[tuple[str, int], ...] = ()

    @property
    def alike(self) -> int | None:
        """The points of every family; None where they are not the same."""
        return None if self.own else self.general

    @property
    def side(self) -> int | None:
        """1 where a family has more than 0 and none has less, -1 the other way round, 0 where all have 0.

        None where some have more and others less.
        """
        every = (self.general, *(bp for _, bp in self.own))
        above, below = max(every) > 0, min(every) < 0
        return None if above and below else above - below

    def of(self, cents: int, *, is_money: bool) -> int | None:
        """An amount times its points; None where these differ by family, and the amount is not known by family.

        What is no money has no price that anything is discounted of.
        """
        known = self.alike_of(is_money=is_money)
        return None if known is None else cents * known

    def alike_of(self, *, is_money: bool) -> int | None:
        """The points of every family, where they are the same and of money; 0 are 0 of anything."""
        return self.alike if is_money or not self.alike else None


@cache
def points(general: int, families: Families | None) -> Points:
    """A discount of all families; one that has no more and no less than the general one is not told apart."""
    return Points(general, tuple(each for each in families_of(families).items() if each[1] != general))


@cache
def points_more(before: Points, now: Points) -> Points:
    """How much more each family has now."""
    was, is_now, general = dict(before.own), dict(now.own), now.general - before.general
    more = {each: is_now.get(each, now.general) - was.get(each, before.general) for each in was.keys() | is_now.keys()}
    return Points(general, tuple(sorted((each, bp) for each, bp in more.items() if bp != general)))


def families_differ(before: tuple[int, Families | None], now: tuple[int, Families | None]) -> bool:
    """Whether an order of any family gets another discount; each side is the general discount and the families."""
    if before[1] == now[1] is None:
        return False
    was, is_now = families_of(before[1]), families_of(now[1])
    return any(was.get(each, before[0]) != is_now.get(each, now[0]) for each in was.keys() | is_now.keys())


def any_below(one: tuple[int, Families | None], other: tuple[int, Families | None]) -> bool:
    """Whether any family has less on one side than on the other."""
    if one[1] == other[1] is None:
        return False
    mine, theirs = families_of(one[1]), families_of(other[1])
    return any(mine.get(each, one[0]) < theirs.get(each, other[0]) for each in mine.keys() | theirs.keys())


def known_families(products: Collection[str], *families: Collection[str]) -> tuple[str, ...]:
    """The families that an order may name: those that the programme lists, and those with a discount of their own."""
    return tuple(dict.fromkeys((*products, *(each for some in families for each in some))))

"""Product families with a discount of their own beside the general one of the monthly fee.

A rate keeps them as one text, so that a rate is one row and one value: `cdn=1200 dedicated=0`, by name. A family that
is not named has the general discount; one of 0 is excluded.
"""

from collections.abc import Collection, Mapping

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

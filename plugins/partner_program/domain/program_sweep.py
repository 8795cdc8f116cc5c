"""Sweeps: many drafts of a programme, each with other values in its tier table (`simulate --vary`)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from math import prod
from typing import Literal, get_args

from partner_program.domain.money import BP, percent_text
from partner_program.domain.program import Program, Tier
from partner_program.domain.program_change import TierTerms
from partner_program.domain.refusals import Refusal
from partner_program.domain.tier_names import tier_words

MOST_DRAFTS = 5_000
TierKey = Literal["from_mrr_cents", "monthly_fee_discount_bp", "setup_fee_discount_bp"]
_WRITTEN = re.compile(r"tiers\.(\d{1,2})\.(\w+)=(\d{1,12})\.\.(\d{1,12})/(\d{1,12})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sweep:
    """The values that one cell of the tier table takes, one after another: cents of the unit or basis points."""

    tier: int
    key: TierKey
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A programme to compare: `words` say what is another in it, or which file it is."""

    words: str
    program: Program


def read_sweep(written: str) -> Sweep:
    """Read `tiers.3.from_mrr_cents=450000..600000/25000`: from, to (included where a step ends on it), step."""
    found = _WRITTEN.fullmatch(written)
    if found is None or found[2] not in get_args(TierKey):
        raise Refusal(
            f"sweep {written!r}: expected as in tiers.3.from_mrr_cents=450000..600000/25000, with one of "
            f"{', '.join(get_args(TierKey))}"
        )
    tier, first, last, step = (int(found[number]) for number in (1, 3, 4, 5))
    key: TierKey = found[2]  # type: ignore[assignment]
    try:
        return make_sweep(tier, key, first=first, last=last, step=step)
    except Refusal as refusal:
        raise Refusal(f"sweep {written!r}: {refusal}") from None


def make_sweep(tier: int, key: TierKey, *, first: int, last: int, step: int) -> Sweep:
    """The sweep from a first value to a last one, which is included where a step ends on it."""
    if step == 0 or last < first:
        raise Refusal("expected a first value up to the last one, and a step above 0")
    if key != "from_mrr_cents" and last > BP:
        raise Refusal(f"expected at most {BP} basis points")
    if (last - first) // step >= MOST_DRAFTS:
        raise Refusal(f"expected at most {MOST_DRAFTS:,} values")
    return Sweep(tier, key, tuple(range(first, last + 1, step)))


def swept(program: Program, sweeps: Sequence[Sweep]) -> tuple[list[Draft], int]:
    """Every programme that the sweeps make of this one, and how many were left out.

    Left out is a tier table that no programme can have: a threshold that is not above the one before. Raises `Refusal`
    for a tier that the programme lacks, a cell that is named twice, too many drafts, and where all are left out.
    """
    cells = [(each.tier, each.key) for each in sweeps]
    for tier, key in cells:
        if not 1 <= tier <= program.highest_tier:
            raise Refusal(f"sweep of tier {tier}: the programme has tiers 1 to {program.highest_tier}")
        if key == "setup_fee_discount_bp" and not program.has("setup_fee"):
            raise Refusal(f"sweep of tiers.{tier}.{key}: the programme has no setup fee discount")
        if cells.count((tier, key)) > 1:
            raise Refusal(f"sweep of tiers.{tier}.{key}: it is there twice")
    number = prod(len(each.values) for each in sweeps)
    if number > MOST_DRAFTS:
        raise Refusal(f"{number:,} drafts are too many, expected at most {MOST_DRAFTS:,}: take larger steps")
    made = [_with(program, cells, values) for values in product(*(each.values for each in sweeps))]
    sound = [each for each in made if all(row.from_mrr_cents < after.from_mrr_cents for row, after in pairwise(each))]
    if not sound:
        raise Refusal("every draft is left out: no threshold would be above the one before")
    return [Draft(_words(program, tiers), replace(program, tiers=tiers)) for tiers in sound], number - len(sound)


def _with(program: Program, cells: Sequence[tuple[int, TierKey]], values: Sequence[int]) -> tuple[Tier, ...]:
    tiers = list(program.tiers)
    for (tier, key), value in zip(cells, values, strict=True):
        tiers[tier - 1] = _changed(tiers[tier - 1], key, value)
    return tuple(tiers)


def _changed(row: Tier, key: TierKey, value: int) -> Tier:
    if key == "from_mrr_cents":
        return replace(row, from_mrr_cents=value)
    if key == "monthly_fee_discount_bp":
        return replace(row, monthly_fee_discount_bp=value)
    return replace(row, setup_fee_discount_bp=value)


def _words(program: Program, tiers: Sequence[Tier]) -> str:
    """What is another in each tier, by its new value."""
    found = []
    for before, now in zip(program.tiers, tiers, strict=True):
        changed = []
        if now.from_mrr_cents != before.from_mrr_cents:
            changed.append(f"from {program.unit.text(now.from_mrr_cents)}")
        if now.monthly_fee_discount_bp != before.monthly_fee_discount_bp:
            changed.append(f"monthly {percent_text(now.monthly_fee_discount_bp)}")
        if now.setup_fee_discount_bp is not None and now.setup_fee_discount_bp != before.setup_fee_discount_bp:
            changed.append(f"setup {percent_text(now.setup_fee_discount_bp)}")
        found += [f"{tier_words(now.tier, now.name)} {', '.join(changed)}"] if changed else []
    return "; ".join(found) or "nothing"


def terms_of(row: Tier) -> TierTerms:
    """A tier's row as terms to compare."""
    return TierTerms(row.from_mrr_cents, row.monthly_fee_discount_bp, row.setup_fee_discount_bp)

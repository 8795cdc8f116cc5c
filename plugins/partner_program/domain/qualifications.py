"""Conditions of a tier beside revenue, and what is on record of them for a partner on a day (docs/programme.md)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from partner_program.domain.dated import Period
from partner_program.domain.program import NOTHING_HELD, OnRecord, Program, Tier


@dataclass(frozen=True, slots=True)
class Qualification:
    """What a partner has of something for a period, as 2 of `certified_staff`; `source` says who knows it."""

    partner_id: str
    key: str
    value: int
    source: str
    period: Period


Used = tuple[tuple[str, int], ...]
"""What was on record of each key that a programme asks for, in the order of the keys; 0 where nothing was."""


def on_record(qualifications: Iterable[Qualification], day: date) -> dict[str, dict[str, int]]:
    """What each partner has on a day, by partner and key; who has nothing is not there."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for each in qualifications:
        if day in each.period:
            found[each.partner_id][each.key] = each.value
    return dict(found)


def used_of(program: Program, held: OnRecord) -> Used | None:
    """What a decision by this programme looked at; None where it asks for nothing beside revenue."""
    keys = program.required_keys
    return tuple((key, held.get(key, 0)) for key in keys) if keys else None


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that a tier needs more of than is on record; `name` is what people read for its key."""

    key: str
    at_least: int
    on_record: int
    name: str


@dataclass(frozen=True, slots=True)
class RevenueAlone:
    """The tier that revenue alone would have earned, and what it lacks; `tier_name` is its own, "" without one."""

    tier: int
    lacks: tuple[Lack, ...]
    tier_name: str = ""


def revenue_alone(*, program: Program, mrr_eur_cents: int, used: Used | None) -> RevenueAlone | None:
    """What a tier lacks that revenue reaches; None where revenue alone decided."""
    held = dict(used) if used is not None else NOTHING_HELD
    reached = program.earned_tier(mrr_eur_cents)
    row = program.tier_row(reached)
    if used is None or row is None or program.tier_with(mrr_eur_cents, held) == reached:
        return None
    return RevenueAlone(reached, lacks_of(program, row, held), program.tier_name(reached))


def lacks_of(program: Program, row: Tier, held: OnRecord) -> tuple[Lack, ...]:
    """What a tier needs beside revenue and more of than is on record."""
    lacks = (
        Lack(each.key, each.at_least, held.get(each.key, 0), program.requirement_name(each.key))
        for each in row.requires
    )
    return tuple(each for each in lacks if each.on_record < each.at_least)


def lack_words(found: RevenueAlone) -> str:
    """What a tier lacks that revenue reaches, in one line."""
    return f"revenue reaches {found.tier_name or f'tier {found.tier}'}, which needs {needs_words(found.lacks)}"


def needs_words(lacks: Iterable[Lack]) -> str:
    """What is needed beside revenue, and how much of it is on record."""
    return "; ".join(f"{each.at_least} {each.name}, on record {each.on_record}" for each in lacks)


def by_partner(qualifications: Iterable[Qualification]) -> Mapping[str, list[Qualification]]:
    """Qualifications by partner, in their order."""
    found: dict[str, list[Qualification]] = defaultdict(list)
    for each in qualifications:
        found[each.partner_id].append(each)
    return found

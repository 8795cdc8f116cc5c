"""Names the single lines behind a receipt, and says where they no longer are what was counted.

A snapshot freezes lines that count alike as one group: to keep the id of each of them would make a pull of hundreds of
thousands of lines several times as dear, for a question that is asked about a few partners. So ids are read when
somebody asks, from the entity's own database, which goes on changing: each group is compared with the frozen one, and
its lines are added up as those of the frozen ones were.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.revenue import (
    FaultyLine,
    GroupKey,
    MrrGroup,
    added_up,
    excluded_bucket,
    share_in_words,
    without_days,
)


class SingleLine(NamedTuple):
    """A line as its billing database has it now; `group` has this line alone. The days are as found."""

    line_id: str
    service_start: str
    service_end: str
    group: MrrGroup


@dataclass(frozen=True, slots=True)
class LinesRead:
    """What one entity shows of a partner's accounts now; with a `fault` nothing could be read."""

    entity: str
    lines: tuple[SingleLine, ...]
    faulty_lines: tuple[FaultyLine, ...]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class LineNow:
    """One line with its share of the month in minor units, exact; `agrees` where its whole group is as it was frozen.

    `bucket` is where such a line goes: if its group does not agree, it may have been counted otherwise, or not at all.
    """

    entity: str
    line: SingleLine
    bucket: str
    agrees: bool
    share_minor: Fraction
    share: str


@dataclass(frozen=True, slots=True)
class FaultyLineNow:
    """A line that could not be counted if the month were read now; `agrees` where it was frozen with the same fault."""

    entity: str
    line: FaultyLine
    bucket: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class ChangedGroup:
    """Lines that count alike, as they were frozen and as they are now; None on the side that has none."""

    entity: str
    frozen: MrrGroup | None
    now: MrrGroup | None


@dataclass(frozen=True, slots=True)
class EntityNow:
    """Whether an entity's lines could be read now (`fault`), and agree with what was frozen; None where unknown."""

    entity: str
    fault: str | None
    agrees: bool | None


@dataclass(frozen=True, slots=True)
class LinesNow:
    """The single lines of a partner as the billing databases show them now, and what differs from the receipt.

    `no_longer_faulty` are faulty lines of the receipt that are gone, or have that fault no more.
    """

    entities: tuple[EntityNow, ...]
    lines: tuple[LineNow | FaultyLineNow, ...]
    changed: tuple[ChangedGroup, ...]
    no_longer_faulty: tuple[tuple[str, FaultyLine], ...]


def compare_lines(
    *,
    reads: Sequence[LinesRead],
    groups: Sequence[tuple[str, MrrGroup]],
    faulty_lines: Sequence[tuple[str, FaultyLine]],
    month: BillingMonth,
    is_held: bool,
) -> LinesNow:
    """Compare what each entity shows now with the frozen groups and faulty lines, each with its entity."""
    entities: list[EntityNow] = []
    lines: list[LineNow | FaultyLineNow] = []
    changed: list[ChangedGroup] = []
    gone: list[tuple[str, FaultyLine]] = []
    for read in reads:
        if read.fault is not None:
            entities.append(EntityNow(read.entity, read.fault, None))
            continue
        frozen = {group.key: group for entity, group in groups if entity == read.entity}
        here = [line for entity, line in faulty_lines if entity == read.entity]
        faults, faults_now = {*map(_fault, here)}, {*map(_fault, read.faulty_lines)}
        form = _form_of(frozen)
        now = {group.key: group for group in added_up(form(line.group) for line in read.lines)}
        changed_here = _changed(read.entity, frozen, now)
        unlike = {group.key for pair in changed_here for group in (pair.frozen, pair.now) if group}
        in_order = sorted(read.lines, key=lambda line: (line.group.key, line.line_id))
        lines += [_line_now(read.entity, line, month, form(line.group).key not in unlike, is_held) for line in in_order]
        lines += [_faulty_now(read.entity, line, _fault(line) in faults) for line in read.faulty_lines]
        changed += changed_here
        gone += [(read.entity, line) for line in here if _fault(line) not in faults_now]
        entities.append(EntityNow(read.entity, None, not changed_here and faults == faults_now))
    return LinesNow(tuple(entities), tuple(lines), tuple(changed), tuple(gone))


def _line_now(entity: str, line: SingleLine, month: BillingMonth, agrees: bool, is_held: bool) -> LineNow:
    bucket = excluded_bucket(line.group) or ("held" if is_held else "counted")
    return LineNow(entity, line, bucket, agrees, *share_in_words(line.group, month.days))


def _faulty_now(entity: str, line: FaultyLine, agrees: bool) -> FaultyLineNow:
    return FaultyLineNow(entity, line, excluded_bucket(line) or "faulty", agrees)


def _fault(line: FaultyLine) -> tuple[str, str, str]:
    """What makes a faulty line the same: not its amount, which a snapshot leaves out where no column could hold it."""
    return line.line_id, line.column, line.found


def _form_of(frozen: Mapping[GroupKey, MrrGroup]) -> Callable[[MrrGroup], MrrGroup]:
    """The form in which groups were frozen: earlier versions kept lines that cover other days apart."""
    is_by_days = any(group.covered_days is not None for group in frozen.values())
    return _as_it_is if is_by_days else without_days


def _as_it_is(group: MrrGroup) -> MrrGroup:
    return group


def _changed(entity: str, frozen: Mapping[GroupKey, MrrGroup], now: Mapping[GroupKey, MrrGroup]) -> list[ChangedGroup]:
    return [
        ChangedGroup(entity, frozen.get(key), now.get(key))
        for key in sorted(frozen.keys() | now.keys())
        if frozen.get(key) != now.get(key)
    ]

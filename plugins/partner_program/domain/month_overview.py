"""A month in figures: who rose and fell, and what each entity's lines became."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from partner_program.domain.revenue import UNPOSTED_STATUSES
from partner_program.domain.totals import Bucket


@dataclass(frozen=True, slots=True)
class Movement:
    """How many partners went from a tier to a tier; before the first tier there is none."""

    previous_tier: int | None
    tier: int | None
    partners: int

    @property
    def direction(self) -> str:
        """Rose, fell, stayed or first."""
        if self.previous_tier is None or self.tier is None:
            return "first"
        if self.tier == self.previous_tier:
            return "stayed"
        return "rose" if self.tier > self.previous_tier else "fell"


@dataclass(frozen=True, slots=True)
class EntityLines:
    """What became of an entity's lines in one currency, by bucket, in the currency's minor units."""

    entity: str
    currency: str
    buckets: Mapping[str, Bucket]

    @property
    def posted(self) -> tuple[Bucket, ...]:
        """The buckets whose lines are posted: a close has these."""
        return tuple(each for name, each in self.buckets.items() if name not in UNPOSTED_STATUSES)

    @property
    def lines(self) -> int:
        """How many lines there are in all buckets."""
        return sum(each.lines for each in self.buckets.values())

    @property
    def net_amount_minor(self) -> int:
        """Their sum."""
        return sum(each.net_amount_minor for each in self.buckets.values())


@dataclass(frozen=True, slots=True)
class LinesRead:
    """How many lines were read of an entity, and how many the buckets have: the difference is 0."""

    entity: str
    read: int
    in_buckets: int

    @property
    def difference(self) -> int:
        """Lines that no bucket has."""
        return self.read - self.in_buckets


@dataclass(frozen=True, slots=True)
class Close:
    """An entity's word that a month is complete: its posted lines in one currency, and the sum of their amounts."""

    entity: str
    currency: str
    lines: int
    control_total_minor: int


def entity_lines(buckets: Sequence[Bucket]) -> list[EntityLines]:
    """A settlement's buckets by entity and currency."""
    found: dict[tuple[str, str], dict[str, Bucket]] = defaultdict(dict)
    for each in buckets:
        found[each.entity, each.currency][each.bucket] = each
    return [EntityLines(*key, found[key]) for key in sorted(found)]

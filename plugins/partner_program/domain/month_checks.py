"""What stands in the way of a month's signature, and whether its lines agree with what each entity declared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from partner_program.domain.month_overview import EntityLines
from partner_program.domain.plurals import plural
from partner_program.domain.revenue import UNPOSTED_STATUSES

BlockerKind = Literal["held", "restatement", "unpublished", "letters"]


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that has to be seen to before a month can be signed."""

    kind: BlockerKind
    words: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """An entity's posted lines in one currency beside its own control total, in minor units.

    `declared_minor` is None where the entity closed nothing in the currency.
    """

    lines: EntityLines
    declared_minor: int | None

    @property
    def unposted_minor(self) -> int:
        """What is in no document that the entity sent."""
        return sum(
            self.lines.buckets[name].net_amount_minor for name in UNPOSTED_STATUSES if name in self.lines.buckets
        )

    @property
    def posted_minor(self) -> int:
        """What the entity's close covers."""
        return self.lines.net_amount_minor - self.unposted_minor

    @property
    def difference_minor(self) -> int | None:
        """What the close has more than the lines: 0 in a month that could be decided."""
        return None if self.declared_minor is None else self.declared_minor - self.posted_minor


def agreements(lines: Sequence[EntityLines], declared: Mapping[tuple[str, str], int]) -> tuple[Agreement, ...]:
    """Each entity and currency with lines or a close; a close of nothing is a row too."""
    by_key = {(each.entity, each.currency): each for each in lines}
    keys = sorted(by_key.keys() | declared.keys())
    return tuple(Agreement(by_key.get(key) or EntityLines(*key, {}), declared.get(key)) for key in keys)


def blockers(*, held: int, proposed: int, unpublished: int, recipients: int) -> tuple[Blocker, ...]:
    """What is open, most important first; `recipients` are those of letters that are not delivered."""
    found = []
    if proposed:
        found.append(Blocker("restatement", f"A restatement of {plural(proposed, 'partner')} is proposed"))
    if held:
        found.append(Blocker("held", f"{plural(held, 'partner')} held"))
    if unpublished:
        found.append(Blocker("unpublished", f"{plural(unpublished, 'account')} without the published rate"))
    if recipients:
        found.append(Blocker("letters", f"{plural(recipients, 'letter')} not delivered"))
    return tuple(found)

"""Digests as they stand: all of them by week and manager, and the count of one week with what needs a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from partner_program.adapters.database import digests as digest_store
from partner_program.adapters.reports.records import records_json
from partner_program.domain.digests import STUCK, TOLD, Digest
from partner_program.usecases.installation import Installation


@dataclass(frozen=True, slots=True)
class WeekOfDigests:
    """A week's digests counted by state; `open` are those that are neither taken nor empty."""

    week: date
    states: dict[str, int]
    open: tuple[Digest, ...]

    @property
    def needs_a_person(self) -> bool:
        """Whether one of them does not go on by itself: refused, ambiguous or undeliverable."""
        return any(each.status in STUCK for each in self.open)


def list_digests(installation: Installation) -> list[Digest]:
    """Every digest, the newest week first, by manager."""
    with installation.database.reading() as connection:
        found = digest_store.digests(connection)
    return sorted(found, key=lambda each: (-each.week_of.toordinal(), each.account_manager_id))


def reconcile_digests(installation: Installation, week: date) -> WeekOfDigests:
    """Count the digests of a week."""
    with installation.database.reading() as connection:
        found = digest_store.digests(connection, week=week)
        states = digest_store.count_states(connection, week)
    return WeekOfDigests(week, states, tuple(each for each in found if each.status not in TOLD))


def digests_file(digests: Sequence[Digest]) -> str:
    """Digests as JSON: days in ISO form, times in seconds since 1970."""
    return records_json(digests)

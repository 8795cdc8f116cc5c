"""Finds rates and benefits in order databases that are not as they were published."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from partner_program.adapters.database import benefit_publication as benefit_outbox
from partner_program.adapters.database import publication as publication_store
from partner_program.adapters.orders import database as orders_db
from partner_program.adapters.orders.rows import FoundRows, Row
from partner_program.domain.benefit_publication import PublishedBenefit
from partner_program.domain.publication import PublishedRate
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.domain.registry import Entity
from partner_program.usecases.installation import Installation, orders_connection_id
from partner_program.usecases.publication import (
    Drift,
    Outbox,
    already_there,
    compare,
    entities_with_orders,
    rates_kind,
    unreadable,
)
from partner_program.usecases.side_by_side import side_by_side


class DriftUnknown(Unavailable):
    """Some order databases could not be compared, one fault each; `found` is the drift of those that answered."""

    def __init__(self, faults: Sequence[str], found: Sequence[Drift]) -> None:
        super().__init__("; ".join(faults))
        self.found = found


def find_drift(installation: Installation) -> list[Drift]:
    """Find rates and benefits that somebody changed, removed or added by hand in an order database.

    Compares every order database first; then raises `DriftUnknown` if some could not be compared.
    """
    entities = entities_with_orders(installation)
    comparing = [partial(_found_of, installation, each, _outboxes(installation, each)) for each in entities]
    drifted: list[Drift] = []
    faults: list[str] = []
    for entity, found in zip(entities, side_by_side(comparing), strict=True):
        if isinstance(found, str):
            faults.append(f"entity {entity.entity} was not compared: {found}")
            continue
        rates, benefits = _outboxes(installation, entity)
        drifted += _drift_of(entity, rates, *found.rates)
        if found.benefits is not None:
            drifted += _drift_of(entity, benefits, *found.benefits)
    if faults:
        raise DriftUnknown(faults, drifted)
    return drifted


_Outboxes = tuple[Outbox[PublishedRate], Outbox[PublishedBenefit]]


@dataclass(frozen=True, slots=True)
class _Found:
    """What was to be there before beside what is there; no benefits where the database has no table for them."""

    rates: tuple[Outbox[PublishedRate], FoundRows[PublishedRate]]
    benefits: tuple[Outbox[PublishedBenefit], FoundRows[PublishedBenefit]] | None


def _outboxes(installation: Installation, entity: Entity) -> _Outboxes:
    with installation.database.reading() as connection:
        return publication_store.outbox(connection, entity.entity), benefit_outbox.outbox(connection, entity.entity)


def _found_of(installation: Installation, entity: Entity, before: _Outboxes) -> _Found | str:
    """Return what is there beside what was to be there before, or why that is unknown; in any thread."""
    rates, benefits = before
    try:
        fields = installation.connections.get(orders_connection_id(entity))
        if fields is None:
            return _Found((rates, FoundRows(orders_db.RATES)), None)
        there = orders_db.read_rows(fields, rates_kind(fields, rates))
        if not orders_db.has_table(fields, orders_db.BENEFITS):
            return _Found((rates, there), None)
        return _Found((rates, there), (benefits, orders_db.read_rows(fields, orders_db.BENEFITS)))
    except Refusal as fault:
        return str(fault)


def _drift_of(entity: Entity, now: Outbox[Row], before: Outbox[Row], found: FoundRows[Row]) -> list[Drift]:
    ours = [*(row for row, day in before if day is not None), *already_there(now, found)]
    keys = {found.kind.key_of(row) for row in ours}
    strange = [
        Drift(
            entity.entity,
            row.account_id,
            row.valid_from,
            f"published nothing, there {unreadable(row.faults)}",
            found.kind.table,
        )
        for row in found.unreadable
        if row.key not in keys
    ]
    return compare(entity, ours, found) + strange

"""Finds rates in order databases that are not as they were published."""

from collections.abc import Sequence
from functools import partial

from partner_program.adapters.database import publication as publication_store
from partner_program.adapters.orders import database as orders_db
from partner_program.adapters.orders.rows import FoundRows
from partner_program.domain.publication import rate_key
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.domain.registry import Entity
from partner_program.usecases.installation import Installation, orders_connection_id
from partner_program.usecases.publication import (
    Drift,
    Outbox,
    already_there,
    compare,
    entities_with_orders,
    unreadable,
)
from partner_program.usecases.side_by_side import side_by_side


class DriftUnknown(Unavailable):
    """Some order databases could not be compared, one fault each; `found` is the drift of those that answered."""

    def __init__(self, faults: Sequence[str], found: Sequence[Drift]) -> None:
        super().__init__("; ".join(faults))
        self.found = found


def find_drift(installation: Installation) -> list[Drift]:
    """Find rates that somebody changed, removed or added by hand in an order database.

    Compares every order database first; then raises `DriftUnknown` if some could not be compared.
    """
    entities = entities_with_orders(installation)
    comparing = [partial(_found_of, installation, each, _outbox(installation, each)) for each in entities]
    drifted: list[Drift] = []
    faults: list[str] = []
    for entity, found in zip(entities, side_by_side(comparing), strict=True):
        if isinstance(found, str):
            faults.append(f"entity {entity.entity} was not compared: {found}")
        else:
            drifted += _drift_of(entity, _outbox(installation, entity), *found)
    if faults:
        raise DriftUnknown(faults, drifted)
    return drifted


def _outbox(installation: Installation, entity: Entity) -> Outbox:
    with installation.database.reading() as connection:
        return publication_store.outbox(connection, entity.entity)


def _found_of(installation: Installation, entity: Entity, before: Outbox) -> tuple[Outbox, FoundRows] | str:
    """Return what is there beside what was to be there before, or why that is unknown; in any thread."""
    try:
        fields = installation.connections.get(orders_connection_id(entity))
        found = FoundRows([], []) if fields is None else orders_db.read_rows(fields)
    except Refusal as fault:
        return str(fault)
    return before, found


def _drift_of(entity: Entity, now: Outbox, before: Outbox, found: FoundRows) -> list[Drift]:
    ours = [*(rate for rate, day in before if day is not None), *already_there(now, found)]
    keys = {rate_key(rate) for rate in ours}
    strange = [
        Drift(entity.entity, row.account_id, row.valid_from, f"published nothing, there {unreadable(row.faults)}")
        for row in found.unreadable
        if row.key not in keys
    ]
    return compare(entity, ours, found) + strange

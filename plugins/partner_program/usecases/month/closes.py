"""Reading entities' months with their closes, and recording a close that an entity's people report by hand."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from partner_program.adapters.billing.pull import pull_month
from partner_program.adapters.database import closes as close_store
from partner_program.adapters.database.acts import now_by, record_act
from partner_program.adapters.database.registry import load_entities
from partner_program.domain.acts import CLOSE_RECORDED
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Moved, NotThere, Refusal
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import EntityRevenue, PeriodClose
from partner_program.usecases.installation import Installation, billing_fields
from partner_program.usecases.registry import find_entity
from partner_program.usecases.side_by_side import side_by_side


def read_entity_month(installation: Installation, entity: Entity, month: BillingMonth) -> EntityRevenue:
    """Read what an entity billed in a month, with its close checked; an entity's fault is in the answer."""
    (revenue,) = read_entity_months(installation, [entity], month)
    return revenue


def read_entity_months(
    installation: Installation, entities: Sequence[Entity], month: BillingMonth
) -> Iterator[EntityRevenue]:
    """Read what each entity billed in a month, all at the same time; yield them in the order of `entities`."""
    with installation.database.reading() as connection:
        closes = [close_store.recorded_closes(connection, entity.entity, month) for entity in entities]
    yield from side_by_side(
        [_reading(installation, entity, month, recorded) for entity, recorded in zip(entities, closes, strict=True)]
    )


def _reading(
    installation: Installation, entity: Entity, month: BillingMonth, recorded: Sequence[PeriodClose]
) -> Callable[[], EntityRevenue]:
    """Look up the entity's connection; return what then reads its database alone, in any thread."""
    try:
        fields = billing_fields(installation, entity)
    except Refusal as refusal:  # an unreadable connection is a fault of this entity alone: the others go on
        return partial(_not_read, entity, month, str(refusal))
    return partial(
        pull_month,
        fields,
        entity,
        month,
        largest_line=installation.largest_line(month),
        recorded_closes=recorded,
        sql_folder=installation.sql_folder,
    )


def _not_read(entity: Entity, month: BillingMonth, why: str) -> EntityRevenue:
    return EntityRevenue(entity.entity, (), (), (), (), f"month {month} not read: {why}")


def how_to_close(entity: Entity, month: BillingMonth, revenue: EntityRevenue) -> str | None:
    """What a person does next where nobody has closed an entity's month yet; None where it has a close."""
    if revenue.closes or f"month {month} not closed" not in (revenue.fault or "").split("; "):
        return None
    source = f"{entity.source} " if entity.source else ""
    connection = f"--connection billing_{entity.entity.lower()}"
    return (
        f"a system with a program_period_close of its own writes the month there; else see the figures with "
        f"`partner-program source check {source}{connection} --month {month}`, compare them with the system's own "
        f"report, and record them with `partner-program close record {entity.entity} {month}`"
    )


@dataclass(frozen=True, slots=True)
class RecordedCloses:
    """The closes of an entity's month that people recorded here, by currency; used where it has none of its own."""

    entity: Entity
    closes: tuple[PeriodClose, ...]

    @property
    def closes_hash(self) -> str:
        """What says whether they are others than those that somebody looked at."""
        return sha256(repr(self.closes).encode()).hexdigest()


def recorded_of_month(installation: Installation, month: BillingMonth) -> list[RecordedCloses]:
    """What was recorded of a month, for each entity that bills in it."""
    with installation.database.reading() as connection:
        return [
            RecordedCloses(each, close_store.recorded_closes(connection, each.entity, month))
            for each in load_entities(connection)
            if each.bills_in(month)
        ]


def recorded_of_entity(installation: Installation, entity_code: str, month: BillingMonth) -> RecordedCloses:
    """What was recorded of an entity's month; raises `NotThere` where the registry has no such entity."""
    with installation.database.reading() as connection:
        entity = next((each for each in load_entities(connection) if each.entity == entity_code), None)
        if entity is None:
            raise NotThere(f"entity {entity_code} is not in the registry")
        return RecordedCloses(entity, close_store.recorded_closes(connection, entity.entity, month))


def record_close(
    installation: Installation,
    entity_code: str,
    month: BillingMonth,
    close: PeriodClose,
    *,
    recorded_by: str,
    shown_hash: str | None = None,
) -> None:
    """Record that an entity's people say that a month is complete for a currency; the same again changes nothing.

    Raises `Moved` where others were recorded since the person looked at those with `shown_hash`.
    """
    entity = find_entity(installation, entity_code)
    with installation.database.writing() as connection:
        there = close_store.recorded_closes(connection, entity.entity, month)
        if close in there:
            return
        if shown_hash not in (None, RecordedCloses(entity, there).closes_hash):
            raise Moved(f"another close of {entity.entity} in {month} was recorded since you looked")
        if close_store.record_close(connection, entity.entity, month, close, recorded_by=recorded_by):
            doer = now_by(recorded_by, "recorded what the entity's people say")
            subject = f"{entity.entity} {month} {close.currency}"
            record_act(connection, CLOSE_RECORDED, subject, doer, close._asdict(), month=month)

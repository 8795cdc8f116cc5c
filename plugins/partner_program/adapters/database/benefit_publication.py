"""The publish outbox of benefits: every row that belongs into an entity's order database, and whether it is there."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import date

from sqlalchemy import Connection, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.adapters.database.publication import mark_rows, rows_with_days
from partner_program.domain.benefit_publication import BenefitKey, PublishedBenefit

_COLUMNS = tuple(PublishedBenefit.__dataclass_fields__)


def load_outboxes(connection: Connection) -> dict[tuple[str, str], list[PublishedBenefit]]:
    """Return every row by entity and account."""
    table = schema.benefit_publication
    found = defaultdict(list)
    for entity, *values in connection.execute(select(table.c.entity, *(table.c[name] for name in _COLUMNS))):
        row = PublishedBenefit(*values)
        found[entity, row.account_id].append(row)
    return dict(found)


def add_owed(connection: Connection, entity: str, rows: Iterable[PublishedBenefit]) -> None:
    """Add rows that an entity is owed; none of them is published yet."""
    owed = [{"entity": entity, **asdict(row), "published_on": None} for row in rows]
    append_rows(connection, schema.benefit_publication, owed)


def outbox(connection: Connection, entity: str) -> list[tuple[PublishedBenefit, date | None]]:
    """Return an entity's rows with the day on which each was published, None if it is not published yet."""
    return rows_with_days(connection, schema.benefit_publication, PublishedBenefit, entity)


def mark_published(connection: Connection, entity: str, keys: Collection[BenefitKey], *, published_on: date) -> None:
    """Mark rows of an entity, which were read back from its order database, as published, if they are not yet."""
    mark_rows(connection, schema.benefit_publication, entity, keys, published_on=published_on)

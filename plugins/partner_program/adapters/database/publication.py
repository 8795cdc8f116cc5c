"""The publish outbox: every rate that belongs into an entity's order database, and whether it was read back there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, bindparam, select, update

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.domain.publication import PublishedRate
from partner_program.domain.rates import RateTerms

_COLUMNS = tuple(PublishedRate.__dataclass_fields__)


def add_owed_rates(
    connection: Connection, timelines: Mapping[tuple[str, str], Sequence[tuple[date, RateTerms]]]
) -> int:
    """Add the rates that the outbox does not have yet; return how many rows are new.

    `timelines` are by entity and account. A day whose terms differ from the newest revision in the outbox gets the next
    revision; nothing is changed or removed.
    """
    newest = _newest(connection)
    rows = []
    for (entity, account_id), timeline in sorted(timelines.items()):
        for valid_from, terms in timeline:
            last = newest.get((entity, account_id, valid_from))
            if last is not None and last[1] == terms:
                continue
            rows.append(
                {
                    "entity": entity,
                    "account_id": account_id,
                    "valid_from": valid_from,
                    "revision": last[0] + 1 if last else 1,
                    "tier": terms.tier,
                    "monthly_fee_discount_bp": terms.monthly_fee_discount_bp,
                    "setup_fee_discount_bp": terms.setup_fee_discount_bp,
                    "sla": terms.sla,
                    "published_on": None,
                }
            )
    append_rows(connection, schema.publication, rows)
    return len(rows)


def outbox(connection: Connection, entity: str) -> list[tuple[PublishedRate, date | None]]:
    """Return an entity's rows with the day on which each was published, None if it is not published yet."""
    table = schema.publication
    columns = [table.c[name] for name in _COLUMNS]
    query = (
        select(*columns, table.c.published_on)
        .where(table.c.entity == entity)
        .order_by(table.c.account_id, table.c.valid_from, table.c.revision)
    )
    return [(PublishedRate(*values), published_on) for *values, published_on in connection.execute(query)]


def mark_published(
    connection: Connection, entity: str, keys: Iterable[tuple[str, date, int]], *, published_on: date
) -> None:
    """Mark these rows of an entity, which were read back from its order database, as published, if they are not yet.

    Other rows are left: another run may have added some since the outbox was read.
    """
    table = schema.publication
    marked = (
        update(table)
        .where(
            table.c.entity == entity,
            table.c.account_id == bindparam("own_account"),
            table.c.valid_from == bindparam("own_day"),
            table.c.revision == bindparam("own_revision"),
            table.c.published_on.is_(None),
        )
        .values(published_on=published_on)
    )
    names = ("own_account", "own_day", "own_revision")
    rows = [dict(zip(names, key, strict=True)) for key in keys]
    if rows:
        connection.execute(marked, rows)


def newest_terms(connection: Connection) -> dict[tuple[str, str], dict[date, RateTerms]]:
    """Return the terms in the outbox by entity and account, published or not: the newest revision of each day."""
    found: dict[tuple[str, str], dict[date, RateTerms]] = defaultdict(dict)
    for (entity, account_id, valid_from), (_, terms) in _newest(connection).items():
        found[entity, account_id][valid_from] = terms
    return found


def _newest(connection: Connection) -> dict[tuple[str, str, date], tuple[int, RateTerms]]:
    table = schema.publication
    found = {}
    for row in connection.execute(select(table).order_by(table.c.revision)):
        terms = RateTerms(row.tier, row.monthly_fee_discount_bp, row.setup_fee_discount_bp, row.sla)
        found[row.entity, row.account_id, row.valid_from] = (row.revision, terms)
    return found


def unpublished_accounts(connection: Connection, entities: Sequence[str]) -> set[tuple[str, str]]:
    """Return the (entity, account) pairs with a rate that was not read back from the order database yet."""
    table = schema.publication
    query = select(table.c.entity, table.c.account_id).where(
        table.c.entity.in_(entities), table.c.published_on.is_(None)
    )
    return {(row.entity, row.account_id) for row in connection.execute(query)}

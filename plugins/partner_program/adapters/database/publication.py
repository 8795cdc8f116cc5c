"""The publish outbox: every rate that belongs into an entity's order database, and whether it was read back there."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Table, bindparam, select, update

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.domain.benefit_publication import PublishedBenefit
from partner_program.domain.publication import PublishedRate, RateKey, by_family
from partner_program.domain.rates import RateTerms

Account = tuple[str, str]
_ACCOUNTS_AT_ONCE = 500
_Row = TypeVar("_Row", PublishedRate, PublishedBenefit)


def add_owed_rates(
    connection: Connection,
    timelines: Mapping[Account, Sequence[tuple[date, RateTerms]]],
    only: Collection[Account] | None = None,
) -> int:
    """Add the rates that the outbox does not have yet; return how many rows are new.

    `timelines` are by entity and account. A day whose terms differ from the newest revision in the outbox gets the next
    revision; nothing is changed or removed. `only` names the accounts of the timelines where they are few.
    """
    newest = _newest(connection, only)
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
                    "families": terms.families,
                    "published_on": None,
                }
            )
    append_rows(connection, schema.publication, rows)
    return len(rows)


def outbox(connection: Connection, entity: str) -> list[tuple[PublishedRate, date | None]]:
    """Return an entity's rows with the day on which each was published, None if it is not published yet.

    A rate has a row of its own for each product family that has one.
    """
    table = schema.publication
    columns = [table.c[each.name] for each in fields(PublishedRate) if each.name in table.c]
    query = select(*columns, table.c.families, table.c.published_on)
    query = query.where(table.c.entity == entity).order_by(*table.primary_key)
    return [
        (row, published_on)
        for *values, families, published_on in connection.execute(query)
        for row in by_family(PublishedRate(*values), families)
    ]


def mark_published(connection: Connection, entity: str, keys: Iterable[RateKey], *, published_on: date) -> None:
    """Mark these rows of an entity, which were read back from its order database, as published, if they are not yet.

    Other rows are left: another run may have added some since the outbox was read. A rate's rows, one for each product
    family, are marked as one.
    """
    rates = dict.fromkeys(key[:3] for key in keys)
    mark_rows(connection, schema.publication, entity, rates, published_on=published_on)


def rows_with_days(
    connection: Connection, table: Table, kind: type[_Row], entity: str
) -> list[tuple[_Row, date | None]]:
    """Return an entity's rows of an outbox, by key, with the day on which each was published."""
    columns = [table.c[each.name] for each in fields(kind)]
    query = select(*columns, table.c.published_on).where(table.c.entity == entity).order_by(*table.primary_key)
    return [(kind(*values), published_on) for *values, published_on in connection.execute(query)]


def mark_rows(
    connection: Connection, table: Table, entity: str, keys: Iterable[tuple[object, ...]], *, published_on: date
) -> None:
    """Mark rows of an outbox as published, if they are not yet; `keys` are the primary key's columns after `entity`."""
    own = [column for column in table.primary_key if column.name != "entity"]
    marked = (
        update(table)
        .where(
            table.c.entity == entity,
            *(column == bindparam(f"own_{column.name}") for column in own),
            table.c.published_on.is_(None),
        )
        .values(published_on=published_on)
    )
    rows = [{f"own_{column.name}": value for column, value in zip(own, key, strict=True)} for key in keys]
    if rows:
        connection.execute(marked, rows)


def newest_terms(
    connection: Connection, only: Collection[Account] | None = None
) -> dict[Account, dict[date, RateTerms]]:
    """Return the terms in the outbox by entity and account, published or not: the newest revision of each day.

    With `only`, the rows of these accounts alone are read.
    """
    found: dict[Account, dict[date, RateTerms]] = defaultdict(dict)
    for (entity, account_id, valid_from), (_, terms) in _newest(connection, only).items():
        found[entity, account_id][valid_from] = terms
    return found


def _newest(
    connection: Connection, only: Collection[Account] | None
) -> dict[tuple[str, str, date], tuple[int, RateTerms]]:
    table = schema.publication
    found = {}
    for query in _queries(only):
        for row in connection.execute(query.order_by(table.c.revision)):
            terms = RateTerms(row.tier, row.monthly_fee_discount_bp, row.setup_fee_discount_bp, row.sla, row.families)
            found[row.entity, row.account_id, row.valid_from] = (row.revision, terms)
    return found


def _queries(only: Collection[Account] | None) -> Iterator[Select[Any]]:
    """One query of the whole outbox, or of few accounts at a time, which an index finds."""
    table = schema.publication
    if only is None:
        yield select(table)
        return
    for entity in sorted({entity for entity, _ in only}):
        accounts = sorted(account_id for at, account_id in only if at == entity)
        for start in range(0, len(accounts), _ACCOUNTS_AT_ONCE):
            some = accounts[start : start + _ACCOUNTS_AT_ONCE]
            yield select(table).where(table.c.entity == entity, table.c.account_id.in_(some))


def unpublished_accounts(
    connection: Connection, entities: Sequence[str], *, until: date | None = None
) -> set[tuple[str, str]]:
    """Return the (entity, account) pairs with a rate that was not read back from the order database yet.

    With `until`, only rates count that hold from that day or an earlier one.
    """
    table = schema.publication
    query = select(table.c.entity, table.c.account_id).where(
        table.c.entity.in_(entities), table.c.published_on.is_(None)
    )
    if until is not None:
        query = query.where(table.c.valid_from <= until)
    return {(row.entity, row.account_id) for row in connection.execute(query)}

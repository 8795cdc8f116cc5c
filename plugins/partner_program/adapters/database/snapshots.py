"""Stores what each entity billed, frozen with its hash, and the findings of its checks."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, literal_column, null, or_, select, update

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.findings import Finding
from partner_program.domain.program_unit import EUR
from partner_program.domain.revenue import (
    WHOLE_TERM,
    WHOLE_TERM_FIELDS,
    DoubtfulLine,
    EntityRevenue,
    FaultyLine,
    MrrGroup,
    PeriodClose,
    ShortLine,
    SourceFile,
    added_up,
    without_days,
)

_Line = TypeVar("_Line", FaultyLine, ShortLine, DoubtfulLine)
_OfAccount = TypeVar("_OfAccount", MrrGroup, FaultyLine, ShortLine)
_ACCOUNTS_AT_ONCE = 500
_FIELDS_BY_DAYS = MrrGroup._fields[:11]  # of a group whose days are known, as earlier versions froze it
_UNTOLD: dict[str, Any] = {"covered_days": null(), "term_amount_minor": literal_column("0")}  # of any other group
_GROUP_PARTS = (
    (schema.snapshot_group, MrrGroup, WHOLE_TERM_FIELDS),
    (schema.snapshot_piece, MrrGroup, _FIELDS_BY_DAYS),
    (schema.snapshot_sum, MrrGroup, MrrGroup._fields),
)
_PARTS = (
    *_GROUP_PARTS,
    (schema.snapshot_faulty_line, FaultyLine, FaultyLine._fields),
    (schema.snapshot_short_line, ShortLine, ShortLine._fields),
    (schema.snapshot_doubtful_line, DoubtfulLine, DoubtfulLine._fields),
    (schema.snapshot_close, PeriodClose, PeriodClose._fields),
    (schema.snapshot_file, SourceFile, SourceFile._fields),
)


def content_hash(revenue: EntityRevenue) -> str:
    """Return the sha256 of everything in a snapshot; equal contents have equal hashes.

    A group is hashed with the fields that it was frozen with, and short or doubtful lines only where there are any: so
    the snapshots of earlier versions keep their hashes.
    """
    content: list[Any] = [
        revenue.entity,
        [_frozen(group) for group in revenue.groups],
        revenue.faulty_lines,
        revenue.closes,
        revenue.reseller_accounts,
        revenue.fault,
    ]
    if revenue.short_lines:
        content.append(revenue.short_lines)
    if revenue.doubtful_lines:
        content.append({"doubtful_lines": revenue.doubtful_lines})
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def _frozen(group: MrrGroup) -> tuple[Any, ...]:
    if group.covered_days is None:
        return group
    return group[: len(WHOLE_TERM_FIELDS if group.way == WHOLE_TERM else _FIELDS_BY_DAYS)]


def save_snapshot(connection: Connection, month: BillingMonth, revenue: EntityRevenue) -> bool:
    """Freeze what was read and make it the month's latest snapshot; return False if it is the latest already.

    What an earlier version froze of the same lines, in finer groups, is what was read: equal data is nothing new.
    """
    latest = schema.latest_snapshot
    here = (latest.c.billing_month == str(month), latest.c.entity == revenue.entity)
    current = connection.execute(select(latest.c.snapshot_id).where(*here)).scalar()
    digest = content_hash(revenue)
    snapshot_id = _find(connection, month, revenue.entity, digest)
    if snapshot_id is None:
        snapshot_id = _find_by_days(connection, month, revenue, digest, first=current)
    if snapshot_id is None:
        snapshot_id = _insert(connection, month, revenue, digest)
    if current == snapshot_id:
        return False
    if current is None:
        key = {"billing_month": str(month), "entity": revenue.entity}
        connection.execute(insert(latest).values(**key, snapshot_id=snapshot_id))
    else:
        connection.execute(update(latest).where(*here).values(snapshot_id=snapshot_id))
    return True


def latest_hashes(connection: Connection, month: BillingMonth) -> dict[str, str]:
    """Return the content hash of each entity's latest snapshot of a month."""
    latest, snapshot = schema.latest_snapshot, schema.snapshot
    query = (
        select(latest.c.entity, snapshot.c.content_hash)
        .join(snapshot, snapshot.c.snapshot_id == latest.c.snapshot_id)
        .where(latest.c.billing_month == str(month))
        .order_by(latest.c.entity)
    )
    return {row.entity: row.content_hash for row in connection.execute(query)}


def latest_snapshot_ids(connection: Connection, month: BillingMonth) -> dict[str, int]:
    """Return the id of each entity's latest snapshot of a month."""
    latest = schema.latest_snapshot
    query = select(latest).where(latest.c.billing_month == str(month)).order_by(latest.c.entity)
    return {row.entity: row.snapshot_id for row in connection.execute(query)}


def load_revenues(connection: Connection, month: BillingMonth) -> list[EntityRevenue]:
    """Return the latest snapshot of each entity, ordered by entity."""
    return [load_snapshot(connection, snapshot_id) for snapshot_id in latest_snapshot_ids(connection, month).values()]


def load_snapshot(connection: Connection, snapshot_id: int) -> EntityRevenue:
    """Return one snapshot as it was read."""
    snapshot = schema.snapshot
    head = connection.execute(select(snapshot).where(snapshot.c.snapshot_id == snapshot_id)).one()
    parts = (_load_part(connection, snapshot_id, *part) for part in _PARTS)
    groups, pieces, sums, faulty_lines, short_lines, doubtful_lines, closes, files = parts
    if pieces:
        groups = tuple(sorted((*groups, *pieces), key=lambda group: group.key))
    accounts = schema.snapshot_reseller_account
    found = connection.execute(
        select(accounts.c.account_id).where(accounts.c.snapshot_id == snapshot_id).order_by(accounts.c.account_id)
    )
    return EntityRevenue(
        entity=head.entity,
        groups=groups or sums,
        faulty_lines=faulty_lines,
        closes=closes,
        reseller_accounts=tuple(found.scalars()),
        fault=head.fault,
        short_lines=short_lines,
        doubtful_lines=doubtful_lines,
        files=files,
    )


def load_accounts(connection: Connection, snapshot_id: int, accounts: Sequence[str]) -> EntityRevenue:
    """Return what one snapshot has of these accounts, in its order: groups and single lines, without closes and fault.

    `accounts` are in order and without repeats; the others of the snapshot are not read.
    """
    snapshot = schema.snapshot
    entity = connection.execute(select(snapshot.c.entity).where(snapshot.c.snapshot_id == snapshot_id)).scalar_one()
    groups: list[MrrGroup] = []
    faulty: list[tuple[int, FaultyLine]] = []
    short: list[tuple[int, ShortLine]] = []
    for start in range(0, len(accounts), _ACCOUNTS_AT_ONCE):
        some = accounts[start : start + _ACCOUNTS_AT_ONCE]
        for table, kind, fields in _GROUP_PARTS:
            groups += _load_part(connection, snapshot_id, table, kind, fields, some)
        faulty += _placed_lines(connection, snapshot_id, schema.snapshot_faulty_line, FaultyLine, some)
        short += _placed_lines(connection, snapshot_id, schema.snapshot_short_line, ShortLine, some)
    return EntityRevenue(
        entity=entity,
        groups=tuple(sorted(groups, key=lambda group: group.key)),
        faulty_lines=tuple(line for _, line in sorted(faulty, key=lambda each: each[0])),
        closes=(),
        reseller_accounts=(),
        fault=None,
        short_lines=tuple(line for _, line in sorted(short, key=lambda each: each[0])),
    )


def load_accounts_apart(
    connection: Connection, snapshot_id: int, wanted: Mapping[str, Collection[str]]
) -> dict[str, EntityRevenue]:
    """Return the same for each of several names: what one snapshot has of the accounts that each of them wants."""
    whole = load_accounts(connection, snapshot_id, sorted({each for own in wanted.values() for each in own}))
    names: dict[str, list[str]] = defaultdict(list)
    for name, accounts in wanted.items():
        for account_id in accounts:
            names[account_id].append(name)

    def apart(rows: Sequence[_OfAccount]) -> dict[str, list[_OfAccount]]:
        found: dict[str, list[_OfAccount]] = {name: [] for name in wanted}
        for row in rows:
            for name in names[row.account_id]:
                found[name].append(row)
        return found

    groups, faulty, short = apart(whole.groups), apart(whole.faulty_lines), apart(whole.short_lines)
    return {
        name: replace(
            whole,
            groups=tuple(groups[name]),
            faulty_lines=tuple(faulty[name]),
            short_lines=tuple(short[name]),
        )
        for name in wanted
    }


def load_foreign(connection: Connection, snapshot_id: int, own: str = EUR) -> EntityRevenue:
    """Return the groups of one snapshot in other currencies than the programme's `own`, and nothing else of it."""
    return _load_groups(connection, snapshot_id, lambda table: table.c.currency != own)


def load_credits(connection: Connection, snapshot_id: int) -> EntityRevenue:
    """Return the credits of one snapshot, and nothing else of it."""
    return _load_groups(connection, snapshot_id, lambda table: table.c.charge_kind == "credit")


def load_short_lines(connection: Connection, snapshot_id: int) -> tuple[str, tuple[ShortLine, ...]]:
    """Return the entity of one snapshot, and its lines whose period is shorter than their term."""
    lines = _load_part(connection, snapshot_id, schema.snapshot_short_line, ShortLine, ShortLine._fields)
    return _entity_of(connection, snapshot_id), lines


def _load_groups(
    connection: Connection, snapshot_id: int, chosen: Callable[[Table], ColumnElement[bool]]
) -> EntityRevenue:
    groups: list[MrrGroup] = []
    for table, kind, fields in _GROUP_PARTS:
        groups += _load_part(connection, snapshot_id, table, kind, fields, where=chosen(table))
    return EntityRevenue(
        entity=_entity_of(connection, snapshot_id),
        groups=tuple(groups),
        faulty_lines=(),
        closes=(),
        reseller_accounts=(),
        fault=None,
    )


def _entity_of(connection: Connection, snapshot_id: int) -> str:
    snapshot = schema.snapshot.c
    return str(connection.execute(select(snapshot.entity).where(snapshot.snapshot_id == snapshot_id)).scalar_one())


def _placed_lines(
    connection: Connection, snapshot_id: int, table: Table, kind: type[_Line], accounts: Sequence[str]
) -> list[tuple[int, _Line]]:
    """Return the single lines of these accounts with their places in the snapshot."""
    columns = [table.c[_column_name(name)] for name in kind._fields]
    here = (table.c.snapshot_id == snapshot_id, table.c.account_id.in_(accounts))
    return [
        (position, kind._make(row))
        for position, *row in connection.execute(select(table.c.position, *columns).where(*here))
    ]


def save_findings(connection: Connection, month: BillingMonth, findings: Sequence[Finding]) -> bool:
    """Replace a month's findings; return False if they are the same."""
    if load_findings(connection, month) == list(findings):
        return False
    table = schema.finding
    connection.execute(delete(table).where(table.c.billing_month == str(month)))
    rows = [
        {
            "billing_month": str(month),
            "position": position,
            "entity": each.entity,
            "severity": each.severity,
            "check_name": each.check,
            "message": each.message,
            "count": each.count,
            "examples": json.dumps(each.examples, ensure_ascii=False),
        }
        for position, each in enumerate(findings)
    ]
    if rows:
        connection.execute(insert(table), rows)
    return True


def load_findings(connection: Connection, month: BillingMonth) -> list[Finding]:
    """Return a month's findings, in the order in which they were found."""
    table = schema.finding
    query = select(table).where(table.c.billing_month == str(month)).order_by(table.c.position)
    return [
        Finding(
            entity=row.entity,
            severity=row.severity,
            check=row.check_name,
            message=row.message,
            count=row._mapping["count"],
            examples=tuple(json.loads(row.examples)),
        )
        for row in connection.execute(query)
    ]


def _find(connection: Connection, month: BillingMonth, entity: str, digest: str) -> int | None:
    snapshot = schema.snapshot
    return connection.execute(
        select(snapshot.c.snapshot_id).where(
            snapshot.c.billing_month == str(month), snapshot.c.entity == entity, snapshot.c.content_hash == digest
        )
    ).scalar()


def _find_by_days(
    connection: Connection, month: BillingMonth, revenue: EntityRevenue, digest: str, *, first: int | None
) -> int | None:
    """Return the snapshot of an earlier version that holds the same, in finer groups; `first` is looked at first."""
    found = sorted(_snapshots_by_days(connection, month, revenue), key=lambda snapshot_id: snapshot_id != first)
    for snapshot_id in found:
        frozen = load_snapshot(connection, snapshot_id)
        if content_hash(replace(frozen, groups=added_up(map(without_days, frozen.groups)))) == digest:
            return snapshot_id
    return None


def _snapshots_by_days(connection: Connection, month: BillingMonth, revenue: EntityRevenue) -> Iterator[int]:
    """Yield the snapshots of earlier versions that have as many lines and the same sum: nobody has to load others."""
    snapshot = schema.snapshot
    lines, amount = _lines_and_amount(revenue)
    by_days = (
        select(table.c.snapshot_id).where(table.c.snapshot_id == snapshot.c.snapshot_id).exists()
        for table, *_ in _GROUP_PARTS[:2]
    )
    query = select(snapshot.c.snapshot_id).where(
        snapshot.c.billing_month == str(month),
        snapshot.c.entity == revenue.entity,
        snapshot.c.line_count == lines,
        snapshot.c.net_amount_minor == amount,
        or_(*by_days),
    )
    yield from connection.execute(query.order_by(snapshot.c.snapshot_id)).scalars()


def _lines_and_amount(revenue: EntityRevenue) -> tuple[int, int]:
    lines = sum(group.lines for group in revenue.groups) + len(revenue.faulty_lines)
    amount = sum(group.net_amount_minor for group in revenue.groups)
    return lines, amount + sum(line.net_amount_minor or 0 for line in revenue.faulty_lines)


def _insert(connection: Connection, month: BillingMonth, revenue: EntityRevenue, digest: str) -> int:
    lines, amount = _lines_and_amount(revenue)
    head = connection.execute(
        insert(schema.snapshot).values(
            billing_month=str(month),
            entity=revenue.entity,
            content_hash=digest,
            line_count=lines,
            net_amount_minor=amount,
            fault=revenue.fault,
        )
    )
    (snapshot_id,) = head.inserted_primary_key or (0,)
    for table, rows in _part_rows(revenue).items():
        own = {"snapshot_id": snapshot_id}
        append_rows(connection, schema.metadata.tables[table], ({**own, **row} for row in rows))
    return int(snapshot_id)


def _part_rows(revenue: EntityRevenue) -> dict[str, list[dict[str, Any]]]:
    by_days = [group for group in revenue.groups if group.covered_days is not None]
    return {
        "snapshot_group": [
            dict(zip(WHOLE_TERM_FIELDS, group, strict=False)) for group in by_days if group.way == WHOLE_TERM
        ],
        "snapshot_piece": [
            dict(zip(_FIELDS_BY_DAYS, group, strict=False)) for group in by_days if group.way != WHOLE_TERM
        ],
        "snapshot_sum": [
            {name: value for name, value in group._asdict().items() if name not in _UNTOLD}
            for group in revenue.groups
            if group.covered_days is None
        ],
        "snapshot_faulty_line": _placed_rows(revenue.faulty_lines),
        "snapshot_short_line": _placed_rows(revenue.short_lines),
        "snapshot_doubtful_line": _placed_rows(revenue.doubtful_lines),
        "snapshot_file": [file._asdict() for file in revenue.files],
        "snapshot_close": [close._asdict() for close in revenue.closes],
        "snapshot_reseller_account": [{"account_id": account_id} for account_id in revenue.reseller_accounts],
    }


def _placed_rows(lines: Sequence[_Line]) -> list[dict[str, Any]]:
    return [
        {"position": position, **{_column_name(name): value for name, value in line._asdict().items()}}
        for position, line in enumerate(lines)
    ]


def _column_name(field: str) -> str:
    """Rename `column`, which is a word of SQL, to the table's `column_name`."""
    return "column_name" if field == "column" else field


def _load_part(
    connection: Connection,
    snapshot_id: int,
    table: Any,
    kind: Any,
    fields: Sequence[str],
    accounts: Sequence[str] | None = None,
    *,
    where: ColumnElement[bool] | None = None,
) -> Any:
    columns = [
        _UNTOLD[name] if name not in table.c and name in _UNTOLD else table.c[_column_name(name)] for name in fields
    ]
    order = [column for column in table.primary_key if column.name != "snapshot_id"]
    query = select(*columns).where(table.c.snapshot_id == snapshot_id).order_by(*order)
    if accounts is not None:
        query = query.where(table.c.account_id.in_(accounts))
    if where is not None:
        query = query.where(where)
    return tuple(kind(*row) for row in connection.execute(query))

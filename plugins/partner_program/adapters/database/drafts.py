"""Stores the drafts of a month that is being decided, stage by stage, with the partners in batches.

Drafts may be replaced freely until the month is committed.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, insert, select

from partner_program.adapters.database import schema
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal

BATCH = 1_000
_Header = TypeVar("_Header")
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Stage(Generic[_Header, _Item]):
    """A stage's name and the types of its draft, which the next stage reads: one header, one item for each partner."""

    name: str
    header: type[_Header]
    item: type[_Item]


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def as_json(kind: Any, value: Any, *, left_out: Collection[str] = ()) -> str:
    """Return the canonical JSON of a domain value; Decimals and days are text.

    The fields that are `left_out` do not stand in the record, or in none of a tuple of records. A dotted name is a
    field of a field; `__all__` in it is each of several, a number the field in that place.
    """
    fields: Any = _tree(left_out) or None
    return (
        _adapter(kind)
        .dump_json(value, exclude={"__all__": fields} if fields and isinstance(value, tuple) else fields)
        .decode()
    )


def _tree(names: Collection[str]) -> dict[str | int, Any]:
    """Return dotted names as the nested form that pydantic takes."""
    found: dict[str | int, Any] = {}
    for name in names:
        *above, last = (int(part) if part.isdigit() else part for part in name.split("."))
        inner = found
        for part in above:
            inner = inner.setdefault(part, {})
        inner[last] = True
    return found


def from_json(kind: Any, text: str) -> Any:
    """Return the domain value of which this is the JSON; raises `ValueError` for a text of another kind."""
    return _adapter(kind).validate_json(text)


def json_hash(*parts: str) -> str:
    """Return the sha256 of canonical JSON texts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def save_draft(
    connection: Connection,
    stage: Stage[_Header, _Item],
    month: BillingMonth,
    *,
    inputs_hash: str,
    header: _Header,
    items: Sequence[_Item],
) -> bool:
    """Replace a stage's draft; return False, and write nothing, if it is the same."""
    key = {"billing_month": str(month), "stage": stage.name}
    head = (inputs_hash, as_json(stage.header, header))
    kind = tuple[stage.item, ...]  # type: ignore[name-defined]
    bodies = [as_json(kind, tuple(items[start : start + BATCH])) for start in range(0, len(items), BATCH)]
    if _stored(connection, month, stage.name) == (head, bodies):
        return False
    for table in (schema.draft_batch, schema.draft_stage):
        connection.execute(delete(table).where(table.c.billing_month == str(month), table.c.stage == stage.name))
    connection.execute(insert(schema.draft_stage).values(**key, inputs_hash=head[0], header=head[1]))
    if bodies:
        rows = [{**key, "batch": number, "body": body} for number, body in enumerate(bodies)]
        connection.execute(insert(schema.draft_batch), rows)
    return True


def load_draft(
    connection: Connection, stage: Stage[_Header, _Item], month: BillingMonth, *, inputs_hash: str
) -> tuple[_Header, list[_Item]]:
    """Return a stage's draft; raises `Refusal` if it was made from other inputs than the present ones."""
    head, bodies = _stored(connection, month, stage.name)
    if head is None or head[0] != inputs_hash:
        raise Refusal(
            f"month {month}: the inputs changed while it was being decided ({stage.name} is out of date): run it again"
        )
    kind = tuple[stage.item, ...]  # type: ignore[name-defined]
    items = [item for body in bodies for item in from_json(kind, body)]
    return from_json(stage.header, head[1]), items


def _stored(connection: Connection, month: BillingMonth, stage: str) -> tuple[tuple[str, str] | None, list[str]]:
    table, batch = schema.draft_stage, schema.draft_batch
    head = connection.execute(
        select(table.c.inputs_hash, table.c.header).where(table.c.billing_month == str(month), table.c.stage == stage)
    ).one_or_none()
    bodies = connection.execute(
        select(batch.c.body).where(batch.c.billing_month == str(month), batch.c.stage == stage).order_by(batch.c.batch)
    )
    return None if head is None else (head.inputs_hash, head.header), list(bodies.scalars())

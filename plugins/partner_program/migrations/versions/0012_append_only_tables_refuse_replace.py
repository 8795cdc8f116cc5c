"""SQLite's other append-only tables refuse `INSERT OR REPLACE` too, as those of the outbox do since 0011.

It removes the row with the same key, or with the same rowid, without firing a trigger for deleting. So inserting is
guarded: a row whose key is taken may only be the same row once more, which changes nothing. PostgreSQL has no such
statement. A migration that adds a column to one of these tables makes its guard anew.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = (
    "assessment",
    "assessment_account",
    "assessment_grant",
    "brake_release",
    "brake_stop",
    "bucket",
    "discount_rate",
    "entity_total",
    "held_partner",
    "settlement",
    "settlement_snapshot",
    "snapshot",
    "snapshot_close",
    "snapshot_faulty_line",
    "snapshot_group",
    "snapshot_piece",
    "snapshot_reseller_account",
    "snapshot_short_line",
    "unmatched_account",
)


def upgrade() -> None:
    """Guard inserting into each table."""
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            op.execute(_guard(table))


def _guard(table: str) -> str:
    found = sa.inspect(op.get_bind())
    keys = found.get_pk_constraint(table)["constrained_columns"]
    others = [column["name"] for column in found.get_columns(table) if column["name"] not in keys]
    # a row without an explicit rowid has -1 before it is inserted
    taken = [f"NEW.rowid <> -1 AND EXISTS (SELECT 1 FROM {table} AS t WHERE t.rowid = NEW.rowid)"]  # noqa: S608, our own tables
    if others and len(keys) > 1:
        same = " AND ".join(f"t.{name} = NEW.{name}" for name in keys)
        differs = " OR ".join(f"t.{name} IS NOT NEW.{name}" for name in others)
        taken.append(f"EXISTS (SELECT 1 FROM {table} AS t WHERE {same} AND ({differs}))")  # noqa: S608
    return (
        f"CREATE TRIGGER {table}_guard_insert BEFORE INSERT ON {table} WHEN {' OR '.join(taken)} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )

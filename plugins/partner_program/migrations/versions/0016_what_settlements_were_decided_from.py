"""What each settlement was decided from, without a name; a text that is the same again is kept once."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Words

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEYS = {"input_text": ("content_hash",), "settlement_input": ("settlement_id", "part")}
OTHER = {"input_text": "body", "settlement_input": "content_hash"}


def upgrade() -> None:
    """Create the tables, append-only; of earlier settlements nothing was kept."""
    op.create_table(
        "input_text",
        sa.Column("content_hash", Words, nullable=False),
        sa.Column("body", Words, nullable=False),
        sa.PrimaryKeyConstraint("content_hash"),
        sqlite_strict=True,
    )
    op.create_table(
        "settlement_input",
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("part", Words, nullable=False),
        sa.Column("content_hash", Words, nullable=False),
        sa.ForeignKeyConstraint(["settlement_id"], ["settlement.settlement_id"]),
        sa.ForeignKeyConstraint(["content_hash"], ["input_text.content_hash"]),
        sa.PrimaryKeyConstraint("settlement_id", "part"),
        sqlite_strict=True,
    )
    for table in KEYS:
        _guard(table)


def _guard(table: str) -> None:
    on_postgres = op.get_bind().dialect.name == "postgresql"
    for change in ("UPDATE", "DELETE"):
        effect = (
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            if on_postgres
            else f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        op.execute(f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} {effect}")
    if on_postgres:  # TRUNCATE empties a table without a DELETE
        op.execute(
            f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    same = " AND ".join(f"t.{name} = NEW.{name}" for name in KEYS[table])
    op.execute(
        f"CREATE TRIGGER {table}_guard_insert BEFORE INSERT ON {table} "  # noqa: S608, our own tables
        f"WHEN NEW.rowid <> -1 AND EXISTS (SELECT 1 FROM {table} AS t WHERE t.rowid = NEW.rowid) "
        f"OR EXISTS (SELECT 1 FROM {table} AS t WHERE {same} AND t.{OTHER[table]} IS NOT NEW.{OTHER[table]}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )

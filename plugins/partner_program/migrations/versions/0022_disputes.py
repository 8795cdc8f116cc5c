"""What partners dispute of a month's result, with what was done about it: appended, never changed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Day, Words

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEYS = {"dispute": ("dispute_id",), "dispute_step": ("dispute_id", "number")}
OTHERS = {
    "dispute": ("number", "partner_id", "billing_month", "about", "about_id", "due_on"),
    "dispute_step": ("act", "done_by", "done_on", "reason"),
}


def upgrade() -> None:
    """Create the tables, append-only."""
    op.create_table(
        "dispute",
        sa.Column("dispute_id", Words, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *(sa.Column(name, Words, nullable=False) for name in ("partner_id", "billing_month", "about", "about_id")),
        sa.Column("due_on", Day, nullable=False),
        sa.CheckConstraint("about in ('account', 'line')", name="about_known"),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.partner_id"]),
        sa.PrimaryKeyConstraint("dispute_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "dispute_step",
        sa.Column("dispute_id", Words, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("act", Words, nullable=False),
        sa.Column("done_by", Words, nullable=False),
        sa.Column("done_on", Day, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.CheckConstraint("act in ('opened', 'answered', 'withdrawn')", name="act_known"),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.dispute_id"]),
        sa.PrimaryKeyConstraint("dispute_id", "number"),
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
    differs = " OR ".join(f"t.{name} IS NOT NEW.{name}" for name in OTHERS[table])
    op.execute(
        f"CREATE TRIGGER {table}_guard_insert BEFORE INSERT ON {table} "  # noqa: S608, our own tables
        f"WHEN NEW.rowid <> -1 AND EXISTS (SELECT 1 FROM {table} AS t WHERE t.rowid = NEW.rowid) "
        f"OR EXISTS (SELECT 1 FROM {table} AS t WHERE {same} AND ({differs})) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )

"""The record of acts: who did what, when and why, appended and never changed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Whole, Words

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Create the table; nothing that happened before is written into it."""
    op.create_table(
        "act",
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("subject", Words, nullable=False),
        sa.Column("done_by", Words, nullable=False),
        sa.Column("done_at", Whole, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.Column("decided_hash", Words, nullable=False),
        sa.Column("detail", Words, nullable=False),
        sa.PrimaryKeyConstraint("act_id"),
        sqlite_strict=True,
    )
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for change in ("UPDATE", "DELETE"):
        effect = (
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            if on_postgresql
            else "BEGIN SELECT RAISE(ABORT, 'act is append-only'); END"
        )
        op.execute(f"CREATE TRIGGER act_refuses_{change.lower()} BEFORE {change} ON act {effect}")
    if on_postgresql:
        op.execute(
            "CREATE TRIGGER act_refuses_truncate BEFORE TRUNCATE ON act "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )

"""What each settlement was decided from, without a name; a text that is the same again is kept once."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Words
from partner_program.migrations.append_only import guard_append_only

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("input_text", "settlement_input")


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
    for table in TABLES:
        guard_append_only(table)

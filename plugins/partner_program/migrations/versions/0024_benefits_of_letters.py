"""The benefits that each letter states, written down with it: what is approved later changes no letter."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Words
from partner_program.migrations.append_only import guard_append_only

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "letter_benefits"
LETTER = ("billing_month", "revision", "partner_id")
KEY = ("partner_id", "billing_month", "revision")  # a question about one partner reads this partner's rows


def upgrade() -> None:
    """Create the table, append-only; letters of earlier versions state what their tier has."""
    op.create_table(
        TABLE,
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", Words, nullable=False),
        sa.ForeignKeyConstraint(LETTER, [f"letter.{name}" for name in LETTER]),
        sa.ForeignKeyConstraint(["content_hash"], ["input_text.content_hash"]),
        sa.PrimaryKeyConstraint(*KEY),
        sqlite_strict=True,
    )
    guard_append_only(TABLE)

"""The benefits that belong into each entity's order database, and whether they are there."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Day, Words

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Create the outbox; the next publication fills it with what was approved before."""
    op.create_table(
        "benefit_publication",
        sa.Column("entity", Words, nullable=False),
        sa.Column("account_id", Words, nullable=False),
        sa.Column("benefit", Words, nullable=False),
        sa.Column("valid_from", Day, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", Words, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("valid_to", Day, nullable=True),
        sa.Column("published_on", Day, nullable=True),
        sa.CheckConstraint("status in ('approved', 'ended')", name="status_known"),
        sa.ForeignKeyConstraint(["entity"], ["entity.entity"]),
        sa.PrimaryKeyConstraint("entity", "account_id", "benefit", "valid_from", "revision"),
        sqlite_strict=True,
    )

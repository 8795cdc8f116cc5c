"""The lease of a month: one run at a time writes it, and a run that was overtaken writes nothing more."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Whole, Words

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Create the two tables; no run has a month yet."""
    op.create_table(
        "month_lease",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("token", Whole, nullable=False),
        sa.Column("holder", Words, nullable=False),
        sa.Column("held_until", Whole, nullable=False),
        sa.PrimaryKeyConstraint("billing_month"),
        sqlite_strict=True,
    )
    op.create_table(
        "step_token",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("step", Words, nullable=False),
        sa.Column("token", Whole, nullable=False),
        sa.PrimaryKeyConstraint("billing_month", "step"),
        sqlite_strict=True,
    )

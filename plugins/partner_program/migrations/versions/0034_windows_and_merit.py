"""What a month was measured by and the merit that it left: windows of months, and rules for changes of tier.

Months that were decided without such rules have nothing of it.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Whole, Words
from partner_program.migrations.append_only import guard_append_only, guard_inserts_anew

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the columns and the table, append-only as the others of an assessment."""
    op.add_column("assessment", sa.Column("qualifying_eur_cents", Whole, nullable=True))
    op.add_column("assessment", sa.Column("merit_tier", sa.Integer(), nullable=True))
    op.add_column("assessment", sa.Column("months_below", sa.Integer(), nullable=True))
    guard_inserts_anew("assessment")
    op.create_table(
        "assessment_window",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("counted_month", Words, nullable=False),
        sa.Column("mrr_eur_cents", Whole, nullable=False),
        sa.ForeignKeyConstraint(
            ["billing_month", "revision", "partner_id"],
            ["assessment.billing_month", "assessment.revision", "assessment.partner_id"],
        ),
        sa.PrimaryKeyConstraint("billing_month", "revision", "partner_id", "counted_month"),
        sqlite_strict=True,
    )
    op.create_index("assessment_window_of_partner", "assessment_window", ["partner_id", "counted_month"])
    guard_append_only("assessment_window")

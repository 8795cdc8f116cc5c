"""What a month would have counted at the exchange rates of an earlier one, where its programme looks at that."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Whole, Words
from partner_program.migrations.append_only import guard_append_only

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "assessment_at_rates_before"
ASSESSMENT = ["billing_month", "revision", "partner_id"]


def upgrade() -> None:
    """Create the table, which is only ever added to."""
    op.create_table(
        TABLE,
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("rates_of", Words, nullable=False),
        sa.Column("mrr_eur_cents", Whole, nullable=False),
        sa.Column("holds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*ASSESSMENT),
        sa.ForeignKeyConstraint(ASSESSMENT, [f"assessment.{name}" for name in ASSESSMENT]),
        sqlite_strict=True,
    )
    guard_append_only(TABLE)

"""What each letter was made of: a run with nothing new finds that out without rendering it again."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Words

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Create the table; letters of an earlier version are rendered once more, and then have a row."""
    op.create_table(
        "letter_recipe",
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made_of", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["billing_month", "revision", "partner_id"],
            ["letter.billing_month", "letter.revision", "letter.partner_id"],
        ),
        sa.PrimaryKeyConstraint("partner_id", "billing_month", "revision"),
        sqlite_strict=True,
    )

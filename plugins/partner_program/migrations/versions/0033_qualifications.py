"""What is on record of partners beside revenue, and what of it decided a month, where the programme asks for it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Day, Whole, Words
from partner_program.migrations.append_only import guard_append_only

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

USED = "assessment_qualification"
ASSESSMENT = ["billing_month", "revision", "partner_id"]


def upgrade() -> None:
    """Create both tables; what decided a month is only ever added to."""
    op.create_table(
        "qualification",
        *(sa.Column(name, Words, nullable=False) for name in ("partner_id", "key")),
        sa.Column("valid_from", Day, nullable=False),
        sa.Column("value", Whole, nullable=False),
        sa.Column("source", Words, nullable=False),
        sa.Column("valid_to", Day, nullable=True),
        sa.PrimaryKeyConstraint("partner_id", "key", "valid_from"),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.partner_id"]),
        sqlite_strict=True,
    )
    op.create_table(
        USED,
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        *(sa.Column(name, Words, nullable=False) for name in ("partner_id", "key")),
        sa.Column("value", Whole, nullable=False),
        sa.PrimaryKeyConstraint(*ASSESSMENT, "key"),
        sa.ForeignKeyConstraint(ASSESSMENT, [f"assessment.{name}" for name in ASSESSMENT]),
        sqlite_strict=True,
    )
    guard_append_only(USED)

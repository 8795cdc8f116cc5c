"""What partners dispute of a month's result, with what was done about it: appended, never changed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Day, Words
from partner_program.migrations.append_only import guard_append_only

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Create the tables, append-only."""
    op.create_table(
        "dispute",
        sa.Column("dispute_id", Words, nullable=False),
        *(
            sa.Column(name, Words, nullable=False)
            for name in ("partner_id", "billing_month", "about", "entity", "subject_id")
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("due_on", Day, nullable=False),
        sa.CheckConstraint("about in ('account', 'missing_account', 'line')", name="about_known"),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.partner_id"]),
        sa.PrimaryKeyConstraint("dispute_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "dispute_step",
        sa.Column("dispute_id", Words, nullable=False),
        sa.Column("step_no", sa.Integer(), nullable=False),
        sa.Column("act", Words, nullable=False),
        sa.Column("done_by", Words, nullable=False),
        sa.Column("done_on", Day, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.Column("verdict", Words, nullable=True),
        sa.CheckConstraint("act in ('opened', 'answered', 'withdrawn')", name="act_known"),
        sa.CheckConstraint("verdict in ('accepted', 'rejected')", name="verdict_known"),
        sa.CheckConstraint("verdict is null or act = 'answered'", name="verdict_of_answer"),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.dispute_id"]),
        sa.PrimaryKeyConstraint("dispute_id", "step_no"),
        sqlite_strict=True,
    )
    op.create_index("dispute_of_partner", "dispute", ["partner_id"])
    for table in ("dispute", "dispute_step"):
        guard_append_only(table)

"""Groups of a snapshot whose lines may cover any days of the month: each amount times its days, added up."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Whole, Words
from partner_program.migrations.append_only import guard_append_only

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "snapshot_sum"
KEY = (
    "snapshot_id",
    "account_id",
    "currency",
    "charge_kind",
    "document_status",
    "term_months",
    "way",
    "period_days",
)
SUMS = ("lines", "net_amount_minor", "minor_days")


def upgrade() -> None:
    """Create the table, append-only; snapshots of an earlier version keep their groups where they are."""
    op.create_table(
        TABLE,
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("account_id", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("charge_kind", Words, nullable=False),
        sa.Column("document_status", Words, nullable=False),
        sa.Column("term_months", Whole, nullable=False),
        sa.Column("way", Words, nullable=False),
        sa.Column("period_days", sa.Integer(), nullable=False),
        *(sa.Column(name, Whole, nullable=False) for name in SUMS),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.snapshot_id"]),
        sa.PrimaryKeyConstraint(*KEY),
        sqlite_strict=True,
    )
    guard_append_only(TABLE)

"""Lines of which the billing system does not say what they are for, frozen with what the entity billed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Whole, Words
from partner_program.migrations.append_only import guard_append_only

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "snapshot_doubtful_line"
WORDS = ("line_id", "account_id", "currency", "charge_kind", "service_start", "service_end", "doubt")


def upgrade() -> None:
    """Create the table, append-only; snapshots of an earlier version name no such lines."""
    op.create_table(
        TABLE,
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *(sa.Column(name, Words, nullable=False) for name in WORDS),
        sa.Column("net_amount_minor", Whole, nullable=False),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.snapshot_id"]),
        sa.PrimaryKeyConstraint("snapshot_id", "position"),
        sqlite_strict=True,
    )
    guard_append_only(TABLE)

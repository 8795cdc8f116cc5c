"""What lines pay for: groups of pieces of a term, and of exactly a period, beside those of whole terms."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Whole, Words

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "snapshot_piece"


def upgrade() -> None:
    """Create the table, append-only; snapshots of an earlier version have only groups of whole terms."""
    op.create_table(
        TABLE,
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("account_id", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("charge_kind", Words, nullable=False),
        sa.Column("document_status", Words, nullable=False),
        sa.Column("term_months", Whole, nullable=False),
        sa.Column("covered_days", sa.Integer(), nullable=False),
        sa.Column("way", Words, nullable=False),
        sa.Column("period_days", sa.Integer(), nullable=False),
        sa.Column("lines", Whole, nullable=False),
        sa.Column("net_amount_minor", Whole, nullable=False),
        sa.Column("term_amount_minor", Whole, nullable=False),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.snapshot_id"]),
        sa.PrimaryKeyConstraint(
            "snapshot_id",
            "account_id",
            "currency",
            "charge_kind",
            "document_status",
            "term_months",
            "covered_days",
            "way",
            "period_days",
        ),
        sqlite_strict=True,
    )
    on_postgres = op.get_bind().dialect.name == "postgresql"
    for change in ("UPDATE", "DELETE"):
        name = f"{TABLE}_refuses_{change.lower()}"
        if on_postgres:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {change} ON {TABLE} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
        else:
            refusal = f"SELECT RAISE(ABORT, '{TABLE} is append-only')"
            op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {TABLE} BEGIN {refusal}; END")
    if on_postgres:  # TRUNCATE empties a table without a DELETE
        op.execute(
            f"CREATE TRIGGER {TABLE}_refuses_truncate BEFORE TRUNCATE ON {TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )

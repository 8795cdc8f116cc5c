"""Lines whose period is shorter than their term, frozen with what the entity billed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Whole, Words

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "snapshot_short_line"


def upgrade() -> None:
    """Create the table, append-only; snapshots of an earlier version name no such lines."""
    op.create_table(
        TABLE,
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line_id", Words, nullable=False),
        sa.Column("account_id", Words, nullable=False),
        sa.Column("currency", Words, nullable=False),
        sa.Column("charge_kind", Words, nullable=False),
        sa.Column("service_start", Words, nullable=False),
        sa.Column("service_end", Words, nullable=False),
        sa.Column("term_months", Whole, nullable=False),
        sa.Column("covered_days", sa.Integer(), nullable=False),
        sa.Column("period_days", sa.Integer(), nullable=False),
        sa.Column("net_amount_minor", Whole, nullable=False),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.snapshot_id"]),
        sa.PrimaryKeyConstraint("snapshot_id", "position"),
        sqlite_strict=True,
    )
    op.create_index(f"{TABLE}_of_account", TABLE, ["snapshot_id", "account_id"])
    on_postgres = op.get_bind().dialect.name == "postgresql"
    for change in ("UPDATE", "DELETE"):
        effect = (
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            if on_postgres
            else f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
        )
        op.execute(f"CREATE TRIGGER {TABLE}_refuses_{change.lower()} BEFORE {change} ON {TABLE} {effect}")
    if on_postgres:  # TRUNCATE empties a table without a DELETE
        op.execute(
            f"CREATE TRIGGER {TABLE}_refuses_truncate BEFORE TRUNCATE ON {TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )

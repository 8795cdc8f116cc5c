"""Groups of a snapshot whose lines may cover any days of the month: each amount times its days, added up."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Whole, Words

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
SAME = " AND ".join(f"t.{name} = NEW.{name}" for name in KEY)
OTHER = " OR ".join(f"t.{name} IS NOT NEW.{name}" for name in SUMS)
INSERT_GUARD = f"""
CREATE TRIGGER {TABLE}_guard_insert BEFORE INSERT ON {TABLE}
WHEN NEW.rowid <> -1 AND EXISTS (SELECT 1 FROM {TABLE} AS t WHERE t.rowid = NEW.rowid)
    OR EXISTS (SELECT 1 FROM {TABLE} AS t WHERE {SAME} AND ({OTHER}))
BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END
"""  # noqa: S608, our own table


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
    else:
        op.execute(INSERT_GUARD)

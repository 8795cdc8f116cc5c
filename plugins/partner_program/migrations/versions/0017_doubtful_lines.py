"""Lines of which the billing system does not say what they are for, frozen with what the entity billed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Whole, Words

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "snapshot_doubtful_line"
WORDS = ("line_id", "account_id", "currency", "charge_kind", "service_start", "service_end", "doubt")
DIFFERS = " OR ".join(f"t.{name} IS NOT NEW.{name}" for name in (*WORDS, "net_amount_minor"))
INSERT_GUARD = f"""
CREATE TRIGGER {TABLE}_guard_insert BEFORE INSERT ON {TABLE}
WHEN NEW.rowid <> -1 AND EXISTS (SELECT 1 FROM {TABLE} AS t WHERE t.rowid = NEW.rowid)
    OR EXISTS (
        SELECT 1 FROM {TABLE} AS t WHERE t.snapshot_id = NEW.snapshot_id AND t.position = NEW.position
        AND ({DIFFERS})
    )
BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END
"""  # noqa: S608, our own table


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

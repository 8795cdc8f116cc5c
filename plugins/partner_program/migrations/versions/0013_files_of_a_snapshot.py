"""The files from which a snapshot was read, with size and time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Whole, Words

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "snapshot_file"
INSERT_GUARD = f"""
CREATE TRIGGER {TABLE}_guard_insert BEFORE INSERT ON {TABLE}
WHEN NEW.rowid <> -1 AND EXISTS (SELECT 1 FROM {TABLE} AS t WHERE t.rowid = NEW.rowid)
    OR EXISTS (
        SELECT 1 FROM {TABLE} AS t WHERE t.snapshot_id = NEW.snapshot_id AND t.path = NEW.path
        AND (t.size_bytes IS NOT NEW.size_bytes OR t.changed_at IS NOT NEW.changed_at)
    )
BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END
"""  # noqa: S608, our own table


def upgrade() -> None:
    """Create the table, append-only; snapshots of an earlier version were read from no files."""
    op.create_table(
        TABLE,
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("path", Words, nullable=False),
        sa.Column("size_bytes", Whole, nullable=False),
        sa.Column("changed_at", Words, nullable=False),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.snapshot_id"]),
        sa.PrimaryKeyConstraint("snapshot_id", "path"),
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

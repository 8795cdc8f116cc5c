"""The benefits that each letter states, written down with it: what is approved later changes no letter."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Words

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "letter_benefits"
LETTER = ("billing_month", "revision", "partner_id")
KEY = ("partner_id", "billing_month", "revision")  # a question about one partner reads this partner's rows


def upgrade() -> None:
    """Create the table, append-only; letters of earlier versions state what their tier has."""
    op.create_table(
        TABLE,
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", Words, nullable=False),
        sa.ForeignKeyConstraint(LETTER, [f"letter.{name}" for name in LETTER]),
        sa.ForeignKeyConstraint(["content_hash"], ["input_text.content_hash"]),
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
        return
    same = " AND ".join(f"t.{name} = NEW.{name}" for name in KEY)
    op.execute(
        f"CREATE TRIGGER {TABLE}_guard_insert BEFORE INSERT ON {TABLE} "  # noqa: S608, our own table
        f"WHEN NEW.rowid <> -1 AND EXISTS (SELECT 1 FROM {TABLE} AS t WHERE t.rowid = NEW.rowid) "
        f"OR EXISTS (SELECT 1 FROM {TABLE} AS t WHERE {same} AND t.content_hash IS NOT NEW.content_hash) "
        f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
    )

"""Disputes say at which entity, and of which revision of the month; answers say whether they accept.

Both tables are made anew with what the earlier ones have. An earlier dispute gets the entity of its partner's account
of that id, none where there is no such account, and the month's newest revision; an earlier answer has no verdict.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Day, Words

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEYS = {"dispute": ("dispute_id",), "dispute_step": ("dispute_id", "step_no")}
ENTITY = (
    "coalesce((SELECT min(entity) FROM account_link AS a WHERE a.partner_id = d.partner_id"
    " AND a.account_id = d.about_id AND d.about = 'account'), '')"
)
REVISION = "coalesce((SELECT max(revision) FROM settlement AS s WHERE s.billing_month = d.billing_month), 1)"


def upgrade() -> None:
    """Make the tables anew, append-only as before."""
    disputes = _rows(
        f"SELECT dispute_id, partner_id, billing_month, about, {ENTITY} AS entity, about_id AS subject_id, "  # noqa: S608
        f"{REVISION} AS revision, due_on FROM dispute AS d"
    )
    steps = _rows("SELECT dispute_id, number AS step_no, act, done_by, done_on, reason FROM dispute_step")
    op.drop_table("dispute_step")
    op.drop_table("dispute")
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
    for table, rows in (("dispute", disputes), ("dispute_step", steps)):
        if rows:
            # days as the database gave them: text in SQLite, dates in PostgreSQL
            op.get_bind().execute(sa.insert(sa.table(table, *map(sa.column, rows[0]))), rows)
        _guard(table)


def _rows(query: str) -> list[dict[str, object]]:
    return [dict(row) for row in op.get_bind().execute(sa.text(query)).mappings()]


def _guard(table: str) -> None:
    on_postgres = op.get_bind().dialect.name == "postgresql"
    for change in ("UPDATE", "DELETE"):
        effect = (
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            if on_postgres
            else f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        op.execute(f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} {effect}")
    if on_postgres:  # TRUNCATE empties a table without a DELETE
        op.execute(
            f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    others = [each["name"] for each in sa.inspect(op.get_bind()).get_columns(table) if each["name"] not in KEYS[table]]
    same = " AND ".join(f"t.{name} = NEW.{name}" for name in KEYS[table])
    differs = " OR ".join(f"t.{name} IS NOT NEW.{name}" for name in others)
    op.execute(
        f"CREATE TRIGGER {table}_guard_insert BEFORE INSERT ON {table} "  # noqa: S608, our own tables
        f"WHEN NEW.rowid <> -1 AND EXISTS (SELECT 1 FROM {table} AS t WHERE t.rowid = NEW.rowid) "
        f"OR EXISTS (SELECT 1 FROM {table} AS t WHERE {same} AND ({differs})) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )

"""Digests for partner managers: an outbox of their own, beside that of letters, which guards itself like it.

A digest that may have arrived is sent again only by a resend that is counted; none is deleted or replaced.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Day, Whole, Words
from partner_program.migrations.append_only import refuse_truncate
from partner_program.migrations.guards import guard

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOVES = {
    "empty": ("approved", "ambiguous"),
    "approved": ("claimed", "undeliverable", "ambiguous"),
    "claimed": ("dot_pending", "approved", "deferred", "refused", "undeliverable", "ambiguous"),
    "dot_pending": ("accepted", "deferred", "refused", "ambiguous"),
    "accepted": ("approved",),
    "deferred": ("claimed", "refused", "undeliverable", "ambiguous"),
    "refused": ("approved",),
    "ambiguous": ("accepted", "approved"),
    "undeliverable": ("approved", "ambiguous"),
}
RESENT = ("accepted", "refused", "ambiguous")


def upgrade() -> None:
    """Create the table and its guards."""
    states = ", ".join(f"'{state}'" for state in MOVES)
    op.create_table(
        "digest",
        sa.Column("week_of", Day, nullable=False),
        sa.Column("account_manager_id", Words, nullable=False),
        sa.Column("status", Words, nullable=False),
        sa.Column("listed_on", Day, nullable=False),
        sa.Column("told_from", Day, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("due_days", "reminders")),
        sa.Column("not_read", Words, nullable=False),
        *(sa.Column(name, Words, nullable=True) for name in ("subject", "text", "html", "content_hash", "message_id")),
        sa.Column("dated", Whole, nullable=True),
        sa.Column("resend_number", sa.Integer(), nullable=False),
        sa.Column("claimed_by", Words, nullable=True),
        *(sa.Column(name, Whole, nullable=True) for name in ("claimed_until", "not_before")),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reply", Words, nullable=True),
        sa.CheckConstraint(f"status in ({states})", name="status_known"),
        sa.PrimaryKeyConstraint("week_of", "account_manager_id"),
        sqlite_strict=True,
    )
    moves = ", ".join(f"'{before} {after}'" for before, some in MOVES.items() for after in some)
    resent = ", ".join(f"'{state}'" for state in RESENT)
    guard(
        "digest_guard_key",
        "digest",
        "UPDATE",
        "NEW.week_of <> OLD.week_of OR NEW.account_manager_id <> OLD.account_manager_id",
        "digest: it keeps its week and its manager",
    )
    guard(
        "digest_guard_moves",
        "digest",
        "UPDATE",
        f"NEW.status <> OLD.status AND OLD.status || ' ' || NEW.status NOT IN ({moves})",
        "digest: it does not go from its state to this one",
    )
    guard(
        "digest_guard_resends",
        "digest",
        "UPDATE",
        f"NEW.resend_number <> OLD.resend_number + "
        f"CASE WHEN NEW.status = 'approved' AND OLD.status IN ({resent}) THEN 1 ELSE 0 END",
        "digest: one that may have arrived is sent again only by a resend that is counted",
    )
    guard("digest_guard_delete", "digest", "DELETE", "1 = 1", "digest: it stays on record")
    if op.get_bind().dialect.name == "postgresql":
        refuse_truncate("digest")
    else:  # `INSERT OR REPLACE` fires no trigger for the row that it removes; a row without a rowid has -1 here
        same = "t.week_of = NEW.week_of AND t.account_manager_id = NEW.account_manager_id"
        guard(
            "digest_guard_insert",
            "digest",
            "INSERT",
            f"EXISTS (SELECT 1 FROM digest AS t WHERE ({same}) OR (NEW.rowid <> -1 AND t.rowid = NEW.rowid))",  # noqa: S608
            "digest: it stays on record",
        )

"""The letter outbox: a delivery for each recipient, what people decided about letters, and which installation sends."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Whole, Words

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STATES = (
    "'planned', 'rendered', 'approved', 'claimed', 'dot_pending', "
    "'accepted', 'deferred', 'refused', 'ambiguous', 'undeliverable'"
)
ACTIONS = "'approve', 'approve_auto', 'reject', 'accepted', 'resend', 'bounces', 'adopt'"
APPEND_ONLY = (
    "snapshot",
    "snapshot_group",
    "snapshot_faulty_line",
    "snapshot_close",
    "snapshot_reseller_account",
    "settlement",
    "settlement_snapshot",
    "assessment",
    "assessment_account",
    "assessment_grant",
    "held_partner",
    "bucket",
    "unmatched_account",
    "entity_total",
    "discount_rate",
    "brake_stop",
    "brake_release",
    "letter_action",
)


def upgrade() -> None:
    """Create the tables; letters of an earlier version get their deliveries when their month is next rendered."""
    op.create_table(
        "letter_action",
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("action", Words, nullable=False),
        sa.Column("billing_month", Words, nullable=True),
        sa.Column("done_by", Words, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.Column("done_at", Whole, nullable=False),
        sa.Column("batch_hash", Words, nullable=True),
        sa.Column("detail", Words, nullable=False),
        sa.CheckConstraint(f"action in ({ACTIONS})", name="action_known"),
        sa.PrimaryKeyConstraint("action_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "delivery",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("recipient", Words, nullable=False),
        sa.Column("recipient_name", Words, nullable=False),
        sa.Column("status", Words, nullable=False),
        sa.Column("resend_number", sa.Integer(), nullable=False),
        sa.Column("approval_id", sa.Integer(), nullable=True),
        sa.Column("content_hash", Words, nullable=True),
        sa.Column("message_id", Words, nullable=True),
        sa.Column("dated", Whole, nullable=True),
        sa.Column("claimed_by", Words, nullable=True),
        sa.Column("claimed_until", Whole, nullable=True),
        sa.Column("not_before", Whole, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reply", Words, nullable=True),
        sa.CheckConstraint(f"status in ({STATES})", name="status_known"),
        sa.ForeignKeyConstraint(
            ["billing_month", "revision", "partner_id"],
            ["letter.billing_month", "letter.revision", "letter.partner_id"],
        ),
        sa.ForeignKeyConstraint(["approval_id"], ["letter_action.action_id"]),
        sa.PrimaryKeyConstraint("billing_month", "revision", "partner_id", "recipient"),
        sqlite_strict=True,
    )
    op.create_table(
        "sending",
        sa.Column("installation_id", Words, nullable=False),
        sa.Column("epoch", Whole, nullable=False),
        sa.PrimaryKeyConstraint("installation_id"),
        sqlite_strict=True,
    )
    for change in ("UPDATE", "DELETE"):
        op.execute(_refusal("letter_action", change))
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:  # TRUNCATE empties a table without a DELETE
            op.execute(
                f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )


def _refusal(table: str, change: str) -> str:
    name = f"{table}_refuses_{change.lower()}"
    if op.get_bind().dialect.name == "postgresql":
        return f"CREATE TRIGGER {name} BEFORE {change} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    return f"CREATE TRIGGER {name} BEFORE {change} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"

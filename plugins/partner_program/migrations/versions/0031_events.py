"""The outbox of events: what other systems are told of, in order, and how its delivery stands.

What an event tells never changes, and none is removed; its delivery moves as here and in no other way.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Whole, Words
from partner_program.migrations.append_only import refuse_truncate
from partner_program.migrations.guards import guard

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOVES = {
    "waiting": ("claimed", "too_old"),
    "claimed": ("sent", "waiting", "deferred", "dead"),
    "deferred": ("claimed", "given_up"),
    "sent": (),
    "dead": ("waiting", "given_up"),
    "given_up": (),
    "too_old": (),
}
TOLD = ("event_no", "event_id", "kind", "subject", "partner_id", "billing_month", "happened_at", "data", "amounts")
UNFINISHED = "status NOT IN ('sent', 'given_up', 'too_old')"


def upgrade() -> None:
    """Create the table with its guards and indexes."""
    states = ", ".join(f"'{state}'" for state in MOVES)
    op.create_table(
        "event",
        sa.Column("event_no", sa.Integer(), nullable=False),
        *(sa.Column(name, Words, nullable=False) for name in ("event_id", "kind", "subject")),
        *(sa.Column(name, Words, nullable=True) for name in ("partner_id", "billing_month")),
        sa.Column("happened_at", Whole, nullable=False),
        *(sa.Column(name, Words, nullable=False) for name in ("data", "amounts", "status")),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", Words, nullable=True),
        *(sa.Column(name, Whole, nullable=True) for name in ("claimed_until", "not_before")),
        sa.Column("reply", Words, nullable=True),
        sa.CheckConstraint(f"status in ({states})", name="status_known"),
        sa.PrimaryKeyConstraint("event_no"),
        sqlite_strict=True,
    )
    op.create_index("event_by_id", "event", ["event_id"], unique=True)
    where = sa.text(UNFINISHED)
    op.create_index("event_unfinished", "event", ["partner_id", "event_no"], sqlite_where=where, postgresql_where=where)
    on_postgres = op.get_bind().dialect.name == "postgresql"
    differs = " OR ".join(f"NEW.{name} {'IS DISTINCT FROM' if on_postgres else 'IS NOT'} OLD.{name}" for name in TOLD)
    guard("event_guard_told", "event", "UPDATE", differs, "event: what it tells never changes")
    moves = ", ".join(f"'{before} {after}'" for before, some in MOVES.items() for after in some)
    guard(
        "event_guard_moves",
        "event",
        "UPDATE",
        f"NEW.status <> OLD.status AND OLD.status || ' ' || NEW.status NOT IN ({moves})",
        "event: it does not go from its state to this one",
    )
    guard("event_guard_delete", "event", "DELETE", "1 = 1", "event: it stays on record")
    if on_postgres:
        refuse_truncate("event")
    else:  # `INSERT OR REPLACE` fires no trigger for the row that it removes
        taken = (
            "EXISTS (SELECT 1 FROM event AS t WHERE t.event_no = NEW.event_no) OR "
            "EXISTS (SELECT 1 FROM event AS t WHERE t.event_id = NEW.event_id)"
        )
        guard("event_guard_insert", "event", "INSERT", taken, "event: it stays on record")

"""The outbox guards itself: a letter that may have arrived is sent again only by a counted resend, on record.

The application's checks are in `domain.delivery`; these hold for whoever writes SQL through its role. SQLite's
`INSERT OR REPLACE` fires no trigger for the row that it removes, so inserting is guarded too.
"""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Words

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOVES = {
    "planned": ("rendered", "undeliverable", "ambiguous"),
    "rendered": ("approved", "undeliverable", "ambiguous"),
    "approved": ("claimed", "rendered", "undeliverable", "ambiguous"),
    "claimed": ("dot_pending", "approved", "deferred", "refused", "undeliverable", "ambiguous"),
    "dot_pending": ("accepted", "deferred", "refused", "ambiguous"),
    "deferred": ("claimed", "rendered", "refused", "undeliverable", "ambiguous"),
    "accepted": ("refused", "rendered"),
    "refused": ("rendered", "undeliverable"),
    "ambiguous": ("accepted", "refused", "rendered"),
    "undeliverable": ("rendered",),
}
KEY = ("billing_month", "revision", "partner_id", "recipient")
ON_RECORD = ("letter_action", "act")  # append-only tables whose rows are never offered twice


class Guard(NamedTuple):
    """A change that is refused: on `table`, where `condition` is true for the row."""

    name: str
    table: str
    change: str
    condition: str
    message: str


def upgrade() -> None:
    """Create the record of resends and the guards; what is in the outbox already stays as it is."""
    _create_resends()
    on_postgres = op.get_bind().dialect.name == "postgresql"
    for guard in [*_guards(), *(() if on_postgres else _guards_of_sqlite())]:
        for statement in _on_postgres(guard) if on_postgres else _on_sqlite(guard):
            op.execute(statement)
    for table in ("delivery", "delivery_resend") if on_postgres else ():  # TRUNCATE empties a table without a DELETE
        op.execute(
            f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _create_resends() -> None:
    op.create_table(
        "delivery_resend",
        sa.Column("billing_month", Words, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("recipient", Words, nullable=False),
        sa.Column("resend_number", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["letter_action.action_id"]),
        sa.PrimaryKeyConstraint(*KEY, "resend_number"),
        sqlite_strict=True,
    )


def _guards() -> list[Guard]:
    moves = ", ".join(f"'{before} {after}'" for before, some in MOVES.items() for after in some)
    other_key = " OR ".join(f"NEW.{column} <> OLD.{column}" for column in KEY)
    is_resend = "(NEW.status = 'rendered' AND OLD.status IN ('accepted', 'refused', 'ambiguous', 'undeliverable'))"
    on_record = (
        "EXISTS (SELECT 1 FROM delivery_resend AS r JOIN letter_action AS a ON a.action_id = r.action_id "  # noqa: S608
        f"WHERE {_same_row('r')} AND r.resend_number = NEW.resend_number "
        "AND a.action = 'resend' AND a.billing_month = NEW.billing_month)"
    )
    counted = f"NEW.resend_number = OLD.resend_number + 1 AND {on_record}"
    by_approval = "(NEW.status <> OLD.status AND NEW.status IN ('approved', 'rendered'))"
    return [
        Guard(
            "delivery_guard_key",
            "delivery",
            "UPDATE",
            other_key,
            "delivery: a letter keeps its month, partner and recipient",
        ),
        Guard(
            "delivery_guard_moves",
            "delivery",
            "UPDATE",
            f"NEW.status <> OLD.status AND OLD.status || ' ' || NEW.status NOT IN ({moves})",
            "delivery: a letter does not go from its state to this one",
        ),
        Guard(
            "delivery_guard_resends",
            "delivery",
            "UPDATE",
            f"CASE WHEN {is_resend} THEN NOT ({counted}) ELSE NEW.resend_number <> OLD.resend_number END",
            "delivery: a letter that may have arrived is sent again only by a resend that is counted and on record",
        ),
        Guard(
            "delivery_guard_approval",
            "delivery",
            "UPDATE",
            f"coalesce(NEW.approval_id, 0) <> coalesce(OLD.approval_id, 0) AND NOT {by_approval}",
            "delivery: a letter has its approval until it is approved anew",
        ),
        Guard(
            "delivery_guard_delete",
            "delivery",
            "DELETE",
            f"NOT {_may_be_removed('OLD')}",
            "delivery: a letter that was approved, sent or refused stays on record",
        ),
        Guard("delivery_resend_refuses_update", "delivery_resend", "UPDATE", "1 = 1", "delivery_resend is append-only"),
        Guard("delivery_resend_refuses_delete", "delivery_resend", "DELETE", "1 = 1", "delivery_resend is append-only"),
    ]


def _guards_of_sqlite() -> list[Guard]:
    """What `INSERT OR REPLACE` would remove, by its key or by its rowid, may only be what may be deleted."""
    there = f"(({_same_row('d')}) OR d.rowid = NEW.rowid) AND NOT {_may_be_removed('d')}"
    taken = f"({_same_row('r')} AND r.resend_number = NEW.resend_number) OR r.rowid = NEW.rowid"
    return [
        Guard(
            "delivery_guard_insert",
            "delivery",
            "INSERT",
            f"EXISTS (SELECT 1 FROM delivery AS d WHERE {there})",  # noqa: S608 - our own words
            "delivery: a letter that was approved, sent or refused is not replaced",
        ),
        Guard(
            "delivery_resend_guard_insert",
            "delivery_resend",
            "INSERT",
            f"EXISTS (SELECT 1 FROM delivery_resend AS r WHERE {taken})",  # noqa: S608
            "delivery_resend is append-only",
        ),
        *(
            Guard(
                f"{table}_guard_insert",
                table,
                "INSERT",
                f"EXISTS (SELECT 1 FROM {table} AS t WHERE t.rowid = NEW.rowid)",  # noqa: S608 - our own tables
                f"{table} is append-only",
            )
            for table in ON_RECORD
        ),
    ]


def _same_row(name: str) -> str:
    return " AND ".join(f"{name}.{column} = NEW.{column}" for column in KEY)


def _may_be_removed(row: str) -> str:
    """A row that no approval and no resend ever touched: it follows its contact."""
    waits = f"{row}.status IN ('planned', 'rendered', 'undeliverable')"
    return f"({waits} AND {row}.resend_number = 0 AND {row}.approval_id IS NULL)"


def _on_sqlite(guard: Guard) -> list[str]:
    # A rowid is no column of ours, but `INSERT OR REPLACE` and `UPDATE OR REPLACE` remove the row that has it.
    condition = f"{guard.condition} OR NEW.rowid <> OLD.rowid" if guard.name.endswith("_guard_key") else guard.condition
    return [
        f"CREATE TRIGGER {guard.name} BEFORE {guard.change} ON {guard.table} WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{guard.message}'); END"
    ]


def _on_postgres(guard: Guard) -> list[str]:
    row = "OLD" if guard.change == "DELETE" else "NEW"
    return [
        f"CREATE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF ({guard.condition}) THEN "
        f"RAISE EXCEPTION USING MESSAGE = '{guard.message}'; END IF; RETURN {row}; END $$",
        f"CREATE TRIGGER {guard.name} BEFORE {guard.change} ON {guard.table} "
        f"FOR EACH ROW EXECUTE FUNCTION {guard.name}()",
    ]

"""Lets the names and addresses of people be erased from tables that are only added to, and nothing else be changed.

An erasure is open within one transaction: then the columns in `WORDS` may change, and a recipient may become the
erasure's pseudonym, which no mail can go to. Every other value, hashes among them, stays guarded.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Words
from partner_program.migrations.append_only import refuse_truncate

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WORDS = {
    "act": ("done_by", "reason", "detail"),
    "letter_action": ("done_by", "reason", "detail"),
    "brake_release": ("released_by", "reason"),
    "benefit_step": ("done_by", "reason"),
    "dispute_step": ("done_by", "reason"),
    "delivery_resend": ("recipient",),
}
IS_OPEN = "EXISTS (SELECT 1 FROM erasure AS e WHERE e.is_open = 1)"


def upgrade() -> None:
    """Create the table of erasures, and make the guards of the others anew."""
    op.create_table(
        "erasure",
        sa.Column("erasure_id", sa.Integer(), nullable=False),
        sa.Column("pseudonym", Words, nullable=False),
        sa.Column("is_open", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("erasure_id"),
        sqlite_strict=True,
    )
    closes = "OLD.is_open = 1 AND NEW.is_open = 0 AND NEW.erasure_id = OLD.erasure_id AND NEW.pseudonym = OLD.pseudonym"
    _guard("erasure_only_closes", "erasure", "UPDATE", f"NOT ({closes})", "an erasure can only be closed")
    _guard("erasure_refuses_delete", "erasure", "DELETE", "1 = 1", "an erasure stays on record")
    for table, words in WORDS.items():
        _forget(f"{table}_refuses_update", table)
        _guard(f"{table}_refuses_update", table, "UPDATE", _changes_more(table, words), f"{table} is append-only")
    _forget("delivery_guard_key", "delivery")
    key = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in ("billing_month", "revision", "partner_id"))
    renamed = (
        "NEW.recipient <> OLD.recipient AND NOT EXISTS (SELECT 1 FROM erasure AS e WHERE e.is_open = 1 "
        "AND (NEW.recipient = e.pseudonym OR NEW.recipient LIKE e.pseudonym || '-%'))"
    )
    _guard(
        "delivery_guard_key",
        "delivery",
        "UPDATE",
        f"{key} OR ({renamed})",
        "delivery: a letter keeps its month, partner and recipient",
    )
    if _on_postgres():
        refuse_truncate("erasure")
    else:  # `INSERT OR REPLACE` fires no trigger for the row that it removes
        op.execute(
            "CREATE TRIGGER erasure_guard_insert BEFORE INSERT ON erasure "
            "WHEN EXISTS (SELECT 1 FROM erasure AS t WHERE t.rowid = NEW.rowid) "
            "BEGIN SELECT RAISE(ABORT, 'an erasure stays on record'); END"
        )


def _on_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _changes_more(table: str, words: Sequence[str]) -> str:
    """True for a change outside of an open erasure, or of another column."""
    same = "IS NOT DISTINCT FROM" if _on_postgres() else "IS"
    others = [each["name"] for each in sa.inspect(op.get_bind()).get_columns(table) if each["name"] not in words]
    kept = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in others)
    return f"NOT ({IS_OPEN} AND {kept})"


def _forget(name: str, table: str) -> None:
    if _on_postgres():
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION IF EXISTS {name}()")
    else:
        op.execute(f"DROP TRIGGER {name}")


def _guard(name: str, table: str, change: str, condition: str, message: str) -> None:
    row = "OLD" if change == "DELETE" else "NEW"
    if _on_postgres():
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF ({condition}) THEN "
            f"RAISE EXCEPTION USING MESSAGE = '{message}'; END IF; RETURN {row}; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
        return
    # a rowid is no column of ours, but `UPDATE OR REPLACE` removes the row that has it
    whole = f"({condition}) OR NEW.rowid <> OLD.rowid" if change == "UPDATE" else condition
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {change} ON {table} WHEN {whole} BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )

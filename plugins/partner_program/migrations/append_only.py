"""Guards a table whose rows are only ever added, for the migrations from 0016 on; earlier ones wrote it themselves.

What a migration has made stays as it is: a change here is for tables that do not exist yet.
"""

import sqlalchemy as sa
from alembic import op


def guard_append_only(table: str) -> None:
    """Refuse to change, delete or replace rows of a new table, in either database.

    SQLite's `INSERT OR REPLACE` removes the row with the same key, or with the same rowid, without firing a trigger for
    deleting, so inserting is guarded there: a row whose key is taken may only be the same row once more. PostgreSQL's
    `TRUNCATE` empties a table without a `DELETE`.
    """
    on_postgres = op.get_bind().dialect.name == "postgresql"
    for change in ("UPDATE", "DELETE"):
        effect = (
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            if on_postgres
            else f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        op.execute(f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} {effect}")
    if on_postgres:
        refuse_truncate(table)
    else:
        op.execute(_insert_guard(table))


def guard_inserts_anew(table: str) -> None:
    """Have the guard of inserts know a table's new columns; PostgreSQL needs none."""
    if op.get_bind().dialect.name != "postgresql":
        op.execute(f"DROP TRIGGER IF EXISTS {table}_guard_insert")
        op.execute(_insert_guard(table))


def refuse_truncate(table: str) -> None:
    """Refuse to empty a table of PostgreSQL at once."""
    op.execute(
        f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _insert_guard(table: str) -> str:
    found = sa.inspect(op.get_bind())
    key = found.get_pk_constraint(table)["constrained_columns"]
    others = [column["name"] for column in found.get_columns(table) if column["name"] not in key]
    same = " AND ".join(f"t.{name} = NEW.{name}" for name in key)
    differs = " OR ".join(f"t.{name} IS NOT NEW.{name}" for name in others)
    return (
        f"CREATE TRIGGER {table}_guard_insert BEFORE INSERT ON {table} "  # noqa: S608, our own tables
        # a row without an explicit rowid has -1 before it is inserted
        f"WHEN NEW.rowid <> -1 AND EXISTS (SELECT 1 FROM {table} AS t WHERE t.rowid = NEW.rowid) "
        f"OR EXISTS (SELECT 1 FROM {table} AS t WHERE {same} AND ({differs})) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )

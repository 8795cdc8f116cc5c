"""Guards a table against a change under a condition, in either database, for the migrations from 0027 on."""

from alembic import op


def guard(name: str, table: str, change: str, condition: str, message: str) -> None:
    """Refuse a change (UPDATE, DELETE or INSERT) of rows for which the condition holds, with a message.

    A rowid of SQLite's is no column of ours, but `UPDATE OR REPLACE` removes the row that has it: it never changes.
    """
    if op.get_bind().dialect.name != "postgresql":
        whole = f"({condition}) OR NEW.rowid <> OLD.rowid" if change == "UPDATE" else condition
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {change} ON {table} WHEN {whole} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        return
    row = "OLD" if change == "DELETE" else "NEW"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF ({condition}) THEN "
        f"RAISE EXCEPTION USING MESSAGE = '{message}'; END IF; RETURN {row}; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")

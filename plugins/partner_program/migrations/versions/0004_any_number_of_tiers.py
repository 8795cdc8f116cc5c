"""Any number of tiers: programme files say how many there are, the database checks only that none is negative."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Each table, with the lowest tier that each of its columns may hold; the highest was 6.
COLUMNS = {
    "grace_grant": {"tier": 1},
    "assessment": {"earned_tier": 0, "granted_tier": 0, "tier": 0},
    "discount_rate": {"tier": 0},
    "publication": {"tier": 0},
}


def upgrade() -> None:
    """Take the upper limit out of every check of a tier; rows, keys, indexes and triggers stay as they are."""
    for table, columns in COLUMNS.items():
        if op.get_bind().dialect.name == "sqlite":
            _rebuild(table, columns)
        else:
            for column, lowest in columns.items():
                op.drop_constraint(f"{column}_range", table, type_="check")
                op.create_check_constraint(f"{column}_range", table, f"{column} >= {lowest}")


def _rebuild(table: str, columns: dict[str, int]) -> None:
    """Replace a table by one with other checks, as SQLite cannot change a check in place.

    These are the steps of https://www.sqlite.org/lang_altertable.html#otheralter, in the caller's transaction and with
    foreign keys off, as `ProgramDatabase.upgrade` sets them. Each row keeps its rowid, so that rows are found in the
    order in which they were written. A table that is dropped fires none of its triggers.
    """
    connection = op.get_bind()
    found = connection.execute(
        sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL"), {"table": table}
    ).all()
    (definition,) = (sql for kind, sql in found if kind == "table")
    for column, lowest in columns.items():
        definition = _replaced(definition, f"({column} between {lowest} and 6)", f"({column} >= {lowest})")
    names = ", ".join(column["name"] for column in sa.inspect(connection).get_columns(table))
    connection.exec_driver_sql(_replaced(definition, f"CREATE TABLE {table} (", f"CREATE TABLE new_{table} ("))
    connection.exec_driver_sql(
        f"INSERT INTO new_{table} (rowid, {names}) SELECT rowid, {names} FROM {table}"  # noqa: S608 - names of 0001
    )
    connection.exec_driver_sql(f"DROP TABLE {table}")
    # As SQLite advises: without this, a view that somebody made over the table would refuse the new name.
    connection.exec_driver_sql("PRAGMA legacy_alter_table = ON")
    connection.exec_driver_sql(f"ALTER TABLE new_{table} RENAME TO {table}")
    connection.exec_driver_sql("PRAGMA legacy_alter_table = OFF")
    for kind, sql in found:
        if kind != "table":
            connection.exec_driver_sql(sql)


def _replaced(definition: str, old: str, new: str) -> str:
    if definition.count(old) != 1:
        raise RuntimeError(f"expected {old!r} once in {definition!r}: this database was not made by these migrations")
    return definition.replace(old, new)

"""Counts of each settlement, kept with it: partners by tier and the tier before, letters by kind, held by reason."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Whole, Words
from partner_program.migrations.append_only import guard_append_only

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# How they are filled in a programme of 100,000 partners and twelve months, as migration 0007 says of the others.
STATISTICS = {
    "move_count": {"sqlite_autoindex_move_count_1": "240 20 1"},
    "letter_count": {"sqlite_autoindex_letter_count_1": "60 5 1"},
    "held_count": {"sqlite_autoindex_held_count_1": "6000 500 1"},
}
INDEXES = {
    "act_of_kind": ("act", ["kind", "billing_month"]),
    "grace_grant_by_end": ("grace_grant", ["ends_on", "partner_id"]),
}


def upgrade() -> None:
    """Create the tables, append-only, and count the settlements that are there."""
    _table(
        "move_count",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("previous_tier", sa.Integer(), nullable=True),
        sa.Column("tier", sa.Integer(), nullable=True),
        sa.Column("partners", Whole, nullable=False),
        sa.Column("mrr_eur_cents", Whole, nullable=False),
    )
    _table(
        "letter_count",
        sa.Column("kind", Words, nullable=False),
        sa.Column("letters", Whole, nullable=False),
        key="kind",
    )
    _table(
        "held_count",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.Column("partners", Whole, nullable=False),
        sa.Column("partner_id", Words, nullable=True),
    )
    _fill()
    for index, (table, columns) in INDEXES.items():
        op.create_index(index, table, columns)
    for table in STATISTICS:
        guard_append_only(table)
    if op.get_bind().dialect.name == "sqlite":
        rows = sa.table("sqlite_stat1", sa.column("tbl"), sa.column("idx"), sa.column("stat"))
        found = [
            {"tbl": name, "idx": index, "stat": stat} for name, own in STATISTICS.items() for index, stat in own.items()
        ]
        op.bulk_insert(rows, found)


def _table(name: str, *columns: sa.Column[Any], key: str = "position") -> None:
    op.create_table(
        name,
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["settlement_id"], ["settlement.settlement_id"]),
        sa.PrimaryKeyConstraint("settlement_id", key),
        sqlite_strict=True,
    )


def _fill() -> None:
    """Count each settlement's rows; a sum is a Decimal in PostgreSQL."""
    moves = _groups("settlement_id, previous_tier, tier", "count(*), sum(mrr_eur_cents)", "assessment")
    _insert(
        "move_count",
        ("settlement_id", "previous_tier", "tier", "partners", "mrr_eur_cents"),
        sorted(moves, key=lambda row: (row[0], row[1] is not None, row[1] or 0, row[2] or 0)),
    )
    letters = _groups("settlement_id, kind", "count(*)", "letter")
    _insert("letter_count", ("settlement_id", "kind", "letters"), letters, numbered=False)
    held = _groups("settlement_id, reason", "count(*), min(partner_id)", "held_partner")
    _insert(
        "held_count",
        ("settlement_id", "reason", "partners", "partner_id"),
        [
            (*row[:3], row[3] if row[2] == 1 else None)
            for row in sorted(held, key=lambda row: (row[0], -row[2], row[1]))
        ],
    )


def _groups(keys: str, counts: str, table: str) -> list[tuple[Any, ...]]:
    query = f"SELECT {keys}, {counts} FROM {table} GROUP BY {keys}"  # noqa: S608, our own names
    return [tuple(row) for row in op.get_bind().execute(sa.text(query))]


def _insert(table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]], *, numbered: bool = True) -> None:
    """Insert rows, which are ordered by settlement, each with its position in its settlement."""
    found, position = [], 0
    for number, row in enumerate(rows):
        position = 1 if not number or rows[number - 1][0] != row[0] else position + 1
        values = {
            name: int(value) if name in ("partners", "mrr_eur_cents", "letters") else value
            for name, value in zip(names, row, strict=True)
        }
        found.append(values | ({"position": position} if numbered else {}))
    if found:
        op.bulk_insert(sa.table(table, *map(sa.column, found[0])), found)

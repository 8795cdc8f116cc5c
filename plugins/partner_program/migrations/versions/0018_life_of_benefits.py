"""Requests for benefits keep each step; older agreements may keep benefits.

A row of the earlier table becomes the steps that its file tells: it was asked for, and perhaps decided. Its id is that
of a row of the file without one: partner, benefit and first day.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Day, Whole, Words
from partner_program.migrations.append_only import guard_append_only

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("benefit_request", "benefit_step")
OLD = sa.table(
    "old_benefit_request",
    *(sa.column(name) for name in ("partner_id", "benefit", "status", "decided_by")),
    *(sa.column(name, Day) for name in ("valid_from", "valid_to")),
)


def upgrade() -> None:
    """Create the tables, append-only, and fill them with what the earlier one has."""
    op.add_column("legacy_agreement", sa.Column("benefits", Words, nullable=False, server_default=""))
    op.rename_table("benefit_request", "old_benefit_request")
    if op.get_bind().dialect.name == "postgresql":
        # a constraint's index keeps its name when its table gets another one
        op.execute("ALTER INDEX benefit_request_pkey RENAME TO old_benefit_request_pkey")
    op.create_table(
        "benefit_request",
        sa.Column("request_id", Words, nullable=False),
        sa.Column("partner_id", Words, nullable=False),
        sa.Column("benefit", Words, nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.partner_id"]),
        sa.PrimaryKeyConstraint("request_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "benefit_step",
        sa.Column("request_id", Words, nullable=False),
        sa.Column("step_no", sa.Integer(), nullable=False),
        sa.Column("act", Words, nullable=False),
        sa.Column("done_by", Words, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.Column("done_on", Day, nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("amount_cents", Whole, nullable=True),
        sa.Column("valid_from", Day, nullable=True),
        sa.Column("valid_to", Day, nullable=True),
        sa.Column("activity", Words, nullable=False),
        sa.Column("market", Words, nullable=False),
        sa.Column("origin", Words, nullable=False),
        sa.CheckConstraint("act in ('requested', 'approved', 'refused', 'withdrawn', 'outcome')", name="act_known"),
        sa.CheckConstraint("origin in ('file', 'command')", name="origin_known"),
        sa.CheckConstraint("valid_to > valid_from", name="period_order"),
        sa.CheckConstraint("quantity >= 1", name="quantity_range"),
        sa.CheckConstraint("amount_cents >= 0", name="amount_range"),
        sa.ForeignKeyConstraint(["request_id"], ["benefit_request.request_id"]),
        sa.PrimaryKeyConstraint("request_id", "step_no"),
        sqlite_strict=True,
    )
    op.create_index("benefit_request_of_partner", "benefit_request", ["partner_id"])
    _fill()
    op.drop_table("old_benefit_request")
    for table in TABLES:
        guard_append_only(table)


def _fill() -> None:
    metadata = sa.MetaData()
    requests, steps = (sa.Table(name, metadata, autoload_with=op.get_bind()) for name in TABLES)
    for old in op.get_bind().execute(sa.select(OLD).order_by(OLD.c.partner_id, OLD.c.benefit, OLD.c.valid_from)):
        request_id = f"{old.partner_id}-{old.benefit}-{old.valid_from}"
        op.execute(requests.insert().values(request_id=request_id, partner_id=old.partner_id, benefit=old.benefit))
        for number, step in enumerate(_steps(old), start=1):
            op.execute(steps.insert().values(request_id=request_id, step_no=number, **step))


def _steps(old: Any) -> list[dict[str, Any]]:
    blank = {"reason": "", "activity": "", "market": "", "origin": "file"}
    is_text = op.get_bind().dialect.name == "sqlite"  # a reflected table has no type for days there
    period = {"valid_from": old.valid_from, "valid_to": old.valid_to}
    days = {name: str(day) if is_text and day else day for name, day in period.items()}
    asked = {"act": "requested", "done_by": "benefit_requests.csv", **days, **blank}
    if old.status == "requested":
        return [asked]
    decided = {"act": old.status, "done_by": old.decided_by, **(days if old.status == "approved" else {}), **blank}
    return [asked, decided]

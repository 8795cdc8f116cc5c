"""Lets an erasure change what a benefit is asked for too, its activity and its market: they may name people."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.migrations.guards import guard

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WORDS = ("done_by", "reason", "activity", "market")


def upgrade() -> None:
    """Make the guard of a benefit's steps anew."""
    on_postgres = op.get_bind().dialect.name == "postgresql"
    op.execute("DROP TRIGGER benefit_step_refuses_update" + (" ON benefit_step" if on_postgres else ""))
    if on_postgres:
        op.execute("DROP FUNCTION benefit_step_refuses_update()")
    same = "IS NOT DISTINCT FROM" if on_postgres else "IS"
    others = [each["name"] for each in sa.inspect(op.get_bind()).get_columns("benefit_step")]
    kept = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in others if name not in WORDS)
    guard(
        "benefit_step_refuses_update",
        "benefit_step",
        "UPDATE",
        f"NOT (EXISTS (SELECT 1 FROM erasure AS e WHERE e.is_open = 1) AND {kept})",  # noqa: S608, our own tables
        "benefit_step is append-only",
    )

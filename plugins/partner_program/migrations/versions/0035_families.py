"""Product families with a discount of their own: in assessments, rates, the publish outbox and older agreements.

What was written before has none.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Words
from partner_program.migrations.append_only import guard_inserts_anew

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the columns; the guards of inserts know them."""
    op.add_column("legacy_agreement", sa.Column("product", Words, nullable=True))
    for table in ("assessment", "discount_rate", "publication"):
        op.add_column(table, sa.Column("families", Words, nullable=True))
    for table in ("assessment", "discount_rate"):
        guard_inserts_anew(table)

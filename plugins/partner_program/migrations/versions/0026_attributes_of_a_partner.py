"""What a partner is beside its tier, as `specialised`; empty for partners that were loaded before."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Words

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("partner", sa.Column("attributes", Words, nullable=False, server_default=""))

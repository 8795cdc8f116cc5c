"""From where an installation sends its letters: a copy of it in another place sends nothing."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from partner_program.adapters.column_types import Words

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the columns; an installation of an earlier version has no place until a person adopts it."""
    for name in ("host", "out", "database"):
        op.add_column("sending", sa.Column(name, Words, nullable=True))

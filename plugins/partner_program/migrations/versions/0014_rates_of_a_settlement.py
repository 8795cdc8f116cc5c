"""An index on the settlement of a rate: whether one was written is asked often, and read every rate without it."""

from collections.abc import Sequence

from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Create the index."""
    op.create_index("discount_rate_of_settlement", "discount_rate", ["settlement_id"])

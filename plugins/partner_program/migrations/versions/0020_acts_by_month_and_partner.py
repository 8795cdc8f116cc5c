"""An index that finds a month's acts about one partner, or about none, without reading those about the others."""

from collections.abc import Sequence

from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the index of a month's acts anew, with the partner."""
    op.drop_index("act_of_month", "act")
    op.create_index("act_of_month", "act", ["billing_month", "partner_id"])

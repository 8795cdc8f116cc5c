"""Indexes of what waits over all months, and of lists that are read a page at a time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UNFINISHED = {
    "delivery_unfinished": ("delivery", ["billing_month", "status"], "status <> 'accepted'"),
    "publication_unpublished": ("publication", ["entity", "account_id"], "published_on IS NULL"),
}
INDEXES = {
    "partner_by_name": ("partner", ["company_name", "partner_id"]),
    "partner_by_language": ("partner", ["language"]),
    "account_link_of_account": ("account_link", ["account_id"]),
    "assessment_by_revenue": ("assessment", ["billing_month", "revision", "mrr_eur_cents", "partner_id"]),
}
# How they are filled in a programme of 100,000 partners and twelve months, as migration 0007 says of the others.
STATISTICS = {
    "delivery": {"delivery_unfinished": "3000 300 100"},
    "publication": {"publication_unpublished": "1000 200 1"},
    "partner": {
        "partner_by_name": "100000 1 1",
        "partner_by_language": "100000 20000",
        "sqlite_autoindex_partner_1": "100000 1",
    },
    "account_link": {"account_link_of_account": "140000 1"},
    "assessment": {"assessment_by_revenue": "1200000 100000 100000 2 1"},
}


def upgrade() -> None:
    """Create them, and tell SQLite how they are filled; no row of ours changes."""
    for name, (table, columns, where) in UNFINISHED.items():
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    if op.get_bind().dialect.name != "sqlite":
        return
    rows = sa.table("sqlite_stat1", sa.column("tbl"), sa.column("idx"), sa.column("stat"))
    found = [
        {"tbl": table, "idx": index, "stat": stat} for table, own in STATISTICS.items() for index, stat in own.items()
    ]
    op.bulk_insert(rows, found)

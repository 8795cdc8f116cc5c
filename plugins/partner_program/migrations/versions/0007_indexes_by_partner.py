"""Indexes that find one partner's rows, and count a month's tiers, without reading the whole table."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = {
    "account_link_of_partner": ("account_link", ["partner_id"]),
    "grace_grant_of_partner": ("grace_grant", ["partner_id"]),
    "assessment_of_partner": ("assessment", ["partner_id", "billing_month"]),
    "assessment_account_of_partner": ("assessment_account", ["partner_id", "billing_month"]),
    "assessment_grant_of_partner": ("assessment_grant", ["partner_id", "billing_month"]),
    "held_partner_of_partner": ("held_partner", ["partner_id"]),
    "letter_of_partner": ("letter", ["partner_id", "billing_month"]),
    "delivery_of_partner": ("delivery", ["partner_id", "billing_month"]),
    "snapshot_faulty_line_of_account": ("snapshot_faulty_line", ["snapshot_id", "account_id"]),
    "assessment_moves": ("assessment", ["settlement_id", "previous_tier", "tier"]),
}

# What ANALYZE found in a programme of 100,000 partners and twelve months, rounded: how many rows an index has, and how
# many have the same first column, the same first two, and so on. Without it SQLite expects ten rows in a month, and
# reads the month to find one partner. https://www.sqlite.org/lang_analyze.html#fixed_results_of_analyze
STATISTICS = {
    "account_link": {"account_link_of_partner": "140000 2", "sqlite_autoindex_account_link_1": "140000 20000 1 1 1"},
    "assessment": {
        "assessment_of_partner": "1200000 12 1",
        "assessment_moves": "1200000 100000 20000 10000",
        "sqlite_autoindex_assessment_1": "1200000 100000 100000 1",
    },
    "assessment_account": {
        "assessment_account_of_partner": "1700000 17 2",
        "sqlite_autoindex_assessment_account_1": "1700000 140000 140000 2 1 1 1",
    },
    "assessment_grant": {
        "assessment_grant_of_partner": "12000 4 1",
        "sqlite_autoindex_assessment_grant_1": "12000 1000 1000 1 1",
    },
    "delivery": {
        "delivery_of_partner": "1200000 12 1",
        "sqlite_autoindex_delivery_1": "1200000 100000 100000 1 1",
    },
    "discount_rate": {"sqlite_autoindex_discount_rate_1": "300000 3 1 1"},
    "grace_grant": {"grace_grant_of_partner": "2000 2", "sqlite_autoindex_grace_grant_1": "2000 1"},
    "held_partner": {"held_partner_of_partner": "12000 12", "sqlite_autoindex_held_partner_1": "12000 1000 1"},
    "letter": {
        "letter_of_partner": "1200000 12 1",
        "sqlite_autoindex_letter_1": "1200000 100000 100000 1",
    },
    "publication": {"sqlite_autoindex_publication_1": "400000 60000 3 1 1"},
    "snapshot_faulty_line": {
        "snapshot_faulty_line_of_account": "10000 100 2",
        "sqlite_autoindex_snapshot_faulty_line_1": "10000 100 1",
    },
}


def upgrade() -> None:
    """Create them, and tell SQLite how they are filled; no row of ours changes."""
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("ANALYZE sqlite_schema")  # makes the table of statistics and measures nothing
    rows = sa.table("sqlite_stat1", sa.column("tbl"), sa.column("idx"), sa.column("stat"))
    op.execute(sa.delete(rows).where(rows.c.tbl.in_(list(STATISTICS))))
    found = [
        {"tbl": table, "idx": index, "stat": stat} for table, own in STATISTICS.items() for index, stat in own.items()
    ]
    op.bulk_insert(rows, found)

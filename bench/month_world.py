"""Makes a company of any size in a folder: a registry in the programme's database, two billing databases, a month."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from bench.big_programme import accounts_of, installation, write_registry
from partner_program.adapters.connections import PREFIX, ConnectionFields
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.installation import OUT_VARIABLE

MONTH, EFFECTIVE_ON = BillingMonth(2015, 7), "2015-08-03"
TABLES = """
CREATE TABLE program_mrr_line(line_id TEXT PRIMARY KEY, account_id TEXT, service_id TEXT, product TEXT,
  charge_kind TEXT, service_start TEXT, service_end TEXT, term_months INTEGER, net_amount_minor INTEGER,
  currency TEXT, document_status TEXT, posted_on TEXT, discount_bp INTEGER, ordered_on TEXT);
CREATE TABLE program_period_close(billing_month TEXT, currency TEXT, line_count INTEGER,
  control_total_minor INTEGER, closed_at TEXT);
CREATE TABLE program_reseller_account(account_id TEXT, company_name TEXT, vat_id TEXT, email_domain TEXT);
CREATE INDEX line_end ON program_mrr_line (service_end);
"""
_LINE = (
    "INSERT INTO program_mrr_line VALUES (?, ?, 'S1', 'dedicated_server', 'recurring', '2015-07-01', '2015-08-01', 1,"
    " ?, ?, 'posted', '2015-07-01', NULL, NULL)"
)
_CLOSE = (
    "INSERT INTO program_period_close SELECT '2015-07', currency, count(*), sum(net_amount_minor), '2015-08-01'"
    " FROM program_mrr_line GROUP BY currency"
)


def make_world(folder: Path, partners: int) -> dict[str, str]:
    """Write the databases; return the environment in which `partner-program run` finds them."""
    fields = ConnectionFields("partner_program", "sqlite", host=str(folder / "program.db"))
    here = installation(fields, folder / "out")
    here.database.upgrade()
    with here.database.writing() as connection:
        write_registry(connection, partners)
    found = {"partner_program": str(folder / "program.db")}
    for entity, currency in {"NL": "EUR", "US": "USD"}.items():
        path = folder / f"billing_{entity.lower()}.db"
        found[f"billing_{entity.lower()}"] = str(path)
        lines = (
            (f"{entity}-L{number}", f"{entity}{number}", 50_000 + number * 7_919 % 2_500_000, currency)
            for number, at in accounts_of(partners)
            if at == entity
        )
        with closing(sqlite3.connect(path)) as billing, billing:
            billing.executescript(TABLES)
            billing.executemany(_LINE, lines)
            billing.execute(_CLOSE)
    named = {PREFIX + name.upper(): json.dumps({"conn_type": "sqlite", "host": host}) for name, host in found.items()}
    return {**os.environ, **named, OUT_VARIABLE: str(folder / "out"), "GX_ANALYTICS_ENABLED": "false"}

"""Measures the time of pulling a month from PostgreSQL, against a bare GROUP BY of the same grain in the server.

The bare query trusts every value and sorts nothing: it sends each group to this client, or only their number. The pull
checks each line, sends each group and makes them the groups of a snapshot. All run in turn, so that a busy machine
slows each of them.
"""

import subprocess
import sys
from statistics import median
from typing import Any

import psycopg

from bench import Measurement
from bench.postgres_server import connect, postgres_server
from bench.pull import ENTITY, LARGEST_LINE_MINOR, MONTH, MONTHS, OTHER_WAYS, SPAN, SQL_FOLDER, drawn_lines, seconds
from partner_program.adapters.billing.pull import pull_month
from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.program import LargestLine
from partner_program.domain.revenue import EntityRevenue

# Each random line is written five times, at each of two accounts: about 15 lines a group, 10,000 accounts.
TOGETHER, COPIES = 5, 2
TABLES = """
CREATE TABLE program_mrr_line (line_id text, account_id text, service_id text, product text, charge_kind text,
    service_start date, service_end date, term_months integer, net_amount_minor bigint, currency char(3),
    document_status text, posted_on date, discount_bp integer, ordered_on date);
CREATE TABLE program_period_close (billing_month text, currency char(3), line_count integer,
    control_total_minor bigint, closed_at timestamptz);
CREATE TABLE program_reseller_account (account_id text PRIMARY KEY, company_name text, vat_id text,
    email_domain text);
CREATE TABLE drawn (LIKE program_mrr_line)
"""
MULTIPLY = """
INSERT INTO program_mrr_line
SELECT line_id || '-' || copy || '-' || number, account_id || '-' || copy, service_id, product, charge_kind,
    service_start, service_end, term_months, net_amount_minor, currency, document_status, posted_on, discount_bp,
    ordered_on
FROM drawn CROSS JOIN generate_series(1, %(copies)s) AS copy CROSS JOIN generate_series(1, %(together)s) AS number
"""
# the key, and the two indexes that the contract with an entity recommends: both queries may use them
INDEXES = """
DROP TABLE drawn;
ALTER TABLE program_mrr_line ADD PRIMARY KEY (line_id);
CREATE INDEX line_end ON program_mrr_line (service_end);
CREATE INDEX line_start ON program_mrr_line (service_start, service_end);
VACUUM ANALYZE program_mrr_line
"""
SENT = """
SELECT account_id, currency, charge_kind, document_status, term_months, COUNT(*), SUM(net_amount_minor),
    SUM(net_amount_minor * (LEAST(service_end, %(next)s::date) - GREATEST(service_start, %(first)s::date)))
FROM program_mrr_line WHERE service_end > %(first)s::date AND service_start < %(next)s::date
GROUP BY 1, 2, 3, 4, 5
"""
COUNTED = f"SELECT COUNT(*) FROM ({SENT}) AS month_groups"  # noqa: S608, the query above
CLOSE = """
INSERT INTO program_period_close
SELECT %(month)s, 'EUR', COUNT(*), SUM(net_amount_minor), '2015-07-01' FROM program_mrr_line
WHERE service_end > %(first)s::date AND service_start < %(next)s::date AND document_status = 'posted'
"""
# the peak memory of this process only: ru_maxrss would start at the parent's peak
MEMORY = """
import re, sys
from pathlib import Path
from bench.pull_postgres import pull
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
before = peak()
revenue = pull(sys.argv[1])
assert revenue.fault is None, revenue.fault
print(peak() - before)
"""


def measure(lines: int = 10_000_000, pairs: int = 11) -> list[Measurement]:
    """Time pairs of pull and bare query for one recent month, and measure the memory of a pull in its own process."""
    with postgres_server() as host, connect(host) as connection:
        write_billing(connection, lines)
        turns = [_turn(connection, host) for _ in range(pairs + 1)][1:]
        (groups,) = connection.execute(COUNTED, SPAN).fetchone() or (0,)
        command = [sys.executable, "-c", MEMORY, host]
        megabytes = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603
        for statement in (*OTHER_WAYS, "VACUUM ANALYZE program_mrr_line"):
            connection.execute(statement.encode())
        of_all_ways = [_turn(connection, host) for _ in range(pairs + 1)][1:]
    counted, sent, ours = (median(figures) for figures in zip(*turns, strict=True))
    how = f"{lines:,} lines, {MONTHS} months, {groups:,} groups in {MONTH}"
    of_sent = median(pulled / plain for _, plain, pulled in turns)
    all_ways = median(pulled / plain for _, plain, pulled in of_all_ways)
    mixed = f"the same, a fifth of the fees as pieces of a term or for their period; median of {pairs} pairs"
    paired = f"{how}; counted {counted:.2f} s, sent {sent:.2f} s, pulled {ours:.2f} s; median of {pairs} pairs"
    return [
        Measurement("pull from PostgreSQL / bare GROUP BY, sent", of_sent, 1.3, "x", paired),
        Measurement(
            "pull from PostgreSQL / bare GROUP BY, counted",
            median(pulled / plain for plain, _, pulled in turns),
            1.5,
            "x",
            paired,
        ),
        Measurement("pull of all ways from PostgreSQL / of whole terms", all_ways / of_sent, 1.25, "x", mixed),
        Measurement("pull from PostgreSQL: memory", megabytes, 15, "MB", f"{how}; above the imports"),
    ]


def _turn(connection: psycopg.Connection[Any], host: str) -> tuple[float, float, float]:
    """Seconds of the bare query counted, of it sent to this client, and of a pull."""
    return (
        seconds(lambda: connection.execute(COUNTED, SPAN).fetchone()),
        seconds(lambda: connection.execute(SENT, SPAN).fetchall()),
        seconds(lambda: pull(host)),
    )


def pull(host: str) -> EntityRevenue:
    """Pull the measured month as the product does."""
    fields = ConnectionFields("billing_nl", "postgres", host=host, login="postgres", schema="postgres")
    return pull_month(fields, ENTITY, MONTH, largest_line=LargestLine(LARGEST_LINE_MINOR), sql_folder=SQL_FOLDER)


def write_billing(connection: psycopg.Connection[Any], lines: int) -> None:
    """Write the random lines of `bench.pull`, multiply each one in the server, and close the month."""
    for statement in TABLES.split(";"):
        connection.execute(statement.encode())
    with connection.cursor() as cursor, cursor.copy("COPY drawn FROM STDIN") as copy:
        for line in drawn_lines(lines // (TOGETHER * COPIES)):
            copy.write_row(line)
    connection.execute(MULTIPLY, {"copies": COPIES, "together": TOGETHER})
    for statement in INDEXES.split(";"):
        connection.execute(statement.encode())
    connection.execute(CLOSE, SPAN)

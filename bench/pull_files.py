"""Measures the time of pulling a month from Parquet files, against DuckDB's own bare GROUP BY, and its memory.

The bare query trusts every value and gives the same groups to the same client. Both run in turn, in this process.
"""

import csv
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median

import duckdb

from bench import Measurement
from bench.pull import ENTITY, LARGEST_LINE_MINOR, MONTH, MONTHS, SPAN, SQL_FOLDER, drawn_lines, seconds
from partner_program.adapters.billing.duckdb import MEMORY, THREADS
from partner_program.adapters.billing.pull import pull_month
from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.program import LargestLine
from partner_program.domain.revenue import EntityRevenue

FILES = 10  # each with the same lines, of accounts of its own
COLUMNS = """{'line_id': 'VARCHAR', 'account_id': 'VARCHAR', 'service_id': 'VARCHAR', 'product': 'VARCHAR',
    'charge_kind': 'VARCHAR', 'service_start': 'DATE', 'service_end': 'DATE', 'term_months': 'INTEGER',
    'net_amount_minor': 'BIGINT', 'currency': 'VARCHAR', 'document_status': 'VARCHAR', 'posted_on': 'DATE',
    'discount_bp': 'INTEGER', 'ordered_on': 'DATE'}"""
IN_MONTH = f"service_end > DATE '{SPAN['first']}' AND service_start < DATE '{SPAN['next']}'"
BARE = f"""
SELECT account_id, currency, charge_kind, document_status, term_months, COUNT(*), SUM(net_amount_minor),
    SUM(net_amount_minor
        * (LEAST(service_end, DATE '{SPAN["next"]}') - GREATEST(service_start, DATE '{SPAN["first"]}')))
FROM '{{folder}}/lines_*.parquet' WHERE {IN_MONTH} GROUP BY ALL
"""  # noqa: S608, constants
CLOSE = f"""
COPY (SELECT '{MONTH}' AS billing_month, 'EUR' AS currency, COUNT(*) AS line_count,
    CAST(SUM(net_amount_minor) AS BIGINT) AS control_total_minor, DATE '2015-07-01' AS closed_at
FROM '{{folder}}/lines_*.parquet' WHERE {IN_MONTH} AND document_status = 'posted') TO '{{folder}}/closes.parquet'
"""  # noqa: S608, constants
RESELLERS = """
COPY (SELECT '' AS account_id, '' AS company_name, '' AS vat_id, '' AS email_domain LIMIT 0)
TO '{folder}/resellers.parquet'
"""
# the peak memory of this process only: ru_maxrss would start at the parent's peak
ALONE = """
import re, sys
from pathlib import Path
from bench.pull_files import pull
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
before = peak()
revenue = pull(Path(sys.argv[1]))
assert revenue.fault is None, revenue.fault
print(peak() - before)
"""


def measure(lines: int = 10_000_000, pairs: int = 11) -> list[Measurement]:
    """Time pairs of pull and bare query for one recent month, and measure the memory of a pull in its own process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, lines)
        turns = [_turn(folder) for _ in range(pairs + 1)][1:]
        groups = len(pull(folder).groups)
        command = [sys.executable, "-c", ALONE, name]
        megabytes = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603
    bare = median(plain for plain, _ in turns)
    how = f"{lines:,} lines in {FILES} files, {MONTHS} months, {groups:,} groups in {MONTH}"
    ratio = median(ours / plain for plain, ours in turns)
    return [
        Measurement(
            "pull from Parquet / bare GROUP BY", ratio, 2, "x", f"{how}; bare {bare:.2f} s; median of {pairs} pairs"
        ),
        Measurement("pull from Parquet: memory", megabytes, 300, "MB", f"{how}; above the imports"),
    ]


def _turn(folder: Path) -> tuple[float, float]:
    def plain() -> None:
        with closing(duckdb.connect(":memory:", config={"threads": THREADS, "memory_limit": MEMORY})) as connection:
            connection.execute(BARE.format(folder=folder)).fetchall()

    return seconds(plain), seconds(lambda: pull(folder))


def pull(folder: Path) -> EntityRevenue:
    """Pull the measured month as the product does."""
    relations = {
        "program_mrr_line": f"{folder}/lines_*.parquet",
        "program_period_close": f"{folder}/closes.parquet",
        "program_reseller_account": f"{folder}/resellers.parquet",
    }
    fields = ConnectionFields("billing_nl", "duckdb", extra={"relations": relations})
    return pull_month(fields, ENTITY, MONTH, largest_line=LargestLine(LARGEST_LINE_MINOR), sql_folder=SQL_FOLDER)


def write_files(folder: Path, lines: int) -> None:
    """Write the random lines of `bench.pull` into each file, under names of their own, and close the month."""
    drawn = folder / "drawn.csv"
    with drawn.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows(drawn_lines(lines // FILES))
    with closing(duckdb.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE drawn AS FROM read_csv('{drawn}', header = false, columns = {COLUMNS})")
        for number in range(FILES):
            names = f"line_id || '-{number}' AS line_id, account_id || '-{number}' AS account_id"
            path = folder / f"lines_{number}.parquet"
            connection.execute(f"COPY (SELECT * REPLACE ({names}) FROM drawn) TO '{path}'")  # noqa: S608, numbers
        connection.execute(CLOSE.format(folder=folder))
        connection.execute(RESELLERS.format(folder=folder))

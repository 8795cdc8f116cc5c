"""Measures the time of pulling a month, against a bare GROUP BY of the same grain, and its memory.

The bare query trusts every value; the pull checks each one. Both run in turn, and seconds of processor time count.
"""

import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from bench import Measurement
from partner_program.adapters.billing.pull import pull_month
from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import LargestLine
from partner_program.domain.registry import Entity
from partner_program.domain.revenue import EntityRevenue

ACCOUNTS, MONTHS = 5_000, 36
FIRST_MONTH, MONTH = BillingMonth(2012, 7), BillingMonth(2015, 6)
LARGEST_LINE_MINOR = 10_000_000_00
SQL_FOLDER = Path(__file__).parent.parent / "include" / "sql"
ENTITY = Entity("NL", "Host NL", "NL", "EUR", "Europe/Amsterdam", date(2010, 1, 1))

TABLES = """
CREATE TABLE program_mrr_line (line_id TEXT PRIMARY KEY, account_id TEXT, service_id TEXT, product TEXT,
    charge_kind TEXT, service_start DATE, service_end DATE, term_months INTEGER, net_amount_minor INTEGER,
    currency CHAR(3), document_status TEXT, posted_on DATE, discount_bp INTEGER, ordered_on DATE);
CREATE TABLE program_period_close (billing_month TEXT, currency TEXT, line_count INTEGER,
    control_total_minor INTEGER, closed_at TEXT);
CREATE TABLE program_reseller_account (account_id TEXT PRIMARY KEY, company_name TEXT, vat_id TEXT,
    email_domain TEXT);
"""
BARE = """
SELECT account_id, currency, charge_kind, document_status, term_months, COUNT(*), SUM(net_amount_minor),
    SUM(net_amount_minor * CAST(
        MIN(JULIANDAY(service_end), JULIANDAY(:next)) - MAX(JULIANDAY(service_start), JULIANDAY(:first)) AS INTEGER
    ))
FROM program_mrr_line WHERE service_end > :first AND service_start < :next GROUP BY 1, 2, 3, 4, 5
"""
CLOSE = """
INSERT INTO program_period_close
SELECT :month, 'EUR', COUNT(*), SUM(net_amount_minor), '2015-07-01' FROM program_mrr_line
WHERE service_end > :first AND service_start < :next AND document_status = 'posted'
"""
RATE_BEGINS_ON = 15
# Of a hundred lines: a discount that is entered by hand, or not taken back, is wrong on few; some were never told.
WRONG, NOT_SAID = 5, 2
SPAN = {"month": str(MONTH), "first": str(MONTH.first_day), "next": str(MONTH.following.first_day)}
# A tenth of the recurring fees that the measured month reads pay for exactly their period, another for a piece.
OTHER_WAYS = (
    "ALTER TABLE program_mrr_line ADD COLUMN term_amount_minor BIGINT",
    "UPDATE program_mrr_line SET term_months = NULL WHERE service_end > '2015-06-01'"
    " AND charge_kind = 'recurring' AND net_amount_minor % 10 = 0",
    "UPDATE program_mrr_line SET term_amount_minor = 2 * net_amount_minor WHERE service_end > '2015-06-01'"
    " AND charge_kind = 'recurring' AND net_amount_minor % 10 = 1",
)
# the peak memory of this process only: ru_maxrss would start at the parent's peak
MEMORY = """
import re, sys
from pathlib import Path
from bench.pull import pull
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
before = peak()
revenue = pull(Path(sys.argv[1]))
assert revenue.fault is None, revenue.fault
print(peak() - before)
"""


def measure(lines: int = 1_000_000, pairs: int = 15) -> list[Measurement]:
    """Time pairs of pull and bare query for one recent month, and measure the memory of a pull in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "billing.db"
        write_billing(file, lines)
        ratio, groups = _against_bare(file, pairs)
        command = [sys.executable, "-c", MEMORY, str(file)]
        megabytes = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603
        with closing(sqlite3.connect(file)) as connection, connection:
            for statement in OTHER_WAYS:
                connection.execute(statement)
        of_all_ways, _ = _against_bare(file, pairs)
    how = f"{lines:,} lines, {MONTHS} months, {groups:,} groups in {MONTH}"
    mixed = "the same, a fifth of the fees as pieces of a term or for exactly their period"
    return [
        Measurement("pull a month / bare GROUP BY", ratio, 1.15, "x", f"{how}; median of {pairs} pairs"),
        Measurement("pull a month of all ways / of whole terms", of_all_ways / ratio, 1.25, "x", mixed),
        Measurement("pull a month: memory", megabytes, 30, "MB", f"{how}; above the imports"),
    ]


def _against_bare(file: Path, pairs: int) -> tuple[float, int]:
    """How long a pull takes in times of the bare query, and the number of groups of that one."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        ratios = []
        for _ in range(pairs):
            plain = seconds(lambda: connection.execute(BARE, SPAN).fetchall(), time.process_time)
            ratios.append(seconds(lambda: pull(file), time.process_time) / plain)
        return median(ratios), len(connection.execute(BARE, SPAN).fetchall())


def pull(file: Path) -> EntityRevenue:
    """Pull the measured month as the product does."""
    fields = ConnectionFields("billing_nl", "sqlite", host=str(file))
    return pull_month(fields, ENTITY, MONTH, largest_line=LargestLine(LARGEST_LINE_MINOR), sql_folder=SQL_FOLDER)


def write_billing(file: Path, lines: int) -> None:
    """Write a billing database with sound lines in all months, and close the measured month."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(TABLES)
        connection.executemany(
            "INSERT INTO program_mrr_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", drawn_lines(lines)
        )
        # the two indexes that the contract with an entity recommends: both queries may use them
        connection.execute("CREATE INDEX line_end ON program_mrr_line (service_end)")
        connection.execute("CREATE INDEX line_start ON program_mrr_line (service_start, service_end)")
        connection.execute(CLOSE, SPAN)
        connection.commit()


def drawn_lines(lines: int) -> Iterator[tuple[object, ...]]:
    """Random lines like those of a hosting company: calendar and mid-month starts, some quarters and years."""
    chance = random.Random(20150727)  # noqa: S311, the same lines each time
    orders = random.Random(20150728)  # noqa: S311, likewise; of its own, so that the lines stay what they were
    starts = [_month_after(FIRST_MONTH, number) for number in range(MONTHS)]
    for number in range(lines):
        month = starts[number * MONTHS // lines]
        kind = chance.choices(("recurring", "usage", "credit", "setup", "one_off"), (80, 10, 3, 5, 2))[0]
        term = chance.choices((1, 3, 12), (90, 5, 5))[0] if kind == "recurring" else 1
        day = 1 if kind != "recurring" or chance.random() < 0.6 else chance.randint(2, 28)
        start = f"{month}-{day:02d}"
        end = f"{_month_after(month, term)}-{day:02d}"
        amount = chance.randint(1_00, 500_00) * (-1 if kind == "credit" else 1)
        account = f"A{chance.randrange(ACCOUNTS):06d}"
        service = (f"S-{account}", "dedicated_server", kind, start, end, term, amount)
        # a server, its addresses and its licence are ordered on one day: each account has three such days
        order_day = FIRST_MONTH.first_day + timedelta(days=(int(account[1:]) * 7 + orders.randrange(3) * 331) % 1_000)
        ordered_on = min(str(order_day), start)
        due, other = discounts_bp(date.fromisoformat(ordered_on))
        given = orders.choices((due, other, None), (100 - WRONG - NOT_SAID, WRONG, NOT_SAID))[0]
        yield (f"L{number:08d}", account, *service, "EUR", "posted", start, given, ordered_on)


def discounts_bp(day: date) -> tuple[int, int]:
    """The discount that an order of a day is due, and the other one: each month's rate begins on its 15th."""
    rate = day.year * 12 + day.month - (2 if day.day < RATE_BEGINS_ON else 1)
    return (500, 800) if rate % 2 else (800, 500)


def _month_after(month: BillingMonth, months: int) -> BillingMonth:
    for _ in range(months):
        month = month.following
    return month


def seconds(act: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Run `act` and return the seconds that it takes by the clock."""
    begun = clock()
    act()
    return clock() - begun

"""Measures each report over 100,000 partners and twelve settled months: its command's processor time and memory.

One world for all of them: the months of `big_programme`, with amounts that go up and down, exchange rates that move and
tiers that follow from both; and billing databases with the newest month's lines, part of the next one's, contracts that
end, a twentieth of the discounts wrong, and accounts that nobody linked.

**To add a report:** one row of `COMMANDS`.
"""

# ruff: noqa: S608 - statements made of our own text alone

import json
import os
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bench import Measurement
from bench.big_programme import MONTHS, accounts_of, fill, installation, name_of
from bench.month_world import TABLES
from partner_program.adapters.connections import PREFIX, ConnectionFields
from partner_program.domain.program import Program
from partner_program.usecases.installation import OUT_VARIABLE

PARTNERS = 100_000
SECONDS, MEGABYTES = 10.0, 500.0
FIRST, LAST = MONTHS[0], MONTHS[-1]
COMMANDS: dict[str, tuple[str, ...]] = {
    "leakage": ("leakage", str(LAST)),
    "forecast": ("forecast",),
    "movements": ("movements", str(FIRST), str(LAST)),
    "near": ("near", str(LAST)),
    "signals": ("signals", "list", str(LAST)),
    "accounts suggest": ("accounts", "suggest"),
    "cost": ("cost", str(LAST)),
    "workbook": ("register", str(LAST), "--format", "xlsx"),
}
# The workbook has 4.4 million cells in this world, each with a place and a style: no report has so many figures.
OTHER_LIMITS = {"workbook": (35.0, 900.0)}
ORDERED_ON = "2015-10-12"
# The command, and then the peak memory of its process: ru_maxrss would start at the parent's peak.
COMMAND = """
import re, sys
from pathlib import Path
from partner_program.cli import main
try:
    main()
finally:
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
    print(f"peak {peak} MB", file=sys.stderr)
"""


def measure(partners: int = PARTNERS) -> list[Measurement]:
    """Make the world once and run each command in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = make_world(Path(folder), partners)
        return [each for name in COMMANDS for each in measure_command(name, environment, partners)]


def measure_command(name: str, environment: dict[str, str], partners: int) -> list[Measurement]:
    """Run a command once, for people to read."""
    seconds, megabytes = run(*COMMANDS[name], environment=environment)
    most_seconds, most_megabytes = OTHER_LIMITS.get(name, (SECONDS, MEGABYTES))
    how = f"{partners:,} partners, {len(MONTHS)} months; the whole command"
    return [
        Measurement(f"report {name}", seconds, most_seconds, "s", how),
        Measurement(f"report {name}: memory", megabytes, most_megabytes, "MB", how),
    ]


def run(*command: str, environment: dict[str, str]) -> tuple[float, float]:
    """Run a command once; return its seconds of processor time, with all that it starts, and its MB at the peak."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile() as answer:
        arguments = [sys.executable, "-c", COMMAND, *command]
        done = subprocess.run(arguments, env=environment, stdout=answer, stderr=subprocess.PIPE, text=True)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, f"{command}: {done.stderr}"  # noqa: S101 - the time of what failed says nothing
    peak = re.search(r"peak ([\d.]+) MB", done.stderr)
    assert peak is not None, done.stderr  # noqa: S101 - likewise
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, float(peak[1])


def make_world(folder: Path, partners: int) -> dict[str, str]:
    """Write the databases; return the environment in which `partner-program` finds them."""
    program = folder / "program.db"
    here = installation(ConnectionFields("partner_program", "sqlite", host=str(program)), folder / "out")
    fill(here, partners)
    found = {"partner_program": str(program)}
    with closing(sqlite3.connect(program)) as connection, connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        drop = (f"DROP TRIGGER {name}" for name, _ in guards)
        for statement in (
            *drop,
            *_as_in_the_open(here.program_on_or_first(LAST.last_day)),
            *(sql for _, sql in guards),
        ):
            connection.execute(statement)
        due = dict(connection.execute(_DUE))
    for entity, currency in {"NL": "EUR", "US": "USD"}.items():
        path = folder / f"billing_{entity.lower()}.db"
        found[f"billing_{entity.lower()}"] = str(path)
        with closing(sqlite3.connect(path)) as billing, billing:
            billing.executescript(TABLES)
            own = [n for n, at in accounts_of(partners) if at == entity]
            billing.executemany(_LINE, (line for n in own for line in _lines(entity, currency, n, due)))
            billing.executemany("INSERT INTO program_reseller_account VALUES (?, ?, '', ?)", _listed(entity, own))
    named = {PREFIX + name.upper(): json.dumps({"conn_type": "sqlite", "host": host}) for name, host in found.items()}
    return {**os.environ, **named, OUT_VARIABLE: str(folder / "out"), "GX_ANALYTICS_ENABLED": "false"}


# Of a partner's or an account's number n and the month's place m: what an account counts, in minor units.
_PLACE = "((substr({t}billing_month, 1, 4) - 2015) * 12 + substr({t}billing_month, 6) - 7)"
_BASE = "((20000 + {n} * 7919 % 160 * 3000) * (CASE WHEN {n} % 50 = 0 THEN 10 ELSE 1 END))"
_MINOR = (
    f"(CASE WHEN {{n}} % 97 = {{m}} THEN 0 ELSE {_BASE} + {_BASE} * (({{n}} * 31 + {{m}} * 17) % 21 - 10) / 100 END)"
)
_DUE = f"""
SELECT partner_id, monthly_fee_discount_bp FROM discount_rate WHERE valid_from <= '{ORDERED_ON}' ORDER BY valid_from
"""
_LINE = "INSERT INTO program_mrr_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'posted', ?, ?, ?)"


def _as_in_the_open(program: Program) -> Iterator[str]:
    """Statements after which amounts go up and down, and rates, tiers and discounts follow."""
    place = _PLACE.format(t="")
    minor = _MINOR.format(n="CAST(substr(partner_id, 2) AS INTEGER)", m=place)
    effective = "date(billing_month || '-03', '+1 month')"
    yield f"UPDATE exchange_rate SET units_per_eur = printf('1.%02d', 5 + {place})"
    yield f"UPDATE settlement SET effective_on = {effective}"
    units = f"(CASE currency WHEN 'USD' THEN 105 + {place} ELSE 100 END)"
    yield f"UPDATE assessment_account SET mrr_minor = {minor}"
    yield f"""UPDATE assessment_account SET mrr_eur_cents = (2 * mrr_minor * 100 + {units}) / (2 * {units}),
        units_per_eur = CASE currency WHEN 'USD' THEN printf('1.%02d', 5 + {place}) ELSE '1' END"""
    number = "CAST(substr(account_id, 3) AS INTEGER)"
    amount = _MINOR.format(n=number, m=_PLACE.format(t="s."))
    month = "(SELECT s.billing_month FROM snapshot AS s WHERE s.snapshot_id = snapshot_sum.snapshot_id)"
    amount = amount.replace("s.billing_month", month)
    days = f"CAST(julianday({month} || '-01', '+1 month') - julianday({month} || '-01') AS INTEGER)"
    yield f"UPDATE snapshot_sum SET net_amount_minor = {amount}, minor_days = {amount} * {days}"
    total = """(SELECT sum(a.mrr_eur_cents) FROM assessment_account AS a
        WHERE a.billing_month = assessment.billing_month AND a.revision = assessment.revision
        AND a.partner_id = assessment.partner_id)"""
    yield f"UPDATE assessment SET effective_on = {effective}, rate_valid_from = {effective}, mrr_eur_cents = {total}"
    tiers = list(enumerate(program.tiers, start=1))
    tier = " ".join(f"WHEN mrr_eur_cents >= {each.from_mrr_cents} THEN {n}" for n, each in reversed(tiers))
    yield f"UPDATE assessment SET tier = CASE {tier} ELSE 0 END"
    fee = " ".join(f"WHEN {n} THEN {each.monthly_fee_discount_bp}" for n, each in tiers)
    before = "strftime('%Y-%m', assessment.billing_month || '-01', '-1 month')"
    yield f"""UPDATE assessment SET earned_tier = tier, monthly_fee_discount_bp = CASE tier {fee} ELSE 0 END,
        previous_tier = (SELECT b.tier FROM assessment AS b
        WHERE b.billing_month = {before} AND b.revision = 1 AND b.partner_id = assessment.partner_id)"""
    yield "DELETE FROM discount_rate"
    yield """INSERT INTO discount_rate (partner_id, valid_from, sequence, tier, monthly_fee_discount_bp,
        setup_fee_discount_bp, sla, origin, settlement_id) SELECT partner_id, effective_on, 1, tier,
        monthly_fee_discount_bp, setup_fee_discount_bp, sla, 'settlement', settlement_id FROM assessment
        WHERE previous_tier IS NULL OR previous_tier <> tier"""
    yield "UPDATE partner SET website = 'https://p' || CAST(substr(partner_id, 2) AS INTEGER) || '.example'"
    yield "UPDATE contact SET email = 'b@p' || CAST(substr(partner_id, 2) AS INTEGER) || '.example'"


def _lines(entity: str, currency: str, number: int, due: dict[str, int]) -> Iterator[tuple[object, ...]]:
    """An account's lines: a fee, for some usage, a contract that ends, or the next month's fee in advance."""
    account, month, after = f"{entity}{number}", LAST, LAST.following
    given = due.get(name_of(number), 0) + (0 if number % 20 else 100)
    base = (20_000 + number * 7_919 % 160 * 3_000) * (1 if number % 50 else 10)

    def line(
        name: str, kind: str, start: object, end: object, term: int, minor: int, posted: object
    ) -> tuple[object, ...]:
        what = f"{account}-{name}", account, f"{account}-{name[0]}", "dedicated_server", kind
        return *what, str(start), str(end), term, minor, currency, str(posted), given, ORDERED_ON

    yield line("f0", "recurring", month.preceding.first_day, month.first_day, 1, base, month.preceding.first_day)
    yield line("f1", "recurring", month.first_day, after.first_day, 1, base, month.first_day)
    if number % 3 == 0:
        last = month.last_day
        yield line("f2", "recurring", after.first_day, after.following.first_day, 1, base, last)
    if number % 5 == 0:
        yield line("u1", "usage", month.first_day, after.first_day, 1, base // 10, after.first_day)
        yield line("u0", "usage", month.preceding.first_day, month.first_day, 1, base // 9, month.first_day)
    if number % 10 == 0:
        yield line("c1", "recurring", FIRST.first_day, after.first_day, 12, base * 6, FIRST.first_day)


def _listed(entity: str, numbers: list[int]) -> Iterator[tuple[object, ...]]:
    """The reseller accounts of an entity, one in two hundred beside them that nobody linked."""
    for number in numbers:
        yield f"{entity}{number}", f"Company {number}", f"p{number}.example"
        if number % 200 == 7:
            yield f"{entity}X{number}", f"Company {number} Holding", f"p{number}.example"

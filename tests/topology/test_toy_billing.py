"""The toy billing databases hold what the demo world's files hold, and the programme may only read them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import sleep

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from demo.billing_files import write_billing
from demo.services import Account, Line
from partner_program.adapters.connections import ConnectionFields, sqlalchemy_url
from partner_program.domain.billing_month import BillingMonth
from topology import mariadb_server, postgres_server
from topology.local_places import LOOPBACK, free_ports
from topology.processes import Processes
from topology.toy_billing import fill_toy_billing
from topology.unprivileged import Unprivileged

pytestmark = pytest.mark.server

OWNER, READER = "owner's word", "reader's word"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An entity's file: a service, a usage line without one, a credit, a draft; names in several scripts."""
    path = tmp_path_factory.mktemp("billing") / "uk.db"
    account = Account("UK", "UK300001", "GBP")
    june, july = date(2015, 6, 1), date(2015, 7, 1)
    bought = Line(account, "S-1", "cloud", "recurring", june, july, 1, 930_00, "GBP", june, "posted", 800, june)
    lines = [
        bought,
        replace(bought, service_id=None, charge_kind="usage", discount_bp=None, ordered_on=None),
        replace(bought, charge_kind="credit", net_amount_minor=-(2**40)),
        replace(bought, document_status="draft"),
    ]
    names = ["Ha'penny Hosting & Söhne", 'سحابة ٪ \\ "quoted"', "Übergroß 雲 🏔"]
    resellers = [(f"UK30000{number}", name, "", f"p{number}.example") for number, name in enumerate(names, 1)]
    write_billing(path, lines, resellers, [BillingMonth.parse("2015-06"), BillingMonth.parse("2015-07")])
    return path


def server(folder: Path, conn_type: str) -> Iterator[ConnectionFields]:
    """One server of its own, brought up as `make topology` does it."""
    name, bring_up, environment = {
        "postgres": (
            "billing-postgres",
            postgres_server.bring_up,
            {"POSTGRES_USER": "billing", "POSTGRES_DB": "billing", "POSTGRES_PASSWORD": OWNER},
        ),
        "mysql": (
            "billing-mariadb",
            mariadb_server.bring_up,
            {"MARIADB_DATABASE": "billing", "MARIADB_ROOT_PASSWORD": OWNER},
        ),
    }[conn_type]
    processes, unprivileged, port = Processes(folder / "processes.json"), Unprivileged(), free_ports([name])[name]
    place = {"home": folder, "port": port, "environment": environment}
    try:
        for _ in bring_up(processes, name, unprivileged=unprivileged, **place):
            sleep(0.02)
        yield ConnectionFields("billing", conn_type, LOOPBACK, port, "reader", READER, "billing")
    finally:
        processes.stop()
        unprivileged.forget()


@pytest.fixture(scope="module", params=["postgres", "mysql"])
def billing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectionFields]:
    if request.param == "mysql" and mariadb_server.own_server() is None:
        pytest.skip("no mariadbd on this machine")
    yield from server(tmp_path_factory.mktemp(request.param), request.param)


def shown(connection: ConnectionFields, query: str) -> list[tuple[str, ...]]:
    with create_engine(sqlalchemy_url(connection)).connect() as reader:
        return [tuple(map(str, row)) for row in reader.execute(text(query))]


def test_every_row_of_the_file_is_there_also_when_filled_again(billing, source):
    for _ in range(2):
        fill_toy_billing(billing, source, owner_password=OWNER)
    for query in (
        "SELECT * FROM program_mrr_line ORDER BY line_id",
        "SELECT billing_month, currency, line_count, control_total_minor FROM program_period_close ORDER BY 1, 2",
        "SELECT * FROM program_reseller_account ORDER BY account_id",
    ):
        with closing(sqlite3.connect(source)) as file:
            expected = [tuple(map(str, row)) for row in file.execute(query)]
        assert expected
        assert shown(billing, query) == expected


def test_the_programme_may_read_and_nothing_else(billing, source):
    fill_toy_billing(billing, source, owner_password=OWNER)
    with create_engine(sqlalchemy_url(billing)).connect() as reader, pytest.raises(DBAPIError, match=r"denied"):
        reader.execute(text("DELETE FROM program_mrr_line"))


def test_another_password_opens_nothing(billing, source):
    fill_toy_billing(billing, source, owner_password=OWNER)
    with pytest.raises(DBAPIError):
        create_engine(sqlalchemy_url(replace(billing, password="wrong"))).connect()

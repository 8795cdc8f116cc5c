"""Adds to the demo's two months what a desk has on an ordinary morning, so that each list of *Today* has something.

A line of July that came late proposes a restatement; August is stopped by its brake, for one amount with two digits too
many; a grant's rate waits to be published to the order database of NL; its grace ends soon, as a benefit does, and
another benefit is asked for.
"""

import csv
import sqlite3
from contextlib import closing, suppress
from datetime import date, timedelta
from typing import NamedTuple

from demo.__main__ import OUT, WORLD
from demo.billing_files import close_months
from demo.calendar_months import JULY
from demo.world import billing_database
from partner_program.adapters.connections import EnvironmentConnections
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import BrakeOn
from partner_program.usecases.benefits import Asked, Granted, Said, approve_benefit, request_benefit
from partner_program.usecases.grants import grant_grace
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.month.run import run_month
from partner_program.usecases.publication import owe_rates, publish_owed


class Late(NamedTuple):
    """A line that an entity bills after all: of a month, in cents, posted on a day."""

    line_id: str
    partner_id: str
    month: BillingMonth
    amount_minor: int
    posted_on: str


FOLDER = OUT / "desk"
ORDERS = FOLDER / "orders_nl.db"
AUGUST = JULY.following
_ENTITY = "NL"
_MADE = FOLDER / "made"
_LATE = Late("NL-LATE-1", "P012", JULY, 4_000_00, "2015-08-18")
_MISTYPED = Late("NL-TYPED-1", "P014", AUGUST, 995_000_00, "2015-09-01")
_ORDERS_TABLE = """
CREATE TABLE IF NOT EXISTS program_discount_rate (
    account_id TEXT NOT NULL, valid_from DATE NOT NULL, tier INTEGER NOT NULL, monthly_fee_discount_bp INTEGER NOT NULL,
    setup_fee_discount_bp INTEGER NOT NULL, sla TEXT, revision INTEGER NOT NULL, published_at DATE NOT NULL,
    PRIMARY KEY (account_id, valid_from, revision))
"""
_ADD_LINE = """
INSERT OR IGNORE INTO program_mrr_line
VALUES (?, ?, NULL, 'dedicated_server', 'recurring', ?, ?, 1, ?, 'EUR', 'posted', ?, NULL, NULL)
"""


def leave_things_to_do() -> bool:
    """Add them once to a world of `make demo`; False where they are there. Begun and interrupted, it goes on."""
    if _MADE.exists():
        return False
    FOLDER.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(ORDERS)) as orders, orders:
        orders.execute(_ORDERS_TABLE)
    here = Installation.here(EnvironmentConnections())
    with here.database.writing() as connection:
        owe_rates(connection, today=here.today())
    publish_owed(here, published_on=here.today())
    _bill(_LATE, closed_on="2015-08-19")
    run_month(here, MonthRequest(JULY, date(2015, 8, 20), started_by="pat"))
    _bill(_MISTYPED, closed_on="2015-09-02")
    with suppress(BrakeOn):
        run_month(here, MonthRequest(AUGUST, date(2015, 9, 7), date(2015, 9, 7), started_by="pat"))
    _ask(here)
    _MADE.touch()
    return True


def _bill(line: Late, *, closed_on: str) -> None:
    """Add a line of a month to the first account of a partner, and close that month again."""
    days = line.month.first_day, line.month.following.first_day
    account = next(
        row["account_id"]
        for row in csv.DictReader((WORLD / "registry" / "account_links.csv").open(encoding="utf-8"))
        if (row["partner_id"], row["entity"]) == (line.partner_id, _ENTITY)
    )
    database = billing_database(WORLD, _ENTITY)
    with closing(sqlite3.connect(database)) as billing, billing:
        billing.execute(_ADD_LINE, (line.line_id, account, *map(str, days), line.amount_minor, line.posted_on))
    close_months(database, [line.month], closed_on=closed_on)


def _ask(here: Installation) -> None:
    """A partner has grace until soon, with a rate to publish; two ask for servers to try, and one has them already."""
    today = here.today()
    grant_grace(
        here,
        "P042",
        tier=2,
        starts_on=today,
        ends_on=today + timedelta(25),
        granted_by="Bram Oosterhuis",
        reason="a rack moves in",
        today=today,
    )
    soon = Asked("P014", "seeding_options", today, today + timedelta(20), 1)
    asked = request_benefit(here, soon, Said("Bram Oosterhuis", "a server for its fair", today)).request
    approve_benefit(here, asked.request_id, Granted(), Said("Jörg Weißenfels", "it sells servers", today))
    request_benefit(
        here,
        Asked("P009", "seeding_options", today, today + timedelta(90), 2),
        Said("Dwayne Pickett", "two servers to try", today),
    )

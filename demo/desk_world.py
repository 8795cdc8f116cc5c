"""Adds to the demo's two months what a desk has on an ordinary morning, so that each list of *Today* has something.

July is ready to be signed: the lines that were at fault are corrected, the entity that was late has closed, and every
letter is written. Two letters of June were asked for again: one waits to be sent, and of the other nobody knows whether
it arrived. August is in force, and its letters wait for somebody who approves them; a line that came late proposes a
restatement; some partners are held, and the run that would release them is stopped by the brake, for an amount with two
digits too many. A grant's rate waits to be published to the order database of NL; its grace ends soon, as a benefit
does, and another benefit is asked for.
"""

import csv
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date, timedelta
from time import sleep, time
from typing import NamedTuple

from sqlalchemy import select, update

from demo.__main__ import OUT, WORLD, Quiet
from demo.billing_files import close_months
from demo.calendar_months import JULY, JUNE
from demo.entities import CURRENCY, LATE_ENTITY
from demo.hanging_up import LOOPBACK, hanging_up
from demo.world import billing_database
from partner_program.adapters.connections import EnvironmentConnections
from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import BrakeOn
from partner_program.usecases.benefits import Asked, Granted, Said, approve_benefit, request_benefit
from partner_program.usecases.grants import grant_grace
from partner_program.usecases.handover import Clock
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.approval import approve_letters
from partner_program.usecases.letters.rendering_processes import render_month
from partner_program.usecases.letters.resolution import resolve_letters
from partner_program.usecases.letters.sending import send_letters
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.month.run import run_month
from partner_program.usecases.publication import owe_rates, publish_owed


class Late(NamedTuple):
    """A line that an entity bills after all: of a month, in cents, posted on a day."""

    entity: str
    line_id: str
    partner_id: str
    month: BillingMonth
    amount_minor: int
    posted_on: str


FOLDER = OUT / "desk"
ORDERS = FOLDER / "orders_nl.db"
AUGUST = JULY.following
_ENTITY = "NL"  # whose orders have a database
_MADE = FOLDER / "made"
_LATE = Late("NL", "NL-LATE-1", "P012", AUGUST, 4_000_00, "2015-09-08")
_MISTYPED = Late(LATE_ENTITY, "SG-TYPED-1", "P040", AUGUST, 995_000_00, "2015-09-10")
_SENT_AGAIN = ("P012", "P014")  # by the first nobody knows whether it arrived, the other waits to be sent
_CLOCK = Clock(time, sleep)
# What `demo/special_lines.py` has at fault, as the entities post it once somebody told them.
_CORRECTIONS = {
    "NL": "UPDATE program_mrr_line SET charge_kind = 'recurring' WHERE charge_kind = 'subscription'",
    "DE": "UPDATE program_mrr_line SET net_amount_minor = 125000 WHERE net_amount_minor = '1.250,00'",
}
_ORDERS_TABLE = """
CREATE TABLE IF NOT EXISTS program_discount_rate (
    account_id TEXT NOT NULL, valid_from DATE NOT NULL, tier INTEGER NOT NULL, monthly_fee_discount_bp INTEGER NOT NULL,
    setup_fee_discount_bp INTEGER NOT NULL, sla TEXT, revision INTEGER NOT NULL, published_at DATE NOT NULL,
    PRIMARY KEY (account_id, valid_from, revision))
"""
_ADD_LINE = """
INSERT OR IGNORE INTO program_mrr_line
VALUES (?, ?, NULL, 'dedicated_server', 'recurring', ?, ?, 1, ?, ?, 'posted', ?, NULL, NULL)
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
    _finish_july(here)
    _send_june_again(here)
    _stop_august(here)
    _ask(here)
    _forget_runs()
    _MADE.touch()
    return True


def _forget_runs() -> None:
    """Take away the demo's runs of letters, which nothing ever began, and let every DAG run what people ask for.

    Their letters are sent by now: where a scheduler is, they would begin.
    """
    with Quiet():
        from airflow.models import DagModel, DagRun
        from airflow.utils.session import create_session

        with create_session() as session:
            for run in session.scalars(select(DagRun).where(DagRun.state == "queued")):
                session.delete(run)
            session.execute(update(DagModel).values(is_paused=False))


def _finish_july(here: Installation) -> None:
    """July is run again once its faults are corrected: nobody is held, each letter is written, each rate published."""
    for entity, correction in _CORRECTIONS.items():
        database = billing_database(WORLD, entity)
        with closing(sqlite3.connect(database)) as billing, billing:
            billing.execute(correction)
    for entity in (LATE_ENTITY, *_CORRECTIONS):
        close_months(billing_database(WORLD, entity), [JULY], closed_on="2015-08-19")
    run_month(here, MonthRequest(JULY, date(2015, 8, 20), date(2015, 8, 20), started_by="pat"))
    publish_owed(here, published_on=date(2015, 8, 20))
    render_month(here, JULY)
    approve_letters(here, JULY, approved_by="robin", reason="looked at the book", clock=time)
    send_letters(here, JULY, clock=_CLOCK, sent_by="robin")


def _send_june_again(here: Installation) -> None:
    """Two letters of June are sent again; the mail server goes away with the first."""
    again = Doer("robin", "the partner cannot find it", int(time()))
    resolve_letters(here, JUNE, "resend", again, partners=_SENT_AGAIN, written_to_files=True)
    approve_letters(here, JUNE, approved_by="robin", reason="the same letter again", clock=time)
    with hanging_up() as port, _mail_server(port):
        send_letters(here, JUNE, clock=_CLOCK, sent_by="robin", partners=_SENT_AGAIN[:1], limit=1)


def _stop_august(here: Installation) -> None:
    """August is in force; a late line proposes another result, and the brake stops what an entity closed late."""
    _run_august(here, date(2015, 9, 7))
    publish_owed(here, published_on=date(2015, 9, 7))
    render_month(here, AUGUST)
    _bill(_LATE, closed_on="2015-09-09")
    _run_august(here, date(2015, 9, 9))
    _bill(_MISTYPED, closed_on="2015-09-11")
    with suppress(BrakeOn):
        _run_august(here, date(2015, 9, 11))


def _run_august(here: Installation, on: date) -> None:
    run_month(here, MonthRequest(AUGUST, on, on, started_by="pat"))


@contextmanager
def _mail_server(port: int) -> Iterator[None]:
    """Send live to a port of this machine while the block runs."""
    extra = {"live": True, "allowed_domains": ["*"], "security": "none"}
    fields = {"conn_type": "smtp", "host": LOOPBACK, "port": port, "extra": extra}
    os.environ["AIRFLOW_CONN_LETTERS_SMTP"] = json.dumps(fields)
    try:
        yield
    finally:
        del os.environ["AIRFLOW_CONN_LETTERS_SMTP"]


def _bill(line: Late, *, closed_on: str) -> None:
    """Add a line of a month to the first account of a partner, and close that month again."""
    days = line.month.first_day, line.month.following.first_day
    account = next(
        row["account_id"]
        for row in csv.DictReader((WORLD / "registry" / "account_links.csv").open(encoding="utf-8"))
        if (row["partner_id"], row["entity"]) == (line.partner_id, line.entity)
    )
    database = billing_database(WORLD, line.entity)
    with closing(sqlite3.connect(database)) as billing, billing:
        billing.execute(
            _ADD_LINE,
            (line.line_id, account, *map(str, days), line.amount_minor, CURRENCY[line.entity], line.posted_on),
        )
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

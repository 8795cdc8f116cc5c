"""Tiny worlds for tests: registry files, SQLite billing databases and an installation over them, all of them real.

    world = World(tmp_path)                       # entities NL (EUR) and US (USD), nothing else
    world.partner("P1", {"NL": "A1"})             # authorised, with a billing contact and account A1 at NL
    world.bill("A1", "2015-06", 2_500_00)         # one monthly fee at NL
    world.ready("2015-06")                        # every entity closes the month, init, load
    world.run("2015-06", on="2015-07-27")         # all stages of a month, letters and the months' page
    world.result("2015-06", "P1")["tier"]         # -> 2

The registry is `world.tables`, a list of rows by file name; change rows, then `world.load()`. `world.environment()`
names the same installation for another process.
"""

import copy
import csv
import hashlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import asdict
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from partner_program.adapters.connections import PREFIX, ConnectionFields
from partner_program.adapters.database.database import ProgramDatabase
from partner_program.adapters.database.register import read_register
from partner_program.adapters.files.program import load_programs
from partner_program.adapters.reports.register import register_json
from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import Program
from partner_program.domain.registry import Removals
from partner_program.usecases.installation import OUT_VARIABLE, PROJECT, Installation
from partner_program.usecases.letters.rendering import letter_batches, render_letters
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.month.run import MonthRun, run_month
from partner_program.usecases.months_page import make_months_page
from partner_program.usecases.registry import load_registry_folder
from tests.memory import made_once

CURRENCIES = {"NL": "EUR", "US": "USD", "DE": "EUR", "UK": "GBP"}
COLUMNS = {
    "entities": "entity legal_name country currency time_zone joined_on left_on source",
    "account_managers": "account_manager_id name email phone",
    "partners": "partner_id company_name status language country website phone address vat_id account_manager_id "
    "authorized_on",
    "contacts": "partner_id name email role",
    "account_links": "partner_id entity account_id valid_from valid_to",
    "legacy_agreements": "partner_id monthly_fee_discount_bp setup_fee_discount_bp sla source valid_from valid_to "
    "benefits",
    "grace_grants": "grant_id partner_id tier starts_on ends_on granted_by reason",
    "benefit_requests": "partner_id benefit status decided_by valid_from valid_to request_id quantity purpose reason "
    "requested_on decided_on",
    "exchange_rates": "billing_month currency units_per_eur source",
    "qualifications": "partner_id key value source valid_from valid_to",
}
OPTIONAL = ("qualifications",)  # a file that is written where it has a row, or had one
BILLING_TABLES = """
CREATE TABLE program_mrr_line(line_id TEXT PRIMARY KEY, account_id TEXT, service_id TEXT, product TEXT,
  charge_kind TEXT, service_start TEXT, service_end TEXT, term_months INTEGER, net_amount_minor INTEGER,
  currency TEXT, document_status TEXT, posted_on TEXT, discount_bp INTEGER, ordered_on TEXT);
CREATE TABLE program_period_close(billing_month TEXT, currency TEXT, line_count INTEGER,
  control_total_minor INTEGER, closed_at TEXT);
CREATE TABLE program_reseller_account(account_id TEXT, company_name TEXT, vat_id TEXT, email_domain TEXT);
"""
ORDERS_TABLE = """
CREATE TABLE program_discount_rate(account_id TEXT, valid_from TEXT, tier INTEGER, monthly_fee_discount_bp INTEGER,
  setup_fee_discount_bp INTEGER, sla TEXT, revision INTEGER, published_at TEXT,
  PRIMARY KEY (account_id, valid_from, revision));
"""

# The seventh value of an event's row.
_SECOND_OF_EVENT = re.compile(r"""^(INSERT INTO "event" VALUES\((?:(?:'(?:[^']|'')*'|NULL|\d+),){6})\d+""")


@cache
def _migrated() -> Path:
    """A programme's database of the newest version without a row, made once a process: `init` has tests of its own."""
    path = made_once() / "program.db"
    ProgramDatabase(ConnectionFields("partner_program", "sqlite", host=str(path))).upgrade()
    return path


@cache
def _programs(include: Path) -> list[Program]:
    """The dated programme files, read once a process: they are the same for every world."""
    return load_programs(include / "program")


def share_compiled_statements(database: ProgramDatabase) -> None:
    """Let a database of SQLite use the statements that other ones of this process have compiled: a quarter of a month.

    SQLAlchemy keeps them by dialect object, of which each engine has its own.
    """
    database.engine.dialect = _compiled().dialect
    database.engine._compiled_cache = _compiled()._compiled_cache


@cache
def _compiled() -> Engine:
    """An engine that has connected once: only then its dialect knows its database."""
    engine = ProgramDatabase(ConnectionFields("partner_program", "sqlite", host=str(_migrated()))).engine
    engine.connect().close()
    return engine


def run_installed(here: Installation, request: MonthRequest) -> Any:
    """Run a month with its letters and the months' page; return the run's outcome."""
    outcome = run_month(here, request)
    for batch in letter_batches(here, request.month):
        render_letters(here, request.month, batch, request.program_file)
    make_months_page(here)
    return outcome


def settle_installed(here: Installation, request: MonthRequest) -> Any:
    """Run a month's stages but for the quality checks; return the run's outcome."""
    run = MonthRun(here, request)
    for entity in run.begin():
        run.pull_mrr(entity)
    run.merge_totals()
    run.assign_tiers()
    run.settle_grace_periods()
    return run.write_discount_rates()


def _host_name(partner_id: str) -> str:
    """A partner's id as a domain may be called; ids with nothing that a domain may have share one."""
    return "".join(letter for letter in partner_id.lower() if letter.isalnum() or letter == "-").strip("-") or "partner"


class NamedConnections(dict[str, ConnectionFields]):
    """Connections by name: a dictionary has every method that the programme calls on its connections."""

    def add_sqlite(self, conn_id: str, path: Path) -> None:
        """Name a SQLite file."""
        self[conn_id] = ConnectionFields(conn_id, "sqlite", host=str(path))


class World:
    """A small company in one folder; its registry reaches the programme's database only by `ready` or `load`."""

    programme_currency = "EUR"

    def __init__(self, folder: Path, entities: Iterable[str] = ("NL", "US")) -> None:
        """Make empty billing databases for the entities, and connections to them."""
        self.folder = folder
        self.tables: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
        self.connections = NamedConnections()
        self.connections.add_sqlite("partner_program", self.program_db)
        self._own_database = self.connections["partner_program"]
        self._lines = 0
        self._add("account_managers", account_manager_id="M1", name="Pat", email="pat@host.example", phone="+31 20 1")
        for entity in entities:
            self._entity(entity)
        self._when_new = (copy.deepcopy(self.tables), dict(self.connections), self._lines)

    def become(self, make: Callable[["World"], object]) -> None:
        """Let `make` fill this world. It does so once in this process; another world that is as new gets copies."""
        if not self._is_new():
            make(self)
            return
        entities = tuple(row["entity"] for row in self.tables["entities"])
        made = _MADE.get((make, entities))
        if made is None:
            folder = made_once() / f"world_{len(_MADE)}"
            folder.mkdir()
            made = _MADE[make, entities] = World(folder, entities)
            make(made)
        shutil.copytree(made.folder, self.folder, dirs_exist_ok=True)
        self.tables = copy.deepcopy(made.tables)
        self._lines = made._lines

    def _is_new(self) -> bool:
        now = (self.tables, self.connections, self._lines)
        return now == self._when_new and not self.program_db.exists()

    @property
    def program_db(self) -> Path:
        """The programme's own database."""
        return self.folder / "program.db"

    @property
    def installation(self) -> Installation:
        """The installation, opened again at each call; only the project's own files are cached between calls."""
        here = Installation(self.connections, PROJECT / "include", self.folder / "out")
        here.__dict__["programs"] = _programs(here.include)  # where its cached property keeps them
        if self.connections.get("partner_program") == self._own_database:
            share_compiled_statements(here.database)
        return here

    def billing_db(self, entity: str) -> Path:
        """An entity's billing database."""
        return self.folder / f"billing_{entity.lower()}.db"

    def environment(self) -> dict[str, str]:
        """The environment variables with which another process finds this installation."""
        fields = {
            PREFIX + name.upper(): json.dumps({key: value for key, value in asdict(each).items() if key != "conn_id"})
            for name, each in self.connections.items()
        }
        return {**os.environ, **fields, OUT_VARIABLE: str(self.folder / "out"), "GX_ANALYTICS_ENABLED": "false"}

    def partner(self, partner_id: str, accounts: dict[str, str] | None = None, **values: Any) -> None:
        """Add a partner with one account at each entity named; it is authorised unless `values` say otherwise."""
        self._add(
            "partners",
            **{
                "partner_id": partner_id,
                "company_name": f"Company {partner_id}",
                "status": "authorized",
                "language": "en",
                "country": "NL",
                "account_manager_id": "M1",
                "authorized_on": "2014-01-01",
                **values,
            },
        )
        self._add(
            "contacts", partner_id=partner_id, name="Jo", email=f"jo@{_host_name(partner_id)}.example", role="billing"
        )
        for entity, account_id in (accounts or {}).items():
            self.link(partner_id, entity, account_id)

    def link(self, partner_id: str, entity: str, account_id: str, since: str = "2012-01-01", until: str = "") -> None:
        """Link an account to a partner, `until` exclusive; its entity lists it as a reseller account."""
        if entity in CURRENCIES and f"billing_{entity.lower()}" in self.connections:
            self.execute(entity, "INSERT INTO program_reseller_account VALUES (?, '', '', '')", (account_id,))
        self._add(
            "account_links",
            partner_id=partner_id,
            entity=entity,
            account_id=account_id,
            valid_from=since,
            valid_to=until,
        )

    def grant(self, grant_id: str, partner_id: str, tier: int, starts_on: str, ends_on: str) -> None:
        """Add a grace grant to the files."""
        self._add(
            "grace_grants",
            grant_id=grant_id,
            partner_id=partner_id,
            tier=tier,
            starts_on=starts_on,
            ends_on=ends_on,
            granted_by="pat",
            reason="growth plan",
        )

    def legacy(self, partner_id: str, monthly_bp: int, setup_bp: int = 0, sla: str = "", until: str = "") -> None:
        """Add a legacy agreement in force since 2012."""
        self._add(
            "legacy_agreements",
            partner_id=partner_id,
            monthly_fee_discount_bp=monthly_bp,
            setup_fee_discount_bp=setup_bp,
            sla=sla,
            source="contract of 2012",
            valid_from="2012-01-01",
            valid_to=until,
        )

    def qualified(self, partner_id: str, value: int, since: str = "2014-01-01", until: str = "") -> None:
        """Put certified staff of a partner on record."""
        self._add(
            "qualifications",
            partner_id=partner_id,
            key="certified_staff",
            value=value,
            source="academy",
            valid_from=since,
            valid_to=until,
        )

    def rate(self, month: str, currency: str, units_per_eur: str) -> None:
        """Add an exchange rate of a month."""
        self._add(
            "exchange_rates", billing_month=month, currency=currency, units_per_eur=units_per_eur, source="a test"
        )

    def bill(
        self, account_id: str, month: str, minor: Any, *, entity: str = "NL", months: int = 1, **values: Any
    ) -> None:
        """Bill a monthly fee in minor units, `months` times from `month` on; `values` change columns of the lines."""
        at = BillingMonth.parse(month)
        for _ in range(months):
            self._lines += 1
            line = {
                "line_id": f"L{self._lines}",
                "account_id": account_id,
                "product": "dedicated_server",
                "charge_kind": "recurring",
                "service_start": str(at.first_day),
                "service_end": str(at.following.first_day),
                "term_months": 1,
                "net_amount_minor": minor,
                "currency": CURRENCIES[entity],
                "document_status": "posted",
                "posted_on": str(at.first_day),
                **values,
            }
            self.execute(entity, _insert("program_mrr_line", line), line)
            at = at.following

    def execute(self, entity: str, sql: str, values: Any = ()) -> None:
        """Change an entity's billing database."""
        with closing(sqlite3.connect(self.billing_db(entity))) as connection, connection:
            connection.execute(sql, values)

    def close(self, month: str, *entities: str) -> None:
        """Close a month with the entity's present lines, at the entities named, or at all."""
        at = BillingMonth.parse(month)
        for entity in entities or [row["entity"] for row in self.tables["entities"]]:
            period = {"month": month, "first": str(at.first_day), "next": str(at.following.first_day)}
            self.execute(entity, "DELETE FROM program_period_close WHERE billing_month = :month", period)
            self.execute(
                entity,
                "INSERT INTO program_period_close SELECT :month, currency, count(*), sum(net_amount_minor), :next"
                " FROM program_mrr_line WHERE document_status = 'posted' AND service_start < :next"
                " AND service_end > :first GROUP BY currency"
                " UNION ALL SELECT :month, :own, 0, 0, :next WHERE NOT EXISTS (SELECT 1 FROM program_mrr_line"
                " WHERE document_status = 'posted' AND service_start < :next AND service_end > :first)",
                {**period, "own": CURRENCIES[entity]},
            )

    def reopen(self, month: str, entity: str) -> None:
        """Delete an entity's close of a month."""
        self.execute(entity, "DELETE FROM program_period_close WHERE billing_month = ?", (month,))

    def orders(self, entity: str) -> Path:
        """Give an entity an order database, empty, and a connection to it."""
        path = self.folder / f"orders_{entity.lower()}.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(ORDERS_TABLE)
        self.connections.add_sqlite(f"orders_{entity.lower()}", path)
        return path

    def write_registry(self) -> Path:
        """Write the registry's files."""
        folder = self.folder / "registry"
        folder.mkdir(exist_ok=True)
        for name, columns in COLUMNS.items():
            if name in OPTIONAL and not (self.tables[name] or (folder / f"{name}.csv").exists()):
                continue
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                added = ["product"] if any("product" in row for row in self.tables[name]) else []
                writer = csv.DictWriter(file, [*columns.split(), *added], restval="")
                writer.writeheader()
                writer.writerows(self.tables[name])
        return folder

    def load(self, *mistakes: str) -> int:
        """Load the registry, from which only `mistakes` may vanish, as `FILE:KEY`; return how many rows changed."""
        removals = Removals(mistakes, Doer("pat", "a mistake", 1_438_000_000)) if mistakes else None
        return load_registry_folder(self.installation, self.write_registry(), removals)[1]

    def ready(self, *months: str) -> None:
        """Close these months everywhere, create the programme's database, load the registry."""
        for month in months:
            self.close(month)
        self.make_database()
        self.load()

    def make_database(self) -> None:
        """Make the programme's database."""
        if self.connections["partner_program"].host == str(self.program_db) and not self.program_db.exists():
            shutil.copy(_migrated(), self.program_db)
        self.installation.database.upgrade()

    def request(self, month: str, *, on: str | None = None, today: str | None = None, **asked: Any) -> MonthRequest:
        """An request for a month; today is the effective day, or the 20th of the following month."""
        at = BillingMonth.parse(month)
        day = date.fromisoformat(on) if on else None
        fixed = date.fromisoformat(today) if today else day or at.following.first_day + timedelta(days=19)
        return MonthRequest(at, fixed, day, **asked)

    def run(self, month: str, *, on: str | None = None, today: str | None = None, **asked: Any) -> Any:
        """Run a month as the command line does: all stages, letters, the months' page."""
        return run_installed(self.installation, self.request(month, on=on, today=today, **asked))

    def settle(self, month: str, *, on: str | None = None, today: str | None = None, **asked: Any) -> Any:
        """Run a month up to the commit without the quality checks, which take a second for each entity."""
        return settle_installed(self.installation, self.request(month, on=on, today=today, **asked))

    def register(self, month: str) -> dict[str, Any]:
        """A month's register."""
        with self.installation.database.reading() as connection:
            return json.loads(register_json(read_register(connection, BillingMonth.parse(month))))

    def result(self, month: str, partner_id: str) -> dict[str, Any]:
        """One partner's row of a month's register."""
        return next(row for row in self.register(month)["partners"] if row["partner_id"] == partner_id)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the programme's database."""
        with closing(sqlite3.connect(self.program_db)) as connection:
            return connection.execute(sql, values).fetchall()

    def fingerprint(self) -> str:
        """The sha256 of the programme's database file."""
        return hashlib.sha256(self.program_db.read_bytes()).hexdigest()

    def dump(self) -> list[str]:
        """The whole programme's database as statements.

        Left out are who held the months and how often they wrote, and the second in which each event was written.
        """
        held = ('INSERT INTO "month_lease"', 'INSERT INTO "step_token"')
        with closing(sqlite3.connect(self.program_db)) as connection:
            kept = [statement for statement in connection.iterdump() if not statement.startswith(held)]
        return [_SECOND_OF_EVENT.sub(r"\1 0", statement) for statement in kept]

    def written(self) -> dict[str, bytes]:
        """Every file below the output folder that people read, by its path."""
        out = self.folder / "out"
        files = (path for path in sorted(out.rglob("*")) if path.is_file())
        return {str(path.relative_to(out)): path.read_bytes() for path in files if ".checks" not in path.parts}

    def _entity(self, entity: str) -> None:
        self._add(
            "entities",
            entity=entity,
            legal_name=f"Host {entity}",
            country="GB" if entity == "UK" else entity,
            currency=CURRENCIES[entity],
            time_zone="Europe/Amsterdam",
            joined_on="2010-01-01",
        )
        with closing(sqlite3.connect(self.billing_db(entity))) as connection:
            connection.executescript(BILLING_TABLES)
        self.connections.add_sqlite(f"billing_{entity.lower()}", self.billing_db(entity))

    def _add(self, table: str, **row: Any) -> None:
        self.tables[table].append(row)


_MADE: dict[tuple[Callable[[World], object], tuple[str, ...]], World] = {}


def _insert(table: str, row: dict[str, Any]) -> str:
    names = ", ".join(row)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in row)})"  # noqa: S608 - own names

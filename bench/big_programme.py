"""Makes a programme's database of any size: partners with their accounts, and twelve months that were settled.

The first month's rows are written from Python, and the database copies them for the other months. Nothing was pulled
or decided: the rows only have the shape and the number that a programme of that size has. Each month one partner in a
hundred rises and one falls, one is held, half of those for a reason of its own; letters of the last month are in every
state.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, case, insert, literal, select, text

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.adapters.database.settlement_counts import keep_counts
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.revenue import WHOLE_TERM
from partner_program.usecases.installation import PROJECT, Installation

MONTHS = [BillingMonth(2015, month) for month in range(7, 13)] + [BillingMonth(2016, month) for month in range(1, 7)]
EFFECTIVE_ON = date(2015, 8, 3)
ENTITIES = {"NL": "EUR", "US": "USD"}
SECOND_ACCOUNT = 5  # two of so many partners have an account at US too
HELD = 100  # one of so many partners is held
MANAGERS, LANGUAGES = 40, ("en", "nl", "de")
# The last two digits of the partners whose letter of the last month is in a state.
LETTER_STATES = {
    "rendered": ("20", "21", "22", "23"),
    "approved": ("30", "31"),
    "refused": ("40",),
    "ambiguous": ("50",),
    "undeliverable": ("60",),
}
UNPUBLISHED = 200  # of so many accounts, one has a rate that is not published


class NamedConnections(dict[str, ConnectionFields]):
    """Connections by name."""


def installation(fields: ConnectionFields, out: Path) -> Installation:
    """An installation whose programme database is at `fields`."""
    return Installation(NamedConnections(partner_program=fields), PROJECT / "include", out)


def name_of(number: int) -> str:
    """A partner's id."""
    return f"P{number:07d}"


def fill(here: Installation, partners: int) -> None:
    """Make the database of an installation with so many partners, all twelve months settled."""
    here.database.upgrade()
    with here.database.writing() as connection:
        write_registry(connection, partners)
        _first_month(connection, here, partners)
        for number, month in enumerate(MONTHS[1:], start=2):
            _copy_month(connection, number, month)
        for number in range(1, len(MONTHS) + 1):
            keep_counts(connection, number)
    if here.database.engine.dialect.name == "postgresql":  # its autovacuum would do so in a minute; SQLite has none
        with here.database.engine.connect() as connection:
            connection.execute(text("ANALYZE"))
            connection.commit()


def accounts_of(partners: int) -> list[tuple[int, str]]:
    """Every account: the number of its partner, and its entity."""
    return [(n, entity) for n in range(partners) for entity in ENTITIES if entity == "NL" or n % SECOND_ACCOUNT < 2]


def write_registry(connection: Connection, partners: int) -> None:
    """Write two entities, and so many partners with a contact and an account or two each."""
    managers = (
        {"account_manager_id": f"M{n}", "name": f"Manager {n}", "email": f"m{n}@host.example", "phone": ""}
        for n in range(1, MANAGERS + 1)
    )
    entities: list[dict[str, Any]] = [
        {"entity": code, "legal_name": f"Host {code}", "country": code, "currency": currency}
        | {"time_zone": "Europe/Amsterdam", "joined_on": date(2010, 1, 1), "left_on": None, "source": None}
        for code, currency in ENTITIES.items()
    ]
    rates = [
        {"billing_month": str(month), "currency": "USD", "units_per_eur": "1.1", "source": "made up"}
        for month in MONTHS
    ]
    links = (
        {"entity": entity, "account_id": f"{entity}{n}", "partner_id": name_of(n)}
        | {"valid_from": date(2010, 1, 1), "valid_to": None}
        for n, entity in accounts_of(partners)
    )
    contacts = (
        {"partner_id": name_of(n), "email": f"b{n}@p.example", "role": "billing", "name": f"B {n}"}
        for n in range(partners)
    )
    append_rows(connection, schema.account_manager, managers)
    append_rows(connection, schema.entity, entities)
    append_rows(connection, schema.exchange_rate, rates)
    append_rows(connection, schema.partner, (_partner(n) for n in range(partners)))
    append_rows(connection, schema.contact, contacts)
    append_rows(connection, schema.account_link, links)


def _partner(number: int) -> dict[str, Any]:
    own = {"partner_id": name_of(number), "company_name": f"Company {number}", "status": "authorized"}
    own["language"] = LANGUAGES[number % len(LANGUAGES)]
    address = {"country": "NL", "website": "https://p.example", "phone": "", "address": "", "vat_id": ""}
    return own | address | {"account_manager_id": f"M{number % MANAGERS + 1}", "authorized_on": date(2014, 1, 1)}


def _first_month(connection: Connection, here: Installation, partners: int) -> None:
    key = {"billing_month": str(MONTHS[0]), "revision": 1}
    decided = [n for n in range(partners) if n % HELD]
    _heads(connection, here, MONTHS[0], 1)
    own = key | {"settlement_id": 1, "effective_on": EFFECTIVE_ON}
    terms = {"tier": 2, "monthly_fee_discount_bp": 800, "setup_fee_discount_bp": 1500, "sla": "Gold"}
    tiers = {"earned_tier": 2, "granted_tier": None, "previous_tier": None, "lifted_by": None}
    assessed = own | tiers | terms | {"rate_valid_from": EFFECTIVE_ON}
    account = key | {"units_per_eur": "1", "mrr_minor": 300_000, "mrr_eur_cents": 300_000}
    accounts = [(n, entity) for n, entity in accounts_of(partners) if n % HELD]
    letter = key | {"settlement_id": 1, "kind": "tier_raised", "status": "rendered", "template_version": "v1"}
    rate = {"valid_from": EFFECTIVE_ON, "sequence": 1, "origin": "settlement", "settlement_id": 1, "grant_id": None}
    owed = {"valid_from": EFFECTIVE_ON, "revision": 1, "published_on": EFFECTIVE_ON}
    sent = {"status": "accepted", "resend_number": 0, "attempts": 1, "dated": 1438560000, "reply": "250 ok"}
    tables: Mapping[Table, Iterable[dict[str, Any]]] = {
        schema.snapshot_sum: (_group(n, entity) for n, entity in accounts_of(partners)),
        schema.assessment: (assessed | {"partner_id": name_of(n), "mrr_eur_cents": _counted(n)} for n in decided),
        schema.assessment_account: (
            account
            | {"partner_id": name_of(n), "entity": entity, "account_id": f"{entity}{n}", "currency": ENTITIES[entity]}
            for n, entity in accounts
        ),
        schema.held_partner: (
            {"settlement_id": 1, "partner_id": name_of(n), "entities": '["NL"]', "reason": _reason(n)}
            for n in range(0, partners, HELD)
        ),
        schema.discount_rate: (rate | terms | {"partner_id": name_of(n)} for n in decided),
        schema.publication: (
            owed
            | terms
            | {"entity": entity, "account_id": f"{entity}{n}"}
            | ({"published_on": None} if n % UNPUBLISHED == 1 else {})
            for n, entity in accounts
        ),
        schema.letter: (letter | {"partner_id": name_of(n), "content_hash": f"{n:064d}"} for n in decided),
        schema.delivery: (
            key | sent | {"partner_id": name_of(n), "recipient": f"b{n}@p.example", "recipient_name": f"B {n}"}
            for n in decided
        ),
    }
    for table, rows in tables.items():
        append_rows(connection, table, rows)


def _counted(number: int) -> int:
    """EUR cents; many different ones, as in the open."""
    return (600_000 if number % SECOND_ACCOUNT < 2 else 300_000) + number * 7_919 % 200_000


def _reason(number: int) -> str:
    if number // HELD % 2:
        return f"line NL-L{number}: net_amount_minor is missing, expected a whole number"
    return "entity NL: not closed"


def _group(number: int, entity: str) -> dict[str, Any]:
    own = {"snapshot_id": list(ENTITIES).index(entity) + 1, "account_id": f"{entity}{number}"}
    kind = {"currency": ENTITIES[entity], "charge_kind": "recurring", "document_status": "posted"}
    what = {"term_months": 1, "way": WHOLE_TERM, "period_days": 0}
    return own | kind | what | {"lines": 3, "net_amount_minor": 300_000, "minor_days": 300_000 * 31}


def _heads(connection: Connection, here: Installation, month: BillingMonth, settlement_id: int) -> None:
    program = here.program_on(EFFECTIVE_ON)
    settlement = {"settlement_id": settlement_id, "billing_month": str(month), "revision": 1, "status": "in_force"}
    settlement |= {"migration": 0, "effective_on": EFFECTIVE_ON, "program_file": program.file_name}
    settlement |= {"program_hash": program.file_hash, "inputs_hash": "0" * 64, "decision_hash": "0" * 64}
    connection.execute(insert(schema.settlement).values(settlement))
    for position, entity in enumerate(ENTITIES, start=1):
        snapshot = {"snapshot_id": (settlement_id - 1) * len(ENTITIES) + position, "entity": entity}
        counted = {"billing_month": str(month), "content_hash": "0" * 64, "line_count": 3, "net_amount_minor": 0}
        connection.execute(insert(schema.snapshot).values(snapshot | counted))
        used = {"settlement_id": settlement_id, "entity": entity, "snapshot_id": snapshot["snapshot_id"]}
        connection.execute(insert(schema.settlement_snapshot).values(used))


def _copy_month(connection: Connection, number: int, month: BillingMonth) -> None:
    program = Installation(NamedConnections(), PROJECT / "include", Path())
    _heads(connection, program, month, number)
    own: dict[str, Any] = {"billing_month": str(month), "settlement_id": number}
    for table in (schema.assessment, schema.assessment_account, schema.held_partner, schema.letter, schema.delivery):
        first = table.c.billing_month == str(MONTHS[0]) if "billing_month" in table.c else table.c.settlement_id == 1
        _copy(connection, table, first, own | _changes(table, number))
    for position in range(1, len(ENTITIES) + 1):
        first = schema.snapshot_sum.c.snapshot_id == position
        own = {"snapshot_id": (number - 1) * len(ENTITIES) + position}
        _copy(connection, schema.snapshot_sum, first, own)


def _changes(table: Table, number: int) -> dict[str, ColumnElement[Any]]:
    """What differs from the first month: who rises and who falls, and how far the letters of the last month are."""
    if table is schema.assessment:
        tier, partner_id = table.c.tier, table.c.partner_id
        rises, falls = (partner_id.like(f"%{(number * 7 + more) % 98 + 1:02d}") for more in (0, 3))
        return {"previous_tier": case((rises, tier - 1), (falls, tier + 1), else_=tier)}
    if table is schema.letter:
        partner_id = table.c.partner_id
        rises, falls = (partner_id.like(f"%{(number * 7 + more) % 98 + 1:02d}") for more in (0, 3))
        return {"kind": case((rises, "tier_raised"), (falls, "tier_lowered"), else_="no_change")}
    if table is schema.delivery and number == len(MONTHS):
        found = [
            (table.c.partner_id.like(f"%{digits}"), state) for state, own in LETTER_STATES.items() for digits in own
        ]
        return {"status": case(*found, else_=table.c.status)}
    return {}


def _copy(connection: Connection, table: Table, first: Any, own: Mapping[str, Any]) -> None:
    """Copy the first month's rows of a table within the database, with some columns replaced."""
    columns = [_value(own[each.name]) if each.name in own else each for each in table.c]
    connection.execute(insert(table).from_select([each.name for each in table.c], select(*columns).where(first)))


def _value(value: Any) -> ColumnElement[Any]:
    return value if isinstance(value, ColumnElement) else literal(value)

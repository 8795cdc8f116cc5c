"""Stores the registry in the programme's database: the whole registry, or nothing of it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import fields
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table, and_, delete, func, insert, select, tuple_, update

from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.adapters.database.benefits import load_requests, save_steps
from partner_program.adapters.database.registry_removals import faults_of_vanished, record_removals
from partner_program.domain.benefit_rows import RowsRead, read_rows
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.dated import Period
from partner_program.domain.program import Program
from partner_program.domain.qualifications import Qualification
from partner_program.domain.refusals import NotThere, UnsoundFiles
from partner_program.domain.registry import (
    AUTHORIZED,
    AccountLink,
    AccountManager,
    Contact,
    Entity,
    ExchangeRate,
    GraceGrant,
    LegacyAgreement,
    Partner,
    Registry,
    Removals,
)

FEW_PARTNERS = 500  # of so many, their own rows alone are read
_LINK = ("partner_id", "entity", "account_id", "valid_from", "valid_to")
# A link is built of columns in this order: the table has them in that of its key.
_LINK_COLUMNS = [schema.account_link.c[name] for name in _LINK]
_Values = dict[str, Any]
_T = TypeVar("_T")


def save_registry(
    connection: Connection, registry: Registry, removals: Removals | None = None, *, programs: Sequence[Program]
) -> dict[str, int]:
    """Make the database's registry equal to the files'; return how many rows of each table changed, none for the same.

    Grants and steps of benefits made on the command line stay. `removals` name the rows that were a mistake and may
    leave. Raises `UnsoundFiles` with every other row that vanished from the files although it has to stay (rule 7),
    every removal that is not possible, every settled grant that would change, and every request for a benefit that
    would go back or pass a limit of the `programs`.
    """
    wanted = _rows(registry)
    stored = {table: _stored(connection, schema.metadata.tables[table]) for table in wanted}
    faults = faults_of_vanished(connection, stored, wanted, removals)
    faults += _changed_settled_grants(connection, stored["grace_grant"], wanted["grace_grant"])
    benefits = _benefits(connection, registry, programs)
    faults += benefits.faults
    if faults:
        raise UnsoundFiles(faults)
    if removals:
        record_removals(connection, stored, wanted, removals)
    changed = {table: _write(connection, table, wanted[table], stored[table]) for table in wanted}
    for table in reversed(wanted):
        changed[table] += _remove(connection, table, wanted[table], stored[table])
    changed["benefit_request"] = save_steps(connection, benefits.changed)
    return {table: count for table, count in changed.items() if count}


def rows_that_differ(connection: Connection, registry: Registry, *, programs: Sequence[Program]) -> int:
    """Return how many rows of the files are not in the database as they are, or are there and not in the files.

    Of requests for benefits those count that say something new, or that could not be loaded.
    """
    count = 0
    for table, wanted in _rows(registry).items():
        stored = _stored(connection, schema.metadata.tables[table])
        count += sum(1 for key in wanted if key not in stored or _differs(wanted[key], stored[key]))
        count += sum(1 for key, row in stored.items() if key not in wanted and row.get("origin") != "command")
    benefits = _benefits(connection, registry, programs)
    return count + len(benefits.changed) + len(benefits.faults)


def _benefits(connection: Connection, registry: Registry, programs: Sequence[Program]) -> RowsRead:
    stored = {each.request_id: each for each in load_requests(connection)}
    return read_rows(registry.benefit_requests, stored, programs)


def add_grant(connection: Connection, grant: GraceGrant) -> None:
    """Add a grant made on demand."""
    connection.execute(insert(schema.grace_grant).values(_grant_values(grant, "command")))


def load_entities(connection: Connection) -> tuple[Entity, ...]:
    """Return every legal entity, ordered by its code."""
    query = select(schema.entity).order_by(schema.entity.c.entity)
    return tuple(Entity(**row._asdict()) for row in connection.execute(query))


def load_account_links(connection: Connection) -> Iterator[AccountLink]:
    """Yield every link of an account, ordered by its key."""
    table = schema.account_link
    return map(_account_link, connection.execute(select(*_LINK_COLUMNS).order_by(*table.primary_key)))


def manager_ids(connection: Connection) -> list[str]:
    """Return the id of every partner manager, in order."""
    own = schema.account_manager.c.account_manager_id
    return list(connection.execute(select(own).order_by(own)).scalars())


def managers(connection: Connection) -> dict[str, AccountManager]:
    """Return every partner manager by id, in order."""
    table = schema.account_manager
    rows = connection.execute(select(table).order_by(table.c.account_manager_id))
    return {row.account_manager_id: AccountManager(**row._asdict()) for row in rows}


def managers_of_partners(connection: Connection, manager_id: str, partner_ids: Collection[str]) -> dict[str, str]:
    """Return the manager of each partner that has this one, or of these partners, whoever their manager is."""
    table = schema.partner
    own = table.c.partner_id.in_(partner_ids) if partner_ids else table.c.account_manager_id == manager_id
    query = select(table.c.partner_id, table.c.account_manager_id).where(own).order_by(table.c.partner_id)
    return {row.partner_id: row.account_manager_id for row in connection.execute(query)}


def partners_by_manager(connection: Connection) -> dict[str, int]:
    """Return how many partners each partner manager has."""
    own = schema.partner.c.account_manager_id
    rows = connection.execute(select(own, func.count()).group_by(own))
    return {row[0]: row[1] for row in rows}


def languages(connection: Connection) -> tuple[str, ...]:
    """Return the languages that partners have, in order."""
    own = schema.partner.c.language
    return tuple(connection.execute(select(own).distinct().order_by(own)).scalars())


def count_partners(connection: Connection) -> int:
    """Return how many partners the registry has."""
    return int(connection.execute(select(func.count()).select_from(schema.partner)).scalar_one())


def count_links(connection: Connection) -> int:
    """Return how many links of accounts there are."""
    return int(connection.execute(select(func.count()).select_from(schema.account_link)).scalar_one())


def load_registry(connection: Connection, partners: Sequence[str] | None = None, *, contacts: bool = True) -> Registry:
    """Read the registry, each table ordered by its key; with `partners`, only their rows in tables about partners.

    Who writes to nobody can do without `contacts`.
    """

    def each(table: Table, build: Callable[[Any], _T], *names: str) -> tuple[_T, ...]:
        """Build a record of each row, of all columns or of these."""
        columns = [table.c[name] for name in names] or list(table.c)
        query = select(*columns).order_by(*table.primary_key)
        if partners is not None and "partner_id" in table.c:
            query = query.where(table.c.partner_id.in_(partners))
        return tuple(map(build, connection.execute(query).all()))

    def each_plain(table: Table, kind: type[_T]) -> tuple[_T, ...]:
        """Build records whose fields are the table's columns."""
        return each(table, lambda row: kind(*row), *(field.name for field in fields(kind)))  # type: ignore[arg-type]

    return Registry(
        entities=load_entities(connection),
        account_managers=each_plain(schema.account_manager, AccountManager),
        partners=each_plain(schema.partner, Partner),
        contacts=each_plain(schema.contact, Contact) if contacts else (),
        account_links=each(schema.account_link, _account_link, *_LINK),
        legacy_agreements=each(schema.legacy_agreement, _legacy_agreement),
        grace_grants=each(schema.grace_grant, _grace_grant),
        benefit_requests=(),
        exchange_rates=each(schema.exchange_rate, _exchange_rate),
        qualifications=each(schema.qualification, _qualification),
    )


def _account_link(row: Sequence[Any]) -> AccountLink:
    partner_id, entity, account_id, valid_from, valid_to = row
    return AccountLink(partner_id, entity, account_id, _period(valid_from, valid_to))


@lru_cache(maxsize=1024)
def _period(valid_from: date, valid_to: date | None) -> Period:
    """One object for the links of the same days, of which there are many."""
    return Period(valid_from, valid_to)


def _legacy_agreement(row: Row[Any]) -> LegacyAgreement:
    return LegacyAgreement(
        row.partner_id,
        row.monthly_fee_discount_bp,
        row.setup_fee_discount_bp,
        row.sla,
        row.source,
        Period(row.valid_from, row.valid_to),
        tuple(row.benefits.split()),
        row.product,
    )


def _grace_grant(row: Row[Any]) -> GraceGrant:
    return GraceGrant(row.grant_id, row.partner_id, row.tier, row.starts_on, row.ends_on, row.granted_by, row.reason)


def _exchange_rate(row: Row[Any]) -> ExchangeRate:
    return ExchangeRate(BillingMonth.parse(row.billing_month), row.currency, Decimal(row.units_per_eur), row.source)


def _qualification(row: Row[Any]) -> Qualification:
    return Qualification(row.partner_id, row.key, row.value, row.source, Period(row.valid_from, row.valid_to))


def _plain(each: Any) -> _Values:
    return {name: getattr(each, name) for name in each.__dataclass_fields__}


def _with_period(each: Any) -> _Values:
    values = _plain(each)
    period = values.pop("period")
    return {**values, "valid_from": period.valid_from, "valid_to": period.valid_to}


def _agreement_values(agreement: LegacyAgreement) -> _Values:
    return {**_with_period(agreement), "benefits": " ".join(agreement.benefits)}


def _grant_values(grant: GraceGrant, origin: str) -> _Values:
    return {**_plain(grant), "origin": origin}


def _rate_values(rate: ExchangeRate) -> _Values:
    return {
        **_plain(rate),
        "billing_month": str(rate.billing_month),
        "units_per_eur": format(rate.units_per_eur.normalize(), "f"),
    }


def _rows(registry: Registry) -> dict[str, dict[tuple[Any, ...], _Values]]:
    """Return the files' rows by table and key, parents before children."""
    columns: Mapping[str, Iterable[_Values]] = {
        "entity": map(_plain, registry.entities),
        "account_manager": map(_plain, registry.account_managers),
        "partner": map(_plain, registry.partners),
        "contact": map(_plain, registry.contacts),
        "account_link": map(_with_period, registry.account_links),
        "legacy_agreement": map(_agreement_values, registry.legacy_agreements),
        "grace_grant": (_grant_values(grant, "file") for grant in registry.grace_grants),
        "exchange_rate": map(_rate_values, registry.exchange_rates),
        "qualification": map(_with_period, registry.qualifications),
    }
    return {
        table: {_key(schema.metadata.tables[table], values): values for values in rows}
        for table, rows in columns.items()
    }


def _key(table: Table, values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(values[column.name] for column in table.primary_key)


def _stored(connection: Connection, table: Table) -> dict[tuple[Any, ...], _Values]:
    rows = (dict(row) for row in connection.execute(select(table)).mappings())
    return {_key(table, row): row for row in rows}


def _changed_settled_grants(
    connection: Connection, stored: Mapping[tuple[Any, ...], _Values], wanted: Mapping[tuple[Any, ...], _Values]
) -> list[str]:
    outcomes = schema.assessment_grant.c
    settled = set(connection.execute(select(outcomes.grant_id).where(outcomes.outcome.is_not(None))).scalars())
    return [
        f"grace_grant: {grant_id} is settled and cannot change: write a new grant"
        for (grant_id,), values in stored.items()
        if grant_id in settled and _differs(wanted.get((grant_id,)), values)
    ]


def _differs(wanted: _Values | None, stored: _Values) -> bool:
    return wanted is not None and {**wanted, "origin": ""} != {**stored, "origin": ""}


def _write(
    connection: Connection,
    table_name: str,
    wanted: Mapping[tuple[Any, ...], _Values],
    stored: Mapping[tuple[Any, ...], _Values],
) -> int:
    """Insert new rows and update changed ones, ordered by key so that equal files give equal bytes; return how many."""
    table = schema.metadata.tables[table_name]
    new = [wanted[key] for key in sorted(wanted.keys() - stored.keys())]
    changed = [key for key in wanted.keys() & stored.keys() if _differs(wanted[key], stored[key])]
    append_rows(connection, table, new)
    for key in sorted(changed):
        connection.execute(update(table).where(_is(table, key)).values(wanted[key]))
    return len(new) + len(changed)


def _remove(
    connection: Connection,
    table_name: str,
    wanted: Mapping[tuple[Any, ...], _Values],
    stored: Mapping[tuple[Any, ...], _Values],
) -> int:
    table = schema.metadata.tables[table_name]
    gone = sorted(key for key in stored.keys() - wanted.keys() if stored[key].get("origin") != "command")
    for key in gone:
        connection.execute(delete(table).where(_is(table, key)))
    return len(gone)


def _is(table: Table, key: Sequence[Any]) -> Any:
    return and_(*(column == value for column, value in zip(table.primary_key, key, strict=True)))


def find_partner(connection: Connection, partner_id: str) -> Partner:
    """Return one partner by its id; raises `NotThere` if it is not in the registry."""
    row = connection.execute(select(schema.partner).where(schema.partner.c.partner_id == partner_id)).one_or_none()
    if row is None:
        raise NotThere(f"partner {partner_id} is not in the registry")
    return Partner(**row._asdict())


def partners_by_id(connection: Connection, partner_ids: Collection[str]) -> dict[str, Partner]:
    """Return these partners by their id, in order."""
    table = schema.partner
    wanted = sorted(partner_ids)
    found = []
    for first in range(0, len(wanted), FEW_PARTNERS):
        some = wanted[first : first + FEW_PARTNERS]
        query = select(table).where(table.c.partner_id.in_(some)).order_by(table.c.partner_id)
        found += [Partner(**row._asdict()) for row in connection.execute(query)]
    return {each.partner_id: each for each in found}


def asking_and_not_authorized(connection: Connection, asking: Collection[str]) -> set[str]:
    """Return who is not authorised now of the partners that asked for a benefit."""
    table = schema.partner.c
    few = len(asking) <= FEW_PARTNERS
    among = asking if few else select(schema.benefit_request.c.partner_id)
    query = select(table.partner_id).where(table.status != AUTHORIZED, table.partner_id.in_(among))
    return set(connection.execute(query).scalars())


def links_of(connection: Connection, partner_id: str) -> list[AccountLink]:
    """Return every link of one partner, by entity, account and first day."""
    table = schema.account_link
    query = select(*_LINK_COLUMNS).where(table.c.partner_id == partner_id)
    return [_account_link(row) for row in connection.execute(query.order_by(*table.primary_key))]


def contacts_of(connection: Connection, partner_id: str) -> list[Contact]:
    """Return one partner's contacts."""
    table = schema.contact
    query = select(table).where(table.c.partner_id == partner_id).order_by(table.c.role, table.c.email)
    names = tuple(column.name for column in table.c)
    return [Contact(**dict(zip(names, row, strict=True))) for row in connection.execute(query)]


def links_of_accounts_of(connection: Connection, partner_ids: Set[str]) -> list[AccountLink]:
    """Return every link, of whatever partner, to the accounts that were ever linked to one of some partners."""
    table = schema.account_link
    own = table.alias("own")
    query = (
        select(*_LINK_COLUMNS)
        .distinct()
        .join(own, (own.c.entity == table.c.entity) & (own.c.account_id == table.c.account_id))
    )
    if len(partner_ids) <= FEW_PARTNERS:
        query = query.where(own.c.partner_id.in_(partner_ids))
    keys = [column.name for column in table.primary_key]
    rows = sorted(connection.execute(query), key=lambda row: tuple(row._mapping[key] for key in keys))
    return [_account_link(row) for row in rows]


def links_of_accounts(connection: Connection, accounts: Sequence[tuple[str, str]]) -> list[AccountLink]:
    """Return every link, of whatever partner, of these accounts, each an entity and an account's id."""
    table, found = schema.account_link, list[AccountLink]()
    for first in range(0, len(accounts), FEW_PARTNERS):
        some = accounts[first : first + FEW_PARTNERS]
        query = select(*_LINK_COLUMNS).where(tuple_(table.c.entity, table.c.account_id).in_(some))
        found += [_account_link(row) for row in connection.execute(query)]
    return found


def find_grant(connection: Connection, grant_id: str) -> GraceGrant | None:
    """Return one grant by its id, None if there is none."""
    row = connection.execute(select(schema.grace_grant).where(schema.grace_grant.c.grant_id == grant_id)).one_or_none()
    return None if row is None else _grace_grant(row)


def rates_of_month(connection: Connection, month: BillingMonth) -> list[ExchangeRate]:
    """Return one month's exchange rates, by currency."""
    table = schema.exchange_rate
    query = select(table).where(table.c.billing_month == str(month)).order_by(*table.primary_key)
    return [_exchange_rate(row) for row in connection.execute(query)]


def agreements_with_benefits(connection: Connection) -> list[LegacyAgreement]:
    """Return the legacy agreements that keep a benefit."""
    table = schema.legacy_agreement
    query = select(table).where(table.c.benefits != "").order_by(*table.primary_key)
    return [_legacy_agreement(row) for row in connection.execute(query)]


def agreements_ending(connection: Connection, *, after: date, until: date) -> list[LegacyAgreement]:
    """Return the legacy agreements whose first day without them lies after a day and not after another."""
    table = schema.legacy_agreement
    query = select(table).where(table.c.valid_to > after, table.c.valid_to <= until).order_by(*table.primary_key)
    return [_legacy_agreement(row) for row in connection.execute(query)]


def agreements_of(connection: Connection, partner_id: str) -> list[LegacyAgreement]:
    """Return one partner's legacy agreements."""
    return agreements_of_partners(connection, [partner_id])


def agreements_of_partners(connection: Connection, partners: Collection[str]) -> list[LegacyAgreement]:
    """Return the legacy agreements of these partners, ordered by their key."""
    table = schema.legacy_agreement
    query = select(table).where(table.c.partner_id.in_(partners)).order_by(*table.primary_key)
    return [_legacy_agreement(row) for row in connection.execute(query)]

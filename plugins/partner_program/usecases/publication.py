"""Publishes rates and benefits to the entities' order databases: owed rows are appended, read back and compared."""

import json
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Generic, TypeVar

from sqlalchemy import Connection

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.database import benefit_publication as benefit_outbox
from partner_program.adapters.database import events as event_store
from partner_program.adapters.database import publication as publication_store
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.acts import now_by, record_act
from partner_program.adapters.database.publication import Account
from partner_program.adapters.database.waiting import unpublished_by_entity
from partner_program.adapters.orders import database as orders_db
from partner_program.adapters.orders.rows import FoundRows, Key, Kind, Row
from partner_program.domain.acts import RATES_PUBLISHED
from partner_program.domain.benefit_publication import PublishedBenefit, benefit_key
from partner_program.domain.events import rate_published
from partner_program.domain.money import percent_text
from partner_program.domain.plurals import plural
from partner_program.domain.publication import PublishedRate, rate_key, rows_owed
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.refusals import NotThere, Refusal, Unavailable
from partner_program.domain.registry import AccountLink, Entity
from partner_program.usecases.benefit_publication import owe_benefits
from partner_program.usecases.installation import Installation, orders_connection_id
from partner_program.usecases.registry import find_entity
from partner_program.usecases.side_by_side import side_by_side

_Result = TypeVar("_Result")
Outbox = Sequence[tuple[Row, date | None]]  # each row of an entity, with the day of its publication


@dataclass(frozen=True, slots=True)
class Drift:
    """A row of an order database that is not as it was published; `valid_from` is text where it is not a date."""

    entity: str
    account_id: str
    valid_from: date | str
    message: str
    table: str


def owe_rates(connection: Connection, *, today: date, settlement_id: int | None = None) -> int:
    """Add the rows that rates and links call for to the publish outbox; return how many are new.

    It writes in the caller's transaction. A caller that has just written rates names their settlement: these rates hold
    from their own day, while what a link changes holds from `today`, when it is noticed.
    """
    rates = rate_store.all_rates(connection)
    new = rate_store.rates_written_with(connection, settlement_id=settlement_id)
    outbox = publication_store.newest_terms(connection)
    links = _by_account(registry_store.load_account_links(connection))
    return publication_store.add_owed_rates(connection, _owed(links, rates, new, outbox, today))


def owe_rates_of_grant(connection: Connection, *, today: date, partner_id: str, grant_id: str) -> int:
    """Add the rows that a grant's rate calls for, which was just written; return how many are new."""
    new = rate_store.rates_written_with(connection, grant_id=grant_id, only=[partner_id])
    return owe_rates_of_partner(connection, today=today, partner_id=partner_id, new=new.get(partner_id, []))


def owe_rates_of_partner(connection: Connection, *, today: date, partner_id: str, new: Sequence[Rate]) -> int:
    """Add the rows that a partner's `new` rates call for, which were just written; return how many are new.

    Only the accounts that were ever linked to the partner are looked at: it costs the same in a programme of any size.
    What other links call for is noticed by the next month or the next publication.
    """
    links = _by_account(registry_store.links_of_accounts_of(connection, {partner_id}))
    owners = sorted({partner_id, *(link.partner_id for some in links.values() for link in some)})
    rates = rate_store.all_rates(connection, owners)
    outbox = publication_store.newest_terms(connection, links.keys())
    owed = _owed(links, rates, {partner_id: new}, outbox, today)
    return publication_store.add_owed_rates(connection, owed, owed.keys())


def _by_account(links: Iterable[AccountLink]) -> dict[Account, list[AccountLink]]:
    found: dict[Account, list[AccountLink]] = defaultdict(list)
    for link in links:
        found[link.entity, link.account_id].append(link)
    return found


def _owed(
    links: Mapping[Account, Sequence[AccountLink]],
    rates: Mapping[str, Sequence[Rate]],
    new: Mapping[str, Sequence[Rate]],
    outbox: Mapping[Account, Mapping[date, RateTerms]],
    today: date,
) -> dict[Account, list[tuple[date, RateTerms]]]:
    return {
        account: rows_owed(
            links=links.get(account, ()), rates=rates, new=new, outbox=outbox.get(account, {}), today=today
        )
        for account in links.keys() | outbox.keys()
    }


def entities_with_orders(installation: Installation) -> list[Entity]:
    """The entities that have an order database; without a connection nothing is published there."""
    with installation.database.reading() as connection:
        entities = registry_store.load_entities(connection)
    return [each for each in entities if _has_orders(installation, each)]


def _has_orders(installation: Installation, entity: Entity) -> bool:
    """Whether an entity has a connection, also one that cannot be read: publishing there then fails by its name."""
    try:
        return installation.connections.get(orders_connection_id(entity)) is not None
    except Refusal:
        return True


def owed_accounts(installation: Installation) -> dict[str, int]:
    """How many accounts of each entity with an order database are not published as they should be."""
    entities = [each.entity for each in entities_with_orders(installation)]
    if not entities:
        return {}
    with installation.database.reading() as connection:
        owed = unpublished_by_entity(connection, entities)
    return {entity: owed.get(entity, 0) for entity in entities}


def owed_at(installation: Installation, entity: str) -> int:
    """How many accounts of an entity wait; raises `NotThere` where it has no order database."""
    owed = owed_accounts(installation)
    if entity not in owed:
        raise NotThere(f"entity {entity} has no order database")
    return owed[entity]


def publish_rates(installation: Installation, entity: Entity, *, published_on: date) -> int:
    """Publish everything owed to one entity and read it back; return how many rows were new there.

    An entity that is down keeps its rows owed: publishing again finds them. Raises where one of our rows differs there;
    an unowned row that cannot be read is drift and stops nothing.
    """
    if not _has_orders(installation, entity):
        return 0
    (publishing,) = _publishing(installation, [entity], published_on)
    return _record(installation, entity, publishing(), published_on, None)


@dataclass(frozen=True, slots=True)
class _Part(Generic[Row]):
    """What of one table was to be published to an entity, how many rows of it were new there, what is there now."""

    wanted: Outbox[Row]
    new: int
    found: FoundRows[Row]


@dataclass(frozen=True, slots=True)
class _Published:
    """Rates, and benefits where the order database has a table for them and any are owed or were."""

    rates: _Part[PublishedRate]
    benefits: _Part[PublishedBenefit] | None


def _publishing(
    installation: Installation, entities: Sequence[Entity], published_on: date
) -> list[Callable[[], _Published]]:
    """Look up what entities have to have; return what then adds it to each and reads it back, in any thread."""
    with installation.database.writing() as connection:
        owe_rates(connection, today=published_on)
        owe_benefits(connection, installation.programs, today=published_on)
    with installation.database.reading() as connection:
        outboxes = [
            (publication_store.outbox(connection, each.entity), benefit_outbox.outbox(connection, each.entity))
            for each in entities
        ]
    return [
        partial(_add_and_read, installation, entity, rates, benefits, published_on)
        for entity, (rates, benefits) in zip(entities, outboxes, strict=True)
    ]


def _add_and_read(
    installation: Installation,
    entity: Entity,
    rates: Outbox[PublishedRate],
    benefits: Outbox[PublishedBenefit],
    published_on: date,
) -> _Published:
    fields = installation.connections.get(orders_connection_id(entity))
    if fields is None:
        raise Unavailable(f"connection {orders_connection_id(entity)} is not set any more")
    return _Published(
        rates=_part(fields, rates_kind(fields, rates), rates, published_on),
        benefits=_part(fields, orders_db.BENEFITS, benefits, published_on)
        if benefits and orders_db.has_table(fields, orders_db.BENEFITS)
        else None,
    )


def rates_kind(fields: ConnectionFields, rates: Outbox[PublishedRate]) -> Kind[PublishedRate]:
    """How the rates stand in an order database: by product where any family ever had a rate of its own.

    Raises `Refusal` for a database that cannot keep families apart: it would give every order the general rate.
    """
    if not any(row.product for row, _ in rates):
        return orders_db.RATES
    orders_db.check_has_product(fields)
    return orders_db.RATES_BY_PRODUCT


def check_product_columns(installation: Installation) -> None:
    """Refuse to go on where an order database cannot keep product families apart, each by name.

    One that does not answer, or whose connection cannot be read, is left to the publication, which refuses it likewise.
    """

    def look(entity: Entity) -> str | None:
        try:
            fields = installation.connections.get(orders_connection_id(entity))
        except Refusal:
            return None
        try:
            if fields is not None:
                orders_db.check_has_product(fields)
        except Unavailable:
            return None
        except Refusal as refusal:
            return f"entity {entity.entity}: {refusal}"
        return None

    found = side_by_side([partial(look, entity) for entity in entities_with_orders(installation)])
    faults = [each for each in found if each is not None]
    if faults:
        raise Refusal("; ".join(faults))


def _part(fields: ConnectionFields, kind: Kind[Row], wanted: Outbox[Row], published_on: date) -> _Part[Row]:
    new = orders_db.append(fields, kind, [row for row, _ in wanted], published_at=published_on)
    return _Part(wanted, new, orders_db.read_rows(fields, kind))


def _record(
    installation: Installation, entity: Entity, published: _Published, published_on: date, done_by: str | None
) -> int:
    """Compare what was read back, and mark it as published, on record if a person did it.

    Returns how many rows were new there.
    """
    rates, benefits = published.rates, published.benefits
    with installation.database.reading() as connection:
        drifted = _differences(entity, rates, publication_store.outbox(connection, entity.entity))
        if benefits is not None:
            drifted += _differences(entity, benefits, benefit_outbox.outbox(connection, entity.entity))
    if drifted:
        noun = "rate" if all(each.table == orders_db.RATES.table for each in drifted) else "row"
        raise Refusal(
            f"entity {entity.entity}: {plural(len(drifted), f'{noun} read back differs', f'{noun}s read back differ')} "
            "from what was published: "
            + "; ".join(f"{each.account_id} from {each.valid_from}: {each.message}" for each in drifted[:20])
        )
    owed_rates = [rate_key(row) for row, day in rates.wanted if day is None]
    owed_benefits = [benefit_key(row) for row, day in benefits.wanted if day is None] if benefits else []
    if owed_rates or owed_benefits:
        with installation.database.writing() as connection:
            publication_store.mark_published(connection, entity.entity, owed_rates, published_on=published_on)
            _tell(connection, entity, [row for row, day in rates.wanted if day is None])
            benefit_outbox.mark_published(connection, entity.entity, owed_benefits, published_on=published_on)
            if done_by is not None:
                keys = json.dumps([*owed_rates, *owed_benefits], default=str)
                detail: dict[str, object] = {"entity": entity.entity, "rates": len(owed_rates)}
                if owed_benefits:
                    detail["benefits"] = len(owed_benefits)
                detail["keys"] = sha256(keys.encode()).hexdigest()
                doer = now_by(done_by, "published what was owed")
                record_act(connection, RATES_PUBLISHED, entity.entity, doer, detail)
    return rates.new + (benefits.new if benefits else 0)


def _tell(connection: Connection, entity: Entity, published: Sequence[PublishedRate]) -> None:
    """Write the event of each rate that was read back, about the partner whose account it is on its first day."""
    accounts = [(entity.entity, each.account_id) for each in published]
    links, now = _by_account(registry_store.links_of_accounts(connection, accounts)), int(time.time())
    found = [
        rate_published(
            entity=entity.entity,
            rate=each,
            partner_id=_owner(links.get((entity.entity, each.account_id), ()), each.valid_from),
            at=now,
        )
        for each in published
    ]
    event_store.add_events(connection, found)


def _owner(links: Sequence[AccountLink], day: date) -> str | None:
    """Whose account it is on a day, or was last before it; where two have it, the one whose link began last."""
    begun = sorted(
        (day in each.period, each.period.valid_from, each.partner_id) for each in links if each.period.valid_from <= day
    )
    return begun[-1][-1] if begun else None


def _differences(entity: Entity, part: _Part[Row], now: Outbox[Row]) -> list[Drift]:
    return compare(entity, [*(row for row, _ in part.wanted), *already_there(now, part.found)], part.found)


def publish_owed(
    installation: Installation,
    *,
    published_on: date,
    only: str | None = None,
    done_by: str | None = None,
    progress: Callable[[str], None] = lambda _step: None,
) -> list[str]:
    """Publish to every entity that has an order database, or to `only` that one; return the entities that failed.

    `done_by` is the person who publishes by hand, on record for each entity where something was owed.
    An entity that fails does not stop the others: the rates are in force. One that does not answer takes no time from
    the others. Refused where `only` has no order database.
    """
    if only is not None:
        connection_id = orders_connection_id(find_entity(installation, only))
        if installation.connections.get(connection_id) is None:
            raise Refusal(f"entity {only} has no order database: set AIRFLOW_CONN_{connection_id.upper()}")
    entities = [each for each in entities_with_orders(installation) if only in (None, each.entity)]
    failed = []
    for entity, fault in _publish_all(installation, entities, published_on, done_by, progress):
        progress(f"publish_rates {entity.entity}: {fault}")
        failed.append(entity.entity)
    return failed


def _publish_all(
    installation: Installation,
    entities: Sequence[Entity],
    published_on: date,
    done_by: str | None,
    progress: Callable[[str], None],
) -> Iterator[tuple[Entity, str]]:
    """Publish to all entities at the same time; yield those that failed, with what went wrong."""
    prepared = _tried(partial(_publishing, installation, entities, published_on)) if entities else []
    if isinstance(prepared, str):
        yield from ((entity, prepared) for entity in entities)
        return
    for entity, published in zip(entities, side_by_side([partial(_tried, each) for each in prepared]), strict=True):
        done: int | str | _Published = published
        if isinstance(published, _Published):
            done = _tried(partial(_record, installation, entity, published, published_on, done_by))
        if isinstance(done, str):
            yield entity, done
        else:
            progress(f"publish_rates {entity.entity}: {done} new, read back")


def _tried(work: Callable[[], _Result]) -> _Result | str:
    """Return the result of work, or what went wrong."""
    try:
        return work()
    except Refusal as refusal:
        return str(refusal)
    except Exception as fault:  # noqa: BLE001 - the rates are in force: an entity that fails does not stop the others
        place = traceback.extract_tb(fault.__traceback__)[-1]
        what = f"{type(fault).__name__} at {Path(place.filename).name}:{place.lineno}"
        return f"failed for an unknown cause: {what}"


def already_there(outbox: Outbox[Row], found: FoundRows[Row]) -> list[Row]:
    """Our rows that are there, marked as published or not: a run may have died before it marked them."""
    there = found.keys
    return [row for row, _ in outbox if found.kind.key_of(row) in there]


def compare(entity: Entity, ours: Sequence[Row], found: FoundRows[Row]) -> list[Drift]:
    """Find our rows that are not there as they were published, and rows that are not ours."""
    key_of = found.kind.key_of
    wanted, there = {key_of(row): row for row in ours}, {key_of(row): row for row in found.rows}
    odd = {row.key: unreadable(row.faults) for row in found.unreadable}
    drifted = []
    for key in sorted(wanted.keys() | there.keys(), key=_in_order):
        if wanted.get(key) != there.get(key):
            row = wanted.get(key) or there[key]
            message = f"published {_said(wanted.get(key))}, there {odd.get(key) or _said(there.get(key))}"
            drifted.append(Drift(entity.entity, row.account_id, row.valid_from, message, found.kind.table))
    return drifted


def _in_order(key: Key) -> list[tuple[bool, object]]:
    """Have a key compared that may lack a part: the general rate stands before those of families."""
    return [(part is not None, part) for part in key]


def unreadable(faults: str) -> str:
    """Say that a row is there that cannot be read."""
    return f"a row that cannot be read: {faults}"


def _said(row: object) -> str:
    if isinstance(row, PublishedRate):
        monthly, setup = percent_text(row.monthly_fee_discount_bp), percent_text(row.setup_fee_discount_bp)
        family = f"{row.product}: " if row.product else ""
        return f"{family}tier {row.tier}, {monthly} monthly, {setup} setup, {row.sla or 'no SLA'}"
    if isinstance(row, PublishedBenefit):
        units = "" if row.quantity is None else f", {plural(row.quantity, 'unit')}"
        days = "" if row.days is None else f", {plural(row.days, 'day')} to pay"
        until = "" if row.valid_to is None else f", until {row.valid_to}"
        return f"{row.benefit} {row.status}{units}{days}{until}"
    return "nothing"

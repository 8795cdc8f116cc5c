"""Publishing the rates in force to the entities' order databases, each with its own connection and rights."""

from datetime import date

from partner_program.adapters import rate_store, registry_store
from partner_program.adapters.orders_db import PublishedRate, publish
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.registry import AccountLink, Entity
from partner_program.usecases.installation import Installation, orders_connection_id


def entities_to_publish(installation: Installation, month: BillingMonth) -> list[str]:
    """The entities of a month that have an order database; without a connection nothing is published there."""
    with installation.database.reading() as connection:
        entities = registry_store.load_registry(connection).entities
    return [
        entity.entity
        for entity in entities
        if entity.bills_in(month) and installation.connections.get(orders_connection_id(entity)) is not None
    ]


def publish_rates(installation: Installation, entity: Entity, *, published_at: date) -> int:
    """Publish every rate of the accounts linked at an entity and read it back; return how many rows were new."""
    fields = installation.connections.get(orders_connection_id(entity))
    if fields is None:
        return 0
    with installation.database.reading() as connection:
        links = [
            link for link in registry_store.load_registry(connection).account_links if link.entity == entity.entity
        ]
        rates = rate_store.all_rates(connection)
    owed = [
        PublishedRate(
            account_id=link.account_id,
            valid_from=row.valid_from,
            tier=row.tier,
            monthly_fee_discount_bp=row.monthly_fee_discount_bp,
            setup_fee_discount_bp=row.setup_fee_discount_bp,
            sla=row.sla,
            revision=row.sequence,
        )
        for link in links
        for row in rates.get(link.partner_id, ())
        if _concerns(link, row.valid_from)
    ]
    return publish(fields, owed, published_at=published_at)


def _concerns(link: AccountLink, valid_from: date) -> bool:
    """Whether a rate can price an order of the account: it begins before the link ends."""
    return link.period.valid_to is None or valid_from < link.period.valid_to

"""Asks the entities for their lists of reseller accounts, and names what does not fit the registry's links."""

from partner_program.adapters.billing.pull import listed_accounts
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.listed_accounts import ListedAccount, listing_doubts
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Registry
from partner_program.usecases.installation import Installation, billing_connection_id


def look_at_lists(here: Installation, registry: Registry) -> list[str]:
    """Name links that match nothing today, and accounts that nobody linked.

    An entity that does not answer is left out: whether its connection works is for `doctor` to say.
    """
    listed: dict[str, list[ListedAccount]] = {}
    this_month = BillingMonth.of(here.today())
    for entity in registry.entities:
        fields = here.connections.get(billing_connection_id(entity))
        if fields is None or not entity.bills_in(this_month):
            continue
        try:
            listed[entity.entity] = listed_accounts(fields, entity, sql_folder=here.include / "sql")
        except Refusal:
            continue
    return listing_doubts(registry, listed, here.today())

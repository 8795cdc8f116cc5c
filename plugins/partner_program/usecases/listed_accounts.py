"""Asks the entities for their lists of reseller accounts, and names what does not fit the registry's links."""

from functools import partial

from partner_program.adapters.billing.pull import listed_accounts
from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.listed_accounts import ListedAccount, listing_doubts
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Entity, Registry
from partner_program.usecases.installation import Installation, billing_fields
from partner_program.usecases.side_by_side import side_by_side


def look_at_lists(here: Installation, registry: Registry) -> list[str]:
    """Name links that match nothing today, and accounts that nobody linked.

    An entity that does not answer, or whose connection cannot be read, is left out: that is for `doctor` to say.
    """
    this_month = BillingMonth.of(here.today())
    asked = [
        (entity, fields)
        for entity in registry.entities
        if entity.bills_in(this_month) and (fields := _connection_of(here, entity)) is not None
    ]
    answers = side_by_side([partial(_list_of, here, entity, fields) for entity, fields in asked])
    listed = {entity.entity: found for (entity, _), found in zip(asked, answers, strict=True) if found is not None}
    return listing_doubts(registry, listed, here.today())


def _connection_of(here: Installation, entity: Entity) -> ConnectionFields | None:
    try:
        return billing_fields(here, entity)
    except Refusal:
        return None


def _list_of(here: Installation, entity: Entity, fields: ConnectionFields) -> list[ListedAccount] | None:
    try:
        return listed_accounts(fields, entity, sql_folder=here.sql_folder)
    except Refusal:
        return None

"""Disputes for the desk: those that are open, what one can be about, and one dispute with its partner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import registry as registry_store
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import Dispute
from partner_program.domain.registry import AccountLink, AccountManager, Partner
from partner_program.usecases.disputes import DisputePart, find_dispute, part_of_disputes
from partner_program.usecases.installation import Installation

NAMED = 50  # of what is open, so many are shown


@dataclass(frozen=True, slots=True)
class OpenDisputes:
    """The first open disputes of a day and how many are open, with the companies of their partners, by id."""

    on: date
    found: DisputePart
    companies: Mapping[str, str]
    managers: Mapping[str, AccountManager]


def open_disputes(installation: Installation, *, on: date, manager_id: str | None = None) -> OpenDisputes:
    """The disputes that are open, by the day on which an answer is due, of all partners or of a manager's."""
    found = part_of_disputes(installation, on=on, first=NAMED, manager_id=manager_id)
    with installation.database.reading() as connection:
        known = registry_store.partners_by_id(connection, {each.partner_id for each in found.lines})
        managers = registry_store.managers(connection)
    return OpenDisputes(on, found, {each.partner_id: each.company_name for each in known.values()}, managers)


@dataclass(frozen=True, slots=True)
class DisputeChoices:
    """What a partner's dispute can be about: the months that were settled, newest first, entities, its own accounts."""

    partner: Partner
    months: tuple[BillingMonth, ...]
    entities: tuple[str, ...]
    links: Sequence[AccountLink]


def dispute_choices(installation: Installation, partner_id: str) -> DisputeChoices:
    """What can be chosen for a new dispute; raises `NotThere` for a partner that is not in the registry."""
    with installation.database.reading() as connection:
        return DisputeChoices(
            partner=registry_store.find_partner(connection, partner_id),
            months=tuple(sorted(settlement_history.assessed_months(connection), reverse=True)),
            entities=tuple(each.entity for each in registry_store.load_entities(connection)),
            links=registry_store.links_of(connection, partner_id),
        )


def dispute_with_partner(installation: Installation, dispute_id: str) -> tuple[Dispute, Partner]:
    """One dispute and whose it is; raises `NotThere` where there is none of that id."""
    dispute = find_dispute(installation, dispute_id)
    with installation.database.reading() as connection:
        return dispute, registry_store.find_partner(connection, dispute.partner_id)

"""What stands in the way of a month's signature, and whether its lines agree with what each entity declared."""

from dataclasses import dataclass

from partner_program.adapters.database import history
from partner_program.adapters.database.month_overview import declared_totals
from partner_program.adapters.database.waiting import unfinished_letters, unpublished_by_entity
from partner_program.domain.month_checks import Agreement, Blocker, agreements, blockers
from partner_program.domain.month_order import IN_FORCE
from partner_program.usecases.desk.month import MonthOverview
from partner_program.usecases.installation import Installation
from partner_program.usecases.publication import entities_with_orders


@dataclass(frozen=True, slots=True)
class MonthChecks:
    """`blockers` keep the month from being signed; where there is none the signature's own look decides.

    `agreements` end in a difference of 0.
    """

    blockers: tuple[Blocker, ...]
    agreements: tuple[Agreement, ...]


def month_checks(installation: Installation, found: MonthOverview) -> MonthChecks:
    """Check a month that is shown: what is counted is counted by the database, and no partner is named."""
    decided = found.decided
    if decided is None:
        return MonthChecks((), ())
    entities = [each.entity for each in entities_with_orders(installation)]
    with installation.database.reading() as connection:
        settlements = history.settlements_of(connection, found.month)
        declared = declared_totals(connection, settlements[-1].settlement_id)
        until = history.last_effective_day(settlements)
        unpublished = sum(unpublished_by_entity(connection, entities, until=until).values())
        letters = unfinished_letters(connection, found.month).get(found.month)
    is_open = blockers(
        held=decided.held_partners,
        proposed=len(found.proposal.differences) if found.proposal else 0,
        unpublished=unpublished,
        recipients=sum(letters.values()) if letters else 0,
    )
    return MonthChecks(is_open if decided.status == IN_FORCE else (), agreements(decided.lines, declared))

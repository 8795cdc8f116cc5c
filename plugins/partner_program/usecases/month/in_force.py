"""What of a month is in force, for those who are told once for each thing that took force."""

from dataclasses import dataclass

from partner_program.adapters.database.history import decision_hashes, settlements_of
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_order import IN_FORCE
from partner_program.usecases.installation import Installation


@dataclass(frozen=True, slots=True)
class InForce:
    """The newest decision about a month that took force.

    A revision may have several: a later run releases partners that were held.
    """

    revision: int
    decision_hash: str


def what_is_in_force(installation: Installation, month: BillingMonth) -> InForce | None:
    """The newest decision that assigned somebody or wrote a rate; None for a month that is history only, or not run."""
    with installation.database.reading() as connection:
        settlements = settlements_of(connection, month)
        deciding = [each for each in settlements if each.status == IN_FORCE and each.decides]
        if not deciding:
            return None
        newest = deciding[-1]
        of_revision = [each for each in settlements if each.revision == newest.revision]
        hashes = decision_hashes(connection, month, newest.revision)
        return InForce(newest.revision, hashes[of_revision.index(newest)])

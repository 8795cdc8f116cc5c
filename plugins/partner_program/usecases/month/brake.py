"""Releasing what the brake stopped, when a person has looked at it."""

from partner_program.adapters.database import brake as brake_store
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.installation import Installation


def release_brake(installation: Installation, month: BillingMonth, *, released_by: str, reason: str) -> list[str]:
    """Release what the brake stopped in a month; return why it had stopped. The month then has to be run again."""
    with installation.database.writing() as connection:
        return brake_store.release(connection, month, released_by=released_by, reason=reason)

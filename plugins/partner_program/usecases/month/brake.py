"""Releasing what the brake stopped, when a person has looked at it."""

from collections.abc import Collection

from partner_program.adapters.database import brake as brake_store
from partner_program.adapters.database.acts import now_by, record_act
from partner_program.domain.acts import BRAKE_RELEASED
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Moved
from partner_program.usecases.installation import Installation


def release_brake(
    installation: Installation,
    month: BillingMonth,
    *,
    released_by: str,
    reason: str,
    decision_hashes: Collection[str] | None = None,
) -> list[str]:
    """Release what the brake stopped in a month; return why it had stopped. The month then has to be run again.

    `decision_hashes` are those that the person looked at: raises `Moved` if the brake has stopped others.
    """
    with installation.database.writing() as connection:
        released = brake_store.release(connection, month, released_by=released_by, reason=reason)
        if decision_hashes is not None and set(decision_hashes) != set(released):
            raise Moved(f"the brake has stopped other decisions of {month} since you looked: look at it again")
        doer = now_by(released_by, reason)
        record_act(connection, BRAKE_RELEASED, str(month), doer, {"released": released}, month=month)
    return [why for reasons in released.values() for why in reasons]

"""Letters that are owed to nobody, as their partners have no billing contact: one sentence, wherever a person looks."""

from sqlalchemy import Connection

from partner_program.adapters.database import deliveries as delivery_store
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.plurals import first_names, plural
from partner_program.usecases.installation import Installation

NAMED = 10


def owed_to_nobody(installation: Installation, month: BillingMonth) -> str:
    """Say which letters of a month are owed to nobody; empty where each has a recipient."""
    with installation.database.reading() as connection:
        return say_owed_to_nobody(connection).get(str(month), "")


def say_owed_to_nobody(connection: Connection) -> dict[str, str]:
    """Return the sentence about each month that owes letters to nobody."""
    return {month: _sentence(partners) for month, partners in delivery_store.owed_to_nobody(connection).items()}


def _sentence(partners: list[str]) -> str:
    are, have = ("is", "has") if len(partners) == 1 else ("are", "have")
    return (
        f"{plural(len(partners), 'letter')} {are} owed to nobody: {first_names(partners, NAMED)} "
        f"{have} no billing contact; add one to contacts.csv, load, run the month again"
    )

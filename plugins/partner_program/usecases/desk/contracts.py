"""One partner's contracts that end, for the desk: its entities are asked now, while a person waits."""

from dataclasses import dataclass

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.contracts import EndingContracts
from partner_program.domain.month_order import months_from_to
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Partner
from partner_program.usecases.contracts import contracts_of_partner, shortening_on
from partner_program.usecases.installation import Installation

MONTHS_AHEAD = 2  # beside this one, where nobody says otherwise
MOST_MONTHS = 12
LONGEST_SECONDS = 20  # a person waits, and a server's thread with it


@dataclass(frozen=True, slots=True)
class PartnerContracts:
    """A partner's contracts that end from `first` to `last`; `shortened_from` is their term in months."""

    partner: Partner
    first: BillingMonth
    last: BillingMonth
    shortened_from: int
    ending: EndingContracts


def partner_contracts(
    installation: Installation, partner_id: str, *, first: BillingMonth | None, last: BillingMonth | None
) -> PartnerContracts:
    """What ends in some months, of which the first is this one where none is named; raises `Refusal` for too many."""
    first = first or BillingMonth.of(installation.today())
    if last is None:
        last = first
        for _ in range(MONTHS_AHEAD):
            last = last.following
    if len(months_from_to(first=first, last=last)) > MOST_MONTHS:
        raise Refusal(f"{first} to {last} is too long, expected at most {MOST_MONTHS} months")
    partner, ending = contracts_of_partner(
        installation, partner_id, first=first.first_day, last=last.last_day, longest_seconds=LONGEST_SECONDS
    )
    scheme = shortening_on(installation, last.last_day)
    return PartnerContracts(partner, first, last, scheme.from_months, ending)

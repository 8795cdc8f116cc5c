"""The reconciliation of a month's letters: owed = the sum of the states, and each unfinished letter by name."""

from dataclasses import dataclass

from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import letter_actions as letter_action_store
from partner_program.adapters.database.history import settlements_or_refusal
from partner_program.adapters.database.letter_actions import LetterAction
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import STATES, Delivery
from partner_program.usecases.installation import Installation


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A month's letters counted: rows `owed`, rows in each state, rows that are not accepted, people's decisions.

    `without_delivery` are partners with a letter and no row for it.
    """

    month: BillingMonth
    owed: int
    states: dict[str, int]
    without_delivery: tuple[str, ...]
    open: tuple[Delivery, ...]
    actions: tuple[LetterAction, ...]

    @property
    def adds_up(self) -> bool:
        """Whether every letter has a row and every row is in a known state."""
        return self.owed == sum(self.states[state] for state in STATES) and not self.without_delivery

    @property
    def needs_a_person(self) -> bool:
        """Whether a person has to decide: ambiguous, refused and undeliverable letters do not go on by themselves.

        Rows that another letter or another address replaced are left out.
        """
        stuck = ("ambiguous", "refused", "undeliverable")
        return any(row.status in stuck and not row.is_replaced for row in self.open)


def reconcile_letters(installation: Installation, month: BillingMonth) -> Reconciliation:
    """Count a month's letters by state; raises `Refusal` where the month was not run."""
    with installation.database.reading() as connection:
        settlements_or_refusal(connection, month)
        counted = delivery_store.count_states(connection, month)
        unfinished = [state for state in STATES if state != "accepted"]
        return Reconciliation(
            month=month,
            owed=delivery_store.count_owed(connection, month),
            states={state: counted.get(state, 0) for state in STATES},
            without_delivery=tuple(delivery_store.letters_without_deliveries(connection, month)),
            open=tuple(delivery_store.deliveries(connection, month, states=unfinished)),
            actions=tuple(letter_action_store.load_actions(connection, month)),
        )

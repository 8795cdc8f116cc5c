"""A month's letters as people look at them: how many in each state, which need somebody first, and the list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from partner_program.adapters.database import acts as act_store
from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import letter_list as letter_list_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.history import effective_day, settlements_or_refusal
from partner_program.domain import acts as kinds
from partner_program.domain.acts import DatedAct
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import STATES, DeliveryState
from partner_program.domain.letter_list import (
    NEEDS,
    KindCount,
    LetterList,
    ListedLetter,
    MonthOfLetters,
    Need,
    Place,
    WantedLetters,
)
from partner_program.usecases.acts import dated
from partner_program.usecases.installation import Installation

PAGE = 50
NAMED = 5  # of those that need a person, so many are shown before the list
ABOUT_LETTERS = (
    kinds.LETTERS_APPROVED,
    kinds.LETTERS_APPROVED_BY_NOBODY,
    kinds.LETTERS_REJECTED,
    kinds.LETTERS_SENT,
    kinds.LETTER_ARRIVED,
    kinds.LETTER_AGAIN,
    kinds.LETTER_NEVER_CAME,
    kinds.LETTERS_BOUNCED,
)


@dataclass(frozen=True, slots=True)
class LettersOverview:
    """A month's letters counted: recipients by state, by kind and state, and those that need a person.

    `owed` counts the rows whatever their state; `without_delivery` are partners with a letter and no row for it.
    `needs` has the first few of each kind.
    """

    month: BillingMonth
    revision: int
    effective_on: date | None
    owed: int
    states: Mapping[DeliveryState, int]
    without_delivery: tuple[str, ...]
    counts: tuple[KindCount, ...]
    needs: tuple[tuple[Need, int, tuple[ListedLetter, ...]], ...]
    acts: tuple[DatedAct, ...]

    @property
    def difference(self) -> int:
        """How many rows are in no known state: 0, or something is broken."""
        return self.owed - sum(self.states.values())

    @property
    def on_the_way(self) -> int:
        """How many are approved and not finished."""
        return sum(self.states.get(state, 0) for state in ("approved", "claimed", "dot_pending", "deferred"))


def list_months(installation: Installation) -> list[MonthOfLetters]:
    """Every month that owes letters, the newest first."""
    with installation.database.reading() as connection:
        return letter_list_store.months_of_letters(connection)


def letters_overview(installation: Installation, month: BillingMonth) -> LettersOverview:
    """Count a month's letters; raises `NotThere` where the month was not run."""
    with installation.database.reading() as connection:
        settlements = settlements_or_refusal(connection, month)
        counted = delivery_store.count_states(connection, month)
        needs = letter_list_store.count_needs(connection, month)
        first = {
            need: letter_list_store.list_letters(connection, month, WantedLetters(need=need), after=None, count=NAMED)
            for need in needs
        }
        acts = act_store.load_acts(connection, *ABOUT_LETTERS, month=month)
        return LettersOverview(
            month=month,
            revision=settlements[-1].revision,
            effective_on=effective_day(settlements),
            owed=delivery_store.count_owed(connection, month),
            states={state: counted.get(state, 0) for state in STATES},
            without_delivery=tuple(delivery_store.letters_without_deliveries(connection, month)),
            counts=tuple(letter_list_store.count_kinds(connection, month)),
            needs=tuple((need, needs[need], tuple(first[need])) for need in NEEDS if need in needs),
            acts=dated(installation, acts),
        )


def find_letters(
    installation: Installation,
    month: BillingMonth,
    wanted: WantedLetters,
    *,
    after: Place | None = None,
    count: int = PAGE,
) -> LetterList:
    """At most `count` of a month's wanted rows after a place; raises `NotThere` where the month was not run."""
    with installation.database.reading() as connection:
        settlements_or_refusal(connection, month)
        found = letter_list_store.list_letters(connection, month, wanted, after=after, count=count + 1)
        every = delivery_store.count_owed(connection, month)
        of = every if wanted == WantedLetters() else letter_list_store.count_letters(connection, month, wanted)
        languages = registry_store.languages(connection)
    shown = tuple(found[:count])
    return LetterList(
        month=month,
        rows=shown,
        of=of,
        every=every,
        next_after=Place.of(shown[-1].delivery) if len(found) > count else None,
        languages=languages,
    )

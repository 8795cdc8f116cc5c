"""A month's letters as people look at them: how many in each state, which need somebody first, and the list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from partner_program.adapters.database import acts as act_store
from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import letter_list as letter_list_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.history import effective_day, settlements_or_refusal
from partner_program.adapters.database.settlement_counts import letter_kinds
from partner_program.domain import acts as act_kinds
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
    act_kinds.LETTERS_APPROVED,
    act_kinds.LETTERS_APPROVED_BY_NOBODY,
    act_kinds.LETTERS_REJECTED,
    act_kinds.LETTERS_SENT,
    act_kinds.LETTER_ARRIVED,
    act_kinds.LETTER_AGAIN,
    act_kinds.LETTER_NEVER_CAME,
    act_kinds.LETTERS_BOUNCED,
)


@dataclass(frozen=True, slots=True)
class LettersOverview:
    """A month's letters counted: recipients by state, by kind and state, and those that need a person.

    `without_delivery` are partners with a letter and no row for it. `needs` has the first few of each kind. Whoever
    looks for some letters is not told of these: `counts` has none then, nor has `without_delivery`.
    """

    month: BillingMonth
    revision: int
    effective_on: date | None
    states: Mapping[DeliveryState, int]
    without_delivery: tuple[str, ...]
    counts: tuple[KindCount, ...]
    needs: tuple[tuple[Need, int, tuple[ListedLetter, ...]], ...]
    acts: tuple[DatedAct, ...]

    @property
    def owed(self) -> int:
        """How many recipients' rows there are."""
        return sum(self.states.values())

    @property
    def on_the_way(self) -> int:
        """How many are approved and not finished."""
        return sum(self.states.get(state, 0) for state in ("approved", "claimed", "dot_pending", "deferred"))

    def count_of(self, wanted: WantedLetters) -> int | None:
        """How many rows are wanted, where that is counted already."""
        if wanted.need is not None and wanted == WantedLetters(need=wanted.need):
            return next((number for need, number, _ in self.needs if need == wanted.need), 0)
        if wanted == WantedLetters(state=wanted.state):
            return self.owed if wanted.state is None else self.states[wanted.state]
        return None


def list_months(installation: Installation) -> list[MonthOfLetters]:
    """Every month that owes letters, the newest first."""
    with installation.database.reading() as connection:
        return letter_list_store.months_of_letters(connection)


def letters_overview(installation: Installation, month: BillingMonth) -> LettersOverview:
    """Count a month's letters; raises `NotThere` where the month was not run."""
    with installation.database.reading() as connection:
        return _overview(installation, connection, month, whole=True)


def acts_about_letters(installation: Installation, month: BillingMonth) -> tuple[DatedAct, ...]:
    """What people decided about a month's letters, the newest first."""
    with installation.database.reading() as connection:
        return dated(installation, act_store.load_acts(connection, *ABOUT_LETTERS, month=month))


def find_letters(
    installation: Installation,
    month: BillingMonth,
    wanted: WantedLetters,
    *,
    after: Place | None = None,
    count: int = PAGE,
) -> tuple[LettersOverview, LetterList]:
    """A month's letters counted, and at most `count` of its wanted rows after a place.

    By kind they are counted only where all are wanted, from the first on. Raises `NotThere` where the month was not
    run.
    """
    with installation.database.reading() as connection:
        is_whole = wanted == WantedLetters() and after is None
        overview = _overview(installation, connection, month, whole=is_whole)
        of = overview.count_of(wanted)
        if of is None:
            of = letter_list_store.count_letters(connection, month, wanted)
        found = letter_list_store.list_letters(connection, month, wanted, after=after, count=count + 1, of=of)
        languages = registry_store.languages(connection)
        kinds = letter_kinds(connection, month)
    shown = tuple(found[:count])
    return overview, LetterList(
        month=month,
        kinds=tuple(kinds),
        rows=shown,
        of=of,
        every=overview.owed,
        next_after=Place.of(shown[-1].delivery) if len(found) > count else None,
        languages=languages,
    )


def _overview(
    installation: Installation, connection: Connection, month: BillingMonth, *, whole: bool
) -> LettersOverview:
    settlements = settlements_or_refusal(connection, month)
    counted = letter_list_store.count_states(connection, month)
    counts, without = _by_kind(connection, month, counted) if whole else ([], [])
    needs = letter_list_store.count_needs(connection, month)
    first = {
        need: letter_list_store.list_letters(
            connection, month, WantedLetters(need=need), after=None, count=NAMED, of=number
        )
        for need, number in needs.items()
    }
    return LettersOverview(
        month=month,
        revision=settlements[-1].revision,
        effective_on=effective_day(settlements),
        states={state: counted.get(state, 0) for state in STATES},
        without_delivery=tuple(without),
        counts=tuple(counts),
        needs=tuple((need, needs[need], tuple(first[need])) for need in NEEDS if need in needs),
        acts=dated(installation, act_store.load_acts(connection, *ABOUT_LETTERS, month=month)),
    )


def _by_kind(
    connection: Connection, month: BillingMonth, states: Mapping[DeliveryState, int]
) -> tuple[list[KindCount], list[str]]:
    """Recipients by kind and state, and the partners with a letter and no row for it."""
    counts = letter_list_store.count_kinds(connection, month, states)
    if counts is not None:
        return counts, []
    without = delivery_store.letters_without_deliveries(connection, month)
    return letter_list_store.count_kinds_one_by_one(connection, month), without

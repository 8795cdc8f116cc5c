"""The list of a month's letters: which are wanted, what a row says, and which need a person first."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, get_args

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import STATES, Delivery, DeliveryState
from partner_program.domain.letters import LetterKind
from partner_program.domain.refusals import Refusal

# Why a letter does not go on by itself, the most urgent first.
Need = Literal["ambiguous", "refused", "undeliverable", "owed_to_nobody"]
_DIGITS = 16
NEEDS: tuple[Need, ...] = get_args(Need)


@dataclass(frozen=True, slots=True)
class WantedLetters:
    """Which rows are listed; what is None or empty does not choose.

    `need` keeps those that need a person for this reason. `text` is a piece of the company's name or of its id.
    """

    text: str = ""
    state: DeliveryState | None = None
    kind: LetterKind | None = None
    language: str = ""
    need: Need | None = None


@dataclass(frozen=True, slots=True)
class ListedLetter:
    """One recipient's row with the company's name and the language that it is written to in."""

    delivery: Delivery
    company_name: str
    language: str

    @property
    def need(self) -> Need | None:
        """Why a person has to see to it, None where nobody has to."""
        return need_of(self.delivery)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the list ended, without the address of a person: it stands in the address of the next page."""

    revision: int
    partner_id: str
    digits: str

    @classmethod
    def of(cls, row: Delivery) -> "Place":
        """The place of a row."""
        return cls(row.revision, row.partner_id, sha256(row.recipient.encode()).hexdigest()[:_DIGITS])

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read a place as `str` writes it; raises `Refusal`."""
        found = re.fullmatch(rf"(\d{{1,9}})\.([0-9a-f]{{{_DIGITS}}})\.(.+)", text, re.ASCII | re.DOTALL)
        if not found:
            raise Refusal("this is no place in a list of letters")
        return cls(int(found[1]), found[3], found[2])

    def __str__(self) -> str:
        """Revision, digits of the recipient, partner."""
        return f"{self.revision}.{self.digits}.{self.partner_id}"

    def is_of(self, recipient: str) -> bool:
        """Whether it is the place of the row to this recipient."""
        return sha256(recipient.encode()).hexdigest()[:_DIGITS] == self.digits


@dataclass(frozen=True, slots=True)
class LetterList:
    """A page of a month's rows, in the order of their keys; `next_after` is the place of its last row if more follow.

    `of` counts the wanted ones, `every` all of the month. `kinds` are those of the month's letters, `languages` those
    of the registry.
    """

    month: BillingMonth
    rows: tuple[ListedLetter, ...]
    of: int
    every: int
    next_after: Place | None
    kinds: tuple[LetterKind, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many recipients of letters of one kind are in one state."""

    kind: LetterKind
    state: DeliveryState
    recipients: int


@dataclass(frozen=True, slots=True)
class MonthOfLetters:
    """A month that owes letters: its recipients by state, and how many of them need a person."""

    month: BillingMonth
    states: Mapping[DeliveryState, int]
    need_a_person: int

    @property
    def owed(self) -> int:
        """How many recipients' rows there are."""
        return sum(self.states.values())


def need_of(row: Delivery) -> Need | None:
    """Why a person has to see to a row: what another letter or address replaced needs nobody."""
    if row.is_replaced:
        return None
    if row.status == "undeliverable":
        return "undeliverable" if row.recipient else "owed_to_nobody"
    return row.status if row.status in ("ambiguous", "refused") else None


def in_order(states: Mapping[DeliveryState, int]) -> list[tuple[DeliveryState, int]]:
    """The states that occur, in the order in which a letter goes through them."""
    return [(state, states[state]) for state in STATES if states.get(state)]

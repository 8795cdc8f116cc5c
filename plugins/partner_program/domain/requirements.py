"""What an application has to answer: one row of the programme file for each field (rule 11)."""

from dataclasses import dataclass
from typing import Literal

Expected = Literal["answer", "text", "yes", "website", "email", "phone", "amount"]
EXPECTED: tuple[Expected, ...] = ("answer", "text", "yes", "website", "email", "phone", "amount")


@dataclass(frozen=True, slots=True)
class Requirement:
    """A field, the programme's words about it, and what its answer has to be.

    `answer` is any answer but no. Empty lists and None ask for nothing. `at_least_cents` are EUR cents a month;
    `countries` are codes of two capitals; `accepted` and `never` are compared without case, marks and plural.
    """

    field: str
    source: str
    expects: Expected = "answer"
    accepted: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    at_least_cents: int | None = None

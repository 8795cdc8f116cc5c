"""A report: the answer to a question, as sentences, equations and tables.

Every form of an answer is made from it: the terminal's text, JSON, CSV, a page, a sheet of the workbook. A table's rows
are records of one type, whose fields say how they stand in it (`domain.columns`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import ADDED_UP, Column, columns_of, used
from partner_program.domain.program_unit import EURO, Unit

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class ReportTable(Generic[Row]):
    """One table: `name` is its key in files, `empty` what people read where it has no row.

    A field `partner_id` of its records leads to the partner's page. What `adds_up` has `totals` under its rows.
    `instead` is what a terminal says of rows that nobody reads there, unless every one is asked for.
    """

    name: str
    title: str
    kind: type[Row]
    rows: Sequence[Row]
    empty: str = "None."
    adds_up: bool = False
    instead: str = ""

    @property
    def totals(self) -> Mapping[str, int]:
        """What each column of lines and amounts adds up to, by field; nothing where the table does not add up."""
        if not self.adds_up:
            return {}
        return {
            name: sum(getattr(each, name) or 0 for each in self.rows)
            for name, column in self.columns.items()
            if column.form in ADDED_UP
        }

    @property
    def columns(self) -> Mapping[str, Column]:
        """The columns by field; one that is `added` only where a row has a value for it."""
        return used(columns_of(self.kind), self.rows)


@dataclass(frozen=True, slots=True)
class Equation:
    """Parts in minor units that add up to a whole; made of parts that do not, it raises `ArithmeticError`.

    `parts` and `whole` are words and an amount in the smallest unit of `unit`.
    """

    name: str
    parts: tuple[tuple[str, int], ...]
    whole: tuple[str, int]
    unit: Unit = EURO

    def __post_init__(self) -> None:
        """Refuse an equation that does not hold: nobody may read it."""
        if self.difference:
            raise ArithmeticError(f"{self.name}: {self.text}")

    @property
    def difference(self) -> int:
        """What the parts lack of the whole: 0."""
        return self.whole[1] - sum(amount for _, amount in self.parts)

    @property
    def text(self) -> str:
        """The equation in one line, with its difference."""
        words, amount = self.whole
        parts = " + ".join(f"{part} {self.unit.text(minor)}" for part, minor in self.parts)
        return f"{words} {self.unit.amount(amount)} = {parts}; difference {self.unit.text(self.difference)}"


@dataclass(frozen=True, slots=True)
class Report:
    """An answer: `name` is the question's, `said` the answer in sentences, the most important first.

    `unknown` says what could not be answered and why: an entity that did not answer, a month that is missing. `since`
    is the first month of an answer about several. `unit` is what its amounts are in.
    """

    name: str
    title: str
    month: BillingMonth
    said: tuple[str, ...]
    tables: tuple[ReportTable[object], ...]
    equations: tuple[Equation, ...] = ()
    unknown: tuple[str, ...] = ()
    since: BillingMonth | None = None
    unit: Unit = EURO

    def table(self, name: str) -> ReportTable[object]:
        """One of its tables; raises `KeyError` for a name that none has."""
        return {each.name: each for each in self.tables}[name]

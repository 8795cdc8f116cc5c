"""The protocol through which a month is read from a billing database, whatever its dialect."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar

from partner_program.adapters.billing.statements import read_statement, with_stand_ins
from partner_program.domain.refusals import Refusal
from partner_program.domain.revenue import SourceFile

# Contract 1 leaves this column optional. Where the relation lacks it, the statements read NULL in its place.
OPTIONAL_COLUMN = "term_amount_minor"
# A pull demands these; who asks about orders is answered without them, with NULL in their place.
COLUMNS_OF_ORDERS = ("product", "discount_bp", "ordered_on", "posted_on")
# Optional too: what the entity does not know about a line, in words. Lines are asked for it only where it is there.
DOUBT_COLUMN = "doubt"
# No text that a line, a close or a list of accounts may have is longer, in characters.
LONGEST_TEXT = 1_000
# Statements cut longer texts, in characters or in bytes: what they cut has more than `LONGEST_TEXT` characters.
CUT = 4 * LONGEST_TEXT + 1
# More rows of a statement than this are not read: ten times what an entity with a million lines a month has.
MOST_ROWS = {"period_closes": 1_000}
MOST_ROWS_OTHERWISE = 2_000_000
_READ_OPTIONAL = {name: re.compile(rf"(?<!AS )\b{name}\b") for name in (OPTIONAL_COLUMN, *COLUMNS_OF_ORDERS)}
# Where lines of before a day are read, this stands for all lines. Its name sorts after theirs: its query needs them.
_THEN = "program_mrr_line_then"
_LINES = re.compile(r"\bprogram_mrr_line\b")
_ORDERED_ON = re.compile(r"\bordered_on\b")
_OF_CATALOGUE = ("columns_of_", "character_sets_of_", "relations", "unique_line_id")


class BillingFault(Refusal):
    """The billing database of an entity cannot be relied on; the text is for people and holds no secret."""


class UndecodableText(Exception):
    """Some text of the database is not UTF-8: it has to be read as bytes."""


class BillingSnapshot(ABC):
    """One read-only snapshot of an entity's billing database; each dialect has a subclass.

    `sql_folder` holds the statements; `stand_ins` are the entity's own queries in place of relations, by name. Where
    `posted_before` is set, lines that were posted on that day or later, or nobody knows when, are not there. With
    `by_invoice`, groups of orders are told by the day of the invoice instead of that of the order.
    """

    dialect: ClassVar[str]
    stand_in_keyword: ClassVar[str] = "AS NOT MATERIALIZED"

    def __init__(self, sql_folder: Path, stand_ins: Mapping[str, str]) -> None:
        self._sql_folder = sql_folder
        self._stand_ins = stand_ins
        self.files: tuple[SourceFile, ...] = ()  # where it is read from, if that is files
        self.posted_before: date | None = None
        self.by_invoice = False

    def statement(self, name: str) -> str:
        """Return the text of a statement in this dialect, with the entity's own queries in it if there are any."""
        statement = read_statement(self._sql_folder, self.dialect, name)
        if self.by_invoice and name.startswith("month_groups_of_orders"):
            statement = _ORDERED_ON.sub("posted_on", statement)
        for column, read in _READ_OPTIONAL.items():
            if column in statement and column not in self._columns_of_lines:
                statement = read.sub("NULL", statement)
        stand_ins = self._stand_ins
        if self.posted_before is not None and not name.startswith(_OF_CATALOGUE):
            statement = _LINES.sub(_THEN, statement)
            stand_ins = {**stand_ins, _THEN: read_statement(self._sql_folder, self.dialect, "lines_posted_before")}
        return with_stand_ins(statement, stand_ins, keyword=self.stand_in_keyword)

    def lacks(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Return which of these columns lines do not have."""
        return tuple(name for name in columns if name not in self._columns_of_lines)

    @property
    def has_doubts(self) -> bool:
        """Return whether lines have a column for what the entity does not know about them."""
        return DOUBT_COLUMN in self._columns_of_lines

    @cached_property
    def _columns_of_lines(self) -> set[str]:
        return set(map(str.lower, self.columns("program_mrr_line")))

    def has(self, relation: str) -> bool:
        """Return whether there is a table, a view or a query of that name."""
        return relation in self._stand_ins or relation in map(str.lower, self._names())

    def missing(self, relation: str, expected: tuple[str, ...]) -> str | None:
        """Return what is missing of a relation, with the names expected and found; None if nothing is missing."""
        if not self.has(relation):
            return f"{relation} is missing: expected a table or view of that name, found {_listed(self._names())}"
        columns = self.columns(relation)
        absent = [name for name in expected if name not in map(str.lower, columns)]
        return f"{relation}: expected columns {_listed(absent)}, found {_listed(columns)}" if absent else None

    def expect(self, relation: str, columns: tuple[str, ...]) -> None:
        """Raise `BillingFault` where a relation or one of its columns is missing."""
        missing = self.missing(relation, columns)
        if missing:
            raise BillingFault(missing)

    def keeps_line_ids_unique(self) -> bool:
        """Return whether the database itself refuses a second line with the same id."""
        return "program_mrr_line" not in self._stand_ins and any(self.rows("unique_line_id"))

    def _names(self) -> list[str]:
        return [str(row[0]) for row in self.rows("relations")]

    def rows(self, name: str, **values: object) -> Iterator[tuple[Any, ...]]:
        """Return the rows of a statement in the order of the database; raises `BillingFault` at one row too many."""
        most = MOST_ROWS.get(name, MOST_ROWS_OTHERWISE)
        then = {} if self.posted_before is None else {"posted_before": str(self.posted_before)}
        rows = self.read(name, **values, **then, cut=CUT)
        return chain(islice(rows, most), _no_more(rows, name, most))

    @abstractmethod
    def read(self, name: str, **values: object) -> Iterator[tuple[Any, ...]]:
        """Return the rows of a statement one after another: never all of them in memory at once."""

    @abstractmethod
    def columns(self, relation: str) -> list[str]:
        """Return the names of a relation's columns."""

    @abstractmethod
    def account_key(self, account_id: str | bytes) -> str:
        """Return an account id in the form in which the statement `lines_of_accounts` compares it."""


def _no_more(rows: Iterator[tuple[Any, ...]], name: str, most: int) -> Iterator[tuple[Any, ...]]:
    for _ in rows:
        raise BillingFault(f"more than {most:,} rows of {name.replace('_', ' ')}, expected fewer")
    yield from ()


def _listed(names: list[str]) -> str:
    return (", ".join(names[:20]) + (", ..." if len(names) > 20 else "")) or "none"

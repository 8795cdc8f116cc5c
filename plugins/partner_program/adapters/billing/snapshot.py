"""The protocol through which a month is read from a billing database, whatever its dialect."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from partner_program.adapters.billing.statements import read_statement, with_stand_ins
from partner_program.domain.refusals import Refusal

# Contract 1 leaves this column optional. Where the relation lacks it, the statements read NULL in its place.
OPTIONAL_COLUMN = "term_amount_minor"
_READ_OPTIONAL = re.compile(rf"(?<!AS )\b{OPTIONAL_COLUMN}\b")


class BillingFault(Refusal):
    """The billing database of an entity cannot be relied on; the text is for people and holds no secret."""


class UndecodableText(Exception):
    """Some text of the database is not UTF-8: it has to be read as bytes."""


class BillingSnapshot(ABC):
    """One read-only snapshot of an entity's billing database; each dialect has a subclass.

    `sql_folder` holds the statements; `stand_ins` are the entity's own queries in place of relations, by name.
    """

    dialect: ClassVar[str]
    stand_in_keyword: ClassVar[str] = "AS NOT MATERIALIZED"

    def __init__(self, sql_folder: Path, stand_ins: Mapping[str, str]) -> None:
        self._sql_folder = sql_folder
        self._stand_ins = stand_ins

    def statement(self, name: str) -> str:
        """Return the text of a statement in this dialect, with the entity's own queries in it if there are any."""
        statement = read_statement(self._sql_folder, self.dialect, name)
        if OPTIONAL_COLUMN in statement and not self._has_optional_column:
            statement = _READ_OPTIONAL.sub("NULL", statement)
        return with_stand_ins(statement, self._stand_ins, keyword=self.stand_in_keyword)

    @cached_property
    def _has_optional_column(self) -> bool:
        return OPTIONAL_COLUMN in map(str.lower, self.columns("program_mrr_line"))

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

    def keeps_line_ids_unique(self) -> bool:
        """Return whether the database itself refuses a second line with the same id."""
        return "program_mrr_line" not in self._stand_ins and any(self.rows("unique_line_id"))

    def _names(self) -> list[str]:
        return [str(row[0]) for row in self.rows("relations")]

    @abstractmethod
    def rows(self, name: str, **values: object) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement in the order of the database."""

    @abstractmethod
    def columns(self, relation: str) -> list[str]:
        """Return the names of a relation's columns."""

    @abstractmethod
    def account_key(self, account_id: str | bytes) -> str:
        """Return an account id in the form in which the statement `lines_of_accounts` compares it."""


def _listed(names: list[str]) -> str:
    return (", ".join(names[:20]) + (", ..." if len(names) > 20 else "")) or "none"

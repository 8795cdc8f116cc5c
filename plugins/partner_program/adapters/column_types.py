"""Column types that mean the same in every database: the programme's own, and the entities' order databases."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Date, Dialect, Integer, Text, TypeDecorator
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

# Ids and codes are compared by their bytes in every database, whatever its language.
Words = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
Whole = BigInteger().with_variant(Integer(), "sqlite")


class Day(TypeDecorator[date]):
    """A calendar day: a date in PostgreSQL, ISO text in SQLite's STRICT tables."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type of the database at hand."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        """Write a day."""
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        """Read a day."""
        return date.fromisoformat(value) if dialect.name == "sqlite" and value is not None else value

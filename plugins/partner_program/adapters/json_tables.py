"""Tables as text: one JSON value a line, first the names of the columns, then one array a row.

Values keep their kind (a whole number, a text, nothing), ids that begin like a formula or with a zero stay as they are,
and a table of a million rows is read row by row.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

_Row = TypeVar("_Row", bound=tuple[Any, ...])
LONGEST_LINE = 1_000_000  # characters
_line = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class NoTable(ValueError):
    """A text that is not the table that was expected: the message says at which line, and what is wrong."""


def table_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as text; values are whole numbers, texts, None, or lists of those."""
    lines = [_line(list(columns)), *(_line(list(row)) for row in rows)]
    return "\n".join(lines) + "\n"


def rows_text(kind: Any, rows: Iterable[tuple[Any, ...]]) -> str:
    """Return rows of a NamedTuple as text, with its fields as columns.

    A last field with a default is left out where no row has another value, as `rows_of` reads it: so a table keeps the
    form that it had before that field was added.
    """
    found, fields = list(rows), kind._fields
    last, defaults = fields[-1], kind._field_defaults
    if last in defaults and all(row[-1] == defaults[last] for row in found):
        return table_text(fields[:-1], (row[:-1] for row in found))
    return table_text(fields, found)


def table_rows(lines: Iterable[str], columns: Sequence[str]) -> Iterator[list[Any]]:
    """Yield the rows of a table of exactly these columns; raises `NoTable`."""
    numbered = enumerate(lines, start=1)
    if _head(numbered) != list(columns):
        raise NoTable(f"line 1: expected the columns {', '.join(columns)}")
    yield from _rows(numbered, len(columns))


def rows_of(kind: type[_Row], lines: Iterable[str]) -> Iterator[_Row]:
    """Yield the rows of a NamedTuple; a field with a default may be missing from the table. Raises `NoTable`."""
    numbered = enumerate(lines, start=1)
    names = _head(numbered)
    fields: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
    defaults: Mapping[str, object] = kind._field_defaults  # type: ignore[attr-defined]
    needed = [name for name in fields if name not in defaults]
    if len(set(names)) != len(names) or not set(needed) <= set(names) <= set(fields):
        raise NoTable(f"line 1: expected the columns {', '.join(fields)}, found {', '.join(names)[:200]}")
    allowed = [_kinds(kind)[name] for name in names]
    in_order = tuple(names) == fields[: len(names)]
    for number, row in enumerate(_rows(numbered, len(names)), start=2):
        for name, value, kinds in zip(names, row, allowed, strict=True):
            if type(value) not in kinds:
                raise NoTable(f"line {number}: {name} is {str(value)[:40]!r}")
        yield kind(*row) if in_order else kind(**dict(zip(names, row, strict=True)))


def _head(numbered: Iterator[tuple[int, str]]) -> list[str]:
    for _, line in numbered:
        names = _read(1, line)
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            return names
        break
    raise NoTable("line 1: expected the names of the columns")


def _rows(numbered: Iterator[tuple[int, str]], width: int) -> Iterator[list[Any]]:
    for number, line in numbered:
        row = _read(number, line)
        if not isinstance(row, list) or len(row) != width:
            raise NoTable(f"line {number}: expected {width} values")
        yield row


def _read(number: int, line: str) -> Any:
    if len(line) > LONGEST_LINE or not line.endswith("\n"):
        raise NoTable(f"line {number}: is cut off or too long")
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise NoTable(f"line {number}: is not JSON") from None


@cache
def _kinds(kind: Any) -> dict[str, frozenset[type]]:
    """Return which types the values of each field may have in JSON."""
    return {name: _types(hint) for name, hint in get_type_hints(kind).items()}


def _types(hint: Any) -> frozenset[type]:
    if get_origin(hint) in (UnionType, Union):
        return frozenset(each for part in get_args(hint) for each in _types(part))
    if get_origin(hint) is Literal:
        return frozenset(type(value) for value in get_args(hint))
    if hint in (int, str, type(None)):
        return frozenset({hint})
    raise TypeError(f"{hint} has no plain form in a table")

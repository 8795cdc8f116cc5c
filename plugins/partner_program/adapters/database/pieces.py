"""Looks for a piece of text in a column, in whatever case, on both databases."""

from sqlalchemy import ColumnElement, Connection, collate, func


def has_piece(
    connection: Connection, column: ColumnElement[str], words: str, *, in_many: bool = False
) -> ColumnElement[bool]:
    """Whether a text has a piece in it, in whatever case.

    SQLite sees no case in ASCII, and in nothing else. PostgreSQL makes ASCII small fast, and other letters slowly: it
    is asked to where the piece has one. It expects few texts with a piece; with `in_many` it expects a third.
    """
    pattern = "".join(f"/{each}" if each in "/%_" else each for each in words)
    if connection.dialect.name == "sqlite":
        return column.like(f"%{pattern}%", escape="/")
    if in_many:
        small = func.lower(collate(column, "C") if words.isascii() else column)
        return func.strpos(small, func.lower(words)) > 0
    if words.isascii():
        return func.lower(collate(column, "C")).like(f"%{pattern.lower()}%", escape="/")
    return func.lower(column).like(func.lower(f"%{pattern}%"), escape="/")

"""Puts a database's error into words without the values of a row: names and addresses must not get into a log.

PostgreSQL quotes values in the lines DETAIL and CONTEXT and, if a value is at fault, in the first line; MariaDB and
MySQL may quote them anywhere. SQLite names only columns.
"""

import re
from typing import Any

_BAD_VALUE = "22"  # the class of SQLSTATE in which the server's first line quotes the value itself
_BAD_BYTES = "22021"  # of that class, but quotes only the bytes of one character
_NO_SQL = 1064  # MariaDB and MySQL
_AT_LINE = re.compile(r"at line (\d+)$", re.ASCII)
# Errors of MariaDB and MySQL whose own words are safe: they name tables, columns, logins and places, never a value of a
# row. Those of the second line are what somebody meets who writes queries.
_OWN_WORDS = {
    *(1040, 1044, 1045, 1049, 1053, 1054, 1142, 1143, 1146, 1205, 1213, 1227, 1290, 1317, 1356, 1370, 1449, 1698),
    *(1052, 1055, 1060, 1222, 1248, 1305),
    *(1792, 1836, 1927, 1969, 3024),
    *range(2000, 3000),  # errors of the client: there is no connection, or it was lost
}
_SENTENCES = {
    1048: "a value is missing",
    1062: "a row with the same key is there already",
    1264: "a number is too large for its column",
    1292: "a value does not fit its column",
    1366: "a value does not fit its column",
    1406: "a value is too long for its column",
    1451: "another table needs the row",
    1452: "another table lacks the row that this one names",
    4025: "a rule of the table is broken",
}


def plain_words(error: object) -> str:
    """Describe a driver's error for people: the server's own first line or a sentence of ours, and the error's code."""
    if hasattr(error, "diag"):
        return _of_postgresql(error)
    arguments = getattr(error, "args", ())
    if arguments and isinstance(arguments[0], int):
        return _of_mysql(*arguments)
    return str(error)


def _of_postgresql(error: Any) -> str:
    if error.sqlstate is None:  # the server was not reached or the connection was lost: the client wrote the words
        return (str(error).splitlines() or [type(error).__name__])[0]
    is_about_a_value = error.sqlstate.startswith(_BAD_VALUE) and error.sqlstate != _BAD_BYTES
    said = "a value does not fit its column" if is_about_a_value else error.diag.message_primary
    return f"{said} (SQLSTATE {error.sqlstate})"


def _of_mysql(number: int, said: object = "", *_: object) -> str:
    if number == _NO_SQL:  # the words quote the statement, in which values may stand
        line = _AT_LINE.search(str(said))
        return f"the server cannot parse the statement{f', at line {line[1]}' if line else ''} (error {number})"
    words = said if number in _OWN_WORDS else _SENTENCES.get(number, "the server's words may quote values, see its log")
    return f"{words} (error {number})"

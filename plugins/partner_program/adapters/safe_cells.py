"""Keeps a text a text in a table that a spreadsheet opens: what looks like a formula is not run."""

import re
from typing import TypeVar

_Value = TypeVar("_Value")
_UNSEEN = r"\s\x00-\x20\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
_FORMULA = re.compile(
    rf"[\t\r\n]|[{_UNSEEN}]*[=+\-@|\uff1d\uff0b\uff0d\uff20]"
)  # full-width signs count in some locales


def safe_cell(value: _Value) -> _Value | str:
    """Return the value; a text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value

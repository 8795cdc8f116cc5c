"""Characters that nobody sees: with one of them in it, a text is not what it looks like."""

import re
import unicodedata

# Of a visible category, and yet they show as nothing or as a blank.
BLANK_LIKE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
# Control characters, and those that change the reading direction.
STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_WITHOUT_WIDTH = frozenset("\u00ad\u180e\u200b\u2060\u2061\u2062\u2063\u2064")


def hidden_character(text: str) -> str | None:
    """The first character of a person's text that nobody sees, by code point and name; None where all are seen.

    Joiners are left: some scripts need them to spell a name.
    """
    for each in text:
        if each in _WITHOUT_WIDTH or each in BLANK_LIKE or STEERING.match(each):
            return f"U+{ord(each):04X} {unicodedata.name(each, '')}".strip()
    return None

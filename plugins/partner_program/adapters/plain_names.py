"""Makes names that other people typed safe for one line of a letter: invisible characters could mislead a reader.

Line breaks and control characters become a space, bidi controls and other invisible characters are removed, a lone
surrogate becomes U+FFFD, and marks piled on one letter are cut where they would cover the lines above. Joiners stay:
Persian names and emoji need them. Markup is not changed here; the templates escape it.
"""

import re

LONGEST_NAME = 160
LONGEST_READ = 20 * LONGEST_NAME  # characters after these are ignored
_SPACE_LIKE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_INVISIBLE = re.compile(
    r"[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_PILED_MARKS = re.compile(f"({_MARK}{{4}}){_MARK}+")  # no language writes more than four of these on a letter
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def plain_name(text: str, *, longest: int = LONGEST_NAME) -> str:
    """Return the name as one visible line of at most `longest` characters; a longer one ends in an ellipsis."""
    if text.isascii() and text.isprintable() and len(text) <= longest and "  " not in text:
        return text.strip(" ")
    visible = _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", text[:LONGEST_READ]))
    line = _SPACE_LIKE.sub(" ", _PILED_MARKS.sub(r"\1", visible)).strip()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"

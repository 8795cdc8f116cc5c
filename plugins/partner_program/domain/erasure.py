"""Replaces a person's name and address by a keyed pseudonym, wherever they were written down (rule 13).

The pseudonym is the same for the same words and key: a record still shows that two acts were one person's. Without the
key nobody can find out by trying names whose pseudonym it is. It is no address: no mail can go to it.
"""

import html
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest

SHORTEST_KEY = 16  # characters
_HEX = 16


def pseudonym(key: str, words: str) -> str:
    """Return what stands for a name or an address; capitals and the way in which accents are encoded do not count."""
    plain = " ".join(unicodedata.normalize("NFC", words).casefold().split())
    return f"erased-{digest(key.encode(), plain.encode(), sha256).hex()[:_HEX]}"


@dataclass(frozen=True, slots=True)
class Erased:
    """The words that are erased, and the pseudonym that takes their place.

    All are found as whole words only. Capitals do not count, but in a name of one word: it is an ordinary word, too.
    """

    addresses: tuple[str, ...]
    names: tuple[str, ...]
    pseudonym: str

    def names_of(self, text: str) -> bool:
        """Whether a text is one of the names and nothing else; capitals and blanks around it do not count."""
        return text.strip().casefold() in {each.strip().casefold() for each in self.names}

    def without_names(self) -> "Erased":
        """The same for texts about others, where only an address is certain to mean this person."""
        return Erased(self.addresses, (), self.pseudonym)

    def out_of(self, text: str) -> str:
        """Return a text without the words; as HTML or JSON writes them, too."""
        for pattern in self._patterns():
            text = pattern.sub(self.pseudonym, text)
        return text

    def _patterns(self) -> Iterable[re.Pattern[str]]:
        for each in (*self.addresses, *self.names):
            flags = re.IGNORECASE if each in self.addresses or " " in each.strip() else re.NOFLAG
            for written in sorted(_ways_to_write(each), key=len, reverse=True):
                yield re.compile(rf"(?<![\w.+-]){re.escape(written)}(?![\w-])", flags)


def _ways_to_write(words: str) -> set[str]:
    numbered = html.escape(words, quote=False).replace("'", "&#39;").replace('"', "&#34;")
    escaped = {
        words,
        html.escape(words),
        numbered,
        json.dumps(words)[1:-1],
        json.dumps(words, ensure_ascii=False)[1:-1],
    }
    return {each for each in escaped if each.strip()}

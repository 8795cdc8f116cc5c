"""Replaces a person's name and address by a keyed pseudonym, wherever they were written down (rule 13).

The pseudonym is the same for the same words and key: a record still shows that two acts were one person's. Without the
key nobody can find out by trying names whose pseudonym it is. It is no address: no mail can go to it.
"""

import html
import json
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from hmac import digest

from partner_program.domain.acts import plain_person

SHORTEST_KEY = 16  # characters
_HEX = 16


def pseudonym(key: str, words: str) -> str:
    """Return what stands for a name or an address; capitals and the way in which accents are encoded do not count."""
    return f"erased-{digest(key.encode(), plain_person(words).encode(), sha256).hex()[:_HEX]}"


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
        return plain_person(text) in map(plain_person, self.names)

    def without_names(self) -> "Erased":
        """The same for texts about others, where only an address is certain to mean this person."""
        return Erased(self.addresses, (), self.pseudonym)

    def about(self, partner_id: str | None, partners: Collection[str] | None) -> "Erased":
        """The same for a text about a partner: names count for the person's `partners`, for all where they are None."""
        return self if partners is None or partner_id in partners else self.without_names()

    @property
    def pieces(self) -> tuple[str, ...]:
        """A piece of each of the words, in small ASCII letters: where none of them stands, none of the words does.

        That is so however a text is written, and looking for them is a hundred times as fast.
        """
        return _pieces(self)

    def out_of(self, text: str) -> str:
        """Return a text without the words; as HTML or JSON writes them, too."""
        small = text.lower()
        if not any(piece in small for piece in self.pieces):
            return text
        for pattern in _patterns(self):
            text = pattern.sub(self.pseudonym, text)
        return text

    def may_stand_in(self, text: str) -> bool:
        """Whether one of the words stands in a text, in whatever capitals."""
        return any(re.search(pattern.pattern, text, re.IGNORECASE) for pattern in _patterns(self))

    def out_of_doer(self, text: str) -> str:
        """Return who did something without the words; a name stands there alone as a rule, in whatever capitals."""
        return self.pseudonym if self.names_of(text) else self.out_of(text)


@lru_cache(maxsize=4)
def _pieces(erased: Erased) -> tuple[str, ...]:
    """The longest piece of each word; an empty one, which stands everywhere, of a word without any ASCII."""
    words = (unicodedata.normalize("NFC", each) for each in (*erased.addresses, *erased.names))
    longest = {max(re.findall(r"[A-Za-z0-9@.-]+", each), key=len, default="") for each in words}
    return tuple(sorted(each.lower() for each in longest))


@lru_cache(maxsize=4)
def _patterns(erased: Erased) -> tuple[re.Pattern[str], ...]:
    """Find each of the words, the longest way to write it first."""
    return tuple(
        _pattern(written, re.NOFLAG if each in erased.names and " " not in each.strip() else re.IGNORECASE)
        for each in (*erased.addresses, *erased.names)
        for written in sorted(_ways_to_write(each), key=len, reverse=True)
    )


def _pattern(words: str, flags: re.RegexFlag) -> re.Pattern[str]:
    """Find words that are no part of others; a line may have been broken at a blank."""
    written = r"\s+".join(map(re.escape, words.split()))
    return re.compile(rf"(?<![\w.+-]){written}(?![\w-])", flags)


def _ways_to_write(words: str) -> set[str]:
    found = set()
    for each in (words, unicodedata.normalize("NFC", words), unicodedata.normalize("NFD", words)):
        numbered = html.escape(each, quote=False).replace("'", "&#39;").replace('"', "&#34;")
        in_json = json.dumps(each)[1:-1], json.dumps(each, ensure_ascii=False)[1:-1]
        found |= {each, html.escape(each), numbered, *in_json}
    return {each for each in found if each.strip()}

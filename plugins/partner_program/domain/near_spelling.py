"""Finds the code that was probably meant: the same characters written in another way, or one slip away."""

from collections.abc import Collection
from itertools import takewhile

from partner_program.domain.findings import one_line
from partner_program.domain.registry_doubts import look_of, spelt

_SHORTEST = 4  # every short code is one slip away from another
_MOST_COMPARED = 20_000  # a slip is looked for in each code that is there


class NearSpellings:
    """Codes that are there, to be asked for those that are not."""

    def __init__(self, codes: Collection[str]) -> None:
        self._by_core: dict[str, str] = {}
        for code in sorted(codes):
            self._by_core.setdefault(_core(code), code)

    def of(self, written: str) -> str | None:
        """The code that differs in nothing but script, case, signs or leading zeros; else one that is one slip away."""
        core = _core(written)
        if core in self._by_core:
            return self._by_core[core]
        if len(core) < _SHORTEST or len(self._by_core) > _MOST_COMPARED:
            return None
        return next((code for other, code in self._by_core.items() if is_one_slip(core, other)), None)

    def question(self, written: str) -> str:
        """The question to a person, to be put behind a code; empty where nothing is near."""
        meant = self.of(written)
        return "" if meant is None else f": is {one_line(spelt(meant))} meant, which is linked to no partner?"


def _core(code: str) -> str:
    return "".join(filter(str.isalnum, look_of(code))).lstrip("0")


def is_one_slip(one: str, other: str) -> bool:
    """Whether one character is wrong, missing or too many, or two neighbours changed places."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = _begin_alike(one, other)
    one, other = one[start:], other[start:]
    end = _begin_alike(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    return (len(one) <= 1 and len(other) <= 1) or (len(one) == 2 and one == other[::-1])


def _begin_alike(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))

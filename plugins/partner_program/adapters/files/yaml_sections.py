"""Reads the mappings of a strict YAML file key by key, each value as the kind that the caller asks for.

A value at fault is recorded and replaced by a stand-in, so that the rest of the file is read too and all faults can be
reported at once. Discard the result if any fault was recorded.
"""

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import TypeVar

import yaml

from partner_program.adapters.files import values as written_values
from partner_program.adapters.files.faults import FileFaults, quoted
from partner_program.domain.near_names import did_you_mean
from partner_program.domain.refusals import Refusal

REFUSED = "refused"
_TEXT = "tag:yaml.org,2002:str"
_NUMBER = "tag:yaml.org,2002:int"
_BOOLEAN = "tag:yaml.org,2002:bool"
_DAY = "tag:yaml.org,2002:timestamp"
_NOTHING = "tag:yaml.org,2002:null"
_YES_OR_NO = yaml.SafeLoader.bool_values
_KINDS = {
    _TEXT: "a text",
    _NUMBER: "a whole number",
    _BOOLEAN: "a boolean to YAML",
    _DAY: "a day",
    "tag:yaml.org,2002:float": "a fraction",
    _NOTHING: "nothing to YAML",
    "tag:yaml.org,2002:merge": "a merge key",
    "tag:yaml.org,2002:seq": "a list",
    "tag:yaml.org,2002:map": "a mapping",
}
_LINES = re.compile(
    "[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029])|[^\r\n\x85\u2028\u2029]+"
)  # as YAML counts them
Value = TypeVar("Value")
Word = TypeVar("Word", bound=str)


class Section:
    """A mapping of the file. `place` is the path to it from the top of the file; `sound` is False if a fault was found.

    A section that is missing or was refused (`node` is None) returns stand-ins and records no further fault.
    """

    def __init__(self, node: yaml.MappingNode | None, place: str, faults: FileFaults) -> None:
        self.sound = node is not None
        self._silent = node is None
        self._line = _line(node) if node else 1
        self._place = place
        self._faults = faults
        self._values: dict[str, tuple[int, yaml.Node]] = {}
        self._asked: dict[str, None] = {}
        self._parts: list[Section] = []
        for key, value in node.value if node else ():
            self._take(key, value)

    def fault(self, key: str, fault: str) -> None:
        """Record a fault of the value under a key."""
        self._fault(self._values[key][0] if key in self._values else self._line, key, fault)

    def has(self, key: str) -> bool:
        """Return whether an optional key is there."""
        self._asked[key] = None
        return key in self._values

    def keys(self, read: Callable[[str], str]) -> list[str]:
        """Return the names of the keys that `read` takes; it refuses the others, each a fault."""
        found = []
        for key in self._values:
            self._asked[key] = None
            try:
                found.append(read(key))
            except Refusal as refusal:
                self.fault(key, str(refusal))
        return found

    def text(self, key: str, read: Callable[[str], str] = written_values.text) -> str:
        """Read a text, by default one that is not blank."""
        return self._read(key, read, "", _TEXT)

    def whole(self, key: str, read: Callable[[str], int]) -> int:
        """Read a whole number; `read` checks its range."""
        return self._read(key, read, 0, _NUMBER)

    def day(self, key: str) -> date:
        """Read a calendar day."""
        return self._read(key, written_values.day, date.min, _DAY, _TEXT)

    def boolean(self, key: str) -> bool:
        """Read the word true or false; YAML's yes, no, on and off are refused: most readers take them for words."""
        return self._read(key, written_values.boolean, False, _BOOLEAN)

    def choice(self, key: str, choices: Sequence[Word]) -> Word:
        """Read one of a few words."""
        return self._read(key, lambda written: written_values.choice(written, choices), choices[0], _TEXT)

    def word(self, key: str, choices: Sequence[Word]) -> Word:
        """Read one of a few words, among them `off`, which YAML takes for no; the first one stands in for a fault."""
        return self._read(key, lambda written: written_values.choice(written, choices), choices[0], _TEXT, _BOOLEAN)

    def choices(self, key: str, choices: Sequence[Word], count: int | None) -> tuple[Word, ...]:
        """Read a list whose cells are each one of a few words: exactly `count` cells, or any number if it is None."""
        cells = self._list(key)
        if cells is not None and count is not None and len(cells) != count:
            self.fault(key, f"has {len(cells)} cells, expected {count}")
        return tuple(
            self._scalar(cell, way, lambda written: written_values.choice(written, choices), choices[0], _TEXT)
            for way, cell in _numbered(key, cells)
        )

    def wholes(self, key: str, read: Callable[[str], int], count: int) -> tuple[int, ...]:
        """Read whole numbers: a list of exactly `count` cells, or one number that stands for each of them."""
        node = self._value(key)
        if not isinstance(node, yaml.SequenceNode):
            return (self._scalar(node, key, read, 0, _NUMBER),) * count
        if len(node.value) != count:
            self.fault(key, f"has {len(node.value)} cells, expected {count}")
        return tuple(self._scalar(cell, way, read, 0, _NUMBER) for way, cell in _numbered(key, node.value))

    def numbers(self, key: str, read: Callable[[str], int]) -> tuple[int, ...]:
        """Read a list of whole numbers, at least one."""
        cells = self._list(key)
        if cells == []:
            self.fault(key, "is an empty list, expected at least one entry")
        return tuple(self._scalar(cell, way, read, 0, _NUMBER) for way, cell in _numbered(key, cells))

    def texts(self, key: str, read: Callable[[str], str] = written_values.text) -> tuple[str, ...]:
        """Read a list of texts, at least one."""
        cells = self._list(key)
        if cells == []:
            self.fault(key, "is an empty list, expected at least one entry")
        return tuple(self._scalar(cell, way, read, "", _TEXT) for way, cell in _numbered(key, cells))

    def section(self, key: str) -> "Section":
        """Return the mapping under a key."""
        return self._part(self._value(key), key)

    def sections(self, key: str) -> list["Section"]:
        """Return the mappings of the list under a key, at least one."""
        rows = self._list(key)
        if rows == []:
            self.fault(key, "is an empty list, expected at least one entry")
        return [self._part(row, way) for way, row in _numbered(key, rows)]

    def answers(self) -> dict[str, str | bool | None]:
        """Read every key as a form is filled in: a text or a number as it is written, yes or no, or nothing."""
        self._asked |= dict.fromkeys(self._values)
        return {key: self._answer(key, node) for key, (_, node) in self._values.items()}

    def _answer(self, key: str, node: yaml.Node) -> str | bool | None:
        if not isinstance(node, yaml.ScalarNode):
            self._wrong_kind(node, key, "one value")
            return None
        if node.tag == _BOOLEAN:
            return _YES_OR_NO[node.value.lower()]
        return None if node.tag == _NOTHING else node.value

    def text_without(self, text: str, keys: Collection[str]) -> str:
        """Return the file's text without the lines of these keys, and the blank lines and comments before each.

        Only for the mapping of the whole file. What is left is what stood there before the keys were added.
        """
        lines = _LINES.findall(text)
        starts = sorted((line - 1, key) for key, (line, _) in self._values.items())
        kept, begins, keeps = list[str](), 0, True
        for line, key in starts:
            while line > begins and _is_between(lines[line - 1]):
                line -= 1
            kept += lines[begins:line] if keeps else []
            begins, keeps = line, key not in keys
        return "".join(kept + (lines[begins:] if keeps else []))

    def close(self) -> None:
        """Record a fault for each key that the caller never asked for, here and in the sections below."""
        for key in self._values:
            if key not in self._asked:
                self.fault(
                    key, f"is not a known key, expected {', '.join(self._asked)}{did_you_mean(key, self._asked)}"
                )
        for part in self._parts:
            part.close()

    def _take(self, key: yaml.Node, value: yaml.Node) -> None:
        if key.tag == REFUSED:
            self.sound = False
        elif key.tag != _TEXT:
            self._fault(_line(key), "key", f"{_kind(key)}, expected the name of a key")
        elif key.value in self._values:
            self._fault(_line(key), key.value, f"is given twice, expected once (line {self._values[key.value][0]})")
        else:
            self._values[key.value] = _line(key), value

    def _value(self, key: str) -> yaml.Node | None:
        if self.has(key):
            return self._values[key][1]
        self.fault(key, "is missing, expected a value")
        return None

    def _list(self, key: str) -> list[yaml.Node] | None:
        node = self._value(key)
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self._wrong_kind(node, key, "a list")
        return None

    def _part(self, node: yaml.Node | None, way: str) -> "Section":
        found = node if isinstance(node, yaml.MappingNode) else None
        if found is None:
            self._wrong_kind(node, way, "a mapping")
        part = Section(found, self._way(way), self._faults)
        self._parts.append(part)
        return part

    def _read(self, key: str, read: Callable[[str], Value], stand_in: Value, *tags: str) -> Value:
        return self._scalar(self._value(key), key, read, stand_in, *tags)

    def _scalar(
        self, node: yaml.Node | None, way: str, read: Callable[[str], Value], stand_in: Value, *tags: str
    ) -> Value:
        if node is not None and node.tag in tags:
            try:
                return read(node.value)
            except Refusal as refusal:
                self._fault(_line(node), way, str(refusal))
        else:
            self._wrong_kind(node, way, _KINDS[tags[0]])
        return stand_in

    def _wrong_kind(self, node: yaml.Node | None, way: str, expected: str) -> None:
        self.sound = False
        if node is not None and node.tag != REFUSED:
            self._fault(_line(node), way, f"{_kind(node)}, expected {expected}")

    def _way(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key

    def _fault(self, line: int, key: str, fault: str) -> None:
        self.sound = False
        if not self._silent:
            self._faults.add(line, self._way(key), fault)


def _is_between(line: str) -> bool:
    """Whether a line between two keys is blank or a comment of its own."""
    return not line.strip() or line.startswith("#")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _numbered(key: str, nodes: Sequence[yaml.Node] | None) -> list[tuple[str, yaml.Node]]:
    return [(f"{key}[{place}]", node) for place, node in enumerate(nodes or (), start=1)]


def _kind(node: yaml.Node) -> str:
    written = f"{quoted(node.value)} " if isinstance(node, yaml.ScalarNode) else ""
    return f"{written}is {_KINDS.get(node.tag, 'of a kind that is not used here')}"

"""Reads what each value of a programme file says of where it comes from: `source` and `reading`, by its place.

`program` checks that they are there and lets them go: no decision needs them. Here they are kept for people to read. A
place is named as in a fault: `tiers[2]`, `readings.stacking`.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import yaml

from partner_program.domain.program_words import Words

_KEYS = ("source", "reading")


@lru_cache(maxsize=64)
def program_words(path: Path, _content_hash: str) -> dict[str, Words]:
    """Return the words of a file that was loaded, by place; it is read once for each content."""
    node = yaml.compose(path.read_text("utf-8-sig"), Loader=yaml.SafeLoader)
    return dict(_words(node, ""))


def _words(node: yaml.Node | None, place: str) -> Iterator[tuple[str, Words]]:
    if isinstance(node, yaml.SequenceNode):
        for number, row in enumerate(node.value, start=1):
            yield from _words(row, f"{place}[{number}]")
    elif isinstance(node, yaml.MappingNode):
        own = {key.value: " ".join(value.value.split()) for key, value in node.value if key.value in _KEYS}
        if own:
            yield place, Words(**own)
        for key, value in node.value:
            yield from _words(value, f"{place}.{key.value}" if place else key.value)

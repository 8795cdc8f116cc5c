"""Reads a rendered letter as a mail program shows it: tables, links, and the colours of each word."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from types import MappingProxyType

_VOID = {"meta", "br", "img", "link", "hr", "input"}
_RULE = re.compile(r"\.([\w-]+)\{([^}]*)\}")


@cache
def declarations(style: str) -> Mapping[str, str]:
    """CSS declarations as a dictionary, without `!important`; a letter has few, each of them hundreds of times."""
    pairs = [part.partition(":") for part in style.split(";") if part.strip()]
    return MappingProxyType({name.strip(): value.replace("!important", "").strip() for name, _, value in pairs})


def dark_rules(html: str) -> dict[str, Mapping[str, str]]:
    """The declarations of each class for readers who prefer dark colours."""
    block = html.partition("@media (prefers-color-scheme:dark){")[2].partition("@media")[0]
    return {name: declarations(body) for name, body in _RULE.findall(block)}


@dataclass
class Element:
    """An open element with what it inherits."""

    tag: str
    colour: dict[str, str]
    ground: dict[str, str]
    hidden: bool
    size: float


@dataclass
class Letter(HTMLParser):
    """One parsed HTML part."""

    html: str
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    scopes: dict[str, list[str]] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    shown: list[tuple[str, Element]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._dark = dark_rules(self.html)
        self._open: list[Element] = [Element("", {}, {}, hidden=False, size=16)]
        self._parts: list[str] = []
        self._cell: list[str] | None = None
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        self.links += [attributes[name] for name in ("href", "src") if name in attributes]
        if tag == "table":
            self._parts.append(attributes.get("data-part", ""))
            self.tables.setdefault(self._parts[-1], [])
        if tag == "tr":
            self.tables[self._parts[-1]].append([])
        if tag in ("td", "th"):
            self._cell = []
        if tag == "th":
            self.scopes.setdefault(self._parts[-1], []).append(attributes.get("scope", ""))
        if tag not in _VOID:
            self._open.append(self._inherit(tag, attributes))

    def _inherit(self, tag: str, attributes: dict[str, str]) -> Element:
        parent, style = self._open[-1], declarations(attributes.get("style", ""))
        dark = dict(style)
        for name in attributes.get("class", "").split():
            dark |= self._dark.get(name, {})
        by_mode = {"light": style, "dark": dark}
        return Element(
            tag,
            {mode: rules.get("color", parent.colour.get(mode, "")) for mode, rules in by_mode.items()},
            {mode: rules.get("background-color", parent.ground.get(mode, "")) for mode, rules in by_mode.items()},
            parent.hidden or style.get("display") == "none" or tag in ("head", "style", "title"),
            float(style["font-size"].removesuffix("px")) if "font-size" in style else parent.size,
        )

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag, f"</{tag}> closes another element"
        if tag == "table":
            self._parts.pop()
        if tag in ("td", "th") and self._cell is not None:
            self.tables[self._parts[-1]][-1].append("".join(self._cell).strip())
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)
        if data.strip() and not self._open[-1].hidden:
            self.shown.append((data, self._open[-1]))

    @property
    def visible(self) -> str:
        """All text that is shown."""
        return " ".join(data.strip() for data, _ in self.shown)

    @property
    def grants(self) -> list[tuple[str, str, str, str]]:
        """Tier, first day, last day and state of each grace period."""
        cells = [row[-1] for row in self.tables.get("grants", [])]
        return list(zip(*[iter(cells)] * 4, strict=True))

    def colour_pairs(self) -> Iterator[tuple[str, str, str]]:
        """Mode, text colour and background of each text shown."""
        for _, element in self.shown:
            for mode in ("light", "dark"):
                yield mode, element.colour[mode], element.ground[mode]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two #rrggbb colours (WCAG 2)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)

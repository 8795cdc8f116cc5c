"""Makes Great Expectations' Data Docs work without a network: keeps what a page shows, drops what it loads.

Its pages fetch styles, scripts, icons and a logo from seven hosts and are hard to read without them. Only listed
elements are copied, without their attributes, so that nothing is left that a browser could fetch or run, whatever a
later release adds.
"""

import re
from html import escape
from html.parser import HTMLParser
from urllib.parse import quote

_KEPT = frozenset(("div", "span", "strong", "code", "p", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"))
_VOID = frozenset(("br", "hr", "img", "input", "link", "meta"))
_ICONS = {
    "fa-check-circle": ("passed", "\N{CHECK MARK} passed"),
    "fa-times": ("failed", "\N{BALLOT X} failed"),
    "fa-exclamation-triangle": ("failed", "! could not run"),
}
_RUN_INFO = "<h5> Run Info </h5>"


def page_name(entity: str) -> str:
    """Return the file name of an entity's page, whatever characters its code has."""
    return f"{quote(entity, safe='')}.html"


def offline_sections(page: str) -> str:
    """Return the sections of a Data Docs page as plain HTML without references; empty if there are no sections.

    The section about the run is left out: it shows the time, and equal data should give equal pages.
    """
    reader = _SectionReader()
    reader.feed(page)
    reader.close()
    sections = ("".join(parts) for parts in reader.sections)
    return "\n".join(f"<section>{section}</section>" for section in sections if _RUN_INFO not in section)


class _SectionReader(HTMLParser):
    """Copies the content of elements of class `ge-section`.

    `_open` holds the open elements as (tag, fate): `outside` a section, `copied` with its tag, `bare`: only its content
    is copied, `muted`: dropped with its content.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sections: list[list[str]] = []
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Copy an element, its content only, or nothing of it."""
        if tag in _VOID:
            if tag == "br" and self._reads():
                self.sections[-1].append("<br>")
            return
        classes = (dict(attrs).get("class") or "").split()
        fate = self._fate(tag, classes, dict(attrs).get("id") or "")
        if fate == "copied":
            badge = ' class="badge"' if "badge" in classes else ""
            hidden = " hidden" if "hidden" in dict(attrs) else ""
            self.sections[-1].append(f"<{tag}{badge}{hidden}>")
        if fate == "bare":
            said = (_ICONS[name] for name in classes if name in _ICONS)
            self.sections[-1] += [f'<span class="{css}">{text}</span>' for css, text in said]
        self._open.append((tag, fate))

    def _fate(self, tag: str, classes: list[str], element_id: str) -> str:
        around = self._open[-1][1] if self._open else "outside"
        if around == "outside":
            if "ge-section" in classes:
                self.sections.append([])
                return "bare"
            return "outside"
        # Links lead nowhere offline; collapsed blocks are stack traces; subheaders repeat internal names.
        unwanted = tag in ("a", "script", "style") or "collapse" in classes or element_id.endswith("-subheader")
        if around == "muted" or unwanted:
            return "muted"
        return "copied" if tag in _KEPT else "bare"

    def handle_endtag(self, tag: str) -> None:
        """Close an element and the elements left open in it, so that the copied tags stay balanced."""
        if not any(opened == tag for opened, _ in self._open):
            return
        while True:
            opened, fate = self._open.pop()
            if fate == "copied":
                self.sections[-1].append(f"</{opened}>")
            if opened == tag:
                return

    def handle_data(self, data: str) -> None:
        """Copy text and escape it again."""
        if self._reads():
            self.sections[-1].append(escape(re.sub(r"\s+", " ", data)))

    def _reads(self) -> bool:
        return bool(self._open) and self._open[-1][1] in ("copied", "bare")

"""Somebody before a browser, who finds things by what stands on the page: links, labels, buttons, headings."""

import re
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe

PAGES = "/partner-programme"
PATIENCE = 90_000  # milliseconds: what a process apart makes takes longer beside other tests
# `/months/2015-06/sign/check`, `/letters/2015-07/approve/done`, `/grants/new-check/P003`: what is of which kind.
OF_AN_ACT = re.compile(r"[a-z_]+/(?:check|done)\b|(?:[a-z_]+/)?[a-z_]+-(?:check|done)\b")
looked_at: set[str] = set()
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def kept_out(page: Any, **options: Any) -> list[str]:
    """What axe finds on a page as it is shown now."""
    found = Axe().run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"][:3]]


@dataclass
class Seen:
    """What a browser complained about: errors on its console, scripts that failed, rules that were broken."""

    complaints: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)


class Newcomer:
    """Reads, clicks and types, and never names an address below the pages but to begin."""

    def __init__(self, page: Any, address: str, name: str) -> None:
        """Sit down before an empty page."""
        self.page, self.address, self.name = page, address, name
        self.shown = page  # what is read and clicked: the page, or Airflow's frame with the pages in it
        self.seen = Seen()
        page.on("console", self._hear)
        page.on("pageerror", lambda fault: self.seen.complaints.append(f"{page.url}: {fault}"))

    def open(self, path: str = "") -> "Newcomer":
        """Open a page of the programme."""
        self.page.goto(f"{self.address}{PAGES}/{path}", wait_until="load")
        return self

    def open_in_the_frame(self) -> "Newcomer":
        """Open the programme from Airflow's own bar."""
        self.page.goto(self.address, wait_until="load")
        self.page.get_by_role("link", name="Partners").first.click()
        self.shown = self.page.frame_locator("iframe[src*='partner-programme']")
        return self

    def follow(self, words: str, within: str = "main, header") -> "Newcomer":
        """Click the first link with these words."""
        self.shown.locator(within).get_by_role("link", name=words).first.click()
        return self

    def press(self, words: str) -> "Newcomer":
        """Press the button with these words."""
        self.shown.get_by_role("button", name=words).click()
        return self

    def write(self, label: str, words: str) -> "Newcomer":
        """Fill the field with this label."""
        self.shown.get_by_label(label).first.fill(words)
        return self

    def choose(self, label: str, option: str) -> "Newcomer":
        """Choose the first that begins so in the list with this label."""
        options = self.shown.get_by_label(label).first.locator("option")
        shown = [" ".join(each.split()) for each in options.all_inner_texts()]  # without non-breaking blanks
        self.shown.get_by_label(label).first.select_option(
            index=next(place for place, each in enumerate(shown) if each.startswith(option))
        )
        return self

    def pick(self, words: str) -> "Newcomer":
        """Mark the radio button or the box with these words."""
        self.shown.locator("input[type=radio], input[type=checkbox]").and_(self.shown.get_by_label(words)).first.check()
        return self

    def reads(self, *words: str) -> "Newcomer":
        """Wait until the page says all of this."""
        from playwright.sync_api import expect

        for each in words:
            expect(self.shown.locator("main")).to_contain_text(each, timeout=PATIENCE)
        self._look_at_act()
        return self

    def is_at(self, heading: str) -> "Newcomer":
        """Wait for the page with this heading."""
        from playwright.sync_api import expect

        expect(self.shown.get_by_role("heading", level=1)).to_contain_text(heading, timeout=PATIENCE)
        assert not self.page.evaluate(SIDEWAYS), f"{self.page.url} scrolls sideways at {self.page.viewport_size}"
        self._look_at_act()
        return self

    def takes(self, words: str) -> tuple[str, bytes]:
        """Click a link that is a file; its name and its content."""
        with self.page.expect_download() as coming:
            self.shown.locator("main").get_by_role("link", name=words).first.click()
        return coming.value.suggested_filename, coming.value.path().read_bytes()

    def follow_row(self, words: str, link: str) -> "Newcomer":
        """Click the link with these words in the first row of a table that says `words`."""
        self.shown.locator("main tbody tr").filter(has_text=words).first.get_by_role("link", name=link).click()
        return self

    def rows(self, region: str) -> list[str]:
        """The rows of the table below a heading."""
        return list(self.shown.get_by_role("region", name=region, exact=True).locator("tbody tr").all_inner_texts())

    def expects(self, status: int) -> "Newcomer":
        """A page that is refused with this status stands on the console, and is no fault."""
        self.seen.expected.add(status)
        return self

    def _look_at_act(self) -> None:
        """Ask axe about each kind of page that no link leads to: the last look, and what is shown after an act."""
        found = OF_AN_ACT.search(self.page.url) if self.shown is self.page else None  # around it is Airflow's own page
        if found is None or found[0] in looked_at:
            return
        looked_at.add(found[0])
        self.seen.complaints += [f"{self.page.url}: {each}" for each in kept_out(self.page)]

    def _hear(self, message: Any) -> None:
        if message.type != "error":
            return
        if any(f"status of {status}" in message.text for status in self.seen.expected):
            return
        self.seen.complaints.append(f"{self.page.url}: {message.text}")

"""Every page that links lead to: nothing keeps people out (axe), nothing scrolls sideways, no browser complains."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

from playwright.sync_api import Error

from tests.page.browser.conftest import Desk, Opening
from tests.page.browser.newcomer import PAGES, SIDEWAYS, Newcomer, kept_out

# The first page of each kind is looked at; these have most on them.
BEGIN = ("", "months/2015-07", "partners/P003", "receipts/2015-07/P003?lines=yes", "partners?text=p0", "nowhere")
MONTH = re.compile(r"(?<![\w./-])\d{4}-\d\d(?![\w/-]|\.\w)")
# What the pages say, without what is to be typed, ids, the words of people, and letters: their rates name their source.
SAID = """[...document.querySelectorAll("main")].map(main => { const own = main.cloneNode(true);
  own.querySelectorAll("code, .code, iframe, bdi, textarea, q, pre.mail-text").forEach(each => each.remove());
  return own.textContent;
}).join(" ")"""
FILES = re.compile(r"\.(csv|xlsx|json|pdf|zip|eml|txt|yaml)$")
LEAST = 14  # kinds of pages; fewer and the way to some of them is lost


def kind(address: str) -> str:
    """What a page is of, without of whom or when."""
    parts = urlsplit(address)
    path = re.sub(r"/\d{4}-\d\d(?=/|$)", "/MONTH", unquote(parts.path))
    path = re.sub(r"/P\d{3}.*$", "/PARTNER", path)
    return " ".join([path, *sorted(parse_qs(parts.query))])


def links(newcomer: Newcomer) -> list[str]:
    """Where the links of a page lead, within the pages."""
    found = newcomer.page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    inside = f"{newcomer.address}{PAGES}/"
    return [each.split("#")[0] for each in found if each.startswith(inside) and not FILES.search(urlsplit(each).path)]


def test_every_page_is_for_everybody_in_light_and_dark_wide_and_narrow(sitting: Opening, airflow_desk: Desk) -> None:
    kim = sitting("kim").expects(404)
    page = kim.page
    wanted = [f"{airflow_desk.address}{PAGES}/{path}" for path in BEGIN]
    seen: dict[str, str] = {}
    faults: dict[str, list[str]] = {}
    while wanted:
        address = wanted.pop(0)
        name = kind(address)
        if name in seen:
            continue
        seen[name] = address
        page.set_viewport_size({"width": 1280, "height": 900})
        try:
            page.goto(address, wait_until="load")
        except Error as fault:
            if "Download is starting" not in str(fault):
                raise
            continue  # a file, and no page
        wanted += links(kim)
        found = [] if page.locator("h1").count() == 1 else ["not one heading of the page"]
        found += kept_out(page)
        if "/book/" not in address:
            found += [f"a month as programs write it: {each}" for each in MONTH.findall(page.evaluate(SAID))]
        found += ["scrolls sideways at 1280"] if page.evaluate(SIDEWAYS) else []
        page.set_viewport_size({"width": 360, "height": 800})
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        found += ["scrolls sideways at 360"] if page.evaluate(SIDEWAYS) else []
        found += kept_out(page, runOnly=["color-contrast", "scrollable-region-focusable", "target-size"])
        if found:
            faults[address] = found
    assert not faults, "\n".join(f"{address}: {each}" for address, found in faults.items() for each in found)
    assert len(seen) >= LEAST, sorted(seen)


def test_the_keyboard_alone_gets_to_the_content_and_shows_where_it_is(sitting: Opening) -> None:
    lee = sitting("lee").open().is_at("Today")
    page = lee.page
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    assert skip.evaluate("link => link === document.activeElement && link.getBoundingClientRect().left >= 0")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    focused = "document.activeElement"
    assert page.evaluate(f"{focused}.closest('main') !== null"), "the skip link does not lead to the content"
    assert page.evaluate(f"getComputedStyle({focused}).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: not address.endswith(f"{PAGES}/"))


def test_a_list_is_filtered_by_the_keyboard_alone(sitting: Opening) -> None:
    lee = sitting("lee", theme="dark", width=360).open("partners").is_at("Partners")
    lee.page.locator("input[type=search]").focus()
    lee.page.keyboard.type("deichgraf")
    lee.page.keyboard.press("Enter")
    lee.page.wait_for_url("**text=deichgraf**")
    lee.reads("Deichgraf Systemhaus GmbH")

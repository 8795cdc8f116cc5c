"""The months' page stays one page with its own data in it, whatever a partner is called."""

import json
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partner_program.adapters.letters import months_page
from partner_program.adapters.letters.months_page import PageLink, PageMonth, PageRow, month_on_page, write_months_page
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.letters import LETTER_KINDS, OF_SOME_PROGRAMMES
from partner_program.domain.refusals import Refusal
from tests.letters.reading import contrast

TEMPLATE = Path(__file__).parents[3] / "include/templates/letters/pages/months.html"
RAISED = PageRow(
    partner_id="P0042",
    company_name="Noordzee Hosting B.V.",
    tier=3,
    previous_tier=2,
    mrr_eur_cents=634_512,
    monthly_fee_discount_bp=1000,
    setup_fee_discount_bp=3500,
    sla="Gold",
    kind="tier_raised",
    html_href="letters/2015-08/P0042.html",
    text_href="letters/2015-08/P0042.txt",
)
HELD = PageRow("P0009", "Prairie Servers", 1, 1, None, 500, 1000, "Bronze", held_reason="entity US: not closed")


class Elements(HTMLParser):
    """The element names of a page, and the content of its data element."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.data = ""
        self._in_data = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self._in_data = ("id", "data") in attrs

    def handle_data(self, data: str) -> None:
        if self._in_data:
            self.data += data


def month(*rows: PageRow, links: tuple[PageLink, ...] = ()) -> PageMonth:
    return PageMonth("2015-08", "2015-09-01", 1, "in_force", rows, links)


def page(path: Path, *months: PageMonth) -> Elements:
    on_page = (month_on_page(each, len(months)) for each in months)
    write_months_page(path, on_page, template=TEMPLATE, company_name="LeaseWeb", programme_name="Partner Program")
    return Elements(path.read_text("utf-8"))


def test_the_page_carries_each_month_with_its_partners_letters_and_files(tmp_path: Path) -> None:
    july = replace(month(HELD), billing_month="2015-07")
    august = month(RAISED, HELD, links=(PageLink("Register", "register-2015-08.csv"),))
    shown = json.loads(page(tmp_path / "out/index.html", july, august).data)

    assert [each["month"] for each in shown["months"]] == ["2015-07", "2015-08"]
    assert shown["months"][1]["links"] == [["Register", "register-2015-08.csv"]]
    raised, held = shown["months"][1]["rows"]
    assert raised[:5] == ["P0042", "Noordzee Hosting B.V.", 2, 3, 634_512]
    assert raised[8:] == ["tier_raised", "letters/2015-08/P0042.html", "letters/2015-08/P0042.txt", None]
    assert held[-1] == "entity US: not closed"


def test_the_page_names_every_kind_of_letter_from_the_one_list(tmp_path: Path) -> None:
    shown = json.loads(page(tmp_path / "index.html", month(RAISED)).data)

    assert tuple(shown["kinds"]) == tuple(kind for kind in LETTER_KINDS if kind not in OF_SOME_PROGRAMMES)
    assert shown["kinds"]["tier_raised"] == "Tier raised"
    assert [kind for kind in LETTER_KINDS if kind in TEMPLATE.read_text("utf-8")] == []


@settings(deadline=None)
@given(st.text() | st.sampled_from(["</script><script>alert(1)</script>", "<!--", "\u2028", "{{ data }}", "\\u003c"]))
def test_no_name_can_leave_the_data_that_it_is_part_of(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    path = tmp_path_factory.mktemp("page") / "index.html"
    calm = page(path, month(RAISED, HELD))
    hostile = page(path, month(replace(RAISED, company_name=name), replace(HELD, held_reason=name)))

    assert hostile.names == calm.names
    assert json.loads(hostile.data)["months"][0]["rows"][0][1] == plain_name(name)


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "//host.example/x", "/etc/passwd", "../x.html", "a\\..\\b", "file:///x"]
)
def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path, href: str) -> None:
    with pytest.raises(Refusal, match="expected a path below the page's folder"):
        page(tmp_path / "index.html", month(replace(RAISED, html_href=href)))
    assert list(tmp_path.iterdir()) == []


def test_writing_again_replaces_the_page_and_leaves_no_draft(tmp_path: Path) -> None:
    page(tmp_path / "index.html", month(RAISED))
    again = page(tmp_path / "index.html", month(HELD))

    assert "Noordzee" not in again.data
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


def test_the_page_fetches_nothing(tmp_path: Path) -> None:
    page(tmp_path / "index.html", month(RAISED))
    text = (tmp_path / "index.html").read_text("utf-8")

    assert not re.search(r"https?:|url\(|@import|\bfetch\(|innerHTML|document\.write|<img|<link", text)
    assert "default-src 'none'" in text


def many(count: int, **values: Any) -> tuple[PageRow, ...]:
    """So many partners with the longest names that a page has, and characters of four bytes."""
    return tuple(replace(RAISED, partner_id=f"P{i:06}", company_name="😀" * 160, **values) for i in range(count))


@pytest.mark.parametrize("months", [1, 2, 13])
def test_the_page_stays_below_a_megabyte_and_counts_everybody(tmp_path: Path, months: int) -> None:
    rows = many(1_500, tier=2)
    last = replace(month(*rows, replace(HELD, partner_id="P9")), billing_month="2015-12")
    shown = json.loads(page(tmp_path / "index.html", *[month(*rows)] * (months - 1), last).data)["months"]

    assert (tmp_path / "index.html").stat().st_size < 1_000_000
    assert len(shown) == months
    assert all(50 < len(each["rows"]) < 1_500 for each in shown)
    assert shown[-1]["all"] == {
        "partners": 1_501,
        "mrr": 1_500 * 634_512,
        "changes": {"same": 1_500, "held": 1},
        "tiers": {"2": 1_500},
        "kinds": {"tier_raised": 1_500},
        "held": [["entity US: not closed", 1]],
    }
    assert [row[0] for row in shown[-1]["rows"] if row[-1]] == ["P9"]


def test_the_rows_that_do_not_fit_are_those_that_a_reader_looks_for_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    low = replace(RAISED, partner_id="Z", tier=1, previous_tier=2, mrr_eur_cents=1)
    first = replace(RAISED, partner_id="Y", previous_tier=None, mrr_eur_cents=10**9)
    two_steps = replace(low, partner_id="X", tier=4)
    rows = (*many(1_500, tier=2), low, first, two_steps, replace(HELD, partner_id="W"))
    shown = json.loads(page(tmp_path / "index.html", month(*rows)).data)["months"][0]["rows"]
    assert [row[0] for row in shown][-4:] == ["Z", "Y", "X", "W"]  # in the order of the register

    monkeypatch.setattr(months_page, "ROWS_BYTES", 250)
    shown = json.loads(page(tmp_path / "index.html", month(*rows)).data)["months"][0]["rows"]
    assert [row[0] for row in shown] == ["X"]
    from_none = replace(low, partner_id="V", tier=3, previous_tier=0)
    shown = json.loads(page(tmp_path / "index.html", month(*rows, from_none)).data)["months"][0]["rows"]
    assert [row[0] for row in shown] == ["V"]


@pytest.mark.parametrize(
    ("previous", "tier", "held", "change"),
    [
        (None, 0, None, "first"),
        (2, 2, None, "same"),
        (2, 3, None, "raised"),
        (2, 0, None, "lowered"),
        (0, 1, None, "raised"),
        (2, None, "entity US: not closed", "held"),
    ],
)
def test_a_row_says_what_became_of_the_tier(previous: int, tier: int, held: str | None, change: str) -> None:
    assert replace(RAISED, previous_tier=previous, tier=tier, held_reason=held).change == change


def test_reasons_without_number_are_counted_and_the_most_frequent_are_named(tmp_path: Path) -> None:
    own = [replace(HELD, partner_id=f"P{i}", held_reason=f"line {i}: no amount") for i in range(900)]
    shared = [replace(HELD, partner_id=f"S{i}") for i in range(2)]
    counted = json.loads(page(tmp_path / "index.html", month(*own, *shared)).data)["months"][0]["all"]

    assert counted["changes"] == {"held": 902}
    assert counted["held"][0] == ["entity US: not closed", 2]
    assert len(counted["held"]) == 50


def test_ten_thousand_rows_are_written_within_seconds(tmp_path: Path) -> None:
    rows = tuple(replace(RAISED, partner_id=f"P{i:05}", company_name=f"Partner {i}") for i in range(5_000))
    begin = time.perf_counter()
    page(tmp_path / "index.html", month(*rows), replace(month(*rows), billing_month="2015-09"))

    assert time.perf_counter() - begin < 10
    assert (tmp_path / "index.html").stat().st_size < 1_000_000


@pytest.mark.parametrize("mode", [0, 1])
def test_the_page_has_enough_contrast_in_light_and_dark(mode: int) -> None:
    style = TEMPLATE.read_text("utf-8")
    blocks = [dict(re.findall(r"--([\w-]+):(#\w+)", block)) for block in re.findall(r":root\{([^}]*)\}", style)]
    colours = {name: longer(value) for name, value in (blocks[0] | blocks[mode]).items()}
    pairs = [(text, ground) for text in ("text", "muted", "link") for ground in ("page", "card", "hover")]
    pairs += [(name, f"{name}-bg") for name in ("up", "down", "first", "held", "same")]
    pairs += [("on-band", "band"), ("on-band-muted", "band")]

    assert [pair for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < 4.5] == []


def longer(colour: str) -> str:
    """#abc as #aabbcc."""
    return colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])

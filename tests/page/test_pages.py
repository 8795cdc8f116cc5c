"""What each page says about the small world, and that it says so when something is not there."""

import csv
import io
import re
from datetime import date
from typing import Any

import pytest

from partner_program.domain.partner_list import Wanted
from partner_program.page.links import Links
from partner_program.page.words import NOTHING
from partner_program.usecases.desk.partners import find_partners
from tests.page.asking import PREFIX, Asking, mounted
from tests.worlds import World

PAGES = (
    "",
    "partners",
    "partners/P1",
    "months",
    "months/2015-07",
    "benefits",
    "benefits/of/P2-seeding_options-2015-08-10",
    "acts",
    "quote?partner=P1",
    "disputes",
    "disputes/answer/P1-2015-07-1",
    "contracts/P1",
)


def words_of(html: str) -> str:
    """What a page says, without its marks and with plain blanks."""
    import html as marks

    body = re.sub(r"<[^>]*>", " ", html.split('<main id="main">', 1)[1])
    return " ".join(marks.unescape(body).replace("\N{NO-BREAK SPACE}", " ").split())


def test_today_names_everything_that_waits_and_where_to_see_to_it(ask: Asking) -> None:
    answer = ask(role="admin")
    said = words_of(answer.text)
    for what in (
        "Approve 4 letters of June 2015",
        "Approve 2 letters of July 2015",
        "Publish the rates of 4 accounts at NL",
        "Release P3, held in July 2015",
        "entity US: July 2015 not closed",
        "Answer the dispute of P1 about July 2015",
        "Decide about Seeding Options for P2",
        "Grace of Tier 3 has ended for P4",
    ):
        assert what in said
    assert f'href="{PREFIX}/months/2015-06"' in answer.text
    assert f'href="{PREFIX}/disputes/answer/P1-2015-07-1"' in answer.text


def test_what_a_viewer_cannot_do_waits_for_others(ask: Asking) -> None:
    assert "Nothing waits for you" in words_of(ask(role="viewer").text)
    said = words_of(ask(role="user").text)
    assert re.search(r"\d+ things wait for you .*Approve 4 letters of June 2015", said)


def test_a_month_shows_who_fell_who_is_held_and_sums_that_add_up(ask: Asking) -> None:
    said = words_of(ask("months/2015-07").text)
    assert "July 2015" in said
    assert "In force, rates from 3 August 2015" in said
    assert "NL: 4 lines read = 4 in buckets, difference 0" in said
    assert "What blocks the signature 1 partner held 4 accounts without the published rate" in said
    assert "2 letters not delivered" in said
    assert "NL EUR 7,799.99 0.00 7,799.99 7,799.99 0.00" in said  # 1,999.99 + 5,100 + 600 + 100
    assert "entity US: July 2015 not closed" in said


def test_a_partner_shows_tier_rate_since_when_and_the_gap(ask: Asking) -> None:
    answer = ask("partners/P1")
    said = words_of(answer.text)
    assert "New orders get 5 % off the monthly fee and 10 % off the set-up fee, since 3 August 2015." in said
    assert "Revenue, July 2015 1,999.99 EUR" in said
    assert "0.01 EUR to Tier 2, from 2,000.00" in said
    assert (
        "In July 2015 it fell from Tier 2 to Tier 1: 1,999.99 EUR counted, 2,000.00 in June 2015. Why, down to the line"
    ) in said
    assert "an answer is due: dispute P1-2015-07-1" in said
    assert "August 2015, the next month, decides the tier anew once it is run." in said
    assert ">▼</text>" in answer.text
    held = words_of(ask("partners/P3").text)
    assert "Held in July 2015: it keeps its rate. entity US: July 2015 not closed" in held
    assert "it fell" not in held
    assert "In July 2015 it rose from Tier 2 to Tier 3: 5,100.00 EUR counted" in words_of(ask("partners/P2").text)


def test_a_result_is_told_in_the_partners_words_and_in_another_language_that_is_asked_for(ask: Asking) -> None:
    assert f'href="{PREFIX}/in-their-words/2015-07/P1"' in ask("partners/P1").text
    assert f'href="{PREFIX}/in-their-words/2015-07/P1"' in ask("receipts/2015-07/P1").text
    assert "With €0.01 more, the result would have been: Tier 2." in ask("in-their-words/2015-07/P1").text
    assert 'lang="nl"' in ask("in-their-words/2015-07/P1?language=nl").text
    assert ask("in-their-words/2015-07/P1?language=%3Cb%3E").status_code == 409
    assert "July 2015 is not decided yet" in ask("in-their-words/2015-07/P3").text


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("", "Today"),
        ("months/2015-07", "Months"),
        ("partners/P1", "Partners"),
        ("receipts/2015-07/P1", "Partners"),
        ("quote?partner=P1", "Partners"),
        ("contracts/P1", "Partners"),
        ("grants/new/P1", "Grants and benefits"),
    ],
)
def test_the_row_of_links_says_where_one_is(ask: Asking, path: str, entry: str) -> None:
    assert re.findall(r'aria-current="page">([^<]*)<', ask(path, "user").text) == [entry]


def test_a_partner_with_a_slash_in_its_id_has_a_page(ask: Asking) -> None:
    found = re.search(rf'href="({PREFIX}/partners/P%2F5)"', ask("partners").text)
    assert found
    answer = ask(found[1].removeprefix(f"{PREFIX}/"))
    assert answer.status_code == 200
    assert "Fifth Company" in answer.text


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("", ["P/5", "P1", "P2", "P3", "P4"]),
        ("text=noord", ["P2"]),
        ("text=B3", ["P3"]),
        ("text=%25", []),
        ("tier=1", ["P1"]),
        ("tier=0", ["P/5"]),
        ("change=lowered", ["P1"]),
        ("change=raised", ["P2"]),
        ("change=held", ["P3"]),
        ("near=below", ["P1"]),
        ("near=above", ["P2"]),
        ("language=nl", ["P2"]),
        ("entity=US", ["P3"]),
        ("manager=M1&text=Company", ["P/5", "P3", "P4"]),
        ("manager=M2", []),
    ],
)
def test_the_list_keeps_those_who_are_wanted(ask: Asking, filters: str, expected: list[str]) -> None:
    answer = ask(f"partners?{filters}")
    assert answer.status_code == 200
    ids = re.findall(r'<span class="quiet small">([^<]*)</span>', answer.text)
    assert sorted(ids) == expected


def test_a_held_partner_is_listed_with_the_rate_that_it_keeps(ask: Asking) -> None:
    row = words_of(ask("partners?change=held").text).split("Third Company")[1]
    assert row.split("Pat")[0].split() == f"P3 NL, en held Tier 3 kept {NOTHING} {NOTHING} 10 % 27 July 2015".split()


def test_the_tiers_of_the_newest_months_are_drawn_and_stand_in_a_table(ask: Asking) -> None:
    answer = ask("months")
    assert "June 2015 1 0 2 2 5" in words_of(answer.text)
    assert answer.text.count("<svg") == 2
    assert "July 2015: No tier 1, Tier 1 1, Tier 3 2." in answer.text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_file_has_all_that_the_filters_keep_and_no_formula(ask: Asking) -> None:
    rows = list(csv.DictReader(io.StringIO(ask("partners.csv?manager=M1&order=id").text)))
    assert [row["partner_id"] for row in rows] == ["P/5", "P1", "P2", "P3", "P4"]
    assert (rows[1]["mrr_eur_cents"], rows[1]["gap_eur_cents"], rows[1]["tier"]) == ("199999", "1", "1")
    assert rows[3]["held_reason"] == "entity US: month 2015-07 not closed"
    assert [row["partner_id"] for row in csv.DictReader(io.StringIO(ask("partners.csv?tier=1").text))] == ["P1"]


def test_a_quality_report_is_shown_in_a_frame_that_runs_nothing(ask: Asking, page_world: World) -> None:
    folder = page_world.folder / "out" / "quality" / "2015-07"
    (folder / "checks").mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text("<!doctype html><p>the report")
    (folder.parent / "secret.html").write_text("not a report")
    page = ask("months/2015-07/quality")
    assert f'<iframe class="report" sandbox title="Quality report, July 2015" src="{PREFIX}/months/' in page.text
    report = ask("months/2015-07/quality/index.html")
    assert report.text == "<!doctype html><p>the report"
    assert report.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    for name in ("checks/NL.html", "../secret.html", "%2e%2e/secret.html", "checks/%2e%2e/%2e%2e/secret.html", "x.css"):
        assert ask(f"months/2015-07/quality/{name}").status_code == 404


@pytest.mark.parametrize("order", ["name", "id", "revenue"])
def test_page_after_page_shows_each_partner_once(page_world: World, order: Any) -> None:
    here = page_world.installation
    whole = [row.partner.partner_id for row in find_partners(here, Wanted(), order=order).rows]
    found: list[str] = []
    after = None
    while True:
        page = find_partners(here, Wanted(), order=order, after=after, count=2)
        found += [row.partner.partner_id for row in page.rows]
        after = page.next_after
        if after is None:
            break
    assert found == whole
    assert sorted(found) == ["P/5", "P1", "P2", "P3", "P4"]


def test_revenue_falls_and_partners_without_any_come_last(page_world: World) -> None:
    rows = find_partners(page_world.installation, Wanted(), order="revenue").rows
    assert [row.partner.mrr_eur_cents for row in rows] == [5_100_00, 1_999_99, 600_00, 100_00, None]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("months/2015-09", 404, "September 2015 was not run"),
        ("months/2015-13", 404, "expected YYYY-MM"),
        ("months/%3Cb%3E", 404, "There is no such page"),
        ("partners/P99", 404, "partner P99 is not in the registry"),
        ("partners?tier=x", 422, "What was given for tier cannot be read"),
        ("nowhere", 404, "There is no such page"),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(ask: Asking, path: str, status: int, words: str) -> None:
    answer = ask(path)
    assert answer.status_code == status
    assert words in words_of(answer.text)
    assert "<b>" not in answer.text


def test_the_register_is_the_file_that_the_command_line_writes(ask: Asking, page_world: World) -> None:
    from partner_program.domain.billing_month import BillingMonth
    from partner_program.usecases.register import register_file

    answer = ask("months/2015-07/register.csv")
    assert answer.content == register_file(page_world.installation, BillingMonth(2015, 7), "csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="register-2015-07.csv"'


def test_every_link_holds_below_a_sub_path(ask: Asking, desk: Any) -> None:
    assert ask().status_code == 200
    below = Asking(mounted(desk, root="/airflow"), "/airflow")
    for path in PAGES:
        answer = below(path)
        assert answer.status_code == 200, path
        for link in re.findall(r'(?:href|src|action)="([^"#][^"]*)"', answer.text):
            assert link.startswith("/airflow/"), (path, link)


def test_a_link_from_outside_shows_a_page_in_airflows_frame() -> None:
    assert Links("/partner-programme").framed("partners", "P/5") == "/plugin/partners/partner-programme/partners/P%2F5"
    below = Links("/airflow/partner-programme").framed("months", "2015-07")
    assert below == "/airflow/plugin/partners/airflow/partner-programme/months/2015-07"


def test_a_database_that_is_away_gives_a_page_that_says_so(ask: Asking, shown: Any, tmp_path: Any) -> None:
    away = World(tmp_path)
    shown(away)
    for path in PAGES:
        answer = ask(path)
        assert answer.status_code == 503
        assert "no programme database" in words_of(answer.text)
        assert "doctor" in answer.text


def test_no_page_is_heavy(ask: Asking) -> None:
    for path in (*PAGES, "static/page.css", "static/page.js"):
        assert len(ask(path).content) < 100_000
    assert len(ask("static/page.js").content) < 2_500


def test_pages_have_no_style_or_script_of_their_own(ask: Asking) -> None:
    for path in (*PAGES, "nowhere"):
        text = ask(path).text
        assert " style=" not in text
        assert not re.search(r"<script(?! src=)", text)
        assert not re.search(r"\son\w+=", text)


def test_today_is_of_the_programme_and_said_on_the_page(ask: Asking, page_world: World) -> None:
    today = page_world.installation.today()
    assert isinstance(today, date)
    assert f"{today.day} " in words_of(ask().text)

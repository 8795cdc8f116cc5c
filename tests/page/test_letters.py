"""The letters' pages: what they say, that nothing in a letter runs, and page after page of the list."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from partner_program.adapters.database.letter_list import count_kinds, count_kinds_one_by_one, count_states
from partner_program.domain.letter_list import Need, Place, WantedLetters, need_of
from partner_program.usecases.desk.letters import find_letters, letters_overview
from partner_program.usecases.letters.approval import approve_letters
from partner_program.usecases.letters.rendering import LetterFiles, letters_folder
from tests.page.airflow_runs import AirflowWithRuns
from tests.page.asking import PREFIX, Asking, mounted
from tests.page.letters_world import JUNE, MARKUP, ODD_ID, letters_world, sent_world
from tests.page.test_pages import words_of
from tests.worlds import World

PATH = "letters/2015-06"
ODD = "P%2F5%3F%C3%BC"
PAGES = ("letters", PATH, f"{PATH}/letter/P1", f"{PATH}/approve", f"{PATH}/send", f"{PATH}/resolve/P1")


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> World:
    """June's letters wait for an approval."""
    world = World(tmp_path_factory.mktemp("waiting"))
    world.become(letters_world)
    return world


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Some of June's letters went to files, P1's are ambiguous, P4's is owed to nobody, one waits to be sent."""
    world = World(tmp_path_factory.mktemp("sent"))
    world.become(sent_world)
    return world


def test_months_that_owe_letters_are_counted_by_state(ask: Asking) -> None:
    said = words_of(ask("letters").text)
    assert "Month Owed Waiting for approval Needs a person July 2015 2 2 none June 2015 4 4 none" in said


def test_a_month_says_what_waits_and_adds_up(ask: Asking, shown: Any, waiting: World) -> None:
    shown(waiting)
    answer = ask(PATH, "user")
    said = words_of(answer.text)
    # P4, whose letter goes to nobody, is the undeliverable one; P1 has two recipients
    assert "Kind Waiting for approval Undeliverable All Tier raised 5 1 6 All 5 1 6" in said
    assert "1 letter needs a person first 1 owed to nobody" in said
    assert "See the contacts of Fourth Company" in said
    assert "Approve 5 letters" in said
    assert f'href="{PREFIX}/{PATH}/book/"' in answer.text
    assert "You may look, and not act" not in said
    assert "You may look, and not act" in words_of(ask(PATH, "viewer").text)


def test_what_needs_a_person_comes_first_each_with_its_act(ask: Asking, shown: Any, sent: World) -> None:
    shown(sent)
    answer = ask(PATH, "user")
    first = words_of(answer.text).split("Where they are")[0]
    assert "3 letters need a person first 2 may have arrived" in first
    assert "ann@p1.example P1: the connection broke" in first
    assert f'href="{PREFIX}/{PATH}/resolve/P1"' in answer.text
    assert "Send 1 letter" in words_of(answer.text)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("", ["P1", "P1", "P2", "P3", "P4", ODD_ID]),
        ("state=accepted", ["P2", "P3"]),
        ("state=ambiguous&text=deich", ["P1", "P1"]),
        ("need=ambiguous", ["P1", "P1"]),
        ("need=owed_to_nobody", ["P4"]),
        ("need=refused", []),
        ("language=nl", ["P2"]),
        ("kind=migration", []),
        ("text=%25", []),
    ],
)
def test_the_list_keeps_those_who_are_wanted(
    ask: Asking, shown: Any, sent: World, filters: str, expected: list[str]
) -> None:
    shown(sent)
    answer = ask(f"{PATH}?{filters}")
    assert answer.status_code == 200
    table = answer.text.split('id="how-many"')[-1].split('id="acts"')[0] if expected else ""
    ids = [each.split(",")[0] for each in re.findall(r'<br><span class="quiet small">([^<]*)</span></th>', table)]
    assert sorted(ids) == sorted(expected)


def test_page_after_page_shows_each_recipient_once_and_no_address_stands_in_a_link(sent: World) -> None:
    here = sent.installation
    whole = [row.delivery.key for row in find_letters(here, JUNE, WantedLetters())[1].rows]
    found, after = [], None
    while True:
        page = find_letters(here, JUNE, WantedLetters(), after=after, count=1)[1]
        found += [row.delivery.key for row in page.rows]
        if page.next_after is None:
            break
        assert "@" not in str(page.next_after)
        after = Place.parse(str(page.next_after))
    assert found == whole
    assert len(set(found)) == 6


def test_a_place_whose_row_has_gone_repeats_a_partner_and_drops_nobody(sent: World) -> None:
    gone = Place(1, "P1", "0" * 16)
    rows = find_letters(sent.installation, JUNE, WantedLetters(), after=gone)[1].rows
    assert [row.delivery.partner_id for row in rows][:3] == ["P1", "P1", "P2"]


def test_the_database_counts_needs_as_the_rule_says(sent: World) -> None:
    rows = find_letters(sent.installation, JUNE, WantedLetters())[1].rows
    by_rule: dict[Need, int] = {}
    for row in rows:
        if (need := need_of(row.delivery)) is not None:
            by_rule[need] = by_rule.get(need, 0) + 1
    counted = {need: number for need, number, _ in letters_overview(sent.installation, JUNE).needs}
    assert counted == by_rule == {"ambiguous": 2, "owed_to_nobody": 1}


@pytest.mark.parametrize("world", ["waiting", "sent"])
def test_kinds_and_states_are_counted_as_the_rows_are(request: pytest.FixtureRequest, world: str) -> None:
    here = request.getfixturevalue(world).installation
    overview, found = find_letters(here, JUNE, WantedLetters())
    one_by_one = Counter((row.delivery.kind, row.delivery.status) for row in found.rows)
    assert {(each.kind, each.state): each.recipients for each in overview.counts} == one_by_one
    assert {state: number for state, number in overview.states.items() if number} == Counter(
        row.delivery.status for row in found.rows
    )


def test_a_letter_without_a_row_is_named_and_nothing_counted_for_it(waiting: World) -> None:
    with waiting.installation.database.engine.connect() as connection:
        states = count_states(connection, JUNE)
        assert count_kinds(connection, JUNE, states) is not None
        connection.execute(text("DELETE FROM delivery WHERE partner_id = 'P2'"))
        states = count_states(connection, JUNE)
        assert count_kinds(connection, JUNE, states) is None
        assert [each.recipients for each in count_kinds_one_by_one(connection, JUNE) if each.state == "rendered"] == [4]
        connection.rollback()


def test_one_letter_stands_beside_what_was_before(ask: Asking) -> None:
    answer = ask("letters/2015-07/letter/P1")
    said = words_of(answer.text)
    assert "Tier Tier 2 Tier 1 Revenue €2,000.00 €1,999.99" in said
    assert "Lowered by 1 tier" in said
    assert "It is not approved" in said
    assert f'sandbox="" src="{PREFIX}/letters/2015-07/html/P1"' in answer.text


@pytest.mark.parametrize("part", ["letter", "html", "pdf", "message", "resolve"])
def test_a_partner_with_an_odd_id_has_each_page(ask: Asking, shown: Any, waiting: World, part: str) -> None:
    shown(waiting)
    assert f'href="{PREFIX}/{PATH}/letter/{ODD}"' in ask(PATH).text
    assert ask(f"{PATH}/{part}/{ODD}").status_code == 200


def test_nothing_runs_in_a_letter_and_nothing_is_fetched(ask: Asking, shown: Any, waiting: World) -> None:
    shown(waiting)
    answer = ask(f"{PATH}/html/P1")
    policy = answer.headers["content-security-policy"]
    assert policy.endswith("; sandbox")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert "<b>S" not in answer.text
    book = ask(f"{PATH}/book/")
    assert "default-src 'none'" in book.headers["content-security-policy"]
    assert "script" not in book.headers["content-security-policy"]


def test_a_letter_is_a_pdf_and_a_message_to_keep(ask: Asking, shown: Any, waiting: World) -> None:
    shown(waiting)
    pdf, message = ask(f"{PATH}/pdf/{ODD}"), ask(f"{PATH}/message/{ODD}")
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["content-disposition"] == 'attachment; filename="letter-P%2F5%3F%C3%BC-2015-06.pdf"'
    assert b"Subject: " in message.content
    assert ask(f"{PATH}/message/P4").status_code == 404
    assert ask(f"{PATH}/accounts/P1").status_code == 404


def test_a_name_with_markup_stays_text(ask: Asking, shown: Any, waiting: World) -> None:
    shown(waiting)
    for path in (PATH, f"{PATH}/letter/P1", f"{PATH}/book/", f"{PATH}/resolve/P1"):
        text = ask(path, "user").text
        assert "<b>S" not in text
        if not path.endswith("resolve/P1"):
            assert MARKUP in words_of(text) if "main" in text and "book" not in path else "&lt;b&gt;" in text


def test_the_words_that_were_approved_stay_and_others_are_said_to_be_others(
    ask: Asking, shown: Any, tmp_path: Path
) -> None:
    world = World(tmp_path)
    world.become(letters_world)
    approve_letters(world.installation, JUNE, approved_by="robin", reason="looked at", clock=lambda: 1.4e9)
    shown(world)
    before = ask(f"{PATH}/html/P2").text
    assert "These are the words that were approved" in words_of(ask(f"{PATH}/letter/P2").text)
    world.tables["account_managers"][0]["name"] = "Somebody Else"
    world.load()
    assert ask(f"{PATH}/html/P2").text == before
    assert "These are the words that were approved" in words_of(ask(f"{PATH}/letter/P2").text)
    LetterFiles.of(letters_folder(world.installation, JUNE), "P2").html.unlink()
    assert "These are not the words that were approved" in words_of(ask(f"{PATH}/letter/P2").text)


def test_the_book_leads_to_the_letters_and_back(ask: Asking, shown: Any, waiting: World) -> None:
    shown(waiting)
    book = ask(f"{PATH}/book/")
    assert "5 recipients" in book.text
    assert f'href="{PREFIX}/{PATH}"' in book.text
    files = re.findall(r'href="([^"/]+\.html)"', book.text)
    assert len(files) == 5
    for file in files:
        # The test's client takes two rounds of percent signs away where a browser takes one.
        then = ask(f"{PATH}/book/{file.replace('%25', '%2525')}")
        assert then.status_code == 303
        assert ask(then.headers["location"].removeprefix(f"{PREFIX}/")).status_code == 200
    for wrong in ("index.html", "..%2F..%2Fpartner_program.db", "P1.exe", "%2E.html"):
        assert ask(f"{PATH}/book/{wrong}").status_code == 404


def test_a_book_of_very_many_letters_is_the_one_that_a_run_wrote(
    ask: Asking, shown: Any, waiting: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from partner_program.page.routes import letters as pages
    from partner_program.usecases.letters.book import write_book

    shown(waiting)
    monkeypatch.setattr(pages, "BOOK_AT_MOST", 3)
    assert "a run of tier_letters writes it, or" in words_of(ask(f"{PATH}/book/").text)
    written = write_book(waiting.installation, JUNE, today=waiting.installation.today())
    assert ask(f"{PATH}/book/").text == written.read_text()
    written.write_text(re.sub("<b>[0-9a-f]{12}</b>[0-9a-f]{52}", "of other letters", written.read_text()))
    assert "as its letters are now, was not written yet" in words_of(ask(f"{PATH}/book/").text)
    written.unlink()


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("letters/2015-09", 404, "September 2015 is not assessed"),
        ("letters/2015-13", 404, "expected YYYY-MM"),
        (f"{PATH}/letter/P99", 404, "partner P99 has no letter for June 2015"),
        (f"{PATH}/resolve/P99", 404, "partner P99 has no letter for June 2015"),
        (f"{PATH}?state=lost", 422, "What was given for state cannot be read"),
        (f"{PATH}?after=x", 422, "no place in a list"),
        ("letters/2015-09/approve", 404, "September 2015 is not assessed"),
        ("letters/2015-09/send", 404, "September 2015 is not assessed"),
        ("letters/2015-09/book/", 404, "September 2015 is not assessed"),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(ask: Asking, path: str, status: int, words: str) -> None:
    answer = ask(path)
    assert answer.status_code == status
    assert words in words_of(answer.text)


def test_every_link_holds_below_a_sub_path(shown: Any, desk: Any, waiting: World) -> None:
    shown(waiting)
    below = Asking(mounted(desk, root="/airflow"), "/airflow")
    for path in (*PAGES, f"{PATH}/book/"):
        answer = below(path, "user")
        assert answer.status_code == 200
        for link in re.findall(r'(?:href|src|action)="([^"#][^"]*)"', answer.text):
            assert link.startswith("/airflow/") or path.endswith("book/"), (path, link)


def test_a_database_that_is_away_gives_a_page_that_says_so(ask: Asking, shown: Any, tmp_path: Path) -> None:
    shown(World(tmp_path))
    for path in (*PAGES, f"{PATH}/book/", f"{PATH}/html/P1", f"{PATH}/pdf/P1"):
        answer = ask(path)
        assert answer.status_code == 503, path
        assert "no programme database" in words_of(answer.text)


def test_pages_are_light_and_have_no_style_or_script_of_their_own(ask: Asking, shown: Any, sent: World) -> None:
    shown(sent)
    for path in PAGES:
        text = ask(path, "user").text
        assert len(text) < 100_000
        assert " style=" not in text
        assert not re.search(r"<script(?! src=)|\son\w+=", text)


def test_a_run_that_waits_is_linked_where_it_is_answered(desk: Any, shown: Any, waiting: World) -> None:
    shown(waiting)
    airflow = AirflowWithRuns()
    airflow.waiting("manual__2026-01-01T00:00:00+00:00", "2015-06", "f" * 64)
    airflow.waiting("of another month", "2015-07", "f" * 64)
    below = airflow.around(desk, "/airflow")
    text = below(PATH, "user").text
    run = "manual__2026-01-01T00%3A00%3A00%2B00%3A00"
    where = f"/airflow/dags/tier_letters/runs/{run}/tasks/approve_letters/required_actions"
    assert f'<a href="{where}" data-airflow>' in text
    assert "of another month" not in text
    assert "rendered anew since" in words_of(below(f"{PATH}/approve", "user").text)


def test_a_month_in_a_link_of_today_leads_to_the_act(ask: Asking) -> None:
    text = ask(role="admin").text
    assert f'href="{PREFIX}/letters/2015-07/approve"' in text


def test_a_partner_and_a_month_lead_to_their_letters(ask: Asking) -> None:
    assert f'href="{PREFIX}/letters/2015-07/letter/P1"' in ask("partners/P1").text
    assert f'href="{PREFIX}/letters/2015-07?state=rendered#list"' in ask("months/2015-07").text

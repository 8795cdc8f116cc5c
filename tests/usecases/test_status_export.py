"""Each authorised partner's own status as files: nobody else in them, names that nobody can guess, an end."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.adapters.status_pages import page_name
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.usecases import status_export
from partner_program.usecases.letters.show import show_letter
from partner_program.usecases.status_export import StatusExport, expiry_of, export_status
from tests.usecases.dying import states_of_killed
from tests.usecases.test_one_partner_alone import statements
from tests.usecases.test_partner_words import JULY, JUNE, two_months
from tests.usecases.two_at_once import in_threads
from tests.worlds import World

TODAY = date(2015, 8, 10)
SECOND, THIRD = "another key of many letters", "a third key of many letters"


def with_key(world: World, key: str = "a key of twenty letters") -> None:
    world.connections["status_pages"] = ConnectionFields("status_pages", "generic", password=key)


def hostile(world: World) -> None:
    """As in the explanations, and P/5 with a name and an account that are no ordinary words, and P6 that applied."""
    world.partner("P/5", {"NL": "../A5"}, company_name="</title><script>x</script>{{ 7*7 }}", language="nl")
    world.bill("../A5", "2015-06", 600_00, months=2)
    world.partner("P6", {"NL": "A6"}, status="applied", authorized_on="")
    two_months(world)


@pytest.fixture
def status(world: World) -> World:
    world.become(hostile)
    with_key(world)
    return world


def export(world: World, folder: Path, today: date = TODAY, **asked: Any) -> StatusExport:
    return export_status(
        world.installation, folder, month=asked.get("month"), expires_on=asked.get("expires_on"), today=today
    )


def index(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "index.json").read_text("utf-8"))
    return found


def page(folder: Path, partner_id: str, ending: str = "html") -> str:
    return (folder / "pages" / f"{index(folder)['partners'][partner_id]}.{ending}").read_text("utf-8")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "pages").iterdir())}


def suspend(world: World, partner_id: str) -> None:
    (row,) = (each for each in world.tables["partners"] if each["partner_id"] == partner_id)
    row["status"] = "suspended"
    world.load()


def test_each_authorised_partner_has_a_page_and_data_and_a_second_export_is_equal_to_the_byte(
    status: World, tmp_path: Path
) -> None:
    made = export(status, tmp_path / "to")
    assert (str(made.month), made.pages, made.changed, made.removed) == (JULY, 5, 5, 0)
    first = files(tmp_path / "to")
    assert export(status, tmp_path / "to").changed == 0
    assert files(tmp_path / "to") == first
    assert len(first) == 10
    assert sorted(index(tmp_path / "to")["partners"]) == ["P/5", "P1", "P2", "P3", "P4"]


def moved(world: World) -> None:
    """As in the explanations; P7 gave an account to P8 in July; P9 and P10 are held in July, for want of a rate."""
    world.partner("P7", {"NL": "A7"}, language="de")
    world.partner("P8", {"NL": "A8"})
    world.link("P7", "NL", "C7", until="2015-07-01")
    world.tables["account_links"].append(
        {**world.tables["account_links"][-1], "partner_id": "P8", "valid_from": "2015-07-01", "valid_to": ""}
    )
    for account_id, minor in {"A7": 1_500_00, "A8": 300_00, "C7": 800_00}.items():
        world.bill(account_id, JUNE, minor, months=2)
    world.bill("C7", JULY, -70_00, charge_kind="credit")
    for number in (9, 10):
        world.partner(f"P{number}", {"NL": f"A{number}", "US": f"B{number}"}, language="nl")
        world.bill(f"A{number}", JUNE, 900_00 * number, months=2)
        world.bill(f"B{number}", JULY, 100_00, entity="US", currency="GBP")
    world.grant("G9", "P9", 2, "2015-07-01", "2015-11-01")
    two_months(world)


@pytest.mark.parametrize("month", [JUNE, JULY])
def test_pages_are_equal_whoever_else_is_read_with_them(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, month: str
) -> None:
    world.become(moved)
    with_key(world)
    asked: dict[str, Any] = {"month": BillingMonth.parse(month)}
    assert export(world, tmp_path / "together", **asked).pages == 8
    for count in (1, 3):
        monkeypatch.setattr(status_export, "PARTNERS_AT_ONCE", count)
        export(world, tmp_path / f"{count}", **asked)
        assert files(tmp_path / f"{count}") == files(tmp_path / "together")


def test_an_export_reads_many_partners_with_the_statements_of_a_few(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.become(moved)
    with_key(world)
    here, counts = world.installation, []
    for count in (250, 1):
        monkeypatch.setattr(status_export, "PARTNERS_AT_ONCE", count)
        with statements(here) as read:
            export_status(here, tmp_path / f"{count}", month=None, expires_on=None, today=TODAY)
        counts.append(len(read))
    together, apart = counts  # of eight partners
    assert 0 < together * 3 < apart


def test_no_file_has_anything_of_another_partner(status: World, tmp_path: Path) -> None:
    export(status, tmp_path / "to")
    words = {
        row["partner_id"]: {row["partner_id"], f"Company {row['partner_id']}"} for row in status.tables["partners"]
    }
    for link in status.tables["account_links"]:
        words[link["partner_id"]].add(link["account_id"])
    for contact in status.tables["contacts"]:
        words[contact["partner_id"]].add(contact["email"])
    for partner_id in index(tmp_path / "to")["partners"]:
        others = {each for other, own in words.items() if other != partner_id for each in own}
        for ending in ("html", "json"):
            body = page(tmp_path / "to", partner_id, ending)
            assert not [each for each in others if re.search(rf"(?<!\w){re.escape(each)}(?!\w)", body)]


def test_a_page_needs_nothing_else_and_hostile_names_are_text(status: World, tmp_path: Path) -> None:
    export(status, tmp_path / "to")
    for path in (tmp_path / "to/pages").glob("*.html"):
        body = path.read_text("utf-8")
        assert '<meta name="robots" content="noindex,nofollow,noarchive">' in body
        assert not re.search(r"<script|<img|<link|<iframe|src=|url\(|@import|https?:|\son\w+=", body)
    assert "&lt;/title&gt;&lt;script&gt;x&lt;/script&gt;{{ 7*7 }}" in page(tmp_path / "to", "P/5")


def test_a_page_says_until_when_it_is_valid_in_the_partners_language(status: World, tmp_path: Path) -> None:
    export(status, tmp_path / "to")
    assert "Zij is geldig tot en met 30\u00a0september 2015." in page(tmp_path / "to", "P1")
    data = json.loads(page(tmp_path / "to", "P1", "json"))
    assert (data["expires_on"], data["language"], index(tmp_path / "to")["expires_on"]) == (
        "2015-09-30",
        "nl",
        "2015-09-30",
    )


def test_the_amounts_are_those_of_the_letter_as_it_writes_them(status: World, tmp_path: Path) -> None:
    export(status, tmp_path / "to")
    for partner_id in ("P1", "P2"):
        letter = show_letter(status.installation, BillingMonth.parse(JULY), partner_id).text
        data = json.loads(page(tmp_path / "to", partner_id, "json"))
        parts = {each["name"]: each for each in data["sections"]}
        amounts = [item.rpartition(": ")[2] for item in parts["accounts"]["items"]]
        assert amounts
        assert not [each for each in amounts if each not in letter]
        moves = [" ".join(each.split()) for each in parts.get("moves", {}).get("items", ())]
        assert not [each for each in moves if each not in " ".join(letter.split())]


def test_tier_terms_and_what_comes_next_are_told_in_the_words_of_the_letter(status: World, tmp_path: Path) -> None:
    export(status, tmp_path / "to")
    for partner_id in ("P1", "P2"):
        letter = " ".join(show_letter(status.installation, BillingMonth.parse(JULY), partner_id).text.split())
        data = json.loads(page(tmp_path / "to", partner_id, "json"))
        parts = {each["name"]: each for each in data["sections"]}
        told = [parts["result"]["sentences"][-1], *parts["next"]["sentences"]]
        told += parts.get("agreements", {"items": []})["items"]
        since, _, sla, monthly, setup = parts["rates"]["rows"][0].items()
        told += [f"{heading}: {value}" for heading, value in (monthly, setup)]
        told += [since[1], f": {sla[1]} ("]
        assert [each for each in told if " ".join(each.split()) not in letter] == []


def test_history_benefits_prepayment_and_certificate_are_there(status: World, tmp_path: Path) -> None:
    export(status, tmp_path / "to")
    data = json.loads(page(tmp_path / "to", "P1", "json"))
    assert data["months"] == [
        {"billing_month": "2015-07", "mrr_eur_cents": 1_999_99, "tier": 1},
        {"billing_month": "2015-06", "mrr_eur_cents": 2_099_99, "tier": 2},
    ]
    assert [(each["valid_from"], each["tier"]) for each in data["rates"]] == [("2015-08-03", 1), ("2015-07-27", 2)]
    assert {"term_months": 12, "discount_bp": 1000} in data["prepayment"]
    assert data["certificate"].startswith("P1-20150803-")
    assert "knowledge_base" in {each["key"] for each in data["benefits"]}
    assert "pat@host.example" in page(tmp_path / "to", "P1")
    held = json.loads(page(tmp_path / "to", "P3", "json"))
    assert (held["status"], held["months"][0]["tier"], held["months"][1]["tier"]) == ("held", None, 1)


def test_a_grant_that_no_month_has_told_yet_is_on_the_page_of_a_held_partner_too(status: World, tmp_path: Path) -> None:
    status.grant("G2", "P3", 4, "2015-08-15", "2015-11-15")
    status.load()
    export(status, tmp_path / "to")
    said = "Ihre Übergangsfrist für Stufe 4 läuft vom 15.\u00a0August 2015 bis 14.\u00a0November 2015."
    assert said in page(tmp_path / "to", "P3")
    assert json.loads(page(tmp_path / "to", "P4", "json"))["open_grants"] == []  # its explanation tells it


def test_who_is_no_partner_any_more_loses_its_files_and_files_of_others_stay(status: World, tmp_path: Path) -> None:
    export(status, tmp_path / "to")
    name = index(tmp_path / "to")["partners"]["P2"]
    own = tmp_path / "to/pages/robots.txt"
    own.write_text("Disallow: /", "utf-8")
    suspend(status, "P2")
    assert export(status, tmp_path / "to").removed == 1
    assert not list((tmp_path / "to/pages").glob(f"{name}.*"))
    assert own.exists()
    assert "P2" not in index(tmp_path / "to")["partners"]


def test_another_key_moves_every_page(status: World, tmp_path: Path) -> None:
    export(status, tmp_path / "to")
    before = set(files(tmp_path / "to"))
    with_key(status, SECOND)
    assert export(status, tmp_path / "to").removed == 5
    assert not before & set(files(tmp_path / "to"))


def test_pages_and_index_are_private_and_the_index_is_not_among_the_pages(status: World, tmp_path: Path) -> None:
    export(status, tmp_path / "to")
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "to").rglob("*")} == {0}
    assert not (tmp_path / "to/pages/index.json").exists()


@pytest.mark.processes
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_an_export_that_is_killed_leaves_whole_pages_and_the_next_one_finishes_it(
    status: World, tmp_path: Path
) -> None:
    folder = tmp_path / "to"
    export(status, folder)
    old = files(folder)
    suspend(status, "P2")
    with_key(status, SECOND)
    export(status, tmp_path / "expected")
    expected = files(tmp_path / "expected")
    seen, later = 0, {page_name(THIRD, each) for each in ("P/5", "P1", "P3", "P4")}
    for _, left in states_of_killed(lambda: export(status, folder), folder):
        seen += 1
        found = {name: body for name, body in files(left).items() if not name.startswith(".")}
        assert all(body in (old.get(name), expected.get(name)) for name, body in found.items())
        with_key(status, SECOND if seen % 2 else THIRD)
        export(status, left)
        if seen % 2:
            assert files(left) == expected
        else:  # the index knew every file of the export that was killed, so that other names leave none behind
            assert {name.partition(".")[0] for name in files(left)} == later
    assert seen > 8


def test_two_exports_at_once_leave_one_whole_set(status: World, tmp_path: Path) -> None:
    came_to = in_threads([lambda: export(status, tmp_path / "to")] * 2)
    assert sorted(each.changed for each in came_to if isinstance(each, StatusExport)) == [0, 5]
    assert len(files(tmp_path / "to")) == 10


@pytest.mark.parametrize("made", ["../../etc/passwd", "a.html", "A" * 40 + ".html"])
def test_an_index_that_names_other_files_removes_nothing(status: World, tmp_path: Path, made: str) -> None:
    folder = tmp_path / "to"
    folder.mkdir()
    (folder / "index.json").write_text(json.dumps({"partners": {}, "made": [made]}), "utf-8")
    with pytest.raises(Refusal, match="names files that no export makes"):
        export(status, folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"partners": {}, "made": 3}'])
def test_what_is_no_index_is_refused(status: World, tmp_path: Path, text: str) -> None:
    folder = tmp_path / "to"
    folder.mkdir()
    (folder / "index.json").write_text(text, "utf-8")
    with pytest.raises(Refusal, match="is no index of status pages"):
        export(status, folder)


def test_a_month_that_knows_nobody_removes_nothing(status: World, tmp_path: Path) -> None:
    export(status, tmp_path / "to")
    for each in ("P/5", "P1", "P2", "P3", "P4"):
        suspend(status, each)
    with pytest.raises(Refusal, match="says nothing of any authorised partner: nothing is written, nothing removed"):
        export(status, tmp_path / "to")
    assert len(files(tmp_path / "to")) == 10


@pytest.mark.parametrize("key", ["", "short"])
def test_without_a_key_nothing_is_written(status: World, tmp_path: Path, key: str) -> None:
    with_key(status, key)
    with pytest.raises(Refusal, match="connection status_pages needs a password of at least 16 characters"):
        export(status, tmp_path / "to")
    assert not (tmp_path / "to").exists()


@pytest.mark.parametrize("day", [date(2015, 8, 9), date(2016, 8, 11)])
def test_a_page_ends_neither_before_today_nor_after_a_year(status: World, tmp_path: Path, day: date) -> None:
    with pytest.raises(Refusal, match="is no day to expire on"):
        export(status, tmp_path / "to", expires_on=day)


def test_exports_of_one_month_expire_alike() -> None:
    assert expiry_of(date(2015, 8, 1)) == expiry_of(date(2015, 8, 31)) == date(2015, 9, 30)

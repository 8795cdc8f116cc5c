"""Whatever a company, a contact or a manager is called: the registry refuses it by name, or it does no harm.

Each name is given to the registry, and is then put directly into every place that shows names: a letter's two parts,
the heads of its message, the register for a spreadsheet and the months' page.
"""

import csv
import email
import io
import json
import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.utils import getaddresses
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from partner_program.adapters.files.registry import read_registry
from partner_program.adapters.letters.months_page import PageMonth, PageRow, month_on_page, write_months_page
from partner_program.adapters.letters.templates import RenderedLetter
from partner_program.adapters.mail.message import MessageHead, message_bytes
from partner_program.adapters.plain_names import plain_name
from partner_program.adapters.reports.register import register_csv
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.letters import LetterFacts
from partner_program.domain.refusals import UnsoundFiles
from partner_program.domain.register import Register, RegisterPartner
from tests.letters import hostile
from tests.letters.made_facts import KINDS
from tests.letters.read_templates import read_templates
from tests.letters.reading import Letter

LETTERS = Path(__file__).parents[2] / "include/templates/letters"
TEMPLATES = read_templates(LETTERS / "v1")
NUMBERED = [pytest.param(place, name, id=str(place)) for place, name in enumerate(hostile.ALL)]
HEADERS = {
    "partners.csv": "partner_id,company_name,status,language,country,website,phone,address,vat_id,account_manager_id,"
    "authorized_on",
    "contacts.csv": "partner_id,name,email,role",
    "account_managers.csv": "account_manager_id,name,email,phone",
    "entities.csv": "entity,legal_name,country,currency,time_zone,joined_on,left_on",
    "account_links.csv": "partner_id,entity,account_id,valid_from,valid_to",
    "legacy_agreements.csv": "partner_id,monthly_fee_discount_bp,setup_fee_discount_bp,sla,source,valid_from,valid_to",
    "grace_grants.csv": "grant_id,partner_id,tier,starts_on,ends_on,granted_by,reason",
    "benefit_requests.csv": "partner_id,benefit,status,decided_by,valid_from,valid_to",
    "exchange_rates.csv": "billing_month,currency,units_per_eur,source",
}
DATA = [("type", "application/json"), ("id", "data")]
UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def registry_of(folder: Path, names: Sequence[str]) -> Path:
    """A registry with these names: one row for each, as company, contact and account manager."""
    rows: dict[str, list[list[str]]] = {file: [] for file in HEADERS}
    for place, name in enumerate(names):
        rows["partners.csv"].append([f"P{place}", name, "applied", "en", "NL", "", "", "", "", f"M{place}", ""])
        rows["contacts.csv"].append([f"P{place}", name, "a@x.example", "billing"])
        rows["account_managers.csv"].append([f"M{place}", name, "m@host.example", ""])
    for file, header in HEADERS.items():
        text = io.StringIO()
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows[file])
        (folder / file).write_bytes(f"{header}\r\n{text.getvalue()}".encode(errors="surrogatepass"))
    return folder


def test_there_are_more_than_two_hundred_different_strings() -> None:
    assert len(set(hostile.ALL)) == len(hostile.ALL) > 300


def test_a_name_that_is_only_odd_is_kept_as_it_was_written(tmp_path: Path) -> None:
    registry = read_registry(registry_of(tmp_path, hostile.SOUND))

    assert {partner.partner_id: partner.company_name for partner in registry.partners} == {
        f"P{place}": name for place, name in enumerate(hostile.SOUND)
    }
    assert sorted(contact.name for contact in registry.contacts) == sorted(hostile.SOUND)
    assert sorted(manager.name for manager in registry.account_managers) == sorted(hostile.SOUND)


@pytest.mark.parametrize("family", hostile.REFUSED)
def test_a_name_that_hides_something_is_refused_with_its_file_and_line(tmp_path: Path, family: str) -> None:
    names = hostile.REFUSED[family]
    with pytest.raises(UnsoundFiles) as refused:
        read_registry(registry_of(tmp_path, names))

    for file, column in (("partners.csv", "company_name"), ("contacts.csv", "name"), ("account_managers.csv", "name")):
        lines = {fault.split(":")[1] for fault in refused.value.faults if re.match(rf"{file}:\d+: {column}: ", fault)}
        assert len(lines) == len(names)
    assert not UNSEEN.search("".join(refused.value.faults))


@pytest.mark.parametrize("name", hostile.UNREADABLE, ids=range(len(hostile.UNREADABLE)))
def test_a_file_that_cannot_be_read_is_refused_without_repeating_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsoundFiles) as refused:
        read_registry(registry_of(tmp_path, [name]))

    assert {fault.split(":")[0] for fault in refused.value.faults} >= {
        "partners.csv",
        "contacts.csv",
        "account_managers.csv",
    }
    assert len(str(refused.value)) < 5_000


def named(place: int, name: str) -> LetterFacts:
    """A letter in which every name is `name`; its kind depends on `place`."""
    base = list(KINDS.values())[place % len(KINDS)]
    language = TEMPLATES.languages[place % len(TEMPLATES.languages)]
    return replace(base, language=language, company_name=name, contact_names=(name,), manager_name=name)


@cache
def calm_letter(place: int, name: str) -> tuple[RenderedLetter, Letter]:
    """The letter of a kind and a language with a harmless name, and as it is read; one for all hostile names."""
    rendered = TEMPLATES.render(named(place, name))
    return rendered, Letter(rendered.html)


@pytest.mark.parametrize(("place", "name"), NUMBERED)
def test_a_letter_keeps_its_structure_and_shows_the_name(place: int, name: str) -> None:
    shown = plain_name(name)
    letter = TEMPLATES.render(named(place, name))
    calm, read_calm = calm_letter(place % (len(KINDS) * len(TEMPLATES.languages)), "Calm" if shown else "")
    read = Letter(letter.html)

    assert read.tags == read_calm.tags
    assert read.visible.count(shown) >= (2 if shown else 0)
    assert letter.text.count(shown) >= (2 if shown else 0)
    assert len(letter.text.split("\n")) == len(calm.text.split("\n"))
    assert letter.subject == calm.subject
    assert not UNSEEN.search(letter.html + letter.text)
    assert len(letter.html) < len(calm.html) + 5_000


def test_marks_do_not_pile_up_over_the_lines_above() -> None:
    assert plain_name("e\u0302\u0323, a" + "\u0301" * 60 + "b") == "e\u0302\u0323, a" + "\u0301" * 4 + "b"
    assert plain_name("Vi\u1ec7t Nam \u05e9\u05bc\u05c1\u05b8") == "Vi\u1ec7t Nam \u05e9\u05bc\u05c1\u05b8"


@pytest.mark.parametrize(("place", "name"), NUMBERED)
def test_a_message_has_one_recipient_and_no_header_more(place: int, name: str) -> None:
    head = MessageHead(
        sender_name=name,
        sender_address="partners@host.example",
        reply_to_name=name,
        reply_to_address="mila@host.example",
        recipient_name=name,
        recipient_address="anna@x.example",
        subject="Your tier",
        message_id=f"<{place:032x}@host.example>",
        dated=datetime(2015, 9, 2, tzinfo=UTC),
        language="en",
    )
    message = message_bytes(head, "text", "<p>html</p>")
    calm = message_bytes(replace(head, sender_name="A", reply_to_name="A", recipient_name="A"), "text", "<p>html</p>")
    read, plain = email.message_from_bytes(message, policy=policy.default), email.message_from_bytes(message)

    assert read.keys() == email.message_from_bytes(calm).keys()
    for header, address in (
        ("From", "partners@host.example"),
        ("To", "anna@x.example"),
        ("Reply-To", "mila@host.example"),
    ):
        assert [each.addr_spec for each in read[header].addresses] == [address]
        ((written, _),) = getaddresses([plain[header]])
        assert str(make_header(decode_header(written))) == plain_name(name)
    assert message.partition(b"\r\n\r\n")[2] == calm.partition(b"\r\n\r\n")[2]
    assert not UNSEEN.search(message.replace(b"\r\n", b"\n").decode())
    assert max(map(len, message.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(("place", "name"), NUMBERED)
def test_the_register_for_a_spreadsheet_holds_a_text_and_no_formula(place: int, name: str) -> None:
    nothing = dict.fromkeys(RegisterPartner.__dataclass_fields__)
    partner = RegisterPartner(**nothing | {"partner_id": name, "status": "held", "held_reason": name})
    other = RegisterPartner(**nothing | {"partner_id": f"P{place}", "status": "held"})
    month = BillingMonth(2015, 6)
    written = register_csv(Register(month, 1, None, "in_force", (partner, other), held=(), buckets=()))
    limit = csv.field_size_limit(sys.maxsize)
    rows = list(csv.DictReader(io.StringIO(written, newline=""), strict=True))
    csv.field_size_limit(limit)

    assert [row["status"] for row in rows] == ["held", "held"]
    assert rows[1]["partner_id"] == f"P{place}"
    for cell in (rows[0]["partner_id"], rows[0]["held_reason"]):
        assert cell in (name, f"'{name}")
        assert not starts_a_formula(cell)


def starts_a_formula(cell: str) -> bool:
    """Whether a spreadsheet would calculate the cell, if it ignores invisible signs or reads full-width ones."""
    if cell[:1] in ("\t", "\r", "\n"):
        return True
    seen = next((each for each in cell if unicodedata.category(each)[0] not in "ZC"), "")
    return unicodedata.normalize("NFKC", seen) in ("=", "+", "-", "@")


class Page(HTMLParser):
    """The elements of the months' page, and what its data element holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[object] = []
        self.data = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1] == ("script", DATA):
            self.data += data


def test_the_months_page_is_one_page_with_every_name_in_its_data(tmp_path: Path) -> None:
    def page(names: Sequence[str]) -> Page:
        rows = [
            PageRow(f"P{place}", name, None, None, None, None, None, None, held_reason=name)
            for place, name in enumerate(names)
        ]
        month = PageMonth("2015-08", "2015-09-01", 1, "in_force", rows)
        path = tmp_path / "index.html"
        write_months_page(
            path,
            [month_on_page(month, 1)],
            template=LETTERS / "pages/months.html",
            company_name="Host",
            programme_name=names[0],
        )
        return Page(path.read_text("utf-8"))

    read = page(hostile.ALL)

    assert read.elements == page(["Calm"] * len(hostile.ALL)).elements
    assert [row[1] for row in json.loads(read.data)["months"][0]["rows"]] == [plain_name(name) for name in hostile.ALL]

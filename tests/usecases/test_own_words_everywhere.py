"""Another company's certificates, badges, status pages, reminders and digests have no word of the first owner's."""

import email
import json
import re
from collections.abc import Iterator
from datetime import date
from email import policy
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from partner_program.adapters.connections import ConnectionFields
from partner_program.usecases.digests.collecting import collect_digests
from partner_program.usecases.digests.sending import send_digests
from partner_program.usecases.letters.documents import document_content
from partner_program.usecases.status_export import export_status
from tests.own_folder import OwnWorld, own_brand
from tests.usecases.letter_world import FixedTime
from tests.usecases.month.test_currency import EURO_WORDS
from tests.usecases.month.test_six_programmes import FIRST_OWNERS

FILES = Path(__file__).parents[1] / "data" / "programmes"
JANUARY, TODAY = "2026-01", date(2026, 2, 2)
BENEFITS = """
benefits:
  - key: partner_program_certificate
    name: Certificate
    group: marketing
    tiers: ["yes", "yes", "yes"]
    description: "A certificate."
    reading: x
  - key: partner_program_branding
    name: Logo
    group: marketing
    tiers: ["yes", "yes", "yes"]
    description: "A badge."
    reading: x
"""
LANGUAGES = {"P1": "en", "P2": "nl", "P3": "de"}
# What 2015's programme calls its levels and families: of its own, no tier and no product of this company's.
OF_2015 = re.compile(r"\b(?:Bronze|Silver|Gold|Platinum)\b|Private Rack|SLA\b|[Ss]etup|[Ss]et-up|\$5,000\.00")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> OwnWorld:
    """January of Kestrel, in dollars: a grant and an agreement that end soon, and who will drop."""
    text = (FILES / "kestrel" / "2026-01-01.yaml").read_text("utf-8") + BENEFITS
    made = OwnWorld(
        tmp_path_factory.mktemp("kestrel"),
        brand=own_brand("Kestrel"),
        programs={"2026-01-01": text},
        entities=("US",),
    )
    made.tables["entities"][0]["currency"] = "USD"
    for name, language in LANGUAGES.items():
        made.partner(name, {"US": f"A{name}"}, language=language, authorized_on="2026-01-01")
    made.bill("AP1", JANUARY, 6_000_00, entity="US", currency="USD")
    made.bill("AP2", JANUARY, 10_00, entity="US", currency="USD")
    made.grant("G1", "P2", 2, "2026-01-15", "2026-03-01")
    made.legacy("P3", 700, until="2026-02-20")
    made.connections["status_pages"] = ConnectionFields("status_pages", "generic", password="a key of twenty letters")
    made.ready(JANUARY)
    made.settle(JANUARY, on="2026-02-01", migration=True)
    return made


def told(world: OwnWorld, folder: Path) -> Iterator[tuple[str, str]]:
    """Everything that is made of the month beside letters, by name, as people read it."""
    here = world.installation
    for document in ("certificate", "badge"):
        made = document_content(here, "P1", document, on=TODAY, today=TODAY)  # type: ignore[arg-type]
        is_pdf = document == "certificate"
        pages = PdfReader(BytesIO(made.content)).pages if is_pdf else ()
        yield document, " ".join(page.extract_text() for page in pages) if is_pdf else made.content.decode()
    export_status(here, folder, month=None, expires_on=None, today=TODAY)
    for path in sorted((folder / "pages").glob("*.html")):
        yield f"status {path.name}", path.read_text("utf-8")
    shown = world.command_line("reminders", "show", "--on", str(TODAY))
    yield "reminders", shown.stdout + shown.stderr
    time = FixedTime()
    found = collect_digests(here, on=TODAY, due_days=30, by="kim", clock=time.now)
    send_digests(here, found.week, clock=time.clock, sent_by="kim")
    for path in sorted((here.out / "mail" / "digests").rglob("*.eml")):
        mail = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        parts = [str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"]
        yield f"digest {path.name}", " ".join([mail["subject"], mail["from"], *parts])
    for command in (("grants", "list"), ("benefit", "list"), ("acts", JANUARY), ("events", "list"), ("doctor",)):
        answer = world.command_line(*command)
        yield " ".join(command), answer.stdout + answer.stderr


@pytest.fixture(scope="module")
def texts(world: OwnWorld, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The same, once."""
    found = dict(told(world, tmp_path_factory.mktemp("status")))
    plain = {name: re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL) for name, text in found.items()}
    return {name: " ".join(re.sub(r"<[^>]*>", " ", text).split()) for name, text in plain.items()}


def test_each_of_them_is_there(texts: dict[str, str]) -> None:
    kinds = {name.partition(" ")[0] for name in texts}
    assert kinds >= {"certificate", "badge", "status", "reminders", "digest", "grants", "doctor"}
    assert sum(name.startswith("status") for name in texts) == len(LANGUAGES)
    assert "Plus until 2026-03-01: short by 4,990.00 USD" in texts["reminders"]
    assert "7 % on monthly fees" in texts["reminders"]


@pytest.mark.parametrize("words", [FIRST_OWNERS, OF_2015, EURO_WORDS], ids=["first owner", "of 2015", "euros"])
def test_none_has_a_word_of_another_programme(texts: dict[str, str], words: re.Pattern[str]) -> None:
    found = {
        name: [text[max(0, each.start() - 50) : each.end() + 50] for each in words.finditer(text)]
        for name, text in texts.items()
    }
    assert {name: said for name, said in found.items() if said} == {}


def test_status_data_names_the_unit(world: OwnWorld, tmp_path: Path) -> None:
    export_status(world.installation, tmp_path, month=None, expires_on=None, today=TODAY)
    index = json.loads((tmp_path / "index.json").read_text("utf-8"))["partners"]
    data = json.loads((tmp_path / "pages" / f"{index['P1']}.json").read_text("utf-8"))
    assert data["months"][0]["mrr_cents"] == 6_000_00

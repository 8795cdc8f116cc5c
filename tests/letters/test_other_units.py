"""Letters of programmes in another unit than EUR: what partners read of amounts, in each language and on paper."""

import io
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from partner_program.adapters.files.program import load_programs
from partner_program.usecases.letters.documents import letter_pdf
from partner_program.usecases.letters.rendering import letter_batches, render_letters
from tests.programs import least
from tests.usecases.month.own_programme import OwnProgramme

JANUARY, FEBRUARY = "2026-01", "2026-02"
LANGUAGES = ("en", "nl", "de")
ROWS = ((500_00, 500), (2_000_00, 800), (5_000_00, 1000))
NAMES = ("Bronze", "Silver", "Gold")
EURO = re.compile(r"\bEUR\b|€|\beuros?\b", re.IGNORECASE)
OURS = "\ncompany: LeaseWeb\n"
SPACES = str.maketrans("\u00a0\u202f", "  ")


def world_in(folder: Path, unit: str, rows: tuple[tuple[int, int], ...] = ROWS) -> OwnProgramme:
    """A programme in a unit, with entities in USD and GBP, and the rates of January."""
    world = OwnProgramme(
        folder, least(*rows, names=NAMES, day="2010-01-01") + f"\ncurrency: {unit}\n{OURS}", ("US", "UK")
    )
    for month in (JANUARY, FEBRUARY):
        world.rate(month, "USD", "1.2")
        world.rate(month, "GBP", "0.8")
    return world


def letters(world: OwnProgramme, month: str = JANUARY) -> dict[str, dict[str, str]]:
    """Each partner's letter as text, HTML and PDF, by partner and form."""
    asked = world.request(month).month
    for batch in letter_batches(world.installation, asked):
        render_letters(world.installation, asked, batch)
    folder = world.folder / "out" / "letters" / month
    found = {}
    for text in sorted(folder.glob("*.txt")):
        name = text.stem
        pages = PdfReader(io.BytesIO(letter_pdf(world.installation, name, asked).read_bytes())).pages
        paper = "\n".join(page.extract_text() for page in pages)
        found[name] = {
            "text": text.read_text("utf-8").translate(SPACES),
            "html": text.with_suffix(".html").read_text("utf-8").translate(SPACES),
            "pdf": paper.translate(SPACES),
        }
    return found


def test_a_letter_in_dollars_has_no_word_of_euros(tmp_path: Path) -> None:
    world = world_in(tmp_path, "{code: USD}")
    for language in LANGUAGES:
        world.partner(f"P-{language}", {"US": f"A-{language}", "UK": f"B-{language}"}, language=language)
        world.bill(f"A-{language}", JANUARY, 1_000_00, entity="US")
        world.bill(f"B-{language}", JANUARY, 1_000_00, entity="UK")  # 1,500.00 USD
    world.ready(JANUARY)
    world.settle(JANUARY, on="2026-02-01", migration=True)
    found = letters(world)
    amounts = {"en": "$2,500.00", "nl": "US$ 2.500,00", "de": "2.500,00 $"}
    rates = {"en": "1 USD = 0.666667 GBP", "nl": "1 USD = 0,666667 GBP", "de": "1 USD = 0,666667 GBP"}
    for language in LANGUAGES:
        for form, body in found[f"P-{language}"].items():
            assert not EURO.search(body), (language, form, EURO.search(body))
            assert amounts[language] in body, (language, form)
            assert rates[language] in body, (language, form)
    heading = {"en": "In USD", "nl": "In USD", "de": "In USD"}
    assert all(heading[each] in found[f"P-{each}"]["html"] for each in LANGUAGES)


def test_points_are_told_as_counts(tmp_path: Path) -> None:
    world = world_in(tmp_path, "{label: points, decimals: 0}", ((10, 500), (2_000, 800), (5_000, 1000)))
    for row in world.tables["entities"]:
        row["currency"] = "XXX"
    for language in LANGUAGES:
        world.partner(f"P-{language}", {"US": f"A-{language}"}, language=language)
        world.bill(f"A-{language}", JANUARY, 1_200, entity="US", currency="XXX")
    world.ready(JANUARY)
    world.settle(JANUARY, on="2026-02-01", migration=True)
    found = letters(world)
    amounts = {"en": ("1,200 points", "2,000 points", "800 points"), "nl": ("1.200 points",), "de": ("1.200 points",)}
    for language in LANGUAGES:
        for form, body in found[f"P-{language}"].items():
            assert not EURO.search(body), (language, form, EURO.search(body))
            assert "XXX" not in body, (language, form)
            assert all(each in body for each in amounts[language]), (language, form)


def test_revenue_of_another_unit_stands_beside_nothing(tmp_path: Path) -> None:
    world = OwnProgramme(tmp_path, least(*ROWS, names=NAMES, day="2010-01-01") + OURS, ("US",))
    later = world.include / "program" / "2026-03-01.yaml"
    later.write_text(least(*ROWS, names=NAMES, day="2026-03-01") + "\ncurrency: {code: USD}\n" + OURS)
    world._programs = load_programs(world.include / "program")
    world.rate(JANUARY, "USD", "1.2")
    world.partner("P1", {"US": "A1"})
    world.bill("A1", JANUARY, 1_200_00, entity="US")
    world.bill("A1", FEBRUARY, 2_400_00, entity="US")
    world.ready(JANUARY, FEBRUARY)
    world.settle(JANUARY, on="2026-02-01")
    world.settle(FEBRUARY, on="2026-03-01")
    body = letters(world, FEBRUARY)["P1"]["text"]
    assert "$2,400.00" in body
    assert "1,000.00" not in body
    assert not EURO.search(body)


@pytest.mark.parametrize(("code", "zero", "text"), [("JPY", 0, "¥250,000"), ("IDR", 0, "IDR 250,000")])
def test_a_currency_without_decimals_has_none_in_letters(tmp_path: Path, code: str, zero: int, text: str) -> None:
    unit = f"{{code: {code}, decimals: {zero}}}"
    world = world_in(tmp_path, unit, ((10_000, 500), (300_000, 800), (500_000, 1000)))
    for row in world.tables["entities"]:
        row["currency"] = code
    world.partner("P1", {"US": "A1"})
    world.bill("A1", JANUARY, 250_000, entity="US", currency=code)
    world.ready(JANUARY)
    world.settle(JANUARY, on="2026-02-01", migration=True)
    for form, body in letters(world)["P1"].items():
        assert text in body, form
        assert "250,000.00" not in body

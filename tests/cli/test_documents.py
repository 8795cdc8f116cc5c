"""`letters pdf` and `certificate` make files for download from committed facts, and refuse if there are none."""

import io
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader


def text_of(path: str) -> str:
    return " ".join(
        " ".join(page.extract_text() for page in PdfReader(io.BytesIO(Path(path).read_bytes())).pages).split()
    )


def test_the_letter_is_written_where_it_was_asked_for(settled, tmp_path):
    answer = settled("letters", "pdf", "P2", "2015-06", "--out", tmp_path / "letter.pdf")

    assert (answer.status, answer.stderr) == (0, "")
    assert answer.stdout == f"{tmp_path / 'letter.pdf'}\n"
    shown = text_of(answer.stdout.strip())
    for fact in ("A2 €600.00", "Total €600.00", "Tier 1", "Monthly fee discount kept from your earlier agreement 30%"):
        assert fact in shown


def test_without_a_place_it_lies_beside_the_other_parts_of_the_letter(settled):
    answer = settled.must("letters", "pdf", "=cmd()", "2015-06")

    written = Path(answer.stdout.strip())
    assert written.with_suffix(".html").exists()
    assert "=cmd()" in text_of(str(written))


def test_the_certificate_states_the_rate_in_force(settled, tmp_path):
    answer = settled("certificate", "P2", "--on", "2015-08-01", "--out", tmp_path / "certificate.pdf")

    assert (answer.status, answer.stderr) == (0, "")
    shown = text_of(answer.stdout.strip())
    for fact in ("Company P2", "Tier 1", "Bronze", "27 July 2015", "Authorised on 1 January 2014"):
        assert fact in shown


def test_the_badge_is_one_sound_file_with_the_tier_and_the_certificates_number(settled, tmp_path):
    path = tmp_path / "badge.svg"
    answer = settled("badge", "P2", "--on", "2015-08-01", "--out", path)
    assert (answer.status, answer.stdout, answer.stderr) == (0, f"{path}\n", "")
    drawing = ElementTree.parse(path).getroot()  # noqa: S314 - our own file
    texts = [each.text for each in drawing.iter() if each.tag.endswith("}text")]
    assert texts[:3] == ["LeaseWeb", "Authorized Reseller Partner", "Tier 1 · Bronze"]
    certificate = text_of(settled.must("certificate", "P2", "--on", "2015-08-01").stdout.strip())
    assert texts[3].removeprefix("Certificate number: ") in certificate
    before = path.read_bytes()
    settled.must("badge", "P2", "--on", "2015-08-01", "--out", path)
    assert path.read_bytes() == before
    odd = Path(settled.must("badge", "=cmd()", "--on", "2015-08-01").stdout.strip())
    assert odd.parent.name == "badges"
    assert "=cmd()" in ElementTree.parse(odd).getroot().findall("*")[-1].text  # noqa: S314


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (("letters", "pdf", "P3", "2015-06"), "partner P3 has no letter for 2015-06"),
        (("letters", "pdf", "P9", "2015-06"), "partner P9 is not in the registry"),
        (("letters", "pdf", "P1", "2015-06"), "no font has 株 (U+682A)"),
        (("certificate", "P1"), "no font has 株 (U+682A)"),
        (("certificate", "P3"), "partner P3 has no tier on"),
        (("badge", "P3"), "partner P3 has no tier on"),
        (("badge", "P4"), "partner P4 is applied: only authorised partners get a badge"),
        (("certificate", "P4"), "partner P4 is applied"),
        (("certificate", "P2", "--on", "2015-07-26"), "no rule in force on 2015-07-26"),
        (("certificate", "P2", "--on", "2999-01-01"), "2999-01-01 has not come yet"),
    ],
)
def test_a_document_that_cannot_be_made_is_refused_by_name(settled, typed, why):
    answer = settled(*typed)

    assert answer.status == 1
    assert why in answer.said
    assert answer.stdout == ""

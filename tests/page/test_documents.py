"""The certificate and the badge as files, and the reason where a partner has none."""

import pytest

from partner_program.usecases.letters.documents import document_content
from tests.page.asking import PREFIX, Asking
from tests.page.test_pages import words_of
from tests.worlds import World


@pytest.mark.parametrize(
    ("document", "kind", "begins"),
    [("certificate", "application/pdf", b"%PDF"), ("badge", "image/svg+xml", b"<svg")],
)
def test_a_document_is_a_file_with_the_bytes_of_the_command(
    ask: Asking, page_world: World, document: str, kind: str, begins: bytes
) -> None:
    assert f'href="{PREFIX}/documents/{document}/P1"' in ask("partners/P1").text
    answer = ask(f"documents/{document}/P1")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    here = page_world.installation
    made = document_content(here, "P1", document, on=here.today(), today=here.today())  # type: ignore[arg-type]
    assert answer.headers["content-disposition"] == f'attachment; filename="{made.name}"'
    assert answer.content == made.content
    assert answer.content.startswith(begins)
    assert answer.headers["content-security-policy"]


@pytest.mark.parametrize("document", ["certificate", "badge"])
def test_a_partner_without_a_tier_has_none_and_the_page_says_why(ask: Asking, page_world: World, document: str) -> None:
    day = page_world.installation.today()
    why = f"partner P/5 is in no tier on {day}: the {document} begins with Tier 1"
    page = ask("partners/P%2F5")
    assert why in words_of(page.text)
    assert "/documents/" not in page.text
    answer = ask(f"documents/{document}/P%2F5")
    assert answer.status_code == 409
    assert why in words_of(answer.text)


def test_there_is_no_document_of_another_name_or_of_nobody(ask: Asking) -> None:
    assert ask("documents/letterhead/P1").status_code == 422
    assert ask("documents/badge/P9").status_code == 404

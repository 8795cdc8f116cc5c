"""An application is pasted, judged field by field, and accepted by a person, once."""

import json

import pytest

from tests.page.asking import Asking
from tests.page.errands import done
from tests.page.test_pages import words_of
from tests.usecases.test_applications import APPLICATION
from tests.worlds import World

TYPED = {"manager": "M2", "on": "2015-08-03", "reason": "met on 3 August"}
AS_YAML = "\n".join(
    f"{name}: {json.dumps(value)}"  # JSON's texts are YAML's
    for name, value in APPLICATION.items()
)


@pytest.mark.parametrize("pasted", [json.dumps(APPLICATION), AS_YAML.replace("\n", "\r\n")])
def test_an_application_becomes_a_partner_once(ask: Asking, with_registry: World, pasted: str) -> None:
    said = done(ask, "applications/accept", "new", application=pasted, **TYPED)
    assert "Done. P5: authorised from 2015-08-03, partner manager M2, 2 contacts, 2 account links" in said
    row = with_registry.rows("SELECT company_name, status FROM partner WHERE partner_id = 'P5'")
    assert row == [(APPLICATION["company_name"], "authorized")]
    assert b"noorderlicht.example" in (with_registry.folder / "registry" / "partners.csv").read_bytes()
    again = ask.post("applications/accept-check/new", "op", application=pasted, **TYPED)
    assert again.status_code == 409
    assert "the applicant may be a partner already: P5" in words_of(again.text)
    acts = with_registry.rows("SELECT subject, done_by, reason FROM act WHERE kind = 'application accepted'")
    assert acts == [("P5", "op-person", "met on 3 August")]


def test_what_is_not_fulfilled_is_shown_field_by_field_with_what_was_pasted(ask: Asking, with_registry: World) -> None:
    pasted = json.dumps({**APPLICATION, "resolves_abuse_reports": "no", "company_name": "<b>Evil</b>"})
    answer = ask.post("applications/accept-check/new", "op", application=pasted, **TYPED)
    assert answer.status_code == 409
    said = words_of(answer.text)
    assert "resolves abuse reports not fulfilled" in said
    assert "&lt;b&gt;Evil&lt;/b&gt;" in answer.text
    assert "<b>Evil" not in answer.text
    assert with_registry.rows("SELECT count(*) FROM act WHERE kind = 'application accepted'") == [(0,)]


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        ({"application": ""}, 422, "Paste the application"),
        ({"application": " \n "}, 422, "Paste the application"),
        ({"application": "x" * 20_001}, 422, "too long"),
        ({"application": "company_name: [1]"}, 409, "application:1"),
        ({"application": "a: &x 1\nb: *x"}, 409, "application:1"),
        ({"application": "{"}, 409, "application:1"),
        ({"manager": ""}, 422, "Choose its partner manager"),
        ({"on": "yesterday"}, 422, "YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_read_is_said(
    ask: Asking, with_registry: World, changed: dict[str, str], status: int, says: str
) -> None:
    typed = {"application": json.dumps(APPLICATION), **TYPED, **changed}
    answer = ask.post("applications/accept-check/new", "op", **typed)
    assert (answer.status_code, says in words_of(answer.text)) == (status, True), words_of(answer.text)
    assert with_registry.program_db.exists()


def test_a_manager_who_is_none_is_refused_by_the_errand(ask: Asking, with_registry: World) -> None:
    said = done(ask, "applications/accept", "new", application=json.dumps(APPLICATION), **{**TYPED, "manager": "M9"})
    assert "It was refused." in said
    assert "M9" in said
    assert with_registry.rows("SELECT count(*) FROM partner") == [(5,)]

"""The quote on a page: the fees and steps that the command line gives, from an address that can be sent on."""

import json
from urllib.parse import urlencode

import pytest

from partner_program.domain.money import euros_text
from partner_program.page.words import percent
from partner_program.usecases.orders import Order, quote_file
from tests.page.asking import Asking
from tests.page.test_pages import words_of
from tests.worlds import World

ORDER = {"partner": "P2", "on": "2015-08-10", "monthly": "199.00", "setup": "49.00", "term": "12"}


def address(**changed: str) -> str:
    return "quote?" + urlencode({**ORDER, **changed})


def test_the_page_shows_the_fees_and_steps_of_the_same_object(ask: Asking, page_world: World) -> None:
    from datetime import date

    answer = ask(address(website="4", promo="2.5"))
    said = words_of(answer.text)
    order = Order("P2", date(2015, 8, 10), 199_00, 49_00, 12, 4_00, 2_50)
    quoted = json.loads(quote_file(page_world.installation, order))
    for name in ("monthly_fee_cents", "setup_fee_cents"):
        assert f"{euros_text(quoted[name])} EUR, list" in said
    for step in quoted["steps"]:
        assert f"{step['rule']} {percent(-step['bp'])}".replace("\N{NO-BREAK SPACE}", " ") in said
    assert "Left of list" in said
    assert 'value="199.00"' in answer.text  # the form keeps the order


def test_before_anything_is_typed_there_is_a_form_and_no_fault(ask: Asking) -> None:
    answer = ask("quote?partner=P2")
    assert answer.status_code == 200
    assert "alert" not in answer.text
    assert "to pay" not in answer.text
    assert "Find the partner" in words_of(ask("quote").text)
    assert 'href="/partner-programme/quote?partner=P%2F5"' in ask("partners/P%2F5").text


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        ({"monthly": "199,00"}, 422, "expected euros with at most two decimals"),
        ({"term": ""}, 422, "Choose a contract term"),
        ({"promo": "101"}, 422, "expected at most 100"),
        ({"on": "2015-02-30"}, 422, "is not a day of the calendar"),
        ({"product": "private_rack", "term": "1"}, 409, "private_rack has no one-month term"),
        ({"on": "2015-06-30"}, 409, "no rule in force"),
        ({"shortened_from": "24", "term": "1"}, 409, "is not defined"),
        ({"partner": "P3x"}, 404, "partner P3x is not in the registry"),
    ],
)
def test_what_cannot_be_quoted_is_said_with_what_was_typed(
    ask: Asking, changed: dict[str, str], status: int, says: str
) -> None:
    answer = ask(address(**changed))
    assert answer.status_code == status
    assert says in words_of(answer.text)
    if status != 404:
        assert 'name="setup" aria-describedby="setup-hint"' in answer.text
        assert 'value="49.00"' in answer.text

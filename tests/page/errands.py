"""Goes through an errand as a person does: the form, the last look, the act, and its page until it has ended."""

import re
import time
from typing import Any

from tests.page.asking import PREFIX, ROLE, Asking
from tests.page.test_benefits import hidden
from tests.page.test_pages import words_of


def looked_at(ask: Asking, act: str, subject: str, role: str = "op", **typed: str) -> dict[str, str]:
    """Fill in a form and take the last look; return what that sends on."""
    form = ask(f"{act}/{subject}", role)
    assert form.status_code == 200, words_of(form.text)
    look = ask.post(f"{act}-check/{subject}", role, **hidden(form.text), **typed)
    assert look.status_code == 200, words_of(look.text)
    assert "Nothing has happened yet" in look.text
    return hidden(look.text)


def done(ask: Asking, act: str, subject: str, role: str = "op", **typed: str) -> str:
    """Do it, and wait until the errand has ended; return the words of its page."""
    return ended(ask, ask.post(f"{act}/{subject}", role, **looked_at(ask, act, subject, role, **typed)), role)


def ended(ask: Asking, answer: Any, role: str = "op") -> str:
    """The words of an errand's page once it has ended."""
    assert answer.status_code == 303, words_of(answer.text)
    address = answer.headers["location"]
    assert re.fullmatch(rf"{PREFIX}/errands/[0-9a-f]{{32}}", address)
    for _ in range(600):
        page = ask.client.get(address, headers={ROLE: role})
        assert page.text.count('aria-current="page"') == 1  # the row of links says what it is about
        if "data-again" not in page.text:
            return words_of(page.text)
        time.sleep(0.1)
    raise AssertionError(words_of(page.text))

"""Addresses that nobody's link has: whatever stands in them, the answer is a plain page, and never a fault of ours."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from tests.page.asking import ROLE, Asking
from tests.page.test_pages import words_of
from tests.servers import Postgres
from tests.usecases.two_at_once import on_postgres
from tests.worlds import World

ODD = {
    "nul": "%00",
    "half a surrogate pair": "%ED%A0%80",
    "ten thousand letters": "x" * 10_000,
    "digits of another script": "%D9%A1%D9%A2%D9%A3%D9%A4-%D9%A0%D9%A7",
}


def routes() -> list[Any]:
    from partner_program.page.app import build_app

    return [each for each in build_app().routes if "GET" in (getattr(each, "methods", None) or ())]


def addresses(odd: str) -> Iterator[str]:
    """Each GET route with something odd in one of its places, and in one of its parameters."""
    sound = {"month": "2015-07", "form": "csv", "answer": "accepted", "partner_id": "P1", "key": "0" * 32}
    for route in routes():
        names = re.findall(r"{(\w+)(?::path)?}", route.path)
        plain = re.sub(r"{(\w+)(?::path)?}", lambda at: sound.get(at[1], "P1"), route.path)
        for name in names:
            filled = re.sub(
                r"{(\w+)(?::path)?}", lambda at, own=name: odd if at[1] == own else sound.get(at[1], "P1"), route.path
            )
            yield filled
        # The form of an act takes what is to stand in its fields from its address.
        for parameter in [each.alias for each in route.dependant.query_params] or ["reason"] * bool(names):
            yield f"{plain}?{parameter}={odd}"


def faults(client: Any, odd: str) -> list[str]:
    """The addresses that were not answered plainly."""
    found = []
    for address in addresses(odd):
        answer = client.get(f"/partner-programme{address}", headers={ROLE: "admin"})
        if answer.status_code >= 500 or "x-odd" in answer.headers:
            found.append(f"{answer.status_code} {address[:120]}: {words_of(answer.text)[:120]}")
    return found


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_address_is_answered_plainly(ask: Asking, odd: str) -> None:
    assert faults(ask.client, odd) == []


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_address_is_answered_plainly_on_postgresql(
    ask: Asking, shown: Any, tmp_path: Path, shared_postgres: Postgres, odd: str
) -> None:
    world = World(tmp_path)
    with on_postgres(world, shared_postgres):
        world.partner("P1", {"NL": "A1"})
        world.bill("A1", "2015-07", 1_000_00)
        world.ready("2015-07")
        world.settle("2015-07", on="2015-08-03")
        shown(world)
        assert faults(ask.client, odd) == []
        form = {"reason": "a\0b", "shown": "0" * 64, "answer": "accept"}
        assert ask.post("months/2015-07/sign", "op", **form).status_code == 422


def test_partners_whose_ids_are_dots_are_reached_by_their_links(ask: Asking, shown: Any, tmp_path: Path) -> None:
    world = World(tmp_path)
    for partner_id in (".", "..", "..."):
        world.partner(partner_id, company_name=f"Company {len(partner_id)}")
    world.ready()
    shown(world)
    links = re.findall(r'href="/partner-programme/(partners/[^"?]*)"', ask("partners").text)
    assert links == ["partners/.%20", "partners/..%20", "partners/..."]
    for number, link in enumerate(links, start=1):
        assert urljoin("http://desk.example/partner-programme/", link).endswith(link)  # as a browser reads it
        page = ask(link, "op")
        assert page.status_code == 200
        assert f"<h1>Company {number}</h1>" in page.text
    form = re.search(r'href="/partner-programme/(grants/new/[^"]*)"', ask("partners/..%20", "user").text)
    assert form is not None
    assert "Company 2" in ask(form[1], "user").text

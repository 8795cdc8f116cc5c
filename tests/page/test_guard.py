"""Who may do what, and what other sites may not: through Airflow's real authentication."""

import re
from typing import Any

import pytest

from tests.page.asking import PREFIX, ROLE, Asking, mounted, signed_in

pytestmark = pytest.mark.usefixtures("ask")


def every_route() -> list[tuple[str, str]]:
    """Each method of each route of the application, with an address for it."""
    from partner_program.page.app import build_app

    found = []
    for route in build_app().routes:
        for method in sorted(getattr(route, "methods", None) or ()):
            found.append((method, re.sub(r"{[^}]*}", "1", route.path)))
    return found


def test_nobody_who_is_not_signed_in_gets_an_answer_from_any_route() -> None:
    from partner_program.page.app import build_app

    client = mounted(build_app())
    routes = every_route()
    assert len(routes) >= 6
    answers = {(method, path): client.request(method, PREFIX + path).status_code for method, path in routes}
    assert set(answers.values()) == {401}, answers


def test_a_wrong_token_is_refused() -> None:
    from partner_program.page.app import build_app

    client = mounted(build_app())
    assert client.get(f"{PREFIX}/", headers={"authorization": "Bearer nonsense"}).status_code == 403
    assert client.get(f"{PREFIX}/", headers={"cookie": "_token=nonsense"}).status_code == 403


def test_a_route_that_somebody_adds_is_guarded_without_a_word() -> None:
    client = mounted(with_more_routes())
    assert client.get(f"{PREFIX}/more").status_code == 401
    assert client.get(f"{PREFIX}/more", headers={ROLE: "viewer"}).status_code == 200
    assert client.get(f"{PREFIX}/more", headers={ROLE: ""}).status_code == 403


@pytest.mark.parametrize(("right", "allowed"), [("acting", {"user", "op", "admin"}), ("deciding", {"op", "admin"})])
def test_only_those_with_the_right_change_something(right: str, allowed: set[str]) -> None:
    sending = Asking(mounted(with_more_routes()))
    answers = {role: sending.post(right, role).status_code for role in ("viewer", "user", "op", "admin")}
    assert answers == {role: 200 if role in allowed else 403 for role in answers}
    assert "Who could" in sending.post(right, "viewer").text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://desk.example"}, 403),
        ({"origin": "http://desk.example"}, 200),
        ({"origin": "http://other.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
        ({"authorization": "Bearer of a program"}, 200),
        ({"authorization": "Basic c29tZWJvZHk="}, 403),
    ],
)
def test_a_form_of_another_site_changes_nothing(headers: dict[str, str], status: int) -> None:
    client = mounted(with_more_routes())
    assert client.post(f"{PREFIX}/acting", headers={ROLE: "admin", **headers}).status_code == status


def test_each_answer_has_the_rules_for_browsers(ask: Asking) -> None:
    for answer in (ask(), ask("months/1999-01"), ask("nowhere"), Asking(mounted(with_more_routes()))("broken")):
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
    style = ask("static/page.css")
    assert style.status_code == 200
    assert "immutable" in style.headers["cache-control"]


def test_a_partner_whose_id_looks_like_a_style_is_not_kept_by_the_browser(ask: Asking) -> None:
    assert ask("partners/x/static/y").headers["cache-control"] == "no-store"


def test_a_fault_of_ours_says_nothing_of_what_was_asked() -> None:
    answer = Asking(mounted(with_more_routes()))("broken")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "hidden detail" not in answer.text


def with_more_routes() -> Any:
    """The application with routes as somebody would add them."""
    from fastapi import APIRouter, Depends

    from partner_program.page import rights

    router = APIRouter()

    @router.get("/more")
    def more() -> str:
        return "more"

    @router.get("/broken")
    def broken() -> str:
        raise ValueError("hidden detail")

    @router.post("/acting", dependencies=[Depends(rights.may_act)])
    def acting() -> str:
        return "done"

    @router.post("/deciding", dependencies=[Depends(rights.may_decide)])
    def deciding() -> str:
        return "done"

    app = signed_in()
    app.include_router(router)
    return app

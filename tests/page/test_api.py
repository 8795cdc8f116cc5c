"""JSON for programs: the command line's objects, a part at a time, and refusals as problem details."""

import json
from typing import Any

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.explain import explain, receipt_file
from partner_program.usecases.register import register_file
from tests.contract_page import plain, section, table
from tests.page.asking import Asking
from tests.worlds import World

JULY = BillingMonth(2015, 7)


def test_parts_of_a_register_are_the_register_of_the_command_line(ask: Asking, page_world: World) -> None:
    whole = json.loads(register_file(page_world.installation, JULY, "json"))
    found: list[Any] = []
    after = ""
    while after is not None:
        part = ask(f"api/v1/months/2015-07/partners?limit=2&after={after.replace('/', '%2F')}").json()
        assert len(part["partners"]) <= 2
        found += part["partners"]
        after = part["next_after"]
    assert found == whole["partners"]
    head = ask("api/v1/months/2015-07").json()
    for name in ("billing_month", "revision", "effective_on", "status", "held", "buckets"):
        assert head[name] == whole[name]
    assert (head["rose"], head["fell"], head["assigned"]) == (1, 1, 4)


def test_a_receipt_is_the_one_of_the_command_line(ask: Asking, page_world: World) -> None:
    for partner_id in ("P1", "P/5"):
        answer = ask(f"api/v1/partners/{partner_id.replace('/', '%2F')}/months/2015-07")
        assert answer.text == receipt_file(explain(page_world.installation, partner_id, JULY))


def test_partners_near_a_threshold_are_found_in_parts(ask: Asking) -> None:
    near = ask("api/v1/partners?near=below").json()
    assert [(each["partner_id"], each["gap_eur_cents"]) for each in near["partners"]] == [("P1", 1)]
    first = ask("api/v1/partners?limit=3").json()
    rest = ask(f"api/v1/partners?limit=3&after={first['next_after']}").json()
    ids = [each["partner_id"] for each in first["partners"] + rest["partners"]]
    assert ids == ["P/5", "P1", "P2", "P3", "P4"]
    assert rest["next_after"] is None


def test_a_partner_whole_has_its_tier_its_acts_and_what_comes(ask: Asking) -> None:
    found = ask("api/v1/partners/P1").json()
    assert found["partner"]["partner_id"] == "P1"
    assert found["rate"]["terms"]["tier"] == 1
    assert [each["kind"] for each in found["acts"]] == ["dispute opened"]
    assert found["coming"][0]["words"].startswith("an answer is due")


def test_an_order_is_quoted_as_on_the_command_line(ask: Asking) -> None:
    found = ask("api/v1/partners/P1/quote?on=2015-08-03&monthly=199.00&setup=49.00&term=12").json()
    assert found["monthly_fee_cents"] == 169_15
    assert found["rate_valid_from"] == "2015-08-03"
    assert ask("api/v1/partners/P1/quote?monthly=1e3&setup=0&term=1").status_code == 422


@pytest.mark.parametrize("path", ["months", "months/2015-06", "partners", "grants", "benefits", "acts?about=2015-06"])
def test_the_same_answer_is_sent_once(ask: Asking, path: str) -> None:
    first = ask(f"api/v1/{path}")
    assert first.status_code == 200
    assert first.headers["content-type"] == "application/json"
    assert first.headers["cache-control"] == "no-store"
    headers = {"x-test-role": "viewer", "if-none-match": first.headers["etag"]}
    again = ask.client.get(f"{ask.prefix}/api/v1/{path}", headers=headers)
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("months/2015-09", 404),
        ("months/2015-13/partners", 404),
        ("partners/P99", 404),
        ("partners/P1/months/2015-09", 404),
        ("partners?limit=0", 422),
        ("partners?change=better", 422),
        ("acts", 422),
        ("acts?about=nobody", 404),
        ("nowhere", 404),
    ],
)
def test_what_is_refused_is_a_problem_for_programs(ask: Asking, path: str, status: int) -> None:
    answer = ask(f"api/v1/{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["title"]


def test_somebody_without_a_login_gets_a_problem_too(ask: Asking) -> None:
    answer = ask.client.get(f"{ask.prefix}/api/v1/months")
    assert (answer.status_code, answer.json()["status"]) == (401, 401)


def test_the_description_has_the_endpoints_and_no_page(ask: Asking) -> None:
    described = ask("api/v1/openapi.json").json()
    assert described["servers"] == [{"url": ask.prefix}]
    paths = {path.replace("{partner_id}", "{id}") for path in described["paths"]}
    assert paths == {
        f"/api/v1/{path}"
        for path in (
            "months",
            "months/{month}",
            "months/{month}/partners",
            "months/{month}/reports/{name}",
            "partners",
            "partners/{id}",
            "partners/{id}/months/{month}",
            "partners/{id}/quote",
            "grants",
            "benefits",
            "acts",
        )
    }
    for path in described["paths"].values():
        assert "application/problem+json" in path["get"]["responses"]["422"]["content"]


def test_the_contract_names_each_endpoint(ask: Asking) -> None:
    named = {plain(name) for row in table(section(8), "endpoint") for name in row["endpoint"].split(", ")}
    described = ask("api/v1/openapi.json").json()["paths"]
    assert named == {path.removeprefix("/api/v1/").replace("{partner_id}", "{id}") for path in described}


def test_a_database_that_is_away_is_a_problem(ask: Asking, shown: Any, tmp_path: Any) -> None:
    shown(World(tmp_path))
    answer = ask("api/v1/months")
    assert answer.status_code == 503
    assert "no programme database" in answer.json()["detail"]

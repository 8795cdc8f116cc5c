"""The API does what its own description says: schemathesis asks each endpoint with values good and bad."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis.specs.openapi.checks import ignored_auth

from tests.page.asking import PREFIX, ROLE, Asking

EXAMPLES = 15  # of each endpoint
BRIEF = settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_each_answer_is_one_that_the_description_has(ask: Asking) -> None:
    who = {ROLE: "viewer"}
    described = schemathesis.openapi.from_asgi(f"{PREFIX}/api/v1/openapi.json", ask.client.app, headers=who)
    statuses: dict[str, set[int]] = {}
    for found in described.get_all_operations():
        operation = found.ok()
        answered = statuses[operation.label] = set()
        BRIEF(given(case=operation.as_strategy())(_tries(who, answered)))()
    assert len(statuses) >= 10
    assert 200 in statuses["GET /api/v1/partners"]


def _tries(who: dict[str, str], answered: set[int]) -> Any:
    """Sends a drawn request, and compares the answer with the description; no answer may be a fault of ours."""

    def try_it(case: Any) -> None:
        assume("\n" not in str(case.path_parameters))  # such an address does not reach a mounted application
        # Who asks is said by a header of these tests; that nobody else gets an answer is asked in test_guard.
        answered.add(case.call_and_validate(headers=who, excluded_checks=[ignored_auth]).status_code)

    return try_it

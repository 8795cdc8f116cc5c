"""Adds what a busy desk has to a big programme: thousands of requests for benefits and of grants, disputes, acts."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from bench.big_programme import EFFECTIVE_ON, MONTHS, name_of
from partner_program.adapters.database import schema
from partner_program.adapters.database.append import append_rows
from partner_program.domain.acts import BENEFIT_APPROVED, BENEFIT_REQUESTED, MONTH_RUN, MONTH_SIGNED
from partner_program.usecases.installation import Installation

TODAY = date(2016, 8, 1)
REQUESTS, GRANTS, DISPUTES = 6_000, 3_000, 300
BENEFITS = ("seeding_options", "mdf", "seminar_training")
BEGUN = 1_467_000_000  # of acts, seconds since 1970


def make_busy(here: Installation, partners: int) -> None:
    """Add them to a programme that was filled; one partner in so many has each."""
    with here.database.writing() as connection:
        requests = [(n, name_of(n * 11 % partners), BENEFITS[n % len(BENEFITS)]) for n in range(REQUESTS)]
        grants = [(f"G{n:05d}", n * 13 % partners, n) for n in range(GRANTS)]
        tables: dict[Any, Iterator[dict[str, Any]]] = {
            schema.benefit_request: (
                {"request_id": f"R{n:05d}", "partner_id": partner, "benefit": benefit}
                for n, partner, benefit in requests
            ),
            schema.benefit_step: (step for n, _, _ in requests for step in _steps(n)),
            schema.grace_grant: (_grant(grant_id, owner, n) for grant_id, owner, n in grants),
            schema.assessment_grant: (
                {"billing_month": str(MONTHS[n % len(MONTHS)]), "revision": 1, "partner_id": name_of(owner)}
                | {"grant_id": grant_id, "outcome": ("confirmed", "lapsed")[n % 2]}
                for grant_id, owner, n in grants
                if n % 3 and owner % 100  # the others are open; who is held has no result
            ),
            schema.dispute: (_dispute(n, partners) for n in range(DISPUTES)),
            schema.dispute_step: (
                {"dispute_id": f"D{n}", "step_no": 1, "act": "opened", "done_by": "pat", "done_on": date(2016, 7, 20)}
                | {"reason": f"an amount of service {n} is missing", "verdict": None}
                for n in range(DISPUTES)
            ),
            schema.act: _acts(requests),
        }
        for table, rows in tables.items():
            append_rows(connection, table, rows)


def _steps(number: int) -> Iterator[dict[str, Any]]:
    """A third are undecided; of those approved, some end soon and some have ended."""
    begins = date(2016, 3, 1) + timedelta(days=number % 120)
    own: dict[str, Any] = {"request_id": f"R{number:05d}", "origin": "command", "activity": "", "market": ""}
    own |= {"quantity": 1, "amount_cents": None, "valid_from": begins, "valid_to": begins + timedelta(days=120)}
    own |= {"done_on": date(2016, 2, 1)}
    yield own | {"step_no": 1, "act": "requested", "done_by": "pat", "reason": f"servers to try for customer {number}"}
    if number % 3:
        yield own | {"step_no": 2, "act": "approved", "done_by": "kim", "reason": "as agreed on the telephone"}


def _grant(grant_id: str, owner: int, number: int) -> dict[str, Any]:
    begins = EFFECTIVE_ON + timedelta(days=number % 300 + 60)
    own: dict[str, Any] = {"grant_id": grant_id, "partner_id": name_of(owner), "tier": 4, "starts_on": begins}
    own |= {"ends_on": begins + timedelta(days=90), "granted_by": "pat", "reason": "a growth plan", "origin": "file"}
    return own


def _dispute(number: int, partners: int) -> dict[str, Any]:
    own: dict[str, Any] = {
        "dispute_id": f"D{number}",
        "partner_id": name_of(number * 17 % partners),
        "billing_month": str(MONTHS[-1]),
    }
    own |= {"about": "account", "entity": "NL", "subject_id": f"NL{number * 17 % partners}", "revision": 1}
    return own | {"due_on": date(2016, 8, 1) + timedelta(days=number % 30)}


def _acts(requests: list[tuple[int, str, str]]) -> Iterator[dict[str, Any]]:
    own: dict[str, Any] = {"done_at": BEGUN, "decided_hash": "0" * 64, "detail": "{}", "billing_month": None}
    for month in MONTHS:
        found = own | {"subject": str(month), "done_by": "pat", "billing_month": str(month), "partner_id": None}
        yield found | {"kind": MONTH_RUN, "reason": "ran the month"}
        if month != MONTHS[-1]:
            yield found | {"kind": MONTH_SIGNED, "reason": "adds up", "detail": json.dumps({"revision": 1})}
    for number, partner, _ in requests:
        found = own | {"subject": f"R{number:05d}", "done_by": "pat", "partner_id": partner}
        yield found | {"kind": BENEFIT_REQUESTED, "reason": "servers to try"}
        if number % 3:
            yield found | {"kind": BENEFIT_APPROVED, "done_by": "kim", "reason": "as agreed on the telephone"}

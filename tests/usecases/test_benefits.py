"""Benefits on request through the use cases: each act one transaction on record, and the file beside the commands."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from partner_program.adapters.database.acts import load_acts
from partner_program.domain.refusals import NotAuthorized, NotDefined, Refusal, UnsoundFiles
from partner_program.usecases.benefits import (
    Asked,
    BenefitLine,
    Done,
    Granted,
    Said,
    approve_benefit,
    list_benefits,
    refuse_benefit,
    request_benefit,
    tell_outcome,
    withdraw_benefit,
)
from tests.servers import Postgres
from tests.usecases.dying import die_at
from tests.usecases.three_partners import june_in_force, three_partners
from tests.usecases.two_at_once import in_threads, on_postgres
from tests.worlds import World

TODAY = date(2015, 8, 3)
SEPTEMBER, OCTOBER = date(2015, 9, 1), date(2015, 10, 1)
ANN = Said("ann", "tests", TODAY)
BOB = Said("bob", "fits", TODAY)


@pytest.fixture
def here(world: World) -> World:
    """P1 in Tier 2, P2 in Tier 1, P3 in Tier 3 since go-live."""
    return june_in_force(world)


def ask(world: World, benefit: str = "seeding_options", partner: str = "P1", **values: Any) -> Done:
    counted = {"quantity": 5} if benefit == "seeding_options" else {}
    return request_benefit(world.installation, Asked(partner, benefit, TODAY, **{**counted, **values}), ANN)


def approve(world: World, request_id: str, ends: date | None = SEPTEMBER, said: Said = BOB, **values: Any) -> Done:
    return approve_benefit(world.installation, request_id, Granted(valid_to=ends, **values), said)


def lines(world: World, on: date = TODAY, **asked: Any) -> list[BenefitLine]:
    return list_benefits(world.installation, on=on, **asked)


def steps(world: World, request_id: str) -> list[tuple[Any, ...]]:
    query = "SELECT step_no, act, done_by, quantity, origin FROM benefit_step WHERE request_id = ? ORDER BY step_no"
    return world.rows(query, request_id)


def test_each_step_of_a_request_is_kept_with_an_act_of_who_did_it(here: World) -> None:
    request_id = ask(here).request.request_id
    assert request_id == "P1-seeding_options-2015-08-03"
    approve(here, request_id, quantity=3)
    withdraw_benefit(here.installation, request_id, Said("cas", "moved on", TODAY), valid_from=date(2015, 8, 20))
    assert steps(here, request_id) == [
        (1, "requested", "ann", 5, "command"),
        (2, "approved", "bob", 3, "command"),
        (3, "withdrawn", "cas", None, "command"),
    ]
    with here.installation.database.reading() as connection:
        acts = [
            act for kind in ("requested", "approved", "withdrawn") for act in load_acts(connection, f"benefit {kind}")
        ]
    assert [(act.subject, act.doer.done_by, act.doer.reason) for act in acts] == [
        (request_id, "ann", "tests"),
        (request_id, "bob", "fits"),
        (request_id, "cas", "moved on"),
    ]
    assert json.loads(acts[1].detail) == {
        "benefit": "seeding_options",
        "step_no": 2,
        "values": {"done_on": "2015-08-03", "quantity": 3, "valid_from": "2015-08-03", "valid_to": "2015-09-01"},
    }
    assert here.rows("SELECT DISTINCT partner_id FROM act WHERE kind LIKE 'benefit %'") == [("P1",)]


def test_the_same_act_again_writes_no_byte(here: World) -> None:
    request_id = ask(here).request.request_id
    approve(here, request_id)
    other = ask(here, "post_payment").request.request_id
    refuse_benefit(here.installation, other, BOB)
    before = here.fingerprint()
    again: list[Callable[[], Done]] = [
        lambda: ask(here),
        lambda: approve(here, request_id),
        lambda: approve(here, request_id, said=Said("bob", "fits", date(2015, 8, 4))),
        lambda: refuse_benefit(here.installation, other, BOB),
    ]
    assert [each().is_new for each in again] == [False] * 4
    assert here.fingerprint() == before


def test_what_is_refused_writes_no_byte(here: World) -> None:
    request_id = ask(here).request.request_id
    approve(here, request_id)
    before = here.fingerprint()
    refused: list[tuple[type[Exception], str, Callable[[], object]]] = [
        (Refusal, "was requested by ann .* with other values", lambda: ask(here, quantity=4)),
        (Refusal, "was already approved by bob", lambda: approve(here, request_id, quantity=4)),
        (Refusal, "no benefit was requested as R1", lambda: approve(here, "R1")),
        (Refusal, "did you mean P1-seeding_options", lambda: approve(here, "P1-seeding_option-2015-08-03")),
        (NotDefined, "is unknown in the programme", lambda: ask(here, "data_center_visits")),
        (NotDefined, "is included in Tier 2", lambda: ask(here, "api_access")),
        (Refusal, "partner P9 is not in the registry", lambda: ask(here, partner="P9")),
        (
            Refusal,
            "is the request of partner P1 for seeding_options",
            lambda: ask(here, partner="P2", request_id=request_id),
        ),
        (Refusal, "has to be asked for 14 days ahead", lambda: ask(here, "presales_solution_architect")),
        (Refusal, "is given on a proposal: it lacks activity", lambda: ask(here, "mdf")),
        (Refusal, "cannot be refused: it is approved", lambda: refuse_benefit(here.installation, request_id, BOB)),
    ]
    for kind, says, act in refused:
        with pytest.raises(kind, match=says):
            act()
    assert here.fingerprint() == before


def test_a_partner_that_is_not_authorised_any_more_asks_for_nothing_and_its_approval_is_stopped(here: World) -> None:
    request_id = ask(here).request.request_id
    approve(here, request_id)
    here.tables["partners"][0]["status"] = "suspended"
    here.load()
    with pytest.raises(NotAuthorized, match="partner P1 is suspended"):
        ask(here, "post_payment")
    assert [(line.state, line.partner_status) for line in lines(here)] == [("stopped", "suspended")]
    assert lines(here, due_days=30) == []


def test_a_proposal_is_approved_spent_and_told(here: World) -> None:
    request_id = ask(here, "mdf", activity="fair", market="hosting, NL", amount_cents=1_500_00).request.request_id
    approve(here, request_id, ends=None, amount_cents=1_000_00)
    told = Said("bob", "40 leads", TODAY)
    assert tell_outcome(here.installation, request_id, told, spent_cents=990_00).is_new
    assert not tell_outcome(here.installation, request_id, told, spent_cents=990_00).is_new
    (line,) = lines(here)
    assert (line.state, line.amount_eur_cents, line.spent_eur_cents, line.outcome) == (
        "in_force",
        1_000_00,
        990_00,
        "40 leads",
    )
    assert (line.activity, line.market, line.purpose, line.reason) == ("fair", "hosting, NL", "tests", "fits")
    with pytest.raises(Refusal, match=r"1,000\.01 spent is more than the 1,000\.00 approved"):
        tell_outcome(here.installation, request_id, told, spent_cents=1_000_01)


def test_the_list_has_units_in_force_beside_their_limit_and_what_ends_soon_first(here: World) -> None:
    approve(here, ask(here, quantity=2).request.request_id, ends=date(2015, 9, 2))
    approve(here, ask(here, quantity=1, request_id="R2").request.request_id, ends=SEPTEMBER)
    approve(here, ask(here, partner="P2").request.request_id, ends=date(2015, 9, 3))
    ask(here, "post_payment")
    refuse_benefit(here.installation, ask(here, "customer_portal_access").request.request_id, BOB)
    found = {
        line.request_id: (line.state, line.quantity, line.units_in_force, line.units_limit) for line in lines(here)
    }
    assert found == {
        "P1-post_payment-2015-08-03": ("requested", None, None, None),
        "P1-seeding_options-2015-08-03": ("in_force", 2, 3, 5),
        "R2": ("in_force", 1, 3, 5),
        "P2-seeding_options-2015-08-03": ("in_force", 5, 5, 5),
    }
    assert [line.request_id for line in lines(here, due_days=30)] == ["R2", "P1-seeding_options-2015-08-03"]
    assert [line.state for line in lines(here, partner_id="P1", past=True, on=OCTOBER)] == [
        "refused",
        "requested",
        "ended",
        "ended",
    ]


# Two at once


@pytest.fixture(params=["sqlite", "postgres"])
def shared(request: pytest.FixtureRequest, world: World, shared_postgres: Postgres) -> Iterator[World]:
    """The three partners on each database that the programme may have."""
    if request.param == "sqlite":
        yield june_in_force(world)
        return
    with on_postgres(world, shared_postgres):
        yield three_partners(world)


def test_of_twenty_approvals_at_once_for_the_last_unit_one_is_given(shared: World) -> None:
    approve(shared, ask(shared, quantity=4, request_id="four").request.request_id)
    names = [f"R{number}" for number in range(20)]
    for name in names:
        ask(shared, quantity=1, request_id=name)
    here = shared.installation
    came_to = in_threads(
        [lambda name=name: approve_benefit(here, name, Granted(valid_to=SEPTEMBER), BOB) for name in names]
    )
    given = [each for each in came_to if isinstance(each, Done)]
    refusals = [str(each) for each in came_to if isinstance(each, Refusal)]
    assert (len(given), len(refusals)) == (1, 19)
    assert all("at most 5 units of seeding_options at once, and 5 are approved" in each for each in refusals)
    with here.database.reading() as connection:
        assert len(load_acts(connection, "benefit approved")) == 2


def test_of_an_approval_and_a_withdrawal_at_once_one_comes_first_and_the_record_says_which(shared: World) -> None:
    ask(shared, quantity=1, request_id="R1")
    here, cas = shared.installation, Said("cas", "not needed", TODAY)
    came_to = in_threads(
        [
            lambda: approve_benefit(here, "R1", Granted(valid_to=SEPTEMBER), BOB),
            lambda: withdraw_benefit(here, "R1", cas),
        ]
    )
    (line,) = list_benefits(here, on=TODAY, past=True)
    assert line.state == "withdrawn"
    refusals = [str(each) for each in came_to if isinstance(each, Refusal)]
    assert refusals in (
        [],
        ["R1 cannot be approved: it is withdrawn by cas on 2015-08-03 (not needed); a new request can be made"],
    )


# The file beside the commands


def row(world: World, **values: str) -> dict[str, Any]:
    own = {"partner_id": "P1", "benefit": "seeding_options", "status": "requested", "valid_from": "2015-08-03"}
    world.tables["benefit_requests"].append(own | {"request_id": "F1", "quantity": "5"} | values)
    found: dict[str, Any] = world.tables["benefit_requests"][-1]
    return found


APPROVED = {"status": "approved", "decided_by": "kim", "valid_to": "2015-09-01", "reason": "fits"}


def fault(world: World) -> str:
    before = world.fingerprint()
    with pytest.raises(UnsoundFiles) as refused:
        world.load()
    assert world.fingerprint() == before
    (found,) = refused.value.faults
    return found


def test_what_the_file_says_anew_is_a_step_and_what_it_said_before_changes_nothing(here: World) -> None:
    own = row(here, purpose="tests", requested_on="2015-07-30")
    assert here.load() == 1
    own.update(APPROVED, quantity="3", decided_on="2015-08-02")
    assert here.load() == 1
    assert steps(here, "F1") == [(1, "requested", "benefit_requests.csv", 5, "file"), (2, "approved", "kim", 3, "file")]
    (line,) = lines(here)
    assert (line.state, line.quantity, line.purpose, line.decided_on) == ("in_force", 3, "tests", date(2015, 8, 2))
    before = here.fingerprint()
    assert here.load() == 0
    assert here.fingerprint() == before


def test_other_days_of_an_approval_in_the_file_are_one_more_step(here: World) -> None:
    own = row(here, **APPROVED)
    here.load()
    own["valid_to"] = "2015-10-01"
    assert here.load() == 1
    assert [line.valid_to for line in lines(here)] == [OCTOBER]
    assert len(steps(here, "F1")) == 3


def test_the_file_never_undoes_what_a_command_did(here: World) -> None:
    row(here)
    here.load()
    approve(here, "F1", quantity=2)
    assert here.load() == 0
    withdraw_benefit(here.installation, "F1", BOB)
    assert here.load() == 0
    assert [line.state for line in lines(here, past=True)] == ["withdrawn"]


def test_a_file_that_decides_otherwise_than_a_command_did_is_refused(here: World) -> None:
    own = row(here)
    here.load()
    approve(here, "F1", quantity=2)
    own.update(APPROVED, quantity="3")
    assert fault(here).startswith("benefit_requests.csv:F1: was approved by bob on 2015-08-03 (2 units, ")
    own.update(decided_by="bob", quantity="2", reason="fits")
    assert here.load() == 0


@pytest.mark.parametrize("status", ["approved", "refused"])
def test_a_row_that_moves_its_request_back_is_refused_by_name(here: World, status: str) -> None:
    own = row(here, **(APPROVED | {"status": status}))
    here.load()
    own["status"] = "requested"
    assert fault(here).startswith(f"benefit_requests.csv:F1: is {status} by kim")
    own["status"] = "approved" if status == "refused" else "refused"
    assert f"is {status} by kim" in fault(here)


def test_a_row_that_is_dropped_is_refused_by_name_until_its_request_is_withdrawn(here: World) -> None:
    row(here, **APPROVED)
    here.load()
    here.tables["benefit_requests"].clear()
    assert fault(here) == (
        "benefit_requests.csv:F1 is in the database and no longer in the file: leave the row, or first withdraw the "
        "request: partner-program benefit withdraw F1"
    )
    withdraw_benefit(here.installation, "F1", BOB)
    assert here.load() == 0


def test_a_request_id_is_never_given_to_another_partner(here: World) -> None:
    own = row(here)
    here.load()
    own["partner_id"] = "P2"
    assert fault(here).startswith(
        "benefit_requests.csv:F1: is the request of partner P1 for seeding_options, not of P2"
    )


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"quantity": "6"}, "F1: at most 5 units of seeding_options at once, and 0 are approved for 2015-08-03"),
        ({"valid_to": ""}, "F1: valid_to is blank, and seeding_options is given for a certain period"),
        ({"benefit": "proof_of_concept", "quantity": ""}, "F1: proof_of_concept is unknown in the programme"),
        ({"quantity": "0"}, "2: quantity: '0' is not allowed"),
        ({"valid_to": "2015-08-03"}, "2: valid_to: 2015-08-03 is not after valid_from"),
        ({"decided_by": ""}, "2: decided_by: is blank, expected a name"),
        ({"decided_on": "2015-02-30"}, "2: decided_on: '2015-02-30' is not a day"),
    ],
)
def test_an_approval_in_the_file_that_breaks_a_rule_is_refused_by_name(
    here: World, values: dict[str, str], says: str
) -> None:
    row(here, **(APPROVED | values))
    assert fault(here).startswith(f"benefit_requests.csv:{says}")


def test_the_units_of_file_and_command_are_counted_together(here: World) -> None:
    approve(here, ask(here, quantity=3).request.request_id)
    row(here, **(APPROVED | {"quantity": "3"}))
    assert "at most 5 units of seeding_options at once, and 3 are approved for 2015-08-03" in fault(here)
    here.tables["benefit_requests"][-1]["quantity"] = "2"
    here.load()
    with pytest.raises(Refusal, match="and 5 are approved"):
        approve(here, ask(here, quantity=1, request_id="R9").request.request_id)


def test_two_rows_of_one_request_are_named(here: World) -> None:
    row(here)
    row(here, partner_id="P2")
    assert fault(here) == "benefit_requests.csv:3: request_id: 'F1' is given twice, expected once (line 2)"
    for each in here.tables["benefit_requests"]:
        each.update(request_id="", partner_id="P1")
    assert "'P1-seeding_options-2015-08-03' is given twice, expected once (line 2): give each a request_id" in fault(
        here
    )


def test_a_partner_that_asked_for_benefits_stays_in_the_registry(here: World) -> None:
    here.partner("P9")
    row(here, partner_id="P9")
    here.load()
    here.tables["partners"].pop()
    here.tables["contacts"] = [each for each in here.tables["contacts"] if each["partner_id"] != "P9"]
    here.tables["benefit_requests"].clear()
    with pytest.raises(UnsoundFiles, match=r"--remove partners.csv:P9: this partner has asked for benefits"):
        here.load("partners.csv:P9")


def test_an_older_agreement_keeps_the_benefits_that_it_names(here: World) -> None:
    here.legacy("P1", 0)
    here.tables["legacy_agreements"][-1]["benefits"] = "post_payment; data_center_visits"
    here.load()
    assert here.rows("SELECT benefits FROM legacy_agreement") == [("post_payment data_center_visits",)]
    assert here.load() == 0
    here.tables["legacy_agreements"][-1]["benefits"] = "post_payment post_payment"
    assert "benefits: post_payment is given twice" in fault(here)
    here.tables["legacy_agreements"][-1]["benefits"] = "free_lunch"
    assert "benefits: 'free_lunch' is not known" in fault(here)


@pytest.mark.processes
def test_an_approval_killed_before_any_of_its_statements_is_given_whole_or_not_at_all(here: World) -> None:
    request_id = ask(here).request.request_id
    before, saved = here.dump(), here.program_db.read_bytes()
    for point in range(1, 40):
        here.program_db.write_bytes(saved)
        if not die_at(point, lambda: approve(here, request_id)):
            break
        assert here.dump() == before, point
        assert approve(here, request_id).is_new
    assert point > 3
    assert [line.state for line in lines(here)] == ["in_force"]

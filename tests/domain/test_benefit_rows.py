"""Requests for benefits in the registry's file: one voice beside the commands, that undoes none of them (rule 10)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from partner_program.domain.benefit_rows import RowsRead, read_rows, steps_of
from partner_program.domain.benefits import BenefitRequest, BenefitStep, StepAct
from partner_program.domain.dated import Period
from partner_program.domain.program import BenefitTerms, Program
from partner_program.domain.registry import BenefitRow
from tests.domain.made_month import GO_LIVE, PROGRAM

FIRST, ENDS, LATER = date(2015, 9, 1), date(2016, 1, 1), date(2015, 8, 5)
ROW = BenefitRow(
    partner_id="P1",
    benefit="seeding_options",
    status="approved",
    decided_by="Ann",
    period=Period(FIRST, ENDS),
    request_id="R1",
    quantity=3,
    purpose="a trial",
    reason="fits",
    requested_on=GO_LIVE,
    decided_on=LATER,
)
ASKED = BenefitStep(
    "requested", "benefit_requests.csv", "a trial", GO_LIVE, 3, valid_from=FIRST, valid_to=ENDS, origin="file"
)
APPROVED = BenefitStep("approved", "Ann", "fits", LATER, 3, valid_from=FIRST, valid_to=ENDS, origin="file")
REFUSED = BenefitStep("refused", "Ann", "fits", LATER, origin="file")


def limited(**terms: Any) -> Program:
    """A programme whose seeding units are limited to 5 in every tier, for a certain period."""
    own = replace(BenefitTerms(units_at_once=(1, 2, 3, 4, 5, 5), end_demanded=True), **terms)
    return replace(
        PROGRAM,
        benefits=tuple(
            replace(each, terms=own if each.key == "seeding_options" else BenefitTerms()) for each in PROGRAM.benefits
        ),
    )


def read(
    *rows: BenefitRow, stored: Mapping[str, BenefitRequest] | None = None, program: Program | None = None
) -> RowsRead:
    return read_rows(rows, stored or {}, [program or limited()])


def request(*steps: BenefitStep, request_id: str = "R1") -> BenefitRequest:
    return BenefitRequest(request_id, "P1", "seeding_options", steps)


@pytest.mark.parametrize(
    ("status", "steps"),
    [("requested", (ASKED,)), ("approved", (ASKED, APPROVED)), ("refused", (ASKED, REFUSED))],
)
def test_a_new_row_tells_that_it_was_asked_for_and_perhaps_decided(status: str, steps: tuple[BenefitStep, ...]) -> None:
    row = replace(ROW, status=status)
    assert steps_of(row) == steps
    assert read(row) == RowsRead((request(*steps),), ())
    assert read(row, stored={"R1": request(*steps)}) == RowsRead((), ()), "what it said before changes nothing"


def test_a_row_without_an_id_is_known_by_partner_benefit_and_first_day() -> None:
    (found,) = read(replace(ROW, request_id="")).changed
    assert found.request_id == "P1-seeding_options-2015-09-01"


def test_requests_are_told_in_the_order_of_their_ids_and_the_last_row_of_an_id_counts() -> None:
    rows = [replace(ROW, request_id="R2", status="refused"), ROW, replace(ROW, status="requested")]
    assert [(each.request_id, each.state) for each in read(*rows).changed] == [("R1", "requested"), ("R2", "refused")]


@pytest.mark.parametrize(
    ("there", "says", "state"),
    [
        ((ASKED,), "approved", "approved"),
        ((ASKED,), "refused", "refused"),
        ((ASKED, APPROVED), "approved", "approved"),
        ((ASKED, REFUSED), "refused", "refused"),
    ],
)
def test_what_is_undecided_may_be_decided_and_a_decision_corrected(
    there: tuple[BenefitStep, ...], says: str, state: StepAct
) -> None:
    corrected = replace(ROW, status=says, reason="corrected")
    (found,) = read(corrected, stored={"R1": request(*there)}).changed
    assert (found.state, len(found.steps), found.decided.reason) == (state, len(there) + 1, "corrected")


@pytest.mark.parametrize(
    ("there", "says"),
    [((ASKED, APPROVED), "requested"), ((ASKED, APPROVED), "refused"), ((ASKED, REFUSED), "approved")],
)
def test_a_decision_is_not_moved_back(there: tuple[BenefitStep, ...], says: str) -> None:
    found = read(replace(ROW, status=says, purpose="another"), stored={"R1": request(*there)})
    assert found.changed == ()
    (fault,) = found.faults
    assert fault.startswith(f"benefit_requests.csv:R1: is {there[-1].act} by Ann")
    assert fault.endswith(f"cannot become {says} again: give a new request its own row")


def test_the_file_undoes_no_command_and_may_go_on_saying_what_it_said() -> None:
    withdrawn = BenefitStep("withdrawn", "Bob", "sold", valid_from=LATER)
    stored = {"R1": request(ASKED, APPROVED, withdrawn)}
    assert read(ROW, stored=stored) == RowsRead((), ())
    found = read(replace(ROW, quantity=2), stored=stored)
    assert found.changed == ()
    (fault,) = found.faults
    assert "R1: was withdrawn by Bob" in fault
    assert fault.endswith("the file undoes no command")
    by_command = {"R1": request(ASKED, replace(APPROVED, origin="command"))}
    assert read(ROW, stored=by_command) == RowsRead((), ()), "both say the same"


@pytest.mark.parametrize("changed", [{"partner_id": "P2"}, {"benefit": "mdf"}])
def test_the_id_of_another_request_is_taken(changed: dict[str, str]) -> None:
    (fault,) = read(replace(ROW, **changed), stored={"R1": request(ASKED)}).faults  # type: ignore[arg-type]
    assert fault.startswith("benefit_requests.csv:R1: is the request of partner P1 for seeding_options, not of ")
    assert fault.endswith("give the row a request_id of its own")


@pytest.mark.parametrize(("more", "is_fault"), [(2, False), (3, True)])
def test_a_new_approval_keeps_the_limit_of_the_highest_tier_with_all_others(more: int, is_fault: bool) -> None:
    other = request(ASKED, APPROVED, request_id="R0")
    rows = [replace(ROW, request_id="R0"), replace(ROW, quantity=more)]
    found = read(*rows, stored={"R0": other})
    assert bool(found.faults) is is_fault
    if is_fault:
        assert found.faults == (
            "benefit_requests.csv:R1: at most 5 units of seeding_options at once, and 3 are approved for 2015-09-01: "
            "3 more cannot be",
        )


def test_approvals_of_another_partner_or_benefit_take_nothing_of_the_limit() -> None:
    others = [
        replace(ROW, request_id="R2", quantity=5, partner_id="P2"),
        replace(ROW, request_id="R3", benefit="mdf"),
        replace(ROW, request_id="R4", quantity=5, status="requested"),
    ]
    assert read(replace(ROW, quantity=5), *others).faults == ()


def test_an_approval_says_its_end_where_the_programme_demands_one_and_an_unknown_benefit_is_given_to_nobody() -> None:
    without_end = replace(ROW, period=Period(FIRST, None))
    (fault,) = read(without_end).faults
    assert fault.endswith("given for a certain period: say until which day")
    assert read(without_end, program=limited(end_demanded=False)).faults == ()
    program = limited()
    unknown = tuple(replace(each, tiers=("unknown",) * 6) for each in program.benefits)
    (fault,) = read(ROW, program=replace(program, benefits=unknown)).faults
    assert fault == (
        "benefit_requests.csv:R1: seeding_options is unknown in the programme: its owner has to say who may have it"
    )
    assert read(replace(ROW, status="requested"), program=replace(program, benefits=unknown)).faults == ()


def test_a_request_that_the_file_told_of_does_not_just_vanish() -> None:
    stored = {"R1": request(ASKED, APPROVED), "R0": request(ASKED, request_id="R0")}
    assert read(stored=stored).faults == tuple(
        f"benefit_requests.csv:{each} is in the database and no longer in the file: leave the row, "
        f"or first withdraw the request: partner-program benefit withdraw {each}"
        for each in ("R0", "R1")
    )
    by_command = request(replace(ASKED, origin="command"))
    withdrawn = request(ASKED, BenefitStep("withdrawn", "Bob", "sold", valid_from=LATER))
    assert read(stored={"R1": by_command}).faults == ()
    assert read(stored={"R1": withdrawn}).faults == ()

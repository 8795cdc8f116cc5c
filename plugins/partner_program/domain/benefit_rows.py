"""What the registry's file says of requests for benefits, as steps behind those that are stored (rule 10).

The file is one voice beside the commands. What it says anew becomes a step; what it said before changes nothing, so it
never undoes what was done by command since. It moves no request back, and none of its requests just vanishes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from partner_program.domain.benefits import (
    BenefitRequest,
    BenefitStep,
    check_limit,
    find_benefit,
    said_of,
)
from partner_program.domain.program import Program, program_in_force_or_first
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import BenefitRow

FILE = "benefit_requests.csv"
_MAY_BECOME = {"requested": ("requested", "approved", "refused"), "approved": ("approved",), "refused": ("refused",)}


@dataclass(frozen=True, slots=True)
class RowsRead:
    """The requests that have new steps, in order of their ids, and a fault for each row that cannot be followed."""

    changed: tuple[BenefitRequest, ...]
    faults: tuple[str, ...]


def read_rows(
    rows: Iterable[BenefitRow], stored: Mapping[str, BenefitRequest], programs: Sequence[Program]
) -> RowsRead:
    """Follow the file's rows from what is stored, by request id; of the result, faults or changes count."""
    now, faults = dict(stored), []
    by_id = {row.own_id: row for row in rows}
    for request_id, row in sorted(by_id.items()):
        try:
            now[request_id] = _followed(row, stored.get(request_id))
        except Refusal as refusal:
            faults.append(f"{FILE}:{request_id}: {refusal}")
    changed = tuple(now[request_id] for request_id in sorted(now) if now[request_id] != stored.get(request_id))
    faults += _faults_of_approvals(changed, now.values(), programs)
    faults += _vanished(by_id.keys(), stored)
    return RowsRead(changed, tuple(sorted(faults)))


def steps_of(row: BenefitRow) -> tuple[BenefitStep, ...]:
    """The steps that a row tells of a request that is new: it was asked for, and perhaps decided."""
    first, ends = row.period.valid_from, row.period.valid_to
    asked = BenefitStep(
        "requested", FILE, row.purpose, row.requested_on, row.quantity, None, first, ends, origin="file"
    )
    if row.status == "requested":
        return (asked,)
    if row.status == "refused":
        return asked, BenefitStep("refused", row.decided_by, row.reason, row.decided_on, origin="file")
    return asked, BenefitStep(
        "approved", row.decided_by, row.reason, row.decided_on, row.quantity, None, first, ends, origin="file"
    )


def _followed(row: BenefitRow, stored: BenefitRequest | None) -> BenefitRequest:
    """The request after what its row says; as it is stored where the row says nothing new."""
    steps = steps_of(row)
    if stored is None:
        return BenefitRequest(row.own_id, row.partner_id, row.benefit, steps)
    if (stored.partner_id, stored.benefit) != (row.partner_id, row.benefit):
        raise Refusal(
            f"is the request of partner {stored.partner_id} for {stored.benefit}, not of {row.partner_id} for "
            f"{row.benefit}: give the row a request_id of its own"
        )
    wanted, newest = steps[-1], stored.decided
    said = next((step for step in reversed(stored.steps) if step.origin == "file"), None)
    if newest.same_values(wanted) or (said is not None and said.same_values(wanted)):
        return stored
    if newest.origin == "command":
        raise Refusal(f"was {said_of(newest)} since, and the row says {said_of(wanted)}: the file undoes no command")
    if wanted.act not in _MAY_BECOME.get(newest.act, ()):
        raise Refusal(f"is {said_of(newest)} and cannot become {wanted.act} again: give a new request its own row")
    return stored.after(wanted)


def _faults_of_approvals(
    changed: Iterable[BenefitRequest], everything: Iterable[BenefitRequest], programs: Sequence[Program]
) -> list[str]:
    """A fault for each approval that is new and breaks a limit, on whatever day, with all others as they are now."""
    of_partner = defaultdict(list)
    for request in everything:
        of_partner[request.partner_id, request.benefit].append(request)
    faults = []
    for request in changed:
        others = [each for each in of_partner[request.partner_id, request.benefit] if each is not request]
        try:
            _check_approval(request, others, programs)
        except Refusal as refusal:
            faults.append(f"{FILE}:{request.request_id}: {str(refusal).removeprefix(f'{request.request_id}: ')}")
    return faults


def _check_approval(request: BenefitRequest, others: Sequence[BenefitRequest], programs: Sequence[Program]) -> None:
    """Refuse an approval that no tier allows: a file tells of decisions, also those before a partner had a tier."""
    period = request.period
    if period is None:
        return
    program = program_in_force_or_first(programs, period.valid_from)
    benefit = find_benefit(program, request.benefit)
    if set(benefit.tiers) == {"unknown"}:
        raise Refusal(f"{benefit.key} is unknown in the programme: its owner has to say who may have it")
    if benefit.terms.end_demanded and period.valid_to is None:
        raise Refusal(f"valid_to is blank, and {benefit.key} is given for a certain period: say until which day")
    check_limit(benefit, program.highest_tier, request, period, others)


def _vanished(there: Iterable[str], stored: Mapping[str, BenefitRequest]) -> list[str]:
    gone = sorted(stored.keys() - set(there))
    return [
        f"{FILE}:{request_id} is in the database and no longer in the file: leave the row, "
        f"or first withdraw the request: partner-program benefit withdraw {request_id}"
        for request_id in gone
        if stored[request_id].state != "withdrawn" and any(step.origin == "file" for step in stored[request_id].steps)
    ]

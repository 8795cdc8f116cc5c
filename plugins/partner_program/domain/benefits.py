"""The life of a benefit that is given on request, and each benefit's own state for a partner on a day (rule 10).

What people did is kept as steps: requested, approved, refused, withdrawn, and the outcome of a proposal. That an
approval is upcoming, in force or ended is never stored; it follows from the day on which one asks, which is always an
argument. Periods are half-open, `[valid_from, valid_to)`: an approval until 1 September is not in force on that day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from partner_program.domain.acts import same_person
from partner_program.domain.dated import Period
from partner_program.domain.plurals import plural
from partner_program.domain.program import Availability, Benefit, Program
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.refusals import NotAuthorized, NotDefined, Refusal
from partner_program.domain.registry import AUTHORIZED, LegacyAgreement, Partner

ENDS_SOON_DAYS = 30

StepAct = Literal["requested", "approved", "refused", "withdrawn", "outcome"]
Origin = Literal["file", "command"]
StoredState = Literal["requested", "approved", "refused", "withdrawn"]
RequestState = Literal["requested", "upcoming", "in_force", "stopped", "ended", "refused", "withdrawn"]
BenefitStatus = Literal["included", "kept", "approved", "upcoming", "requested", "on_request"]


@dataclass(frozen=True, slots=True)
class BenefitStep:
    """One act on a request: who, on which day, why, and with which values.

    `reason` is what a request is for, why it was decided so, or what came of a proposal. `quantity` are units,
    `amount_cents` EUR cents: asked for, approved or spent. A withdrawal holds from `valid_from` on. `done_on` is None
    where a file does not say it; no state depends on it.
    """

    act: StepAct
    done_by: str
    reason: str
    done_on: date | None = None
    quantity: int | None = None
    amount_cents: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    activity: str = ""
    market: str = ""
    origin: Origin = "command"

    def same_values(self, other: "BenefitStep") -> bool:
        """Whether another step says the same; on which day, and whether in a file, does not count."""
        return replace(self, done_on=None, origin="command") == replace(other, done_on=None, origin="command")


@dataclass(frozen=True, slots=True)
class BenefitRequest:
    """A partner's request for a benefit with all that was done about it, first step first; never without a step."""

    request_id: str
    partner_id: str
    benefit: str
    steps: tuple[BenefitStep, ...]

    @property
    def asked(self) -> BenefitStep:
        """What was asked for; a file may have corrected it while it was undecided."""
        return self._last("requested") or self.steps[0]

    @property
    def approved(self) -> BenefitStep | None:
        """The step that approved it, None where there is none; a file may have corrected it."""
        return self._last("approved")

    @property
    def decided(self) -> BenefitStep:
        """The step that the stored state comes from: the newest but for outcomes."""
        return next(step for step in reversed(self.steps) if step.act != "outcome")

    @property
    def state(self) -> StoredState:
        """The stored state: a withdrawn approval may still be in force until its day."""
        newest = self.decided.act
        return "approved" if newest == "outcome" else newest

    @property
    def outcome(self) -> BenefitStep | None:
        """The newest outcome of a proposal; an earlier one was corrected."""
        return self._last("outcome")

    @property
    def period(self) -> Period | None:
        """The days on which the benefit is given, with an early end; None where that is never.

        An approval that was withdrawn before its first day was never given.
        """
        approved, ends = self.approved, self.ends
        if approved is None or approved.valid_from is None:
            return None
        return None if ends is not None and ends <= approved.valid_from else Period(approved.valid_from, ends)

    @property
    def ends(self) -> date | None:
        """The first day without the benefit, as it was asked for or approved, or withdrawn since; None for no end."""
        said, withdrawn = self.approved or self.asked, self._last("withdrawn")
        days = (said.valid_to, None if withdrawn is None else withdrawn.valid_from)
        return min((day for day in days if day is not None), default=None)

    @property
    def units(self) -> int:
        """What it uses of a limit while it is in force; an approval that names no quantity is one unit."""
        approved = self.approved
        return 0 if approved is None else 1 if approved.quantity is None else approved.quantity

    def after(self, step: BenefitStep) -> "BenefitRequest":
        """The request with one more step."""
        return replace(self, steps=(*self.steps, step))

    def _last(self, act: StepAct) -> BenefitStep | None:
        return next((step for step in reversed(self.steps) if step.act == act), None)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a request stands on a day.

    `quantity`, `amount_cents`, `valid_from` and `valid_to` are those approved, with an early end, else those asked for.
    `stopped`: approved and not ended, and its partner is not authorised that day.
    """

    request: BenefitRequest
    state: RequestState
    quantity: int | None
    amount_cents: int | None
    valid_from: date | None
    valid_to: date | None

    def ends_within(self, days: int, *, day: date) -> bool:
        """Whether it is in force on a day and its end lies at most so many days after that."""
        return self.state == "in_force" and self.valid_to is not None and self.valid_to <= day + timedelta(days)

    def ended_after(self, since: date) -> bool:
        """Whether it was given, and is over, and the first day without it lies after a day."""
        given = self.request.period is not None and self.state in ("ended", "withdrawn")
        return given and self.valid_to is not None and self.valid_to > since


@dataclass(frozen=True, slots=True)
class BenefitState:
    """What a partner has of one benefit on a day: what letter, list, page, digest and order database say of it.

    `availability` is what the tier says; `kept` the older agreements that give it; the others are the partner's
    requests that are in force, upcoming and undecided that day, by their first day. `units` are in force together,
    None where the benefit is not counted; a `limit` lower than that was made lower later and takes nothing away.
    """

    benefit: Benefit
    availability: Availability
    status: BenefitStatus
    kept: tuple[LegacyAgreement, ...]
    in_force: tuple[Standing, ...]
    upcoming: tuple[Standing, ...]
    requested: tuple[Standing, ...]
    units: int | None
    limit: int | None
    incidents: int | None


def standing(request: BenefitRequest, *, day: date, authorized: bool = True) -> Standing:
    """How a request stands on a day; `authorized` says whether its partner is."""
    said = request.approved or request.asked
    return Standing(
        request=request,
        state=_state_on(request, day, authorized=authorized),
        quantity=said.quantity,
        amount_cents=said.amount_cents,
        valid_from=said.valid_from,
        valid_to=request.ends,
    )


def _state_on(request: BenefitRequest, day: date, *, authorized: bool) -> RequestState:
    state, period = request.state, request.period
    if request.approved is None and state != "approved":
        return state
    withdrawn = request.decided if request.state == "withdrawn" else None
    if withdrawn is not None and (withdrawn.valid_from is None or withdrawn.valid_from <= day):
        return "withdrawn"
    if period is None or (period.valid_to is not None and period.valid_to <= day):
        return "ended"
    if not authorized:
        return "stopped"
    return "upcoming" if day < period.valid_from else "in_force"


def availability_of(benefit: Benefit, tier: int, attributes: str) -> Availability:
    """What a partner gets of a benefit in a tier; without one, what the programme gives on request to those without.

    "How can a Reseller Partner start making a margin from day one as the tier discount starts at 500? ... Seeding
    units". "Specialized Resellers can request market development funds": nothing to who lacks the attribute.
    """
    if not benefit.terms.are_for(attributes):
        return "unknown"
    return "on_request" if not tier and benefit.terms.without_tier else benefit.of_tier(tier)


def benefits_on(
    *,
    program: Program,
    tier: int,
    day: date,
    attributes: str = "",
    requests: Iterable[BenefitRequest] = (),
    agreements: Iterable[LegacyAgreement] = (),
    authorized: bool = True,
) -> tuple[BenefitState, ...]:
    """Each benefit's own state for a partner on a day, in the programme's order.

    `attributes`, `requests` and `agreements` are those of the partner; `tier` is its tier that day. A benefit that the
    tier does not have, that demands an attribute which the partner lacks, or that the programme leaves open, is there
    only where an agreement keeps it, or where it was approved or asked for while the partner could. Who is not
    authorised has no benefit.
    """
    if not authorized:
        return ()
    standings = [standing(request, day=day) for request in sorted(requests, key=_by_first_day)]
    kept = [agreement for agreement in agreements if day in agreement.period]
    found = (_state_of(benefit, tier, attributes, standings, kept) for benefit in program.benefits)
    return tuple(state for state in found if state is not None)


def _by_first_day(request: BenefitRequest) -> tuple[date, str]:
    return ((request.approved or request.asked).valid_from or date.min, request.request_id)


def _state_of(
    benefit: Benefit,
    tier: int,
    attributes: str,
    standings: Sequence[Standing],
    agreements: Sequence[LegacyAgreement],
) -> BenefitState | None:
    own = [each for each in standings if each.request.benefit == benefit.key]
    in_force, upcoming, requested = (
        tuple(each for each in own if each.state == state) for state in ("in_force", "upcoming", "requested")
    )
    kept = tuple(agreement for agreement in agreements if benefit.key in agreement.benefits)
    availability = availability_of(benefit, tier, attributes)
    status = _status(availability, kept=kept, in_force=in_force, upcoming=upcoming, requested=requested)
    if status is None:
        return None
    limit = benefit.terms.units_of(tier)
    return BenefitState(
        benefit=benefit,
        availability=availability,
        status=status,
        kept=kept,
        in_force=in_force,
        upcoming=upcoming,
        requested=requested,
        units=None if limit is None else sum(each.request.units for each in in_force),
        limit=limit,
        incidents=benefit.terms.incidents_of(tier),
    )


def _status(
    availability: Availability,
    *,
    kept: Sequence[LegacyAgreement],
    in_force: Sequence[Standing],
    upcoming: Sequence[Standing],
    requested: Sequence[Standing],
) -> BenefitStatus | None:
    """The first of these that holds; a benefit that the programme leaves open is stated only for an agreement."""
    if availability == "yes":
        return "included"
    if kept:
        return "kept"
    if in_force:
        return "approved"
    if upcoming:
        return "upcoming"
    if requested:
        return "requested"
    return "on_request" if availability == "on_request" else None


def units_on(requests: Iterable[BenefitRequest], day: date) -> int:
    """The units that are approved for a day, of requests for one benefit by one partner."""
    return sum(request.units for request in requests if request.period is not None and day in request.period)


def most_units(requests: Sequence[BenefitRequest], period: Period) -> tuple[int, date]:
    """The most units approved for one day of a period, and the first such day."""
    starts = (request.period.valid_from for request in requests if request.period is not None)
    days = sorted({period.valid_from, *(day for day in starts if day in period)})
    return max(((units_on(requests, day), day) for day in days), key=lambda found: found[0])


def check_asked(
    *, program: Program, partner: Partner, tier: int, request: BenefitRequest, today: date
) -> BenefitRequest:
    """Return a new request as it is; raises `Refusal` with the one sentence that says why it may not be asked."""
    asked, who = request.asked, f"partner {partner.partner_id}"
    if partner.status != AUTHORIZED:
        raise NotAuthorized(f"{who} is {partner.status}: only authorised partners get a benefit")
    benefit = find_benefit(program, request.benefit)
    _check_given(benefit, tier, partner)
    _check_named(asked, "asks", "what for")
    _check_period(asked.valid_from, asked.valid_to)
    terms = benefit.terms
    if asked.quantity is not None and asked.quantity < 1:
        raise Refusal(f"{benefit.key}: {plural(asked.quantity, 'unit')} cannot be asked for, expected at least 1")
    if terms.units_of(tier) is not None and asked.quantity is None:
        raise Refusal(f"{benefit.key} is counted: say how many units are asked for")
    earliest = today + timedelta(terms.days_ahead or 0)
    if terms.days_ahead and (asked.valid_from is None or asked.valid_from < earliest):
        raise Refusal(
            f"{benefit.key} has to be asked for {plural(terms.days_ahead, 'day')} ahead: "
            f"today is {today}, so from {earliest} on, not {asked.valid_from}"
        )
    _check_proposal(benefit, asked)
    return request


def asked_already(known: BenefitRequest, again: BenefitRequest, unit: Unit = EURO) -> BenefitRequest:
    """Return a known request where it asks for the same; raises `Refusal` that names it where it does not.

    Its amount is told in the `unit`.
    """
    if (known.partner_id, known.benefit) != (again.partner_id, again.benefit):
        raise Refusal(
            f"{known.request_id} is the request of partner {known.partner_id} for {known.benefit}: choose another id"
        )
    if known.asked.same_values(again.asked):
        return known
    raise Refusal(
        f"{known.request_id} was {said_of(known.asked, unit)}: with other values, nothing is written; "
        "a second request for the same day has an id of its own"
    )


def approve(
    *,
    program: Program,
    partner: Partner,
    tier: int,
    request: BenefitRequest,
    others: Sequence[BenefitRequest],
    step: BenefitStep,
) -> BenefitRequest:
    """Return a request with its approval; `others` are all other requests of the partner for the benefit.

    The request as it is where the same approval is its newest step. Raises `Refusal` with the one sentence that says
    why it may not be approved so.
    """
    if _said_already(request, step, program.unit):
        return request
    _check_state(request, "approved", possible=("requested",))
    benefit = find_benefit(program, request.benefit)
    who = f"partner {partner.partner_id}"
    if partner.status != AUTHORIZED:
        raise NotAuthorized(f"{who} is {partner.status}: only authorised partners get a benefit")
    _check_given(benefit, tier, partner)
    _check_named(step, "approves", "why")
    if program.benefit_approval == "another_person" and same_person(step.done_by, request.asked.done_by):
        raise Refusal(
            f"{request.request_id} was asked for by {request.asked.done_by}: somebody else has to approve it "
            "(benefit_approval: another_person)"
        )
    period = _checked_period(benefit, tier, request, step, program.unit)
    done = request.after(step)
    check_limit(benefit, tier, done, period, others)
    return done


def refuse(request: BenefitRequest, step: BenefitStep) -> BenefitRequest:
    """Return a request with its refusal, or as it is where the same refusal is its newest step; raises `Refusal`."""
    if _said_already(request, step):
        return request
    _check_state(request, "refused", possible=("requested",))
    _check_named(step, "refuses", "why")
    return request.after(step)


def withdraw(request: BenefitRequest, step: BenefitStep, *, today: date) -> BenefitRequest:
    """Return a request with its withdrawal from `step.valid_from` on, or as it is; raises `Refusal`.

    A request that is undecided is withdrawn at once; an approval from today or a later day until its end on.
    """
    if _said_already(request, step):
        return request
    _check_state(request, "withdrawn", possible=("requested", "approved"))
    _check_named(step, "withdraws", "why")
    approved, day = request.approved, step.valid_from
    if approved is None:
        return request.after(replace(step, valid_from=None))
    ends = approved.valid_to
    if ends is not None and ends <= today:
        raise Refusal(f"{request.request_id} has ended on {ends}: nothing is left to withdraw")
    if day is None or day < today or (ends is not None and day > ends):
        until = f" to {ends}, when it ends by itself" if ends is not None else " on"
        raise Refusal(f"{request.request_id} can be withdrawn from {today}{until}, not from {day}")
    return request.after(step)


def possible_acts(request: BenefitRequest, *, proposal: bool, day: date) -> tuple[StepAct, ...]:
    """What can be done about a request on a day; `proposal` says whether its benefit is given on one."""
    if request.state == "requested":
        return ("approved", "refused", "withdrawn")
    approved, found = request.approved, list[StepAct]()
    if approved is not None and request.state == "approved" and (approved.valid_to is None or day < approved.valid_to):
        found.append("withdrawn")
    if approved is not None and proposal:
        found.append("outcome")
    return tuple(found)


def tell_outcome(program: Program, request: BenefitRequest, step: BenefitStep) -> BenefitRequest:
    """Return a proposal with what was spent and what came of it, or as it is; a correction is one more step."""
    benefit = find_benefit(program, request.benefit)
    if not benefit.terms.proposal:
        raise NotDefined(f"{benefit.key} is no proposal: only what was approved on a proposal has an outcome")
    approved = request.approved
    if approved is None:
        _check_state(request, "given an outcome", possible=("approved",))
    if request.outcome is not None and request.outcome.same_values(step):
        return request
    _check_named(step, "says", "what came of it")
    spent, granted = step.amount_cents, 0 if approved is None else approved.amount_cents or 0
    if spent is None or spent < 0:
        raise Refusal(f"{request.request_id}: say what was spent, 0.00 or more")
    if spent > granted:
        raise Refusal(
            f"{request.request_id}: {program.unit.text(spent)} spent is more than the "
            f"{program.unit.text(granted)} approved"
        )
    return request.after(step)


def find_benefit(program: Program, key: str) -> Benefit:
    """The programme's benefit of that key; raises `NotDefined` with the keys that there are."""
    for benefit in program.benefits:
        if benefit.key == key:
            return benefit
    known = ", ".join(benefit.key for benefit in program.benefits)
    raise NotDefined(f"{key} is no benefit of the programme ({program.file_name}), expected one of {known}")


def _check_given(benefit: Benefit, tier: int, partner: Partner) -> None:
    who = f"partner {partner.partner_id}"
    if not benefit.terms.are_for(partner.attributes):
        raise NotDefined(
            f"{benefit.key} is only for partners with the attribute {benefit.terms.only_for}, which {who} does not have"
        )
    where = f"in Tier {tier}" if tier else "without a tier"
    match availability_of(benefit, tier, partner.attributes):
        case "on_request":
            return
        case "yes":
            raise NotDefined(f"{benefit.key} is included {where}, {who} need not ask for it")
        case "unknown" if set(benefit.tiers) == {"unknown"}:
            raise NotDefined(
                f"{benefit.key} is unknown in the programme: its owner has to say in the programme file who may have it"
            )
        case "unknown":
            raise NotDefined(f"{benefit.key} is not given {where}, which {who} is in")


def _check_named(step: BenefitStep, does: str, why: str) -> None:
    if not step.done_by.strip() or not step.reason.strip():
        raise Refusal(f"say who {does}, and {why}")


def _check_period(first: date | None, ends: date | None) -> None:
    if first is not None and ends is not None and ends <= first:
        raise Refusal(f"from {first} until {ends} covers no day: the end is the first day after it")


def _check_proposal(benefit: Benefit, asked: BenefitStep) -> None:
    if not benefit.terms.proposal:
        if asked.activity or asked.market or asked.amount_cents is not None:
            raise Refusal(f"{benefit.key} is no proposal: it has no activity, market or amount")
        return
    missing = [
        name for name, given in (("activity", asked.activity.strip()), ("market", asked.market.strip())) if not given
    ]
    if missing or not asked.amount_cents or asked.amount_cents < 0:
        lacks = [*missing, *([] if asked.amount_cents and asked.amount_cents > 0 else ["amount above 0"])]
        raise Refusal(f"{benefit.key} is given on a proposal: it lacks {', '.join(lacks)}")


def _checked_period(benefit: Benefit, tier: int, request: BenefitRequest, step: BenefitStep, unit: Unit) -> Period:
    """Return the period of an approval of at most what was asked for, with an end where the benefit demands one."""
    _check_granted_units(benefit, tier, request, step)
    _check_granted_amount(benefit, request, step, unit)
    if step.valid_from is None:
        raise Refusal(f"{request.request_id}: say from which day it is approved")
    _check_period(step.valid_from, step.valid_to)
    if benefit.terms.end_demanded and step.valid_to is None:
        raise Refusal(f"{benefit.key} is given for a certain period: say until which day")
    return Period(step.valid_from, step.valid_to)


def _check_granted_units(benefit: Benefit, tier: int, request: BenefitRequest, step: BenefitStep) -> None:
    asked = request.asked.quantity
    if step.quantity is None:
        if benefit.terms.units_of(tier) is not None or asked is not None:
            raise Refusal(f"{request.request_id}: say how many units are approved")
        return
    if step.quantity < 1:
        raise Refusal(f"{request.request_id}: {plural(step.quantity, 'unit')} cannot be approved, expected at least 1")
    if asked is not None and step.quantity > asked:
        raise Refusal(f"{request.request_id} asks for {plural(asked, 'unit')}, {step.quantity} cannot be approved")


def _check_granted_amount(benefit: Benefit, request: BenefitRequest, step: BenefitStep, unit: Unit) -> None:
    if not benefit.terms.proposal:
        if step.amount_cents is not None:
            raise Refusal(f"{benefit.key} is no proposal: it has no amount")
        return
    wanted = request.asked.amount_cents or 0
    if not step.amount_cents or step.amount_cents < 0:
        raise Refusal(f"{request.request_id}: say which amount is approved, above 0")
    if step.amount_cents > wanted:
        raise Refusal(
            f"{request.request_id} asks for {unit.text(wanted)}, {unit.text(step.amount_cents)} cannot be approved"
        )


def check_limit(
    benefit: Benefit, tier: int, request: BenefitRequest, period: Period, others: Sequence[BenefitRequest]
) -> None:
    """Keep the limit on every day of an approval; what is not counted, and no proposal, is given once at a time.

    `request` is approved for the `period`; `others` are all other requests of the partner for the benefit.
    """
    limit = benefit.terms.units_of(tier)
    there, day = most_units(others, period)
    if limit is not None:
        if there + request.units > limit:
            raise Refusal(
                f"{request.request_id}: at most {plural(limit, 'unit')} of {benefit.key} at once, and "
                f"{there} {'is' if there == 1 else 'are'} approved for {day}: {request.units} more cannot be"
            )
    elif there and not benefit.terms.proposal:
        first, other = next((each, each.period) for each in others if each.period is not None and day in each.period)
        until = f"until {other.valid_to}" if other.valid_to else "without end"
        raise Refusal(
            f"{request.request_id}: {benefit.key} is approved for {day} already, {until} ({first.request_id})"
        )


def _said_already(request: BenefitRequest, step: BenefitStep, unit: Unit = EURO) -> bool:
    """Whether a step is the newest one already; raises `Refusal` where the same act was done with other values."""
    newest = request.decided
    if newest.act != step.act:
        return False
    if newest.same_values(step) or (
        # of a request that was undecided, there is no day from which it is withdrawn
        newest.act == "withdrawn" and newest.valid_from is None and newest.same_values(replace(step, valid_from=None))
    ):
        return True
    raise Refusal(f"{request.request_id} was already {said_of(newest, unit)}: with other values, nothing is written")


def said_of(step: BenefitStep, unit: Unit = EURO) -> str:
    """A step in words: what, by whom, when, with which values and why; its amount is in the `unit`."""
    values = [
        *([] if step.quantity is None else [plural(step.quantity, "unit")]),
        *([] if step.amount_cents is None else [unit.text(step.amount_cents)]),
        *([] if step.valid_from is None else [f"from {step.valid_from}"]),
        *([] if step.valid_to is None else [f"until {step.valid_to}"]),
        *([step.reason] if step.reason else []),
    ]
    by = f" by {step.done_by}" if step.done_by else ""
    day = f" on {step.done_on}" if step.done_on else ""
    return f"{step.act}{by}{day}{_in_brackets(values)}"


def _in_brackets(values: Sequence[str]) -> str:
    return f" ({', '.join(values)})" if values else ""


_POSSIBLE = {
    "requested": "it can be approved, refused or withdrawn",
    "approved": "it can be withdrawn",
    "refused": "a new request can be made",
    "withdrawn": "a new request can be made",
}


def _check_state(request: BenefitRequest, wanted: str, *, possible: Sequence[StoredState]) -> None:
    if request.state not in possible:
        raise Refusal(
            f"{request.request_id} cannot be {wanted}: it is {said_of(request.decided)}; {_POSSIBLE[request.state]}"
        )

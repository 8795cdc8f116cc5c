"""Benefits on request: asked for, approved, refused, withdrawn; what came of a proposal; and how each request stands.

Each act is one transaction with the record of who did it. One writer at a time reads and writes the database, so two
people who approve at once never pass a limit together.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import Connection

from partner_program.adapters.database import benefits as benefit_store
from partner_program.adapters.database import events as event_store
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.acts import now_by, record_act
from partner_program.adapters.database.benefit_parts import Part, first_of_part
from partner_program.adapters.reports.plain_values import plain
from partner_program.adapters.reports.records import records_csv, records_json
from partner_program.domain import acts
from partner_program.domain import benefits as rules
from partner_program.domain.benefits import BenefitRequest, BenefitStep, RequestState, Standing, StepAct
from partner_program.domain.events import benefit_decided
from partner_program.domain.near_names import did_you_mean
from partner_program.domain.program_unit import Unit
from partner_program.domain.refusals import Moved, NotThere, Refusal
from partner_program.domain.registry import Partner, request_id_of
from partner_program.domain.unit import unit_on
from partner_program.usecases.installation import Installation
from partner_program.usecases.leaving import days_of_leaving

_KINDS: dict[StepAct, str] = {
    "requested": acts.BENEFIT_REQUESTED,
    "approved": acts.BENEFIT_APPROVED,
    "refused": acts.BENEFIT_REFUSED,
    "withdrawn": acts.BENEFIT_WITHDRAWN,
    "outcome": acts.BENEFIT_OUTCOME,
}
OPEN: tuple[RequestState, ...] = ("requested", "upcoming", "in_force", "stopped")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a partner asks for; `request_id` is None where partner, benefit and first day are to name the request.

    `amount_cents` has the two decimals with which amounts are typed, whatever the programme's unit has.
    """

    partner_id: str
    benefit: str
    valid_from: date
    valid_to: date | None = None
    quantity: int | None = None
    amount_cents: int | None = None
    activity: str = ""
    market: str = ""
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """What is approved of a request; None stands for what was asked for. `amount_cents` is as in `Asked`."""

    quantity: int | None = None
    amount_cents: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """Who acts, why, and on which day of the programme.

    `seen` is how many steps of the request that person has seen, None where nobody says. With `only_try` an act is
    decided and nothing is written.
    """

    by: str
    reason: str
    today: date
    seen: int | None = None
    only_try: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """A request after an act; `is_new` is False where the same act was done before and nothing was written."""

    request: BenefitRequest
    is_new: bool

    @property
    def step(self) -> BenefitStep:
        """The newest step."""
        return self.request.steps[-1]


def request_benefit(installation: Installation, asked: Asked, said: Said) -> Done:
    """Record that a partner asks for a benefit; refused by one sentence where the programme does not let it."""
    request_id = asked.request_id or request_id_of(asked.partner_id, asked.benefit, asked.valid_from)
    step = BenefitStep(
        "requested",
        said.by,
        said.reason,
        said.today,
        asked.quantity,
        _in_unit(installation, said, asked.amount_cents),
        asked.valid_from,
        asked.valid_to,
        asked.activity,
        asked.market,
    )
    request = BenefitRequest(request_id, asked.partner_id, asked.benefit, (step,))
    with installation.database.deciding(only_try=said.only_try) as connection:
        partner = registry_store.find_partner(connection, asked.partner_id)
        known = benefit_store.find_request(connection, request_id)
        if known is not None:
            return Done(rules.asked_already(known, request, _unit(installation, said)), is_new=False)
        rules.check_asked(
            program=installation.program_on(said.today),
            partner=partner,
            tier=_tier(connection, partner, said.today),
            request=request,
            today=said.today,
        )
        _save(connection, request, said, _unit(installation, said))
    return Done(request, is_new=True)


def approve_benefit(installation: Installation, request_id: str, granted: Granted, said: Said) -> Done:
    """Approve a request, at most what was asked for, within the limit on every day."""

    def approved(connection: Connection, request: BenefitRequest) -> BenefitRequest:
        partner = registry_store.find_partner(connection, request.partner_id)
        own = benefit_store.load_requests(connection, [request.partner_id])
        asked = request.asked
        return rules.approve(
            program=installation.program_on(said.today),
            partner=partner,
            tier=_tier(connection, partner, said.today),
            request=request,
            others=[each for each in own if each.benefit == request.benefit and each.request_id != request.request_id],
            step=BenefitStep(
                "approved",
                said.by,
                said.reason,
                said.today,
                asked.quantity if granted.quantity is None else granted.quantity,
                asked.amount_cents
                if granted.amount_cents is None
                else _in_unit(installation, said, granted.amount_cents),
                granted.valid_from or asked.valid_from,
                granted.valid_to or asked.valid_to,
            ),
        )

    return _decide(installation, request_id, said, approved)


def refuse_benefit(installation: Installation, request_id: str, said: Said) -> Done:
    """Refuse a request."""
    step = BenefitStep("refused", said.by, said.reason, said.today)
    return _decide(installation, request_id, said, lambda _, request: rules.refuse(request, step))


def withdraw_benefit(
    installation: Installation, request_id: str, said: Said, *, valid_from: date | None = None
) -> Done:
    """Withdraw a request, or an approval from a day on; without one from today on."""
    step = BenefitStep("withdrawn", said.by, said.reason, said.today, valid_from=valid_from or said.today)
    return _decide(installation, request_id, said, lambda _, request: rules.withdraw(request, step, today=said.today))


def tell_outcome(installation: Installation, request_id: str, said: Said, *, spent_cents: int) -> Done:
    """Record what was spent of a proposal that was approved, and what came of it: the reason."""
    spent = _in_unit(installation, said, spent_cents)
    step = BenefitStep("outcome", said.by, said.reason, said.today, amount_cents=spent)
    program = installation.program_on(said.today)
    return _decide(installation, request_id, said, lambda _, request: rules.tell_outcome(program, request, step))


def _in_unit(installation: Installation, said: Said, typed: int | None) -> int | None:
    """An amount that was typed with two decimals, in the smallest unit of the day's programme."""
    return None if typed is None else _unit(installation, said).of_hundredths(typed)


def _unit(installation: Installation, said: Said) -> Unit:
    return installation.program_on(said.today).unit


def _decide(
    installation: Installation,
    request_id: str,
    said: Said,
    decide: Callable[[Connection, BenefitRequest], BenefitRequest],
) -> Done:
    unit = _unit(installation, said)
    with installation.database.deciding(only_try=said.only_try) as connection:
        request = find_request(connection, request_id)
        has_moved = said.seen is not None and said.seen != len(request.steps)
        try:
            decided = decide(connection, request)
        except Refusal as refusal:
            if has_moved:
                raise _moved(request, unit) from refusal
            raise
        if decided == request:
            return Done(request, is_new=False)
        if has_moved:
            raise _moved(request, unit)
        _save(connection, decided, said, unit)
    return Done(decided, is_new=True)


def _moved(request: BenefitRequest, unit: Unit) -> Moved:
    return Moved(f"{request.request_id} moved since it was shown: it was {rules.said_of(request.steps[-1], unit)}")


def find_request(connection: Connection, request_id: str) -> BenefitRequest:
    """The request of that id; raises `NotThere` that names one with nearly the same."""
    found = benefit_store.find_request(connection, request_id)
    if found is None:
        close = did_you_mean(request_id, benefit_store.request_ids(connection))
        raise NotThere(f"no benefit was requested as {request_id}{close}")
    return found


def _save(connection: Connection, request: BenefitRequest, said: Said, unit: Unit) -> None:
    """Store the newest step, its act and the event of a decision; where it is only tried, nothing."""
    if said.only_try:
        return
    step = request.steps[-1]
    benefit_store.save_steps(connection, [request])
    record_act(
        connection,
        _KINDS[step.act],
        request.request_id,
        now_by(said.by, said.reason),
        {"benefit": request.benefit, "step_no": len(request.steps), "values": _values(step)},
        partner_id=request.partner_id,
    )
    if step.act in ("approved", "refused", "withdrawn"):
        event_store.add_events(connection, [benefit_decided(request=request, at=int(time.time()), unit=unit)])


def _values(step: BenefitStep) -> dict[str, object]:
    """What a step says beside who and why, which the act itself has."""
    told = {"act", "done_by", "reason", "origin"}
    return {
        name: plain(getattr(step, name))
        for name in BenefitStep.__dataclass_fields__
        if name not in told and getattr(step, name) not in (None, "")
    }


def _tier(connection: Connection, partner: Partner, day: date) -> int:
    """A partner's tier on a day: that of the rate of an order placed then, none before the first."""
    rate = rate_store.rate_on(connection, partner.partner_id, day)
    return 0 if rate is None else rate.terms.tier


@dataclass(frozen=True, slots=True)
class BenefitLine:
    """How one request stands on a day; `units_in_force` are those of its partner and benefit, beside their limit."""

    partner_id: str
    request_id: str
    benefit: str
    state: RequestState
    quantity: int | None
    amount_eur_cents: int | None
    valid_from: date | None
    valid_to: date | None
    units_in_force: int | None
    units_limit: int | None
    purpose: str
    activity: str
    market: str
    requested_by: str
    requested_on: date | None
    decided_by: str
    decided_on: date | None
    reason: str
    spent_eur_cents: int | None
    outcome: str
    account_manager_id: str
    partner_status: str


def list_benefits(
    installation: Installation,
    *,
    on: date,
    partner_id: str | None = None,
    due_days: int | None = None,
    past: bool = False,
    ended_after: date | None = None,
) -> list[BenefitLine]:
    """How requests stand on a day, by partner, benefit and id; with `past` those that are over, too.

    With `due_days` those in force whose end lies at most so many days after that day, the first to end first; with
    `ended_after` those that were given and have ended after that day, instead.
    """

    def wanted(stands: Standing) -> bool:
        if ended_after is not None:
            return stands.ended_after(ended_after)
        return past or stands.state in OPEN if due_days is None else stands.ends_within(due_days, day=on)

    with installation.database.reading() as connection:
        partners = None if partner_id is None else [registry_store.find_partner(connection, partner_id).partner_id]
        if due_days is not None and partners is None:
            partners = benefit_store.partners_with_ends(connection, after=on, until=on + timedelta(due_days))
        found = _stand(connection, on, partners)
        shown = [each for each in found if wanted(each)]
        if due_days is not None:
            shown.sort(key=_first_to_end)
        return _lines(connection, installation, on, shown, found)


@dataclass(frozen=True, slots=True)
class BenefitPart:
    """The first lines of one part of all requests, and how many the part has."""

    lines: tuple[BenefitLine, ...]
    of: int


def parts_of_benefits(
    installation: Installation,
    *,
    on: date,
    parts: Collection[Part],
    first: int,
    due_days: int,
    manager_id: str | None = None,
) -> dict[Part, BenefitPart]:
    """The first lines of parts of the requests on a day: what waits for a decision, ends soon, is in force, is over.

    Ordered as `list_benefits` has them, `ends` by their last day. `ends` are in force, too, and end within `due_days`.
    The requests of those partners alone are read that are shown.
    """
    is_in: dict[Part, Callable[[Standing], bool]] = {
        "decide": lambda stands: stands.state == "requested",
        "ends": lambda stands: stands.ends_within(due_days, day=on),
        "in_force": lambda stands: stands.state in OPEN and stands.state != "requested",
        "past": lambda stands: stands.state not in OPEN,
    }
    until = on + timedelta(due_days)
    with installation.database.reading() as connection:
        staying = {partner_id for partner_id, day in days_of_leaving(connection).items() if on < day}
        chosen = {
            part: first_of_part(
                connection, part, on=on, until=until, staying=staying, manager_id=manager_id, first=first
            )
            for part in parts
        }
        found = _stand(connection, on, {partner_id for partners, _ in chosen.values() for partner_id in partners})
        result: dict[Part, BenefitPart] = {}
        for part, (_, of) in chosen.items():
            shown = [each for each in found if is_in[part](each)]
            if part == "ends":
                shown.sort(key=_first_to_end)
            result[part] = BenefitPart(tuple(_lines(connection, installation, on, shown[:first], found)), of)
        return result


def _first_to_end(stands: Standing) -> tuple[date, str, str]:
    return (stands.valid_to or date.max, stands.request.partner_id, stands.request.request_id)


def _stand(connection: Connection, on: date, partners: Collection[str] | None) -> list[Standing]:
    """How every request stands, or those of some partners, by partner, benefit and id."""
    requests = benefit_store.load_requests(connection, partners)
    leaving = days_of_leaving(connection)
    away = registry_store.asking_and_not_authorized(connection, {each.partner_id for each in requests})
    return [
        rules.standing(
            request,
            day=on,
            authorized=request.partner_id not in away or on < leaving.get(request.partner_id, date.min),
        )
        for request in requests
    ]


def _lines(
    connection: Connection, installation: Installation, on: date, shown: Sequence[Standing], every: Sequence[Standing]
) -> list[BenefitLine]:
    """What is shown of requests; `every` has at least all requests of their partners."""
    program = installation.program_on_or_first(on)
    limits = {benefit.key: benefit.terms for benefit in program.benefits}
    limited = {key for key, terms in limits.items() if terms.units_at_once}
    own: dict[tuple[str, str], list[BenefitRequest]] = defaultdict(list)
    for each in every:
        own[each.request.partner_id, each.request.benefit].append(each.request)
    partners = registry_store.partners_by_id(connection, {each.request.partner_id for each in shown})
    counted = {each.request.partner_id for each in shown if each.request.benefit in limited}
    tiers = {each: rate.terms.tier for each, rate in rate_store.rates_on(connection, on, counted).items()}
    lines = []
    for stands in shown:
        request = stands.request
        terms = limits.get(request.benefit)
        limit = None if terms is None else terms.units_of(tiers.get(request.partner_id, 0))
        units = None if limit is None else rules.units_on(own[request.partner_id, request.benefit], on)
        lines.append(_line(stands, partners[request.partner_id], units, limit))
    return lines


def _line(stands: Standing, partner: Partner, units: int | None, limit: int | None) -> BenefitLine:
    request = stands.request
    asked, decided, outcome = request.asked, request.decided, request.outcome
    is_decided = decided.act != "requested"
    return BenefitLine(
        partner_id=request.partner_id,
        request_id=request.request_id,
        benefit=request.benefit,
        state=stands.state,
        quantity=stands.quantity,
        amount_eur_cents=stands.amount_cents,
        valid_from=stands.valid_from,
        valid_to=stands.valid_to,
        units_in_force=units,
        units_limit=limit,
        purpose=asked.reason,
        activity=asked.activity,
        market=asked.market,
        requested_by=asked.done_by,
        requested_on=asked.done_on,
        decided_by=decided.done_by if is_decided else "",
        decided_on=decided.done_on if is_decided else None,
        reason=decided.reason if is_decided else "",
        spent_eur_cents=None if outcome is None else outcome.amount_cents,
        outcome="" if outcome is None else outcome.reason,
        account_manager_id=partner.account_manager_id,
        partner_status=partner.status,
    )


def benefits_file(
    installation: Installation, lines: Sequence[BenefitLine], form: Literal["json", "csv"], *, on: date
) -> str:
    """Requests on a day as a file: amounts in the smallest unit of the programme, days in ISO form."""
    today = installation.program_on_or_first(on).unit

    def unit_of(line: BenefitLine) -> Unit:
        return line_unit(installation, line, today)

    return records_json(lines, unit_of) if form == "json" else records_csv(BenefitLine, lines, today, unit_of=unit_of)


def line_unit(installation: Installation, line: BenefitLine, otherwise: Unit) -> Unit:
    """What the amounts of a request are in: what the programme counted in on the day on which it was asked for."""
    return otherwise if line.requested_on is None else unit_on(installation.programs, line.requested_on)

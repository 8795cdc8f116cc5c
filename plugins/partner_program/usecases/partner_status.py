"""A person suspends a partner, ends it or lets it go on: its status in the registry, and the rates of new orders.

Only authorised partners get the discounts: from the day that is named no order gets a programme rate, and
existing services keep theirs, since rates are only added (rules 4 and 9).
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database.registry import agreements_of, find_partner
from partner_program.adapters.files.csv_edit import with_cells
from partner_program.domain.acts import PARTNER_ENDED, PARTNER_RESUMED, PARTNER_SUSPENDED
from partner_program.domain.findings import EXAMPLES
from partner_program.domain.plurals import plural
from partner_program.domain.rates import Rate
from partner_program.domain.rates_taking_force import closing_rates, ended_ahead, rate_of_acceptance, rates_of_return
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import AUTHORIZED, Partner, Registry
from partner_program.usecases.installation import Installation
from partner_program.usecases.publication import owe_rates_of_partner
from partner_program.usecases.registry_changes import Files, Planned, PlannedAct, change_registry

Step = Literal["suspend", "end", "resume"]
_FILE = "partners.csv"
_STEP_TO = {"suspended": "suspend", "ended": "end", "applied": "end"}
_ORIGIN = "closing"  # of every rate that comes with a partner's status


@dataclass(frozen=True, slots=True)
class _Move:
    """What a step makes of a partner: its new status, those that it may have before, and its kind on record."""

    status: str
    before: tuple[str, ...]
    kind: str


_MOVES: dict[Step, _Move] = {
    "suspend": _Move("suspended", (AUTHORIZED,), PARTNER_SUSPENDED),
    "end": _Move("ended", ("applied", AUTHORIZED, "suspended"), PARTNER_ENDED),
    "resume": _Move(AUTHORIZED, ("suspended",), PARTNER_RESUMED),
}


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A partner's status before and now; `rates` were written for new orders. Not `changed`: it was so already."""

    partner_id: str
    before: str
    status: str
    changed: bool
    rates: tuple[Rate, ...] = ()


def change_status(
    installation: Installation,
    partner_id: str,
    folder: Path,
    *,
    step: Step,
    day: date,
    today: date,
    done_by: str,
    reason: str,
) -> StatusChange:
    """Change a partner's status in the registry's folder and the database, and its rates from a day on.

    The status changes at once: months that are settled meanwhile leave the partner out. A rate that has begun holds
    until `day`, which is not before `today`. A partner that goes on does so today; it gets the rate of its last month
    back where no month took force in between, otherwise with the next month. The same step again writes nothing,
    but that it ends a rate which was left open by a status changed by hand.
    """
    move = _MOVES[step]

    def plan(connection: Connection, _registry: Registry, files: Files) -> Planned[StatusChange]:
        partner = find_partner(connection, partner_id)
        change = _change(connection, installation, partner, step, day, today)
        if not change.changed:
            return Planned(change, {})

        def follow(writing: Connection) -> None:
            rate_store.write_rates(writing, [(partner_id, rate) for rate in change.rates], origin=_ORIGIN)
            owe_rates_of_partner(writing, today=today, partner_id=partner_id, new=change.rates)

        return Planned(
            change,
            {}
            if change.before == change.status
            else {_FILE: with_cells(files[_FILE], lambda row: _cells(row["partner_id"], partner, move, day))},
            acts=[PlannedAct(partner_id, {"before": partner.status, "status": move.status, "from": day})],
            follow=follow,
        )

    return change_registry(installation, folder, kind=move.kind, done_by=done_by, reason=reason, plan=plan)


def partner_of(installation: Installation, partner_id: str) -> Partner:
    """A partner of the registry; raises `NotThere`."""
    with installation.database.reading() as connection:
        return find_partner(connection, partner_id)


def would_change(installation: Installation, partner_id: str, *, step: Step, day: date, today: date) -> StatusChange:
    """What `change_status` would make of a partner, as the database has it; refused as it refuses."""
    with installation.database.reading() as connection:
        return _change(connection, installation, find_partner(connection, partner_id), step, day, today)


def steps_for(status: str) -> tuple[Step, ...]:
    """The steps that a partner of this status can take."""
    return tuple(step for step, move in _MOVES.items() if status in move.before)


def status_words(change: StatusChange) -> str:
    """A change in a line: the status before and now, and the rates that new orders get."""
    if not change.changed:
        return f"{change.partner_id} is {change.status} already: nothing is written"
    moved = f"{change.partner_id}: {change.before} -> {change.status}"
    if not change.rates:
        waits = "; its rate comes with the next month, or with a grant" if change.status == AUTHORIZED else ""
        return f"{moved}, no rate changes{waits}"
    tiers = (f"tier {rate.terms.tier or 'none'} from {rate.valid_from}" for rate in change.rates)
    return f"{moved}; new orders: {', '.join(tiers)}"


def _change(
    connection: Connection, installation: Installation, partner: Partner, step: Step, day: date, today: date
) -> StatusChange:
    """Decide what a step makes of a partner; refused where it may not be taken."""
    move, partner_id = _MOVES[step], partner.partner_id
    if day < today:
        raise Refusal(f"{day} has passed: orders of that day were priced, name today ({today}) or a later day")
    if step == "resume" and day > today:
        raise Refusal(f"{day} is still to come: let the partner go on that day, or today ({today})")
    is_so = partner.status == move.status
    if not is_so and partner.status not in move.before:
        allowed = " or ".join(move.before)
        raise Refusal(f"partner {partner_id} is {partner.status}, expected {allowed} to make it {move.status}")
    if step != "resume":
        new = _ending(connection, partner_id, day)
    else:
        new = [] if is_so else _returning(connection, installation, partner_id, day)
    changed = bool(new) or not is_so
    return StatusChange(partner_id, partner.status, move.status, changed=changed, rates=tuple(new))


def _cells(partner_id: str, partner: Partner, move: _Move, day: date) -> dict[str, str]:
    """The cells of a row of partners.csv that change; a partner authorised for the first time gets its first day."""
    if partner_id != partner.partner_id:
        return {}
    is_first = move.status == AUTHORIZED and partner.authorized_on is None
    return {"status": move.status, **({"authorized_on": day.isoformat()} if is_first else {})}


def _ending(connection: Connection, partner_id: str, day: date) -> list[Rate]:
    """The rates that end a partner's on a day, and those that were to begin later each on its own."""
    found = closing_rates(
        authorized=(),
        rates=rate_store.rates_on(connection, day, [partner_id]),
        ahead=rate_store.rates_after(connection, day, partner_id),
        day=day,
    )
    return [rate for _, rate in found]


def _returning(connection: Connection, installation: Installation, partner_id: str, day: date) -> list[Rate]:
    """The rates of a partner that goes on: that of its last month where no month has decided others since."""
    current = rate_store.rate_on(connection, partner_id, day)
    if current is None:
        return []
    ahead = rate_store.rates_after(connection, day, partner_id).get(partner_id, [])
    agreements = agreements_of(connection, partner_id)
    rate = current
    if current.terms.gives_nothing:
        decided = settlement_history.decided_months(connection)
        newest = max(decided, default=None)
        last = settlement_history.last_assigned(connection, partner_id)
        if newest is None or last is None or (last.billing_month != newest and decided[newest] >= current.valid_from):
            return []
        history = settlement_history.load_histories(connection, newest.following, {partner_id: day})[partner_id]
        rate = rate_of_acceptance(
            program=installation.program_on(day),
            day=day,
            earned_tier=last.merit_tier,
            open_grants=history.open_grants,
            settled_grants=(),
            agreements=agreements,
            current=current,
        )
    return rates_of_return(
        partner_id=partner_id,
        rate=rate,
        current=current,
        ahead=ahead,
        agreements=agreements,
        programs={each.rate.valid_from: installation.program_on(each.rate.valid_from) for each in ahead},
    )


def rates_left_open(installation: Installation, registry: Registry) -> list[str]:
    """Name partners that are not authorised and whose rates have no end: their status was changed by hand."""
    today = installation.today()
    others = {each.partner_id: each.status for each in registry.partners if each.status != AUTHORIZED}
    with installation.database.reading() as connection:
        rates = rate_store.rates_on(connection, today, sorted(others)) if others else {}
        end = ended_ahead(rate_store.rates_after(connection, today)) if rates else frozenset()
    found = [
        f"partner {partner_id} is {others[partner_id]}, and new orders get the rate of tier {rate.terms.tier} "
        "until the next month is run: "
        f"`partner-program partner {_STEP_TO[others[partner_id]]} {partner_id}` ends it on a day"
        for partner_id, rate in sorted(rates.items())
        if not rate.terms.gives_nothing and partner_id not in end
    ]
    more = len(found) - EXAMPLES
    return found if more <= 0 else [*found[:EXAMPLES], f"and {plural(more, 'more such partner')}"]

"""What other systems are told of: one event for each fact, with an id that is the same whenever it is told again.

Events name partners, accounts, months and requests by their ids, never a person, a company or an address. Euros and
discounts are kept apart from the rest of what an event says: they are told only where they are asked for.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from partner_program.domain.benefits import BenefitRequest
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.publication import PublishedRate
from partner_program.domain.settlement import Decision

EventKind = Literal[
    "month.in_force",
    "partner.tier_changed",
    "rate.published",
    "grace.ending",
    "benefit.decided",
    "restatement.proposed",
]
EventState = Literal[
    "waiting",  # written with what it tells of, not sent yet
    "claimed",  # a sender has it
    "deferred",  # was not taken; it is tried again
    "sent",  # was taken
    "dead",  # was not taken so often that a person decides; later events of its partner wait
    "given_up",  # a person decided that it is not sent
    "too_old",  # happened so long before an endpoint was connected that it is not sent
]
KINDS: tuple[EventKind, ...] = get_args(EventKind)
EVENT_STATES: tuple[EventState, ...] = get_args(EventState)
FINISHED: tuple[EventState, ...] = ("sent", "given_up", "too_old")
# The database holds these moves too (`event_guard_moves`), whoever writes to it.
NEXT_OF_EVENT: dict[EventState, tuple[EventState, ...]] = {
    "waiting": ("claimed", "too_old"),
    "claimed": ("sent", "waiting", "deferred", "dead"),
    "deferred": ("claimed", "given_up"),
    "sent": (),
    "dead": ("waiting", "given_up"),
    "given_up": (),
    "too_old": (),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One fact to tell: `subject` is a partner's id or a month, `data` and `amounts` are JSON objects.

    `partner_id` is None for what is about a whole month. `happened_at` is in seconds since 1970.
    """

    event_id: str
    kind: EventKind
    subject: str
    partner_id: str | None
    billing_month: str | None
    happened_at: int
    data: str
    amounts: str


@dataclass(frozen=True, slots=True)
class OutboxEvent(Event):
    """An event in the outbox with its delivery; `event_no` only grows, times are seconds since 1970.

    `reply` says why it was not taken.
    """

    event_no: int
    status: EventState
    attempts: int
    claimed_by: str | None
    claimed_until: int | None
    not_before: int | None
    reply: str | None


def id_of(kind: EventKind, key: Iterable[object]) -> str:
    """The id of an event: the same for the same kind and key, in every database; without a full stop."""
    written = json.dumps([kind, *map(str, key)], ensure_ascii=False)
    return f"evt_{hashlib.sha256(written.encode()).hexdigest()[:32]}"


def month_in_force(
    *,
    month: BillingMonth,
    revision: int,
    decision_hash: str,
    effective_on: date | None,
    decisions: Sequence[Decision],
    held: int,
    at: int,
    unit: Unit = EURO,
) -> Event:
    """Decisions of a month took force; a month does so again for partners that were held, and for a restatement."""
    moves = [(each.tier or 0) - (each.previous_tier or 0) for each in decisions if each.previous_tier is not None]
    data = {
        "billing_month": str(month),
        "revision": revision,
        "effective_on": _day(effective_on),
        "decided": len(decisions),
        "raised": sum(move > 0 for move in moves),
        "lowered": sum(move < 0 for move in moves),
        "held": held,
    }
    amounts = _amount("mrr", sum(each.mrr_eur_cents for each in decisions), unit)
    return _event("month.in_force", (month, revision, decision_hash), str(month), None, str(month), at, data, amounts)


def tiers_changed(
    *,
    month: BillingMonth,
    revision: int,
    effective_on: date | None,
    decisions: Iterable[Decision],
    corrected: Mapping[str, int | None],
    at: int,
    unit: Unit = EURO,
) -> list[Event]:
    """The partners whose tier is another than the one told last; a partner's first tier is a change from none.

    That is the tier of the month before, or, where `corrected` has the partner, that of an earlier revision.
    """
    found = []
    for each in decisions:
        before = corrected.get(each.partner_id, each.previous_tier)
        if (before or 0) == (each.tier or 0):
            continue
        data: dict[str, object] = {
            "billing_month": str(month),
            "revision": revision,
            "effective_on": _day(effective_on),
            "tier": each.tier or 0,
            "previous_tier": each.previous_tier,
        }
        if each.partner_id in corrected:
            data["corrected_from"] = corrected[each.partner_id]
        amounts = _amount("mrr", each.mrr_eur_cents, unit)
        key = (month, revision, each.partner_id)
        found.append(
            _event("partner.tier_changed", key, each.partner_id, each.partner_id, str(month), at, data, amounts)
        )
    return found


def rate_published(*, entity: str, rate: PublishedRate, partner_id: str | None, at: int) -> Event:
    """A rate was read back from an entity's order database, where orders of this account get it from that day on.

    Without a partner it is about the account.
    """
    data = {
        "entity": entity,
        "account_id": rate.account_id,
        "valid_from": _day(rate.valid_from),
        "revision": rate.revision,
        "tier": rate.tier,
    }
    amounts = {
        "monthly_fee_discount_bp": rate.monthly_fee_discount_bp,
        "setup_fee_discount_bp": rate.setup_fee_discount_bp,
    }
    key: tuple[object, ...] = (entity, rate.account_id, rate.valid_from, rate.revision)
    if rate.product is not None:
        data["product"] = rate.product
        key = (*key, rate.product)
    subject = partner_id or f"{entity}/{rate.account_id}"
    return _event("rate.published", key, subject, partner_id, None, at, data, amounts)


def _amount(name: str, minor: int | None, unit: Unit) -> dict[str, object]:
    """An amount of the programme; in another unit than EUR it has another name, with the unit beside it."""
    if unit.is_euro:
        return {f"{name}_eur_cents": minor}
    decimals = {} if unit.decimals == EURO.decimals else {"decimals": unit.decimals}
    return {f"{name}_eur_cents": None, f"{name}_cents": minor, "currency": unit.name, **decimals}


def grace_ending(*, partner_id: str, grant_id: str, tier: int, ends_on: date, at: int) -> Event:
    """A grace period ends soon: `ends_on` is the first day without it."""
    data = {"grant_id": grant_id, "tier": tier, "ends_on": _day(ends_on)}
    return _event("grace.ending", (partner_id, grant_id, ends_on), partner_id, partner_id, None, at, data, {})


def benefit_decided(*, request: BenefitRequest, at: int, unit: Unit = EURO) -> Event:
    """The newest step of a request is a decision: approved, refused or withdrawn."""
    step = request.steps[-1]
    data = {
        "request_id": request.request_id,
        "benefit": request.benefit,
        "decision": step.act,
        "decided_on": _day(step.done_on),
        "quantity": step.quantity,
        "valid_from": _day(step.valid_from),
        "valid_to": _day(step.valid_to),
    }
    amounts = _amount("amount", step.amount_cents, unit)
    key = (request.request_id, len(request.steps))
    return _event("benefit.decided", key, request.partner_id, request.partner_id, None, at, data, amounts)


def restatement_proposed(
    *, month: BillingMonth, revision: int, decision_hash: str, partners: Iterable[str], at: int
) -> Event:
    """A month in force would come out differently: a person accepts or rejects it."""
    data = {"billing_month": str(month), "revision": revision, "partners": sorted(partners)}
    return _event("restatement.proposed", (month, revision, decision_hash), str(month), None, str(month), at, data, {})


def _event(
    kind: EventKind,
    key: Iterable[object],
    subject: str,
    partner_id: str | None,
    month: str | None,
    at: int,
    data: Mapping[str, object],
    amounts: Mapping[str, object],
) -> Event:
    return Event(id_of(kind, key), kind, subject, partner_id, month, at, _json(data), _json(amounts))


def _json(values: Mapping[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()

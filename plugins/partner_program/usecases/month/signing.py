"""Signing a month: a person says that nothing of it is open; after that only a restatement changes it (rule 13)."""

import json
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import publication as publication_store
from partner_program.adapters.database import restatements as restatement_store
from partner_program.adapters.database.acts import load_acts, now_by, record_act
from partner_program.adapters.database.history import StoredSettlement
from partner_program.domain.acts import MONTH_SIGNED, Act, DatedAct, same_person
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import STATES
from partner_program.domain.month_order import IN_FORCE
from partner_program.domain.plurals import first_names, plural
from partner_program.domain.refusals import Moved, Refusal
from partner_program.usecases.acts import dated
from partner_program.usecases.installation import Installation
from partner_program.usecases.publication import entities_with_orders

ROLES = ("finance",)
NAMED = 20  # how many partners or accounts a refusal names of each kind


def sign_month(
    installation: Installation,
    month: BillingMonth,
    *,
    role: str,
    signed_by: str,
    reason: str,
    decision_hash: str | None = None,
) -> tuple[DatedAct, int]:
    """Sign the month's newest revision; return the signature, the first one of this person's, and the revision.

    Refused while something is open: partners held, a restatement proposed, rates unpublished, letters undelivered; the
    message names each. A month that is history only has nothing in force to sign. `decision_hash` is that of the last
    settlement that the person looked at: raises `Moved` if there is another one.
    """
    if role not in ROLES:
        raise Refusal(f"role {role!r}: expected {' or '.join(ROLES)}")
    entities = [entity.entity for entity in entities_with_orders(installation)]
    with installation.database.writing() as connection:
        settlements = settlement_history.settlements_or_refusal(connection, month)
        last = settlements[-1]
        if last.status != IN_FORCE:
            raise Refusal(f"{month} is history only: nothing of it is in force, and there is nothing to sign")
        hashes = settlement_history.decision_hashes(connection, month, last.revision)
        detail = {"role": role, "revision": last.revision, "decision_hashes": hashes}
        if decision_hash is not None and hashes[-1] != decision_hash:
            raise Moved(f"{month} was decided anew since you looked: look at it again")
        before = _signatures(connection, month, role, last.revision)
        signed = next((act for act in before if same_person(act.doer.done_by, signed_by)), None)
        if signed is not None:
            return _dated(installation, signed), last.revision
        is_open = list(_open(connection, month, settlements, entities))
        if is_open:
            raise Refusal(f"{month} cannot be signed, something of it is open:\n" + "\n".join(is_open))
        record_act(connection, MONTH_SIGNED, str(month), now_by(signed_by, reason), detail, month=month)
        return _dated(installation, _signatures(connection, month, role, last.revision)[-1]), last.revision


def what_is_open(installation: Installation, month: BillingMonth) -> tuple[str, ...]:
    """What of a month has to be seen to before it can be signed, a line each kind; empty where nothing is open."""
    entities = [entity.entity for entity in entities_with_orders(installation)]
    with installation.database.reading() as connection:
        settlements = settlement_history.settlements_or_refusal(connection, month)
        return tuple(_open(connection, month, settlements, entities))


def _dated(installation: Installation, act: Act) -> DatedAct:
    (found,) = dated(installation, [act])
    return found


def _signatures(connection: Connection, month: BillingMonth, role: str, revision: int) -> list[Act]:
    found = []
    for act in load_acts(connection, MONTH_SIGNED, month=month):
        detail = json.loads(act.detail)
        if (detail["role"], detail["revision"]) == (role, revision):
            found.append(act)
    return found


def _open(
    connection: Connection, month: BillingMonth, settlements: Sequence[StoredSettlement], entities: list[str]
) -> Iterator[str]:
    """What of a month is open, a line each kind, with the partners and accounts that it is about."""
    held = [each.partner_id for each in settlement_history.load_totals(connection, settlements[-1].settlement_id).held]
    if held:
        yield f"{plural(len(held), 'partner')} held: {first_names(held, NAMED)}: see `partner-program register {month}`"
    proposal = restatement_store.find_proposal(connection, month)
    if proposal is not None:
        names = first_names(sorted(proposal.differences), NAMED)
        yield f"a restatement is proposed: {names}: see `partner-program restatement show {month}`"
    until = settlement_history.last_effective_day(settlements)
    waiting = sorted(publication_store.unpublished_accounts(connection, entities, until=until))
    if waiting:
        names = first_names([f"{entity} {account}" for entity, account in waiting], NAMED)
        yield f"{plural(len(waiting), 'account')} without its published rate: {names}: run `partner-program publish`"
    undelivered = [state for state in STATES if state != "accepted"]
    rows = delivery_store.deliveries(connection, month, states=undelivered)
    letters = sorted({f"{row.partner_id} ({row.status})" for row in rows if not row.is_replaced})
    without = delivery_store.letters_without_deliveries(connection, month)
    if letters or without:
        names = first_names([*letters, *without], NAMED)
        count = plural(len(letters) + len(without), "letter")
        yield f"{count} not delivered: {names}: see `partner-program letters reconcile {month}`"

"""Putting decisions in force: a settlement with its assessments, new rates, owed letters and events.

A run and an accepted restatement do it alike.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import events as event_store
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database import settlement_inputs as input_store
from partner_program.adapters.database import settlements as settlement_store
from partner_program.adapters.database import snapshots as snapshot_store
from partner_program.adapters.database.benefits import load_requests
from partner_program.adapters.database.letter_benefits import keep_benefits
from partner_program.adapters.database.rates import FEW
from partner_program.adapters.database.settlements import SettlementHead
from partner_program.adapters.decided_from import decided_from_texts
from partner_program.domain.benefits import BenefitRequest, benefits_on
from partner_program.domain.decided_from import DecidedFrom
from partner_program.domain.events import month_in_force, tiers_changed
from partner_program.domain.letter_facts import benefits_stated
from partner_program.domain.letters import BenefitFact
from partner_program.domain.settlement import Decision, new_rates
from partner_program.usecases.month.decisions import MonthDecisions
from partner_program.usecases.month.inputs import MonthRequest


def take_force(
    connection: Connection,
    request: MonthRequest,
    decided: MonthDecisions,
    decisions: Sequence[Decision],
    *,
    revision: int,
    effective_on: date | None,
    decision_hash: str,
    origin: str,
    kept: DecidedFrom,
) -> tuple[SettlementHead, int]:
    """Put these decisions in force in the caller's transaction; return the settlement and its id.

    `effective_on` is not written for a month that is history only. `origin` is written with each rate; `kept` is what
    the decisions were made from.
    """
    head = SettlementHead(
        billing_month=request.month,
        revision=revision,
        status=request.status,
        migration=decided.inputs.migration,
        effective_on=None if request.history else effective_on,
        program_file=decided.program.file_name if decided.program else None,
        program_hash=decided.program.file_hash if decided.program else None,
        inputs_hash=decided.inputs.inputs_hash,
        decision_hash=decision_hash,
    )
    settlement_id = settlement_store.write_settlement(
        connection,
        head,
        totals=decided.totals,
        decisions=decisions,
        effective={} if request.history else decided.inputs.effective,
        snapshots=snapshot_store.latest_snapshot_ids(connection, request.month),
    )
    input_store.keep_inputs(connection, settlement_id, decided_from_texts(kept))
    rate_store.write_rates(connection, new_rates(decisions), origin=origin, settlement_id=settlement_id)
    settlement_store.plan_letters(connection, head, settlement_id, decisions)
    keep_benefits(connection, request.month, revision, _benefits_stated(connection, decided, decisions, effective_on))
    owed = [(each.partner_id, revision) for each in decisions if each.letter is not None]
    there = delivery_store.deliveries(connection, request.month)
    delivery_store.changes_owed(request.month, owed, decided.inputs.registry.contacts, there=there).apply(connection)
    if not request.history:
        _tell(connection, decided, head, decisions)
    return head, settlement_id


def _tell(connection: Connection, decided: MonthDecisions, head: SettlementHead, decisions: Sequence[Decision]) -> None:
    """Write the events of what takes force: first that of the month, then those of the partners whose tier changed."""
    month, revision, day, now = head.billing_month, head.revision, head.effective_on, int(time.time())
    in_force = month_in_force(
        month=month,
        revision=revision,
        decision_hash=head.decision_hash,
        effective_on=day,
        decisions=decisions,
        held=len(decided.totals.held),
        at=now,
        unit=decided.inputs.unit,
    )
    corrected = {partner_id: each.figures.tier for partner_id, each in decided.inputs.assigned.items()}
    changed = tiers_changed(
        month=month,
        revision=revision,
        effective_on=day,
        decisions=decisions,
        corrected=corrected,
        at=now,
        unit=decided.inputs.unit,
    )
    event_store.add_events(connection, [in_force, *changed])


def _benefits_stated(
    connection: Connection, decided: MonthDecisions, decisions: Sequence[Decision], day: date | None
) -> dict[str, tuple[BenefitFact, ...]]:
    """Return what each letter that is owed states of its partner's benefits, on the day that it names."""
    owed = [each for each in decisions if each.letter is not None]
    program = decided.program
    if program is None or day is None or not owed:
        return {}
    requests: dict[str, list[BenefitRequest]] = defaultdict(list)
    few = [each.partner_id for each in owed] if len(owed) <= FEW else None
    for request in load_requests(connection, few):
        requests[request.partner_id].append(request)
    attributes = {each.partner_id: each.attributes for each in decided.inputs.registry.partners}
    of_tier: dict[tuple[int, str], tuple[BenefitFact, ...]] = {}  # shared by all that have nothing of their own

    def stated(partner_id: str, tier: int) -> tuple[BenefitFact, ...]:
        own, has = requests.get(partner_id, ()), attributes[partner_id]
        kept = [each for each in decided.inputs.agreements.get(partner_id, ()) if each.benefits]
        if not own and not kept and (tier, has) in of_tier:
            return of_tier[tier, has]
        states = benefits_on(program=program, tier=tier, day=day, attributes=has, requests=own, agreements=kept)
        found = benefits_stated(states, tier=tier)
        if not own and not kept:
            of_tier[tier, has] = found
        return found

    return {each.partner_id: stated(each.partner_id, each.tier or 0) for each in owed}

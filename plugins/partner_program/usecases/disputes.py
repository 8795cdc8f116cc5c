"""Disputes about a month's result: open one, answer or withdraw it, list them by partner manager."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import Connection

from partner_program.adapters.database import disputes as dispute_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.acts import record_act
from partner_program.adapters.database.register import read_register_partner
from partner_program.adapters.reports.records import records_csv, records_json
from partner_program.domain.acts import DISPUTE_ANSWERED, DISPUTE_OPENED, DISPUTE_WITHDRAWN, Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import Dispute, DisputeAct, DisputeRow, DisputeStep, row_on
from partner_program.domain.refusals import Refusal
from partner_program.usecases.installation import Installation

_KINDS: Mapping[DisputeAct, str] = {
    "opened": DISPUTE_OPENED,
    "answered": DISPUTE_ANSWERED,
    "withdrawn": DISPUTE_WITHDRAWN,
}


def open_dispute(
    here: Installation,
    partner_id: str,
    month: BillingMonth,
    *,
    about: Literal["account", "line"],
    about_id: str,
    by: Doer,
    today: date,
) -> Dispute:
    """Open a partner's dispute about an account or a line of a month; it may be one that the month did not count.

    Refused for a partner that is not in the month's register, and while the same is disputed already.
    """
    due_on = today + timedelta(days=here.program_on_or_first(today).dispute_due_days)
    with here.database.writing() as connection:
        registry_store.find_partner(connection, partner_id)
        if read_register_partner(connection, month, partner_id) is None:
            raise Refusal(f"partner {partner_id} is not in the register of {month}: there is no result to dispute")
        for each in dispute_store.load_disputes(connection):
            same = (each.partner_id, each.billing_month, each.about, each.about_id)
            if each.is_open and same == (partner_id, month, about, about_id):
                raise Refusal(f"{about} {about_id} of {partner_id} in {month} is disputed already: {each.dispute_id}")
        opened = DisputeStep("opened", by.done_by, today, by.reason)
        found = dispute_store.add_dispute(
            connection,
            partner_id=partner_id,
            month=month,
            about=about,
            about_id=about_id,
            due_on=due_on,
            opened=opened,
        )
        _record(connection, found, by)
    return found


def answer_dispute(here: Installation, dispute_id: str, *, by: Doer, today: date) -> Dispute:
    """Answer a dispute with a reason; what was wrong is corrected in its data, and the month then proposes it."""
    return _end(here, dispute_id, "answered", by, today)


def withdraw_dispute(here: Installation, dispute_id: str, *, by: Doer, today: date) -> Dispute:
    """Withdraw a dispute: its partner no longer asks."""
    return _end(here, dispute_id, "withdrawn", by, today)


def _end(here: Installation, dispute_id: str, act: DisputeAct, by: Doer, today: date) -> Dispute:
    with here.database.writing() as connection:
        dispute = dispute_store.find_dispute(connection, dispute_id)
        dispute.check_open()
        found = dispute_store.add_step(connection, dispute, DisputeStep(act, by.done_by, today, by.reason))
        _record(connection, found, by)
    return found


def _record(connection: Connection, dispute: Dispute, by: Doer) -> None:
    newest = dispute.steps[-1]
    detail = {
        "dispute_id": dispute.dispute_id,
        "about": dispute.about,
        "about_id": dispute.about_id,
        "due_on": dispute.due_on.isoformat(),
    }
    month, own = dispute.billing_month, dispute.partner_id
    record_act(connection, _KINDS[newest.act], dispute.dispute_id, by, detail, month=month, partner_id=own)


def list_disputes(
    here: Installation, *, on: date, due_days: int | None = None, closed: bool = False
) -> list[DisputeRow]:
    """How each open dispute stands on a day, by partner manager and due day; with `closed` those that have ended too.

    With `due_days` only open ones that are overdue or due within so many days.
    """
    with here.database.reading() as connection:
        disputes = dispute_store.load_disputes(connection)
        partners = sorted({each.partner_id for each in disputes})
        registry = registry_store.load_registry(connection, partners=partners)
    managers = {each.partner_id: each.account_manager_id for each in registry.partners}
    rows = [row_on(each, managers[each.partner_id], on) for each in disputes if closed or each.is_open]
    if due_days is not None:
        rows = [each for each in rows if each.days_left is not None and each.days_left <= due_days]
    return sorted(rows, key=lambda each: (each.account_manager_id, each.due_on, int(each.dispute_id[1:])))


def disputes_file(rows: Sequence[DisputeRow], form: Literal["json", "csv"]) -> str:
    """Disputes as a file: months and days in ISO form."""
    return records_json(rows) if form == "json" else records_csv(DisputeRow, rows)

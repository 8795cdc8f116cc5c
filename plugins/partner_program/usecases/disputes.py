"""Disputes about a month's result: opened, answered, withdrawn, and how each stands.

Each act is one transaction with the record of who did it. None changes a result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import Connection

from partner_program.adapters.database import disputes as dispute_store
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.acts import now_by, record_act
from partner_program.adapters.reports.plain_values import plain
from partner_program.adapters.reports.records import records_csv, records_json
from partner_program.domain import disputes as rules
from partner_program.domain.acts import DISPUTE_ANSWERED, DISPUTE_OPENED, DISPUTE_WITHDRAWN
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import About, Dispute, DisputeAct, DisputeState, DisputeStep, Subject, Verdict
from partner_program.domain.near_names import did_you_mean
from partner_program.domain.refusals import NotThere
from partner_program.domain.registry import Partner, check_managers
from partner_program.usecases.installation import Installation

_KINDS: Mapping[DisputeAct, str] = {
    "opened": DISPUTE_OPENED,
    "answered": DISPUTE_ANSWERED,
    "withdrawn": DISPUTE_WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Done:
    """A dispute after an act; `is_new` is False where the same act was done before and nothing was written."""

    dispute: Dispute
    is_new: bool


def open_dispute(
    installation: Installation,
    partner_id: str,
    month: BillingMonth,
    subject: Subject,
    *,
    by: str,
    reason: str,
    today: date,
    only_try: bool = False,
) -> Done:
    """Open a partner's dispute about a month that was settled, in force or history.

    The same subject of the month is disputed once at a time. Refused by one sentence where the partner, the month, the
    entity or the account cannot be meant. With `only_try` nothing is written.
    """
    due_on = today + timedelta(days=installation.program_on_or_first(today).dispute_due_days)
    with installation.database.deciding(only_try=only_try) as connection:
        registry_store.find_partner(connection, partner_id)
        settlements = settlement_history.settlements_or_refusal(connection, month)
        known = dispute_store.load_disputes(connection, partner_id=partner_id)
        dispute = Dispute(
            rules.dispute_id_of(partner_id, month, known),
            partner_id,
            month,
            subject,
            settlements[-1].revision,
            due_on,
            (DisputeStep("opened", by, today, reason),),
        )
        same = rules.find_same(known, dispute)
        if same is not None:
            return Done(same, is_new=False)
        links = [
            each
            for each in registry_store.links_of_accounts_of(connection, {partner_id})
            if each.partner_id == partner_id
        ]
        rules.check_opened(
            dispute,
            entities=[each.entity for each in registry_store.load_entities(connection)],
            accounts={(each.entity, each.account_id) for each in links},
            counted={(each.entity, each.account_id) for each in links if month.last_day in each.period},
        )
        if not only_try:
            _save(connection, dispute)
    return Done(dispute, is_new=True)


def answer_dispute(
    installation: Installation,
    dispute_id: str,
    verdict: Verdict,
    *,
    by: str,
    reason: str,
    today: date,
    only_try: bool = False,
) -> Done:
    """Answer a dispute as accepted or rejected; what is accepted is then corrected in its data by people."""
    return _end(installation, dispute_id, DisputeStep("answered", by, today, reason, verdict), only_try=only_try)


def withdraw_dispute(
    installation: Installation, dispute_id: str, *, by: str, reason: str, today: date, only_try: bool = False
) -> Done:
    """Withdraw a dispute: its partner no longer asks."""
    return _end(installation, dispute_id, DisputeStep("withdrawn", by, today, reason), only_try=only_try)


def find_dispute(installation: Installation, dispute_id: str) -> Dispute:
    """The dispute of that id; raises `NotThere` that names one with nearly the same."""
    with installation.database.reading() as connection:
        return _find(connection, dispute_id)


def _find(connection: Connection, dispute_id: str) -> Dispute:
    found = dispute_store.load_disputes(connection, dispute_id=dispute_id)
    if not found:
        close = did_you_mean(dispute_id, dispute_store.dispute_ids(connection))
        raise NotThere(f"there is no dispute {dispute_id}{close}")
    return found[0]


def _end(installation: Installation, dispute_id: str, step: DisputeStep, *, only_try: bool) -> Done:
    with installation.database.deciding(only_try=only_try) as connection:
        found = _find(connection, dispute_id)
        ended = rules.end(found, step)
        if ended == found:
            return Done(ended, is_new=False)
        if not only_try:
            _save(connection, ended)
    return Done(ended, is_new=True)


def _save(connection: Connection, dispute: Dispute) -> None:
    """Store the newest step, with the act of who made it."""
    step = dispute.steps[-1]
    dispute_store.save_newest_step(connection, dispute)
    detail = {
        "subject": plain(dispute.subject),
        "step_no": len(dispute.steps),
        "revision": dispute.revision,
        "due_on": plain(dispute.due_on),
        "verdict": step.verdict,
    }
    record_act(
        connection,
        _KINDS[step.act],
        dispute.dispute_id,
        now_by(step.done_by, step.reason),
        detail,
        month=dispute.billing_month,
        partner_id=dispute.partner_id,
    )


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """How one dispute stands on a day, for the partner manager.

    `revision` is the newest one of the month when it was opened, `newest_revision` the newest one now: a higher one has
    restated the month since. `ended_on`, `ended_by` and `answer`, what was answered or why it was withdrawn, are None
    while it is open.
    """

    dispute_id: str
    partner_id: str
    account_manager_id: str
    billing_month: BillingMonth
    revision: int
    newest_revision: int
    about: About
    entity: str
    subject_id: str
    state: DisputeState
    verdict: Verdict | None
    due_on: date
    days_left: int | None
    opened_on: date
    opened_by: str
    reason: str
    ended_on: date | None
    ended_by: str | None
    answer: str | None


def list_disputes(
    installation: Installation,
    *,
    on: date,
    due_days: int | None = None,
    manager_id: str | None = None,
    month: BillingMonth | None = None,
    past: bool = False,
) -> list[DisputeLine]:
    """How open disputes stand on a day, by their due day: what is overdue comes first; with `past` the others follow.

    With `due_days` only those that are overdue or due within so many days; `manager_id` keeps those of the partners
    that one manager has now. The revisions of months are those that are known now, whatever the day.
    """

    def wanted(dispute: Dispute) -> bool:
        return past or dispute.state == "open" if due_days is None else dispute.is_due_within(due_days, day=on)

    with installation.database.reading() as connection:
        managers = registry_store.manager_ids(connection)
        known = dispute_store.load_disputes(connection, month=month)
        partners = registry_store.partners_by_id(connection, {each.partner_id for each in known})
        revisions = settlement_history.newest_revisions(connection)
    if manager_id is not None:
        check_managers([manager_id], managers)
    disputes = [each for dispute in known if (each := dispute.as_on(on)) is not None and wanted(each)]
    lines = [
        _line(dispute, partners[dispute.partner_id], revisions[dispute.billing_month], on)
        for dispute in disputes
        if manager_id in (None, partners[dispute.partner_id].account_manager_id)
    ]
    return sorted(lines, key=lambda line: (line.state != "open", line.due_on))


@dataclass(frozen=True, slots=True)
class DisputePart:
    """The first open disputes by their due day, and how many are open."""

    lines: tuple[DisputeLine, ...]
    of: int


def part_of_disputes(
    installation: Installation, *, on: date, first: int, due_days: int | None = None, manager_id: str | None = None
) -> DisputePart:
    """The `first` of what `list_disputes` has of open disputes; no other one is read."""
    until = None if due_days is None else on + timedelta(days=due_days)
    with installation.database.reading() as connection:
        shown, of = dispute_store.first_open(connection, on=on, until=until, manager_id=manager_id, first=first)
        known = {each.dispute_id: each for each in dispute_store.load_disputes(connection, only=shown)}
        partners = registry_store.partners_by_id(connection, {each.partner_id for each in known.values()})
        revisions = settlement_history.newest_revisions(connection)
    then = (known[dispute_id].as_on(on) for dispute_id in shown)
    return DisputePart(
        tuple(
            _line(dispute, partners[dispute.partner_id], revisions[dispute.billing_month], on)
            for dispute in then
            if dispute is not None
        ),
        of,
    )


def _line(dispute: Dispute, partner: Partner, newest_revision: int, day: date) -> DisputeLine:
    opened, newest = dispute.steps[0], dispute.steps[-1]
    is_open = dispute.state == "open"
    return DisputeLine(
        dispute_id=dispute.dispute_id,
        partner_id=dispute.partner_id,
        account_manager_id=partner.account_manager_id,
        billing_month=dispute.billing_month,
        revision=dispute.revision,
        newest_revision=newest_revision,
        about=dispute.subject.about,
        entity=dispute.subject.entity,
        subject_id=dispute.subject.subject_id,
        state=dispute.state,
        verdict=newest.verdict,
        due_on=dispute.due_on,
        days_left=(dispute.due_on - day).days if is_open else None,
        opened_on=opened.done_on,
        opened_by=opened.done_by,
        reason=opened.reason,
        ended_on=None if is_open else newest.done_on,
        ended_by=None if is_open else newest.done_by,
        answer=None if is_open else newest.reason,
    )


def disputes_file(lines: Sequence[DisputeLine], form: Literal["json", "csv"]) -> str:
    """Disputes as a file: months and days in ISO form."""
    return records_json(lines) if form == "json" else records_csv(DisputeLine, lines)

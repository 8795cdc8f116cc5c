"""Reminders for partner managers: the lists of benefits, grants, contracts and disputes, one by one for each manager.

Nothing is written and nothing is sent.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.reports.reminders import reminders_json
from partner_program.domain.contracts import EndingContract, shorter_term_words
from partner_program.domain.disputes import Subject
from partner_program.domain.grace import GrantStanding, months_words, verdict_words
from partner_program.domain.money import euros_text
from partner_program.domain.plurals import plural
from partner_program.domain.program import Program
from partner_program.domain.reminders import Reminder, ReminderKind, Reminders, by_manager, last_days
from partner_program.usecases.benefits import BenefitLine, list_benefits
from partner_program.usecases.contracts import contracts_ending
from partner_program.usecases.disputes import DisputeLine, list_disputes
from partner_program.usecases.grants import list_grants
from partner_program.usecases.installation import Installation


class _Found(NamedTuple):
    day: date
    partner_id: str
    kind: ReminderKind
    subject_id: str
    words: str


def show_reminders(installation: Installation, *, on: date, due_days: int, manager_id: str | None = None) -> Reminders:
    """What ends or is due within so many days of a day, for each partner's manager of now; or for one of them alone.

    Benefits in force, open grants, also those that have ended, disputes, also those that are overdue, and contracts of
    12 months that no line renews, which the entities are asked for now. Raises `Refusal` for a manager that is not
    known.
    """
    disputes = list_disputes(installation, on=on, due_days=due_days, manager_id=manager_id)
    first, last = last_days(on=on, due_days=due_days)
    contracts = contracts_ending(installation, first=first, last=last)
    open_ended = [each for each in contracts.contracts if each.renewed_until is None]
    found = [
        *_benefits(list_benefits(installation, on=on, due_days=due_days), installation.program_on_or_first(on)),
        *_grants(list_grants(installation, on=on, due_days=due_days)),
        *_contracts(open_ended),
        *_disputes(disputes),
    ]
    with installation.database.reading() as connection:
        partners = registry_store.partners_by_id(connection, {each.partner_id for each in found})
    told = ((partners[each.partner_id], each) for each in found)
    return Reminders(
        on=on,
        due_days=due_days,
        managers=by_manager(
            (
                partner.account_manager_id,
                Reminder(each.day, each.partner_id, each.kind, each.subject_id, partner.company_name, each.words),
            )
            for partner, each in told
            if manager_id in (None, partner.account_manager_id)
        ),
        unowned_contracts=sum(each.partner_id is None for each in open_ended),
        not_read=contracts.not_read,
        faulty_lines=contracts.faulty_lines,
    )


def reminders_file(reminders: Reminders) -> str:
    """Reminders as JSON: days in ISO form."""
    return reminders_json(reminders)


def _benefits(lines: Sequence[BenefitLine], program: Program) -> Iterator[_Found]:
    names = {benefit.key: benefit.name for benefit in program.benefits}
    for each in lines:
        if each.valid_to is not None:
            units = "" if each.quantity is None else f", {plural(each.quantity, 'unit')}"
            amount = "" if each.amount_eur_cents is None else f", {euros_text(each.amount_eur_cents)} EUR"
            words = f"{names.get(each.benefit, each.benefit)}, approved until {each.valid_to}{units}{amount}"
            yield _Found(each.valid_to, each.partner_id, "benefit", each.request_id, words)


def _grants(standings: Sequence[GrantStanding]) -> Iterator[_Found]:
    for each in standings:
        left = f"; months left: {months_words(each.months_left)}" if each.months_left else ""
        words = f"Tier {each.tier} until {each.ends_on}: {verdict_words(each)}{left}"
        yield _Found(each.ends_on, each.partner_id, "grant", each.grant_id, words)


def _contracts(contracts: Sequence[EndingContract]) -> Iterator[_Found]:
    for each in contracts:
        if each.partner_id is not None:
            billed = f"{euros_text(each.monthly_minor)} {each.currency} a month"
            terms = ", ".join(map(shorter_term_words, each.shorter_terms))
            then = f"no quote: {each.no_quote}" if each.no_quote else f"then, of the list price: {terms}"
            product = f", {each.product}" if each.product else ""
            words = f"account {each.account_id}{product}, {billed}, last day {each.last_day}; {then}"
            day = each.last_day + timedelta(days=1)
            yield _Found(day, each.partner_id, "contract", f"{each.entity}/{each.line_id}", words)


def _disputes(lines: Sequence[DisputeLine]) -> Iterator[_Found]:
    for each in lines:
        late = each.days_left is not None and each.days_left < 0
        due = f"overdue by {plural(-(each.days_left or 0), 'day')}" if late else "an answer is due"
        words = f"{Subject(each.about, each.entity, each.subject_id)} of {each.billing_month}: {due} ({each.reason})"
        yield _Found(each.due_on, each.partner_id, "dispute", each.dispute_id, words)

"""Reminders for partner managers: what the lists of each kind say, one by one for each manager.

Nothing is written and nothing is sent.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.reports.reminders import reminders_json
from partner_program.domain.contracts import EndingContract, EndingContracts, shorter_term_words
from partner_program.domain.disputes import Subject
from partner_program.domain.grace import GrantStanding, months_words, verdict_words
from partner_program.domain.money import euros_text, percent_text
from partner_program.domain.plurals import plural
from partner_program.domain.program import Program
from partner_program.domain.program_unit import Unit
from partner_program.domain.refusals import NotThere
from partner_program.domain.registry import AUTHORIZED, LegacyAgreement, Partner
from partner_program.domain.reminders import Reminder, ReminderKind, Reminders, by_manager, last_days
from partner_program.domain.tier_names import TierNames
from partner_program.usecases.benefits import BenefitLine, line_unit, list_benefits
from partner_program.usecases.contracts import contracts_ending
from partner_program.usecases.disputes import DisputeLine, list_disputes
from partner_program.usecases.grants import list_grants
from partner_program.usecases.installation import Installation
from partner_program.usecases.reports.forecast import coming_drops


class FoundReminder(NamedTuple):
    """A reminder for a partner's manager of now; `entity` is the one whose contract it is, None for other kinds."""

    manager_id: str
    entity: str | None
    reminder: Reminder


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found for all managers: what ends or is due soon, and what has ended, each with its manager."""

    soon: tuple[FoundReminder, ...]
    ended: tuple[FoundReminder, ...]
    unowned_contracts: int
    not_read: Mapping[str, str]
    faulty_lines: Mapping[str, tuple[str, ...]]


class _Found(NamedTuple):
    day: date
    partner_id: str
    kind: ReminderKind
    subject_id: str
    words: str
    entity: str | None = None


def show_reminders(installation: Installation, *, on: date, due_days: int, manager_id: str | None = None) -> Reminders:
    """What ends or is due within so many days of a day, for each partner's manager of now; or for one of them alone.

    Benefits and older agreements in force, open grants, also those that have ended, disputes, also those that are
    overdue, contracts of 12 months that no line renews, and who will drop in the month to come: both are asked from the
    entities now. Raises `Refusal` for a manager that is not known.
    """
    found = gather_reminders(installation, on=on, due_days=due_days, manager_id=manager_id)
    told = ((each.manager_id, each.reminder) for each in found.soon if manager_id in (None, each.manager_id))
    return Reminders(on, due_days, by_manager(told), found.unowned_contracts, found.not_read, found.faulty_lines)


def gather_reminders(
    installation: Installation,
    *,
    on: date,
    due_days: int,
    ended_after: date | None = None,
    manager_id: str | None = None,
) -> Gathered:
    """Gather what ends or is due within so many days of a day, and what has ended by then after an earlier day.

    Each entity is read once for contracts, and once for the forecast. With `manager_id` disputes are only those of
    this manager's partners.
    """
    disputes = list_disputes(installation, on=on, due_days=due_days, manager_id=manager_id)
    first, last = last_days(on=on, due_days=due_days)
    since = on if ended_after is None else ended_after
    contracts = _contracts_ending(installation, first=min(first, since), last=last)
    open_ended = [each for each in contracts.contracts if each.renewed_until is None and each.last_day >= first]
    over = [each for each in contracts.contracts if each.renewed_until is None and each.last_day < first]
    program = installation.program_on_or_first(on)
    dropping, not_forecast = _drops(installation, on=on, due_days=due_days)
    soon = [
        *_benefits(installation, list_benefits(installation, on=on, due_days=due_days), program),
        *_grants(list_grants(installation, on=on, due_days=due_days), installation.tier_names, program.unit),
        *_contracts(open_ended),
        *_disputes(disputes),
        *_agreements(installation, program, after=on, until=on + timedelta(due_days)),
        *dropping,
    ]
    ended = [
        *_benefits(installation, list_benefits(installation, on=on, ended_after=since), program),
        *_grants(
            (each for each in list_grants(installation, on=on, settled=True) if _is_over(each, since, on)),
            installation.tier_names,
            program.unit,
        ),
        *_contracts(over),
        *_agreements(installation, program, after=since, until=on),
    ]
    with installation.database.reading() as connection:
        partners = registry_store.partners_by_id(connection, {each.partner_id for each in (*soon, *ended)})

    def told(found: Iterable[_Found]) -> tuple[FoundReminder, ...]:
        return tuple(_told(each, partners[each.partner_id]) for each in found)

    return Gathered(
        soon=told(soon),
        ended=told(ended),
        unowned_contracts=sum(each.partner_id is None for each in open_ended),
        not_read={**not_forecast, **contracts.not_read},
        faulty_lines=contracts.faulty_lines,
    )


def _contracts_ending(installation: Installation, *, first: date, last: date) -> EndingContracts:
    """The contracts that end; none where the programme has no rule for a shorter term: there is nothing to choose."""
    if installation.program_on_or_first(last).shortening is None:
        return EndingContracts(first, last, (), {}, {})
    return contracts_ending(installation, first=first, last=last)


def _told(each: _Found, partner: Partner) -> FoundReminder:
    reminder = Reminder(each.day, each.partner_id, each.kind, each.subject_id, partner.company_name, each.words)
    return FoundReminder(partner.account_manager_id, each.entity, reminder)


def _is_over(grant: GrantStanding, since: date, on: date) -> bool:
    """Whether a month has settled it, and its first day without it lies after `since` and not after `on`.

    One that has ended and is not settled is told until it is.
    """
    return grant.settled_by is not None and since < grant.ends_on <= on


def reminders_file(reminders: Reminders) -> str:
    """Reminders as JSON: days in ISO form."""
    return reminders_json(reminders)


def _benefits(installation: Installation, lines: Sequence[BenefitLine], program: Program) -> Iterator[_Found]:
    names = {benefit.key: benefit.name for benefit in program.benefits}
    for each in lines:
        if each.valid_to is not None:
            units = "" if each.quantity is None else f", {plural(each.quantity, 'unit')}"
            unit, cents = line_unit(installation, each, program.unit), each.amount_eur_cents
            amount = "" if cents is None else f", {unit.amount(cents)}"
            words = f"{names.get(each.benefit, each.benefit)}, approved until {each.valid_to}{units}{amount}"
            yield _Found(each.valid_to, each.partner_id, "benefit", each.request_id, words)


def _grants(standings: Iterable[GrantStanding], names: TierNames, unit: Unit) -> Iterator[_Found]:
    for each in standings:
        left = f"; months left: {months_words(each.months_left)}" if each.months_left else ""
        tier = names.on(each.starts_on, each.tier) or f"Tier {each.tier}"
        words = f"{tier} until {each.ends_on}: {verdict_words(each, unit)}{left}"
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
            subject_id = f"{each.entity}/{each.line_id}"
            yield _Found(day, each.partner_id, "contract", subject_id, words, each.entity)


def _disputes(lines: Sequence[DisputeLine]) -> Iterator[_Found]:
    for each in lines:
        late = each.days_left is not None and each.days_left < 0
        due = f"overdue by {plural(-(each.days_left or 0), 'day')}" if late else "an answer is due"
        words = f"{Subject(each.about, each.entity, each.subject_id)} of {each.billing_month}: {due} ({each.reason})"
        yield _Found(each.due_on, each.partner_id, "dispute", each.dispute_id, words)


def _drops(installation: Installation, *, on: date, due_days: int) -> tuple[list[_Found], Mapping[str, str]]:
    """Who will drop, or may, once the month to come takes force; and the entities that are not known, with why."""
    try:
        month, found, not_known = coming_drops(installation)
    except NotThere:  # no month is in force yet
        return [], {}
    day = max(month.following.first_day, on + timedelta(days=1))
    if day > on + timedelta(due_days):
        return [], {}
    tiers = installation.tier_names.table_on(month.following.first_day)
    return [_Found(day, each.partner_id, "drop", str(month), each.words(tiers)) for each in found], not_known


def _agreements(installation: Installation, program: Program, *, after: date, until: date) -> Iterator[_Found]:
    """Older agreements of authorised partners: with their end new orders lose what only they gave.

    Their first day without it lies after a day and not after another.
    """
    with installation.database.reading() as connection:
        ending = registry_store.agreements_ending(connection, after=after, until=until)
        partners = registry_store.partners_by_id(connection, {each.partner_id for each in ending})
        own = {partner_id: registry_store.agreements_of(connection, partner_id) for partner_id in partners}
    for each in ending:
        ends = each.period.valid_to
        if ends is None or partners[each.partner_id].status != AUTHORIZED:
            continue
        follows = ", ".join(other.source for other in own[each.partner_id] if other != each and ends in other.period)
        then = f"; then {follows}" if follows else ""
        words = f"until {ends}: {', '.join(_kept(each, program)) or 'no term'}{then}"
        yield _Found(ends, each.partner_id, "agreement", each.source, words)


def _kept(agreement: LegacyAgreement, program: Program) -> Iterator[str]:
    """What an agreement keeps, whatever the tier gives."""
    names = {benefit.key: benefit.name for benefit in program.benefits}
    if agreement.monthly_fee_discount_bp:
        yield f"{percent_text(agreement.monthly_fee_discount_bp)} on monthly fees"
    if agreement.setup_fee_discount_bp:
        yield f"{percent_text(agreement.setup_fee_discount_bp)} on setup fees"
    if agreement.sla:
        yield f"service level {agreement.sla}"
    yield from (names.get(key, key) for key in agreement.benefits)

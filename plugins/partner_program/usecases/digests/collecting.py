"""Collects what each partner manager has to be told in a week, and writes the mail of those who have something."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

from sqlalchemy import Connection

from partner_program.adapters.database import digests as digest_store
from partner_program.adapters.database import events as event_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.acts import load_acts, record_act
from partner_program.adapters.database.digests import DigestMail
from partner_program.adapters.letters.digest import SHOWN, render_digest
from partner_program.adapters.letters.templates import LetterTemplates
from partner_program.adapters.mail.message import too_large
from partner_program.adapters.mail_address import sending_domain
from partner_program.domain.acts import DIGESTS_APPROVED_BY_NOBODY, INSTALLATION_ADOPTED, Doer
from partner_program.domain.digests import Digest, DigestFacts, check_week, is_overdue, told_until, week_named, week_of
from partner_program.domain.email_address import domain_of
from partner_program.domain.events import grace_ending
from partner_program.domain.letter_ids import digest_message_id
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import AccountManager, Entity
from partner_program.usecases.grants import list_grants
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.binding import bind
from partner_program.usecases.letters.rendering import letter_templates
from partner_program.usecases.reminders import Gathered, gather_reminders

NOBODY_ASKED = "a digest goes to the own staff: no person is asked"
ADOPTED = "the database was copied or put back from a backup in this week: it may have been sent before"


@dataclass(frozen=True, slots=True)
class Collected:
    """What was found for a week: `new` digests to send, and what could not be looked up."""

    week: date
    new: int
    not_read: Mapping[str, str]
    faulty_lines: Mapping[str, tuple[str, ...]]
    unowned_contracts: int


@dataclass(frozen=True, slots=True)
class _Open:
    """The managers who have no digest of this week yet, and what each was told before."""

    managers: Sequence[AccountManager]
    entities: Sequence[Entity]
    earlier: Mapping[str, Sequence[Digest]]

    def told_until(self, manager_id: str, on: date, entity: str | None = None) -> date:
        """The day up to which a manager was told what has ended."""
        return told_until(self.earlier.get(manager_id, ()), listed_on=on, entity=entity)

    def ended_after(self, on: date) -> date:
        """The earliest of these days: what has ended after it is looked for."""
        entities = [None, *(each.entity for each in self.entities)]
        return min(self.told_until(each.account_manager_id, on, of) for each in self.managers for of in entities)


def collect_digests(
    installation: Installation, *, on: date, due_days: int, by: str, clock: Callable[[], float]
) -> Collected:
    """Write the digest of a day's week for each manager who has something to see to and has none of this week yet.

    It tells what ends or is due within so many days, and what has ended since the manager's last digest. Who has
    nothing is on record as such, and looked for again when this is called again in the week. Contracts are asked from
    the entities now; one that cannot be read is named in the digest, and told in the next. Raises `Refusal` for a day
    that is still to come or of a week before the newest, `NotThisInstallation` for a copy of the installation.
    """
    today, week = installation.today(), week_of(on)
    if on > today:
        raise Refusal(f"{on} is still to come: today is {today}")
    with installation.database.reading() as connection:
        open_ = _open(connection, week)
    _tell_ending_grants(installation, on=on, due_days=due_days, at=int(clock()))
    if not open_.managers:
        return Collected(week, 0, {}, {}, 0)
    gathered = gather_reminders(installation, on=on, due_days=due_days, ended_after=open_.ended_after(on))
    templates = letter_templates(installation)
    found = [_facts(each, gathered, open_, on=on, due_days=due_days) for each in open_.managers]
    written = [(facts, _mail(installation, templates, facts)) for facts in found]
    new = _save(installation, week, written, Doer(by, NOBODY_ASKED, int(clock())), _sender_domain(templates))
    return Collected(week, new, gathered.not_read, gathered.faulty_lines, gathered.unowned_contracts)


def _tell_ending_grants(installation: Installation, *, on: date, due_days: int, at: int) -> None:
    """Write the event of each open grant that ends within so many days, once for each last day."""
    ending = [
        grace_ending(partner_id=each.partner_id, grant_id=each.grant_id, tier=each.tier, ends_on=each.ends_on, at=at)
        for each in list_grants(installation, on=on, due_days=due_days)
        if each.ends_on >= on
    ]
    if ending:
        with installation.database.writing() as connection:
            event_store.add_events(connection, ending)


def _open(connection: Connection, week: date) -> _Open:
    check_week(week, newest=digest_store.newest_week(connection))
    earlier: dict[str, list[Digest]] = defaultdict(list)
    done = set()
    for each in digest_store.digests(connection):
        if each.week_of < week:
            earlier[each.account_manager_id].append(each)
        elif each.status != "empty":
            done.add(each.account_manager_id)
    managers = [each for each in registry_store.managers(connection).values() if each.account_manager_id not in done]
    return _Open(managers, registry_store.load_entities(connection), earlier)


def _facts(manager: AccountManager, gathered: Gathered, open_: _Open, *, on: date, due_days: int) -> DigestFacts:
    own = manager.account_manager_id
    soon = sorted(each.reminder for each in gathered.soon if each.manager_id == own)
    ended = sorted(
        each.reminder
        for each in gathered.ended
        if each.manager_id == own and each.reminder.day > open_.told_until(own, on, each.entity)
    )
    return DigestFacts(
        account_manager_id=own,
        manager_name=manager.name,
        week_of=week_of(on),
        listed_on=on,
        told_from=open_.told_until(own, on),
        due_days=due_days,
        overdue=tuple(each for each in soon if is_overdue(each, on=on)),
        ended=tuple(ended),
        coming=tuple(each for each in soon if not is_overdue(each, on=on)),
        not_read=tuple(sorted(gathered.not_read)),
        faulty_lines={entity: len(lines) for entity, lines in gathered.faulty_lines.items()},
    )


def _mail(installation: Installation, templates: LetterTemplates, facts: DigestFacts) -> DigestMail | None:
    """Write a digest, with fewer things where the mail would be too large; None where there is nothing to tell."""
    if not facts.reminders:
        return None
    folder, shown = installation.templates("digests"), SHOWN
    while True:
        rendered = render_digest(facts, folder, templates, shown=shown)
        if shown == 1 or too_large(rendered.text, rendered.html) is None:
            return DigestMail(rendered.subject, rendered.text, rendered.html)
        shown //= 2


def _save(
    installation: Installation,
    week: date,
    written: Sequence[tuple[DigestFacts, DigestMail | None]],
    by: Doer,
    domain: str,
) -> int:
    """Write what no other run wrote meanwhile, with the act that no person was asked; return how many have a mail."""
    hashes: dict[str, str] = {}
    with installation.database.writing() as connection:
        check_week(week, newest=digest_store.newest_week(connection))
        there = {each.account_manager_id: each for each in digest_store.digests(connection, week=week)}
        wanted = [(facts, mail) for facts, mail in written if _is_new(there.get(facts.account_manager_id), mail)]
        to_send = any(mail for _, mail in wanted)
        installation_id = bind(connection, installation) if to_send else ""
        adopted = to_send and _adopted_since(connection, installation, week)
        for facts, mail in wanted:
            row = _digest(facts, mail, dated=by.done_at, installation_id=installation_id, domain=domain, maybe=adopted)
            known = there.get(row.account_manager_id)
            if known is not None and mail is not None:
                digest_store.fill(connection, known, row, mail)
            else:
                digest_store.add(connection, row, mail)
            if row.content_hash is not None:
                hashes[row.account_manager_id] = row.content_hash
        digest_store.close_earlier(connection, week)
        if hashes:
            facts = written[0][0]
            detail = {"on": facts.listed_on, "due_days": facts.due_days, "digests": hashes}
            record_act(connection, DIGESTS_APPROVED_BY_NOBODY, week_named(week), by, detail)
    return len(hashes)


def _is_new(there: Digest | None, mail: DigestMail | None) -> bool:
    return there is None or (there.status == "empty" and mail is not None)


def _adopted_since(connection: Connection, installation: Installation, monday: date) -> bool:
    """Whether a person let this database send in this week: what it does not know may have been sent before."""
    acts = load_acts(connection, INSTALLATION_ADOPTED)
    return any(installation.local_time(act.doer.done_at).date() >= monday for act in acts)


def _digest(
    facts: DigestFacts, mail: DigestMail | None, *, dated: int, installation_id: str, domain: str, maybe: bool
) -> Digest:
    empty = Digest(
        week_of=facts.week_of,
        account_manager_id=facts.account_manager_id,
        status="empty",
        listed_on=facts.listed_on,
        told_from=facts.told_from,
        due_days=facts.due_days,
        reminders=facts.reminders,
        not_read=" ".join(facts.not_read),
    )
    if mail is None:
        return empty
    written = json.dumps(asdict(mail), ensure_ascii=False)
    return replace(
        empty,
        status="ambiguous" if maybe else "approved",
        reply=ADOPTED if maybe else None,
        content_hash=hashlib.sha256(written.encode()).hexdigest(),
        dated=dated,
        message_id=digest_message_id(
            installation_id=installation_id,
            week=facts.week_of,
            account_manager_id=facts.account_manager_id,
            resend_no=0,
            domain=domain,
        ),
    )


def _sender_domain(templates: LetterTemplates) -> str:
    return sending_domain(domain_of(templates.brand.sender_address))

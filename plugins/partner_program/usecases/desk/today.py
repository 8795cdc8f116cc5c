"""What waits for a person today, over all months and partners, and how far the newest months are."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from partner_program.adapters.database import digests as digest_store
from partner_program.adapters.database import events as event_store
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import settlement_counts
from partner_program.adapters.database import waiting as waiting_store
from partner_program.adapters.database.acts import load_acts
from partner_program.adapters.database.rates_approvals import approval_of
from partner_program.adapters.database.register import company_names
from partner_program.domain import waiting as rules
from partner_program.domain.acts import MONTH_SIGNED, DatedAct
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import DeliveryState
from partner_program.domain.digests import RESENT, STUCK
from partner_program.domain.grace import verdict_words
from partner_program.domain.month_order import IN_FORCE, MonthStatus
from partner_program.domain.reminders import DUE_DAYS
from partner_program.domain.unit import unit_on
from partner_program.domain.waiting import MonthProgress, Waiting
from partner_program.usecases.acts import dated
from partner_program.usecases.benefits import parts_of_benefits
from partner_program.usecases.disputes import part_of_disputes
from partner_program.usecases.grants import part_of_grants
from partner_program.usecases.installation import Installation
from partner_program.usecases.publication import entities_with_orders
from partner_program.usecases.rates import list_rates

MONTHS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Today:
    """What waits on a day, the most urgent first; the newest months, newest first; and the newest signature.

    `names` are the companies of the partners that it is about.
    """

    on: date
    waiting: tuple[Waiting, ...]
    months: tuple[MonthProgress, ...]
    last_signed: DatedAct | None
    names: Mapping[str, str]


def what_waits(installation: Installation, *, on: date, due_days: int = DUE_DAYS) -> Today:
    """Everything that waits for a person on a day; what ends or is due within `due_days` is part of it."""
    entities = [each.entity for each in entities_with_orders(installation)]
    with installation.database.reading() as connection:
        months = settlement_history.assessed_months(connection)
        found = _Found.read(connection, months, entities)
        progress = tuple(found.progress(connection, month) for month in found.newest(months))
        signed = load_acts(connection, MONTH_SIGNED)
    waiting = (
        *found.waiting(),
        *found.signatures(progress),
        *_beside_months(installation, max(months, default=None)),
        *_of_partners(installation, on, due_days),
    )
    with installation.database.reading() as connection:
        names = company_names(connection, {each.partner_id for each in waiting if each.partner_id})
    return Today(
        on=on,
        waiting=waiting,
        months=progress,
        last_signed=next(iter(dated(installation, signed)), None),
        names=names,
    )


@dataclass(frozen=True)
class _Found:
    """What the database has about all months."""

    months: dict[BillingMonth, MonthStatus]
    brakes: dict[BillingMonth, rules.BrakeStop]
    released: dict[BillingMonth, str]
    rates: dict[BillingMonth, tuple[str, str]]
    proposals: dict[BillingMonth, int]
    held: tuple[rules.HeldGroup, ...]
    letters: dict[BillingMonth, Counter[DeliveryState]]
    unpublished: dict[str, int] | None
    entities: list[str]

    @classmethod
    def read(cls, connection: Connection, months: dict[BillingMonth, MonthStatus], entities: list[str]) -> "_Found":
        waits = {
            month: (approval.asked.asked_by, approval.decision_hash)
            for month in waiting_store.months_asked_about(connection)
            if (approval := approval_of(connection, month)) is not None and approval.answer == "waits"
        }
        last = waiting_store.last_settlements(connection)
        return cls(
            months=months,
            brakes=waiting_store.brakes_on(connection, months),
            released=waiting_store.brakes_released(connection),
            rates=waits,
            proposals=waiting_store.open_proposals(connection),
            held=tuple(
                settlement_counts.held_groups(
                    connection, {number: month for month, number in last.items()}, first=rules.REASONS_NAMED
                )
            ),
            letters=waiting_store.unfinished_letters(connection),
            unpublished=waiting_store.unpublished_by_entity(connection, entities) if entities else None,
            entities=entities,
        )

    def newest(self, months: dict[BillingMonth, MonthStatus]) -> list[BillingMonth]:
        """The newest months, also those that nothing of has taken force."""
        return sorted({*months, *self.brakes, *self.rates}, reverse=True)[:MONTHS_SHOWN]

    def waiting(self) -> Iterator[Waiting]:
        for month, stop in sorted(self.brakes.items(), key=lambda each: each[0], reverse=True):
            yield rules.brake_waits(month, stop.reasons)
        for month, by in sorted(self.released.items(), reverse=True):
            yield rules.brake_released(month, by)
        for month, (by, digest) in sorted(self.rates.items(), reverse=True):
            yield rules.rates_wait(month, by, digest)
        for month, partners in sorted(self.proposals.items(), reverse=True):
            yield rules.restatement_waits(month, partners)
        for month, states in sorted(self.letters.items(), reverse=True):
            yield from rules.letters_wait(month, states)
        for entity, accounts in (self.unpublished or {}).items():
            yield rules.unpublished_wait(entity, accounts)
        yield from map(rules.held_wait, self.held)

    def signatures(self, progress: Iterable[MonthProgress]) -> Iterator[Waiting]:
        for each in progress:
            if each.month not in self.proposals:
                yield from rules.signature_waits(each)

    def progress(self, connection: Connection, month: BillingMonth) -> MonthProgress:
        settlements = settlement_history.settlements_of(connection, month)
        status = self.months.get(month)
        last = settlements[-1] if settlements else None
        until = settlement_history.last_effective_day(settlements)
        own = waiting_store.unpublished_by_entity(connection, self.entities, until=until) if self.unpublished else {}
        signed = [json.loads(act.detail)["revision"] for act in load_acts(connection, MONTH_SIGNED, month=month)]
        return MonthProgress(
            month=month,
            status=status,
            effective_on=settlement_history.effective_day(settlements) if settlements else None,
            steps=rules.steps_of(
                status=status,
                is_stopped=month in self.brakes or month in self.rates,
                held=sum(each.partners for each in self.held if each.month == month),
                unpublished=None if self.unpublished is None or status != IN_FORCE else sum(own.values()),
                letters=self.letters.get(month, Counter()),
                is_signed=last is not None and last.revision in signed,
            ),
        )


def _beside_months(installation: Installation, newest: BillingMonth | None) -> Iterator[Waiting]:
    """Exchange rates in doubt of the newest month and later, digests that are stuck, and events that nobody took."""
    doubtful = [each for each in list_rates(installation) if not each.relied_on]
    yield from map(rules.rate_waits, (each for each in doubtful if newest is None or each.rate.billing_month >= newest))
    with installation.database.reading() as connection:
        week = digest_store.newest_week(connection)
        stuck = digest_store.digests(connection, states=STUCK)
        dead = event_store.in_state(connection, "dead")
    digests = [each for each in stuck if each.status in RESENT or each.week_of == week]
    first = rules.THINGS_NAMED
    yield from map(rules.digest_waits, digests[:first])
    yield from rules.others_wait("digest", len(digests), "more digest is stuck", "more digests are stuck")
    yield from map(rules.event_waits, dead[:first])
    words = "more event was not taken", "more events were not taken"
    yield from rules.others_wait("event", len(dead), *words, who="decide")


def _of_partners(installation: Installation, on: date, due_days: int) -> Iterator[Waiting]:
    """What partners asked for, and what ends or is due soon: of each kind the first are named, the others counted."""
    first = rules.THINGS_NAMED
    program = installation.program_on_or_first(on)
    names = {benefit.key: benefit.name for benefit in program.benefits}
    disputes = part_of_disputes(installation, on=on, due_days=due_days, first=first)
    for dispute in disputes.lines:
        late = dispute.due_on < on
        yield Waiting(
            "dispute",
            "act",
            f"Answer the dispute of {dispute.partner_id} about {dispute.billing_month}",
            f"{dispute.reason}{' - overdue' if late else ''}",
            dispute.billing_month,
            dispute.partner_id,
            dispute.dispute_id,
            dispute.due_on,
        )
    yield from rules.others_wait("dispute", disputes.of, "more dispute is due", "more disputes are due")
    parts = parts_of_benefits(installation, on=on, parts=("decide", "ends"), first=first, due_days=due_days)
    for line in parts["decide"].lines:
        name = names.get(line.benefit, line.benefit)
        yield Waiting(
            "benefit_request",
            "act",
            f"Decide about {name} for {line.partner_id}",
            f"{line.requested_by}: {line.purpose}",
            None,
            line.partner_id,
            line.request_id,
            line.valid_from,
        )
    yield from rules.others_wait("benefit_request", parts["decide"].of, "more request waits", "more requests wait")
    grants = part_of_grants(installation, on=on, which="open", first=first, due_days=due_days)
    for grant in grants.standings:
        tier = installation.tier_names.on(grant.starts_on, grant.tier) or f"Tier {grant.tier}"
        yield Waiting(
            "grant_ends",
            "act",
            f"Grace of {tier} {'ends' if grant.ends_on > on else 'has ended'} for {grant.partner_id}",
            verdict_words(grant, unit_on(installation.programs, on)),
            None,
            grant.partner_id,
            grant.grant_id,
            grant.ends_on,
        )
    yield from rules.others_wait("grant_ends", grants.of, "more grace period ends", "more grace periods end")
    for line in parts["ends"].lines:
        name = names.get(line.benefit, line.benefit)
        yield Waiting(
            "benefit_ends",
            "act",
            f"{name} ends for {line.partner_id}",
            f"approved by {line.decided_by}",
            None,
            line.partner_id,
            line.request_id,
            line.valid_to,
        )
    yield from rules.others_wait("benefit_ends", parts["ends"].of, "more benefit ends", "more benefits end")

"""The record of acts: who did what about a month or a partner, when and why, newest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from partner_program.adapters.database import acts as act_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.reports.acts import acts_csv, acts_json
from partner_program.domain.acts import Act, DatedAct, WantedActs
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.digests import week_named, week_of
from partner_program.domain.refusals import Refusal
from partner_program.usecases.installation import Installation

PAGE = 50


def list_acts(installation: Installation, about: str) -> tuple[DatedAct, ...]:
    """Every act about a month (YYYY-MM), the digests of a day's week (YYYY-MM-DD), or one partner alone; newest first.

    Refused for what is neither a month nor a day nor a partner of the registry.
    """
    with installation.database.reading() as connection:
        day = _day(about)
        if day is not None:
            return dated(installation, act_store.acts_of_subject(connection, week_named(week_of(day))))
        month = _month(about)
        if month is not None:
            return dated(installation, act_store.acts_of_month(connection, month))
        found = act_store.acts_of_partner(connection, about)
        if not found:
            registry_store.find_partner(connection, about)
        return dated(installation, found)


def acts_about(installation: Installation, partner_id: str, subject: str) -> tuple[DatedAct, ...]:
    """The acts on one thing of a partner, a request, a grant or a dispute, by its id; newest first."""
    with installation.database.reading() as connection:
        acts = act_store.acts_of_partner(connection, partner_id)
    return dated(installation, [each for each in acts if each.subject == subject])


def newest_act(installation: Installation, subject: str, *kinds: str) -> DatedAct | None:
    """The newest act of these kinds with this subject, None where there is none."""
    with installation.database.reading() as connection:
        acts = act_store.acts_of_subject(connection, subject)
    return next(iter(dated(installation, [each for each in acts if each.kind in kinds])), None)


def _day(about: str) -> date | None:
    try:
        return date.fromisoformat(about) if len(about) == len("2015-08-03") else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class ActsFound:
    """A page of the record, newest first; `next_before` leads to the older ones, None where there are none."""

    acts: tuple[DatedAct, ...]
    next_before: int | None


def find_acts(
    installation: Installation, wanted: WantedActs, *, before: int | None = None, count: int = PAGE
) -> ActsFound:
    """At most `count` acts that are wanted, the newest first; with `before` those older than the act of that number.

    What is added meanwhile moves no page: numbers only grow.
    """
    with installation.database.reading() as connection:
        found = act_store.newest_acts(connection, wanted, before=before, count=count + 1)
    shown = found[:count]
    return ActsFound(
        acts=dated(installation, [act for _, act in reversed(shown)]),
        next_before=shown[-1][0] if len(found) > count else None,
    )


def _month(about: str) -> BillingMonth | None:
    try:
        return BillingMonth.parse(about)
    except (Refusal, ValueError):
        return None


def dated(installation: Installation, acts: Iterable[Act]) -> tuple[DatedAct, ...]:
    """Acts as they are shown: newest first, each with its time in the programme's zone."""
    return tuple(
        DatedAct(
            done_at=installation.local_time(act.doer.done_at),
            kind=act.kind.replace("_", " "),
            done_by=act.doer.done_by,
            reason=act.doer.reason,
            subject=act.subject,
            billing_month=act.billing_month,
            partner_id=act.partner_id,
            decided_hash=act.decided_hash,
            detail=act.detail,
        )
        for act in reversed(list(acts))
    )


def acts_file(acts: Sequence[DatedAct], form: Literal["json", "csv"]) -> str:
    """Acts as a file: times in ISO form with their offset."""
    return acts_json(acts) if form == "json" else acts_csv(acts)

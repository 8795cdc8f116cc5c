"""The list of partners with their results of the newest month: searched, filtered, sorted, a page at a time."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import partner_list
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.history import StoredSettlement
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_order import IN_FORCE
from partner_program.domain.partner_list import (
    ListedMonth,
    Near,
    Order,
    PartnerList,
    PartnerRow,
    Wanted,
    gap_to_next,
    near_thresholds,
)
from partner_program.usecases.installation import Installation
from partner_program.usecases.month_unit import units_of_months

PAGE = 50
_NONE = ((0, 0),)  # no amount lies in it


def find_partners(
    installation: Installation,
    wanted: Wanted,
    *,
    near: Near | None = None,
    order: Order = "name",
    after: str | None = None,
    count: int = PAGE,
) -> PartnerList:
    """At most `count` partners after the partner `after`, with the results of the newest month in force.

    `near` keeps those whose revenue lies near below the next threshold, or near above their own: nobody, where that
    month was counted in another unit than today's thresholds are in.
    """
    today, unit_of = installation.today(), units_of_months(installation)
    program = installation.program_on_or_first(today)
    with installation.database.reading() as connection:
        month = newest_month(connection)
        unit = unit_of(month.billing_month) if month else program.unit
        if near is not None:
            ranges = near_thresholds(program, near) if unit == program.unit else _NONE
            wanted = replace(wanted, revenue=ranges, by_window=program.measure is not None)
        counted = partner_list.count_partners(connection, month, wanted) if order == "revenue" else None
        found = partner_list.list_partners(
            connection, month, wanted, order=order, after=after, count=count + 1, of=counted
        )
        shown = found[:count]
        held = [each.partner_id for each in shown if each.held_reason is not None and each.tier is None]
        kept = rate_store.rates_on(connection, today, held) if held else {}
        ids = [each.partner_id for each in shown]
        amounts = (
            {} if month is None else settlement_history.amounts_of(connection, month.billing_month, month.revision, ids)
        )
        is_whole = after is None and len(found) <= count  # a search that finds few has counted them
        if counted is None:
            counted = len(found) if is_whole else partner_list.count_partners(connection, month, wanted)
        every = counted if wanted == Wanted() else registry_store.count_partners(connection)
        managers = registry_store.managers(connection)
        entities = tuple(each.entity for each in registry_store.load_entities(connection))
        languages = registry_store.languages(connection)
        settled = settlement_history.settlements_of(connection, month.billing_month) if month else []
        effective_on = settlement_history.effective_day(settled) if settled else None
    return PartnerList(
        month=month.billing_month if month else None,
        rows=tuple(
            PartnerRow(
                each,
                gap_to_next(program, each.earned_tier, amounts.get(each.partner_id, each.mrr_eur_cents))
                if unit == program.unit
                else None,
                kept.get(each.partner_id),
            )
            for each in shown
        ),
        of=counted,
        every=every,
        next_after=shown[-1].partner_id if len(found) > count else None,
        managers=managers,
        entities=entities,
        languages=languages,
        lowest_tier=program.lowest_tier,
        highest_tier=program.highest_tier,
        unit=unit,
        effective_on=effective_on,
    )


def newest_month(connection: Connection) -> ListedMonth | None:
    """The newest month in force, with its newest revision and settlement; None before the first."""
    months = settlement_history.assessed_months(connection).items()
    newest = max((month for month, status in months if status == IN_FORCE), default=None)
    if newest is None:
        return None
    return listed_month(newest, settlement_history.settlements_of(connection, newest))


def listed_month(month: BillingMonth, settlements: Sequence[StoredSettlement]) -> ListedMonth:
    """A month with its newest revision and the settlements of that."""
    revision = settlements[-1].revision
    return ListedMonth(month, revision, tuple(each.settlement_id for each in settlements if each.revision == revision))

"""What settled months would have counted at other exchange rates: for `near`, and for a simulated `fx_guard`."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from partner_program.adapters.database import counted_months
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import snapshots as snapshot_store
from partner_program.adapters.database.registry import load_registry
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.counted_months import AccountKey, CountedAccount
from partner_program.domain.other_rates import ForeignAccount, Shares, foreign_accounts, moved_at
from partner_program.domain.program_unit import Unit
from partner_program.domain.simulation import SettledResult
from partner_program.domain.totals import account_shares
from partner_program.domain.unit import AnyRate, conversions
from partner_program.usecases.rates import rates_of_month


@dataclass(frozen=True, slots=True)
class Guarded:
    """Settled results as a simulated guard sees them, by partner, and what each month in force converts at."""

    results: dict[str, list[SettledResult]]
    rates: dict[BillingMonth, dict[str, AnyRate]]


def for_the_guard(
    connection: Connection,
    results: Mapping[str, Sequence[SettledResult]],
    months: Collection[BillingMonth],
    unit: Unit,
    *,
    limit_bp: int,
) -> Guarded:
    """Give settled results of these months their accounts in other currencies than the unit, with their exact shares.

    The rates are those of the registry on which a run relies, by the programme's `limit_bp`. Of a partner whose total
    was restated, only the newest total is known at other rates.
    """
    registry = load_registry(connection, partners=())
    foreign: dict[BillingMonth, dict[str, tuple[ForeignAccount, ...] | None]] = {}
    for month in months:
        revision = settlement_history.settlements_of(connection, month)[-1].revision
        foreign[month] = _foreign(connection, month, revision, unit.code)

    def of(each: SettledResult, newest: SettledResult) -> SettledResult:
        if each.month not in foreign or each.mrr_eur_cents != newest.mrr_eur_cents:
            return each
        return replace(each, foreign=foreign[each.month].get(each.partner_id, ()))

    found = {}
    for partner_id, own in results.items():
        newest = {each.month: each for each in sorted(own, key=lambda each: each.sequence)}
        found[partner_id] = [of(each, newest[each.month]) for each in own]
    every = settlement_history.assessed_months(connection)
    relied_on = {each: rates_of_month(connection, each, registry, limit_bp=limit_bp).relied_on for each in every}
    return Guarded(found, {each: conversions(unit, rates) for each, rates in relied_on.items()})


def _foreign(
    connection: Connection, month: BillingMonth, revision: int, own: str
) -> dict[str, tuple[ForeignAccount, ...] | None]:
    """Each partner's accounts in other currencies; None where the snapshots do not give what was counted."""
    accounts: dict[tuple[str, int], list[CountedAccount]] = defaultdict(list)
    for settlement_id, row in counted_months.foreign_accounts(connection, month, revision, own):
        accounts[row.partner_id, settlement_id].append(row)
    shares = {each: _shares(connection, month, each, own) for each in {settlement_id for _, settlement_id in accounts}}
    return {
        partner_id: foreign_accounts(accounts=rows, shares=shares[settlement_id])
        for (partner_id, settlement_id), rows in accounts.items()
    }


def moved_by_other_rates(
    connection: Connection, month: BillingMonth, revision: int, rates: Mapping[str, AnyRate], own: str
) -> tuple[dict[str, int], dict[str, set[str]]]:
    """What each partner's total would be more at other rates; of whom that is not known, with the currencies.

    `own` is the programme's currency, in which nothing moves.
    """
    moved: dict[str, int] = {}
    unknown: dict[str, set[str]] = {}
    for partner_id, foreign in _foreign(connection, month, revision, own).items():
        by = None if foreign is None else moved_at(foreign, rates)
        if by is None:
            unknown[partner_id] = {each.key.currency for each in foreign or ()} - rates.keys()
        else:
            moved[partner_id] = by
    return moved, unknown


def _shares(connection: Connection, month: BillingMonth, settlement_id: int, own: str) -> Shares:
    """The exact shares of a settlement's accounts in other currencies than the programme's, by its snapshots."""
    found: dict[AccountKey, Mapping[int, int]] = {}
    for snapshot_id in counted_months.snapshots_used(connection, settlement_id):
        revenue = snapshot_store.load_foreign(connection, snapshot_id, own)
        for (account_id, currency), shares in account_shares(revenue, month.days).items():
            found[AccountKey(revenue.entity, account_id, currency)] = shares
    return found

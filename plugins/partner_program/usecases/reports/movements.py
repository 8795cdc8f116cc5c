"""What moved revenue between two months: for the director, who has to explain it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from sqlalchemy import Connection

from partner_program.adapters.database import counted_months
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database.register import company_names
from partner_program.adapters.no_collecting import without_collecting
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import euros_text
from partner_program.domain.movement_rows import (
    HeldSince,
    MonthMoved,
    MovedAccount,
    Movements,
    PartnerMoved,
    equation,
    held_rows,
    movements,
    partner_rows,
    tier_rows,
)
from partner_program.domain.movements import Known
from partner_program.domain.plurals import plural
from partner_program.domain.refusals import Refusal
from partner_program.domain.report import Report, ReportTable
from partner_program.usecases.installation import Installation
from partner_program.usecases.reports.in_euro import check_in_euro


@without_collecting()
def movements_between(installation: Installation, first: BillingMonth, last: BillingMonth) -> Report:
    """What moved revenue from the first month to the last, month by month; both, and those between, are settled.

    Raises `Refusal` where the last month is not after the first, and `NotThere` where one of them is not assessed.
    """
    if last <= first:
        raise Refusal(f"from {first} to {last} nothing moves: expected a later month after {first}")
    chain = _chain(first, last)
    check_in_euro(installation, "movements", last, *chain)
    with installation.database.reading() as connection:
        for month in (last, *chain):
            settlement_history.settlements_or_refusal(connection, month)
        earlier = _chain(counted_months.known_from(connection, first), first)
        known = _moved(connection, earlier, {}).known if len(earlier) > 1 else {}
        found = _moved(connection, chain, known)
        names = company_names(connection)
    return _report(found, chain, names, max(len(each.tiers) for each in installation.programs))


def _chain(first: BillingMonth, last: BillingMonth) -> list[BillingMonth]:
    chain = [first]
    while chain[-1] < last:
        chain.append(chain[-1].following)
    return chain


def _moved(connection: Connection, chain: Sequence[BillingMonth], known: Known) -> Movements:
    """What moved over settled months in a row, one read after the other; tiers are told of the first and the last."""
    ends = chain[0], chain[-1]
    months = (
        counted_months.counted_month(connection, month, tiers=month in ends, only_foreign=True) for month in chain
    )
    return movements(months, known, partial(counted_months.turnover, connection))


def movements_to(installation: Installation, month: BillingMonth) -> Report:
    """What moved revenue from the month before; where that is not assessed, the answer says so."""
    with installation.database.reading() as connection:
        settlement_history.settlements_or_refusal(connection, month)
        is_there = bool(settlement_history.settlements_of(connection, month.preceding))
    if is_there:
        return movements_between(installation, month.preceding, month)
    why = f"{month.preceding} is not assessed, so there is nothing to compare {month} with"
    return Report(NAME, f"What moved revenue in {month}", month, (), (_months([]),), unknown=(why,))


NAME = "movements"


def _report(found: Movements, chain: Sequence[BillingMonth], names: Mapping[str, str], highest_tier: int) -> Report:
    first, last = found.first.month, found.last.month
    equations = [equation(each.billing_month, month, each) for month, each in zip(chain, found.months, strict=False)]
    if len(found.months) > 1:
        equations.append(equation("together", first, found.whole))
    kind, tiers = tier_rows(found, highest_tier)
    held = held_rows(found, names)
    return Report(
        name=NAME,
        title=f"What moved revenue from {first} to {last}",
        month=last,
        since=first,
        said=tuple(_said(found, held)),
        tables=(
            _months([*found.months, found.whole] if len(found.months) > 1 else found.months),
            ReportTable("tiers", "Partners by tier", kind, tiers),
            ReportTable("partners", "Partners, the largest changes first", PartnerMoved, partner_rows(found, names)),
            ReportTable("accounts", "Accounts that moved between partners", MovedAccount, found.accounts),
            ReportTable("held", f"Held in {last}", HeldSince, held),
        ),
        equations=tuple(equations),
    )


def _months(rows: Sequence[MonthMoved]) -> ReportTable[object]:
    return ReportTable("months", "Month by month, EUR", MonthMoved, rows)


def _said(found: Movements, held: Sequence[HeldSince]) -> Iterator[str]:
    first, last = found.first, found.last
    change = last.mrr_eur_cents - first.mrr_eur_cents
    sign = "+" if change > 0 else ""
    yield (
        f"Revenue went from {euros_text(first.mrr_eur_cents)} EUR in {first.month} to "
        f"{euros_text(last.mrr_eur_cents)} EUR in {last.month}: {sign}{euros_text(change)} EUR."
    )
    if held:
        known = euros_text(sum(each.known_eur_cents for each in held))
        yield f"{plural(len(held), 'partner')} held in {last.month}, last known with {known} EUR: neither lost nor 0."
    if last.told:
        yield (
            f"{last.month} was told first as {euros_text(last.told_eur_cents)} EUR; it was restated since, "
            "and its own figures are those of today."
        )

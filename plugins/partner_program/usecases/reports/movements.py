"""What moved revenue between two months: for the director, who has to explain it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from sqlalchemy import Connection

from partner_program.adapters.database import counted_months
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database.register import company_names
from partner_program.adapters.no_collecting import without_collecting
from partner_program.domain.billing_month import BillingMonth
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
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.refusals import NotDefined, Refusal
from partner_program.domain.report import Report, ReportTable
from partner_program.usecases.installation import Installation
from partner_program.usecases.month_unit import unit_of_settled


@without_collecting()
def movements_between(installation: Installation, first: BillingMonth, last: BillingMonth) -> Report:
    """What moved revenue from the first month to the last, month by month; both, and those between, are settled.

    Raises `Refusal` where the last month is not after the first, or they were counted in two units, and `NotThere`
    where one of them is not assessed.
    """
    if last <= first:
        raise Refusal(f"from {first} to {last} nothing moves: expected a later month after {first}")
    chain = _chain(first, last)
    with installation.database.reading() as connection:
        for month in (last, *chain):
            settlement_history.settlements_or_refusal(connection, month)
        units = {month: unit_of_settled(installation, connection, month) or EURO for month in chain}
        unit = units[first]
        for month, other in units.items():
            if other != unit:
                raise NotDefined(f"movements from {first} to {last}: {_not_compared(first, unit, month, other)}")
        earlier = _chain(counted_months.known_from(connection, first), first)
        earlier = _in_one_unit(installation, connection, earlier, unit)
        known = _moved(connection, earlier, {}, unit).known if len(earlier) > 1 else {}
        found = _moved(connection, chain, known, unit)
        names = company_names(connection)
    return _report(found, chain, names, max(len(each.tiers) for each in installation.programs), unit)


def _not_compared(month: BillingMonth, unit: Unit, other_month: BillingMonth, other: Unit) -> str:
    return (
        f"{month} was counted in {unit.name} and {other_month} in {other.name}, and nothing moves from one to the other"
    )


def _in_one_unit(
    installation: Installation, connection: Connection, chain: Sequence[BillingMonth], unit: Unit
) -> list[BillingMonth]:
    """The end of a chain that was counted in the unit of its last month."""
    others = [place for place, each in enumerate(chain) if unit_of_settled(installation, connection, each) != unit]
    return list(chain[max(others, default=-1) + 1 :])


def _chain(first: BillingMonth, last: BillingMonth) -> list[BillingMonth]:
    chain = [first]
    while chain[-1] < last:
        chain.append(chain[-1].following)
    return chain


def _moved(connection: Connection, chain: Sequence[BillingMonth], known: Known, unit: Unit) -> Movements:
    """What moved over settled months in a row, one read after the other; tiers are told of the first and the last."""
    ends = chain[0], chain[-1]
    months = (
        counted_months.counted_month(connection, month, tiers=month in ends, foreign_to=unit.code) for month in chain
    )
    return movements(months, known, partial(counted_months.turnover, connection))


def movements_to(installation: Installation, month: BillingMonth) -> Report:
    """What moved revenue from the month before; where nothing can be compared with it, the answer says so."""
    with installation.database.reading() as connection:
        settlement_history.settlements_or_refusal(connection, month)
        unit = unit_of_settled(installation, connection, month) or EURO
        before = unit_of_settled(installation, connection, month.preceding)
    if before == unit:
        return movements_between(installation, month.preceding, month)
    why = f"{month.preceding} is not assessed, so there is nothing to compare {month} with"
    if before is not None:
        why = _not_compared(month.preceding, before, month, unit)
    title = unit.worded(f"What moved revenue in {month}")
    return Report(NAME, title, month, (), (_months([], unit),), unknown=(why,), unit=unit)


NAME = "movements"


def _report(
    found: Movements, chain: Sequence[BillingMonth], names: Mapping[str, str], highest_tier: int, unit: Unit
) -> Report:
    first, last = found.first.month, found.last.month
    months = zip(chain, found.months, strict=False)
    equations = [equation(each.billing_month, month, each, unit) for month, each in months]
    if len(found.months) > 1:
        equations.append(equation("together", first, found.whole, unit))
    kind, tiers = tier_rows(found, highest_tier)
    held = held_rows(found, names)
    return Report(
        name=NAME,
        title=unit.worded(f"What moved revenue from {first} to {last}"),
        month=last,
        since=first,
        said=tuple(_said(found, held, unit)),
        tables=(
            _months([*found.months, found.whole] if len(found.months) > 1 else found.months, unit),
            ReportTable("tiers", "Partners by tier", kind, tiers),
            ReportTable(
                "partners", "Partners, the largest changes first", PartnerMoved, partner_rows(found, names, unit)
            ),
            ReportTable("accounts", "Accounts that moved between partners", MovedAccount, found.accounts),
            ReportTable("held", f"Held in {last}", HeldSince, held),
        ),
        equations=tuple(equations),
        unit=unit,
    )


def _months(rows: Sequence[MonthMoved], unit: Unit) -> ReportTable[object]:
    return ReportTable("months", f"Month by month, {unit.name}", MonthMoved, rows)


def _said(found: Movements, held: Sequence[HeldSince], unit: Unit) -> Iterator[str]:
    first, last = found.first, found.last
    change = last.mrr_eur_cents - first.mrr_eur_cents
    sign = "+" if change > 0 else ""
    yield (
        f"{unit.worded('Revenue')} went from {unit.amount(first.mrr_eur_cents)} in {first.month} to "
        f"{unit.amount(last.mrr_eur_cents)} in {last.month}: {sign}{unit.amount(change)}."
    )
    if held:
        known = unit.amount(sum(each.known_eur_cents for each in held))
        yield f"{plural(len(held), 'partner')} held in {last.month}, last known with {known}: neither lost nor 0."
    if last.told:
        yield (
            f"{last.month} was told first as {unit.amount(last.told_eur_cents)}; it was restated since, "
            "and its own figures are those of today."
        )

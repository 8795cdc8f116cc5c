"""What the entities' lines of a month say of their orders now, side by side, and what decides what was due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from partner_program.adapters.billing.order_lines import read_order_lines
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.no_collecting import without_collecting
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.entitlement import Entitlements
from partner_program.domain.order_lines import OrderLinesRead
from partner_program.domain.plurals import first_names, grouped, plural
from partner_program.domain.program import Program
from partner_program.domain.program_unit import Unit
from partner_program.domain.rates import Rate
from partner_program.domain.refusals import NotDefined, Refusal
from partner_program.domain.registry import Entity, Registry
from partner_program.domain.revenue import EXCLUDED_KINDS, UNPOSTED_STATUSES
from partner_program.domain.totals import Bucket
from partner_program.domain.unit import AnyRate, conversions, why_not_converted
from partner_program.usecases.installation import Installation, billing_fields
from partner_program.usecases.month_unit import program_of_month
from partner_program.usecases.rates import rates_of_month
from partner_program.usecases.side_by_side import side_by_side

_NOT_COUNTED = {*EXCLUDED_KINDS, *UNPOSTED_STATUSES, "faulty"}
_NAMED = 5
WHOSE = (
    "All lines that count are in these figures, also those of held partners, of partners that are not authorized and "
    "of accounts without a partner; the month's total has only what was assigned."
)


@dataclass(frozen=True, slots=True)
class MonthOfOrders:
    """A settled month's orders as the entities show them now.

    `rates` are conversions to the programme's unit by currency, `relied_on` the units per EUR that they come from.

    `settled` are lines and whole amounts by entity and currency that the month itself read, of what counts. `written`
    are every partner's rates in the order of their days, `held` the partners that the month holds.
    """

    month: BillingMonth
    program: Program
    reads: tuple[OrderLinesRead, ...]
    entitlements: Entitlements
    rates: Mapping[str, AnyRate]
    relied_on: Mapping[str, Decimal]
    settled: Mapping[tuple[str, str], tuple[int, int]]
    registry: Registry
    written: Mapping[str, Sequence[Rate]]
    held: frozenset[str]

    @property
    def names(self) -> dict[str, str]:
        """Company names by partner."""
        return {each.partner_id: each.company_name for each in self.registry.partners}

    @property
    def readable(self) -> list[OrderLinesRead]:
        """The entities that could be read."""
        return [each for each in self.reads if each.fault is None]

    @property
    def by_invoice(self) -> bool:
        """Whether the day of an order is told as that of its invoice."""
        return self.program.applies_to == "all_services"

    def whose_day(self) -> tuple[str, ...]:
        """Say whose day decides where it is not that of the order."""
        if not self.by_invoice:
            return ()
        return (
            "The programme gives its rates to all services: what is due is that of the invoice's day, told as ordered.",
        )

    def not_read(self) -> list[str]:
        """Say which entities could not be read, and why: they are in no figure."""
        return [f"entity {each.entity}: {each.fault}; it is in no figure" for each in self.reads if each.fault]

    def not_converted(self, lines: Mapping[str, int]) -> list[str]:
        """Say which lines are in no figure, as their currency has no exchange rate."""
        unit, month, known = self.program.unit, self.month, self.relied_on
        return [
            f"{why_not_converted(unit, currency, month, known, {})}: {plural(count, 'line')} in no figure"
            for currency, count in lines.items()
        ]

    def doubts(self) -> list[str]:
        """Say of each entity what its lines lack, which are faulty, and how they differ from those of the month."""
        said = []
        for read in self.readable:
            here = f"Entity {read.entity}:"
            if read.lacks:
                said.append(f"{here} its lines have no column {', '.join(read.lacks)}.")
            if read.doubtful:
                count = plural(len(read.doubtful), "line says", "lines say")
                said.append(f"{here} {count} of the order what cannot be right, and nothing is known of them.")
            if read.faulty:
                named = first_names([each.line_id for each in read.faulty], _NAMED)
                said.append(
                    f"{here} {plural(len(read.faulty), 'line is', 'lines are')} at fault and not counted: {named}."
                )
            said += self._changed(read)
        return said

    def _changed(self, read: OrderLinesRead) -> list[str]:
        settled = {currency: found for (entity, currency), found in self.settled.items() if entity == read.entity}
        return [
            f"Entity {read.entity}, {currency}: {grouped(now[0], 'line')} now, {then[0]:,} when {self.month} was "
            f"settled{'' if now[0] != then[0] else ', of another amount'}."
            for currency in sorted({*settled, *read.figures})
            if (now := read.figures.get(currency, (0, 0))) != (then := settled.get(currency, (0, 0)))
        ]


@without_collecting()
def read_orders(installation: Installation, month: BillingMonth, *, with_ends: bool = False) -> MonthOfOrders:
    """Ask every entity that bills in a settled month; one that cannot be read is among the answers with its reason.

    `with_ends` asks for the ends of services too. An order's day is that of its invoice where the programme gives its
    rates to all services.
    """
    with installation.database.reading() as connection:
        settlements = settlement_history.settlements_or_refusal(connection, month)
        program = program_of_month(installation, month, settlements)
        check_has_prices(program.unit, month)
        registry = registry_store.load_registry(connection, contacts=False)
        written = rate_store.all_rates(connection)
        relied_on = rates_of_month(connection, month, registry, limit_bp=program.rate_move_limit_bp).relied_on
        totals = settlement_history.load_totals(connection, max(each.settlement_id for each in settlements))
    entities = [each for each in registry.entities if each.bills_in(month)]
    by_invoice = program.applies_to == "all_services"
    reads = side_by_side([partial(_read, installation, entity, month, with_ends, by_invoice) for entity in entities])
    return MonthOfOrders(
        month=month,
        program=program,
        reads=tuple(reads),
        entitlements=Entitlements(
            go_live=installation.programs[0].in_force_from,
            links=registry.account_links,
            partners=registry.partners,
            agreements=registry.legacy_agreements,
            rates=written,
        ),
        rates=conversions(program.unit, relied_on),
        relied_on=relied_on,
        settled=_settled(totals.buckets),
        registry=registry,
        written=written,
        held=frozenset(each.partner_id for each in totals.held),
    )


def check_has_prices(unit: Unit, month: BillingMonth) -> None:
    """Refuse what tells discounts of prices in a month that counts what is no money."""
    if unit.is_counted:
        raise NotDefined(
            f"leakage and cost tell discounts of prices, and {month} is counted in {unit.name}: its lines have a "
            "number of them, and no price"
        )


def read_lines_of(installation: Installation, entities: Sequence[Entity], month: BillingMonth) -> list[OrderLinesRead]:
    """Ask these entities for a month's lines with the ends of services; one that cannot be read has its reason."""
    return list(side_by_side([partial(_read, installation, entity, month, True, False) for entity in entities]))


def _settled(buckets: Sequence[Bucket]) -> dict[tuple[str, str], tuple[int, int]]:
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for each in buckets:
        if each.bucket not in _NOT_COUNTED:
            lines, amount = found.get((each.entity, each.currency), (0, 0))
            found[each.entity, each.currency] = (lines + each.lines, amount + each.net_amount_minor)
    return found


def _read(
    installation: Installation, entity: Entity, month: BillingMonth, with_ends: bool, by_invoice: bool
) -> OrderLinesRead:
    try:
        fields = billing_fields(installation, entity)
    except Refusal as refusal:
        return OrderLinesRead(entity.entity, fault=str(refusal))
    return read_order_lines(
        fields,
        entity,
        month,
        largest_line=installation.largest_line(month),
        sql_folder=installation.sql_folder,
        with_ends=with_ends,
        by_invoice=by_invoice,
    )

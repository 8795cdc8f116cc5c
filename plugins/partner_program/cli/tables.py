"""Prints registers, restatements, quotes and exchange rates for people in a terminal, on stdout."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape

from partner_program.cli.act_tables import head_line
from partner_program.cli.long_tables import console as _console
from partner_program.cli.long_tables import print_rows, visible
from partner_program.cli.table_cells import tier_name, titled_table
from partner_program.domain.columns import headed, shown, used
from partner_program.domain.money import euros_text, percent_text
from partner_program.domain.plurals import first_names
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.register import COLUMNS, OF_COMPONENT, cells
from partner_program.domain.tier_names import tier_in_a_cell

if TYPE_CHECKING:
    from partner_program.domain.acceptance import Outlook
    from partner_program.domain.billing_month import BillingMonth
    from partner_program.domain.exchange_rates import JudgedRate
    from partner_program.domain.quote import Quote
    from partner_program.domain.rates import Rate
    from partner_program.usecases.orders import Order
    from partner_program.usecases.register import RegisterStart


NAMED = 20  # how many partners a line under a table names; it counts the rest


def print_register(start: "RegisterStart", *, every: bool) -> None:
    """Print a month's register: partners, held partners with reasons, buckets; with `every`, all rows of each."""
    console, register = _console(), start.register
    title = f"{register.billing_month} revision {register.revision}, {register.status.replace('_', ' ')}"
    if register.effective_on:
        title += f", effective {register.effective_on}"
    for act in start.head:
        console.print(escape(visible(head_line(act))))
    _print_partners(title, start, every=every)
    for month, partners in _decided_later(start.decided_later).items():
        console.print(f"rate decided by {month}, a later month; the tier here is on record: {escape(partners)}")
    if register.held:
        print_rows(
            "Held: these partners keep the rate they have",
            {"partner": "left", "entities": "left", "reason": "left"},
            ((each.partner_id, ", ".join(each.entities), each.reason) for each in register.held),
            every=every,
            total=len(register.held),
            rest="held partners; every one: --all",
        )
    buckets = titled_table(
        "Where every line went", "entity", "currency", "bucket", "lines", "net", right=("lines", "net")
    )
    for row in register.buckets:
        net = euros_text(row.net_amount_minor)
        buckets.add_row(row.entity, escape(row.currency), row.bucket, str(row.lines), net)
    console.print(buckets)
    tiers = Counter(tier for tier in start.tiers.values() if tier is not None)
    told = (f"{start.names.get(tier) or tier_name(tier)}: {tiers[tier]}" for tier in sorted(tiers))
    console.print("tiers: " + escape(", ".join(told)))


def _print_partners(title: str, start: "RegisterStart", *, every: bool) -> None:
    """Print the columns of the register that have a heading, each value as people read it."""
    partners, unit = start.register.partners, start.register.unit
    columns = {name: COLUMNS[name] for name in headed(used(COLUMNS, partners))}
    for component, name in OF_COMPONENT.items():
        if component not in start.components and not any(getattr(each, name) for each in partners):
            del columns[name]
    if start.table:
        columns.pop("tier_name", None)  # each tier is told by it

    def told(name: str, value: object) -> str:
        return tier_in_a_cell(name, columns[name], value, start.table) or shown(columns[name].form, value, unit)

    print_rows(
        title,
        {
            unit.headed(column.heading or ""): "left" if column.form == "text" else "right"
            for column in columns.values()
        },
        ([told(name, row[name]) for name in columns] for row in map(cells, partners)),
        every=every,
        total=len(start.tiers),
        rest=f"partners; every one: --all, or --format csv; one: `explain PARTNER {start.register.billing_month}`",
    )


def _decided_later(decided: Mapping[str, "BillingMonth"]) -> dict[str, str]:
    """Name the partners whose rate a later month decides, by that month; at most so many of each."""
    found: dict[str, list[str]] = {}
    for partner_id, month in sorted(decided.items()):
        found.setdefault(str(month), []).append(partner_id)
    return {month: first_names(names, NAMED) for month, names in sorted(found.items())}


def print_outlook(outlook: "Outlook", *, is_today: bool) -> None:
    """Print what accepting a restatement on a day does, partner by partner, or why it cannot be accepted on it."""
    from partner_program.domain.acceptance import letter_words, rate_words, record_words, summary_words

    proposal = outlook.proposal
    title = f"{proposal.billing_month}: proposed revision {proposal.revision}"
    console = _console()
    if outlook.refused is not None:
        table = titled_table(title, "partner", "what differs")
        for partner_id, changes in proposal.differences.items():
            table.add_row(escape(partner_id), escape("\n".join(changes)))
        console.print(table)
        console.print(f"accepting it from {outlook.day} is refused: {escape(outlook.refused)}")
        return
    day = f"{outlook.day}, today; for another day: --effective-on" if is_today else str(outlook.day)
    table = titled_table(
        f"{title}, if accepted from {day}", "partner", "the month's record", "rate for new orders", "letter"
    )
    for each in outlook.consequences:
        table.add_row(
            escape(each.partner_id), escape(record_words(each)), escape(rate_words(each)), escape(letter_words(each))
        )
    console.print(table)
    console.print(f"{summary_words(outlook.consequences)}. Nothing changes until `restatement accept` or `reject`")


def print_quote(order: "Order", priced: "Quote", rate: "Rate", *, has_sla: bool, unit: Unit = EURO) -> None:
    """Print a quote: each step in per cent of the list price, the two fees, and the level that the service keeps.

    Without service levels in the programme, nothing is said of one.
    """
    console = _console()
    steps = titled_table(
        f"{escape(order.partner_id)} on {order.placed_on}: rate in force since {rate.valid_from}",
        "fee",
        "rule",
        "points",
        right=("points",),
    )
    for step in priced.steps:
        steps.add_row(step.component.replace("_", " "), escape(step.rule), percent_text(step.bp))
    console.print(steps)
    listed = unit.text(unit.of_hundredths(order.monthly_list_cents))
    console.print(f"monthly fee {unit.amount(priced.monthly_fee_cents)}, list {listed}")
    listed = unit.text(unit.of_hundredths(order.setup_list_cents))
    console.print(f"setup fee   {unit.amount(priced.setup_fee_cents)}, list {listed}")
    if has_sla or rate.terms.sla:
        level = rate.terms.sla or "none of the programme's"
        console.print(f"service level {escape(level)}, for the life of the service")


def print_rates(judged: "Sequence[JudgedRate]") -> None:
    """Print exchange rates: source, what each was compared with, and whether it converts amounts."""
    columns = ("month", "currency", "per EUR", "source", "before", "ECB mean", "state")
    table = titled_table("Exchange rates", *columns, right=("per EUR", "before", "ECB mean"))
    for each in judged:
        rate = each.rate
        state = "in doubt: " + " and ".join(each.doubts) if each.doubts else "sound"
        if each.doubts and each.relied_on:
            state = "confirmed" if each.confirmed else "used by a settled month"
        before = str(each.before.units_per_eur) if each.before else ""
        official = str(each.official or "")
        units = str(rate.units_per_eur)
        table.add_row(str(rate.billing_month), rate.currency, units, escape(rate.source), before, official, state)
    _console().print(table)

"""Prints tables for people in a terminal, on stdout."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from partner_program.cli.long_tables import console as _console
from partner_program.cli.long_tables import print_rows
from partner_program.domain.money import euros_text, percent_text
from partner_program.domain.receipt import Receipt, ReceiptFaultyLine, ReceiptLines
from partner_program.domain.register import COLUMNS, Cell, Form, RegisterPartner, cells, table_columns
from partner_program.domain.short_lines import period_text, readings_text

if TYPE_CHECKING:
    from partner_program.domain.acceptance import Outlook
    from partner_program.domain.billing_month import BillingMonth
    from partner_program.domain.exchange_rates import JudgedRate
    from partner_program.domain.quote import Quote
    from partner_program.domain.rates import Rate
    from partner_program.domain.revenue import FaultyLine, MrrGroup
    from partner_program.usecases.orders import Order
    from partner_program.usecases.register import RegisterStart


NAMED = 20  # how many partners a line under a table names; it counts the rest


def _table(title: str, *columns: str, right: tuple[str, ...] = ()) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def _euros(cents: int | None) -> str:
    return "" if cents is None else euros_text(cents)


def _percent(bp: int | None) -> str:
    return "" if bp is None else percent_text(bp)


def _tier(tier: int | None) -> str:
    return "" if tier is None else str(tier or "none")


def print_register(start: "RegisterStart", *, every: bool) -> None:
    """Print a month's register: partners, held partners with reasons, buckets; with `every`, all rows of each."""
    console, register = _console(), start.register
    title = f"{register.billing_month} revision {register.revision}, {register.status.replace('_', ' ')}"
    if register.effective_on:
        title += f", effective {register.effective_on}"
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
    buckets = _table("Where every line went", "entity", "currency", "bucket", "lines", "net", right=("lines", "net"))
    for row in register.buckets:
        net = euros_text(row.net_amount_minor)
        buckets.add_row(row.entity, escape(row.currency), row.bucket, str(row.lines), net)
    console.print(buckets)
    tiers = Counter(tier for tier in start.tiers.values() if tier is not None)
    console.print("tiers: " + ", ".join(f"{_tier(tier)}: {tiers[tier]}" for tier in sorted(tiers)))


def _print_partners(title: str, start: "RegisterStart", *, every: bool) -> None:
    """Print the columns of the register that have a heading, each value as people read it."""
    shown = {name: COLUMNS[name] for name in table_columns()}
    print_rows(
        title,
        {column.heading or "": "left" if column.form == "text" else "right" for column in shown.values()},
        ([_FORMS[shown[name].form](row[name]) for name in shown] for row in map(cells, start.register.partners)),
        every=every,
        total=len(start.tiers),
        rest=f"partners; every one: --all, or --format csv; one: `explain PARTNER {start.register.billing_month}`",
    )


def _decided_later(decided: Mapping[str, "BillingMonth"]) -> dict[str, str]:
    """Name the partners whose rate a later month decides, by that month; at most so many of each."""
    found: dict[str, list[str]] = {}
    for partner_id, month in sorted(decided.items()):
        found.setdefault(str(month), []).append(partner_id)
    return {
        month: ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
        for month, names in sorted(found.items())
    }


def _text(value: Cell) -> str:
    return "" if value is None else str(value)


def _whole(write: Callable[[int | None], str]) -> Callable[[Cell], str]:
    def written(value: Cell) -> str:
        if isinstance(value, str):
            raise TypeError(f"{value!r} is a text: its column of the register is one of numbers")
        return write(value)

    return written


_FORMS: dict[Form, Callable[[Cell], str]] = {
    "text": _text,
    "whole": _text,
    "euros": _whole(_euros),
    "percent": _whole(_percent),
    "tier": _whole(_tier),
}


def print_outlook(outlook: "Outlook", *, is_today: bool) -> None:
    """Print what accepting a restatement on a day does, partner by partner, or why it cannot be accepted on it."""
    from partner_program.domain.acceptance import letter_words, rate_words, record_words, summary_words

    proposal = outlook.proposal
    title = f"{proposal.billing_month}: proposed revision {proposal.revision}"
    console = _console()
    if outlook.refused is not None:
        table = _table(title, "partner", "what differs")
        for partner_id, changes in proposal.differences.items():
            table.add_row(escape(partner_id), escape("\n".join(changes)))
        console.print(table)
        console.print(f"accepting it from {outlook.day} is refused: {escape(outlook.refused)}")
        return
    day = f"{outlook.day}, today; for another day: --effective-on" if is_today else str(outlook.day)
    table = _table(f"{title}, if accepted from {day}", "partner", "the month's record", "rate for new orders", "letter")
    for each in outlook.consequences:
        table.add_row(
            escape(each.partner_id), escape(record_words(each)), escape(rate_words(each)), escape(letter_words(each))
        )
    console.print(table)
    console.print(f"{summary_words(outlook.consequences)}. Nothing changes until `restatement accept` or `reject`")


def print_quote(order: "Order", priced: "Quote", rate: "Rate") -> None:
    """Print a quote: each step in per cent of the list price, then the two fees."""
    console = _console()
    steps = _table(
        f"{escape(order.partner_id)} on {order.placed_on}: rate in force since {rate.valid_from}",
        "fee",
        "rule",
        "points",
        right=("points",),
    )
    for step in priced.steps:
        steps.add_row(step.component.replace("_", " "), escape(step.rule), percent_text(step.bp))
    console.print(steps)
    console.print(f"monthly fee {euros_text(priced.monthly_fee_cents)} EUR, list {_euros(order.monthly_list_cents)}")
    console.print(f"setup fee   {euros_text(priced.setup_fee_cents)} EUR, list {_euros(order.setup_list_cents)}")


def print_receipt(receipt: Receipt) -> None:
    """Print the receipt of one decision."""
    console = _console()
    console.print(f"[bold]{escape(receipt.partner_id)}[/bold] {escape(receipt.company_name)}")
    console.print(f"month {receipt.billing_month}, {receipt.status}, effective {receipt.effective_on or 'never'}")
    if receipt.held_reason:
        console.print(f"held: {escape(receipt.held_reason)}")
    console.print(_lines_table(receipt.lines))
    if receipt.short_lines:
        console.print(_short_lines_table(receipt))
    if receipt.result and receipt.result.status == "assigned":
        _print_result(console, receipt, receipt.result)
    console.print(f"programme file {receipt.program_file}, sha256 {receipt.program_hash}")
    for snapshot in receipt.snapshots:
        console.print(f"snapshot {snapshot.entity}, sha256 {snapshot.sha256}")


def _lines_table(lines: Sequence[ReceiptLines | ReceiptFaultyLine]) -> Table:
    columns = ("entity", "account", "kind", "status", "bucket", "lines", "net", "share")
    table = _table("Lines that touch the month", *columns, right=("lines", "net"))
    for each in lines:
        if isinstance(each, ReceiptFaultyLine):
            line: FaultyLine | MrrGroup = each.line
            count, share = 1, f"{each.line.column} is {each.line.found}, expected {each.line.expected}"
        else:
            line = each.group
            count, share = each.group.lines, each.share
        net = line.net_amount_minor
        table.add_row(
            each.entity,
            escape(line.account_id),
            escape(line.charge_kind),
            escape(line.document_status),
            each.bucket,
            str(count),
            f"{'' if net is None else euros_text(net)} {escape(line.currency)}",
            escape(share),
        )
    return table


def _short_lines_table(receipt: Receipt) -> Table:
    columns = ("entity", "account", "line", "period and term", "this month")
    table = _table("Lines with a period shorter than their term: do they pay for the period alone?", *columns)
    rates = {each.currency: each.units_per_eur for each in receipt.rates}
    for each in receipt.short_lines:
        line = each.line
        table.add_row(
            each.entity,
            escape(line.account_id),
            escape(line.line_id),
            period_text(line),
            escape(readings_text(each.readings, line.currency, rates)),
        )
    return table


def _print_result(console: Console, receipt: Receipt, result: RegisterPartner) -> None:
    accounts = _table("Counted", "entity", "account", "currency", "units per EUR", "MRR EUR", right=("MRR EUR",))
    for row in result.accounts:
        cents = euros_text(row.mrr_eur_cents)
        accounts.add_row(row.entity, escape(row.account_id), row.currency, row.units_per_eur, cents)
    console.print(accounts)
    band = receipt.band
    total = f"total {_euros(result.mrr_eur_cents)} EUR"
    if band:
        top = f" up to {euros_text(band.below_cents)}" if band.below_cents else " and more"
        total += f": tier {_tier(band.tier)}, from {euros_text(band.from_mrr_cents or 0)}{top}"
    console.print(total)
    for rate in receipt.rates:
        console.print(f"rate {rate.currency} {rate.units_per_eur} per EUR, {escape(rate.source)}")
    for settled in receipt.grants:
        grant = settled.grant
        period = f"{grant.starts_on} until {grant.ends_on}"
        console.print(f"grant {grant.grant_id}: tier {grant.tier}, {period}: {settled.outcome or 'open'}")
    for term in receipt.legacy:
        kept = percent_text(term.discount_bp) if term.discount_bp is not None else term.sla
        console.print(f"legacy {term.component}: {kept} kept, {escape(term.source)}")
    console.print(
        f"rate since {result.rate_valid_from}: tier {_tier(result.tier)}, "
        f"{_percent(result.monthly_fee_discount_bp)} monthly, {_percent(result.setup_fee_discount_bp)} setup, "
        f"{result.sla or 'no SLA of the programme'}"
    )
    if result.rate_decided_by is not None:
        console.print(f"the rate is decided by {result.rate_decided_by}, a later month: the tier here is on record")


def print_rates(judged: "Sequence[JudgedRate]") -> None:
    """Print exchange rates: source, what each was compared with, and whether it converts amounts."""
    columns = ("month", "currency", "per EUR", "source", "before", "ECB mean", "state")
    table = _table("Exchange rates", *columns, right=("per EUR", "before", "ECB mean"))
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

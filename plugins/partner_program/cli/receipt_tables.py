"""Prints the receipt of one decision for people in a terminal, on stdout."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from partner_program.cli.act_tables import print_acts
from partner_program.cli.line_tables import amount_text, fault_text, print_lines_now
from partner_program.cli.long_tables import console as terminal
from partner_program.cli.long_tables import print_rows, visible
from partner_program.cli.table_cells import percent, tier_name, titled_table
from partner_program.domain.disputes import said_of
from partner_program.domain.families import families_words
from partner_program.domain.fx_guard import rates_words
from partner_program.domain.money import percent_text
from partner_program.domain.plurals import plural
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.qualifications import lack_words
from partner_program.domain.receipt import Receipt, ReceiptFaultyLine, ReceiptLines
from partner_program.domain.register import RegisterPartner
from partner_program.domain.short_lines import period_text, readings_text
from partner_program.domain.unit import rate_text

if TYPE_CHECKING:
    from partner_program.domain.billing_month import BillingMonth
    from partner_program.domain.measure import Measure
    from partner_program.domain.revenue import FaultyLine, MrrGroup

_GROUP_COLUMNS = ("entity", "account", "kind", "status", "bucket", "lines", "net", "share")


def print_receipt(receipt: Receipt, *, every: bool) -> None:
    """Print the receipt of one decision; with `every`, all rows of its tables of lines."""
    console = terminal()
    console.print(f"[bold]{escape(receipt.partner_id)}[/bold] {escape(receipt.company_name)}")
    console.print(f"month {receipt.billing_month}, {receipt.status}, effective {receipt.effective_on or 'never'}")
    if receipt.held_reason:
        console.print(f"held: {escape(receipt.held_reason)}")
    _print_groups(receipt, every=every)
    if receipt.lines_now:
        print_lines_now(receipt.lines_now, every=every, unit=_unit(receipt))
    if receipt.short_lines:
        _print_short_lines(receipt, every=every)
    if receipt.result and receipt.result.status == "assigned":
        _print_result(console, receipt, receipt.result)
    for dispute in receipt.disputes:
        said = f"dispute {dispute.dispute_id}, {dispute.subject}, due on {dispute.due_on}: {said_of(dispute.steps[0])}"
        console.print(escape(visible(said)))
    if receipt.acts:
        print_acts("Acts behind this result", receipt.acts, every=every)
    console.print(f"programme file {receipt.program_file}, sha256 {receipt.program_hash}")
    for snapshot in receipt.snapshots:
        console.print(f"snapshot {snapshot.entity}, sha256 {snapshot.sha256}")


def _print_groups(receipt: Receipt, *, every: bool) -> None:
    print_rows(
        "Lines that touch the month",
        {name: "right" if name in ("lines", "net") else "left" for name in _GROUP_COLUMNS},
        (_group_cells(each, _unit(receipt)) for each in receipt.lines),
        every=every,
        total=len(receipt.lines),
        rest="groups of lines; every one: --all",
    )
    if receipt.lines and receipt.lines_now is None:
        terminal().print("which lines these are: --lines")


def _unit(receipt: Receipt) -> Unit:
    """What the programme counts in, as far as the receipt says it."""
    return EURO if receipt.result is None else receipt.result.unit


def _group_cells(each: ReceiptLines | ReceiptFaultyLine, unit: Unit) -> tuple[str, ...]:
    if isinstance(each, ReceiptFaultyLine):
        line: FaultyLine | MrrGroup = each.line
        count, share = 1, fault_text(each.line)
    else:
        line = each.group
        count, share = each.group.lines, each.share
    net = amount_text(line, unit)
    return (each.entity, line.account_id, line.charge_kind, line.document_status, each.bucket, str(count), net, share)


def _print_short_lines(receipt: Receipt, *, every: bool) -> None:
    unit = _unit(receipt)
    rates = {each.currency: each.units_per_eur for each in receipt.rates}
    print_rows(
        "Lines with a period shorter than their term: do they pay for the period alone?",
        dict.fromkeys(("entity", "account", "line", "period and term", "this month"), "left"),
        (
            (
                each.entity,
                each.line.account_id,
                each.line.line_id,
                period_text(each.line),
                readings_text(each.readings, each.line.currency, rates, unit),
            )
            for each in receipt.short_lines
        ),
        every=every,
        total=len(receipt.short_lines),
        rest="lines with a short period; every one: --all",
    )


def _print_result(console: Console, receipt: Receipt, result: RegisterPartner) -> None:
    unit = result.unit
    counted = f"MRR {unit.name}"
    per = f"units per {unit.name}"
    accounts = titled_table("Counted", "entity", "account", "currency", per, counted, right=(counted,))
    for row in result.accounts:
        cents = unit.text(row.mrr_eur_cents)
        accounts.add_row(row.entity, escape(row.account_id), row.currency, rate_text(row.units_per_eur) or "1", cents)
    console.print(accounts)
    band = receipt.band
    total = f"total {unit.amount(result.mrr_eur_cents or 0)}"
    if receipt.measure is not None and result.qualifying_eur_cents is not None:
        _print_window(console, receipt.measure, receipt.billing_month, result)
        total = f"{_amount_words(receipt.measure, len(result.window) + 1)} {unit.amount(result.qualifying_eur_cents)}"
    if band:
        top = f" up to {unit.text(band.below_cents)}" if band.below_cents else " and more"
        named = band.tier_name or f"tier {tier_name(band.tier)}"
        total += f": {escape(named)}, from {unit.text(band.from_mrr_cents or 0)}{top}"
    console.print(total)
    if receipt.stays:
        earned, merit = tier_name(result.earned_tier), tier_name(result.merit_tier)
        console.print(f"on merit tier {merit}, earned tier {earned}: {receipt.stays}")
    for rate in receipt.rates:
        console.print(f"rate {rate.currency} {rate.units_per_eur} per EUR, {escape(rate.source)}")
    if receipt.revenue_alone is not None:
        console.print(lack_words(receipt.revenue_alone))
    if receipt.rates_alone is not None:
        console.print(rates_words(receipt.rates_alone, unit))
    for settled in receipt.grants:
        grant = settled.grant
        period = f"{grant.starts_on} until {grant.ends_on}"
        console.print(f"grant {grant.grant_id}: tier {grant.tier}, {period}: {settled.outcome or 'open'}")
    for term in receipt.legacy:
        kept = percent_text(term.discount_bp) if term.discount_bp is not None else term.sla
        console.print(f"legacy {term.component}: {kept} kept, {escape(term.source)}")
    terms = [f"{percent(result.monthly_fee_discount_bp)} monthly"]
    if "setup_fee" in receipt.components or result.setup_fee_discount_bp:
        terms.append(f"{percent(result.setup_fee_discount_bp)} setup")
    if "sla" in receipt.components or result.sla:
        terms.append(result.sla or "no SLA of the programme")
    named = escape(result.tier_name or f"tier {tier_name(result.tier)}")
    console.print(f"rate since {result.rate_valid_from}: {named}, {escape(', '.join(terms))}")
    for family in families_words(result.families):
        console.print(f"  on monthly fees of {escape(family)}")
    if result.rate_decided_by is not None:
        console.print(f"the rate is decided by {result.rate_decided_by}, a later month: the tier here is on record")


def _print_window(console: Console, measure: "Measure", month: "BillingMonth", result: RegisterPartner) -> None:
    """Print a row for each month of the window, with the month itself last, and their sum."""
    heading = f"MRR {result.unit.name}"
    rows = [(each.counted_month, each.mrr_eur_cents) for each in result.window]
    rows.append((str(month), result.mrr_eur_cents or 0))
    table = titled_table(f"{len(rows)} of {measure.months} months", "month", heading, right=(heading,))
    for name, cents in rows:
        table.add_row(name, result.unit.text(cents))
    table.add_row("sum", result.unit.text(sum(cents for _, cents in rows)))
    console.print(table)


def _amount_words(measure: "Measure", months: int) -> str:
    """Name the amount that is held against the table."""
    if measure.of == "mean":
        return f"mean of {plural(months, 'month')}"
    if measure.short == "projected" and months < measure.months:
        return f"sum of {plural(months, 'month')}, projected to {measure.months}:"
    return f"sum of {plural(months, 'month')}"

"""What people read in the terminal: tables by rich, on stdout."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from partner_program.domain.money import euros_text, percent_text

if TYPE_CHECKING:
    from partner_program.domain.quote import Quote
    from partner_program.domain.rates import Rate
    from partner_program.domain.restatement import Proposal
    from partner_program.usecases.orders import Order


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=140)


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


def print_register(register: dict[str, Any]) -> None:
    """Print a month's register: partners, held ones with reasons, buckets."""
    console = _console()
    title = f"{register['billing_month']} revision {register['revision']}, {register['status'].replace('_', ' ')}"
    if register["effective_on"]:
        title += f", effective {register['effective_on']}"
    console.print(_partners_table(title, register["partners"]))
    if register["held"]:
        held = _table("Held: these partners keep the rate they have", "partner", "entities", "reason")
        for row in register["held"]:
            held.add_row(escape(row["partner_id"]), ", ".join(row["entities"]), escape(row["reason"]))
        console.print(held)
    buckets = _table("Where every line went", "entity", "currency", "bucket", "lines", "net", right=("lines", "net"))
    for row in register["buckets"]:
        net = euros_text(row["net_amount_minor"])
        buckets.add_row(row["entity"], escape(row["currency"]), row["bucket"], str(row["lines"]), net)
    console.print(buckets)
    tiers = Counter(row["tier"] for row in register["partners"] if row["status"] == "assigned")
    console.print(
        "tiers: " + ", ".join(f"{_tier(tier)}: {tiers[tier]}" for tier in sorted(tiers, key=lambda t: t or 0))
    )


def _partners_table(title: str, partners: list[dict[str, Any]]) -> Table:
    right = ("MRR EUR", "earned", "granted", "before", "tier", "monthly", "setup")
    columns = ("partner", "status", "MRR EUR", "earned", "granted", "before", "tier", "monthly", "setup", "SLA")
    table = _table(title, *columns, "since", "letter", right=right)
    for row in partners:
        table.add_row(
            escape(row["partner_id"]),
            row["status"],
            _euros(row["mrr_eur_cents"]),
            _tier(row["earned_tier"]),
            _tier(row["granted_tier"]),
            _tier(row["previous_tier"]),
            _tier(row["tier"]),
            _percent(row["monthly_fee_discount_bp"]),
            _percent(row["setup_fee_discount_bp"]),
            row["sla"] or "",
            row["rate_valid_from"] or "",
            row["letter"]["kind"] if row["letter"] else "",
        )
    return table


def print_proposal(proposal: "Proposal") -> None:
    """Print what a restatement would change."""
    table = _table(f"{proposal.billing_month}: proposed revision {proposal.revision}", "partner", "what changes")
    for partner_id, changes in proposal.differences.items():
        table.add_row(escape(partner_id), escape("\n".join(changes)))
    console = _console()
    console.print(table)
    console.print(f"{len(proposal.differences)} partners; nothing changes until `restatement accept` or `reject`")


def print_quote(order: "Order", priced: "Quote", rate: "Rate") -> None:
    """Print a quote: each step in points of list, then the two fees."""
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


def print_receipt(receipt: dict[str, Any]) -> None:
    """Print the receipt of one decision."""
    console = _console()
    console.print(f"[bold]{escape(receipt['partner_id'])}[/bold] {escape(receipt['company_name'])}")
    console.print(
        f"month {receipt['billing_month']}, {receipt['status']}, effective {receipt['effective_on'] or 'never'}"
    )
    if receipt["held"]:
        console.print(f"held: {escape(receipt['held'])}")
    console.print(_lines_table(receipt["lines"]))
    result = receipt["result"]
    if result and result["status"] == "assigned":
        _print_result(console, receipt, result)
    console.print(f"programme file {receipt['program']['file']}, sha256 {receipt['program']['sha256']}")
    for snapshot in receipt["snapshots"]:
        console.print(f"snapshot {snapshot['entity']}, sha256 {snapshot['sha256']}")


def _lines_table(lines: list[dict[str, Any]]) -> Table:
    columns = ("entity", "account", "kind", "status", "bucket", "lines", "net", "share")
    table = _table("Lines that touch the month", *columns, right=("lines", "net"))
    for line in lines:
        net = line["net_amount_minor"]
        table.add_row(
            line["entity"],
            escape(line["account_id"]),
            escape(line["charge_kind"]),
            escape(line["document_status"]),
            line["bucket"],
            str(line.get("lines", 1)),
            f"{'' if net is None else euros_text(net)} {escape(line['currency'])}",
            escape(line.get("share") or f"{line['column']} is {line['found']}, expected {line['expected']}"),
        )
    return table


def _print_result(console: Console, receipt: dict[str, Any], result: dict[str, Any]) -> None:
    accounts = _table("Counted", "entity", "account", "currency", "units per EUR", "MRR EUR", right=("MRR EUR",))
    for row in result["accounts"]:
        cents = euros_text(row["mrr_eur_cents"])
        accounts.add_row(row["entity"], escape(row["account_id"]), row["currency"], row["units_per_eur"], cents)
    console.print(accounts)
    band = receipt["band"]
    total = f"total {euros_text(result['mrr_eur_cents'])} EUR"
    if band:
        top = f" up to {euros_text(band['below_cents'])}" if band["below_cents"] else " and more"
        total += f": tier {_tier(band['tier'])}, from {euros_text(band['from_mrr_cents'] or 0)}{top}"
    console.print(total)
    for code, rate in receipt["rates"].items():
        console.print(f"rate {code} {rate['units_per_eur']} per EUR, {escape(rate['source'])}")
    for each in receipt["grants"]:
        period = f"{each['starts_on']} until {each['ends_on']}"
        console.print(f"grant {each['grant_id']}: tier {each['tier']}, {period}: {each['outcome'] or 'open'}")
    for each in receipt["legacy"]:
        kept = percent_text(each["discount_bp"]) if each["discount_bp"] is not None else each["sla"]
        console.print(f"legacy {each['component']}: {kept} kept, {escape(each['source'])}")
    console.print(
        f"rate since {result['rate_valid_from']}: tier {_tier(result['tier'])}, "
        f"{_percent(result['monthly_fee_discount_bp'])} monthly, {_percent(result['setup_fee_discount_bp'])} setup, "
        f"{result['sla'] or 'no SLA of the programme'}"
    )

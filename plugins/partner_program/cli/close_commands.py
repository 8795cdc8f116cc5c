"""Commands about month ends: check an entity's close, or record one."""

import click

from partner_program.cli.inputs import CURRENCY, MONTH, WORDS, installation, whole
from partner_program.cli.options import example
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.plurals import plural
from partner_program.domain.refusals import Refusal


@click.group()
def close() -> None:
    """Month ends: an entity's statement that a month is complete."""


@close.command("check", epilog=example("partner-program close check NL 2015-06"))
@click.argument("entity")
@click.argument("month", type=MONTH)
def close_check(entity: str, month: BillingMonth) -> None:
    """Read ENTITY's billing database and say whether MONTH is closed and its control totals hold."""
    from partner_program.usecases.month.closes import how_to_close, read_entity_month
    from partner_program.usecases.registry import find_entity

    here = installation()
    found = find_entity(here, entity)
    revenue = read_entity_month(here, found, month)
    for file in revenue.files:
        click.echo(f"{entity} {month}: read {file.path}, {file.size_bytes:,} bytes of {file.changed_at}")
    for each in revenue.closes:
        click.echo(
            f"{entity} {month} {each.currency}: {plural(each.line_count, 'line')}, "
            f"total {each.control_total_minor} minor"
        )
    if revenue.fault is not None:
        next_step = how_to_close(found, month, revenue)
        raise Refusal(f"entity {entity}: {revenue.fault}" + (f": {next_step}" if next_step else ""))
    click.echo(f"{entity} {month}: closed, and what was read agrees with it")


@close.command(
    "record",
    epilog=example("partner-program close record NL 2015-06 --currency EUR --lines 310 --total 12345678 --by finance"),
)
@click.argument("entity")
@click.argument("month", type=MONTH)
@click.option("--currency", type=CURRENCY, required=True, help="Of these lines, as in EUR; one close a currency.")
@click.option("--lines", type=whole("COUNT", 0), required=True, help="Posted lines that touch the month.")
@click.option("--total", type=whole("MINOR"), required=True, help="Sum of their net amounts in minor units (cents).")
@click.option("--by", "recorded_by", type=WORDS, required=True, help="Who says so.")
def close_record(entity: str, month: BillingMonth, currency: str, lines: int, total: int, recorded_by: str) -> None:
    """Record ENTITY's close of MONTH, for a billing system without month ends."""
    from partner_program.domain.revenue import PeriodClose
    from partner_program.usecases.month.closes import record_close

    record_close(installation(), entity, month, PeriodClose(currency, lines, total), recorded_by=recorded_by)
    click.echo(
        f"{entity} {month} {currency}: close recorded, {plural(lines, 'line')}, total {total} minor; "
        "used only if the entity has no program_period_close"
    )

"""The commands, one function each: read what was typed, call one use case, print its answer."""

import getpass
import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from partner_program.cli.inputs import (
    AMOUNT,
    CURRENCY,
    DAY,
    FILE,
    FOLDER,
    MONTH,
    PERCENT,
    WORDS,
    installation,
    today,
    whole,
)
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal

if TYPE_CHECKING:
    from partner_program.usecases.installation import Installation
    from partner_program.usecases.month_inputs import MonthOrder

_Command = TypeVar("_Command", bound=Callable[..., Any])
_MONTHS = whole("MONTHS", 1, 120)
_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def _example(*lines: str, title: str = "Example:") -> str:
    """Lines that help shows as they are: click leaves a paragraph alone that begins with a backspace."""
    return "\n".join(["\b", title, *(f"  {line}" for line in lines)])


_text_or_json = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)


def _looked_at(name: str) -> Callable[[_Command], _Command]:
    """The option for the person whose word it is."""
    return click.option(
        "--by", name, type=WORDS, default=getpass.getuser, show_default="the user logged in", help="Who looked at it."
    )


_FIRST_MONTH = _example(
    """export AIRFLOW_CONN_PARTNER_PROGRAM='{"conn_type": "sqlite", "host": "/data/program.db"}'""",
    """export AIRFLOW_CONN_BILLING_NL='{"conn_type": "sqlite", "host": "/data/nl.db"}'""",
    "partner-program init",
    "partner-program load registry/",
    "partner-program run 2015-06 --effective-on 2015-07-27 --migration",
    "partner-program register 2015-06",
    title="A first month, on a database of your own:",
)


@click.group(context_settings=_CONTEXT, epilog=_FIRST_MONTH)
@click.version_option(package_name="partner-program", prog_name="partner-program")
def program() -> None:
    """Run a reseller programme: pull revenue, assign tiers, settle grace periods, write rates, render letters.

    Exit status: 0 done, 1 refused by a rule of the programme (the message names it), 2 wrong usage.
    """


@program.command(epilog=_example("partner-program init"))
def init() -> None:
    """Create the programme's database, or bring it up to date. Safe to repeat."""
    here = installation()
    click.echo(f"programme database: {here.database.upgrade()}")


@program.command(epilog=_example("partner-program load registry/"))
@click.argument("folder", type=FOLDER, metavar="DIR")
def load(folder: Path) -> None:
    """Load the registry's CSV files from DIR: all of them, or none.

    Every fault found is told at once as file:line: column. Loading the same folder twice changes nothing.
    """
    from partner_program.usecases.registry import load_registry_folder

    registry, changed = load_registry_folder(installation(), folder)
    click.echo(
        f"{len(registry.partners)} partners, {len(registry.account_links)} account links, "
        f"{len(registry.entities)} entities: {changed} rows changed"
    )


@program.command(epilog=_example("partner-program run 2015-06 --effective-on 2015-07-27 --migration"))
@click.argument("month", type=MONTH)
@click.option("--effective-on", type=DAY, help="First day of the new rates; default: today, written down once.")
@click.option("--history", is_flag=True, help="Totals and tiers for information: no rates, no letters.")
@click.option("--migration", is_flag=True, help="Every authorised partner gets the migration letter.")
@click.option("--program", "program_file", type=FILE, help="Use this programme file instead of the dated folder.")
def run(
    month: BillingMonth, effective_on: date | None, history: bool, migration: bool, program_file: Path | None
) -> None:
    """Assess MONTH (YYYY-MM) and settle it, up to rendered letters.

    Nothing takes force before everything is decided. Running a month again with equal inputs changes nothing;
    partners that were held are released by a later run. Letters and reports are written below
    PARTNER_PROGRAM_OUT (default: out).
    """
    from partner_program.usecases.letters import letter_batches, render_letters
    from partner_program.usecases.month_inputs import MonthOrder
    from partner_program.usecases.month_run import run_month
    from partner_program.usecases.preview import preview_months

    here = installation()
    order = MonthOrder(month, today(here), effective_on, history, migration, program_file)
    outcome = run_month(here, order, progress=_progress)
    failed = [] if history else _publish(here)
    _progress("render_letters")
    letters = sum(render_letters(here, month, batch, program_file) for batch in letter_batches(here, month))
    page = preview_months(here)
    click.echo(_outcome_text(order, outcome, letters, page))
    if failed:
        click.echo(f"not published, still owed: {', '.join(failed)}: run `partner-program publish`")


def _progress(step: str) -> None:
    click.echo(f"  {step}", err=True)


def _outcome_text(order: "MonthOrder", outcome: Any, letters: int, page: Path) -> str:
    force = "history only" if order.history else f"in force from {outcome.effective_on}"
    what = f"{outcome.assigned} partners assigned" if outcome.changed else "nothing new"
    answer = f"{order.month}: {force}, {what}, {outcome.held} held, {letters} letters rendered: see {page}"
    if outcome.proposed:
        answer += (
            f"\n{outcome.proposed} partners would come out differently now; what is in force stays: "
            f"see `partner-program restatement show {order.month}`"
        )
    return answer


@program.command(epilog=_example("partner-program register 2015-06 --format xlsx > register.xlsx"))
@click.argument("month", type=MONTH)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "xlsx"]),
    default="table",
    show_default=True,
    help="For people, programs, or a spreadsheet; a workbook goes to stdout too.",
)
def register(month: BillingMonth, form: str) -> None:
    """Show what MONTH decided for every authorised partner, and where every line went."""
    from partner_program.adapters.register_store import read_register

    with installation().database.reading() as connection:
        found = read_register(connection, month)
    if form == "json":
        from partner_program.adapters.register_files import register_json

        click.echo(register_json(found), nl=False)
    elif form == "csv":
        from partner_program.adapters.register_files import register_csv

        click.echo(register_csv(found), nl=False)
    elif form == "xlsx":
        from partner_program.adapters.register_files import register_xlsx

        sys.stdout.buffer.write(register_xlsx(found))
    else:
        from partner_program.cli.tables import print_register

        print_register(found)


@program.command(epilog=_example("partner-program explain P001 2015-06"))
@click.argument("partner")
@click.argument("month", type=MONTH)
@_text_or_json
@click.option("--program", "program_file", type=FILE, help="The programme file, if the month ran with one by hand.")
def explain(partner: str, month: BillingMonth, form: str, program_file: Path | None) -> None:
    """Print the receipt of PARTNER's result in MONTH: every amount counted and excluded, each rate and rule."""
    from partner_program.usecases.explain import explain as explain_result

    receipt = explain_result(installation(), partner, month, program_file)
    if form == "json":
        click.echo(json.dumps(receipt, ensure_ascii=False, indent=1))
    else:
        from partner_program.cli.tables import print_receipt

        print_receipt(receipt)


@program.command(epilog=_example("partner-program quote P001 --on 2015-08-01 --monthly 99.00 --setup 49.00 --term 12"))
@click.argument("partner")
@click.option("--on", "placed_on", type=DAY, required=True, help="The day on which the order is placed.")
@click.option("--monthly", type=AMOUNT, required=True, help="Monthly fee at list price, in euros.")
@click.option("--setup", type=AMOUNT, required=True, help="Setup fee at list price, in euros.")
@click.option("--term", type=_MONTHS, required=True, help="Contract term, paid in advance: 1, 3, 6, 12, 24 or 36.")
@click.option("--website", type=PERCENT, default="0", help="Website discount on these servers, in per cent.")
@click.option("--promo", type=PERCENT, default="0", help="What a promo code gives, in per cent.")
@click.option("--product", help="Product family; Private Racks and Private Cloud have no one-month term.")
@click.option("--shortened-from", type=_MONTHS, help="Term of the expiring contract that this one shortens.")
@_text_or_json
def quote(
    partner: str,
    placed_on: date,
    monthly: int,
    setup: int,
    term: int,
    website: int,
    promo: int,
    product: str | None,
    shortened_from: int | None,
    form: str,
) -> None:
    """Say what an order of PARTNER costs on a day, with the rate in force on that day."""
    from partner_program.usecases.orders import Order, quote_order

    order = Order(partner, placed_on, monthly, setup, term, website, promo, product, shortened_from)
    priced, rate = quote_order(installation(), order)
    if form == "json":
        steps = [{"component": step.component, "rule": step.rule, "bp": step.bp} for step in priced.steps]
        answer = {
            "monthly_fee_cents": priced.monthly_fee_cents,
            "setup_fee_cents": priced.setup_fee_cents,
            "steps": steps,
            "rate_valid_from": rate.valid_from.isoformat(),
        }
        click.echo(json.dumps(answer, indent=1))
    else:
        from partner_program.cli.tables import print_quote

        print_quote(order, priced, rate)


@program.command(
    epilog=_example(
        'partner-program grant P001 --tier 3 --from 2015-09-01 --until 2015-12-01 --by pat --reason "growth plan"'
    )
)
@click.argument("partner")
@click.option("--tier", type=whole("TIER", 1, 6), required=True, help="The tier to lift the partner to, 1 to 6.")
@click.option("--from", "starts_on", type=DAY, required=True, help="First day of the grace period.")
@click.option("--until", "ends_on", type=DAY, required=True, help="First day after the grace period.")
@click.option("--by", "granted_by", type=WORDS, required=True, help="Who grants it.")
@click.option("--reason", type=WORDS, required=True, help="Why; kept on record.")
def grant(partner: str, tier: int, starts_on: date, ends_on: date, granted_by: str, reason: str) -> None:
    """Grant PARTNER a grace period: its tier from its own start day, settled by the months' runs."""
    from partner_program.usecases.grants import grant_grace

    made, rate = grant_grace(
        installation(), partner, tier=tier, starts_on=starts_on, ends_on=ends_on, granted_by=granted_by, reason=reason
    )
    click.echo(f"grant {made.grant_id}: rate of tier {rate.terms.tier} for new orders from {rate.valid_from}")


@program.group()
def application() -> None:
    """Applications to become an authorised partner."""


@application.command("check", epilog=_example("partner-program application check application.yaml"))
@click.argument("file", type=FILE)
def application_check(file: Path) -> None:
    """Hold the application in FILE (JSON or YAML, field: value) against the programme's list; a person decides."""
    from partner_program.adapters.application_file import read_application
    from partner_program.domain.authorisation import check_application

    checked = check_application(program=installation().programs[-1], application=read_application(file))
    for word, names in (("given", checked.present), ("missing", checked.missing), ("verify", checked.to_verify)):
        for name in names:
            click.echo(f"{word:8} {name}")
    if checked.missing:
        raise Refusal(f"the application is not complete: {', '.join(checked.missing)}")


@program.group()
def brake() -> None:
    """The brake: a run that would change too much waits for a person's word."""


@brake.command("release", epilog=_example('partner-program brake release 2015-08 --reason "large partner left"'))
@click.argument("month", type=MONTH)
@click.option("--reason", type=WORDS, required=True, help="Why these changes are right; kept on record.")
@_looked_at("released_by")
def brake_release(month: BillingMonth, reason: str, released_by: str) -> None:
    """Release what the brake stopped in MONTH; then run the month again."""
    from partner_program.adapters import brake_store

    with installation().database.writing() as connection:
        stopped = brake_store.release(connection, month, released_by=released_by, reason=reason)
    for why in stopped:
        click.echo(f"released: {why}")
    click.echo(f"now run the month again: partner-program run {month}")


@program.command(epilog=_example("partner-program publish NL"))
@click.argument("entity", required=False)
def publish(entity: str | None) -> None:
    """Publish the rates owed to ENTITY's order database, or to each that has a connection, and read them back.

    An entity that is down keeps its rows owed and blocks nobody else.
    """
    here = installation()
    if entity is not None and not _has_orders(here, entity):
        raise Refusal(f"entity {entity} has no order database: set AIRFLOW_CONN_ORDERS_{entity.upper()}")
    failed = _publish(here, entity)
    if failed:
        raise Refusal(f"not published, still owed: {', '.join(failed)}")


def _has_orders(here: "Installation", code: str) -> bool:
    from partner_program.usecases.closes import find_entity
    from partner_program.usecases.installation import orders_connection_id

    return here.connections.get(orders_connection_id(find_entity(here, code))) is not None


def _publish(here: "Installation", entity: str | None = None) -> list[str]:
    """Publish to each entity, say how many rows on stderr, return the entities that failed."""
    from partner_program.usecases.publication import entities_with_orders, publish_rates

    failed = []
    for each in entities_with_orders(here):
        if entity in (None, each.entity):
            try:
                new = publish_rates(here, each, published_on=today(here))
                _progress(f"publish_rates {each.entity}: {new} new, read back")
            except Refusal as refusal:
                _progress(f"publish_rates {each.entity}: {refusal}")
                failed.append(each.entity)
    return failed


@program.command(epilog=_example("partner-program drift"))
def drift() -> None:
    """List the rates in order databases that somebody changed, removed or added by hand."""
    from partner_program.usecases.publication import find_drift

    found = find_drift(installation())
    for each in found:
        click.echo(f"{each.entity} {each.account_id} from {each.valid_from}: {each.message}")
    if found:
        raise Refusal(f"{len(found)} rates are not as they were published")
    click.echo("every published rate is as it was published")


@program.group()
def restatement() -> None:
    """Restatements: a month in force whose inputs changed. Nothing changes until a person accepts."""


@restatement.command("show", epilog=_example("partner-program restatement show 2015-06"))
@click.argument("month", type=MONTH)
def restatement_show(month: BillingMonth) -> None:
    """Show what would change in MONTH: old and new figures, partner by partner."""
    from partner_program.cli.tables import print_proposal
    from partner_program.usecases.restatement import show_restatement

    print_proposal(show_restatement(installation(), month))


@restatement.command(
    "accept", epilog=_example('partner-program restatement accept 2015-06 --reason "credit note arrived late"')
)
@click.argument("month", type=MONTH)
@click.option("--effective-on", type=DAY, help="First day of the corrected rates; default: today.")
@click.option("--reason", type=WORDS, required=True, help="Why the new figures are right; kept on record.")
@_looked_at("accepted_by")
def restatement_accept(month: BillingMonth, effective_on: date | None, reason: str, accepted_by: str) -> None:
    """Take the proposed figures of MONTH into force: rates for new orders from the day of acceptance, new letters."""
    from partner_program.usecases.letters import letter_batches, render_letters
    from partner_program.usecases.preview import preview_months
    from partner_program.usecases.restatement import Acceptance, accept_restatement

    here = installation()
    acceptance = Acceptance(effective_on or today(here), accepted_by, reason)
    proposal = accept_restatement(here, month, acceptance, today=today(here))
    for batch in letter_batches(here, month):
        render_letters(here, month, batch)
    preview_months(here)
    click.echo(f"{month}: revision {proposal.revision}, {len(proposal.differences)} partners restated")


@restatement.command(
    "reject", epilog=_example('partner-program restatement reject 2015-06 --reason "entered twice by mistake"')
)
@click.argument("month", type=MONTH)
@click.option("--reason", type=WORDS, required=True, help="Why the month stays as it is; kept on record.")
@_looked_at("rejected_by")
def restatement_reject(month: BillingMonth, reason: str, rejected_by: str) -> None:
    """Leave MONTH as it is; the same differences are not proposed again."""
    from partner_program.usecases.restatement import reject_restatement

    proposal = reject_restatement(installation(), month, rejected_by=rejected_by, reason=reason)
    click.echo(f"{month}: stays as it is, {len(proposal.differences)} differences rejected")


@program.group()
def close() -> None:
    """Month ends: an entity's word that a month is complete."""


@close.command("check", epilog=_example("partner-program close check NL 2015-06"))
@click.argument("entity")
@click.argument("month", type=MONTH)
def close_check(entity: str, month: BillingMonth) -> None:
    """Read ENTITY's billing database and say whether MONTH is closed and its control totals hold."""
    from partner_program.usecases.closes import find_entity, read_entity_month

    here = installation()
    revenue = read_entity_month(here, find_entity(here, entity), month)
    for each in revenue.closes:
        click.echo(f"{entity} {month} {each.currency}: {each.line_count} lines, total {each.control_total_minor} minor")
    if revenue.fault is not None:
        raise Refusal(f"entity {entity}: {revenue.fault}")
    click.echo(f"{entity} {month}: closed, and what was read agrees with it")


@close.command(
    "record",
    epilog=_example("partner-program close record NL 2015-06 --currency EUR --lines 310 --total 12345678 --by finance"),
)
@click.argument("entity")
@click.argument("month", type=MONTH)
@click.option("--currency", type=CURRENCY, required=True, help="Of these lines, as in EUR; one close a currency.")
@click.option("--lines", type=whole("COUNT", 0), required=True, help="Posted lines that touch the month.")
@click.option("--total", type=whole("MINOR"), required=True, help="Sum of their net amounts in minor units (cents).")
@click.option("--by", "recorded_by", type=WORDS, required=True, help="Whose word it is.")
def close_record(entity: str, month: BillingMonth, currency: str, lines: int, total: int, recorded_by: str) -> None:
    """Write down ENTITY's close of MONTH, for a billing system that knows no month end."""
    from partner_program.domain.revenue import PeriodClose
    from partner_program.usecases.closes import record_close

    record_close(installation(), entity, month, PeriodClose(currency, lines, total), recorded_by=recorded_by)
    click.echo(f"{entity} {month} {currency}: close recorded, {lines} lines, total {total} minor")


@program.command(epilog=_example("partner-program doctor"))
def doctor() -> None:
    """Check this installation: programme files, database, connections, templates; say what to do."""
    from partner_program.usecases.doctor import examine

    findings = examine(installation())
    for finding in findings:
        click.echo(f"{'ok  ' if finding.sound else 'FAIL'} {finding.subject}: {finding.message}")
    if not all(finding.sound for finding in findings):
        raise Refusal("something needs attention: see the lines marked FAIL")

"""Commands about rates: quote an order, publish rates, find rates that were changed by hand."""

from datetime import date

import click

from partner_program.cli.inputs import AMOUNT, DAY, PERCENT, installation, whole
from partner_program.cli.options import example, person, progress, text_or_json
from partner_program.domain.plurals import plural
from partner_program.domain.refusals import Refusal

_TERM = whole("MONTHS", 1, 120)


@click.command(epilog=example("partner-program quote P001 --on 2015-08-01 --monthly 99.00 --setup 49.00 --term 12"))
@click.argument("partner")
@click.option("--on", "placed_on", type=DAY, required=True, help="The day on which the order is placed.")
@click.option("--monthly", type=AMOUNT, required=True, help="Monthly fee at list price.")
@click.option("--setup", type=AMOUNT, required=True, help="Setup fee at list price.")
@click.option("--term", type=_TERM, required=True, help="Contract term in months, paid in advance.")
@click.option("--website", type=PERCENT, default="0", help="Website discount on these servers, in per cent.")
@click.option("--promo", type=PERCENT, default="0", help="What a promo code gives, in per cent.")
@click.option("--product", help="Product family of the programme; some may have no one-month term.")
@click.option("--shortened-from", type=_TERM, help="Term of the expiring contract that this one shortens.")
@text_or_json
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
    """Show what an order of PARTNER costs on a day, with the rate in force on that day and the service level it keeps.

    Of a service that runs already, name the day on which it was ordered.
    """
    from partner_program.usecases.orders import Order, quote_file, quote_order

    order = Order(partner, placed_on, monthly, setup, term, website, promo, product, shortened_from)
    if form == "json":
        click.echo(quote_file(installation(), order), nl=False)
    else:
        from partner_program.cli.tables import print_quote

        here = installation()
        program = here.program_on(placed_on)
        print_quote(order, *quote_order(here, order), has_sla=program.has("sla"), unit=program.unit.of_orders)


@click.command(epilog=example("partner-program publish NL"))
@click.argument("entity", required=False)
@person("done_by", "Who publishes: it stays on record where something was owed.")
def publish(entity: str | None, done_by: str) -> None:
    """Publish the rates owed to ENTITY's order database, or to each that has a connection, and read them back.

    An entity that is down keeps its rows owed and does not stop the others.
    """
    from partner_program.usecases.publication import publish_owed

    here = installation()
    failed = publish_owed(here, published_on=here.today(), only=entity, done_by=done_by, progress=progress)
    if failed:
        raise Refusal(f"not published, still owed: {', '.join(failed)}")


@click.command(epilog=example("partner-program drift"))
def drift() -> None:
    """List the rates and benefits in order databases that somebody changed, removed or added by hand."""
    from partner_program.usecases.drift import DriftUnknown, find_drift

    unknown: DriftUnknown | None = None
    try:
        found = find_drift(installation())
    except DriftUnknown as fault:
        found, unknown = list(fault.found), fault
    for each in found:
        click.echo(f"{each.entity} {each.account_id} from {each.valid_from}: {each.message}")
    if unknown is not None:
        raise unknown
    if found:
        benefits = sum(each.table == "program_benefit" for each in found)
        counted = [
            *(
                [plural(len(found) - benefits, "rate is not as it was", "rates are not as they were")]
                if len(found) > benefits
                else []
            ),
            *([plural(benefits, "benefit is not as it was", "benefits are not as they were")] if benefits else []),
        ]
        raise Refusal(f"{' and '.join(counted)} published")
    click.echo("every published rate is as it was published")

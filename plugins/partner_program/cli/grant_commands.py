"""Commands about grace grants: make one, list them with what they still need."""

from datetime import date
from typing import Literal

import click

from partner_program.cli.inputs import DAY, TIER, WORDS, installation
from partner_program.cli.options import all_rows, as_of, due, example, table_or_file
from partner_program.domain.grace import deciding_months, months_words


@click.command(
    epilog=example(
        'partner-program grant P001 --tier 3 --from 2015-09-01 --until 2015-12-01 --by pat --reason "growth plan"'
    )
)
@click.argument("partner")
@click.option("--tier", type=TIER, required=True, help="The tier to lift the partner to: one of that day's programme.")
@click.option("--from", "starts_on", type=DAY, required=True, help="First day of the grace period.")
@click.option("--until", "ends_on", type=DAY, required=True, help="First day after the grace period.")
@click.option("--by", "granted_by", type=WORDS, required=True, help="Who grants it.")
@click.option("--reason", type=WORDS, required=True, help="Why; kept on record.")
def grant(partner: str, tier: int, starts_on: date, ends_on: date, granted_by: str, reason: str) -> None:
    """Grant PARTNER a grace period: its tier from its own start day, settled by the months' runs."""
    from partner_program.usecases.grants import grant_grace

    here = installation()
    made, rate = grant_grace(
        here,
        partner,
        tier=tier,
        starts_on=starts_on,
        ends_on=ends_on,
        granted_by=granted_by,
        reason=reason,
        today=here.today(),
    )
    tier_words = here.tier_names.on(rate.valid_from, rate.terms.tier) or f"tier {rate.terms.tier}"
    click.echo(f"grant {made.grant_id}: rate of {tier_words} for new orders from {rate.valid_from}")
    click.echo(f"months that can confirm it: {months_words(tuple(deciding_months(made)))}")


@click.group()
def grants() -> None:
    """Grace grants: which are open, and what each still needs."""


@grants.command("list", epilog=example("partner-program grants list --due 30"))
@due
@as_of
@click.option("--settled", is_flag=True, help="Those that were confirmed or have lapsed too.")
@table_or_file
@all_rows
def grants_list(
    due_days: int | None, on: date | None, settled: bool, form: Literal["table", "json", "csv"], every: bool
) -> None:
    """List each open grant: what it needs, what its partner counted last, which months can still confirm it.

    A month confirms a grant if its last day lies in it and it earns the tier.
    """
    from partner_program.usecases.grants import grants_file, list_grants

    here = installation()
    day = on or here.today()
    standings = list_grants(here, on=day, due_days=due_days, settled=settled)
    if form == "table":
        from partner_program.cli.grant_tables import print_grants

        print_grants(standings, on=day, every=every, unit=here.program_on_or_first(day).unit)
    else:
        click.echo(grants_file(here, standings, form, on=day), nl=False)

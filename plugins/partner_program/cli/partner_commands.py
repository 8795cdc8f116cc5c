"""Commands about partners: suspend, end, let go on; move a manager's partners to another."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from partner_program.cli.inputs import DAY, WORDS, installation
from partner_program.cli.options import example, into_registry, person, progress
from partner_program.domain.plurals import plural

if TYPE_CHECKING:
    from partner_program.usecases.partner_status import Step


@click.group()
def partner() -> None:
    """The life of one partner in the programme."""


def _step(command: Callable[..., Any]) -> Callable[..., Any]:
    """What all steps ask for: the partner, the folder, the day, who and why."""
    options = (
        click.argument("partner_id", metavar="PARTNER"),
        into_registry,
        click.option("--from", "day", type=DAY, help="First day on which new orders are concerned; default: today."),
        person("done_by", "Who does it."),
        click.option("--reason", type=WORDS, required=True, help="Why; kept on record."),
    )
    for option in reversed(options):
        command = option(command)
    return command


_SUSPEND = "partner-program partner suspend P007 --into registry/ --from 2026-12-01 --reason 'abuse reports unanswered'"


@partner.command("suspend", epilog=example(_SUSPEND))
@_step
def partner_suspend(**asked: Any) -> None:
    """Suspend PARTNER: no programme rate for new orders and no benefit from a day on; existing services keep theirs."""
    _take("suspend", **asked)


@partner.command("end", epilog=example("partner-program partner end P007 --into registry/ --reason 'contract ended'"))
@_step
def partner_end(**asked: Any) -> None:
    """End PARTNER's time in the programme: as suspend, for good."""
    _take("end", **asked)


@partner.command("resume", epilog=example("partner-program partner resume P007 --into registry/ --reason 'answered'"))
@_step
def partner_resume(**asked: Any) -> None:
    """Let a suspended PARTNER go on, from today.

    It gets the rate of its last month back where no month took force in between, otherwise with the next month.
    """
    _take("resume", **asked)


def _take(step: "Step", *, partner_id: str, folder: Path, day: date | None, done_by: str, reason: str) -> None:
    from partner_program.usecases.partner_status import change_status, status_words
    from partner_program.usecases.publication import publish_owed

    here = installation()
    today = here.today()
    change = change_status(
        here, partner_id, folder, step=step, day=day or today, today=today, done_by=done_by, reason=reason
    )
    click.echo(status_words(change))
    if change.changed:
        failed = publish_owed(here, published_on=today, progress=progress)
        if failed:
            click.echo(f"not published yet, run `partner-program publish`: {', '.join(failed)}")


@click.group()
def partners() -> None:
    """Several partners at once."""


@partners.command(
    "assign",
    epilog=example(
        "partner-program partners assign --from-manager M1 --to-manager M2 --into registry/ --reason 'M1 leaves'",
        "partner-program partners assign --from-manager M1 --to-manager M2 --partner P7 --into registry/ --reason trip",
    ),
)
@click.option("--from-manager", required=True, type=WORDS, metavar="ID", help="Whose partners move.")
@click.option("--to-manager", required=True, type=WORDS, metavar="ID", help="Who gets them.")
@click.option("--partner", "only", multiple=True, metavar="PARTNER", help="Only this one; may be given many times.")
@into_registry
@person("done_by", "Who does it.")
@click.option("--reason", type=WORDS, required=True, help="Why; kept on record.")
def partners_assign(
    from_manager: str, to_manager: str, only: tuple[str, ...], folder: Path, done_by: str, reason: str
) -> None:
    """Move a partner manager's partners to another: all of them, or those that are named."""
    from partner_program.usecases.partner_managers import assign_partners

    moved = assign_partners(
        installation(),
        folder,
        from_manager=from_manager,
        to_manager=to_manager,
        only=only,
        done_by=done_by,
        reason=reason,
    )
    if not moved:
        click.echo(f"{from_manager} has no partner: nothing is written")
        return
    click.echo(f"{plural(len(moved), 'partner')} moved from {from_manager} to {to_manager}: {', '.join(moved)}")

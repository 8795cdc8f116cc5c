"""Commands about what partner managers have to see to: show it, and send each their weekly digest."""

import sys
import time
from datetime import date
from typing import Literal

import click

from partner_program.cli.contract_commands import tell_unread
from partner_program.cli.inputs import CODE, DAY, WORDS, installation, whole
from partner_program.cli.options import all_rows, as_of, example, looked_at, person, text_or_json
from partner_program.domain.acts import Doer
from partner_program.domain.plurals import plural
from partner_program.domain.reminders import DUE_DAYS

_due = click.option(
    "--due",
    "due_days",
    type=whole("DAYS", 1, 365),
    default=str(DUE_DAYS),
    show_default=True,
    help="What ends or is due within so many days.",
)


@click.group()
def reminders() -> None:
    """What each partner manager has to see to soon."""


@reminders.command("show", epilog=example("partner-program reminders show --manager M1"))
@_due
@as_of
@click.option("--manager", type=CODE, help="Only what this partner manager has to see to.")
@text_or_json
def reminders_show(due_days: int, on: date | None, manager: str | None, form: str) -> None:
    """Show what ends soon for each manager's partners: benefits, agreements, grace periods, contracts; and answers due.

    A day is the first one without it, or the last one for an answer. Nothing is sent. Contracts are asked from the
    billing databases now; an entity that cannot be read is named, and the exit status is 1.
    """
    from partner_program.usecases.reminders import reminders_file, show_reminders

    here = installation()
    found = show_reminders(here, on=on or here.today(), due_days=due_days, manager_id=manager)
    if form == "json":
        click.echo(reminders_file(found), nl=False)
    else:
        from partner_program.cli.reminder_text import print_reminders

        print_reminders(found)
    tell_unread(found.not_read, found.faulty_lines)


@reminders.command("send", epilog=example("partner-program reminders send --by kim"))
@_due
@click.option("--on", type=DAY, help="The day of which it tells, which is in the digests' week; default: today.")
@person("sent_by", "Who sends: it stays on record.")
def reminders_send(due_days: int, on: date | None, sent_by: str) -> None:
    """Send each partner manager who has something to see to the digest of the week, once.

    It tells what `reminders show` does, and once what has ended since the manager's last digest. Without live sending
    (connection letters_smtp) each message is written below PARTNER_PROGRAM_OUT/mail/digests. Sending again in the week
    sends only what was not handed over. Exit status 1 where a digest needs a person, or an entity could not be read.
    """
    from partner_program.cli.digest_tables import print_open, sent_text
    from partner_program.usecases.digests.collecting import collect_digests
    from partner_program.usecases.digests.listing import reconcile_digests
    from partner_program.usecases.digests.sending import send_digests
    from partner_program.usecases.handover import Clock

    here = installation()
    found = collect_digests(here, on=on or here.today(), due_days=due_days, by=sent_by, clock=time.time)
    report = send_digests(here, found.week, clock=Clock(time.time, time.sleep), sent_by=sent_by)
    counted = reconcile_digests(here, found.week)
    click.echo(sent_text(found.week, report))
    if found.unowned_contracts:
        contracts = plural(found.unowned_contracts, "contract ends", "contracts end")
        click.echo(f"{contracts} at accounts that are linked to no one partner: partner-program contracts ending")
    print_open(counted)
    tell_unread(found.not_read, found.faulty_lines)
    if counted.needs_a_person:
        sys.exit(1)


@reminders.command("list", epilog=example("partner-program reminders list"))
@all_rows
@text_or_json
def reminders_list(every: bool, form: str) -> None:
    """List the digests, the newest week first: one row for each partner manager, whether there was something to tell.

    A week is named by its Monday.
    """
    from partner_program.usecases.digests.listing import digests_file, list_digests

    found = list_digests(installation())
    if form == "json":
        click.echo(digests_file(found), nl=False)
    else:
        from partner_program.cli.digest_tables import print_digests

        print_digests(found, every=every)


@reminders.command(
    "resolve", epilog=example('partner-program reminders resolve 2015-08-03 M1 --accepted --reason "in the log"')
)
@click.argument("week", type=DAY)
@click.argument("manager", type=CODE)
@click.option("--accepted", "word", flag_value="accepted", help="An ambiguous digest did arrive.")
@click.option("--not-sent", "word", flag_value="not_sent", help="It did not arrive, or came back: send it again.")
@click.option("--reason", type=WORDS, required=True, help="Why; kept on record.")
@looked_at("resolved_by")
def reminders_resolve(
    week: date, manager: str, word: Literal["accepted", "not_sent"] | None, reason: str, resolved_by: str
) -> None:
    """Resolve MANAGER's digest of a WEEK, which any of its days names, that cannot go on by itself.

    Before --not-sent, look for its Message-ID (reminders list) in the mail server's log: an ambiguous digest may have
    arrived. In its week `reminders send` sends it again; after it, the next week's digest tells again what had ended.
    """
    from partner_program.usecases.digests.resolution import resolve_digest

    if word not in ("accepted", "not_sent"):
        raise click.UsageError("one of --accepted and --not-sent is needed")
    row = resolve_digest(installation(), week, manager, word, Doer(resolved_by, reason, int(time.time())))
    then = {
        "approved": "; now: partner-program reminders send",
        "undeliverable": "; its week is over: the next digest tells again what had ended",
    }.get(row.status, "")
    click.echo(f"digest of the week of {row.week_of} for {manager}: resolved by {resolved_by}{then}")

"""Commands about letters: list and show them, write them as PDF, approve, send, resolve, reconcile, read bounces."""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from partner_program.cli.inputs import FILE, MONTH, WORDS, installation, whole
from partner_program.cli.options import all_rows, example, looked_at, out_file, person, text_or_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.delivery import STATES
from partner_program.domain.plurals import plural

if TYPE_CHECKING:
    from partner_program.usecases.handover import SendReport

_WHY = click.option("--reason", type=WORDS, required=True, help="Why; kept on record.")


@click.group()
def letters() -> None:
    """The letters of a month: who is owed one, what it says, whether it was sent."""


@letters.command("list", epilog=example("partner-program letters list 2015-06 --state ambiguous"))
@click.argument("month", type=MONTH)
@click.option("--state", type=click.Choice(STATES), multiple=True, help="Only these states; may be given again.")
@all_rows
@text_or_json
def list_letters(month: BillingMonth, state: tuple[str, ...], every: bool, form: str) -> None:
    """List the letters of MONTH: one row for each recipient; JSON has all of them."""
    from partner_program.usecases.letters.owed_to_nobody import owed_to_nobody
    from partner_program.usecases.letters.show import list_deliveries

    with list_deliveries(installation(), month, states=state or None) as (total, rows):
        if form == "json":
            click.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1))
        else:
            from partner_program.cli.letter_tables import print_deliveries

            print_deliveries(rows, every=every, total=total)
            nobody = owed_to_nobody(installation(), month)
            click.echo(nobody, nl=bool(nobody))


@letters.command("show", epilog=example("partner-program letters show P001 2015-06 --format html > letter.html"))
@click.argument("partner")
@click.argument("month", type=MONTH)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "html", "eml"]),
    default="text",
    show_default=True,
    help="The plain text, the HTML, or the whole message as it would be sent.",
)
def show(partner: str, month: BillingMonth, form: str) -> None:
    """Show the letter of PARTNER for MONTH as it is now, and to whom it goes."""
    from partner_program.usecases.letters.show import show_letter

    shown = show_letter(installation(), month, partner)
    if form == "eml":
        sys.stdout.buffer.write(shown.message)
    elif form == "html":
        click.echo(shown.html, nl=False)
    else:
        for row in shown.deliveries:
            click.echo(f"To: {row.recipient or '(no billing contact)'} - {row.status} {row.reply or ''}".rstrip())
        click.echo(f"Subject: {shown.subject}\n\n{shown.text}", nl=False)


@letters.command("pdf", epilog=example("partner-program letters pdf P001 2015-06 --out letter.pdf"))
@click.argument("partner")
@click.argument("month", type=MONTH)
@out_file
@click.option("--program", "program_file", type=FILE, help="The programme file, if the month ran with one by hand.")
def pdf(partner: str, month: BillingMonth, out: Path | None, program_file: Path | None) -> None:
    """Write PARTNER's letter of MONTH as PDF, with the facts and sentences of the mail; it is not sent by mail."""
    from partner_program.usecases.letters.documents import letter_pdf

    click.echo(letter_pdf(installation(), partner, month, out=out, program_file=program_file))


@letters.command("book", epilog=example("partner-program letters book 2015-06"))
@click.argument("month", type=MONTH)
def book(month: BillingMonth) -> None:
    """Write the page to look at before approving the letters of MONTH, unusual ones first; print where it is."""
    from partner_program.usecases.letters.book import write_book

    here = installation()
    click.echo(write_book(here, month, today=here.today()))


@letters.command("approve", epilog=example('partner-program letters approve 2015-06 --by robin --reason "looked at"'))
@click.argument("month", type=MONTH)
@_WHY
@looked_at("approved_by")
@click.option("--hash", "batch_hash", type=WORDS, help="Hash of the letters looked at; `letters book` shows it.")
@click.option("--alone", is_flag=True, help="One person runs and approves; only where letters are written to files.")
def approve(month: BillingMonth, reason: str, approved_by: str, batch_hash: str | None, alone: bool) -> None:
    """Approve the letters of MONTH as they are now; a letter that is rendered anew needs a new approval.

    Whoever ran the month may not approve its letters.
    """
    from partner_program.usecases.letters.approval import approve_letters

    batch = approve_letters(
        installation(),
        month,
        approved_by=approved_by,
        reason=reason,
        clock=time.time,
        batch_hash=batch_hash,
        alone=alone,
    )
    click.echo(
        f"{month}: {plural(batch.deliveries, 'letter')} to {plural(batch.partners, 'partner')} "
        f"approved by {approved_by} ({batch.batch_hash[:12]}); now: partner-program letters send {month}"
    )


@letters.command("send", epilog=example("partner-program letters send 2015-06 --limit 3"))
@click.argument("month", type=MONTH)
@click.option("--limit", type=whole("N", 1), help="Send at most so many.")
@person("sent_by", "Who sends: it stays on record.")
def send(month: BillingMonth, limit: int | None, sent_by: str) -> None:
    """Send what was approved of MONTH.

    Without live sending (connection letters_smtp) each message is written below PARTNER_PROGRAM_OUT/mail. A letter is
    handed over once: sending again sends only what was not. Exit status 1 where something needs a person.
    """
    from partner_program.cli.letter_tables import sending_progress
    from partner_program.usecases.handover import Clock
    from partner_program.usecases.letters.reconciliation import reconcile_letters
    from partner_program.usecases.letters.sending import EVERY_LETTER, count_to_send, send_letters

    here = installation()
    with sending_progress(count_to_send(here, month)) as progress:
        report = send_letters(
            here,
            month,
            clock=Clock(time.time, time.sleep),
            sent_by=sent_by,
            limit=limit or EVERY_LETTER,
            progress=progress,
        )
    click.echo(_sent_text(month, report))
    found = reconcile_letters(here, month)
    if waiting := found.states["rendered"]:
        click.echo(
            f"{plural(waiting, 'waits', 'wait')} for an approval: partner-program letters approve {month} --reason TEXT"
        )
    if found.needs_a_person:
        click.echo(f"some need a person: partner-program letters reconcile {month}")
        sys.exit(1)


def _sent_text(month: BillingMonth, report: "SendReport") -> str:
    done = ", ".join(f"{count} {state}" for state, count in sorted(report.outcomes.items())) or "nothing to send"
    waiting = "".join(f"\n{plural(count, 'waits', 'wait')}: {why}" for why, count in sorted(report.waiting.items()))
    return f"{month}: {done}{waiting}"


@letters.command(
    "resolve", epilog=example('partner-program letters resolve 2015-06 P001 --accepted --reason "in the log"')
)
@click.argument("month", type=MONTH)
@click.argument("partner", required=False)
@click.option("--accepted", "word", flag_value="accepted", help="An ambiguous letter did arrive.")
@click.option("--resend", "word", flag_value="resend", help="Send it again, after a new approval.")
@click.option("--never-came", "word", flag_value="never_came", help="An accepted letter did not arrive: refused.")
@click.option("--recipient", type=WORDS, multiple=True, help="Only the letter to this address; may be given again.")
@click.option("--written-to-files", is_flag=True, help="With --resend: those that only went to files.")
@_WHY
@looked_at("resolved_by")
def resolve(
    month: BillingMonth,
    partner: str | None,
    word: Literal["accepted", "resend", "never_came"] | None,
    recipient: tuple[str, ...],
    written_to_files: bool,
    reason: str,
    resolved_by: str,
) -> None:
    """Resolve letters of MONTH that cannot go on by themselves: PARTNER's, or all of them.

    A partner's letter goes to each of its billing contacts: --recipient takes one of them alone.
    A letter that the mail server took and that never came is --never-came first, then --resend.
    Before --resend, look for the Message-ID in the mail server's log: an ambiguous letter may have arrived.
    """
    from partner_program.usecases.letters.resolution import resolve_letters, resolver

    if word not in ("accepted", "resend", "never_came"):
        raise click.UsageError("one of --accepted, --resend and --never-came is needed")
    count = resolve_letters(
        installation(),
        month,
        word,
        resolver(resolved_by, reason, time.time),
        partners=[partner] if partner else None,
        recipients=recipient or None,
        written_to_files=written_to_files,
    )
    then = {
        "resend": f"; now: partner-program letters approve {month} --reason TEXT",
        "never_came": "; correct the contact and run the month again, or send it again: letters resolve with --resend",
    }.get(word, "")
    click.echo(f"{month}: {plural(count, 'letter')} resolved by {resolved_by}{then}")


@letters.command("reconcile", epilog=example("partner-program letters reconcile 2015-06"))
@click.argument("month", type=MONTH)
@all_rows
@text_or_json
def reconcile(month: BillingMonth, every: bool, form: str) -> None:
    """Count the letters of MONTH: owed = the sum of the states; exit status 1 where they differ."""
    from partner_program.cli.letter_tables import print_reconciliation, reconciliation_json
    from partner_program.usecases.letters.reconciliation import reconcile_letters

    found = reconcile_letters(installation(), month)
    if form == "json":
        click.echo(reconciliation_json(found))
    else:
        print_reconciliation(found, every=every)
    if not found.adds_up:
        sys.exit(1)


@letters.command("bounces", epilog=example('partner-program letters bounces bounces.mbox --reason "weekly"'))
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@_WHY
@looked_at("done_by")
def bounces(path: Path, reason: str, done_by: str) -> None:
    """Read what mail servers sent back, from a folder of messages or an mbox file, and mark the letters refused."""
    from partner_program.usecases.letters.bounces import import_bounces
    from partner_program.usecases.letters.resolution import resolver

    report = import_bounces(installation(), path, resolver(done_by, reason, time.time))
    click.echo(
        f"{plural(report.refused, 'letter')} came back permanently, "
        f"{plural(len(report.left), 'notification')} changed nothing"
    )
    for each, why in report.left:
        click.echo(f"  {each.place}: {why}")


@letters.command("adopt", epilog=example('partner-program letters adopt --reason "restored on the new machine"'))
@_WHY
@looked_at("done_by")
def adopt(reason: str, done_by: str) -> None:
    """Let a database that was copied, moved or put back from a backup send letters and digests from here.

    Every one that was not finished becomes ambiguous: it may have been sent since.
    """
    from partner_program.usecases.digests.listing import list_digests
    from partner_program.usecases.letters.resolution import adopt_installation, ambiguous_letters, resolver

    here = installation()
    count = adopt_installation(here, resolver(done_by, reason, time.time))
    click.echo(f"this installation sends from now on; {plural(count, 'letter has', 'letters have')} become ambiguous")
    for month, letters_of_month in ambiguous_letters(here).items():
        click.echo(f"{month}: {letters_of_month} to resolve: partner-program letters list {month} --state ambiguous")
    if any(each.status == "ambiguous" for each in list_digests(here)):
        click.echo("digests to resolve: partner-program reminders list")

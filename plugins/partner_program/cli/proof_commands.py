"""Commands about the proof of a month: write it, look through one, make and show the key that signs."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from partner_program.cli.inputs import FILE, MONTH, WORDS, installation
from partner_program.cli.options import example, person, text_or_json
from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.plurals import plural
from partner_program.domain.refusals import Refusal

if TYPE_CHECKING:
    from partner_program.domain.proof import Verification

NEW_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def proof() -> None:
    """The proof of a month: one signed file that an auditor looks through without our database."""


@proof.command("write", epilog=example("partner-program proof write 2015-06 --to june.zip"))
@click.argument("month", type=MONTH)
@click.option("--to", type=NEW_FILE, required=True, help="The file; it is replaced only if it is a proof of MONTH.")
@click.option("--program", "program_file", type=FILE, help="The programme file, if the month ran with one by hand.")
@person("written_by", "Who writes it: on record.")
def proof_write(month: BillingMonth, to: Path, program_file: Path | None, written_by: str) -> None:
    """Write the proof of MONTH: registers, snapshots, programme, rates, acts and hashes of letters, without a name.

    With nothing new it is the same to the byte.
    """
    from partner_program.usecases.proofs.write import write_proof

    by = Doer(written_by, "wrote the proof", int(time.time()))
    written = write_proof(installation(), month, to, by=by, program_file=program_file)
    head = written.head
    click.echo(f"{to}: proof of {month}, revision {head.revision}, {'written' if written.changed else 'nothing new'}")
    click.echo(f"sha256 {written.sha256}, {written.size:,} bytes")
    click.echo(f"signed with the key {head.fingerprint}")
    if head.before is None:
        click.echo(f"the chain begins here: {head.because}")
    else:
        click.echo(f"follows the proof of {head.before.billing_month}, sha256 {head.before.sha256}")


@proof.command("verify", epilog=example("partner-program proof verify june.zip --trusted-key auditor/proof-2015.pem"))
@click.argument("file", type=FILE)
@click.option(
    "--trusted-key", "trusted", type=FILE, multiple=True, help="Public key that may have signed it; may be repeated."
)
@click.option("--before", type=FILE, help="The proof of the month before, to follow the chain.")
@text_or_json
def proof_verify(file: Path, trusted: tuple[Path, ...], before: Path | None, form: str) -> None:
    """Look through FILE: is it unchanged, who signed it, and does its month come out the same when decided again?

    Needs no database, no network and no Airflow. Each difference names the file inside and the partner; status 1.
    """
    from partner_program.usecases.proofs.verify import verify_proof

    found = verify_proof(file, trusted=trusted, before=before)
    if form == "json":
        click.echo(json.dumps(_facts(found), indent=1))
    else:
        _print(found, asked=bool(trusted))
    if not found.holds:
        raise Refusal(f"{file.name} does not prove its month: {plural(len(found.differences), 'difference')}")


def _print(found: "Verification", *, asked: bool) -> None:
    head = found.head
    click.echo(f"proof of {head.billing_month}, revision {head.revision}, {head.status.replace('_', ' ')}")
    for each in found.differences:
        click.echo(f"DIFFERS {each}")
    if found.holds:
        click.echo("unchanged: every byte is as it was signed")
        done = ", ".join(f"{count:,} {name}" for name, count in found.counts.items())
        click.echo(f"decided again, and the same to the cent: {done}")
    trust = {True: "which is trusted", False: "not one of those trusted"}[found.trusted]
    click.echo(f"signed with the key {head.fingerprint}, {trust if asked else 'which nobody has vouched for here:'}")
    if not asked:
        click.echo("compare it with the fingerprint that the company gave you by another way, or use --trusted-key")
    for note in found.notes:
        click.echo(note)


def _facts(found: "Verification") -> dict[str, object]:
    head = found.head
    return {
        "billing_month": str(head.billing_month),
        "revision": head.revision,
        "status": head.status,
        "holds": found.holds,
        "key": head.fingerprint,
        "trusted": found.trusted,
        "counts": dict(found.counts),
        "notes": list(found.notes),
        "differences": [
            {"file": each.member, "partner_id": each.partner_id, "what": each.what} for each in found.differences
        ],
    }


@proof.group("key")
def proof_key() -> None:
    """The key that signs proofs: a private part that stays here, a public one for the auditor."""


@proof_key.command("new", epilog=example("partner-program proof key new --to /etc/partner-program/proof-2015.pem"))
@click.option("--to", type=NEW_FILE, required=True, help="New file for the private key; only its owner may read it.")
def proof_key_new(to: Path) -> None:
    """Make a key: the private part goes to the file, the public one is printed, for the auditor to keep."""
    from partner_program.usecases.proofs.keys import new_key

    made = new_key(to)
    click.echo(made.pem, nl=False)
    click.echo(f"{to}: private key, fingerprint {made.fingerprint}: set PARTNER_PROGRAM_PROOF_KEY={to}", err=True)


@proof_key.command("show", epilog=example("partner-program proof key show > proof-2015-public.pem"))
def proof_key_show() -> None:
    """Print the public part of the key that signs here; its fingerprint goes to stderr."""
    from partner_program.usecases.proofs.keys import own_key

    key = own_key(installation())
    click.echo(key.pem, nl=False)
    click.echo(f"fingerprint {key.fingerprint}", err=True)


@proof.command("who", epilog=example('partner-program proof who "pat"'))
@click.argument("name", type=WORDS)
def proof_who(name: str) -> None:
    """Print what stands for the person NAME in the proofs that this installation's key signs."""
    from partner_program.usecases.proofs.keys import pseudonym

    click.echo(pseudonym(installation(), name))

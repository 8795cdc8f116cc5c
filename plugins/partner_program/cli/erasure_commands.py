"""Commands that erase a person: a partner's contact by its address, or one of the own staff by name."""

import time
from pathlib import Path

import click

from partner_program.cli.inputs import FOLDER, WORDS, installation
from partner_program.cli.options import example, person
from partner_program.domain.acts import Doer

_into = click.option(
    "--into",
    "folder",
    type=FOLDER,
    metavar="DIR",
    help="The registry's folder, as it was loaded last; needed where its files name the person.",
)
_reason = click.option("--reason", type=WORDS, required=True, help="Why; kept on record, without the person's name.")


@click.group()
def erase() -> None:
    """Erase a person's name and address, and keep what was decided.

    A pseudonym takes their place, made with the key in connection `pseudonyms`. What was sent stays with its readers.
    """


@erase.command("contact", epilog=example('partner-program erase contact a@p9.example --into registry --reason "asked"'))
@click.argument("address", type=WORDS)
@_into
@person("erased_by", "Who erases.")
@_reason
def erase_contact(address: str, folder: Path | None, erased_by: str, reason: str) -> None:
    """Erase the contact with the e-mail ADDRESS out of registry, outbox, letters, acts, benefits and disputes."""
    from partner_program.usecases import erasure

    by = Doer(erased_by, reason, int(time.time()))
    click.echo(erasure.erased_words(erasure.erase_contact(installation(), address, folder, by=by)))


@erase.command(
    "person", epilog=example('partner-program erase person "Sam Smit" --also sam@us.example --reason "left"')
)
@click.argument("name", type=WORDS)
@click.option("--also", multiple=True, type=WORDS, help="An address, login or number of theirs; may be repeated.")
@_into
@person("erased_by", "Who erases.")
@_reason
def erase_person(name: str, also: tuple[str, ...], folder: Path | None, erased_by: str, reason: str) -> None:
    """Erase NAME of the own staff: who acted, who granted, and a former manager named in letters."""
    from partner_program.usecases import erasure

    by = Doer(erased_by, reason, int(time.time()))
    click.echo(erasure.erased_words(erasure.erase_person(installation(), name, folder, also=also, by=by)))

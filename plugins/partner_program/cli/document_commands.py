"""Commands about documents for download: the certificate, and the badge for a website."""

from datetime import date
from pathlib import Path

import click

from partner_program.cli.inputs import DAY, installation
from partner_program.cli.options import example, out_file


@click.command(epilog=example("partner-program certificate P001 --out certificate.pdf"))
@click.argument("partner")
@click.option("--on", "day", type=DAY, help="The day that it is for; default: today.")
@out_file
def certificate(partner: str, day: date | None, out: Path | None) -> None:
    """Write the Partner Program Certificate of PARTNER as PDF: the tier of the rate in force on a day."""
    from partner_program.usecases.letters.documents import certificate_pdf

    here = installation()
    now = here.today()
    click.echo(certificate_pdf(here, partner, on=day or now, today=now, out=out))


@click.command(epilog=example("partner-program badge P001 --out badge.svg"))
@click.argument("partner")
@click.option("--on", "day", type=DAY, help="The day that it is for; default: today.")
@out_file
def badge(partner: str, day: date | None, out: Path | None) -> None:
    """Write the badge of PARTNER for its website as SVG: its tier on a day, under the number of its certificate."""
    from partner_program.usecases.letters.documents import badge as write_badge

    here = installation()
    now = here.today()
    click.echo(write_badge(here, partner, on=day or now, today=now, out=out))

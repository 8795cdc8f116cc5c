"""All commands by name; each module beside this one has those about one noun.

A command reads what was typed, calls one use case and prints its answer.
"""

import click

from partner_program.cli.account_commands import accounts
from partner_program.cli.act_commands import acts
from partner_program.cli.application_commands import application
from partner_program.cli.benefit_commands import benefit
from partner_program.cli.close_commands import close
from partner_program.cli.contract_commands import contracts
from partner_program.cli.dispute_commands import dispute
from partner_program.cli.document_commands import badge, certificate
from partner_program.cli.erasure_commands import erase
from partner_program.cli.event_commands import events
from partner_program.cli.exchange_rate_commands import rates
from partner_program.cli.export_commands import export
from partner_program.cli.grant_commands import grant, grants
from partner_program.cli.letter_commands import letters
from partner_program.cli.month_commands import brake, explain, month, register, run
from partner_program.cli.options import example
from partner_program.cli.partner_commands import partner, partners
from partner_program.cli.program_commands import new, program_files
from partner_program.cli.proof_commands import proof
from partner_program.cli.rate_commands import drift, publish, quote
from partner_program.cli.reminder_commands import reminders
from partner_program.cli.report_commands import cost, forecast, leakage, movements, near
from partner_program.cli.restatement_commands import restatement
from partner_program.cli.set_up_commands import doctor, init, load
from partner_program.cli.signal_commands import signals
from partner_program.cli.simulation_commands import simulate
from partner_program.cli.source_commands import source
from partner_program.cli.status_commands import status

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
_FIRST_MONTH = example(
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


for _command in (
    *(new, program_files),
    *(init, load, application, partner, partners, doctor),
    *(run, register, explain, acts, month, brake, simulate),
    *(near, movements, signals, leakage, cost, forecast, accounts),
    rates,
    letters,
    restatement,
    close,
    source,
    *(certificate, badge),
    proof,
    dispute,
    erase,
    *(grant, grants),
    contracts,
    benefit,
    reminders,
    status,
    *(events, export),
    *(quote, publish, drift),
):
    program.add_command(_command)

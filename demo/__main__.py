"""`make demo`: run the 2015 migration and the month after it through Airflow, in one process, on an invented world.

It writes below `out/` only, and each run starts by deleting `out/`.
"""

import json
import logging
import os
import shlex
import shutil
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from time import monotonic, sleep, time
from typing import Any

from rich.console import Console
from rich.table import Table

from demo.one_desk import no_desk
from demo.special_partners import SPECIAL_PARTNERS
from demo.world import billing_connection, build_world

PROJECT = Path(__file__).parents[1]
OUT = PROJECT / "out"
WORLD = OUT / "world"
ENTITIES = ("NL", "DE", "UK", "US", "SG")
MONTHS = (
    ("migration_2015", {"billing_month": "2015-06", "effective_on": "2015-07-27"}),
    ("monthly_tier_assignment", {"billing_month": "2015-07", "effective_on": "2015-08-03"}),
)


TODAY = date(2015, 8, 3)  # the day of the second month


class Progress:
    """Prints each step on stderr, with the seconds since the start."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._began = monotonic()

    def say(self, step: str) -> None:
        """Print a step that has been done."""
        self._console.print(f"[dim]{monotonic() - self._began:5.1f} s[/dim]  {step}")


def connections() -> dict[str, str]:
    """The variables that point the programme at the demo's databases."""
    own = {"PARTNER_PROGRAM": {"conn_type": "sqlite", "host": str(OUT / "partner_program.db")}}
    found = own | {f"BILLING_{entity}": billing_connection(WORLD, entity) for entity in ENTITIES}
    return {f"AIRFLOW_CONN_{name}": json.dumps(fields) for name, fields in found.items()}


def write_environment(path: Path) -> None:
    """Write the connections for a shell: whoever asks a question after the demo needs all of them."""
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in connections().items()]
    path.write_text("# The demo's databases, for `partner-program` in a shell.\n" + "".join(lines), "utf-8")


def set_environment() -> None:
    """Point Airflow and the programme at `out/`. Call this before Airflow is imported."""
    os.environ |= connections() | {
        "PARTNER_PROGRAM_OUT": str(OUT),
        "AIRFLOW_HOME": str(OUT / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "false",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "GX_ANALYTICS_ENABLED": "false",
    }


def run_month(dag_id: str, params: dict[str, str]) -> None:
    """Run one DAG for one month in this process; stop the demo if it did not succeed."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(PROJECT / "dags")
    if bag.import_errors:
        raise SystemExit(f"the DAGs cannot be imported: {bag.import_errors}")
    dag = bag.dags[dag_id]
    for task in dag.tasks:
        task.retries = 0  # a retry would make whoever watches the demo wait for minutes
    run = dag.test(run_conf=params)
    if str(run.state) != "success":
        raise SystemExit(f"{dag_id} ended as {run.state}: see {OUT / 'airflow.log'}")


def prepare(progress: Progress) -> None:
    """Make the invented world, the programme's database and Airflow's database."""
    from partner_program.adapters.connections import EnvironmentConnections
    from partner_program.usecases.installation import Installation
    from partner_program.usecases.registry import load_registry_folder, loader

    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    world = build_world(WORLD)
    write_environment(OUT / "environment.sh")
    progress.say(f"the world: {world.partners} partners, {world.accounts} accounts, {world.lines:,} billing lines")
    here = Installation.here(EnvironmentConnections())
    here.database.upgrade()
    load_registry_folder(here, WORLD / "registry", loaded_by=loader("pat", None))
    progress.say("the programme's database and registry")
    with Quiet():
        from airflow.utils.db import initdb

        initdb()
    progress.say("Airflow")


def handle_applications(progress: Progress) -> list[str]:
    """Judge two applications and make a partner of one, in the registry's folder; return what there is to tell."""
    from demo.applications import accept, judged_lines, write_applications
    from partner_program.adapters.connections import EnvironmentConnections
    from partner_program.usecases.installation import Installation

    here = Installation.here(EnvironmentConnections())
    refused, accepted = write_applications(WORLD / "applications")
    told = [f"refused: {line}" for line in judged_lines(here, refused)]
    partner_id = accept(here, accepted, WORLD / "registry").partner_id
    progress.say(f"an application refused, another accepted: partner {partner_id}")
    return [
        *told,
        f"accepted: it is partner {partner_id} now, see it in July's register: partner-program register 2015-07",
    ]


class Quiet:
    """While it is entered, sends everything that libraries print to `out/airflow.log`."""

    def __enter__(self) -> None:
        """Redirect stdout and stderr of this process and of its children to the log."""
        sys.stdout.flush()
        sys.stderr.flush()
        self._streams = (os.dup(1), os.dup(2))
        log = os.open(OUT / "airflow.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)

    def __exit__(self, *_: object) -> None:
        """Restore stdout and stderr."""
        sys.stdout.flush()
        sys.stderr.flush()
        for stream, number in zip(self._streams, (1, 2), strict=True):
            os.dup2(stream, number)
            os.close(stream)


def sign_june(progress: Progress) -> None:
    """Let three people finish June: one approves its letters, which are written to files, and finance signs it."""
    from partner_program.adapters.connections import EnvironmentConnections
    from partner_program.domain.billing_month import BillingMonth
    from partner_program.usecases.handover import Clock
    from partner_program.usecases.installation import Installation
    from partner_program.usecases.letters.approval import approve_letters
    from partner_program.usecases.letters.sending import send_letters
    from partner_program.usecases.month.signing import sign_month

    here, june = Installation.here(EnvironmentConnections()), BillingMonth(2015, 6)
    approve_letters(here, june, approved_by="robin", reason="looked at the book", clock=time)
    sent = send_letters(here, june, clock=Clock(time, sleep), sent_by="robin")
    progress.say(f"2015-06: {sent.outcomes['accepted']} letters approved by robin and written to files")
    sign_month(here, june, role="finance", signed_by="kim", reason="nothing is open")
    progress.say("2015-06: signed by kim (finance)")


def decide_a_proposal() -> None:
    """Ask for market development funds for a partner, and refuse them: no letter tells that, a person does."""
    from partner_program.adapters.connections import EnvironmentConnections
    from partner_program.usecases.benefits import Asked, Said, refuse_benefit, request_benefit
    from partner_program.usecases.installation import Installation

    here = Installation.here(EnvironmentConnections())
    asked = Asked("P031", "mdf", TODAY, amount_cents=8_000_00, activity="search advertising", market="hosting, Germany")
    done = request_benefit(here, asked, Said("Jörg Weißenfels", "leads for dedicated servers", TODAY))
    refuse_benefit(here, done.request.request_id, Said("Bram Oosterhuis", "no activity for a market of ours", TODAY))


def dispute_july() -> None:
    """Let a partner that was lowered by a cent say that July is wrong."""
    from partner_program.adapters.connections import EnvironmentConnections
    from partner_program.domain.billing_month import BillingMonth
    from partner_program.domain.disputes import Subject
    from partner_program.usecases.disputes import open_dispute
    from partner_program.usecases.installation import Installation

    here, july = Installation.here(EnvironmentConnections()), BillingMonth(2015, 7)
    register = json.loads((OUT / "registers" / f"{july}.json").read_text())
    account = next(row for row in register["partners"] if row["partner_id"] == "P004")["accounts"][0]
    subject = Subject("account", account["entity"], account["account_id"])
    reason = "our invoices of July add up to one cent more"
    open_dispute(here, "P004", july, subject, by="pat", reason=reason, today=TODAY)


def tell_managers(progress: Progress) -> None:
    """Write the week's digest of each partner manager who has something to see to, into files."""
    from partner_program.adapters.connections import EnvironmentConnections
    from partner_program.domain.reminders import DUE_DAYS
    from partner_program.usecases.digests.collecting import collect_digests
    from partner_program.usecases.digests.sending import send_digests
    from partner_program.usecases.handover import Clock
    from partner_program.usecases.installation import Installation

    here = Installation.here(EnvironmentConnections())
    week = collect_digests(here, on=TODAY, due_days=DUE_DAYS, by="robin", clock=time).week
    sent = send_digests(here, week, clock=Clock(time, sleep), sent_by="robin")
    progress.say(f"digests to {len(sent.outcomes)} partner managers written to files")


def show_benefits(console: Console) -> None:
    """Print how the benefits on request stand, as `partner-program benefit list` does."""
    from partner_program.adapters.connections import EnvironmentConnections
    from partner_program.cli.benefit_tables import print_benefits
    from partner_program.usecases.benefits import list_benefits
    from partner_program.usecases.installation import Installation

    here = Installation.here(EnvironmentConnections())
    print_benefits(list_benefits(here, on=TODAY, past=True), on=TODAY, every=False)
    for line in list_benefits(here, on=TODAY, due_days=30):
        console.print(f"ends within 30 days: {line.request_id}, until {line.valid_to}")


def show_disputes() -> None:
    """Print what partners say is wrong, as `partner-program dispute list` does."""
    from partner_program.adapters.connections import EnvironmentConnections
    from partner_program.cli.dispute_tables import print_disputes
    from partner_program.usecases.disputes import list_disputes
    from partner_program.usecases.installation import Installation

    here = Installation.here(EnvironmentConnections())
    print_disputes(list_disputes(here, on=TODAY), on=TODAY, every=False)


def show(console: Console) -> None:
    """Print tiers, movements, letters by kind and held partners, and which file to open."""
    months = [params["billing_month"] for _, params in MONTHS]
    registers = [json.loads((OUT / "registers" / f"{month}.json").read_text()) for month in months]
    check_letters(registers)
    console.print(tiers_table(registers))
    console.print(letters_table(registers))
    show_benefits(console)
    show_disputes()
    for register in registers:
        for held in held_reasons(register):
            console.print(f"held in {register['billing_month']}: {held}", soft_wrap=True)
    console.print("\nSome partners worth a look (partner-program explain, or their letters):")
    for plan in SPECIAL_PARTNERS[:8]:
        console.print(f"  {plan.partner_id}  {plan.story}", markup=False)
    console.print(
        "\nTo ask it yourself, with every partner-program command below: . out/environment.sh\n"
        "Who did what: partner-program acts 2015-06. June is signed; July is not, as partners are held.",
        soft_wrap=True,
    )
    show_leakage(console)
    show_proofs(console, months)
    page = OUT.relative_to(PROJECT) / "index.html"
    console.print(f"\nLook at [bold]{page}[/bold]: every letter, biggest moves first.")


def show_leakage(console: Console) -> None:
    """Say what July's lines were given against what was due, and to whom."""
    from partner_program.adapters.connections import EnvironmentConnections
    from partner_program.domain.billing_month import BillingMonth
    from partner_program.domain.leakage import partner_rows
    from partner_program.domain.plurals import first_names
    from partner_program.usecases.installation import Installation
    from partner_program.usecases.reports.leakage import find_leakage, leakage_report

    orders, found = find_leakage(Installation.here(EnvironmentConnections()), BillingMonth(2015, 7))
    console.print("\nDiscounts given against those due (partner-program leakage 2015-07; a few are wrong on purpose):")
    for sentence in leakage_report(orders, found).said[:3]:
        console.print(f"  {sentence}", markup=False, soft_wrap=True)
    named = [row.partner_id for row in partner_rows(found, orders.names) if row.partner_id]
    console.print(f"  {first_names(named, 8)}", markup=False)


def show_proofs(console: Console, months: list[str]) -> None:
    """Write a proof of each month and look through it, as an auditor would without this database."""
    from demo.proofs import look_through, write_proofs
    from partner_program.adapters.connections import EnvironmentConnections
    from partner_program.usecases.installation import Installation

    files = write_proofs(Installation.here(EnvironmentConnections()), OUT / "proofs", months)
    console.print("\nThe proof of each month (partner-program proof write), looked through as an auditor does:")
    for sentence in look_through(files):
        console.print(f"  {sentence}", markup=False, soft_wrap=True)
    again = (
        f"{OUT.relative_to(PROJECT)}/proofs/{files[0].name} --trusted-key {OUT.relative_to(PROJECT)}/proofs/public.pem"
    )
    console.print(f"  yourself: .venv/bin/partner-program proof verify {again}", markup=False, soft_wrap=True)


def check_letters(registers: list[dict[str, Any]]) -> None:
    """Stop if a letter that is owed has not been rendered."""
    for register in registers:
        owed = [row["partner_id"] for row in register["partners"] if row["letter"]]
        missing = [each for each in owed if not (OUT / "letters" / register["billing_month"] / f"{each}.html").exists()]
        if missing:
            raise SystemExit(f"{register['billing_month']}: {len(missing)} letters were not rendered: {missing[:5]}")


def tiers_table(registers: list[dict[str, Any]]) -> Table:
    """A table of partners by tier and of how they moved, with one column for each month."""
    table = Table(title="Partners", title_justify="left")
    table.add_column("")
    for register in registers:
        table.add_column(f"{register['billing_month']} from {register['effective_on']}", justify="right")
    assigned = [[row for row in register["partners"] if row["status"] == "assigned"] for register in registers]
    highest = max((row["tier"] for rows in assigned for row in rows), default=0)
    for tier in range(highest + 1):
        counts = [str(sum(row["tier"] == tier for row in rows)) for rows in assigned]
        table.add_row(f"tier {tier or 'none'}", *counts)
    moves = [Counter(movement(row) for row in rows) for rows in assigned]
    for word in ("raised", "lowered", "unchanged", "first"):
        table.add_row(word, *(str(move[word]) for move in moves))
    table.add_row("held", *(str(len(register["held"])) for register in registers))
    return table


def movement(row: dict[str, Any]) -> str:
    """How a partner's tier moved since its last assessed month: raised, lowered, unchanged or first."""
    before = row["previous_tier"]
    if before is None:
        return "first"
    return "raised" if row["tier"] > before else "lowered" if row["tier"] < before else "unchanged"


def letters_table(registers: list[dict[str, Any]]) -> Table:
    """A table of letters by kind, with one column for each month."""
    table = Table(title="Letters", title_justify="left")
    table.add_column("kind")
    kinds = [Counter(row["letter"]["kind"] for row in register["partners"] if row["letter"]) for register in registers]
    for register in registers:
        table.add_column(register["billing_month"], justify="right")
    for kind in sorted(set().union(*kinds)):
        table.add_row(kind.replace("_", " "), *(str(count[kind]) for count in kinds))
    return table


def held_reasons(register: dict[str, Any]) -> list[str]:
    """Each reason once, with the number of partners that it holds, or the id if it is only one."""
    reasons = Counter(held["reason"] for held in register["held"])
    named = {held["reason"]: held["partner_id"] for held in register["held"]}
    return [
        f"{count} partners: {reason}" if count > 1 else f"{named[reason]}: {reason}"
        for reason, count in reasons.most_common()
    ]


def main() -> None:
    """Build the world, run both months through Airflow and print the results."""
    logging.disable(logging.INFO)
    progress = Progress()
    set_environment()
    prepare(progress)
    console = Console(highlight=False)
    told: list[str] = []
    for dag_id, params in MONTHS:
        with Quiet():
            run_month(dag_id, params)
        progress.say(f"{dag_id}: {params['billing_month']} in force from {params['effective_on']}")
        if not told:  # between the two months
            told = handle_applications(progress)
    sign_june(progress)
    decide_a_proposal()
    dispute_july()
    tell_managers(progress)
    show(console)
    console.print("\nTwo applications, out/world/applications/refused.json and accepted.json:")
    for line in told:
        console.print(f"  {line}", markup=False, soft_wrap=True)


if __name__ == "__main__":
    with no_desk(PROJECT / "build"):  # it would take the world from under one
        main()

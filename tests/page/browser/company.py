"""The company whose pages are looked at in a browser: fourteen partners, June to August 2015, and things to do.

June is in force. Its letters are sent, but of one nobody knows whether it arrived; nobody has signed the month. July is
in force, once pat had released its brake: eight fell, two rose, its letters wait, and a late line proposes a
restatement. August was stopped by the brake.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import Subject
from partner_program.domain.refusals import BrakeOn
from partner_program.usecases.benefits import Asked, Said, request_benefit
from partner_program.usecases.desk.month import month_overview
from partner_program.usecases.disputes import open_dispute
from partner_program.usecases.handover import Clock
from partner_program.usecases.letters.approval import approve_letters
from partner_program.usecases.letters.rendering import letter_batches, render_letters
from partner_program.usecases.letters.sending import send_letters
from partner_program.usecases.month.brake import release_brake
from tests.smtp.fault_server import FaultServer
from tests.usecases.letter_world import APPROVED_AT, FixedTime
from tests.worlds import World

JUNE, JULY, AUGUST = (BillingMonth(2015, number) for number in (6, 7, 8))
FELL = 8
FALLEN, FALLEN_NAME = "P003", "Deichgraf Systemhaus GmbH"
CORRECTED, CORRECTED_NAME = "P012", "Polder Cloud BV"
UNKNOWN = "P014"  # the mail server went away after its letter of June
PARTNERS = 14


def company(world: World) -> World:
    """Fill an empty world; months are settled as pat."""
    for number in range(1, PARTNERS + 1):
        _partner(world, number)
    for month in (JUNE, JULY, AUGUST):
        world.rate(str(month), "USD", "1.1")
    world.ready(*map(str, (JUNE, JULY, AUGUST)))
    world.settle(str(JUNE), on="2015-07-27", started_by="pat")
    _render(world, JUNE)
    _send(world, JUNE)
    stopped = _stopped(world, JULY, "2015-08-03")
    release_brake(world.installation, JULY, released_by="pat", reason="a price change", decision_hashes=stopped)
    world.settle(str(JULY), on="2015-08-03", started_by="pat")
    _render(world, JULY)
    _propose(world)
    _brake(world)
    _ask(world)
    return world


def use_mail(world: World, fields: ConnectionFields) -> None:
    """Send live to a mail server from now on."""
    live = {"live": True, "allowed_domains": ["*"], "per_minute": 100_000, "per_domain_per_minute": 100_000}
    world.connections["letters_smtp"] = replace(fields, extra={**fields.extra, **live})


def _partner(world: World, number: int) -> None:
    """The first eight lose 50 EUR of 2,020 in July, two more win enough for the next tier; all others stay."""
    partner_id, account = f"P{number:03}", f"A{number:03}"
    names = {FALLEN: FALLEN_NAME, CORRECTED: CORRECTED_NAME, "P010": "Müller & Söhne <Hosting>"}
    name = names.get(partner_id, f"Partner {number:03} Hosting")
    world.partner(partner_id, {"NL": account}, company_name=name, language="de" if number % 10 == 3 else "en")
    if number <= FELL:
        june, july = 2_020_00, 1_970_00
    elif number <= FELL + 2:
        june, july = 4_980_00, 5_030_00
    else:
        june = july = 300_00 + number * 137_00
    world.bill(account, str(JUNE), june)
    world.bill(account, str(JULY), july)
    world.bill(account, str(AUGUST), july)


def _render(world: World, month: BillingMonth) -> None:
    for batch in letter_batches(world.installation, month):
        render_letters(world.installation, month, batch)


def _send(world: World, month: BillingMonth) -> None:
    time = FixedTime(APPROVED_AT)
    clock = Clock(time.now, time.sleep)
    here = world.installation
    approve_letters(here, month, approved_by="robin", reason="looked at the book", clock=time.now)
    known = [row["partner_id"] for row in world.tables["partners"] if row["partner_id"] != UNKNOWN]
    send_letters(here, month, clock=clock, sent_by="robin", partners=known)  # without a server: into files
    with FaultServer("dot_drop") as server:
        use_mail(world, server.connection_fields())
        send_letters(world.installation, month, clock=clock, sent_by="robin")
    del world.connections["letters_smtp"]


def _propose(world: World) -> None:
    """A line of July that came late would raise one partner."""
    world.bill("A012", str(JULY), 4_000_00)
    world.close(str(JULY))
    assert world.settle(str(JULY), today="2015-08-20", started_by="pat").proposed == 1


def _brake(world: World) -> None:
    world.bill("A014", str(AUGUST), 250_000_00)
    world.close(str(AUGUST))
    _stopped(world, AUGUST, "2015-09-07")


def _stopped(world: World, month: BillingMonth, on: str) -> Sequence[str]:
    """Run a month into its brake; the hashes of what it stopped."""
    with pytest.raises(BrakeOn):
        world.settle(str(month), on=on, started_by="pat")
    brake = month_overview(world.installation, month).brake
    assert brake is not None
    return brake.decision_hashes


def _ask(world: World) -> None:
    here, on = world.installation, here_today(world)
    subject = Subject("account", "NL", "A003")
    open_dispute(here, FALLEN, JULY, subject, by="pat", reason="a server is missing", today=on)
    units = Asked("P009", "seeding_options", on, date(on.year + 1, on.month, 1), 2)
    request_benefit(here, units, Said("pat", "servers to try", on))
    funds = Asked("P010", "seeding_options", on, date(on.year + 1, on.month, 1), 1)
    request_benefit(here, funds, Said("pat", "a server for a fair", on))


def here_today(world: World) -> date:
    """Today, as the programme says."""
    return world.installation.today()

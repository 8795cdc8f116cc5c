"""A world whose June has letters in many states: to approve, ambiguous, to nobody, with odd ids and names."""

import time
from datetime import date

from partner_program.adapters.database import deliveries as delivery_store
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.handover import Clock
from partner_program.usecases.letters.approval import approve_letters
from partner_program.usecases.letters.sending import send_letters
from tests.page.small_world import run_and_render
from tests.worlds import World

JUNE = BillingMonth(2015, 6)
ODD_ID = "P/5?ü"
MARKUP = "Deich & <b>Söhne</b>"


def letters_world(world: World) -> None:
    """Five letters to six recipients wait; pat ran the month. P4 has no billing contact."""
    for place, (partner_id, values) in enumerate(
        [
            ("P1", {"company_name": MARKUP}),
            ("P2", {"company_name": "Noordzee Hosting", "language": "nl"}),
            ("P3", {"company_name": "Third Company"}),
            ("P4", {"company_name": "Fourth Company"}),
            (ODD_ID, {"company_name": "Fifth Company"}),
        ]
    ):
        world.partner(partner_id, {"NL": f"A{place}"}, **values)
        world.bill(f"A{place}", "2015-06", 2_000_00 + place * 1_000_00)
    world.tables["contacts"] = [row for row in world.tables["contacts"] if row["partner_id"] != "P4"]
    second = {"partner_id": "P1", "name": "Ann", "email": "ann@p1.example", "role": "billing"}
    world.tables["contacts"].append(second)
    world.ready("2015-06")
    run_and_render(world, JUNE, date(2015, 7, 27))


def approved_world(world: World) -> None:
    """The same, approved by robin, and nothing sent."""
    letters_world(world)
    approve_letters(world.installation, JUNE, approved_by="robin", reason="looked at", clock=time.time)


def sent_world(world: World) -> None:
    """The same, written to files; then both of P1's letters became ambiguous, as by a restored backup."""
    approved_world(world)
    clock = Clock(time.time, lambda _seconds: None)
    send_letters(world.installation, JUNE, clock=clock, sent_by="robin", partners=["P2", "P3"])
    with world.installation.database.writing() as connection:
        for row in delivery_store.deliveries(connection, JUNE, partners=["P1"]):
            delivery_store.move(connection, row, "ambiguous", reply="the connection broke")

"""A world with something to see on each page: June in force and finished, July with changes, and what waits."""

from datetime import date

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.disputes import Subject
from partner_program.usecases.benefits import Asked, Said, request_benefit
from partner_program.usecases.disputes import open_dispute
from partner_program.usecases.letters.rendering import letter_batches, render_letters
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.publication import owe_rates
from tests.worlds import World, settle_installed

JUNE, JULY = BillingMonth(2015, 6), BillingMonth(2015, 7)
NAME_WITH_MARKUP = "Deich & <b>Söhne</b>"


def small_world(world: World) -> World:
    """P1 fell in July, P2 rose, P3 is held, P4 has grace that ran out, P/5 has an odd id and no tier."""
    world.partner("P1", {"NL": "A1"}, company_name=NAME_WITH_MARKUP)
    world.bill("A1", "2015-06", 2_000_00)
    world.bill("A1", "2015-07", 1_999_99)
    world.partner("P2", {"NL": "A2"}, company_name="Noordzee Hosting", language="nl")
    world.bill("A2", "2015-06", 4_900_00)
    world.bill("A2", "2015-07", 5_100_00)
    world.partner("P3", {"US": "B3"}, company_name="Third Company")
    world.bill("B3", "2015-06", 7_000_00, entity="US", months=2)
    world.partner("P4", {"NL": "A4"}, company_name="Fourth Company")
    world.bill("A4", "2015-06", 600_00, months=2)
    world.grant("G4", "P4", 3, "2015-07-01", "2015-12-01")
    world.partner("P/5", {"NL": "A5"}, company_name="Fifth Company")
    world.bill("A5", "2015-06", 100_00, months=2)
    for month in ("2015-06", "2015-07"):
        world.rate(month, "USD", "1.2")
    world.orders("NL")
    world.ready("2015-06", "2015-07")
    run_and_render(world, JUNE, date(2015, 7, 27))
    world.reopen("2015-07", "US")
    run_and_render(world, JULY, date(2015, 8, 3))
    open_dispute(
        world.installation,
        "P1",
        JULY,
        Subject("account", "NL", "A1"),
        by="pat",
        reason="a cent is missing",
        today=date(2015, 8, 4),
    )
    asked = Asked("P2", "seeding_options", date(2015, 8, 10), date(2015, 11, 10), 2)
    request_benefit(world.installation, asked, Said("pat", "servers to try", date(2015, 8, 4)))
    return world


def run_and_render(world: World, month: BillingMonth, on: date) -> None:
    """Settle a month as pat does, and render its letters; its rates are owed, and not published yet."""
    here = world.installation
    settle_installed(here, MonthRequest(month, on, on, started_by="pat"))
    for batch in letter_batches(here, month):
        render_letters(here, month, batch)
    with here.database.writing() as connection:
        owe_rates(connection, today=on)

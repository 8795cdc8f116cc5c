"""What a letter says of a partner's benefits is that of its effective day, and stays what it was."""

from datetime import date

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.benefits import (
    Asked,
    Granted,
    Said,
    approve_benefit,
    list_benefits,
    refuse_benefit,
    request_benefit,
    withdraw_benefit,
)
from partner_program.usecases.installation import PROJECT
from partner_program.usecases.letters.show import show_letter
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.registry import load_registry_folder
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, three_partners
from tests.worlds import World, run_installed

TODAY = date(2015, 7, 28)
SAID = Said("pat", "they asked", TODAY)


def ask(world: World, benefit: str, partner_id: str = "P1", *, units: int | None = None, until: str = "") -> str:
    asked = Asked(partner_id, benefit, TODAY, date.fromisoformat(until) if until else None, units)
    return request_benefit(world.installation, asked, SAID).request.request_id


def approve(world: World, request_id: str, until: str, units: int | None = None) -> None:
    granted = Granted(units, None, TODAY, date.fromisoformat(until))
    approve_benefit(world.installation, request_id, granted, Said("kim", "it helps", TODAY))


def text(world: World, partner_id: str = "P1", month: str = JULY) -> str:
    return show_letter(world.installation, BillingMonth.parse(month), partner_id).text


@pytest.fixture
def july(world: World) -> World:
    """June in force; P1 and P3 are billed more in July, so that both get a letter."""
    june_in_force(world)
    world.bill("A1", JULY, 3_500_00)
    world.bill("A3", JULY, 1_500_00)
    world.close(JULY)
    return world


def settle_july(world: World) -> None:
    run_installed(world.installation, MonthRequest(BillingMonth.parse(JULY), date(2015, 8, 3), date(2015, 8, 3)))


def test_a_letter_states_what_was_approved_requested_and_kept_and_never_a_refusal(july: World) -> None:
    approve(july, ask(july, "post_payment"), "2015-09-01")
    approve(july, ask(july, "seeding_options", units=3, until="2015-10-01"), "2015-09-01", 2)
    ask(july, "customer_portal_access")
    refused = ask(july, "customer_portal_access", "P3")
    refuse_benefit(july.installation, refused, Said("kim", "a secret reason", TODAY))
    settle_july(july)
    first, third = text(july), text(july, "P3")
    assert "Post Payment: approved until 1 September 2015." in first.replace("\u00a0", " ")
    assert "Seeding Options: approved until 1 September 2015 (2 of 5 units)." in first.replace("\u00a0", " ")
    assert "Customer Portal access: requested, not decided yet." in first
    assert "Customer Portal access: Your own customers" in third
    assert "secret" not in third
    assert "refused" not in third


def test_a_letter_stays_what_it_was_whatever_is_approved_withdrawn_or_asked_for_later(july: World) -> None:
    asked = ask(july, "post_payment")
    approve(july, ask(july, "seeding_options", units=2, until="2015-10-01"), "2015-09-01", 2)
    settle_july(july)
    before, files = text(july), july.fingerprint()
    settle_july(july)
    assert july.fingerprint() == files
    approve(july, asked, "2015-12-01")
    for line in list_benefits(july.installation, on=date(2015, 8, 4)):
        if line.benefit == "seeding_options":
            withdraw_benefit(
                july.installation, line.request_id, Said("kim", "sold", TODAY), valid_from=date(2015, 7, 30)
            )
    files = july.fingerprint()
    settle_july(july)
    assert text(july) == before
    assert july.fingerprint() == files


def test_what_is_only_for_some_is_offered_to_nobody_else(july: World) -> None:
    """ "Specialized Resellers can request market development funds": P3 is one, P1 is not."""
    partners = july.write_registry() / "partners.csv"
    header, *rows = partners.read_text(encoding="utf-8").splitlines()
    marked = [f"{row},{'specialised' if row.startswith('P3,') else ''}" for row in rows]
    partners.write_text("\n".join([f"{header},attributes", *marked, ""]), encoding="utf-8")
    assert load_registry_folder(july.installation, partners.parent)[1] == 1
    own = PROJECT / "include" / "program" / "2015-07-27.yaml"
    file = july.folder / "2015-07-27.yaml"
    file.write_text(
        own.read_text(encoding="utf-8").replace("  - benefit: mdf\n", "  - benefit: mdf\n    only_for: specialised\n")
    )
    run_installed(
        july.installation,
        MonthRequest(BillingMonth.parse(JULY), date(2015, 8, 3), date(2015, 8, 3), program_file=file),
    )
    assert ["Market Development Funds" in text(july, each) for each in ("P1", "P3")] == [False, True]


def test_letter_and_list_agree_about_what_ends(july: World) -> None:
    approve(july, ask(july, "post_payment"), "2015-09-01")
    settle_july(july)
    (line,) = list_benefits(july.installation, on=date(2015, 8, 3), due_days=30)
    assert (line.benefit, line.valid_to) == ("post_payment", date(2015, 9, 1))
    assert "approved until 1 September 2015" in text(july).replace("\u00a0", " ")


def test_a_letter_of_an_earlier_version_states_the_benefits_of_its_tier(world: World) -> None:
    three_partners(world).settle(JUNE, on=GO_LIVE)
    before = text(world, month=JUNE)
    assert "Post Payment: You pay an invoice up to 30 days" in before

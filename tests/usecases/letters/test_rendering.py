"""Letters are rendered from committed facts only, once, and again only if the facts differ."""

from pathlib import Path

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.usecases.installation import PROJECT
from partner_program.usecases.letters.rendering import letter_batches, letters_folder, render_letters
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, partners, three_partners
from tests.worlds import World


def render(world: World, month: str, program_file: Path | None = None) -> int:
    here, at = world.installation, BillingMonth.parse(month)
    return sum(render_letters(here, at, batch, program_file) for batch in letter_batches(here, at))


def letter_files(world: World, month: str) -> dict[str, bytes]:
    folder = letters_folder(world.installation, BillingMonth.parse(month))
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*"))}


def test_each_letter_is_two_files_and_is_marked_as_rendered(world: World) -> None:
    june_in_force(world)
    assert {row["letter"]["status"] for row in partners(world, JUNE).values()} == {"planned"}
    assert render(world, JUNE) == 3
    assert list(letter_files(world, JUNE)) == ["P1.html", "P1.txt", "P2.html", "P2.txt", "P3.html", "P3.txt"]
    assert {row["letter"]["status"] for row in partners(world, JUNE).values()} == {"rendered"}


def test_rendering_again_touches_no_file_and_no_byte_of_the_database(world: World) -> None:
    june_in_force(world)
    render(world, JUNE)
    before = world.fingerprint(), letter_files(world, JUNE)
    render(world, JUNE)
    assert (world.fingerprint(), letter_files(world, JUNE)) == before


def test_a_file_that_was_lost_is_written_again_as_it_was(world: World) -> None:
    june_in_force(world)
    render(world, JUNE)
    before = letter_files(world, JUNE)
    (letters_folder(world.installation, BillingMonth.parse(JUNE)) / "P2.txt").unlink()
    render(world, JUNE)
    assert letter_files(world, JUNE) == before


def test_where_nothing_happened_no_letter_is_owed(world: World) -> None:
    june_in_force(world)
    world.settle(JULY, on="2015-08-20")
    assert render(world, JULY) == 0
    assert letter_files(world, JULY) == {}


def test_a_held_partner_gets_no_letter_until_it_is_released(world: World) -> None:
    three_partners(world).reopen(JUNE, "US")
    world.settle(JUNE, on=GO_LIVE)
    assert render(world, JUNE) == 1
    world.close(JUNE, "US")
    world.settle(JUNE, on="2015-08-03")
    assert render(world, JUNE) == 3
    assert "P3.html" in letter_files(world, JUNE)


@pytest.mark.parametrize("partner_id", ["..", "A/B", "a b", "株式会社"])
def test_whatever_an_id_contains_its_letter_stays_in_the_folder(world: World, partner_id: str) -> None:
    world.partner("P0", {"NL": "A0"})
    for name in ("partners", "contacts", "account_links"):
        for row in world.tables[name]:
            row["partner_id"] = partner_id
    world.tables["contacts"][0]["email"] = "jo@p0.example"
    world.bill("A0", JUNE, 600_00)
    world.ready(JUNE)
    world.settle(JUNE, on=GO_LIVE)
    assert render(world, JUNE) == 1
    assert len(letter_files(world, JUNE)) == 2
    written = [path for path in (world.folder / "out" / "letters").rglob("*") if path.is_file()]
    assert {path.parent.name for path in written} == {JUNE}


def test_a_month_settled_with_a_file_by_hand_needs_that_file_again(world: World) -> None:
    text = (PROJECT / "include" / "program" / "2015-07-27.yaml").read_text("utf-8")
    by_hand = world.folder / "2015-07-27.yaml"
    brake = "lowered_share_bp:\n    value: 1000"
    assert brake in text
    by_hand.write_text(text.replace(brake, brake.replace("1000", "1500")), "utf-8")
    three_partners(world).settle(JUNE, on=GO_LIVE, program_file=by_hand)
    with pytest.raises(Refusal, match="2015-06 was settled with a programme file that is not here"):
        render(world, JUNE)
    assert letter_files(world, JUNE) == {}
    assert render(world, JUNE, by_hand) == 3

"""A dated file is enough to change the number of tiers: months, letters and quotes follow without a change of code.

June 2015 is settled with the six tiers of 27 July; July with a file of 15 August, which has more tiers or fewer.
"""

import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from partner_program.domain.refusals import Refusal, UnsoundFiles
from partner_program.usecases.grants import grant_grace
from partner_program.usecases.installation import INCLUDE_VARIABLE, PROJECT, Installation
from partner_program.usecases.letters.documents import certificate_pdf, letter_pdf
from partner_program.usecases.letters.rendering import letters_folder
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from tests.cli.command_line import CommandLine
from tests.programs import with_tiers
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, partners, rates, tiers
from tests.worlds import World

CHANGE, SETTLED_ON = "2015-08-15", "2015-08-20"
QUOTE = ("--monthly", "100", "--setup", "50", "--term", "1", "--format", "json")


class DatedWorld(World):
    """A small company with its own folder of programme files: the one of 2015 as it is, and a later one."""

    def __init__(self, folder: Path, tiers: int) -> None:
        """Write the file of 15 August with this number of tiers; P9 is large enough to keep the brake off."""
        super().__init__(folder, entities=("NL",))
        self.include = folder / "include"
        (self.include / "program").mkdir(parents=True)
        for name in ("sql", "templates"):
            (self.include / name).symlink_to(PROJECT / "include" / name)
        first = PROJECT / "include" / "program" / "2015-07-27.yaml"
        (self.include / "program" / first.name).write_bytes(first.read_bytes())
        self.later.write_text(with_tiers(tiers, day=CHANGE), encoding="utf-8")
        self.member("P9", 400_000_00, 400_000_00)

    @property
    def later(self) -> Path:
        """The programme file of 15 August."""
        return self.include / "program" / f"{CHANGE}.yaml"

    @property
    def installation(self) -> Installation:
        """The installation over this world's own programme files."""
        return Installation(self.connections, self.include, self.folder / "out")

    @property
    def command_line(self) -> CommandLine:
        """`partner-program` over the same installation."""
        return CommandLine({**self.environment(), INCLUDE_VARIABLE: str(self.include)})

    def member(self, partner_id: str, june: int, july: int) -> None:
        """Add a partner with one account at NL, billed these cents in June and July."""
        self.partner(partner_id, {"NL": f"A{partner_id}"})
        self.bill(f"A{partner_id}", JUNE, june)
        self.bill(f"A{partner_id}", JULY, july)

    def letter(self, partner_id: str) -> str:
        """July's letter as plain text."""
        folder = letters_folder(self.installation, self.request(JULY).month)
        return (folder / f"{partner_id}.txt").read_text(encoding="utf-8")

    def grant_on_demand(self, partner_id: str, tier: int, day: str) -> Any:
        """Grant until December; return the rate."""
        days = {"starts_on": date.fromisoformat(day), "ends_on": date(2015, 12, 1)}
        words = {"granted_by": "pat", "reason": "growth plan", "today": date.fromisoformat(day)}
        return grant_grace(self.installation, partner_id, tier=tier, **days, **words)[1]


def on_paper(path: Path) -> str:
    """The text of a PDF."""
    return " ".join(page.extract_text() for page in PdfReader(path).pages)


# More tiers


@pytest.fixture(scope="module")
def seven(tmp_path_factory: pytest.TempPathFactory) -> DatedWorld:
    """P1 passes the seventh threshold in July, P2 reaches it to the cent, P3 misses it by one; P4 is granted Tier 7."""
    world = DatedWorld(tmp_path_factory.mktemp("seven"), 7)
    world.member("P1", 45_000_00, 85_000_00)
    world.member("P2", 79_000_00, 80_000_00)
    world.member("P3", 39_000_00, 79_999_99)
    world.member("P4", 5_000_00, 5_000_00)
    world.grant("G1", "P4", 7, CHANGE, "2015-12-01")
    world.orders("NL")
    world.ready(JUNE, JULY)
    world.run(JUNE, on=GO_LIVE)
    world.run(JULY, on=SETTLED_ON)
    return world


def test_a_month_is_settled_by_the_table_of_the_day_on_which_its_rates_take_effect(seven: DatedWorld) -> None:
    assert tiers(seven, JUNE) == {"P1": 6, "P2": 6, "P3": 5, "P4": 3, "P9": 6}
    assert tiers(seven, JULY) == {"P1": 7, "P2": 7, "P3": 6, "P4": 7, "P9": 7}
    row = partners(seven, JULY)["P1"]
    assert (row["earned_tier"], row["previous_tier"], row["letter"]["kind"]) == (7, 6, "tier_raised")
    assert (row["monthly_fee_discount_bp"], row["setup_fee_discount_bp"], row["sla"]) == (2700, 10000, "Platinum")
    assert partners(seven, JULY)["P4"]["granted_tier"] == 7
    assert rates(seven, "P1") == [(GO_LIVE, 6, 2500), (SETTLED_ON, 7, 2700)]


def test_both_months_run_again_change_nothing(seven: DatedWorld) -> None:
    before = seven.dump(), seven.written()
    for month, day in ((JUNE, GO_LIVE), (JULY, SETTLED_ON)):
        outcome = seven.run(month, on=day)
        assert (outcome.changed, outcome.proposed) == (False, 0)
    assert (seven.dump(), seven.written()) == before


def test_letters_name_the_seventh_tier_and_what_is_missing_to_it(seven: DatedWorld) -> None:
    assert "From 20\u00a0August 2015 you are in Tier 7, up from Tier 6." in seven.letter("P1")
    assert "Monthly fee discount: 27%" in seven.letter("P1")
    assert "On the way to" not in seven.letter("P1")
    assert "Tier 7 begins at €80,000.00 of recurring revenue a month: €0.01 more than in July 2015." in seven.letter(
        "P3"
    )
    assert "We have granted you Tier 7" in seven.letter("P4")


def test_letter_and_certificate_as_pdf_name_it_too(seven: DatedWorld, tmp_path: Path) -> None:
    here, day = seven.installation, date.fromisoformat(SETTLED_ON)
    letter = letter_pdf(here, "P1", seven.request(JULY).month, out=tmp_path / "letter.pdf")
    certificate = certificate_pdf(here, "P1", on=day, today=day, out=tmp_path / "certificate.pdf")
    assert "Tier 7" in on_paper(letter)
    assert "Tier 7" in on_paper(certificate)


@pytest.mark.parametrize(
    ("day", "promo", "monthly", "rule"),
    [("2015-08-19", "0", 75_00, "tier 6"), (SETTLED_ON, "0", 73_00, "tier 7"), (SETTLED_ON, "10", 73_00, "tier 7")],
)
def test_a_quote_has_the_rate_and_the_cap_of_its_day(
    seven: DatedWorld, day: str, promo: str, monthly: int, rule: str
) -> None:
    answer = seven.command_line.must("quote", "P1", "--on", day, "--promo", promo, *QUOTE).json
    assert (answer["monthly_fee_cents"], answer["setup_fee_cents"]) == (monthly, 0)
    assert rule in [step["rule"] for step in answer["steps"]]


def test_the_receipt_names_the_seventh_row_which_has_no_upper_end(seven: DatedWorld) -> None:
    answer = seven.command_line.must("explain", "P1", JULY, "--format", "json").json
    assert answer["program"]["file"] == f"{CHANGE}.yaml"
    assert answer["band"] == {"tier": 7, "from_mrr_cents": 80_000_00, "below_cents": None}
    answer = seven.command_line.must("explain", "P3", JULY, "--format", "json").json
    assert answer["band"] == {"tier": 6, "from_mrr_cents": 40_000_00, "below_cents": 80_000_00}


def test_register_page_and_book_show_the_seventh_tier(seven: DatedWorld) -> None:
    register = seven.command_line.must("register", JULY).stdout
    assert "tiers: 6: 1, 7: 4" in register
    assert '"P1","Company P1",6,7,8500000,2700' in (seven.folder / "out" / "index.html").read_text(encoding="utf-8")
    seven.command_line.must("letters", "book", JULY)
    (page,) = (seven.folder / "out").rglob("letters/2015-07/index.html")
    assert "Tier 7" in page.read_text(encoding="utf-8")


def test_the_order_database_gets_the_seventh_tier(seven: DatedWorld) -> None:
    seven.command_line.must("publish", "NL")
    with closing(sqlite3.connect(seven.folder / "orders_nl.db")) as connection:
        found = connection.execute("SELECT * FROM program_discount_rate WHERE account_id = 'AP1' ORDER BY valid_from")
        assert [row[1:4] for row in found] == [(GO_LIVE, 6, 2500), (SETTLED_ON, 7, 2700)]
    assert seven.command_line("drift").status == 0


def test_a_simulation_moves_june_up_to_the_seventh(seven: DatedWorld) -> None:
    words = ("--program", seven.later, "--from", JUNE, "--to", JUNE, "--format", "json")
    (month,) = seven.command_line.must("simulate", *words).json["months"]
    assert {"in_force": 6, "simulated": 7, "partners": 1} in month["tiers"]
    assert json.dumps(month).count('"tier_simulated": 7') == 1


def test_a_grant_may_name_the_seventh_tier_from_the_files_first_day_on(tmp_path: Path) -> None:
    world = DatedWorld(tmp_path, 7)
    world.ready(JUNE)
    world.settle(JUNE, on=GO_LIVE)
    words = r"^tier 7 from 2015-08-14 is not in the programme of that day, .* from 1 to 6 \(2015-07-27.yaml\)$"
    with pytest.raises(Refusal, match=words):
        world.grant_on_demand("P9", 7, "2015-08-14")
    rate = world.grant_on_demand("P9", 7, CHANGE)
    assert (str(rate.valid_from), rate.terms.tier, rate.terms.monthly_fee_discount_bp) == (CHANGE, 7, 2700)
    world.grant("G8", "P9", 7, "2015-08-14", "2015-12-01")
    world.grant("G9", "P9", 8, CHANGE, "2015-12-01")
    with pytest.raises(UnsoundFiles) as refused:
        world.load()
    assert refused.value.faults == [
        "grace_grants.csv:2: tier: tier 7 from 2015-08-14 is not in the programme of that day, "
        "expected a tier from 1 to 6 (2015-07-27.yaml)",
        "grace_grants.csv:3: tier: tier 8 from 2015-08-15 is not in the programme of that day, "
        "expected a tier from 1 to 7 (2015-08-15.yaml)",
    ]


# Fewer tiers


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> DatedWorld:
    """P1 is in Tier 6 and P2 in Tier 4 by what they earn; P3 earns Tier 2 and P4 Tier 4, both were granted Tier 6."""
    world = DatedWorld(tmp_path_factory.mktemp("four"), 4)
    world.member("P1", 45_000_00, 45_000_00)
    world.member("P2", 12_000_00, 12_000_00)
    world.member("P3", 2_500_00, 2_500_00)
    world.member("P4", 12_000_00, 12_000_00)
    world.grant("G3", "P3", 6, "2015-07-01", "2015-12-01")
    world.grant("G4", "P4", 6, "2015-07-01", "2015-12-01")
    world.ready(JUNE, JULY)
    world.run(JUNE, on=GO_LIVE)
    world.run(JULY, on=SETTLED_ON)
    return world


def test_tiers_are_compared_by_their_numbers_across_the_change(four: DatedWorld) -> None:
    assert tiers(four, JUNE) == {"P1": 6, "P2": 4, "P3": 6, "P4": 6, "P9": 6}
    assert tiers(four, JULY) == {"P1": 4, "P2": 4, "P3": 4, "P4": 4, "P9": 4}
    found = partners(four, JULY)
    assert {name: (row["previous_tier"], (row["letter"] or {}).get("kind")) for name, row in found.items()} == {
        "P1": (6, "tier_lowered"),
        "P2": (4, None),
        "P3": (6, "tier_lowered"),
        "P4": (6, "tier_lowered"),
        "P9": (6, "tier_lowered"),
    }
    assert rates(four, "P1") == [(GO_LIVE, 6, 2500), (SETTLED_ON, 4, 1500)]
    assert "From 20\u00a0August 2015 you are in Tier 4; before, you were in Tier 6." in four.letter("P1")
    assert "On the way to" not in four.letter("P1")


def test_a_grant_to_a_tier_that_no_longer_exists_counts_for_the_highest(four: DatedWorld) -> None:
    found = partners(four, JULY)
    assert found["P3"]["grants"] == [{"grant_id": "G3", "outcome": None}]
    assert (found["P3"]["earned_tier"], found["P3"]["granted_tier"]) == (2, 4)
    assert found["P4"]["grants"] == [{"grant_id": "G4", "outcome": "confirmed"}]


def test_until_the_first_month_under_the_shorter_table_the_rate_in_force_stays(four: DatedWorld) -> None:
    quoted = four.command_line.must("quote", "P1", "--on", "2015-08-19", *QUOTE).json
    assert quoted["monthly_fee_cents"] == 75_00
    quoted = four.command_line.must("quote", "P1", "--on", SETTLED_ON, *QUOTE).json
    assert quoted["monthly_fee_cents"] == 85_00


@pytest.mark.parametrize("month", [JUNE, JULY])
def test_receipt_and_register_can_show_both_months(four: DatedWorld, month: str) -> None:
    assert "tiers: " in four.command_line.must("register", month).stdout
    assert "P3" in four.command_line.must("explain", "P3", month).stdout


def test_a_simulation_lowers_june_to_the_fourth_and_leaves_july_as_it_was_settled(four: DatedWorld) -> None:
    words = ("--program", four.later, "--from", JUNE, "--to", JULY, "--format", "json")
    june, july = four.command_line.must("simulate", *words).json["months"]
    assert june["tiers"] == [
        {"in_force": 4, "simulated": 4, "partners": 1},
        {"in_force": 6, "simulated": 4, "partners": 4},
    ]
    assert july["differing"] == []


@pytest.fixture
def after_june(tmp_path: Path) -> DatedWorld:
    """P1 in Tier 6 since go-live, four tiers from 15 August on; July is not settled yet."""
    world = DatedWorld(tmp_path, 4)
    world.member("P1", 45_000_00, 45_000_00)
    world.ready(JUNE, JULY)
    world.settle(JUNE, on=GO_LIVE)
    return world


def test_a_grant_on_demand_does_not_lower_a_partner_in_a_tier_that_no_longer_exists(after_june: DatedWorld) -> None:
    rate = after_june.grant_on_demand("P1", 4, "2015-08-16")
    assert (str(rate.valid_from), rate.terms.tier) == (GO_LIVE, 6)
    assert rates(after_june, "P1") == [(GO_LIVE, 6, 2500)]
    with pytest.raises(Refusal, match=r"tier 5 from 2015-08-16 .* from 1 to 4 \(2015-08-15.yaml\)"):
        after_june.grant_on_demand("P1", 5, "2015-08-16")


def test_the_certificate_states_the_rate_in_force_although_its_tier_no_longer_exists(after_june: DatedWorld) -> None:
    day, made = date(2015, 8, 16), after_june.folder / "certificate.pdf"
    assert "Tier 6" in on_paper(certificate_pdf(after_june.installation, "P1", on=day, today=day, out=made))


def test_a_month_of_six_tiers_restated_under_four_gets_the_rate_of_the_highest(after_june: DatedWorld) -> None:
    after_june.bill("AP1", JUNE, 1_00)
    after_june.close(JUNE)
    assert after_june.settle(JUNE, on=GO_LIVE).proposed == 1
    day = date(2015, 8, 16)
    accept_restatement(
        after_june.installation, after_june.request(JUNE).month, Acceptance(day, "pat", "late"), today=day
    )
    assert rates(after_june, "P1") == [(GO_LIVE, 6, 2500), ("2015-08-16", 4, 1500)]

"""The exchange-rate guard from end to end: months in a row, letters, receipts, a proof, a simulation, a correction.

P1 bills 2,200.00 USD each month: 2,000.00 EUR and Tier 2 at June's 1.1, 1,964.29 EUR and Tier 1 at July's 1.12. P2
bills 1,460.00 GBP: 1,972.97 EUR and Tier 1 at June's 0.74, 2,027.78 EUR and Tier 2 at July's 0.72. P3 bills euros.
"""

import html
import json
import re
from datetime import date
from pathlib import Path

import pytest

from partner_program.adapters.database.register import read_register
from partner_program.adapters.proofs.keys import KEY_VARIABLE, new_key
from partner_program.adapters.reports.receipt import receipt_json
from partner_program.adapters.reports.register import register_csv
from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.forecast import ForecastPartner
from partner_program.domain.fx_guard import rates_words
from partner_program.usecases.desk.partner import partner_overview
from partner_program.usecases.explain import explain
from partner_program.usecases.installation import PROJECT, Installation
from partner_program.usecases.letters.book import write_book
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.proofs.verify import verify_proof
from partner_program.usecases.proofs.write import write_proof
from partner_program.usecases.reports.forecast import forecast
from partner_program.usecases.reports.near import near
from partner_program.usecases.simulation import simulate
from tests.programs import guarding_rates
from tests.worlds import World

JUNE, JULY, AUGUST = "2015-06", "2015-07", "2015-08"
DAYS = {JUNE: "2015-07-27", JULY: "2015-08-03", AUGUST: "2015-09-02"}


class Guarded(World):
    """Three entities and partners and three months, with a programme file of one mode; nothing is run yet."""

    def __init__(self, folder: Path, mode: str, *, pounds_in_june: bool = True) -> None:
        super().__init__(folder, ("NL", "US", "UK"))
        self.include = folder / "include"
        (self.include / "program").mkdir(parents=True)
        for name in ("sql", "templates"):
            (self.include / name).symlink_to(PROJECT / "include" / name)
        self.file = self.include / "program" / "2015-07-27.yaml"
        self.file.write_text(guarding_rates(mode))
        self.partner("P1", {"US": "D1"}, language="nl")
        self.partner("P2", {"UK": "G2"}, language="de")
        self.partner("P3", {"NL": "A3"})
        for month, dollar, pound in ((JUNE, "1.1", "0.74"), (JULY, "1.12", "0.72"), (AUGUST, "1.12", "0.72")):
            self.rate(month, "USD", dollar)
            if pounds_in_june or month != JUNE:
                self.rate(month, "GBP", pound)
        self.bill("D1", JUNE, 2_200_00, entity="US", months=3)
        self.bill("G2", JUNE if pounds_in_june else JULY, 1_460_00, entity="UK", months=3 if pounds_in_june else 2)
        self.bill("A3", JUNE, 2_500_00, months=3)
        self.ready(*DAYS)

    @property
    def installation(self) -> Installation:
        """The installation over this world's own programme file."""
        return Installation(self.connections, self.include, self.folder / "out")

    def settled(self, *months: str) -> "Guarded":
        for month in months:
            self.settle(month, on=DAYS[month])
        return self

    def tiers(self, month: str) -> dict[str, int]:
        return {row["partner_id"]: row["tier"] for row in self.register(month)["partners"]}


def test_rates_alone_move_nobody_however_long_they_stay(tmp_path: Path) -> None:
    here = Guarded(tmp_path, "hold_tier").settled(JUNE, JULY, AUGUST)
    for month in DAYS:
        assert here.tiers(month) == {"P1": 2, "P2": 1, "P3": 2}
    july = {row["partner_id"]: row for row in here.register(JULY)["partners"]}
    assert (july["P1"]["mrr_eur_cents"], july["P1"]["earned_tier"], july["P1"]["at_rates_before_cents"]) == (
        1_964_29,
        2,
        2_000_00,
    )
    assert (july["P1"]["rates_before"], july["P1"]["held_by_rates"]) == (JUNE, "yes")
    assert (july["P2"]["mrr_eur_cents"], july["P2"]["at_rates_before_cents"]) == (2_027_78, 1_972_97)
    assert (july["P3"]["at_rates_before_cents"], "held_by_rates" in july["P3"]) == (2_500_00, False)
    august = here.result(AUGUST, "P1")
    assert august["rates_before"] == JUNE, "a month that was held is not what the next is held against"


def test_a_month_run_again_writes_nothing(tmp_path: Path) -> None:
    here = Guarded(tmp_path, "hold_tier").settled(JUNE, JULY)
    before = here.fingerprint()
    here.settled(JUNE, JULY)
    assert here.fingerprint() == before
    here.settled(AUGUST)
    before = here.fingerprint()
    here.settled(JULY)
    assert here.fingerprint() == before


def test_off_is_the_same_as_no_key_at_all(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    off = Guarded(tmp_path, "off").settled(JUNE, JULY)
    plain = Guarded(tmp_path_factory.mktemp("plain"), "off")
    plain.file.write_bytes((PROJECT / "include/program/2015-07-27.yaml").read_bytes())
    plain.settled(JUNE, JULY)
    assert off.tiers(JULY) == {"P1": 1, "P2": 2, "P3": 2}
    for month in (JUNE, JULY):
        assert off.register(month) == plain.register(month)
    decisions = "SELECT decision_hash FROM settlement ORDER BY settlement_id"
    assert off.rows(decisions) == plain.rows(decisions)
    parts = "SELECT settlement_id, part FROM settlement_input ORDER BY 1, 2"
    assert off.rows(parts) == plain.rows(parts)
    assert off.rows("SELECT * FROM assessment_at_rates_before") == []


def letter(world: World, month: str, partner_id: str) -> str:
    return (
        (world.folder / "out" / "letters" / month / f"{partner_id}.txt")
        .read_text("utf-8")
        .replace("\N{NO-BREAK SPACE}", " ")
    )


def test_informing_says_in_each_language_what_the_tier_would_have_been(tmp_path: Path) -> None:
    here = Guarded(tmp_path, "inform").settled(JUNE)
    here.run(JULY, on=DAYS[JULY])
    assert here.tiers(JULY) == {"P1": 1, "P2": 2, "P3": 2}
    dutch, german = letter(here, JULY, "P1"), letter(here, JULY, "P2")
    assert (
        "Dat geeft recht op niveau 1. Volgens de wisselkoersen van juni 2015 zou u € 2.000,00 hebben en niveau 2."
        in dutch
    )
    assert "Das ergibt Stufe 2. Nach den Wechselkursen vom Juni 2015 hätten Sie 1.972,97 € und Stufe 1." in german
    assert "niet omhoog" not in dutch
    book = write_book(here.installation, BillingMonth.parse(JULY), today=date.fromisoformat(DAYS[JULY]))
    page = html.unescape(re.sub("<[^>]+>", "", book.read_text("utf-8")))
    assert "At the exchange rates of 2015-06: 2,000.00 EUR, tier 2" in page
    assert "At the exchange rates of 2015-06: 1,972.97 EUR, tier 1" in page


def test_a_held_tier_is_told_where_a_letter_is_owed_and_owes_none_by_itself(tmp_path: Path) -> None:
    here = Guarded(tmp_path, "hold_tier").settled(JUNE)
    here.run(JULY, on=DAYS[JULY])
    assert here.rows("SELECT partner_id FROM letter WHERE billing_month = ?", JULY) == []


def test_a_partners_page_says_what_exchange_rates_alone_made_of_its_tier(tmp_path: Path) -> None:
    here = Guarded(tmp_path, "hold_tier").settled(JUNE, JULY)
    said = {each: partner_overview(here.installation, each, on=date(2015, 8, 4)).beside for each in ("P1", "P3")}
    held = (
        "at the exchange rates of 2015-06: 2,000.00 EUR, tier 2; by rates alone it would be tier 1: they move no tier"
    )
    assert said == {"P1": (held,), "P3": ("at the exchange rates of 2015-06: 2,500.00 EUR, tier 2",)}


def test_the_receipt_says_which_rates_and_that_they_move_no_tier(tmp_path: Path) -> None:
    here = Guarded(tmp_path, "hold_tier").settled(JUNE, JULY)
    found = explain(here.installation, "P1", BillingMonth.parse(JULY))
    assert found.band is not None
    assert found.band.tier == 1, "the band is that of the total by the table"
    assert found.rates_alone is not None
    assert rates_words(found.rates_alone) == (
        "at the exchange rates of 2015-06: 2,000.00 EUR, tier 2; by rates alone it would be tier 1: they move no tier"
    )
    assert json.loads(receipt_json(found))["rates_alone"] == {
        "rates_of": JUNE,
        "cents": 2_000_00,
        "tier": 2,
        "own_tier": 1,
        "holds": True,
    }
    first = explain(here.installation, "P1", BillingMonth.parse(JUNE))
    assert first.rates_alone is not None
    assert rates_words(first.rates_alone) == "at the exchange rates of an earlier month: not known"


def test_the_register_has_its_columns_only_where_a_programme_guards(tmp_path: Path) -> None:
    here = Guarded(tmp_path, "hold_tier").settled(JUNE, JULY)

    def columns(month: str) -> list[str]:
        with here.installation.database.reading() as connection:
            return register_csv(read_register(connection, BillingMonth.parse(month))).splitlines()[0].split(",")

    added = {"at_rates_before_cents", "rates_before", "held_by_rates"}
    assert set(columns(JULY)) - set(columns(JUNE)) == added


def test_a_proof_decides_a_guarded_month_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Guarded(tmp_path, "hold_tier").settled(JUNE, JULY)
    folder = here.folder
    (folder / "public.pem").write_bytes(new_key(folder / "key.pem").public)
    monkeypatch.setenv(KEY_VARIABLE, str(folder / "key.pem"))
    by = Doer("Pat Manager", "for the auditor", 1_440_000_000)
    for month in (JUNE, JULY):
        path = folder / f"{month}.zip"
        write_proof(here.installation, BillingMonth.parse(month), path, by=by)
        assert verify_proof(path, trusted=[folder / "public.pem"]).differences == []


def test_a_rate_that_is_not_known_leaves_the_tier_as_earned(tmp_path: Path) -> None:
    here = Guarded(tmp_path, "hold_tier", pounds_in_june=False).settled(JUNE, JULY)
    assert here.tiers(JULY) == {"P1": 2, "P2": 2, "P3": 2}
    row = here.result(JULY, "P2")
    assert (row["previous_tier"], row["earned_tier"], "at_rates_before_cents" in row) == (0, 2, False)


def test_a_corrected_total_is_held_against_the_same_rates(tmp_path: Path) -> None:
    here = Guarded(tmp_path, "hold_tier").settled(JUNE, JULY)
    # 2,178.00 USD are 1,980.00 EUR at June's rate: the correction itself takes P1 below Tier 2.
    here.execute(
        "US",
        "UPDATE program_mrr_line SET net_amount_minor = 217800 WHERE service_start = '2015-07-01'",
    )
    here.close(JULY, "US")
    here.settled(JULY)
    day = date(2015, 8, 10)
    acceptance = Acceptance(day, "Robin Controller", "a credit note")
    accept_restatement(here.installation, BillingMonth.parse(JULY), acceptance, today=day)
    row = here.result(JULY, "P1")
    assert (row["earned_tier"], row["tier"], row["at_rates_before_cents"]) == (1, 1, 1_980_00)
    here.settled(AUGUST)
    # In August the full 2,200.00 USD are back: Tier 1 at July's rate, against which it is held now, and at August's.
    assert here.tiers(AUGUST) == {"P1": 1, "P2": 1, "P3": 2}


def test_simulating_the_guard_gives_what_running_with_it_gives(tmp_path: Path) -> None:
    here = Guarded(tmp_path, "off").settled(JUNE, JULY, AUGUST)
    assert here.tiers(AUGUST) == {"P1": 1, "P2": 2, "P3": 2}
    draft = here.folder / "draft.yaml"
    draft.write_text(guarding_rates("hold_tier"))
    found = simulate(here.installation, draft, BillingMonth.parse(JUNE), BillingMonth.parse(AUGUST))
    tiers = [{each.settled.partner_id: each.tier for each in month.results} for month in found.months]
    assert tiers == [{"P1": 2, "P2": 1, "P3": 2}] * 3


def test_near_says_for_whom_the_guard_decided_otherwise(tmp_path: Path) -> None:
    here = Guarded(tmp_path, "inform").settled(JUNE, JULY)
    said = " ".join(near(here.installation, BillingMonth.parse(JULY)).said)
    assert (
        "By exchange rates alone, 1 partner earned a higher tier than at those of 2015-06, and 1 a lower one." in said
    )


def test_a_forecast_guards_with_the_rates_of_then(tmp_path: Path) -> None:
    here = Guarded(tmp_path, "hold_tier").settled(JUNE, JULY)
    # July's lines are billed in August too; at July's rates alone P1 would fall and P2 would rise.
    rows = forecast(here.installation, BillingMonth.parse(AUGUST)).table("partners").rows
    assert {row.partner_id: (row.tier, row.expected_tier) for row in rows if isinstance(row, ForecastPartner)} == {
        "P1": (2, 2),
        "P2": (1, 1),
        "P3": (2, 2),
    }

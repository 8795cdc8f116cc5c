"""Tiers that need certified staff, from end to end: months, letters, receipts, a proof, a simulation, a correction.

Tier 3 and above need 2. P1 bills 6,000.00 EUR, which is Tier 3 by revenue, with 1 on record; P2 the same with 2.
"""

import json
from datetime import date
from pathlib import Path

import pytest

from partner_program.adapters.proofs.keys import KEY_VARIABLE, new_key
from partner_program.adapters.reports.receipt import receipt_json
from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.qualifications import lack_words
from partner_program.domain.refusals import UnsoundFiles
from partner_program.usecases.desk.partner import partner_overview
from partner_program.usecases.explain import explain
from partner_program.usecases.installation import PROJECT, Installation
from partner_program.usecases.month.restatement import Acceptance, accept_restatement, show_restatement
from partner_program.usecases.proofs.verify import verify_proof
from partner_program.usecases.proofs.write import write_proof
from partner_program.usecases.simulation import simulate
from tests.programs import requiring_staff
from tests.worlds import World

JUNE, JULY = "2015-06", "2015-07"
DAYS = {JUNE: "2015-07-27", JULY: "2015-08-03"}


class Demanding(World):
    """Two partners and two months, with a programme file of which tiers need staff; nothing is run yet."""

    def __init__(self, folder: Path, text: str | None = None) -> None:
        super().__init__(folder, ("NL",))
        self.include = folder / "include"
        (self.include / "program").mkdir(parents=True)
        for name in ("sql", "templates"):
            (self.include / name).symlink_to(PROJECT / "include" / name)
        self.file = self.include / "program" / "2015-07-27.yaml"
        self.file.write_text(requiring_staff(t3=2, t4=2, t5=2, t6=2) if text is None else text)
        self.partner("P1", {"NL": "A1"}, language="nl")
        self.partner("P2", {"NL": "A2"}, language="de")
        self.bill("A1", JUNE, 6_000_00, months=2)
        self.bill("A2", JUNE, 6_000_00, months=2)
        self.qualified("P1", 1)
        self.qualified("P2", 2)
        self.ready(*DAYS)

    @property
    def installation(self) -> Installation:
        """The installation over this world's own programme file."""
        return Installation(self.connections, self.include, self.folder / "out")

    def settled(self, *months: str) -> "Demanding":
        for month in months:
            self.settle(month, on=DAYS[month])
        return self

    def tiers(self, month: str) -> dict[str, int]:
        return {row["partner_id"]: row["tier"] for row in self.register(month)["partners"]}


def test_a_partners_page_says_what_the_tier_lacks_beside_revenue(tmp_path: Path) -> None:
    here = Demanding(tmp_path).settled(JUNE)
    lacking, fulfilled = (partner_overview(here.installation, each, on=date(2015, 8, 1)) for each in ("P1", "P2"))
    assert lacking.beside == ("revenue reaches tier 3, which needs 2 certified staff, on record 1",)
    assert fulfilled.beside == ()


def test_the_tier_is_the_highest_whose_needs_are_on_record(tmp_path: Path) -> None:
    here = Demanding(tmp_path).settled(JUNE, JULY)
    assert here.tiers(JUNE) == here.tiers(JULY) == {"P1": 2, "P2": 3}
    row = here.result(JUNE, "P1")
    assert (row["earned_tier"], row["qualifications"]) == (2, "certified_staff=1")
    before = here.fingerprint()
    here.settled(JUNE, JULY)
    assert here.fingerprint() == before


def test_who_is_in_no_row_has_none(tmp_path: Path) -> None:
    here = Demanding(tmp_path)
    here.tables["qualifications"].pop(0)
    here.load("qualifications.csv:P1/certified_staff/academy")
    assert here.settled(JUNE).result(JUNE, "P1")["qualifications"] == "certified_staff=0"
    assert here.tiers(JUNE) == {"P1": 2, "P2": 3}


def test_the_last_day_of_the_month_decides(tmp_path: Path) -> None:
    here = Demanding(tmp_path)
    here.tables["qualifications"][0]["valid_to"] = "2015-07-31"
    here.qualified("P1", 2, since="2015-07-31")
    here.load()
    here.settled(JUNE, JULY)
    assert (here.tiers(JUNE)["P1"], here.tiers(JULY)["P1"]) == (2, 3)


def test_a_row_does_not_vanish_and_leaves_on_record(tmp_path: Path) -> None:
    here = Demanding(tmp_path)
    here.tables["qualifications"].clear()
    with pytest.raises(UnsoundFiles, match=r"qualifications\.csv:P1/certified_staff/academy is in the database"):
        here.load()
    (here.folder / "registry" / "qualifications.csv").unlink()
    here.tables["qualifications"].clear()
    with pytest.raises(UnsoundFiles, match="give it a valid_to"):
        here.load()
    names = [f"qualifications.csv:{each}/certified_staff/academy" for each in ("P1", "P2")]
    assert here.load(*names) == 2
    assert here.rows("SELECT subject FROM act WHERE subject LIKE 'qualifications%' ORDER BY act_id") == [
        (name,) for name in names
    ]


def test_two_values_for_one_day_are_refused(tmp_path: Path) -> None:
    here = Demanding(tmp_path)
    here.qualified("P1", 5, since="2015-01-01")
    with pytest.raises(UnsoundFiles, match="lies in the same partner's value on line"):
        here.load()


def test_the_letter_says_what_the_tier_that_revenue_reaches_lacked(tmp_path: Path) -> None:
    here = Demanding(tmp_path)
    here.run(JUNE, on=DAYS[JUNE])
    folder = here.folder / "out" / "letters" / JUNE
    dutch, german = (folder / f"{each}.txt" for each in ("P1", "P2"))
    said = "Uw omzet haalt niveau 3, dat meer dan omzet vraagt: certified staff: 2 nodig, 1 geregistreerd."
    assert said in dutch.read_text("utf-8")
    assert "verlangt" not in german.read_text("utf-8")


def test_the_receipt_says_it_too(tmp_path: Path) -> None:
    here = Demanding(tmp_path).settled(JUNE)
    found = explain(here.installation, "P1", BillingMonth.parse(JUNE))
    assert found.band is not None
    assert found.band.tier == 3
    assert found.revenue_alone is not None
    assert lack_words(found.revenue_alone) == "revenue reaches tier 3, which needs 2 certified staff, on record 1"
    assert json.loads(receipt_json(found))["revenue_alone"] == {
        "tier": 3,
        "lacks": [{"key": "certified_staff", "at_least": 2, "on_record": 1}],
    }
    assert explain(here.installation, "P2", BillingMonth.parse(JUNE)).revenue_alone is None


def test_what_is_put_on_record_afterwards_is_a_restatement(tmp_path: Path) -> None:
    here = Demanding(tmp_path).settled(JUNE)
    here.tables["qualifications"][0]["value"] = 2
    here.load()
    here.settled(JUNE)
    assert here.tiers(JUNE)["P1"] == 2, "it is proposed, and nothing changes by itself"
    month, day = BillingMonth.parse(JUNE), date(2015, 7, 30)
    (shown,) = show_restatement(here.installation, month, on=day, today=day).consequences
    assert "earned_tier 2 becomes 3" in shown.record
    assert "qualifications: certified_staff 1 becomes certified_staff 2" in shown.record
    accept_restatement(here.installation, month, Acceptance(day, "Robin", "a certificate came late"), today=day)
    row = here.result(JUNE, "P1")
    assert (row["tier"], row["qualifications"]) == (3, "certified_staff=2")


def test_a_proof_decides_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Demanding(tmp_path).settled(JUNE)
    (tmp_path / "public.pem").write_bytes(new_key(tmp_path / "key.pem").public)
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "key.pem"))
    by = Doer("Pat Manager", "for the auditor", 1_440_000_000)
    write_proof(here.installation, BillingMonth.parse(JUNE), tmp_path / "june.zip", by=by)
    assert verify_proof(tmp_path / "june.zip", trusted=[tmp_path / "public.pem"]).differences == []


def test_simulating_it_gives_what_running_with_it_gives(tmp_path: Path) -> None:
    plain = (PROJECT / "include" / "program" / "2015-07-27.yaml").read_text("utf-8")
    here = Demanding(tmp_path, plain).settled(JUNE, JULY)
    assert here.tiers(JUNE) == {"P1": 3, "P2": 3}
    assert "qualifications" not in here.result(JUNE, "P1")
    assert here.rows("SELECT * FROM assessment_qualification") == []
    draft = tmp_path / "draft.yaml"
    draft.write_text(requiring_staff(t3=2, t4=2, t5=2, t6=2))
    found = simulate(here.installation, draft, BillingMonth.parse(JUNE), BillingMonth.parse(JULY))
    tiers = [{each.settled.partner_id: each.tier for each in month.results} for month in found.months]
    assert tiers == [{"P1": 2, "P2": 3}] * 2

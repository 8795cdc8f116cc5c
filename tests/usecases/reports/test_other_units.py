"""Reports about months that were counted in dollars, in whole rupiah and in points; each figure worked out by hand."""

import csv
import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from partner_program.adapters.reports.posting import posting_csv
from partner_program.adapters.reports.report import report_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.posting import PostingRow
from partner_program.domain.program_unit import Unit
from partner_program.domain.refusals import Refusal
from partner_program.usecases.desk.month_changes import month_changes
from partner_program.usecases.register import register_file
from partner_program.usecases.reports.asked import look_at_answer
from partner_program.usecases.reports.forecast import TABLES as FORECAST_TABLES
from partner_program.usecases.reports.forecast import coming_drops, forecast
from partner_program.usecases.reports.kept import report_of, to_keep
from partner_program.usecases.reports.missing_accounts import accounts_missed
from partner_program.usecases.reports.movements import movements_to
from partner_program.usecases.reports.questions import questions_about
from tests.own_folder import OwnWorld
from tests.usecases.month.own_programme import OwnProgramme
from tests.usecases.month.test_currency import changed, in_unit, partner, settled, world_of
from tests.usecases.three_programmes import KESTREL, MERAPI, TESSERA, Story, begin, months_of, settle

DECEMBER, JANUARY = "2025-12", "2026-01"
EUROS = re.compile(r"\bEUR\b|€|\beuros?\b|eur_cents", re.IGNORECASE)


World = OwnWorld | OwnProgramme


def _lived(story: Story, factory: pytest.TempPathFactory) -> OwnWorld:
    world = begin(story, factory.mktemp(story.folder))
    settle(world, months_of(story))
    return world


@pytest.fixture(scope="module")
def kestrel(tmp_path_factory: pytest.TempPathFactory) -> OwnWorld:
    """December and January in dollars, a year together: see `KESTREL`."""
    return _lived(KESTREL, tmp_path_factory)


@pytest.fixture(scope="module")
def merapi(tmp_path_factory: pytest.TempPathFactory) -> OwnWorld:
    """December and January in whole rupiah: see `MERAPI`."""
    return _lived(MERAPI, tmp_path_factory)


@pytest.fixture(scope="module")
def tessera(tmp_path_factory: pytest.TempPathFactory) -> OwnWorld:
    """December to March in points: see `TESSERA`."""
    return _lived(TESSERA, tmp_path_factory)


def told(world: World, *command: str, status: int = 0) -> str:
    """What a command prints."""
    done = world.command_line(*command)
    assert done.status == status, done.stderr
    return done.stdout


def answered(world: World, *command: str, status: int = 0) -> dict[str, Any]:
    """A report as JSON."""
    answer: dict[str, Any] = json.loads(told(world, *command, "--format", "json", status=status))
    return answer


def test_near_a_threshold_of_a_year_in_dollars(kestrel: OwnWorld) -> None:
    found = answered(kestrel, "near", JANUARY, "--within", "10")
    assert (found["currency"], "decimals" in found) == ("USD", False)
    # December and January together: P1 has 5,162.00, P2 4,500.00 of the 5,000.00 for Plus; P3 1,631.92 is far away.
    assert [list(row.values()) for row in found["partners"]] == [
        ["P1", "Company P1", "M1", None, 3_104_00, 2, "Plus", 14_838_00, 162_00],
        ["P2", "Company P2", "M1", None, -1_500_00, 1, "Select", 500_00, None],
    ]
    # At the rates of December P1 would have 1,058.00 for its 920.00 EUR, and 5,116.00 together: Plus all the same.
    assert (found["rates"], found["unknown"]) == ([], [])
    text = told(kestrel, "near", JANUARY, "--within", "10")
    assert "MRR USD" in text
    assert "14,838.00" in text
    assert not EUROS.search(text)


def test_near_in_whole_rupiah_says_whom_exchange_rates_lift(merapi: OwnWorld) -> None:
    found = answered(merapi, "near", JANUARY)
    assert (found["currency"], found["decimals"]) == ("IDR", 0)
    assert [list(row.values())[3:] for row in found["partners"]] == [
        [None, 5_000_000, 2, "Cempaka", 15_000_000, 0],
        [None, 20_100_000, 3, "Anggrek", None, 100_000],
    ]
    # 105.00 EUR are 2,100,000 at 20,000, and 1,995,000 at 19,000: 19,995,000 together are Cempaka.
    (row,) = found["rates"]
    assert (row["partner_id"], row["before_cents"], row["before_eur_cents"]) == ("P2", 19_995_000, None)
    assert (row["earned_tier"], row["before_tier"], row["moved_cents"]) == (3, 2, 105_000)
    assert "1 partner earned a higher tier than at those of 2025-12" in found["said"][1]
    text = told(merapi, "near", JANUARY)
    assert "20,100,000" in text
    assert "+105,000" in text
    assert not EUROS.search(text)


def test_near_in_points_knows_no_exchange_rates(tessera: OwnWorld) -> None:
    found = answered(tessera, "near", JANUARY)
    assert [list(row.values()) for row in found["partners"]] == [
        ["P2", "Company P2", "M1", None, 99, 1, "Member", 1, 89]
    ]
    text = told(tessera, "near", JANUARY)
    assert "MRR pts" in text
    assert "pts have no exchange rates." in text


def test_a_table_as_csv_says_its_unit(merapi: OwnWorld) -> None:
    rows = list(csv.DictReader(io.StringIO(told(merapi, "near", JANUARY, "--format", "csv"))))
    assert [(row["mrr_eur_cents"], row["mrr_cents"], row["currency"]) for row in rows] == [
        ("", "5000000", "IDR"),
        ("", "20100000", "IDR"),
    ]


def moved(rows: list[dict[str, Any]], *names: str) -> list[list[Any]]:
    """What moved in each row, by its columns."""
    return [[row[name] for name in names] for row in rows]


MOVES = ("told_cents", "expansion_cents", "contraction_cents", "lost_cents", "exchange_rates_cents", "rounding_cents")


def test_movements_in_dollars(kestrel: OwnWorld) -> None:
    found = answered(kestrel, "movements", DECEMBER, JANUARY)
    assert found["said"] == ["Revenue went from 9,208.00 USD in 2025-12 to 2,085.92 USD in 2026-01: -7,122.08 USD."]
    # P1 bills 1,000.00 USD more, and its 920.00 EUR bring 46.00 more at 1.20. P3: 800.00 * (1.2 / 0.83 - 1.15 / 0.8)
    # are 6.6265 by rates, (333.33 - 800.00) * 1.2 / 0.83 are -674.70361; a cent is rounding.
    whole = [9_208_00, 1_000_00, -674_70, -7_500_00, 46_00 + 6_63, -1]
    assert moved(found["months"], *MOVES, "mrr_cents", "mrr_eur_cents") == [[*whole, 2_085_92, None]]
    assert moved(found["partners"], "partner_id", *MOVES[1:], "mrr_cents") == [
        ["P2", 0, 0, -7_500_00, 0, 0, -1_500_00],
        ["P1", 1_000_00, 0, 0, 46_00, 0, 3_104_00],
        ["P3", 0, -674_70, 0, 6_63, -1, 481_92],
    ]
    assert {each["currency"] for each in found["equations"].values()} == {"USD"}
    text = told(kestrel, "movements", DECEMBER, JANUARY)
    assert "MRR of 2026-01 2,085.92 USD = MRR of 2025-12 as told first 9,208.00 +" in text
    assert not EUROS.search(text)


def test_movements_in_whole_rupiah(merapi: OwnWorld) -> None:
    found = answered(merapi, "movements", DECEMBER, JANUARY)
    # P1 one rupiah more; P2 5.00 EUR more at 20,000, and 100.00 EUR at 20,000 and no more at 19,000; P3 is gone.
    whole = [29_899_999, 100_001, 0, -5_000_000, 100_000, 0]
    assert moved(found["months"], *MOVES, "mrr_cents") == [[*whole, 25_100_000]]
    assert found["equations"]["2026-01"]["decimals"] == 0
    text = told(merapi, "movements", DECEMBER, JANUARY)
    assert "Revenue went from 29,899,999 IDR in 2025-12 to 25,100,000 IDR in 2026-01: -4,799,999 IDR." in text
    assert "expansion +100,000, exchange rates +100,000" in text
    assert not EUROS.search(text)


def test_movements_of_points_are_those_of_a_count(tessera: OwnWorld) -> None:
    found = answered(tessera, "movements", DECEMBER, "2026-03")
    assert found["said"] == ["The count went from 1,220 pts in 2025-12 to 708 pts in 2026-03: -512 pts."]
    columns = ("expansion_cents", "contraction_cents", "mrr_cents")
    assert moved(found["months"], *columns) == [[0, -401, 819], [380, 0, 1_199], [0, -491, 708], [380, -892, 708]]
    assert "Month by month, pts" in told(tessera, "movements", DECEMBER, "2026-03")


@pytest.fixture(scope="module")
def gone_over(tmp_path_factory: pytest.TempPathFactory) -> OwnProgramme:
    """January in EUR; February and March in USD, at 1.2: 1,000.00 EUR, 1,500.00 EUR and 1,600.00 EUR."""
    world = changed(tmp_path_factory.mktemp("changed"), "NL")
    world.partner("P1", {"NL": "A1"})
    for month, on, minor in (
        ("2026-01", "2026-02-01", 1_000_00),
        ("2026-02", "2026-03-01", 1_500_00),
        ("2026-03", "2026-04-01", 1_600_00),
    ):
        world.bill("A1", month, minor)
        world.ready(month)
        world.settle(month, on=on)
    return world


def test_nothing_moves_from_one_unit_to_another(gone_over: OwnProgramme) -> None:
    refused = gone_over.command_line("movements", "2026-01", "2026-03")
    assert refused.status == 1
    why = "2026-01 was counted in EUR and 2026-02 in USD, and nothing moves from one to the other"
    assert f"movements from 2026-01 to 2026-03: {why}" in refused.stderr
    month = BillingMonth.parse("2026-02")
    answer = movements_to(gone_over.installation, month)
    assert (answer.unknown, answer.unit.name) == ((why,), "USD")
    # 100.00 EUR more at 1.2: in one unit all is as ever.
    (row,) = answered(gone_over, "movements", "2026-02", "2026-03")["months"]
    assert (row["told_cents"], row["expansion_cents"], row["mrr_cents"]) == (1_800_00, 120_00, 1_920_00)


def test_exchange_rates_of_a_month_in_another_unit_are_not_compared(gone_over: OwnProgramme) -> None:
    assert answered(gone_over, "near", "2026-02")["unknown"] == [
        "what exchange rates alone moved: 2026-01 was counted in EUR, not USD"
    ]
    first = answered(gone_over, "near", "2026-01")
    assert "currency" not in first


def signals_of(world: World, month: str) -> list[list[str]]:
    """The signals of a month with their figures."""
    return [[row["signal"], row["partner_id"], row["evidence"]] for row in answered(world, "signals", month)["signals"]]


def test_signals_in_dollars(kestrel: OwnWorld) -> None:
    # 1,046.00 are more than 40 % of 2,058.00, and 668.08 of 1,150.00; both are above 500.00.
    assert signals_of(kestrel, JANUARY) == [
        ["jump", "P1", "2,058.00 USD in 2025-12, 3,104.00 in 2026-01"],
        ["jump", "P2", "6,000.00 USD in 2025-12, -1,500.00 in 2026-01"],
        ["jump", "P3", "1,150.00 USD in 2025-12, 481.92 in 2026-01"],
    ]
    text = told(kestrel, "signals", JANUARY)
    assert "40 % and 500.00 USD more or less than in the month before" in text
    assert not EUROS.search(text)


def test_signals_in_whole_rupiah_and_in_points(merapi: OwnWorld, tessera: OwnWorld) -> None:
    # P2 has 200,000 more, which is a hundredth.
    assert signals_of(merapi, JANUARY) == [["jump", "P3", "5,000,000 IDR in 2025-12, 0 in 2026-01"]]
    assert "│ 40 % more or less than in the month before" in told(merapi, "signals", JANUARY)
    assert signals_of(tessera, JANUARY) == [["jump", "P3", "500 pts in 2025-12, 120 in 2026-01"]]
    assert "Jump in the count: 1 partner of 3, 0 seen." in told(tessera, "signals", JANUARY)


def test_a_signal_is_seen_with_its_figures(merapi: OwnWorld) -> None:
    seen = ("signals", "seen", JANUARY, "jump", "P3", "--by", "robin", "--reason", "it stopped")
    assert "jump P3: seen by robin" in told(merapi, *seen)
    (row,) = answered(merapi, "signals", JANUARY)["signals"]
    assert (row["seen_by"], row["reason"]) == ("robin", "it stopped")


def test_months_in_another_unit_are_not_looked_at_for_signals(gone_over: OwnProgramme) -> None:
    # 1,800.00 USD are 80 % more than the 1,000.00 EUR before, and no jump.
    found = answered(gone_over, "signals", "2026-02")
    assert found["signals"] == []
    assert found["unknown"][0].endswith("just above a threshold: 2026-02 has 0 months in USD before it")


def test_a_month_is_not_compared_with_one_in_another_unit(gone_over: OwnProgramme) -> None:
    here = gone_over.installation
    # 1,800.00 USD are more than half above the 1,000.00 EUR before, and no large change.
    assert month_changes(here, BillingMonth.parse("2026-02"), shown="revenue").rows == ()
    assert month_changes(here, BillingMonth.parse("2026-03"), shown="revenue").rows == ()


def test_large_changes_are_those_of_the_unit(merapi: OwnWorld, kestrel: OwnWorld) -> None:
    def who(world: OwnWorld) -> list[str]:
        found = month_changes(world.installation, BillingMonth.parse(JANUARY), shown="revenue")
        return sorted(row.partner_id for row in found.rows)

    # Of P2 200,000 rupiah are a hundredth, and no amount alone is large.
    assert who(merapi) == ["P3"]
    assert who(kestrel) == ["P1", "P2", "P3"]


@pytest.fixture(scope="module")
def ordered(tmp_path_factory: pytest.TempPathFactory) -> OwnProgramme:
    """January in USD gives P1 2,200.00 and Silver, 8 %; in February it orders at an account in USD and one in EUR."""
    world = world_of(tmp_path_factory.mktemp("ordered"), in_unit("{code: USD}"), "US", "NL")
    partner(world, "P1", US=1_000_00, NL=1_000_00)
    settled(world)
    for entity, minor, discount_bp, day in (
        ("US", 920_00, 800, "2026-02-10"),  # as due
        ("US", 950_00, 500, "2026-02-11"),  # of 1,000.00, and 30.00 too little
        ("NL", 850_00, 1500, "2026-02-12"),  # of 1,000.00 EUR, which are 1,200.00: 84.00 too much
        ("NL", 99_99, 700, "2026-02-13"),  # of 129.01935..., and a hundredth of that too little
    ):
        order = {"discount_bp": discount_bp, "ordered_on": day, "posted_on": day}
        world.bill(f"P1-{entity}", "2026-02", minor, entity=entity, **order)
    settled(world, "2026-02", "2026-03-01")
    (world.include / "program" / "ledger_accounts.csv").write_text(
        "entity,product,tier,debit_account,credit_account\n*,*,*,6000,4000\n", "utf-8"
    )
    return world


def test_leakage_in_dollars(ordered: OwnProgramme) -> None:
    found = answered(ordered, "leakage", "2026-02")
    assert found["said"][:2] == [
        "2 lines were given less than was due: 31.29 USD of 2026-02 are owed to 1 partner.",
        "1 line was given more than was due: 84.00 USD, to 1 partner.",
    ]
    assert moved(found["groups"][:4], "lines", "revenue_cents", "effect_cents", "effect_eur_cents") == [
        [2, 950_00 + 119_99, -30_00 - 1_29, None],
        [1, 1_020_00, 84_00, None],
        [0, 0, 0, None],
        [1, 920_00, 0, None],
    ]
    # 949.99 EUR are 1,139.988 USD.
    assert found["equations"]["revenue"]["whole"]["minor"] == 1_870_00 + 1_139_99
    assert moved(found["entities"], "entity", "revenue_cents", "owed_cents", "over_cents") == [
        ["NL", 1_139_99, 1_29, 84_00],
        ["US", 1_870_00, 30_00, 0],
    ]
    text = told(ordered, "leakage", "2026-02")
    assert not EUROS.search(text)
    header, *rows = csv.reader(io.StringIO(told(ordered, "leakage", "2026-02", "--format", "csv", "--table", "lines")))
    assert header[-1] == "programme_currency"
    assert [(row[header.index("currency")], row[-1]) for row in rows] == [
        ("USD", "USD"),
        ("EUR", "USD"),
        ("EUR", "USD"),
    ]


def test_too_much_leakage_is_an_amount_of_the_programme(ordered: OwnProgramme) -> None:
    assert ordered.command_line("leakage", "2026-02", "--fail-over", "84.00").status == 0
    gate = ordered.command_line("leakage", "2026-02", "--fail-over", "83.99")
    assert gate.status == 1
    assert "84.00 USD were given beyond what was due, more than 83.99 USD" in gate.stderr


def test_cost_in_dollars(ordered: OwnProgramme, tmp_path: Path) -> None:
    file = tmp_path / "discounts.csv"
    found = json.loads(told(ordered, "cost", "2026-02", "--format", "json", "--posting", str(file)))
    # At list 1,000.00 and 1,000.00 USD, 1,000.00 EUR and 107.516129... EUR; 8 % of it was due.
    assert found["said"][0] == (
        "319.03 USD of discount were given in 2026-02 on a list value of 3,329.02 USD (9.58 %); "
        "266.32 USD were due by the rates of the orders' days."
    )
    columns = ("part", "list_cents", "given_cents", "due_cents", "beyond_cents", "revenue_cents", "list_eur_cents")
    assert moved(found["entities"], *columns) == [
        ["NL", 1_329_02, 189_03, 106_32, 82_71, 1_139_99, None],
        ["US", 2_000_00, 130_00, 160_00, -30_00, 1_870_00, None],
    ]
    assert {each["currency"] for each in found["equations"].values()} == {"USD"}
    # 150.00 and 7.52612... EUR were given.
    assert file.read_text("utf-8").splitlines() == [
        "voucher,posted_on,entity,account,tier,product,currency,debit,credit,debit_usd,credit_usd",
        "discounts-2026-02-NL-EUR,2026-02-28,NL,6000,2,dedicated_server,EUR,157.53,,189.03,",
        "discounts-2026-02-NL-EUR,2026-02-28,NL,4000,2,dedicated_server,EUR,,157.53,,189.03",
        "discounts-2026-02-US-USD,2026-02-28,US,6000,2,dedicated_server,USD,130.00,,130.00,",
        "discounts-2026-02-US-USD,2026-02-28,US,4000,2,dedicated_server,USD,,130.00,,130.00",
    ]
    text = told(ordered, "cost", "2026-02", "--all")
    assert "discount given USD" in text
    assert not EUROS.search(text.replace("-NL-EUR", "").replace("  EUR  ", ""))


def test_cost_and_leakage_in_whole_rupiah(merapi: OwnWorld) -> None:
    # P2's 18,000,000 say nothing of their discount; 105.00 EUR at 20,000 are 2,100,000.
    found = answered(merapi, "cost", JANUARY)
    assert (found["currency"], found["decimals"]) == ("IDR", 0)
    assert found["equations"]["counted"]["whole"]["minor"] == 5_000_000 + 20_100_000
    assert moved(found["entities"], "part", "revenue_cents", "unknown_cents", "given_cents") == [
        ["NL", 2_100_000, 2_100_000, None],
        ["US", 23_000_000, 23_000_000, None],
    ]
    assert "25,100,000 IDR" in told(merapi, "leakage", JANUARY)


@pytest.mark.parametrize("command", ["leakage", "cost"])
def test_points_have_no_price_of_which_a_discount_could_be_told(tessera: OwnWorld, command: str) -> None:
    refused = tessera.command_line(command, JANUARY)
    assert refused.status == 1
    assert "leakage and cost tell discounts of prices, and 2026-01 is counted in pts" in refused.stderr
    with pytest.raises(Refusal, match="is counted in pts"):
        look_at_answer(tessera.installation, command, BillingMonth.parse(JANUARY))
    asked = questions_about(tessera.installation, BillingMonth.parse(JANUARY))
    assert list(asked) == ["near", "movements", "signals", "missing_accounts", "forecast"]


@pytest.fixture(scope="module")
def coming(tmp_path_factory: pytest.TempPathFactory) -> OwnProgramme:
    """January in USD at 1.2 and 0.8 for a EUR, and what is posted of February so far."""
    world = world_of(tmp_path_factory.mktemp("coming"), in_unit("{code: USD}"), "US", "NL", "UK")
    partner(world, "P1", US=1_000_00, NL=1_000_00)
    partner(world, "P2", UK=1_500_00)
    partner(world, "P3", NL=300_00)
    world.link("P3", "US", "P3-US")
    settled(world)
    world.bill("P1-US", "2026-02", 1_000_00, entity="US")
    world.bill("P2-UK", "2026-02", -200_00, entity="UK", charge_kind="credit")
    world.bill("P3-US", "2026-02", 240_00, entity="US")
    return world


def test_a_forecast_in_dollars(coming: OwnProgramme) -> None:
    found = answered(coming, "forecast")
    assert (found["billing_month"], found["currency"]) == ("2026-02", "USD")
    # P1: 1,000.00 EUR come again. P2: of 2,250.00 the credit takes 300.00. P3: 360.00 come again, 240.00 are there.
    columns = ("partner_id", "tier", "sure_cents", "expected_cents", "expected_tier")
    assert moved(found["partners"], *columns) == [
        ["P1", 2, 1_000_00, 2_200_00, 2],
        ["P2", 2, -300_00, 1_950_00, 1],
        ["P3", 0, 240_00, 600_00, 1],
    ]
    (drop,), (rise,) = found["drops"], found["rises"]
    assert (drop["needed_cents"], drop["unless"]) == (50_00, "50.00 USD more is billed than expected")
    assert (rise["partner_id"], rise["above_cents"]) == ("P3", 100_00)
    # Nothing of January was posted before its first day; P3 had no tier, as expected.
    assert "1 of 3 tiers right, 0 too high, 2 too low; 0.00 USD expected, 4,810.00 settled" in found["said"][1]
    text = told(coming, "forecast")
    assert "sure USD" in text
    assert not EUROS.search(text)


def test_a_manager_is_reminded_of_a_drop_in_the_unit(coming: OwnProgramme) -> None:
    _, (drop,), unread = coming_drops(coming.installation)
    assert (
        drop.words(("Select", "Plus")) == "will drop from Plus to Select, unless 50.00 USD more is billed than expected"
    )
    assert unread == {}


def test_a_forecast_in_whole_rupiah_is_held_against_what_came(merapi: OwnWorld) -> None:
    found = answered(merapi, "forecast")
    columns = ("partner_id", "sure_cents", "expected_cents", "expected_tier")
    assert moved(found["partners"], *columns) == [["P1", 0, 5_000_000, 2], ["P2", 0, 20_100_000, 3], ["P3", 0, 0, 1]]
    # In December's words: 4,999,999; 18,000,000 and 100.00 EUR at 19,000; 5,000,000. They came to 5,000,000, to
    # 20,100,000 and to nothing.
    (test,) = found["back_test"]
    names = ("right", "too_high", "too_low", "expected_cents", "settled_cents", "error_cents", "absolute_cents")
    assert [test[name] for name in names] == [0, 1, 2, 29_899_999, 25_100_000, 4_799_999, 5_200_001]
    assert "29,899,999 IDR expected, 25,100,000 settled" in found["said"][1]
    assert not EUROS.search(told(merapi, "forecast"))


def test_a_forecast_of_points_converts_nothing(tessera: OwnWorld) -> None:
    found = answered(tessera, "forecast")
    assert found["equations"]["expected"]["whole"]["minor"] == 708
    assert found["said"][-1].startswith("Nothing is converted: pts have no exchange rates.")


def test_a_forecast_is_held_against_months_in_its_unit_alone(gone_over: OwnProgramme) -> None:
    found = answered(gone_over, "forecast", "--back", "3")
    assert [row["billing_month"] for row in found["back_test"]] == ["2026-03", "2026-02"]
    assert "Not held against 2026-01: it was counted in EUR." in found["said"]
    # Of March 1,500.00 EUR were expected, and of February 1,000.00.
    assert moved(found["back_test"], "expected_cents", "settled_cents") == [
        [1_800_00, 1_920_00],
        [1_200_00, 1_800_00],
    ]
    first = answered(gone_over, "forecast", "2026-01")
    assert "currency" not in first
    assert [row["billing_month"] for row in first["back_test"]] == ["2026-01"]


def test_accounts_that_nobody_linked_in_dollars(tmp_path: Path) -> None:
    world = world_of(tmp_path, in_unit("{code: USD}"), "US", "NL", "UK")
    world.partner("P1", {"US": "A1"}, vat_id="NL001234567B01")
    world.bill("A1", JANUARY, 1_999_99, entity="US")
    for entity, account_id, minor in (("NL", "A9", 1), ("UK", "B9", 200_00)):
        world.execute(
            entity, "INSERT INTO program_reseller_account VALUES (?, '', 'NL001234567B01', '')", (account_id,)
        )
        world.bill(account_id, JANUARY, minor, entity=entity)
    settled(world)
    found = answered(world, "accounts", "suggest", JANUARY)
    columns = ("account_id", "account_mrr_cents", "mrr_with_it_cents", "tier_with_it", "account_mrr_eur_cents")
    # A cent of EUR is 0.012; 200.00 GBP are 300.00.
    assert moved(found["suggested"], *columns) == [["A9", 1, 2_000_00, 2, None], ["B9", 300_00, 2_299_99, 2, None]]
    missed = accounts_missed(world.installation, BillingMonth.parse(JANUARY))
    assert missed.of("P1") == (
        "A9 at NL (certain, same VAT number): 0.01 USD, Tier 2 with it",
        "B9 at UK (certain, same VAT number): 300.00 USD, Tier 2 with it",
    )
    assert not EUROS.search(told(world, "accounts", "suggest", JANUARY))


def test_a_file_of_postings_has_the_decimals_of_each_currency() -> None:
    def row(currency: str, minor: int, own: int) -> PostingRow:
        return PostingRow("v", date(2026, 1, 31), "NL", "6000", "2", "cdn", currency, minor, 0, own, 0)

    written = posting_csv([row("EUR", 105_00, 2_100_000), row("IDR", 18_000_000, 18_000_000)], Unit("IDR", 0))
    header, *rows = written.splitlines()
    assert header.endswith("debit,credit,debit_idr,credit_idr")
    assert [each.partition("cdn,")[2] for each in rows] == ["EUR,105.00,,2100000,", "IDR,18000000,,18000000,"]


def test_a_kept_answer_keeps_its_unit(merapi: OwnWorld) -> None:
    report = forecast(merapi.installation)
    assert report.unit == Unit("IDR", 0)
    assert report_json(report_of(to_keep(report), FORECAST_TABLES)) == report_json(report)


def test_sheets_of_the_workbook_are_in_the_unit(merapi: OwnWorld) -> None:
    file = register_file(merapi.installation, BillingMonth.parse(JANUARY), "xlsx")
    book = load_workbook(io.BytesIO(file))

    def cells(sheet: str, *columns: str) -> list[list[Any]]:
        header, *rows = book[sheet].iter_rows(values_only=True)
        return [[row[header.index(name)] for name in columns] for row in rows]

    assert cells("movements months", "told", "exchange_rates", "mrr_idr") == [[29_899_999, 100_000, 25_100_000]]
    assert cells("movements sums", "part", "currency", "amount")[-1] == ["all parts", "IDR", 25_100_000]
    assert cells("buckets", "currency", "net_amount") == [["EUR", 105], ["IDR", 23_000_000]]
    assert cells("closes", "control_total", "posted_amount") == [[105, 105], [23_000_000, 23_000_000]]
    assert book["movements months"]["B2"].number_format == "#,##0"


def test_the_quality_report_is_in_the_decimals_of_the_unit(merapi: OwnWorld) -> None:
    page = (merapi.folder / "out" / "quality" / JANUARY / "index.html").read_text("utf-8")
    assert '<td class="number">23,000,000</td>' in page
    assert '<td class="number">105.00</td>' in page
    assert "230,000.00" not in page


def test_a_receipt_tells_lines_in_the_decimals_of_the_unit(merapi: OwnWorld) -> None:
    text = told(merapi, "explain", "P2", JANUARY)
    assert "18,000,000 IDR" in text
    assert "105.00 EUR" in text

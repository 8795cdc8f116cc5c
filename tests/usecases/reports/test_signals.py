"""Signals of settled months: what the database shows, and that somebody has seen it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from partner_program.adapters.reports.plain_values import plain
from partner_program.cli.commands import program
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import NotThere
from partner_program.domain.report import Report
from partner_program.domain.signals import WORDS, BaseRate
from partner_program.usecases.reports.signals import mark_seen, signals, signals_with_orders
from tests.worlds import World

MONTHS = {"2015-06": "2015-07-27", "2015-07": "2015-08-03", "2015-08": "2015-09-01"}
AUGUST = BillingMonth(2015, 8)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """HUG lies on Tier 2; CREDIT rises in July, MOVE in August by JUMP's account; SHORT cancels."""
    world = World(tmp_path)
    for partner_id, account_id in (("HUG", "A1"), ("CREDIT", "A2"), ("JUMP", "A3"), ("MOVE", "A5"), ("SHORT", "A6")):
        world.partner(partner_id, {"NL": account_id})
    world.bill("A1", "2015-06", 2_000_00, months=3)
    world.bill("A2", "2015-06", 400_00)
    world.bill("A2", "2015-07", 1_000_00, months=2)
    world.bill("A2", "2015-08", -100_00, charge_kind="credit")
    world.bill("A3", "2015-06", 700_00, months=3)
    world.link("JUMP", "NL", "A4", until="2015-08-15")
    world.link("MOVE", "NL", "A4", since="2015-08-15")
    world.bill("A4", "2015-06", 600_00, months=3)
    world.bill("A5", "2015-06", 9_500_00, months=3)
    world.bill("A6", "2015-06", 50_00, months=3)
    world.bill("A6", "2015-08", 310_00, service_start="2015-08-31", service_end="2015-09-02")
    world.ready(*MONTHS)
    for month, on in MONTHS.items():
        world.settle(month, on=on)
    return world


def told(report: Report) -> list[tuple[str, str, str]]:
    rows = [plain(row) for row in report.table("signals").rows]
    return [(row["signal"], row["partner_id"], row["seen_by"]) for row in rows if isinstance(row, dict)]


def test_each_signal_is_told_with_its_lines(world: World) -> None:
    report = signals(world.installation, AUGUST)
    assert told(report) == [
        ("order_and_cancel", "SHORT", ""),
        ("moved_account", "MOVE", ""),
        ("credit_after_rise", "CREDIT", ""),
        ("jump", "JUMP", ""),
        ("threshold_hug", "HUG", ""),
    ]
    (line,) = (plain(row) for row in report.table("lines").rows)
    assert isinstance(line, dict)
    assert (line["service_start"], line["service_end"], line["net_amount_minor"]) == ("2015-08-31", "2015-09-02", 31000)
    assert [each for each in report.unknown if "replaced order" not in each] == []


def test_no_letter_mentions_a_signal(world: World) -> None:
    """MOVE rises in August by the account that moved: it is told of its tier, and of nothing that finance looks at."""
    assert ("moved_account", "MOVE", "") in told(signals(world.installation, AUGUST))
    world.run("2015-08", on=MONTHS["2015-08"])
    folder = world.folder / "out" / "letters" / "2015-08"
    letters = [*folder.glob("*.html"), *folder.glob("*.txt")]
    texts = {path.name: path.read_text("utf-8").lower() for path in letters}
    assert "tier 4" in texts["MOVE.html"]
    assert "tier 4" in texts["MOVE.txt"]
    words = [each for name in WORDS for each in (name, WORDS[name], "signal")]
    assert [(name, each) for name, letter in texts.items() for each in words if each in letter] == []


def test_a_month_that_has_too_few_before_it_says_what_it_could_not_look_for(world: World) -> None:
    june, july = (signals(world.installation, BillingMonth(2015, month)) for month in (6, 7))
    every = "moved account, credit after a rise, jump in revenue, just above a threshold"
    assert june.unknown[0] == f"{every}: 2015-06 has 0 months before it"
    assert july.unknown[0] == "credit after a rise, just above a threshold: 2015-07 has 1 month before it"


def test_who_has_seen_it_is_on_record_once_and_changes_nothing(world: World) -> None:
    here = world.installation
    register = world.register("2015-08")
    for before in ("", "kim"):
        found = mark_seen(here, AUGUST, "jump", "JUMP", by="kim", reason="an account was sold")
        assert found.seen_by == before
    assert world.rows(
        "SELECT kind, done_by, reason, billing_month, partner_id FROM act WHERE kind = 'signal seen'"
    ) == [("signal seen", "kim", "an account was sold", "2015-08", "JUMP")]
    assert ("jump", "JUMP", "kim") in told(signals(here, AUGUST))
    assert world.register("2015-08") == register
    world.execute("NL", "DELETE FROM program_mrr_line WHERE account_id = 'A3' AND service_start = '2015-08-01'")
    world.bill("A3", "2015-08", 10_00)
    world.close("2015-08")
    assert world.settle("2015-08", on="2015-09-10").proposed, "nothing changes until it is accepted"
    assert ("jump", "JUMP", "kim") in told(signals(here, AUGUST))


def test_a_signal_that_a_partner_has_not_cannot_be_seen(world: World) -> None:
    with pytest.raises(NotThere, match="HUG has no signal jump in 2015-08: it has threshold_hug"):
        mark_seen(world.installation, AUGUST, "jump", "HUG", by="kim", reason="x")


def test_the_month_alone_lists_and_seen_is_a_command(world: World) -> None:
    def run(*asked: str) -> str:
        return CliRunner().invoke(program, ["signals", *asked], env=world.environment()).output

    assert "Jump in revenue: 1 partner of 5, 0 seen." in run("2015-08")
    seen = "seen", "2015-08", "jump", "JUMP", "--by", "kim", "--reason", "sold"
    assert run(*seen) == "2015-08 jump JUMP: seen by kim\n"
    assert run(*seen) == "2015-08 jump JUMP: seen by kim, as it was before\n"
    assert "Jump in revenue: 1 partner of 5, 1 seen." in run("list", "2015-08")


@pytest.fixture
def replacing(tmp_path: Path) -> World:
    """All bill at NL and rise from Tier 1 to 2 on 3 August. OLD replaces a server, NEW orders a first one, GOES changes
    its mind too late."""
    world = World(tmp_path, ("NL",))
    for partner_id, account_id in (("OLD", "A1"), ("NEW", "A2"), ("GOES", "A3")):
        world.partner(partner_id, {"NL": account_id})
        world.bill(account_id, "2015-06", 1_000_00, ordered_on="2015-05-01")
        world.bill(account_id, "2015-07", 3_000_00, ordered_on="2015-05-01")
    day = {"service_end": "2015-09-01", "term_months": None, "posted_on": "2015-08-31"}
    # 320.00 for eight days of August, until the older order ends on the 9th; the newer one is from the 5th on.
    world.bill("A1", "2015-08", 320_00, ordered_on="2015-05-01", **{**day, "service_end": "2015-08-09"})
    world.bill("A1", "2015-08", 1_350_00, ordered_on="2015-08-05", **day, service_start="2015-08-05")
    world.bill("A2", "2015-08", 3_000_00, ordered_on="2015-05-01")
    world.bill("A2", "2015-08", 1_350_00, ordered_on="2015-08-05", **day, service_start="2015-08-05")
    world.bill("A3", "2015-08", 320_00, ordered_on="2015-05-01", **{**day, "service_end": "2015-08-09"})
    world.bill("A3", "2015-08", 1_000_00, ordered_on="2015-08-10", **day, service_start="2015-08-10")
    world.ready(*MONTHS)
    for month, on in MONTHS.items():
        world.settle(month, on=on)
    return world


def test_an_order_that_replaces_a_service_after_a_rise_is_told_and_accuses_nobody(replacing: World) -> None:
    register = replacing.register("2015-08")
    report = signals_with_orders(replacing.installation, AUGUST)
    rows = [plain(row) for row in report.table("signals").rows]
    (row,) = [row for row in rows if isinstance(row, dict) and row["signal"] == "replaced_order"]
    assert (row["partner_id"], row["evidence"]) == (
        "OLD",
        "NL/A1 dedicated_server of 2015-05-01 ended 2015-08-09, ordered again 2015-08-05 after the rise of 2015-08-03, "
        "320.00 and 1,350.00 EUR of the month",
    )
    rates = {row.signal: row for row in report.table("base_rates").rows if isinstance(row, BaseRate)}
    assert (rates["replaced_order"].partners, rates["replaced_order"].of_partners) == (1, 3)
    assert replacing.register("2015-08") == register
    mark_seen(replacing.installation, AUGUST, "replaced_order", "OLD", by="kim", reason="a larger one was needed")
    again = signals_with_orders(replacing.installation, AUGUST)
    assert ("replaced_order", "OLD", "kim") in told(again)


def test_a_page_does_not_ask_the_entities_and_says_so(replacing: World) -> None:
    report = signals(replacing.installation, AUGUST)
    assert "replaced_order" not in [signal for signal, _, _ in told(report)]
    assert "which a page does not read" in report.unknown[-1]
    rates = {row.signal: row for row in report.table("base_rates").rows if isinstance(row, BaseRate)}
    assert rates["replaced_order"].partners is None


def test_an_entity_that_cannot_be_read_is_named(replacing: World) -> None:
    replacing.billing_db("NL").unlink()
    report = signals_with_orders(replacing.installation, AUGUST)
    assert [each for each in report.unknown if each.startswith("replaced order at entity NL: ")]


def test_where_no_tier_rose_no_entity_is_asked(replacing: World) -> None:
    replacing.billing_db("NL").unlink()
    report = signals_with_orders(replacing.installation, BillingMonth(2015, 6))
    assert not [each for each in report.unknown if "replaced order" in each]

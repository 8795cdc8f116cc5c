"""Simulating programmes with product families, and in other units than EUR: as if their months had been run with it."""

import csv
import io
import json
import re
from datetime import date
from pathlib import Path

import pytest

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.families import Points
from partner_program.domain.program_change import unchanged
from partner_program.domain.program_design import ComparedDraft
from partner_program.domain.program_sweep import read_sweep
from partner_program.domain.refusals import NotDefined, Refusal
from partner_program.domain.report import Report
from partner_program.domain.simulation import SimulatedResult, Simulation
from partner_program.domain.what_if import what_if
from partner_program.usecases.desk.what_if import make_draft
from partner_program.usecases.reports.compared_drafts import ask_drafts
from partner_program.usecases.reports.program_design import Design, compare, save_draft
from partner_program.usecases.simulation import simulate
from tests.programs import least
from tests.usecases.month.own_programme import DAY, OwnProgramme

JUNE, JULY, AUGUST = BillingMonth(2015, 6), BillingMonth(2015, 7), BillingMonth(2015, 8)
DAYS = {JUNE: "2015-07-01", JULY: "2015-08-03", AUGUST: "2015-09-01"}
MONTHS = tuple(DAYS)
ROWS = ((100_00, 500), (1_000_00, 1000))
NO_BRAKE = """
brake:
  lowered_share_bp: {value: 10000, reading: x}
  entity_total_move_at_least_cents: {value: 1000000000000, reading: x}
"""
DOLLARS = "\ncurrency: {code: USD, reading: x}\n"
GUARDED = "\nfx_guard: {value: hold_tier, reading: x}\n"
NOT_KNOWN = "not known; 1 partner would have differences that are not the same for each product family"


def programme(
    general: tuple[int, int] = (500, 1000),
    vps: tuple[int, int] | None = (300, 700),
    dedicated: tuple[int, int] | None = (0, 0),
    second: int = 1_000_00,
    day: str = DAY,
    more: str = "",
) -> str:
    """Two tiers, from 100.00 and `second`; families with discounts of their own, by tier."""
    rows = [
        f"  - {{product: {name}, tiers: {list(cells)}, reading: x}}"
        for name, cells in (("vps", vps), ("dedicated", dedicated))
        if cells is not None
    ]
    families = "\n".join(["product_discounts:", *rows, ""]) if rows else ""
    return least((100_00, general[0]), (second, general[1]), day=day) + families + NO_BRAKE + more


def lived(
    folder: Path, text: str, *later: tuple[str, str], partners: int = 2, entities: tuple[str, ...] = ("NL",)
) -> OwnProgramme:
    """Three months: P1 bills 1,000.00, 1,000.00 and 999.99; P2 99.99, 500.00 and 1,000.00; P1 has an old agreement."""
    world = OwnProgramme(folder, text, entities=entities)
    for day, written in later:
        (world.include / "program" / f"{day}.yaml").write_text(written, encoding="utf-8")
    world.reread()
    bill(world, "P1", 1_000_00, 1_000_00, 999_99)
    if partners > 1:
        bill(world, "P2", 99_99, 500_00, 1_000_00)
    return world


def bill(world: OwnProgramme, name: str, *amounts: int, entity: str = "NL") -> None:
    world.partner(name, {entity: f"A-{name}"})
    for month, minor in zip(MONTHS, amounts, strict=False):
        world.bill(f"A-{name}", str(month), minor, entity=entity)


def settled(world: OwnProgramme, *months: BillingMonth) -> OwnProgramme:
    world.ready(*map(str, MONTHS))
    for month in months or MONTHS:
        world.settle(str(month), on=DAYS[month])
    return world


def tried(world: OwnProgramme, text: str, first: BillingMonth = JUNE, last: BillingMonth = AUGUST) -> Simulation:
    return simulate(world.installation, draft(world, text), first, last)


def draft(world: OwnProgramme, text: str, name: str = "draft.yaml") -> Path:
    file = world.folder / name
    file.write_text(text, encoding="utf-8")
    return file


def told(simulation: Simulation) -> dict[tuple[str, str], tuple[object, ...]]:
    return {
        (str(month.month), each.settled.partner_id): (each.tier, *(each.discounts or ()))
        for month in simulation.months
        for each in month.results
    }


def in_force(world: OwnProgramme) -> dict[tuple[str, str], tuple[object, ...]]:
    return {
        (str(month), row["partner_id"]): (
            row["tier"],
            row["monthly_fee_discount_bp"],
            row["setup_fee_discount_bp"],
            row["sla"],
            row.get("families"),
        )
        for month in MONTHS
        for row in world.register(str(month))["partners"]
    }


def of(simulation: Simulation, month: BillingMonth, partner_id: str) -> SimulatedResult:
    (found,) = (each for each in simulation.months if each.month == month)
    return next(each for each in found.results if each.settled.partner_id == partner_id)


@pytest.mark.parametrize(
    ("used", "other"),
    [
        (programme(), programme(vps=(300, 800))),
        (programme(), programme(second=999_99, general=(600, 1100), dedicated=(0, 100))),
        (programme(), least(*ROWS, day=DAY)),
        (least(*ROWS, day=DAY), programme()),
        (programme(dedicated=None), programme(vps=None)),
        (programme(more=DOLLARS), programme(vps=(300, 800), second=1_200_00, more=DOLLARS)),
    ],
    ids=["a family", "all", "they end", "they begin", "another family", "in dollars"],
)
def test_months_come_out_as_they_would_have_been_run(tmp_path: Path, used: str, other: str) -> None:
    """The older agreement is about vps where both programmes have that family."""
    worlds = []
    for number, text in enumerate((used, other)):
        (folder := tmp_path / str(number)).mkdir()
        world = lived(folder, text if "brake:" in text else text + NO_BRAKE)
        world.legacy("P1", 750)
        if all("vps" in each for each in (used, other)):
            world.tables["legacy_agreements"][0] |= {"product": "vps"}
        for month in MONTHS:
            world.rate(str(month), "USD", "1.1")
        worlds.append(settled(world))
    assert told(tried(worlds[0], other)) == in_force(worlds[1])
    assert told(tried(worlds[1], used)) == in_force(worlds[0])
    same = tried(worlds[0], used)
    assert [each for month in same.months for each in month.differing] == []
    assert [month.mrr_cents_times_bp for month in same.months] == [0, 0, 0]


def test_what_one_family_would_get_more_is_told_and_its_amount_is_not_known(tmp_path: Path) -> None:
    world = settled(lived(tmp_path, programme()))
    found = tried(world, programme(vps=(300, 800)))
    june = found.months[0]
    assert of(found, JUNE, "P1").more == Points(0, (("vps", 100),))
    assert [each.settled.partner_id for each in june.changed(1)] == ["P1"]
    assert june.mrr_cents_times_bp is None
    figures = what_if(found)
    assert (figures.winners, figures.losers, figures.undecided, figures.gained_eur_cents) == (2, 0, 0, None)
    assert figures.most_gained[0].simulated_families == "dedicated=0 vps=800"
    text = said(world, "--to", "2015-06")
    assert "monthly fee discount higher: 1 partner, counted MRR 1,000.00 EUR" in text
    assert f"counted MRR times the difference: {NOT_KNOWN}" in text
    assert "P1: tier 2 -> 2, 10 % monthly (dedicated 0 %, vps 7 %) -> 10 % monthly (dedicated 0 %, vps 8 %)" in text
    assert "setup" not in text


def said(world: OwnProgramme, *words: str) -> str:
    done = world.command_line("simulate", "--program", str(world.folder / "draft.yaml"), "--from", "2015-06", *words)
    assert done.status == 0, done.stderr
    return done.stdout.replace("\N{NO-BREAK SPACE}", " ")


def test_the_same_more_for_every_family_has_an_amount(tmp_path: Path) -> None:
    world = settled(lived(tmp_path, programme()))
    found = tried(world, programme(general=(500, 1100), vps=(300, 800), dedicated=(0, 100)), JUNE, JUNE)
    assert found.months[0].mrr_cents_times_bp == 1_000_00 * 100
    assert what_if(found).gained_eur_cents == 10_00


def test_who_gets_more_of_one_family_and_less_of_another_is_undecided(tmp_path: Path) -> None:
    world = settled(lived(tmp_path, programme()))
    found = tried(world, programme(vps=(300, 600), dedicated=(0, 100)), JUNE, JUNE)
    assert [each.settled.partner_id for each in found.months[0].changed(None)] == ["P1"]
    figures = what_if(found)
    assert (figures.winners, figures.losers, figures.others, figures.undecided) == (0, 0, 0, 1)
    assert [each.partner_id for each in figures.of_undecided] == ["P1"]
    assert figures.months[0].mixed.partners == 1
    assert "higher for some product families, lower for others: 1 partner" in said(world, "--to", "2015-06")


def test_files_have_the_families_of_both_sides(tmp_path: Path) -> None:
    world = settled(lived(tmp_path, programme()))
    draft(world, programme(vps=(300, 600), dedicated=None))
    (june,) = json.loads(said(world, "--to", "2015-06", "--format", "json"))["months"]
    assert june["monthly_fee_discount"] == {
        "higher": {"partners": 0, "mrr_eur_cents": 0},
        "lower": {"partners": 0, "mrr_eur_cents": 0},
        "mixed": {"partners": 1, "mrr_eur_cents": 1_000_00},
        "mrr_cents_times_bp": None,
    }
    (row,) = june["differing"]
    assert (row["families_in_force"], row["families_simulated"]) == ("dedicated=0 vps=700", "vps=600")
    (line,) = csv.DictReader(io.StringIO(said(world, "--to", "2015-06", "--format", "csv")))
    assert (line["families_in_force"], line["families_simulated"]) == ("dedicated=0 vps=700", "vps=600")


def test_families_that_ended_are_simulated_in_their_months_and_after(tmp_path: Path) -> None:
    ended = least(*ROWS, day="2015-08-01") + NO_BRAKE
    world = settled(lived(tmp_path, programme(), ("2015-08-01", ended)))
    found = tried(world, ended)
    assert of(found, JUNE, "P1").more == Points(0, (("dedicated", 1000), ("vps", 300)))
    assert [month.mrr_cents_times_bp for month in found.months] == [None, 0, 0]
    assert [month.differing for month in found.months[1:]] == [[], []]


def test_a_family_that_gets_what_the_general_discount_gives_differs_from_no_family_in_nothing(tmp_path: Path) -> None:
    world = settled(lived(tmp_path, programme(vps=(500, 1000), dedicated=None)))
    found = tried(world, least(*ROWS, day=DAY) + NO_BRAKE)
    assert [month.differing for month in found.months] == [[], [], []]


def compared(world: OwnProgramme, *files: Path, vary: str = "", first: BillingMonth = JUNE) -> Report:
    sweeps = [read_sweep(vary)] if vary else []
    return compare(world.installation, Design(files, sweeps, first, AUGUST))


def drafts_of(report: Report) -> list[ComparedDraft]:
    return [each for each in report.table("drafts").rows if isinstance(each, ComparedDraft)]


def test_drafts_say_tiers_and_what_is_not_known_where_families_have_their_own(tmp_path: Path) -> None:
    world = settled(lived(tmp_path, programme()))
    report = compared(world, vary="tiers.2.from_mrr_cents=99999..100001/1")
    rows = drafts_of(report)
    assert [each.words for each in rows] == ["tier 2 from 999.99", "nothing", "tier 2 from 1,000.01"]
    assert {(each.front, each.cost_cents) for each in rows} == {("", None)}
    # P1 is in Tier 2, 2 and 2; 2, 2 and 1; 1, 1 and 1. P2 in none, 1 and 2; the same; none, 1 and 1.
    assert [each.changes for each in rows] == [2, 3, 1]
    assert [(each.winners, each.losers, each.undecided) for each in rows] == [(1, 0, 0), (0, 0, 0), (0, 2, 0)]
    assert [each.difference_cents for each in rows] == [None, 0, None]
    assert [each.near for each in rows] == [2, 2, 2]
    assert report.unknown == (
        "revenue by product family: a settled month does not keep it, "
        "and dedicated and vps have discounts of their own",
        "what the settled discounts came to",
        "what 3 drafts cost, and so which drafts no other beats",
    )
    assert report.said[0] == "3 drafts, and no front: what each costs is not known."
    assert not any("As settled" in each for each in report.said)


def test_a_draft_without_families_has_a_cost_and_what_was_settled_has_none(tmp_path: Path) -> None:
    world = settled(lived(tmp_path, programme()))
    plain = draft(world, least(*ROWS, day=DAY) + NO_BRAKE)
    mixed = draft(world, programme(vps=(300, 600), dedicated=(0, 100)), "mixed.yaml")
    report = compared(world, plain, mixed)
    by_words = {each.words: each for each in drafts_of(report)}
    # P1: 10 % of 1,000.00 twice, 5 % of 999.99; P2: 5 % of 500.00, 10 % of 1,000.00.
    assert by_words["draft.yaml"].cost_cents == 200_00 + 50_00 + 25_00 + 100_00
    assert by_words["draft.yaml"].difference_cents is None
    assert (by_words["draft.yaml"].winners, by_words["draft.yaml"].front) == (2, "")
    assert (by_words["mixed.yaml"].cost_cents, by_words["mixed.yaml"].undecided) == (None, 2)
    assert report.unknown[-1].startswith("who gains of the undecided")


def test_months_without_families_have_a_cost_after_families_ended(tmp_path: Path) -> None:
    ended = least(*ROWS, day="2015-08-01") + NO_BRAKE
    world = settled(lived(tmp_path, programme(), ("2015-08-01", ended)))
    (row,) = drafts_of(report := compared(world, draft(world, ended), first=JULY))
    assert (row.cost_cents, row.difference_cents, row.front) == (100_00 + 50_00 + 25_00 + 100_00, 0, "yes")
    assert report.unknown == ()


def test_a_draft_of_a_programme_with_families_keeps_them_in_its_file(tmp_path: Path) -> None:
    world = settled(lived(tmp_path, programme(more=DOLLARS)))
    design = Design((), [read_sweep("tiers.2.from_mrr_cents=100000..110000/10000")], JUNE, AUGUST)
    file = save_draft(world.installation, design, 2, day=date(2027, 1, 1), path=tmp_path)
    text = file.read_text("utf-8")
    assert "Draft: threshold 1,000.00 to 1,100.00 USD" in text
    assert "{product: vps, tiers: [300, 700], reading: x}" in text


def test_a_programme_in_dollars_is_simulated_in_dollars(tmp_path: Path) -> None:
    world = OwnProgramme(tmp_path, programme(vps=None, dedicated=None, more=DOLLARS), entities=("NL", "US"))
    for month in MONTHS:
        world.rate(str(month), "USD", "1.2")
    bill(world, "P1", 1_000_00, 1_000_00, 1_000_00, entity="US")
    bill(world, "P2", 1_000_00, 1_000_00, 1_000_00)  # 1,200.00 USD
    settled(world)
    found = tried(world, programme(vps=None, dedicated=None, second=1_000_01, more=DOLLARS))
    assert [month.moves for month in found.months] == [{"up": 0, "down": 1}] * 3
    assert [month.mrr_cents_times_bp for month in found.months] == [-1_000_00 * 500] * 3
    text = said(world, "--to", "2015-06")
    assert "monthly fee discount lower: 1 partner, counted MRR 1,000.00 USD" in text
    assert "counted MRR times the difference: -50.00 USD" in text
    assert "EUR" not in text
    answer = json.loads(said(world, "--to", "2015-06", "--format", "json"))
    assert answer["currency"] == "USD"
    (row,) = answer["months"][0]["differing"]
    assert (row["mrr_eur_cents"], row["mrr_cents"]) == (None, 1_000_00)
    (line,) = csv.DictReader(io.StringIO(said(world, "--to", "2015-06", "--format", "csv")))
    assert (line["mrr_eur_cents"], line["mrr_cents"], line["currency"]) == ("", "100000", "USD")
    (row_of_draft,) = drafts_of(
        report := compared(world, draft(world, programme(vps=None, dedicated=None, more=DOLLARS)))
    )
    assert row_of_draft.cost_cents == 3 * 100_00 + 3 * 120_00
    assert "As settled, monthly fee discounts were 660.00 USD" in " ".join(report.said)


def test_months_in_another_unit_than_the_draft_are_refused_by_name(tmp_path: Path) -> None:
    later = programme(vps=None, dedicated=None, day="2015-08-01", more=DOLLARS)
    world = lived(tmp_path, programme(vps=None, dedicated=None), ("2015-08-01", later))
    for month in MONTHS:
        world.rate(str(month), "USD", "1.2")
    settled(world)
    for text, month, words in (
        (later, JUNE, "counts in USD, and 2015-06 was counted in EUR"),
        (programme(), AUGUST, "counts in EUR, and 2015-08 was counted in USD"),
        (programme(), JUNE, "counts in EUR, and 2015-07 was counted in USD"),
    ):
        with pytest.raises(NotDefined, match=words):
            tried(world, text, month)
        with pytest.raises(NotDefined, match=words):
            compared(world, draft(world, text), first=month)
    newest = world.installation.programs[-1]
    change = unchanged(newest, in_force_from=date(2027, 1, 1))
    with pytest.raises(Refusal, match="and 2015-06 was counted in EUR"):
        make_draft(world.installation, change, JUNE, AUGUST)
    with pytest.raises(Refusal, match="and 2015-06 was counted in EUR"):
        ask_drafts(world.installation, Design((), (), JUNE, AUGUST), by="robin")
    assert told(tried(world, later, JULY))[str(JULY), "P1"][0] == 2


def test_a_window_leaves_out_months_that_were_counted_in_another_unit(tmp_path: Path) -> None:
    later = programme(vps=None, dedicated=None, day="2015-08-01", more=DOLLARS)
    world = lived(tmp_path, programme(vps=None, dedicated=None), ("2015-08-01", later), partners=1)
    for month in MONTHS:
        world.rate(str(month), "USD", "1.2")
    settled(world)
    window = "\nmeasure: {months: 3, of: sum, short: as_is, reading: x}\n"
    found = tried(world, later + window, JULY)
    assert [month.results[0].amount_cents for month in found.months] == [1_200_00, 1_200_00 + 1_199_99]


def test_the_guard_of_a_programme_in_dollars_is_simulated_as_it_would_have_run(tmp_path: Path) -> None:
    """990.00 EUR are 1,089.00 USD and Tier 2 in June, 999.90 USD after; 1,000.00 USD are always Tier 2."""
    worlds = []
    for more in ("", GUARDED):
        (folder := tmp_path / (more[1:3] or "off")).mkdir()
        text = programme(vps=None, dedicated=None, more=DOLLARS + more)
        world = OwnProgramme(folder, text, entities=("NL", "US"))
        for month, units in zip(MONTHS, ("1.1", "1.01", "1.01"), strict=True):
            world.rate(str(month), "USD", units)
        bill(world, "P1", 990_00, 990_00, 990_00)
        bill(world, "P2", 1_000_00, 1_000_00, 1_000_00, entity="US")
        worlds.append(settled(world))
    plain, guarded = worlds
    assert [row[0] for row in in_force(guarded).values()] == [2] * 6
    assert [row[0] for row in in_force(plain).values()] == [2, 2, 1, 2, 1, 2]
    assert told(tried(plain, guarded.file.read_text("utf-8"))) == in_force(guarded)


def test_of_points_no_amount_is_told(tmp_path: Path) -> None:
    points = "\ncurrency: {label: pts, decimals: 0, reading: x}\n"
    world = OwnProgramme(tmp_path, programme(vps=None, dedicated=None, more=points), entities=("NL",))
    world.tables["entities"][0]["currency"] = "XXX"
    world.partner("P1", {"NL": "A-P1"})
    world.bill("A-P1", str(JUNE), 100_000, currency="XXX", months=3)
    settled(world)
    raised = draft(world, programme(general=(500, 1100), vps=None, dedicated=None, more=points))
    assert "higher: 1 partner, counted MRR 100,000 pts" in said(world, "--to", "2015-06")
    assert "difference: not known; pts have no price of which a discount" in said(world, "--to", "2015-06")
    (row,) = drafts_of(report := compared(world, raised))
    assert (row.cost_cents, row.difference_cents, row.winners, row.front) == (None, None, 1, "")
    assert report.unknown[0] == "amounts: pts have no price of which a discount could be told"


def test_the_words_of_a_draft_are_in_the_programmes_whole_units(tmp_path: Path) -> None:
    rupiah = "\ncurrency: {code: IDR, decimals: 0, reading: x}\n"
    world = OwnProgramme(tmp_path, programme(vps=None, dedicated=None, more=rupiah), entities=("NL",))
    world.tables["entities"][0]["currency"] = "IDR"
    for month in MONTHS:
        world.rate(str(month), "IDR", "15000")
    world.partner("P1", {"NL": "A-P1"})
    world.bill("A-P1", str(JUNE), 100_000, currency="IDR", months=3)
    settled(world)
    report = compared(world, vary="tiers.2.from_mrr_cents=100000..120000/20000")
    assert [each.words for each in drafts_of(report)] == ["tier 2 from 120,000", "nothing"]
    assert [each.cost_cents for each in drafts_of(report)] == [3 * 5_000, 3 * 10_000]
    assert re.search(r"fee discounts were 30,000 IDR of", " ".join(report.said))

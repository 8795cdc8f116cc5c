"""What is kept with a settlement decides it again: the same figures, holds and rates, in worlds made by chance."""

from contextlib import suppress
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from partner_program.adapters.database import history
from partner_program.adapters.database.settlement_inputs import kept_inputs
from partner_program.adapters.database.snapshots import load_snapshot
from partner_program.adapters.decided_from import PARTS, decided_from_texts, read_decided_from
from partner_program.adapters.json_tables import NoTable
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.decided_from import figures_after, recompute
from partner_program.domain.refusals import BrakeOn, Refusal
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from tests.usecases.random_worlds import MONTHS, random_world, story
from tests.worlds import World


def kept_texts(world: World, settlement_id: int) -> dict[str, str]:
    with world.installation.database.reading() as connection:
        return kept_inputs(connection, settlement_id)


def check_again(world: World, month: str) -> int:
    """Decide each settlement of a month again from what was kept; return how many partners were decided."""
    at, count = BillingMonth.parse(month), 0
    programs = {each.file_hash: each for each in world.installation.programs}
    with world.installation.database.reading() as connection:
        assigned: dict[str, Any] = {}
        for number, settlement in enumerate(history.settlements_of(connection, at)):
            texts = kept_inputs(connection, settlement.settlement_id)
            kept = read_decided_from(lambda name, texts=texts: texts.get(name, "").splitlines(keepends=True))
            assert decided_from_texts(kept) == texts
            read = world.rows(
                "SELECT snapshot_id FROM settlement_snapshot WHERE settlement_id = ? ORDER BY entity",
                settlement.settlement_id,
            )
            again = recompute(
                kept,
                revenues=[load_snapshot(connection, snapshot_id) for (snapshot_id,) in read],
                programs=programs,
                assigned=assigned,
                is_first=number == 0,
            )
            assigned = figures_after(assigned, again.decisions)
            stored = history.assigned_partners(connection, at, settlement.revision)
            decided = {partner_id: each.figures for partner_id, each in stored.items()}
            assert {name: decided[name] for name in assigned} == assigned
            assert set(again.totals.held) == set(history.load_totals(connection, settlement.settlement_id).held)
            rates = world.rows(
                "SELECT partner_id, valid_from, tier, monthly_fee_discount_bp, setup_fee_discount_bp, sla, families"
                " FROM discount_rate WHERE settlement_id = ?",
                settlement.settlement_id,
            )
            assert sorted(rates, key=str) == sorted(
                (
                    (
                        name,
                        str(rate.valid_from),
                        *(getattr(rate.terms, each) for each in rate.terms.__dataclass_fields__),
                    )
                    for name, rate in again.rates
                ),
                key=str,
            )
            count += len(again.decisions)
        assert assigned.keys() == decided.keys()
    return count


@pytest.mark.parametrize("seed", [1, 3, 7])  # in all of them a restatement is accepted, in two somebody is held
def test_every_settlement_of_a_world_made_by_chance_is_decided_again(tmp_path: Path, seed: int) -> None:
    world = random_world(tmp_path / "world", Random(seed))
    world.make_database()
    world.load()
    for month, day in story(world, seed):
        with suppress(BrakeOn):
            world.settle(month, on=day, today="2015-09-01")
    for month in MONTHS:
        with suppress(Refusal):  # nothing is proposed
            acceptance = Acceptance(date(2015, 9, 2), "pat", "a late credit")
            accept_restatement(world.installation, BillingMonth.parse(month), acceptance, today=date(2015, 9, 2))
    world.execute("NL", "DELETE FROM program_mrr_line")  # what is read afterwards changes nothing of it
    assert (
        sum(
            check_again(world, month)
            for month in MONTHS
            if world.rows("SELECT 1 FROM settlement WHERE billing_month = ?", month)
        )
        > 0
    )


def test_a_world_in_which_everything_happens_is_decided_again(world: World) -> None:
    world.partner("P1", {"NL": "A1"})
    world.partner("P2", {"US": "U2"})
    world.partner("P3", {"NL": "A3"})
    world.grant("G1", "P1", 4, "2015-06-01", "2015-09-01")
    world.legacy("P3", 3000, sla="Gold")
    world.rate("2015-06", "USD", "1.1")
    world.rate("2015-07", "USD", "1.2")
    for account, entity in (("A1", "NL"), ("U2", "US"), ("A3", "NL")):
        world.bill(account, "2015-06", 2_500_00, entity=entity, months=2)
    world.ready("2015-06", "2015-07")
    world.reopen("2015-06", "US")
    world.settle("2015-06", on="2015-07-27", migration=True)
    world.close("2015-06", "US")
    world.tables["partners"][2]["status"] = "ended"
    world.load()
    world.settle("2015-07", on="2015-08-03")
    world.settle("2015-06", on="2015-08-03")
    assert check_again(world, "2015-06") == 3
    assert check_again(world, "2015-07") == 2
    assert world.rows("SELECT count(*) FROM discount_rate WHERE origin = 'closing'") == [(1,)]


def test_what_is_kept_has_no_name_and_a_part_that_is_the_same_again_once(world: World) -> None:
    world.partner("P1", {"NL": "A1"}, company_name="Zeldzame Naam")
    world.grant("G1", "P1", 4, "2015-06-01", "2015-09-01")
    world.legacy("P1", 3000)
    world.bill("A1", "2015-06", 2_500_00, months=2)
    world.ready("2015-06", "2015-07")
    world.settle("2015-06", on="2015-07-27")
    world.settle("2015-07", on="2015-08-03")
    first, second = kept_texts(world, 1), kept_texts(world, 2)
    assert first.keys() == PARTS.keys()
    for word in ("Zeldzame", "growth plan", "pat", "Host NL", "contract of 2012", "Jo"):
        assert word not in "".join([*first.values(), *second.values()])
    assert first["account_links"] == second["account_links"]
    assert world.rows("SELECT count(*) FROM input_text WHERE body LIKE '%\"A1\"%'") == [(1,)]


@pytest.mark.parametrize(
    ("part", "old", "new", "says"),
    [
        ("account_links", '"2012-01-01"', '"2012-13-01"', "account_links: line 2: "),
        ("partners", '["P1"', "[1", "partners: line 2: partner_id is '1'"),
        ("run", '"in_force"', '"in_farce"', "run: status is 'in_farce'"),
        ("exchange_rates", '"1.1"', '"NaN"', "exchange_rates: line 2: units_per_eur is NaN"),
        ("programmes", "]\n", "", "programmes: line 1: is cut off or too long"),
    ],
)
def test_a_table_that_was_changed_is_named_with_its_line(
    world: World, part: str, old: str, new: str, says: str
) -> None:
    world.partner("P1", {"NL": "A1"})
    world.rate("2015-06", "USD", "1.1")
    world.bill("A1", "2015-06", 2_500_00)
    world.ready("2015-06")
    world.settle("2015-06", on="2015-07-27")
    texts = kept_texts(world, 1)
    assert old in texts[part]
    texts[part] = texts[part].replace(old, new, 1) if new else texts[part].split(old)[0]
    with pytest.raises(NoTable, match=says.replace("(", r"\(")):
        read_decided_from(lambda name: texts.get(name, "").splitlines(keepends=True))

"""What was given on each line of August 2015 against what was due on its order's day, with three partners.

Their rates from 27 July on: P1 8 % (NL/A1), P2 5 % (US/B2, USD at 1.1), P3 10 % (NL/A3, US/B3). One line of each
account says nothing of its order. List prices are 1,000.00 EUR, so that a per cent is 10 euros.
"""

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from click.testing import CliRunner, Result

from partner_program.cli.commands import program
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.reports.leakage import find_leakage, leakage
from tests.usecases.three_partners import three_partners
from tests.worlds import World

AUGUST = BillingMonth(2015, 8)
DAY = "2015-07-28"  # the rates of June are in force


@pytest.fixture
def world(tmp_path: Any) -> World:
    """June to August in force, and nothing known of any order."""
    world = World(tmp_path)
    world.become(_august_in_force)
    return world


def _august_in_force(world: World) -> None:
    three_partners(world)
    settle(world)


def settle(world: World) -> None:
    for month, day in (("2015-06", "2015-07-27"), ("2015-07", "2015-08-03"), ("2015-08", "2015-09-02")):
        world.settle(month, on=day)


def order(world: World, account_id: str, minor: int, given: Any, day: Any = DAY, **values: Any) -> None:
    world.bill(account_id, "2015-08", minor, discount_bp=given, ordered_on=day, **values)


def groups(world: World) -> dict[str, tuple[int, int, int]]:
    """Lines, revenue and effect in EUR cents by group, of the groups that have lines."""
    rows: Any = leakage(world.installation, AUGUST).table("groups").rows
    return {row.group: (row.lines, row.revenue_eur_cents, row.effect_eur_cents) for row in rows if row.lines}


OTHERS = (4, 2_000_00 + 1_000_00 + 7_000_00 + 2_000_00, 0)  # the lines of the three partners, without their orders


def test_each_line_is_judged_by_the_rate_of_its_order_day(world: World) -> None:
    order(world, "A1", 920_00, 800)
    order(world, "A1", 950_00, 500)  # 3 points less than due
    order(world, "A1", 900_00, 1_000)  # 2 points more
    order(world, "B2", 990_00, 1_000, entity="US")  # 5 points more, of 1,100.00 USD
    order(world, "NOBODYS", 900_00, 1_000)
    order(world, "NOBODYS", 500_00, 0)
    assert groups(world) == {
        "given less than due": (1, 950_00, -30_00),
        "given more than due": (2, 900_00 + 900_00, 20_00 + 50_00),
        "given without a right to it": (1, 900_00, 100_00),
        "as due": (2, 920_00 + 500_00, 0),
        "not known": OTHERS,
    }


def test_what_is_owed_to_a_partner_comes_first_everywhere(world: World) -> None:
    order(world, "A1", 950_00, 500)
    order(world, "B2", 990_00, 1_000, entity="US")
    report = leakage(world.installation, AUGUST)
    assert report.said[0] == "1 line was given less than was due: 30.00 EUR of 2015-08 are owed to 1 partner."
    partners: Any = report.table("partners").rows
    assert [(each.partner_id, each.owed_eur_cents, each.over_eur_cents) for each in partners] == [
        ("P1", 30_00, 0),
        ("P2", 0, 50_00),
    ]
    lines: Any = report.table("lines").rows
    assert [(each.account_id, each.given_bp, each.due_bp, each.effect_eur_cents) for each in lines] == [
        ("A1", 500, 800, -30_00),
        ("B2", 1_000, 500, 50_00),
    ]


def test_the_parts_are_what_the_register_counts(tmp_path: Any) -> None:
    world = World(tmp_path)
    three_partners(world)
    order(world, "A1", 333_33, 800, service_start="2015-08-03", service_end="2015-09-03")
    order(world, "A3", 1_000_01, 1_000, term_months=None, service_end="2015-08-12", service_start="2015-07-12")
    order(world, "B3", 100_00, 700, entity="US")
    world.close("2015-08")
    settle(world)
    (revenue, _) = leakage(world.installation, AUGUST).equations
    registered = sum(row["mrr_eur_cents"] for row in world.register("2015-08")["partners"])
    assert revenue.whole == ("counted in 2015-08", registered)
    assert abs(dict(revenue.parts)["rounding"]) <= 2


def test_a_credit_takes_back_what_was_given_on_what_it_credits(world: World) -> None:
    order(world, "A1", 900_00, 1_000)
    order(world, "A1", -900_00, 1_000, charge_kind="credit")
    assert groups(world)["given more than due"] == (2, 0, 0)


def test_the_partner_of_the_order_day_decides_not_the_one_of_the_month(world: World) -> None:
    """A1 went from P1 to P2 on 1 August: what was ordered in July is due what P1 had."""
    for row in world.tables["account_links"]:
        if row["account_id"] == "A1":
            row["valid_to"] = "2015-08-01"
    world.link("P2", "NL", "A1", since="2015-08-01")
    world.load()
    order(world, "A1", 920_00, 800, "2015-07-31")
    order(world, "A1", 920_00, 800, "2015-08-01")
    assert groups(world)["as due"] == (1, 920_00, 0)
    assert groups(world)["given more than due"] == (1, 920_00, 30_00)  # 8 instead of 5 points of 1,000.00


def test_an_order_from_before_go_live_is_due_an_older_agreement_or_nothing_is_known(world: World) -> None:
    world.legacy("P1", 1_200)
    world.load()
    order(world, "A1", 880_00, 1_200, "2014-03-01")
    order(world, "A1", 900_00, 1_000, "2014-03-01")  # 2 points less than agreed
    order(world, "A1", 900_00, 1_000, "2011-12-31")  # before the agreement, and before its account was linked
    order(world, "B2", 550_00, 5_000, "2015-07-26", entity="US")
    found = groups(world)
    assert found["as due"] == (1, 880_00, 0)
    assert found["given less than due"] == (1, 900_00, -20_00)
    assert found["ordered before the programme"] == (2, 900_00 + 500_00, 0)


def test_an_older_agreement_is_in_the_rate_from_go_live_on(tmp_path: Any) -> None:
    world = World(tmp_path)
    three_partners(world)
    world.legacy("P1", 1_200)
    world.load()
    settle(world)
    order(world, "A1", 920_00, 800)
    assert groups(world)["given less than due"] == (1, 920_00, -40_00)


def test_a_partner_that_is_suspended_had_a_right_until_its_rates_ended(world: World) -> None:
    world.tables["partners"][0]["status"] = "suspended"
    world.load()
    world.settle("2015-08", on="2015-09-10")  # writes the end of its rates
    order(world, "A1", 920_00, 800)
    assert groups(world)["as due"] == (1, 920_00, 0)


def test_what_was_ordered_by_an_account_of_two_partners_is_not_known(world: World) -> None:
    world.link("P2", "NL", "A1")
    world.load()
    order(world, "A1", 920_00, 800)
    assert groups(world) == {"not known": (5, OTHERS[1] + 920_00, 0)}


@pytest.mark.parametrize(
    ("given", "day", "posted", "column", "found", "expected"),
    [
        (10_000, DAY, None, "discount_bp", "10000", "less than 10000: nothing would be left to pay, and no list price"),
        (-1, DAY, None, "discount_bp", "-1", "whole basis points from 0 to 9999, or empty"),
        (20_000, DAY, None, "discount_bp", "20000", "whole basis points from 0 to 9999, or empty"),
        ("eight", DAY, None, "discount_bp", "'eight'", "whole basis points from 0 to 9999, or empty"),
        (7.5, DAY, None, "discount_bp", "7.5", "whole basis points from 0 to 9999, or empty"),
        (800, "2015-02-30", None, "ordered_on", "'2015-02-30'", "a day as YYYY-MM-DD, or empty"),
        (800, "2015-09-01", None, "ordered_on", "'2015-09-01'", "a day up to 2015-08-31: the line is one of 2015-08"),
        (800, "2015-08-02", "2015-08-01", "ordered_on", "'2015-08-02'", "a day up to that of its invoice, 2015-08-01"),
    ],
)
def test_a_line_that_says_what_cannot_be_is_named_and_counts_as_not_known(
    world: World, given: Any, day: str, posted: str | None, column: str, found: str, expected: str
) -> None:
    order(world, "A1", 900_00, given, day, line_id="WRONG", posted_on=posted)
    order(world, "A1", 900_00, 1_000)
    assert groups(world)["not known"] == (5, OTHERS[1] + 900_00, 0)
    assert groups(world)["given more than due"] == (1, 900_00, 20_00)
    (row,) = leakage(world.installation, AUGUST).table("doubtful").rows
    named: Any = row
    assert (named.line_id, named.column, named.found) == ("WRONG", column, found)
    assert named.expected.startswith(expected)


def test_a_view_without_the_columns_of_orders_is_not_known_and_said(world: World) -> None:
    order(world, "A1", 900_00, 1_000)
    for column in ("discount_bp", "ordered_on"):
        world.execute("NL", f"ALTER TABLE program_mrr_line DROP COLUMN {column}")
    assert groups(world) == {"not known": (5, OTHERS[1] + 900_00, 0)}
    said = leakage(world.installation, AUGUST).said
    assert "Entity NL: its lines have no column discount_bp, ordered_on." in said


def test_an_entity_that_cannot_be_read_is_said_and_the_others_are_answered(world: World) -> None:
    order(world, "A1", 950_00, 500)
    order(world, "B2", 990_00, 1_000, entity="US")
    world.billing_db("US").write_bytes(b"no database at all, of no use to anybody, whoever reads it" * 20)
    report = leakage(world.installation, AUGUST)
    assert report.unknown == ("entity US: billing database not readable: file is not a database; it is in no figure",)
    assert groups(world)["given less than due"] == (1, 950_00, -30_00)
    assert "given more than due" not in groups(world)


def test_where_no_line_could_be_read_nobody_is_told_that_none_was_wrong(world: World) -> None:
    order(world, "A1", 950_00, 500)
    for entity in ("NL", "US"):
        world.billing_db(entity).write_bytes(b"no database")
    report = leakage(world.installation, AUGUST)
    assert report.said == ("Nothing is known: no line could be read and counted.",)
    assert [each.partition(":")[0] for each in report.unknown] == ["entity NL", "entity US"]


def test_a_currency_without_a_rate_is_in_no_figure_and_said(world: World) -> None:
    order(world, "A1", 900_00, 1_000, currency="GBP")
    assert leakage(world.installation, AUGUST).unknown == ("no exchange rate for GBP in 2015-08: 1 line in no figure",)
    assert groups(world) == {"not known": OTHERS}


def test_a_discount_that_holds_the_prepayment_discount_is_suspected(world: World) -> None:
    """36 months prepaid: 8 + 30 points, where discount_bp is to say 8."""
    values = {"service_start": DAY, "service_end": "2018-07-28", "term_months": 36}
    order(world, "A1", 36 * 620_00, 3_800, **values)
    assert groups(world)["given more than due"] == (1, 620_00, 300_00)
    said = " ".join(leakage(world.installation, AUGUST).said)
    assert "1 of these lines exceeds what was due by exactly the prepayment discount of the term" in said


def test_a_prepaid_order_that_says_its_partner_discount_alone_is_as_due(world: World) -> None:
    """8 of 38 points: what promotions and prepayment took off is in the amount, and in none of both discounts."""
    values = {"service_start": DAY, "service_end": "2018-07-28", "term_months": 36}
    order(world, "A1", 36 * 620_00, 800, **values)
    assert groups(world)["as due"] == (1, 620_00, 0)


def test_lines_that_changed_since_the_month_was_settled_are_said(world: World) -> None:
    order(world, "A1", 900_00, 1_000)
    assert "Entity NL, EUR: 3 lines now, 2 when 2015-08 was settled." in leakage(world.installation, AUGUST).said


def test_a_faulty_line_counts_nowhere_and_is_named(world: World) -> None:
    order(world, "A1", -1, 1_000, line_id="FAULTY")
    assert groups(world) == {"not known": OTHERS}
    assert "Entity NL: 1 line is at fault and not counted: FAULTY." in leakage(world.installation, AUGUST).said


def test_lines_are_not_read_one_by_one_where_nothing_is_in_doubt(world: World) -> None:
    """Four sound lines of one account, product, day and discount are one row of the database."""
    for _ in range(4):
        order(world, "A1", 900_00, 1_000)
    orders, found = find_leakage(world.installation, AUGUST)
    (over,) = found.of("over")
    assert (over.lines, over.effect_eur_cents) == (4, 80_00)
    assert [each.lines for read in orders.reads for each in read.lines if each.discount_bp is not None] == [4]


def run(world: World, *words: str) -> Result:
    return CliRunner(env=world.environment()).invoke(program, ["leakage", "2015-08", *words])


def test_the_gate_is_what_was_given_too_much(world: World) -> None:
    order(world, "A1", 900_00, 1_000)  # 20.00 too much
    order(world, "NOBODYS", 900_00, 1_000)  # 100.00 without a right
    order(world, "A1", 500_00, 0)  # 40.00 owed, which frees no gate
    answer = run(world)
    assert answer.exit_code == 0
    assert "40.00 EUR of 2015-08 are owed to 1 partner" in answer.output
    assert run(world, "--fail-over", "120.00").exit_code == 0
    gate = run(world, "--fail-over", "119.99")
    assert gate.exit_code == 1
    assert "120.00 EUR were given beyond what was due, more than 119.99 EUR" in str(gate.exception)


def test_an_entity_that_cannot_be_read_is_status_1_in_every_form(world: World) -> None:
    with closing(sqlite3.connect(world.billing_db("US"))) as connection:
        connection.execute("DROP TABLE program_mrr_line")
    for form in ("text", "json", "csv"):
        assert run(world, "--format", form).exit_code == 1
    assert "not known: entity US" in run(world).output

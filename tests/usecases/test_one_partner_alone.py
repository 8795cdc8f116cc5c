"""A question about one partner reads this partner's rows alone, in no table those of all partners."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, event

from partner_program.adapters.database import schema
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.explain import explain
from partner_program.usecases.grants import grant_grace
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.show import show_letter
from partner_program.usecases.orders import Order, quote_order
from tests.usecases.three_partners import GO_LIVE, JULY, JUNE, june_in_force, rates, three_partners
from tests.worlds import World

MONTH = BillingMonth.parse(JUNE)
# These have a row for each entity, month or person of ours, not for each partner.
DO_NOT_GROW = {"entity", "account_manager", "exchange_rate", "settlement", "settlement_snapshot", "snapshot"}
_READ = re.compile(
    r"(SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?(?:INDEX \w+|PRIMARY KEY|INTEGER PRIMARY KEY) \((.*)\))?"
)
# A key that has only these columns finds the rows of all partners.
OF_EVERYONE = ({"billing_month"}, {"billing_month", "revision"}, {"settlement_id"}, {"snapshot_id"}, {"entity"})


def plans(asked: list[tuple[str, Any]], connection: Connection) -> Iterator[str]:
    """The steps of each plan, without those that look whether there is such a row: they end at the first."""
    for statement, values in asked:
        looks = set()
        for number, parent, _, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values):
            if step.startswith("CORRELATED SCALAR SUBQUERY") and "EXISTS (SELECT" in statement:
                looks.add(number)
            elif not (parent in looks and step.startswith("SEARCH")):
                yield step


@contextmanager
def statements(here: Installation) -> Iterator[list[tuple[str, Any]]]:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")):
            asked.append((statement, values))

    event.listen(here.database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(here.database.engine, "before_cursor_execute", note)


def read_whole(here: Installation, ask: Callable[[Installation], object]) -> list[str]:
    """The steps of SQLite's plans that read all partners' rows of a table."""
    with statements(here) as asked:
        ask(here)
    assert asked
    with here.database.engine.connect() as connection:
        steps = list(plans(asked, connection))
    found = []
    for step in steps:
        read = _READ.match(step)
        if read is None or read[2] not in schema.metadata.tables or read[2] in DO_NOT_GROW:
            continue
        used = set(re.findall(r"(\w+)[=<>]", read[3] or ""))
        if read[1] == "SCAN" or not used or used in OF_EVERYONE:
            found.append(step)
    return found


def grant(here: Installation) -> object:
    first, until = date(2015, 8, 1), date(2015, 11, 1)
    return grant_grace(
        here, "P3", tier=5, starts_on=first, ends_on=until, granted_by="pat", reason="growth", today=first
    )


QUESTIONS: dict[str, Callable[[Installation], object]] = {
    "explain": lambda here: explain(here, "P3", MONTH),
    "explain a held partner": lambda here: explain(here, "P2", MONTH),
    "letters show": lambda here: show_letter(here, MONTH, "P3"),
    "quote": lambda here: quote_order(here, Order("P3", date(2015, 8, 1), 9900, 4900, 12)),
    "grant": grant,
}


@pytest.fixture
def settled(world: World) -> World:
    """P2 is held by a faulty line; P1 and P3 are in force."""
    three_partners(world).execute("US", "UPDATE program_mrr_line SET term_months = 0 WHERE account_id = 'B2'")
    world.orders("NL")
    world.settle(JUNE, on=GO_LIVE)
    return world


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_about_one_partner_reads_no_table_of_all_partners(settled: World, question: str) -> None:
    assert read_whole(settled.installation, QUESTIONS[question]) == []


def test_what_reads_a_month_of_all_partners_is_noticed_here(settled: World) -> None:
    def ask(here: Installation) -> object:
        with here.database.reading() as connection:
            return connection.execute(schema.assessment.select().where(schema.assessment.c.billing_month == JUNE)).all()

    assert len(read_whole(settled.installation, ask)) == 1


def test_a_receipt_has_the_lines_of_accounts_that_are_the_partners_own_and_nobody_elses(world: World) -> None:
    """A9 is linked to two partners, A8 left before the month ended, A7 came in it: only A7 is the partner's too."""
    world.link("P1", "NL", "A9")
    world.partner("P4", {"NL": "A9"})
    world.link("P1", "NL", "A8", until="2015-06-30")
    world.link("P1", "NL", "A7", since="2015-06-30")
    for account in ("A9", "A8", "A7"):
        world.bill(account, JUNE, 100_00)
    june_in_force(world)
    accounts = [
        line.group.account_id for line in explain(world.installation, "P1", MONTH).lines if hasattr(line, "group")
    ]
    assert accounts == ["A1", "A7"]


def test_a_grant_owes_its_rate_to_the_accounts_of_its_partner_and_leaves_the_others_alone(world: World) -> None:
    world.orders("NL")
    june_in_force(world)
    before = world.rows("SELECT * FROM publication WHERE account_id <> 'A3' AND account_id <> 'B3'")
    grant(world.installation)
    assert rates(world, "P3")[-1] == ("2015-08-01", 5, 2000)
    owed = "SELECT account_id, tier FROM publication WHERE valid_from = '2015-08-01' ORDER BY 1"
    assert world.rows(owed) == [("A3", 5), ("B3", 5)]
    assert world.rows("SELECT * FROM publication WHERE account_id <> 'A3' AND account_id <> 'B3'") == before


def test_a_grant_owes_its_rate_to_an_account_that_came_from_another_partner(world: World) -> None:
    """A1 goes from P1 to P3 in September: it has P1's rate until then, and from then on that of the grant."""
    june_in_force(world)
    world.tables["account_links"][0]["valid_to"] = "2015-09-01"
    world.link("P3", "NL", "A1", since="2015-09-01")
    world.load()
    grant(world.installation)
    owed = "SELECT valid_from, tier FROM publication WHERE account_id = 'A1' ORDER BY valid_from, revision"
    assert world.rows(owed) == [(GO_LIVE, 2), ("2015-09-01", 5)]
    world.settle(JULY, on="2015-08-20")

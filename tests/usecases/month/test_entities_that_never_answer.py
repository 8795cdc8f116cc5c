"""An entity that never answers holds its own partners, in words; everyone else's month is as ever."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import monotonic

import pytest

from partner_program.adapters.connections import ConnectionFields
from partner_program.domain.billing_month import BillingMonth
from partner_program.usecases.doctor import examine
from partner_program.usecases.month.closes import read_entity_month
from partner_program.usecases.month.run import MonthRun
from partner_program.usecases.registry import find_entity
from tests.usecases.three_partners import GO_LIVE, JUNE, partners, three_partners
from tests.worlds import World

SAID = "entity US: no answer within 1 second"


def endless_view(world: World) -> None:
    """What US lists as its resellers is searched for and never found."""
    with closing(sqlite3.connect(world.billing_db("US"))) as owner:
        owner.executescript(
            "DROP TABLE program_reseller_account; CREATE VIEW program_reseller_account AS"
            " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
            " SELECT i AS account_id, '' AS company_name, '' AS vat_id, '' AS email_domain FROM n WHERE i < 0"
        )
    world.connections["billing_us"] = replace(world.connections["billing_us"], extra={"deadline": 1})


@pytest.fixture(params=["sqlite", "mysql"])
def us_never_answers(request: pytest.FixtureRequest, world: World) -> Iterator[World]:
    three_partners(world)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the system takes connections for it; it says nothing
        if request.param == "sqlite":
            endless_view(world)
        else:
            port = silent.getsockname()[1]
            world.connections["billing_us"] = ConnectionFields(
                "billing_us", "mysql", "127.0.0.1", port, "reader", "x", "billing", {"deadline": 1}
            )
        yield world


def test_its_partners_are_held_and_everyone_else_gets_what_they_would_have_got(
    us_never_answers: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = us_never_answers
    world.settle(JUNE, on=GO_LIVE)
    found = partners(world, JUNE)
    assert {key: row["status"] for key, row in found.items()} == {"P1": "assigned", "P2": "held", "P3": "held"}
    assert [(held["partner_id"], held["reason"]) for held in world.register(JUNE)["held"]] == [
        ("P2", SAID),
        ("P3", SAID),
    ]
    answered = three_partners(World(tmp_path_factory.mktemp("answers")))
    answered.settle(JUNE, on=GO_LIVE)
    assert found["P1"] == partners(answered, JUNE)["P1"]


def test_running_again_changes_nothing_and_an_answer_releases(us_never_answers: World) -> None:
    world = us_never_answers
    world.settle(JUNE, on=GO_LIVE)
    before = world.fingerprint()
    world.settle(JUNE, on=GO_LIVE)
    assert world.fingerprint() == before
    if world.connections["billing_us"].conn_type == "mysql":
        world.connections.add_sqlite("billing_us", world.billing_db("US"))
        world.settle(JUNE, on=GO_LIVE)
        assert {row["status"] for row in partners(world, JUNE).values()} == {"assigned"}


def test_entities_are_waited_for_at_the_same_time_and_frozen_in_their_order(tmp_path: Path) -> None:
    """Two that never answer take as long as one; one stands before, one between those that answer."""
    world = three_partners(World(tmp_path, entities=("DE", "NL", "UK", "US")))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for name in ("billing_de", "billing_uk"):
            world.connections[name] = ConnectionFields(
                name, "mysql", "127.0.0.1", silent.getsockname()[1], "reader", "x", "billing", {"deadline": 4}
            )
        before = monotonic()
        run = MonthRun(world.installation, world.request(JUNE, on=GO_LIVE))
        read = list(run.pull_all(run.begin()))
        assert monotonic() - before < 7
    said = "no answer within 4 seconds"
    assert [(each.entity, each.fault) for each in read] == [("DE", said), ("NL", None), ("UK", said), ("US", None)]
    frozen = world.rows("SELECT entity, fault FROM snapshot ORDER BY snapshot_id")
    assert [tuple(row) for row in frozen] == [(each.entity, each.fault) for each in read]


def test_pulling_one_after_the_other_or_all_at_once_leaves_the_same(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    three_partners(world)
    one_by_one = three_partners(World(tmp_path_factory.mktemp("again")))
    run = MonthRun(world.installation, world.request(JUNE, on=GO_LIVE))
    list(run.pull_all(run.begin()))
    run = MonthRun(one_by_one.installation, one_by_one.request(JUNE, on=GO_LIVE))
    for entity in reversed(run.begin()):
        run.pull_mrr(entity)
    frozen = "SELECT entity, content_hash, line_count, net_amount_minor, fault FROM snapshot ORDER BY entity"
    assert world.rows(frozen) == one_by_one.rows(frozen) != []
    for each in (world, one_by_one):
        each.settle(JUNE, on=GO_LIVE)
    assert world.register(JUNE) == one_by_one.register(JUNE)


def test_the_doctor_and_the_check_of_its_close_say_it(us_never_answers: World) -> None:
    here = us_never_answers.installation
    told = {found.subject: found.message for found in examine(here, today=lambda: date(2015, 7, 27)) if not found.sound}
    assert told == {"billing_us": "no answer within 1 second"}
    assert (
        read_entity_month(here, find_entity(here, "US"), BillingMonth.parse(JUNE)).fault == "no answer within 1 second"
    )

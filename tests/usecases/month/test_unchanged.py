"""A month about which nothing is new is not decided again; any change of what decides it is noticed."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, event

from partner_program.adapters import own_code
from partner_program.adapters.database import schema
from partner_program.adapters.database.month_state import COUNTED, NOT_DECIDING, WITH_A_HEAD, what_months_read
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import BrakeOn
from partner_program.usecases.installation import PROJECT, Installation
from partner_program.usecases.month import commit, unchanged
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.month.restatement import reject_restatement
from partner_program.usecases.month.run import run_month
from partner_program.usecases.month.unchanged import KnownMonth
from tests.usecases.three_partners import GO_LIVE, JUNE, three_partners
from tests.worlds import World

MONTH = BillingMonth.parse(JUNE)


def june_was_run(world: World) -> None:
    three_partners(world)
    world.legacy("P2", 2_500, 0, sla="Gold")
    world.grant("G1", "P1", 4, "2015-08-01", "2015-09-01")
    world.load()
    run_month(world.installation, asked(world))


def asked(world: World) -> MonthRequest:
    return world.request(JUNE, on=GO_LIVE)


@pytest.fixture
def june(world: World) -> World:
    """June in force, as a run left it."""
    world.become(june_was_run)
    return world


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The months that are decided from now on."""
    found: list[str] = []
    decide_all = commit.decide_all

    def noted(connection: Any, request: MonthRequest, *others: Any) -> Any:
        found.append(str(request.month))
        return decide_all(connection, request, *others)

    monkeypatch.setattr(commit, "decide_all", noted)
    return found


def is_known(world: World, request: MonthRequest | None = None, here: Installation | None = None) -> bool:
    return KnownMonth(here or world.installation, request or asked(world)).outcome() is not None


def test_a_run_with_nothing_new_decides_nothing_and_says_what_a_full_one_says(june: World, decided: list[str]) -> None:
    before = june.fingerprint(), june.written()
    said = run_month(june.installation, asked(june))
    assert decided == []
    (june.folder / "out/registers/.checks/2015-06.run").unlink()
    assert run_month(june.installation, asked(june)) == said
    assert decided == [JUNE]
    assert (june.fingerprint(), june.written()) == before
    assert (said.changed, said.assigned, said.effective_on) == (False, 0, date(2015, 7, 27))


def test_what_an_entity_bills_is_read_each_time_and_a_cent_is_noticed(june: World, decided: list[str]) -> None:
    june.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = net_amount_minor + 1 WHERE account_id = 'A1'")
    assert run_month(june.installation, asked(june)).failing == ("NL",)  # its close does not fit any more
    june.close(JUNE)
    said = run_month(june.installation, asked(june))
    assert (said.proposed, decided) == (1, [JUNE] * 4)  # the proposal is seen, written, and looked at again
    assert run_month(june.installation, asked(june)) == replace(said, changed=False)
    assert len(decided) == 4
    reject_restatement(june.installation, MONTH, rejected_by="pat", reason="a test")
    assert run_month(june.installation, asked(june)).proposed == 0
    assert len(decided) > 4


def test_a_partner_that_was_held_is_released_as_soon_as_its_entity_closes(world: World, decided: list[str]) -> None:
    three_partners(world)
    world.reopen(JUNE, "US")
    for _ in range(2):
        assert run_month(world.installation, asked(world)).held == 2
    assert decided == [JUNE] * 3
    world.close(JUNE, "US")
    said = run_month(world.installation, asked(world))
    assert (said.assigned, said.held) == (2, 0)


def test_inputs_that_change_just_after_the_commit_are_noticed_by_the_next_run(
    june: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The month is in force: that another process loads a registry now is no refusal of it, and nothing to believe."""
    committed = commit._committed

    def then_loaded(*args: Any) -> Any:
        outcome = committed(*args)
        june.tables["partners"][0]["company_name"] = "Another Name"
        june.load()
        return outcome

    monkeypatch.setattr(commit, "_committed", then_loaded)
    july = june.request("2015-07", on="2015-08-03")
    assert run_month(june.installation, july).changed
    assert not is_known(june, july)


def test_a_brake_that_is_on_stops_each_run(june: World, decided: list[str]) -> None:
    july = june.request("2015-07", on="2015-08-03")
    june.execute("NL", "UPDATE program_mrr_line SET net_amount_minor = 90000000 WHERE service_start >= '2015-07-01'")
    june.close("2015-07")
    for _ in range(2):
        with pytest.raises(BrakeOn):
            run_month(june.installation, july)
    assert decided == ["2015-07"] * 4  # each run looks before it writes, and again while it does


def _row(table: str, column: str, value: str, place: int = 0) -> Callable[[World], None]:
    def change(world: World) -> None:
        assert world.tables[table][place][column] != value
        world.tables[table][place][column] = value
        world.load()

    return change


def _gone(name: str) -> Callable[[World], None]:
    return lambda world: next((world.folder / "out").rglob(name)).unlink()


def _other(name: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        path = next((world.folder / "out").rglob(name))
        path.write_bytes(path.read_bytes() + b"\n")

    return change


def _open(name: str) -> Callable[[World], None]:
    return lambda world: next((world.folder / "out").rglob(name)).chmod(0o644)


def _statement(sql: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        with closing(sqlite3.connect(world.program_db)) as connection, connection:
            connection.execute(sql)

    return change


CHANGES = {
    "another company name": _row("partners", "company_name", "Another"),
    "a partner suspended": _row("partners", "status", "suspended"),
    "a link that ends": _row("account_links", "valid_to", "2015-06-30"),
    "an agreement that ends": _row("legacy_agreements", "valid_to", "2015-06-30"),
    "a grant of another tier": _row("grace_grants", "tier", "5"),
    "another exchange rate": _row("exchange_rates", "units_per_eur", "1.2"),
    "an entity of another name": _row("entities", "legal_name", "Another", 1),
    "the quality report is gone": _gone("summary.md"),
    "the quality report is another": _other("summary.md"),
    "the quality report is open to others": _open("summary.md"),
    "a page of checks is gone": _gone("NL.html"),
    "the findings are others": _other("NL.json"),
    "what was kept is gone": _gone("2015-06.run"),
    "what was kept is another": _other("2015-06.run"),
    "what was kept is open to others": _open("2015-06.run"),
    "an act of somebody": _statement(
        "INSERT INTO act (kind, subject, done_by, done_at, reason, decided_hash, detail)"
        " VALUES ('rate_confirmed', '2015-06 USD', 'pat', 1, 'right', '', '{}')"
    ),
    "an earlier snapshot": _statement("DELETE FROM latest_snapshot WHERE entity = 'US'"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_what_decides_or_tells_of_a_month_is_noticed(june: World, change: Callable[[World], None]) -> None:
    assert is_known(june)
    change(june)
    assert not is_known(june)


def test_another_question_is_answered_anew(june: World) -> None:
    as_before, file = asked(june), PROJECT / "include/program/2015-07-27.yaml"
    others = [
        replace(as_before, effective_on=date(2015, 7, 28)),
        replace(as_before, effective_on=None, today=date(2015, 7, 28)),
        replace(as_before, migration=True),
        replace(as_before, history=True),
        replace(as_before, program_file=file),
        replace(as_before, month=MONTH.following),
    ]
    assert [is_known(june, each) for each in others] == [False] * len(others)
    assert is_known(june, replace(as_before, today=as_before.today + timedelta(days=1), started_by="somebody else"))
    assert is_known(june, replace(as_before, effective_on=None, today=date(2015, 7, 27)))  # the same day


@pytest.mark.parametrize("file", ["program/2015-07-27.yaml", "templates/quality_report/style.css"])
def test_another_programme_or_look_of_the_report_is_noticed(june: World, tmp_path: Path, file: str) -> None:
    include = tmp_path / "include"
    shutil.copytree(PROJECT / "include", include)
    here = Installation(june.connections, include, june.folder / "out")
    run_month(here, asked(june))
    assert is_known(june, here=here)
    (include / file).write_bytes((include / file).read_bytes() + b"\n")
    assert not is_known(june, here=here)


def test_other_code_or_another_release_of_a_library_is_noticed(june: World, monkeypatch: pytest.MonkeyPatch) -> None:
    version = own_code.version
    monkeypatch.setattr(own_code, "version", lambda name: "0.1" if name == "pydantic" else version(name))
    monkeypatch.setattr(unchanged, "all_code", own_code.all_code.__wrapped__)
    assert not is_known(june)


# What is looked at


def _state(world: World) -> str:
    with world.installation.database.reading() as connection:
        return what_months_read(connection)


def _insert(world: World, table: Table) -> None:
    """Insert a row of invented values, whatever it refers to."""
    values: dict[str, object] = {
        column.name: next(filter(None, (_first_of(check, column.name) for check in table.constraints)), None)
        or (7 if column.type.python_type is int else "2015-07-27")
        for column in table.c
    }
    values |= {
        name: later
        for name, later in (("valid_to", None), ("verdict", None), ("ends_on", "2016-01-01"))
        if name in values
    }
    names = ", ".join(f'"{name}"' for name in values)
    with closing(sqlite3.connect(world.program_db)) as connection, connection:
        marks = ", ".join("?" * len(values))
        connection.execute(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608


def _first_of(check: Any, column: str) -> str | None:
    """The first value that a column may have, where a check lists them."""
    words = str(getattr(check, "sqltext", ""))
    return words.split("'")[1] if words.startswith(f"{column} in (") else None


APART = {*WITH_A_HEAD, *NOT_DECIDING}


@pytest.mark.parametrize("table", [each for each in schema.metadata.sorted_tables if each not in APART], ids=str)
def test_a_row_more_in_any_table_that_decides_is_noticed(june: World, table: Table) -> None:
    before = _state(june)
    _insert(june, table)
    assert _state(june) != before


def test_what_is_not_looked_at_decides_nothing(june: World) -> None:
    """A whole run reads none of it but its drafts and who is at it; what has a head is guarded and comes with it."""
    read = set[str]()

    def note(_1: object, _2: object, statement: str, *_others: object) -> None:
        read.update(re.findall(r"(?:FROM|JOIN) (\w+)", statement))

    here = june.installation
    (june.folder / "out/registers/.checks/2015-06.run").unlink()
    event.listen(here.database.engine, "before_cursor_execute", note)
    run_month(here, asked(june))
    assert {"assessment", "account_link", "restatement"} <= read
    own = {"draft_stage", "draft_batch", "month_lease", "step_token"}
    assert read & {table.name for table in NOT_DECIDING} <= own
    assert set(WITH_A_HEAD) | set(COUNTED) <= set(schema.APPEND_ONLY)

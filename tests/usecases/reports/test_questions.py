"""Every question about a month: each form of its answer is made of the same rows, and asking writes nothing."""

import csv
import io
import json

import pytest

from partner_program.cli.commands import program
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import NotThere
from partner_program.usecases.reports.questions import QUESTIONS, answer, report_file
from tests.page.test_acts_of_commands import commands
from tests.usecases.three_partners import june_in_force
from tests.worlds import World

JUNE = BillingMonth(2015, 6)


@pytest.fixture(scope="module")
def june(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("questions"))
    june_in_force(world)
    return world


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_has_the_same_rows_in_json_and_csv(june: World, name: str) -> None:
    report = answer(june.installation, name, JUNE)
    facts = json.loads(report_file(report, "json"))
    assert (facts["report"], facts["billing_month"]) == (name, str(report.month))
    for table in report.tables:
        rows = list(csv.DictReader(io.StringIO(report_file(report, "csv", table.name))))
        assert [set(each) for each in rows] == [set(each) for each in facts[table.name]]
        assert len(rows) == len(table.rows)


@pytest.mark.parametrize("name", QUESTIONS)
def test_asking_writes_nothing(june: World, name: str) -> None:
    before = june.fingerprint()
    answer(june.installation, name, JUNE)
    assert june.fingerprint() == before


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_month_that_was_not_run_is_refused_by_name(june: World, name: str) -> None:
    with pytest.raises(NotThere, match="2016-01"):
        answer(june.installation, name, BillingMonth(2016, 1))


def test_each_question_has_its_command() -> None:
    assert {each.command for each in QUESTIONS.values()} <= set(commands(program))


def test_a_report_or_a_table_that_is_none_is_refused_with_those_that_are(june: World) -> None:
    with pytest.raises(NotThere, match="near"):
        answer(june.installation, "nearly", JUNE)
    with pytest.raises(NotThere, match="partners"):
        report_file(answer(june.installation, "near", JUNE), "csv", "companies")

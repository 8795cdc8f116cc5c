"""The questions about a month, as pages and files inside Airflow."""

import csv
import io
import json

import pytest

from partner_program.usecases.reports.questions import QUESTIONS
from tests.page.asking import Asking


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_question_is_a_page_that_the_months_page_leads_to(ask: Asking, name: str) -> None:
    page = ask(f"months/2015-07/reports/{name}")
    assert page.status_code == 200
    assert f"/months/2015-07/reports/{name}" in ask("months/2015-07").text


def test_a_partner_a_cent_below_a_threshold_is_named_with_a_link(ask: Asking) -> None:
    page = ask("months/2015-07/reports/near").text
    assert "/partners/P1" in page
    assert '<td class="number"><bdi>0.01</bdi></td>' in page


def test_a_page_names_the_manager_and_its_file_the_id(ask: Asking) -> None:
    assert ">Pat</bdi>" in ask("months/2015-07/reports/near").text
    file = ask("months/2015-07/reports/near/partners.csv")
    assert {row["account_manager_id"] for row in csv.DictReader(io.StringIO(file.text))} == {"M1"}


def test_the_file_of_a_table_has_its_rows_and_the_api_all_of_the_answer(ask: Asking) -> None:
    file = ask("months/2015-07/reports/near/partners.csv")
    assert file.headers["content-disposition"] == 'attachment; filename="near-2015-07-partners.csv"'
    rows = list(csv.DictReader(io.StringIO(file.text)))
    facts = json.loads(ask("api/v1/months/2015-07/reports/near").text)
    assert (rows[0]["partner_id"], rows[0]["to_next_cents"]) == ("P1", "1")
    assert [each["partner_id"] for each in facts["partners"]] == [each["partner_id"] for each in rows]


@pytest.mark.parametrize("path", ["months/2015-07/reports/nearly", "months/2015-07/reports/near/companies.csv"])
def test_a_report_or_a_table_that_is_none_is_a_page_that_says_so(ask: Asking, path: str) -> None:
    answer = ask(path)
    assert answer.status_code == 404
    assert "near" in answer.text

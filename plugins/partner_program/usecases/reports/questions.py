"""Every question that is asked about one month, by its name: the pages and the API inside Airflow offer these."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from partner_program.adapters.reports.report import report_csv, report_json
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.domain.report import Report
from partner_program.usecases.installation import Installation
from partner_program.usecases.month_unit import unit_of_month
from partner_program.usecases.reports.cost import TABLES as COST_TABLES
from partner_program.usecases.reports.cost import cost
from partner_program.usecases.reports.forecast import TABLES as FORECAST_TABLES
from partner_program.usecases.reports.forecast import forecast_after
from partner_program.usecases.reports.leakage import TABLES as LEAKAGE_TABLES
from partner_program.usecases.reports.leakage import leakage
from partner_program.usecases.reports.missing_accounts import TABLES as ACCOUNT_TABLES
from partner_program.usecases.reports.missing_accounts import missing_accounts
from partner_program.usecases.reports.movements import movements_to
from partner_program.usecases.reports.near import near
from partner_program.usecases.reports.signals import signals

ReportForm = Literal["json", "csv"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question: what somebody wants to know, in words, and what answers it from the programme's database.

    `command` answers the same on the command line. `in_workbook`: who signs the month finds the answer among the sheets
    of its workbook. One that `is_of_next` is asked after a month and answers about the following one. One that
    `asks_entities` may take long: a server shows the answer that `asked` keeps, with the records of its `tables` by
    name. One `of_prices` has no answer where a month counts what is no money.
    """

    words: str
    command: str
    answer: Callable[[Installation, BillingMonth], Report]
    in_workbook: bool = False
    asks_entities: bool = False
    is_of_next: bool = False
    of_prices: bool = False
    tables: Mapping[str, type] = field(default_factory=dict)


QUESTIONS: Mapping[str, Question] = {
    "near": Question("Who is near a threshold?", "near", near),
    "movements": Question("What moved revenue since the month before?", "movements", movements_to, in_workbook=True),
    "signals": Question("What should finance look at?", "signals list", signals),
    "leakage": Question(
        "Who was given too much, and to whom do we owe?",
        "leakage",
        leakage,
        asks_entities=True,
        of_prices=True,
        tables=LEAKAGE_TABLES,
    ),
    "missing_accounts": Question(
        "Which account is missing?", "accounts suggest", missing_accounts, asks_entities=True, tables=ACCOUNT_TABLES
    ),
    "cost": Question(
        "What did the programme cost, and what is committed?",
        "cost",
        cost,
        in_workbook=True,
        asks_entities=True,
        of_prices=True,
        tables=COST_TABLES,
    ),
    "forecast": Question(
        "Who will fall, and who will rise?",
        "forecast",
        forecast_after,
        asks_entities=True,
        is_of_next=True,
        tables=FORECAST_TABLES,
    ),
}


def questions_about(installation: Installation, month: BillingMonth) -> Mapping[str, Question]:
    """The questions that have an answer for a month, by name."""
    is_counted = unit_of_month(installation, month).is_counted
    return {name: each for name, each in QUESTIONS.items() if not (is_counted and each.of_prices)}


def answer(installation: Installation, name: str, month: BillingMonth) -> Report:
    """The answer to a question; raises `NotThere` for a name that none has."""
    return find_question(name).answer(installation, month)


def find_question(name: str) -> Question:
    """A question by its name; raises `NotThere` for a name that none has."""
    if name not in QUESTIONS:
        raise NotThere(f"there is no report {name}: they are {', '.join(QUESTIONS)}")
    return QUESTIONS[name]


def workbook_reports(
    installation: Installation, month: BillingMonth, kept: Callable[[str], Report | None] | None
) -> list[Report]:
    """The answers for the month's workbook; what a month cannot answer is left out.

    `kept` gives the last answer to a question that asks the entities, where there is one; without it they are asked.
    """
    found = []
    for name, each in QUESTIONS.items():
        if each.in_workbook:
            with suppress(Refusal):
                report = kept(name) if kept and each.asks_entities else each.answer(installation, month)
                found += [report] if report else []
    return [each for each in found if each.equations or any(table.rows for table in each.tables)]


def tiers_of_report(installation: Installation, report: Report) -> Sequence[str]:
    """The own names of the tiers in a report, lowest first; none where they are told by their number."""
    return installation.tier_names.table_on(report.month.following.first_day)


def report_file(report: Report, form: ReportForm, table: str = "", *, tiers: Sequence[str] = ()) -> str:
    """A report as a file: all of it as JSON, or one of its tables, the first unless it is named, as CSV.

    The names of the `tiers`, lowest first, stand behind their numbers.
    """
    if form == "json":
        return report_json(report, tiers)
    names = [each.name for each in report.tables]
    if table and table not in names:
        raise NotThere(f"report {report.name} has no table {table}: its tables are {', '.join(names)}")
    return report_csv(report, table or names[0], tiers)

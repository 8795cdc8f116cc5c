"""The questions about one month, each answer as a page and as a file."""

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.report import Report
from partner_program.domain.signals import Signal
from partner_program.page.acting import Acting
from partner_program.page.installed import Installed
from partner_program.page.rights import WHO_MAY_ACT
from partner_program.page.routes.months import FILE_KINDS, InPath
from partner_program.page.view import ThisView, View
from partner_program.page.words import month as month_words
from partner_program.usecases.desk.apart import LIMIT_SECONDS
from partner_program.usecases.month_unit import unit_of_month
from partner_program.usecases.partner_managers import names_of_managers
from partner_program.usecases.reports.asked import answer_now, ask_apart, is_asked_apart, look_at_answer
from partner_program.usecases.reports.questions import (
    QUESTIONS,
    Question,
    answer,
    questions_about,
    report_file,
    tiers_of_report,
)

ROWS = 100
FOLDED = {"cost": ("shares", "ends", "posting")}
"""The tables of an answer that are for whoever looks closer: a page has their titles, and their rows once opened."""
router = APIRouter()


@router.get("/months/{month}/reports/{name}")
def report(view: ThisView, here: Installed, month: InPath, name: str) -> HTMLResponse:
    """The answer to one question, or the kept one where it takes asking the entities; tables have their first rows."""
    asked = look_at_answer(here, name, month) if is_asked_apart(name) else None
    found = asked.report if asked else answer(here, name, month)
    question, unit = QUESTIONS[name], found.unit if found else unit_of_month(here, month)
    return view.page(
        "report.html",
        unit=unit,
        title=unit.worded(_title(question, month)),
        name=name,
        month=month,
        found=found,
        asked=asked,
        tiers=here.tier_names.table_on(month.following.first_day),
        managers=names_of_managers(here),
        figures=_figures(found) if found and name == "cost" else [],
        folded=FOLDED.get(name, ()),
        questions=questions_about(here, month),
        acts_on={"signals": _mark_seen(view, month)} if name == "signals" and view.person.may_act else {},
        rows=ROWS,
        limit_minutes=LIMIT_SECONDS // 60,
        may_act=view.person.may_act,
        who_could=WHO_MAY_ACT,
    )


@router.post("/months/{month}/reports/{name}")
def ask(view: ThisView, here: Installed, acting: Acting, month: InPath, name: str) -> RedirectResponse:
    """Have a process apart ask the entities, for the first time or anew."""
    if is_asked_apart(name):
        ask_apart(here, name, month, by=acting.name)
    return view.then(view.links("months", month, "reports", name))


def _title(question: Question, month: BillingMonth) -> str:
    """The month that is told about, and the question."""
    words = f"{question.words[0].lower()}{question.words[1:]}"
    if question.is_of_next:
        return f"{month_words(month.following)}: {words} Forecast from {month_words(month)}"
    return f"{month_words(month)}: {words}"


def _figures(cost: Report) -> list[tuple[str, int, str]]:
    """What the programme cost at a glance: words, an amount, and what it is of."""
    month, later = cost.table("tiers").totals, cost.table("committed").totals
    if not cost.table("tiers").rows:
        return []
    return [
        ("Discount given", month["given_eur_cents"], "in the month"),
        ("Due", month["due_eur_cents"], "by the rates of the orders' days"),
        ("Given beyond due", month["beyond_eur_cents"], "too much, less what we owe"),
        ("Committed a month", later.get("monthly_due_eur_cents", 0), "until services are cancelled"),
        ("Committed in all", later.get("contract_due_eur_cents", 0), "until contracts end"),
    ]


def _mark_seen(view: View, month: BillingMonth) -> Callable[[Signal], str]:
    """Where somebody says that a signal was looked at."""
    return lambda row: view.links("signals", "seen", f"{month} {row.signal} {row.partner_id}")


@router.get("/months/{month}/reports/{name}/{table}.{form}")
def report_table(
    view: ThisView, here: Installed, month: InPath, name: str, table: str, form: Literal["csv", "json"]
) -> Response:
    """One table of the answer with every row, or as JSON all of the answer, as the command line writes it."""
    found = answer_now(here, name, month)
    file = f"{name}-{found.month}-{table}.{form}"
    return view.file(
        report_file(found, form, table, tiers=tiers_of_report(here, found)).encode(), name=file, kind=FILE_KINDS[form]
    )

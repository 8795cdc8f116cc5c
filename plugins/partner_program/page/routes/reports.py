"""The questions about one month, each answer as a page and as a file."""

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from partner_program.page.installed import Installed
from partner_program.page.routes.months import FILE_KINDS, InPath
from partner_program.page.view import ThisView
from partner_program.page.words import month as month_words
from partner_program.usecases.reports.questions import QUESTIONS, answer, report_file

ROWS = 100
router = APIRouter()


@router.get("/months/{month}/reports/{name}")
def report(view: ThisView, here: Installed, month: InPath, name: str) -> HTMLResponse:
    """The answer to one question; its tables have their first rows."""
    found = answer(here, name, month)
    title = f"{QUESTIONS[name].words.removesuffix('?')}, {month_words(month)}"
    return view.page("report.html", title=title, found=found, questions=QUESTIONS, rows=ROWS)


@router.get("/months/{month}/reports/{name}/{table}.{form}")
def report_table(
    view: ThisView, here: Installed, month: InPath, name: str, table: str, form: Literal["csv", "json"]
) -> Response:
    """One table of the answer with every row, or as JSON all of the answer, as the command line writes it."""
    text = report_file(answer(here, name, month), form, table)
    return view.file(text.encode(), name=f"{name}-{month}-{table}.{form}", kind=FILE_KINDS[form])

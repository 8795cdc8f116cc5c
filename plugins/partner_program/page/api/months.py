"""Months, and who has which result in one."""

from fastapi import Request
from fastapi.responses import Response

from partner_program.page.api.answers import After, Limit, answer, endpoints
from partner_program.page.installed import Installed
from partner_program.page.routes.months import InPath
from partner_program.usecases.desk import answers
from partner_program.usecases.reports import asked, questions

router = endpoints()


@router.get("/months")
def months(request: Request, here: Installed) -> Response:
    """Every month that was run or waits for a decision, the newest first."""
    return answer(request, answers.months_file(here))


@router.get("/months/{month}")
def one_month(request: Request, here: Installed, month: InPath) -> Response:
    """A month's register without its partners, with how many rose, fell and are held, and who signed it."""
    return answer(request, answers.month_file(here, month))


@router.get("/months/{month}/partners")
def partners_of_month(
    request: Request, here: Installed, month: InPath, limit: Limit = 100, after: After = ""
) -> Response:
    """The rows of a month's register, by partner."""
    return answer(request, answers.register_part_file(here, month, after=after, count=limit))


@router.get("/months/{month}/reports/{name}")
def report(request: Request, here: Installed, month: InPath, name: str) -> Response:
    """The answer to a question about a month, as its command prints it: who is near a threshold, and others."""
    found = asked.answer_now(here, name, month)
    return answer(request, questions.report_file(found, "json", tiers=questions.tiers_of_report(here, found)))

"""Turns what went wrong into a page, or into problem details (RFC 9457) for a program: never a trace."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from partner_program.domain.refusals import Moved, NotReady, NotThere, Refusal, Unavailable
from partner_program.page import installed
from partner_program.page.security import HEADERS, SAFE_METHODS
from partner_program.page.view import show

API = "api"
CHECK = "/check"  # how the addresses of check pages end
_TITLES = {
    401: "You are not signed in any more",
    403: "You may not do this",
    404: "There is no such page",
    405: "This cannot be done here",
    409: "A rule of the programme says no",
    412: "Something moved since you looked",
    422: "Something in the form cannot be read",
    500: "Something went wrong",
    503: "The programme cannot be asked now",
}
_DETAILS = {404: "Follow a link of the pages, or look for the partner by its name."}


def of_http(request: Request, fault: HTTPException) -> Response:
    """Answer what Airflow or a route refused.

    A check page that is loaded again leads to its form: Airflow keeps its address, and what was typed is gone.
    """
    if fault.status_code == 405 and request.method in SAFE_METHODS and request.url.path.endswith(CHECK):
        return RedirectResponse(request.url.path.removesuffix(CHECK), status_code=303)
    said = "" if fault.detail in ("Not Found", "Not authenticated", "Method Not Allowed") else str(fault.detail)
    return _answer(request, fault.status_code, said, fault.headers)


def of_input(request: Request, fault: RequestValidationError) -> Response:
    """Answer a request whose values cannot be read; they are not repeated."""
    # The place of a fault is where the value stands, its name, and then what it might have been.
    named = sorted({str(each["loc"][:2][-1]) for each in fault.errors()})
    return _answer(request, 422, f"What was given for {', '.join(named)} cannot be read.")


def of_refusal(request: Request, refusal: Refusal) -> Response:
    """Answer what the programme refused: by a rule, or because its database is away or not as it has to be."""
    if isinstance(refusal, NotThere):
        return _answer(request, 404, str(refusal))
    if isinstance(refusal, Moved):
        return _answer(request, 412, str(refusal))
    if isinstance(refusal, (Unavailable, NotReady)):
        installed.forget()
        return _answer(request, 503, str(refusal))
    return _answer(request, 409, str(refusal))


def of_anything(request: Request, _fault: Exception) -> Response:
    """Answer a fault of ours: it is in the api-server's log, and not on the page."""
    answer = _answer(request, 500, "It is written in the api-server's log. Nothing was changed by halves.")
    # This answer alone does not pass through what adds them.
    answer.headers.update({**HEADERS, "cache-control": "no-store"})
    return answer


def _answer(request: Request, status: int, said: str, headers: Mapping[str, str] | None = None) -> Response:
    title = _TITLES.get(status, "This cannot be answered")
    said = said or _DETAILS.get(status, "")
    root = request.scope.get("root_path", "")
    if request.url.path.removeprefix(root).startswith(f"/{API}/"):
        problem = {"type": "about:blank", "title": title, "status": status, **({"detail": said} if said else {})}
        answer: Response = JSONResponse(problem, status, media_type="application/problem+json")
    else:
        person = getattr(request.state, "person", None)
        answer = show(request, "fault.html", title=title, status=status, person=person, said=said, number=status)
    answer.headers.update(headers or {})
    return answer


HANDLERS: Mapping[Any, Callable[..., Response]] = {
    HTTPException: of_http,
    RequestValidationError: of_input,
    Refusal: of_refusal,
    Exception: of_anything,
}

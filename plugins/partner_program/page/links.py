"""Makes every link of the pages, from the path that the request came by: they hold below a sub-path, too."""

import re
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlencode

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from partner_program.domain.billing_month import BillingMonth

PREFIX = "/partner-programme"
ROUTE = "partners"  # of the entry in Airflow's left bar
STATIC = Path(__file__).parent / "static"


class Links:
    """The addresses of one request's pages; `root` is theirs, `airflow` Airflow's own."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.airflow_root = root.removesuffix(PREFIX)

    @classmethod
    def of(cls, request: Request) -> "Links":
        """The links of a request."""
        return cls(request.scope.get("root_path", ""))

    def __call__(self, *parts: object, **query: object) -> str:
        """An address of ours: `links("partners", "P1", month="2015-06")`; what is None or empty is left out."""
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        path = "/".join(_quoted(str(part)) for part in parts)
        return f"{self.root}/{path}" + (f"?{urlencode(asked)}" if asked else "")

    def partner(self, partner_id: str) -> str:
        """One partner's page."""
        return self("partners", partner_id)

    def month(self, month: BillingMonth | str) -> str:
        """One month's page."""
        return self("months", month)

    def static(self, name: str) -> str:
        """A style, a script or a picture; another content has another address."""
        return f"{self.root}/static/{name}?v={_VERSIONS[name]}"

    def framed(self, *parts: object) -> str:
        """One of our pages with Airflow's bar beside it: for a link from outside, as in a mail or a task.

        What stands behind Airflow's own route is the page's whole path, sub-path included: Airflow takes it from there
        for its frame, and puts no sub-path before it.
        """
        return f"{self.airflow_root}/plugin/{ROUTE}{self(*parts)}"

    def airflow(self, *parts: object) -> str:
        """An address of Airflow's own pages; a link to it has the attribute `data-airflow`."""
        return f"{self.airflow_root}/" + "/".join(quote(str(part), safe="") for part in parts)


def _quoted(part: str) -> str:
    """A part of an address. Browsers take `.` and `..` for folders, however they are quoted, but not with a blank."""
    return quote(f"{part} " if part in _DOTS else part, safe="")


class DotsInAddresses:
    """Takes the blank away again that a link puts behind `.` and `..`: no id ends in one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and "/." in scope["path"]:
            scope = {**scope, "path": _WITH_BLANK.sub(r"\1", scope["path"])}
        await self._app(scope, receive, send)


_DOTS = (".", "..")
_WITH_BLANK = re.compile(r"(?<=/)(\.\.?) (?=/|$)")
_VERSIONS = {file.name: sha256(file.read_bytes()).hexdigest()[:12] for file in STATIC.iterdir() if file.is_file()}

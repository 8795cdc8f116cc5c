"""What keeps other sites out of the pages: rules for browsers with each answer, and one check of each request."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
STATIC = "/static/"
# Airflow shows the pages in a frame of its own; nobody else may.
POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
HEADERS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}


def from_this_site(request: Request) -> None:
    """Refuse a request that changes something and was sent by a page of another site.

    Airflow has no token against that. A program names itself in `Authorization`, which no other site's form can send,
    and which then counts instead of the cookie. A browser says where a form came from in `Sec-Fetch-Site`, and without
    TLS only in `Origin`.
    """
    if request.method in SAFE_METHODS or request.headers.get("authorization", "").lower().startswith("bearer "):
        return
    site = request.headers.get("sec-fetch-site")
    if site is None:
        origin = urlsplit(request.headers.get("origin", ""))
        is_own = bool(origin.netloc) and origin.netloc == request.headers.get("host")
    else:
        is_own = site == "same-origin"
    if not is_own:
        raise HTTPException(403, "This was not sent from the partner programme's own pages, and nothing was done.")


def without_nul(request: Request) -> None:
    """Answer an address that holds the character NUL, which nothing here has and PostgreSQL refuses in any text."""
    if "\0" in request.url.path or any("\0" in part for pair in request.query_params.multi_items() for part in pair):
        raise HTTPException(404, "There is no such page.")


class RulesForBrowsers:
    """Adds the rules to each answer; an answer that has a rule of its own keeps it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        own_path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        is_static = own_path.startswith(STATIC)

        async def send_with_rules(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                # The address of a style or a script changes with its content.
                headers.setdefault("cache-control", "public, max-age=31536000, immutable" if is_static else "no-store")
            await send(message)

        await self._app(scope, receive, send_with_rules if scope["type"] == "http" else send)

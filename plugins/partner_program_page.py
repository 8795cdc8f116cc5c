"""Shows the programme inside Airflow: the entry "Partners" in the left bar, and the pages behind it.

Airflow imports this file in each of its processes, tasks too, so that nothing heavy is imported here: the pages are
built at the first request that asks for one. Where they cannot be built, for Airflow may move what tells who somebody
is, every request is refused: better no page than one without a guard.
"""

import logging
from threading import Lock
from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/partner-programme"
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='{colour}' "
    "stroke-width='2' stroke-linecap='round' stroke-linejoin='round'%3E%3Cpath d='M4 20h4v-5H4zM10 20h4V10h-4z"
    "M16 20h4V4h-4z'/%3E%3C/svg%3E"
)


class LateApp:
    """An ASGI application that is imported when it is first asked for."""

    def __init__(self) -> None:
        self._app: Any = None
        self._lock = Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if self._app is None:
            from asyncio import to_thread

            # In a thread: the api-server also answers the tasks, which must not wait for an import.
            await to_thread(self._build)
        await self._app(scope, receive, send)

    def _build(self) -> None:
        with self._lock:
            if self._app is not None:
                return
            try:
                from partner_program.page.app import build_app
            except ImportError:
                logging.getLogger(__name__).exception("the partner programme's pages cannot be built: all is refused")
                self._app = _refuse
            else:
                self._app = build_app()


async def _refuse(scope: Any, _receive: Any, send: Any) -> None:
    """Answer 403, whatever was asked."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    words = b"The partner programme's pages cannot be shown with this version of Airflow: see the api-server's log.\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": words})


class PartnerProgramPage(AirflowPlugin):
    """The pages and their entry; `href` has no slash before it, so that it holds below a sub-path too."""

    name = "partner_program_page"
    fastapi_apps = [{"app": LateApp(), "url_prefix": PREFIX, "name": "Partner programme"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Partners",
            "href": f"{PREFIX.removeprefix('/')}/",
            "destination": "nav",
            "nav_top_level": True,
            "url_route": "partners",
            "icon": _ICON.format(colour="%233f3f46"),
            "icon_dark_mode": _ICON.format(colour="%23d4d4d8"),
        }
    ]

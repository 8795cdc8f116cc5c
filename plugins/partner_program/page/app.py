"""The application that Airflow mounts below `/partner-programme/`: its guard stands here, before every route."""

from typing import Any

from airflow.api_fastapi.core_api.security import get_user
from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles

from partner_program.page import api, routes
from partner_program.page.faults import HANDLERS
from partner_program.page.links import STATIC, DotsInAddresses
from partner_program.page.rights import may_read
from partner_program.page.security import RulesForBrowsers, from_this_site, without_nul
from partner_program.page.this_airflow import Mounted


def build_app() -> FastAPI:
    """Make the application; a route that somebody adds is guarded without a word about it."""
    handlers: dict[Any, Any] = dict(HANDLERS)
    app = Mounted(
        title="Partner programme",
        dependencies=[Depends(get_user), Depends(may_read), Depends(from_this_site), Depends(without_nul)],
        exception_handlers=handlers,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.entries = [page.ENTRY for page in routes.PAGES if hasattr(page, "ENTRY")]
    app.add_middleware(DotsInAddresses)
    app.add_middleware(RulesForBrowsers)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")  # public: styles, the script, pictures
    for page in routes.PAGES:
        app.include_router(page.router, include_in_schema=False)
    for endpoints in api.ENDPOINTS:
        app.include_router(endpoints.router)
    return app

"""Asks the pages as a browser does, below the address at which Airflow mounts them."""

from typing import Any

PREFIX = "/partner-programme"
ROLE = "x-test-role"


def signed_in() -> Any:
    """The application, where a header names the role of who asks instead of a token."""
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi import HTTPException, Request

    from partner_program.page.app import build_app

    def who(request: Request) -> SimpleAuthManagerUser:
        role = request.headers.get(ROLE)
        if role is None:
            raise HTTPException(401, "Not authenticated")
        return SimpleAuthManagerUser(username=f"{role}-person", role=role or None)

    app = build_app()
    app.dependency_overrides[get_user] = who
    return app


def mounted(app: Any, root: str = "") -> Any:
    """A client of an Airflow that has the application mounted, below a sub-path if one is given."""
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    airflow = FastAPI(root_path=root)
    airflow.mount(PREFIX, app)
    return TestClient(airflow, raise_server_exceptions=False, follow_redirects=False, base_url="http://desk.example")


class Asking:
    """Asks for pages as somebody with a role."""

    def __init__(self, client: Any, root: str = "") -> None:
        self.client = client
        self.prefix = root + PREFIX

    def __call__(self, path: str = "", role: str = "viewer", **values: Any) -> Any:
        """Get a page; `path` is without the prefix."""
        return self.client.get(f"{self.prefix}/{path}", headers={ROLE: role}, **values)

    def post(self, path: str, role: str, *, site: str | None = "same-origin", **form: Any) -> Any:
        """Send a form, from a page of `site` as the browser says."""
        headers = {ROLE: role} | ({} if site is None else {"sec-fetch-site": site})
        return self.client.post(f"{self.prefix}/{path}", data=form, headers=headers)

"""The file that Airflow imports: in each of its processes, and so nothing heavy with it."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("airflow_home")


@pytest.mark.processes
def test_nothing_else_is_imported_with_the_plugin() -> None:
    program = (
        "import sys, airflow.plugins_manager; before = set(sys.modules); import partner_program_page; "
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT / "plugins", check=True, capture_output=True, text=True
    )
    assert done.stdout.strip().splitlines()[-1] == "['partner_program_page']"


def test_airflow_finds_one_plugin_with_its_entry_and_no_fault() -> None:
    from airflow import plugins_manager

    plugins, faults = plugins_manager._get_plugins()
    assert faults == {}
    assert [plugin.name for plugin in plugins if plugin.name == "partner_program_page"] == ["partner_program_page"]
    views, _ = plugins_manager._get_ui_plugins()
    (view,) = [view for view in views if view["url_route"] == "partners"]
    assert view["href"] == "partner-programme/"
    assert view["icon"] != view["icon_dark_mode"]
    assert view["icon"].startswith("data:image/svg+xml,")


def test_where_the_pages_cannot_be_built_everything_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import partner_program_page

    monkeypatch.setitem(sys.modules, "partner_program.page.app", None)  # as where Airflow's own modules moved
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    app = partner_program_page.LateApp()
    for path in ("/partner-programme/", "/partner-programme/static/page.css"):
        asyncio.run(app({"type": "http", "path": path, "method": "GET", "headers": []}, None, send))
    assert [message["status"] for message in sent if message["type"] == "http.response.start"] == [403, 403]


def test_the_late_application_answers() -> None:
    from fastapi.testclient import TestClient

    import partner_program_page

    assert TestClient(partner_program_page.LateApp()).get("/static/page.css").status_code == 200

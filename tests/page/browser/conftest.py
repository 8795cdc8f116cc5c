"""One Airflow and one Chromium for all of these tests, over one company; ended when the last of them has run."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from demo.desk import api_server, free_port
from partner_program.adapters.proofs.keys import KEY_VARIABLE
from partner_program.usecases.proofs.keys import new_key
from tests.page.browser.company import company
from tests.page.browser.forwarder import forwarded
from tests.page.browser.newcomer import PAGES, PATIENCE, Newcomer, Seen
from tests.page.browser.programs import NO_CHROMIUM, chromium
from tests.worlds import World

ROOT = Path(__file__).parents[3]
PEOPLE = {"lee": "viewer", "maria": "user", "robin": "user", "kim": "op", "ada": "admin"}


@dataclass(frozen=True)
class Desk:
    """A running Airflow with the pages; `settings` are its own, for another process of the same Airflow."""

    address: str
    passwords: dict[str, str]
    world: World
    settings: dict[str, str]

    @property
    def framed(self) -> str:
        """Where Airflow shows the pages in its frame; below a sub-path the page's own address has it once more."""
        return f"{self.address}/plugin/partners{urlsplit(self.address).path}{PAGES}"


@pytest.fixture(scope="package")
def chromium_program() -> Path:
    """Debian's Chromium, without which nothing here can be tested."""
    found = chromium()
    if found is None:
        pytest.skip(NO_CHROMIUM)
    return found


@pytest.fixture(scope="package")
def airflow_desk(chromium_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Airflow's api-server over the company; its database is made while the company is."""
    assert chromium_program.is_file()
    home = tmp_path_factory.mktemp("airflow")
    world = World(tmp_path_factory.mktemp("company"))
    port, sub_path = free_port(), os.environ.get("SUB_PATH", "")
    asked_at = free_port() if sub_path else port
    address = f"http://127.0.0.1:{asked_at}{sub_path}"
    passwords = {name: secrets.token_urlsafe(12) for name in PEOPLE}
    own = _settings(home, address, passwords)
    log = home / "made.log"
    made = subprocess.Popen(
        ["/bin/sh", "-c", '"$0" db migrate && "$0" dags reserialize', Path(sys.executable).with_name("airflow")],
        env={**os.environ, **own},
        stdout=log.open("w"),
        stderr=subprocess.STDOUT,
    )
    company(world)
    assert made.wait() == 0, log.read_text()[-2000:]
    key = home / "proof.pem"
    new_key(key)
    own[KEY_VARIABLE] = str(key)
    with contextlib.ExitStack() as running:
        if sub_path:
            running.enter_context(forwarded(asked_at, port))
        running.enter_context(api_server(address, port, {**world.environment(), **own}, home / "api-server.log"))
        yield Desk(address, passwords, world, own)


def _settings(home: Path, address: str, passwords: dict[str, str]) -> dict[str, str]:
    """Airflow's own settings, for a home in a folder."""
    file = home / "passwords.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(passwords))
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "false",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(map(":".join, PEOPLE.items())),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(file),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__CORE__FERNET_KEY": "",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
    }


@pytest.fixture(scope="package")
def browser(chromium_program: Path) -> Iterator[Any]:
    """Chromium without a window. It ends with the package: while it runs, its loop is this thread's loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Root, as whom CI runs, has no sandbox; nothing but this machine's own pages is opened.
        started = playwright.chromium.launch(executable_path=chromium_program, args=["--no-sandbox"])
        try:
            yield started
        finally:
            started.close()


@pytest.fixture(scope="package")
def tokens(airflow_desk: Desk) -> dict[str, str]:
    """Each person's token, as the login form gives it."""
    from urllib.request import Request, urlopen

    found = {}
    for name, password in airflow_desk.passwords.items():
        body = json.dumps({"username": name, "password": password}).encode()
        asked = Request(  # noqa: S310 - this test's own address
            f"{airflow_desk.address}/auth/token", body, {"content-type": "application/json"}
        )
        with urlopen(asked) as answer:  # noqa: S310
            found[name] = json.load(answer)["access_token"]
    return found


Opening = Callable[..., Newcomer]


@pytest.fixture
def sitting(airflow_desk: Desk, tokens: dict[str, str], browser: Any) -> Iterator[Opening]:
    """Sits somebody down before a browser, signed in: `sitting("kim", theme="dark", width=360)`.

    At the end of the test nothing may have been complained about in a browser's console.
    """
    seen: list[Seen] = []
    with contextlib.ExitStack() as ending:

        def sit(name: str, *, theme: str = "light", width: int = 1280, signed_in: bool = True) -> Newcomer:
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
            ending.callback(context.close)
            context.set_default_timeout(PATIENCE)
            context.add_init_script(f"try {{ localStorage.setItem('theme', '{theme}') }} catch {{}}")
            if signed_in:
                context.add_cookies([{"name": "_token", "value": tokens[name], "url": airflow_desk.address}])
            newcomer = Newcomer(context.new_page(), airflow_desk.address, name)
            seen.append(newcomer.seen)
            return newcomer

        yield sit
    complaints = [each for one in seen for each in one.complaints]
    assert complaints == []

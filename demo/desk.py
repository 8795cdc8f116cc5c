"""`make desk`: Airflow's api-server over the demo's world, with the pages, on this machine alone, until Ctrl+C.

It needs what `make demo` leaves in `out/`, and makes it where it is not there. Nothing runs by schedule: there is no
scheduler, only what people do on the pages. Its secrets are made anew each time and go with it.
"""

import _thread
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

from demo.__main__ import OUT, PROJECT, set_environment

LOOPBACK = "127.0.0.1"
PORT_VARIABLE = "DESK_PORT"
UP_SECONDS = 180.0
# Who may log in: a role of Airflow's built-in users, and what it stands for here.
PEOPLE = {
    "lee": ("viewer", "looks at everything, changes nothing"),
    "maria": ("user", "partner manager: letters, grants, benefits, disputes"),
    "kim": ("op", "controller: also the brake, restatements, rates, signatures"),
}


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as found:
        found.bind((LOOPBACK, 0))
        return int(found.getsockname()[1])


def settings(home: Path, address: str, passwords: dict[str, str]) -> dict[str, str]:
    """The environment of the api-server beside the demo's own; passwords are in a file that its owner alone reads."""
    file = home / "desk-passwords.json"
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(json.dumps(passwords))
    return {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, (role, _) in PEOPLE.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(file),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__CORE__FERNET_KEY": "",
    }


@contextlib.contextmanager
def api_server(address: str, port: int, environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The api-server, up and answering, until the block ends."""
    program = Path(sys.executable).with_name("airflow")
    words = [str(program), "api-server", "--host", LOOPBACK, "--port", str(port), "--workers", "1"]
    with log.open("w") as output:
        server = subprocess.Popen(words, env=environment, stdout=output, stderr=output)  # noqa: S603 - our own words
    try:
        end = monotonic() + UP_SECONDS
        while not _answers(f"{address}/api/v2/monitor/health"):
            if server.poll() is not None or monotonic() > end:
                raise SystemExit(f"Airflow's api-server did not start: see {log.relative_to(PROJECT)}")
            sleep(0.5)
        yield server
    finally:
        server.terminate()
        server.wait()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310  this run's own address
            return bool(answer.status == 200)
    except (URLError, TimeoutError, ConnectionError):
        return False


def main() -> None:
    """Start the api-server over the demo's world, say where it is and who may log in, and wait."""
    if not (OUT / "index.html").exists():
        print("The demo first: it makes the world that the pages show, in a minute.", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "demo"], cwd=PROJECT, check=True)
    signal.signal(signal.SIGTERM, lambda *_: _thread.interrupt_main())  # as Ctrl+C does: the api-server ends too
    set_environment()
    port = int(os.environ.get(PORT_VARIABLE, "0")) or free_port()
    address = f"http://{LOOPBACK}:{port}"
    passwords = {name: secrets.token_urlsafe(9) for name in PEOPLE}
    environment = {**os.environ, **settings(OUT / "airflow", address, passwords)}
    print("Airflow's api-server starts; this takes half a minute.", file=sys.stderr)
    with api_server(address, port, environment, OUT / "desk.log") as server, contextlib.suppress(KeyboardInterrupt):
        print(f"\n  {address}/plugin/partners\n")
        for name, (_, words) in PEOPLE.items():
            print(f"  {name:<6} {passwords[name]:<14} {words}")
        print("\nCtrl+C ends it. The world stays in out/; `make demo` makes it anew.", flush=True)
        server.wait()


if __name__ == "__main__":
    main()

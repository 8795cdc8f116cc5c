"""`make desk`: Airflow over the demo's world, with the pages, on this machine alone, until Ctrl+C.

It needs what `make demo` leaves in `out/`, and makes it where it is not there. What people start on the pages runs, as
it would anywhere: by Airflow's own scheduler. Nothing runs by schedule. Its secrets are made anew each time and go with
it.
"""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import Request, urlopen

from demo.__main__ import OUT, PROJECT, WORLD, set_environment
from demo.desk_world import ORDERS, leave_things_to_do
from demo.one_desk import only_desk
from partner_program.adapters.connections import EnvironmentConnections
from partner_program.usecases.installation import Installation

LOOPBACK = "127.0.0.1"
PORT_VARIABLE = "DESK_PORT"
MAKE_DEMO = "from demo.__main__ import main; main()"  # `python -m demo` would refuse beside this desk
UP_SECONDS = 180.0
END_SECONDS = 15.0
INTERRUPTED = 130
# Beside the api-server: what begins runs, reads DAGs, and waits for answers of people. None of them listens anywhere.
BESIDE = (("scheduler", "--skip-serve-logs"), ("dag-processor",), ("triggerer", "--skip-serve-logs"))
# Who may log in: a role of Airflow's built-in users, and what it stands for here.
PEOPLE = {
    "lee": ("viewer", "looks at everything, changes nothing"),
    "maria": ("user", "partner manager: letters, grants, benefits, disputes"),
    "kim": ("op", "controller: also the brake, restatements, rates, signatures, who is a partner"),
}


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as found:
        found.bind((LOOPBACK, 0))
        return int(found.getsockname()[1])


def chosen_port() -> int:
    """The port that `DESK_PORT` names, or a free one; ends with a sentence where it cannot be had."""
    written = os.environ.get(PORT_VARIABLE, "")
    if not written:
        return free_port()
    if not (written.isascii() and written.isdigit() and 0 < int(written) < 65536):
        raise SystemExit(f"{PORT_VARIABLE}={written}: expected a port from 1 to 65535")
    try:
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((LOOPBACK, int(written)))
    except OSError as error:
        raise SystemExit(
            f"{PORT_VARIABLE}={written}: this port of {LOOPBACK} cannot be had ({error.strerror}). Another program has "
            f"it; name another port, or none for one that is free. Nothing was started."
        ) from None
    return int(written)


def settings(home: Path, address: str, passwords: dict[str, str]) -> dict[str, str]:
    """The environment of the api-server beside the demo's own; passwords are in a file that its owner alone reads."""
    file = home / "desk-passwords.json"
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(json.dumps(passwords))
    new.replace(file)
    return {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, (role, _) in PEOPLE.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(file),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__CORE__FERNET_KEY": "",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        # A laden machine's first answer to a task takes longer than Airflow's 5 s, and the task is tried 5 min later.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "120",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "false",
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "false",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",  # they do not change while somebody looks on
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "PARTNER_PROGRAM_REGISTRY": str(WORLD / "registry"),
        "AIRFLOW_CONN_PSEUDONYMS": json.dumps({"conn_type": "generic", "password": secrets.token_hex(32)}),
    }


@contextlib.contextmanager
def api_server(
    address: str,
    port: int,
    environment: dict[str, str],
    log: Path,
    started: Callable[[int], None] = lambda _: None,
) -> Iterator[subprocess.Popen[bytes]]:
    """The api-server, up and answering, until the block ends; then nothing that it started is left, either.

    `started` is told the id of its process before it answers.
    """
    words = ("api-server", "--host", LOOPBACK, "--port", str(port), "--workers", "1")
    server = _airflow(words, environment, log)
    try:
        started(server.pid)
        _wait_for(server, address, log)
        yield server
    finally:
        end(server)


@contextlib.contextmanager
def what_runs(environment: dict[str, str], folder: Path, started: Callable[[int], None]) -> Iterator[None]:
    """What begins and does the runs that people ask for, until the block ends; each has its log in a folder."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for words in BESIDE:
            processes.append(_airflow(words, environment, folder / f"desk-{words[0]}.log"))
            started(processes[-1].pid)
        yield
    finally:
        for process in processes:  # each takes some seconds to end: all of them at once
            _ask_to_end(process)
        with contextlib.ExitStack() as ending:
            for process in processes:
                ending.callback(end, process)


def _airflow(words: Sequence[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a part of Airflow, the leader of a session of its own."""
    program = str(Path(sys.executable).with_name("airflow"))
    with log.open("w") as output:
        return subprocess.Popen(  # noqa: S603 - our own words
            [program, *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _wait_for(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    last = monotonic() + UP_SECONDS
    while not _answers(f"{address}/api/v2/monitor/health"):
        if server.poll() is not None or monotonic() > last:
            raise SystemExit(f"Airflow's api-server did not start: see {log}")
        sleep(0.5)


def end(server: subprocess.Popen[bytes]) -> None:
    """End a program that leads its own session, with all that it started; at once where it takes too long."""
    try:
        _ask_to_end(server)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(END_SECONDS)
    finally:  # also where somebody is impatient and presses Ctrl+C again
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _ask_to_end(server: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310  this run's own address
            return bool(answer.status == 200)
    except (URLError, TimeoutError, ConnectionError):
        return False


def _let_in(address: str, name: str, password: str) -> bool:
    """Whether somebody may log in with a password: then what answers there is the server of this run."""
    body = json.dumps({"username": name, "password": password}).encode()
    asked = Request(f"{address}/auth/token", body, {"content-type": "application/json"})  # noqa: S310  our address
    try:
        with urlopen(asked, timeout=30) as answer:  # noqa: S310
            return bool(answer.status in (200, 201))
    except (URLError, TimeoutError, ConnectionError):
        return False


def serve() -> None:
    """Start the api-server over the demo's world, say where it is and who may log in, and wait."""
    with only_desk(PROJECT / "build") as remember:
        port = chosen_port()
        if not (OUT / "index.html").exists():
            print("The demo first: it makes the world that the pages show, in a minute.", file=sys.stderr)
            subprocess.run([sys.executable, "-c", MAKE_DEMO], cwd=PROJECT, check=True)  # noqa: S603 - our own words
        set_environment()
        os.environ["AIRFLOW_CONN_ORDERS_NL"] = json.dumps({"conn_type": "sqlite", "host": str(ORDERS)})
        Installation.here(EnvironmentConnections()).database.upgrade()  # an earlier version may have made the world
        if leave_things_to_do():  # once, in half a minute
            print(
                "Something to do was added to it: July to sign, August stopped by its brake, a letter nobody heard of.",
                file=sys.stderr,
            )
        address = f"http://{LOOPBACK}:{port}"
        log = OUT / "desk.log"
        passwords = {name: secrets.token_urlsafe(9) for name in PEOPLE}
        environment = {**os.environ, **settings(OUT / "airflow", address, passwords)}
        print("Airflow's api-server starts; this takes half a minute.", file=sys.stderr)
        with contextlib.ExitStack() as running:
            server = running.enter_context(
                api_server(address, port, environment, log, lambda process: remember(process, address))
            )
            running.enter_context(what_runs(environment, OUT, lambda process: remember(process, address)))
            for name, password in passwords.items():
                if not _let_in(address, name, password):
                    raise SystemExit(f"{name} cannot log in at {address}: see {log}")
            print(f"\n  {address}/plugin/partners\n")
            for name, (_, words) in PEOPLE.items():
                print(f"  {name:<6} {passwords[name]:<14} {words}")
            print("\nA run that is started on the pages begins within half a minute.")
            print("Ctrl+C ends the desk. The world stays in out/; `make demo` makes it anew.", flush=True)
            try:
                server.wait()
            except KeyboardInterrupt:
                return
            raise SystemExit(f"Airflow's api-server ended by itself: see {log}")


def main() -> None:
    """Serve until somebody ends it, by Ctrl+C, by a signal, or with the terminal."""
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.default_int_handler)
    try:
        serve()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except subprocess.CalledProcessError as fault:
        raise SystemExit(fault.returncode) from None


if __name__ == "__main__":
    main()

"""Lets one desk of this folder run at a time, and ends the api-server that a killed one left behind.

The lock goes with the process that holds it, however that ends. What stands in its file is for whoever comes next.
"""

import fcntl
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

import psutil

Remember = Callable[[int, str], None]


@contextmanager
def only_desk(folder: Path) -> Iterator[Remember]:
    """Be the only desk within this block; what it gives keeps an api-server's process and address for the next one."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "desk.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            at = _kept(lock).get("address", "an address that is not known yet: it is being started")
            raise SystemExit(f"A desk of this folder runs already, at {at}. End it with Ctrl+C first.") from None
        _end_left_over(_kept(lock))

        def remember(server: int, address: str) -> None:
            began = psutil.Process(server).create_time()
            _keep(lock, {"server": server, "began": began, "address": address})

        _keep(lock, {})
        try:
            yield remember
        finally:
            _keep(lock, {})


def _end_left_over(kept: dict[str, Any]) -> None:
    """End the api-server of a desk that was killed; a process that only has its number now is left alone."""
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        left = psutil.Process(kept.get("server", -1)) if kept else None
        if left is None or left.create_time() != kept["began"]:
            return
        print(f"An earlier desk was killed and left its api-server at {kept['address']}: ended.", file=sys.stderr)
        os.killpg(left.pid, signal.SIGKILL)
        with suppress(psutil.TimeoutExpired):
            left.wait(timeout=10)


def _kept(lock: TextIO) -> dict[str, Any]:
    lock.seek(0)
    try:
        return dict(json.loads(lock.read() or "{}"))
    except ValueError:  # another one writes it at this moment
        return {}


def _keep(lock: TextIO, values: dict[str, Any]) -> None:
    lock.seek(0)
    lock.truncate()
    lock.write(json.dumps(values))
    lock.flush()

"""Lets one desk of this folder run at a time, and ends what a killed one left running.

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
_DEMO = "demo"


@contextmanager
def only_desk(folder: Path) -> Iterator[Remember]:
    """Be the only desk within this block; what it gives keeps each process, and the address, for the next one."""
    with _locked(folder) as lock:
        _end_left_over(_kept(lock))

        def remember(process: int, address: str) -> None:
            began = psutil.Process(process).create_time()
            before = _kept(lock).get("processes", [])
            _keep(lock, {"address": address, "processes": [*before, [process, began]]})

        _keep(lock, {})
        try:
            yield remember
        finally:
            _keep(lock, {})


@contextmanager
def no_desk(folder: Path) -> Iterator[None]:
    """Let no desk run within this block, which makes the world anew that a desk would show."""
    with _locked(folder) as lock:
        _end_left_over(_kept(lock))
        _keep(lock, {_DEMO: True})
        try:
            yield
        finally:
            _keep(lock, {})


@contextmanager
def _locked(folder: Path) -> Iterator[TextIO]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "desk.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            kept = _kept(lock)
            if kept.get(_DEMO):
                raise SystemExit("The demo's world is being made in this folder: wait until that is done.") from None
            at = kept.get("address", "an address that is not known yet: it is being started")
            raise SystemExit(f"A desk of this folder runs already, at {at}. End it with Ctrl+C first.") from None
        yield lock


def _end_left_over(kept: dict[str, Any]) -> None:
    """End what a desk that was killed had started; a process that only has its number now is left alone."""
    ended = [number for number, began in kept.get("processes", []) if _is_ended(number, began)]
    if ended:
        print(f"An earlier desk was killed and left Airflow running at {kept['address']}: ended.", file=sys.stderr)


def _is_ended(number: int, began: float) -> bool:
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        left = psutil.Process(number)
        if left.create_time() != began:
            return False
        os.killpg(number, signal.SIGKILL)
        with suppress(psutil.TimeoutExpired):
            left.wait(timeout=10)
        return True
    return False


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

"""Where work stands that a page asked for and a process apart does: its state, in a folder of its own.

A page's server must not do what takes long: it also serves the tasks of all DAGs. The folders lie below the one for
letters and reports, where every process of the server finds them.
"""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Timer
from typing import Literal

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.adapters.connections import GivenConnections
from partner_program.adapters.database.drafts import as_json, from_json
from partner_program.adapters.process_apart import who_works
from partner_program.domain.refusals import Refusal
from partner_program.usecases.installation import Installation

LIMIT_SECONDS = 900
KEPT_DAYS = 7
WORKING = "working"  # the name of the lock, beside the folders
_STATE = "state.json"
_GRACE_SECONDS = 10

Kind = Literal["waiting", "working", "done", "refused", "ended"]


@dataclass(frozen=True, slots=True)
class State:
    """How far the work is: begun by whom and when (seconds since 1970), how many partners of how many."""

    kind: Kind
    by: str
    begun: int
    ended: int = 0
    decided: int = 0
    of: int = 0
    said: str = ""


def write_state(folder: Path, state: State) -> None:
    """Write down how far the work is."""
    write_if_changed(folder / _STATE, as_json(State, state))


def read_state(folder: Path) -> State | None:
    """How far the work is, None where it was never begun."""
    try:
        found: State = from_json(State, (folder / _STATE).read_text("utf-8"))
    except FileNotFoundError:
        return None
    return found


def standing(folder: Path) -> tuple[str | None, State]:
    """What works beside a folder, and its state: one that says that it works, and does not, was ended from outside."""
    for _ in range(2):  # the second time: it may have begun between the two looks
        working = who_works(folder.parent / WORKING)
        state = read_state(folder) or State("waiting", "", int(time.time()))
        if state.kind != "working" or working == folder.name:
            return working, state
    return working, replace(state, kind="ended")


@contextmanager
def in_time(folder: Path, begun: State, *, then: str) -> Iterator[None]:
    """End this process when its time is over, and say so; the alarm that it was started with ends it without a word.

    `then` says what a person may do about it.
    """

    def give_up() -> None:
        said = f"it took longer than {LIMIT_SECONDS // 60} minutes: {then}"
        write_state(folder, replace(begun, kind="refused", ended=int(time.time()), said=said))
        os._exit(1)

    timer = Timer(LIMIT_SECONDS - _GRACE_SECONDS, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def remove_old(kept: Path, most: int) -> None:
    """Remove folders beside `kept` that nobody wrote to in the last days, and all but the newest; `kept` stays."""
    others = [each for each in kept.parent.iterdir() if each.is_dir() and each != kept]
    by_age = sorted(others, key=lambda each: each.stat().st_mtime, reverse=True)
    oldest = time.time() - KEPT_DAYS * 86_400
    for number, folder in enumerate(by_age, start=1):
        if number >= most or folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def for_another_process(installation: Installation, conn_ids: Sequence[str]) -> Installation:
    """The installation as a process apart has it, with these of its connections and no other."""
    given, unread = [], []
    for conn_id in conn_ids:
        try:
            fields = installation.connections.get(conn_id)
        except Refusal as refusal:  # whoever needs it is told, by its name
            unread.append((conn_id, str(refusal)))
            continue
        if fields is not None:
            given.append(fields)
    return Installation(
        GivenConnections(tuple(given), tuple(unread)),
        installation.include,
        installation.out.resolve(),
        installation.host,
        installation.registry,
    )

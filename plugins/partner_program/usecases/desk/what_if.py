"""What other thresholds and discounts would have meant: a draft of a programme file, tried on settled months.

A draft is asked for, kept below `what_if/` of the folder for letters and reports under a hash of itself, and calculated
by one process apart: who asks is a server that must not do it. Nothing here changes a programme file, a month or the
registry.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from threading import Timer
from typing import Literal

from partner_program.adapters.atomic_write import write_bytes_if_changed, write_if_changed
from partner_program.adapters.connections import GivenConnections
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database.database import CONN_ID
from partner_program.adapters.database.drafts import as_json, from_json
from partner_program.adapters.database.registry import partners_by_id
from partner_program.adapters.files.program import read_program
from partner_program.adapters.files.program_draft import draft_text
from partner_program.adapters.process_apart import start_apart, who_works
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.program import Program
from partner_program.domain.program_change import ProgramChange, unchanged
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.domain.what_if import WhatIf, what_if
from partner_program.usecases.installation import Installation
from partner_program.usecases.simulation import simulate, simulation_file

FOLDER = "what_if"
LIMIT_SECONDS = 900
KEPT_DAYS = 7
MOST_KEPT = 20
_ASKED, _STATE, _RESULT, _DIFFERING = "asked.json", "state.json", "result.json", "differing.csv"
_GRACE_SECONDS = 10
_PAUSE_SECONDS = 0.5  # so often progress is written down

Kind = Literal["waiting", "working", "done", "refused", "ended"]


@dataclass(frozen=True, slots=True)
class Basis:
    """What can be changed, and tried on what: the newest programme, and the settled months, oldest first."""

    program: Program
    months: tuple[BillingMonth, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to know; `before` are the terms of the file that the draft was made from."""

    base_file: str
    base_hash: str
    before: ProgramChange
    change: ProgramChange
    first: BillingMonth
    last: BillingMonth


@dataclass(frozen=True, slots=True)
class Draft:
    """A sound draft: its hash is its key; `content` is the programme file."""

    key: str
    asked: Asked
    content: bytes


@dataclass(frozen=True, slots=True)
class State:
    """How far the calculation is: begun by whom and when (seconds since 1970), how many partners of how many."""

    kind: Kind
    by: str
    begun: int
    ended: int = 0
    decided: int = 0
    of: int = 0
    said: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """A draft as it is asked about: its state, and what came of it once it is done.

    `busy` says who began another one that is being calculated now, and when. `names` are of the partners in `result`.
    """

    asked: Asked
    file_name: str
    state: State
    begun: datetime
    busy: tuple[str, datetime] | None
    result: WhatIf | None
    names: dict[str, str]


def basis(installation: Installation) -> Basis:
    """What a draft is made from: the newest programme file, whatever its first day, and every settled month."""
    with installation.database.reading() as connection:
        months = tuple(sorted(settlement_history.assessed_months(connection)))
    return Basis(installation.programs[-1], months)


def make_draft(installation: Installation, change: ProgramChange, first: BillingMonth, last: BillingMonth) -> Draft:
    """Make a draft of a change; raises `UnsoundFiles` with what the strict reader finds, or `Refusal`."""
    base = installation.programs[-1]
    before = unchanged(base, in_force_from=base.in_force_from)
    if replace(change, in_force_from=base.in_force_from) == before:
        raise Refusal("Nothing is changed: change a threshold, a discount or the cap first")
    content = draft_text((installation.include / "program" / base.file_name).read_bytes(), base, change).encode()
    read_program(_file_name(change.in_force_from), content)
    asked = Asked(base.file_name, base.file_hash, before, change, first, last)
    digest = hashlib.sha256(content + as_json(Asked, asked).encode())
    return Draft(digest.hexdigest()[:32], asked, content)


def check_day(installation: Installation, day: date) -> None:
    """Refuse a day on which a new programme file cannot take force any more, or not yet."""
    newest = installation.programs[-1].in_force_from
    after = max(newest, installation.today())
    if day <= after:
        raise Refusal(f"{day} is too early, expected a day after {after}")


def ask(installation: Installation, draft: Draft, *, by: str) -> None:
    """Keep a draft and calculate it; where another one is being calculated, this one waits for a person to start it."""
    folder = _folder(installation, draft.key)
    write_bytes_if_changed(folder / _file_name(draft.asked.change.in_force_from), draft.content)
    write_if_changed(folder / _ASKED, as_json(Asked, draft.asked))
    start(installation, draft.key, by=by)


def start(installation: Installation, key: str, *, by: str) -> bool:
    """Calculate a draft that is kept, anew if it was before; False where one is being calculated already."""
    folder = _known(installation, key)
    state = State("working", by, int(time.time()))

    def begin() -> None:
        _clear(folder)
        _write(folder, state)

    fields = installation.connections.get(CONN_ID)
    there = replace(
        installation, connections=GivenConnections((fields,) if fields else ()), out=installation.out.resolve()
    )
    begun = start_apart(_lock(installation), key, begin, calculate, there, key, state, seconds=LIMIT_SECONDS)
    if not begun and not (folder / _STATE).exists():
        _write(folder, replace(state, kind="waiting"))
    return begun


def calculate(installation: Installation, key: str, begun: State) -> None:
    """Calculate a draft; the work of the process apart, which writes down how far it is."""
    folder = _known(installation, key)
    asked = _asked(folder)
    with _in_time(folder, begun):
        try:
            found = simulate(
                installation,
                folder / _file_name(asked.change.in_force_from),
                asked.first,
                asked.last,
                _telling(folder, begun),
            )
            write_if_changed(folder / _DIFFERING, simulation_file(found, "csv"))
            write_if_changed(folder / _RESULT, as_json(WhatIf, what_if(found)))
        except Refusal as refusal:
            _write(folder, replace(begun, kind="refused", ended=int(time.time()), said=str(refusal)))
        else:
            _write(folder, replace(begun, kind="done", ended=int(time.time())))


def tried(installation: Installation, key: str) -> Tried:
    """How far a draft is, and what came of it."""
    folder = _known(installation, key)
    asked = _asked(folder)
    working, state = _now(installation, folder)
    busy = None
    if working is not None and working != key:
        other = _state(installation.out / FOLDER / working)
        busy = (other.by, installation.local_time(other.begun)) if other else None
    result, names = None, {}
    if state.kind == "done":
        result = from_json(WhatIf, (folder / _RESULT).read_text("utf-8"))
        ids = {each.partner_id for each in (*result.most_gained, *result.most_lost)}
        with installation.database.reading() as connection:
            names = {each: found.company_name for each, found in partners_by_id(connection, ids).items()}
    return Tried(
        asked=asked,
        file_name=_file_name(asked.change.in_force_from),
        state=state,
        begun=installation.local_time(state.begun),
        busy=busy,
        result=result,
        names=names,
    )


def draft_file(installation: Installation, key: str) -> tuple[str, bytes]:
    """A draft's programme file: the name that it would have, and its bytes."""
    folder = _known(installation, key)
    name = _file_name(_asked(folder).change.in_force_from)
    return name, (folder / name).read_bytes()


def differing_file(installation: Installation, key: str) -> Path:
    """The file with every partner and month that would differ, as `simulate --format csv` writes it."""
    path = _known(installation, key) / _DIFFERING
    if not path.exists():
        raise NotThere("this draft is not calculated yet")
    return path


def _now(installation: Installation, folder: Path) -> tuple[str | None, State]:
    """What works, and the state of a draft: one that says that it works, and does not, was ended from outside."""
    for _ in range(2):  # the second time: it may have begun between the two looks
        working = who_works(_lock(installation))
        state = _state(folder) or State("waiting", "", int(time.time()))
        if state.kind != "working" or working == folder.name:
            return working, state
    return working, replace(state, kind="ended")


def _telling(folder: Path, begun: State) -> Callable[[int, int], None]:
    last = [0.0]

    def tell(decided: int, of: int) -> None:
        if time.monotonic() - last[0] >= _PAUSE_SECONDS:
            last[0] = time.monotonic()
            _write(folder, replace(begun, decided=decided, of=of))

    return tell


@contextmanager
def _in_time(folder: Path, begun: State) -> Iterator[None]:
    """End this process when its time is over, and say so; the alarm that it was started with ends it without a word."""

    def give_up() -> None:
        said = f"it took longer than {LIMIT_SECONDS // 60} minutes: try fewer months"
        _write(folder, replace(begun, kind="refused", ended=int(time.time()), said=said))
        os._exit(1)

    timer = Timer(LIMIT_SECONDS - _GRACE_SECONDS, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _clear(kept: Path) -> None:
    """Remove drafts that nobody asked for in the last days, and all but the newest; `kept` stays."""
    others = [each for each in kept.parent.iterdir() if each.is_dir() and each != kept]
    by_age = sorted(others, key=lambda each: each.stat().st_mtime, reverse=True)
    oldest = time.time() - KEPT_DAYS * 86_400
    for number, folder in enumerate(by_age, start=1):
        if number >= MOST_KEPT or folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def _lock(installation: Installation) -> Path:
    return installation.out / FOLDER / "working"


def _folder(installation: Installation, key: str) -> Path:
    return installation.out / FOLDER / key


def _known(installation: Installation, key: str) -> Path:
    folder = _folder(installation, key)
    if not (key.isalnum() and (folder / _ASKED).is_file()):
        raise NotThere(f"there is no such draft: drafts are kept for {KEPT_DAYS} days")
    return folder


def _asked(folder: Path) -> Asked:
    found: Asked = from_json(Asked, (folder / _ASKED).read_text("utf-8"))
    return found


def _state(folder: Path) -> State | None:
    try:
        found: State = from_json(State, (folder / _STATE).read_text("utf-8"))
    except FileNotFoundError:
        return None
    return found


def _write(folder: Path, state: State) -> None:
    write_if_changed(folder / _STATE, as_json(State, state))


def _file_name(day: date) -> str:
    return f"{day}.yaml"

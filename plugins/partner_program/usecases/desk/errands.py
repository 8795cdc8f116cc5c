"""Errands: acts that take longer than a page may take, begun by a person on a page and done by one process apart.

An errand is kept below `errands/` of the folder for letters and reports: its title, who began it and what came of it.
What was typed is not kept there: it may be the name of somebody who is to be erased. Its key comes with the form, so
that a form sent twice begins it once.
"""

import re
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.adapters.database.database import CONN_ID
from partner_program.adapters.database.drafts import as_json, from_json
from partner_program.adapters.process_apart import start_apart
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.usecases.desk.apart import (
    KEPT_DAYS,
    LIMIT_SECONDS,
    WORKING,
    Kind,
    State,
    for_another_process,
    in_time,
    read_state,
    remove_old,
    standing,
    write_state,
)
from partner_program.usecases.erasure import CONN_ID as PSEUDONYMS
from partner_program.usecases.installation import Installation, orders_connection_id
from partner_program.usecases.registry import load_all_entities

FOLDER = "errands"
MOST_KEPT = 100
_ASKED = "asked.json"
ErrandAct = Callable[[Installation], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an errand is called, and what it is about: a partner, a month, or neither."""

    title: str
    partner_id: str | None = None
    month: str | None = None


@dataclass(frozen=True, slots=True)
class Errand:
    """An errand as it stands now; `said` are the lines that came of it, or why it was refused."""

    asked: Asked
    state: State
    begun: datetime
    said: tuple[str, ...]


class _BegunBefore(Exception):
    """The form was sent twice."""


def begin_errand(
    installation: Installation,
    key: str,
    asked: Asked,
    act: ErrandAct,
    *,
    by: str,
    again_after: Collection[Kind] = (),
) -> None:
    """Begin an errand: a process apart calls `act` with the installation, and keeps the lines that it returns.

    The same key again begins nothing, but after an errand that ended as `again_after` says. Refused while another
    errand is done: there is one at a time.
    """
    folder = _folder(installation, key)
    begun = State("working", by, int(time.time()))

    def begin() -> None:
        before = read_state(folder)
        # The lock is ours: whatever says that it works was ended from outside.
        if before is not None and ("ended" if before.kind == "working" else before.kind) not in again_after:
            raise _BegunBefore
        write_if_changed(folder / _ASKED, as_json(Asked, asked))
        remove_old(folder, MOST_KEPT)
        write_state(folder, begun)

    there = for_another_process(installation, _connections(installation))
    lock = installation.out / FOLDER / WORKING
    try:
        if start_apart(lock, key, begin, do_errand, there, key, begun, act, seconds=LIMIT_SECONDS):
            return
    except _BegunBefore:
        return
    if read_state(folder) is None:
        raise Refusal("another errand is being done, and there is one at a time: send this again in a moment")


def do_errand(installation: Installation, key: str, begun: State, act: ErrandAct) -> None:
    """Do an errand and keep what came of it; the work of the process apart."""
    folder = _folder(installation, key)
    with in_time(folder, begun, then="look at the record of acts for what was done of it"):
        try:
            said = "\n".join(act(installation))
        except Refusal as refusal:
            write_state(folder, replace(begun, kind="refused", ended=int(time.time()), said=str(refusal)))
        else:
            write_state(folder, replace(begun, kind="done", ended=int(time.time()), said=said))


def find_errand(installation: Installation, key: str) -> Errand:
    """An errand as it stands; raises `NotThere` where there is none of this key, or not any more."""
    folder = _folder(installation, key)
    try:
        asked: Asked = from_json(Asked, (folder / _ASKED).read_text("utf-8"))
    except FileNotFoundError:
        raise NotThere(f"there is no such errand: errands are kept for {KEPT_DAYS} days") from None
    _, state = standing(folder)
    return Errand(asked, state, installation.local_time(state.begun), tuple(filter(None, state.said.splitlines())))


def _folder(installation: Installation, key: str) -> Path:
    if re.fullmatch(r"[0-9a-f]{32}", key) is None:
        raise NotThere("there is no such errand")
    return installation.out / FOLDER / key


def _connections(installation: Installation) -> list[str]:
    """What an errand may need: the programme's database, the key of pseudonyms, and order databases to publish to."""
    orders = [orders_connection_id(entity) for entity in load_all_entities(installation)]
    return [CONN_ID, PSEUDONYMS, *orders]

"""Errands: acts that take longer than a page may take, begun by a person on a page and done by one process apart.

An errand is kept below `errands/` of the folder for letters and reports: its title, who began it and what came of it.
What was typed is not kept there: it may be the name of somebody who is to be erased. Its key comes with the form, so
that a form sent twice begins it once.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.adapters.database.database import CONN_ID
from partner_program.adapters.database.drafts import as_json, from_json
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.usecases.desk.apart import KEPT_DAYS, Kind, State, standing
from partner_program.usecases.desk.work_apart import WorkApart
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
    work = _work(installation)
    begun = work.start(
        key,
        by,
        partial(do_errand, act=act),
        installation,
        connections=_connections(installation),
        prepare=lambda: write_if_changed(folder / _ASKED, as_json(Asked, asked)),
        again_after=again_after,
    )
    if not begun and work.written(key) is None:
        raise Refusal("another errand is being done, and there is one at a time: send this again in a moment")


def do_errand(installation: Installation, key: str, begun: State, act: ErrandAct) -> None:
    """Do an errand and keep what came of it; the work of the process apart."""
    with _work(installation).doing(key, begun) as progress:
        progress.said = "\n".join(act(installation))


def find_errand(installation: Installation, key: str) -> Errand:
    """An errand as it stands; raises `NotThere` where there is none of this key, or not any more."""
    folder = _folder(installation, key)
    try:
        asked: Asked = from_json(Asked, (folder / _ASKED).read_text("utf-8"))
    except FileNotFoundError:
        raise NotThere(f"there is no such errand: errands are kept for {KEPT_DAYS} days") from None
    _, state = standing(folder)
    return Errand(asked, state, installation.local_time(state.begun), tuple(filter(None, state.said.splitlines())))


def _work(installation: Installation) -> WorkApart:
    then = "look at the record of acts for what was done of it"
    return WorkApart(installation.out / FOLDER, then, MOST_KEPT)


def _folder(installation: Installation, key: str) -> Path:
    if re.fullmatch(r"[0-9a-f]{32}", key) is None:
        raise NotThere("there is no such errand")
    return installation.out / FOLDER / key


def _connections(installation: Installation) -> list[str]:
    """What an errand may need: the programme's database, the key of pseudonyms, and order databases to publish to."""
    orders = [orders_connection_id(entity) for entity in load_all_entities(installation)]
    return [CONN_ID, PSEUDONYMS, *orders]

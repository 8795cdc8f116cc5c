"""What other thresholds and discounts would have meant: a draft of a programme file, tried on settled months.

A draft is asked for, kept below `what_if/` of the folder for letters and reports under a hash of itself, and calculated
by one process apart: who asks is a server that must not do it. Nothing here changes a programme file, a month or the
registry.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from partner_program.adapters.atomic_write import write_bytes_if_changed, write_if_changed
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database.database import CONN_ID
from partner_program.adapters.database.drafts import as_json, from_json
from partner_program.adapters.database.registry import partners_by_id
from partner_program.adapters.files.program import read_program
from partner_program.adapters.files.program_draft import draft_text
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_order import months_from_to
from partner_program.domain.program import Program
from partner_program.domain.program_change import ProgramChange, unchanged
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.domain.what_if import WhatIf, what_if
from partner_program.usecases.desk.apart import KEPT_DAYS, State, standing
from partner_program.usecases.desk.work_apart import WorkApart
from partner_program.usecases.installation import Installation
from partner_program.usecases.settled_past import check_units
from partner_program.usecases.simulation import simulate, simulation_file

FOLDER = "what_if"
MOST_KEPT = 20
_ASKED, _RESULT, _DIFFERING = "asked.json", "result.json", "differing.csv"


@dataclass(frozen=True, slots=True)
class Basis:
    """What can be changed, and tried on what: the newest programme, and the settled months, oldest first."""

    program: Program
    months: tuple[BillingMonth, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to know; `before` are the terms of the file that the draft was made from.

    `families` are the product families that have discounts of their own in it, which stay; amounts are in its `unit`.
    """

    base_file: str
    base_hash: str
    before: ProgramChange
    change: ProgramChange
    first: BillingMonth
    last: BillingMonth
    families: tuple[str, ...] = ()
    unit: Unit = EURO


@dataclass(frozen=True, slots=True)
class Draft:
    """A sound draft: its hash is its key; `content` is the programme file."""

    key: str
    asked: Asked
    content: bytes


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


def calculations(installation: Installation) -> WorkApart:
    """The work of calculating drafts: one draft, or one comparison of many, at a time."""
    return WorkApart(installation.out / FOLDER, "try fewer months, or fewer drafts", MOST_KEPT)


def basis(installation: Installation) -> Basis:
    """What a draft is made from: the newest programme file, whatever its first day, and every settled month."""
    with installation.database.reading() as connection:
        months = tuple(sorted(settlement_history.assessed_months(connection)))
    return Basis(installation.programs[-1], months)


def make_draft(installation: Installation, change: ProgramChange, first: BillingMonth, last: BillingMonth) -> Draft:
    """Make a draft of a change; raises `UnsoundFiles` with what the strict reader finds, or `Refusal`."""
    base = installation.programs[-1]
    check_units(installation, months_from_to(first=first, last=last), [base])
    before = unchanged(base, in_force_from=base.in_force_from)
    if replace(change, in_force_from=base.in_force_from) == before:
        raise Refusal("Nothing is changed: change a threshold, a discount or the cap first")
    content = draft_text((installation.program_folder / base.file_name).read_bytes(), base, change).encode()
    read_program(_file_name(change.in_force_from), content)
    families = tuple(each.product for each in base.product_discounts)
    asked = Asked(base.file_name, base.file_hash, before, change, first, last, families, base.unit)
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
    keep(installation, draft)
    start(installation, draft.key, by=by)


def keep(installation: Installation, draft: Draft) -> None:
    """Keep a draft and what is asked of it."""
    folder = _folder(installation, draft.key)
    write_bytes_if_changed(folder / _file_name(draft.asked.change.in_force_from), draft.content)
    write_if_changed(folder / _ASKED, as_json(Asked, draft.asked))


def start(installation: Installation, key: str, *, by: str) -> bool:
    """Calculate a draft that is kept, anew if it was before; False where one is being calculated already."""
    _known(installation, key)
    return calculations(installation).start(key, by, calculate, installation, connections=[CONN_ID])


def calculate(installation: Installation, key: str, begun: State) -> None:
    """Calculate a draft; the work of the process apart, which writes down how far it is."""
    folder = _known(installation, key)
    asked = _asked(folder)
    with calculations(installation).doing(key, begun) as progress:
        draft = folder / _file_name(asked.change.in_force_from)
        found = simulate(installation, draft, asked.first, asked.last, progress.tell)
        write_if_changed(folder / _DIFFERING, simulation_file(found, "csv"))
        write_if_changed(folder / _RESULT, as_json(WhatIf, what_if(found)))


def tried(installation: Installation, key: str) -> Tried:
    """How far a draft is, and what came of it."""
    folder = _known(installation, key)
    asked = _asked(folder)
    working, state = standing(folder)
    busy = None
    if working is not None and working != key:
        other = calculations(installation).written(working)
        busy = (other.by, installation.local_time(other.begun)) if other else None
    result, names = None, {}
    if state.kind == "done":
        result = from_json(WhatIf, (folder / _RESULT).read_text("utf-8"))
        ids = {each.partner_id for each in (*result.most_gained, *result.most_lost, *result.of_undecided)}
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


def _file_name(day: date) -> str:
    return f"{day}.yaml"

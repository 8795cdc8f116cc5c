"""A month's register as a file to take: made at once where it is small, by a process apart where it is large.

Of 100,000 partners the workbook takes half a minute of a processor, and who asks is a server that must not do it. What
was made apart is kept with a hash of the rows behind it, and served while they are the same. A workbook has more than
the month's rows, so that one is made anew after some minutes.
"""

import json
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import get_args

from sqlalchemy import Connection

from partner_program.adapters.atomic_write import write_bytes_if_changed, write_if_changed
from partner_program.adapters.database.acts import load_acts
from partner_program.adapters.database.database import CONN_ID
from partner_program.adapters.database.register import what_register_reads
from partner_program.adapters.database.registry import count_partners
from partner_program.domain.acts import AT_THE_HEAD
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import NotThere
from partner_program.usecases.desk.apart import State
from partner_program.usecases.desk.work_apart import WorkApart
from partner_program.usecases.installation import Installation
from partner_program.usecases.register import RegisterForm, register_file

AT_ONCE = 2_000  # partners: half a second
WORKBOOK_SECONDS = 600  # so long one is served
_FILE, _MADE_OF = "register", "made_of"


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """A register to take: its `content`, or the `path` of the file that was made apart; neither while it is not made.

    `state` is that of making it apart; `is_busy` says that another one is being made, and there is one at a time.
    """

    content: bytes | None
    path: Path | None
    state: State | None
    is_busy: bool


def register_to_take(installation: Installation, month: BillingMonth, form: RegisterForm, *, by: str) -> RegisterFile:
    """The register as a file, or the news that a process apart has begun to make it."""
    with installation.database.reading() as connection:
        is_small = count_partners(connection) <= AT_ONCE
    if is_small:
        return RegisterFile(register_file(installation, month, form), None, None, is_busy=False)
    found = look_at_register(installation, month, form)
    if found.path is not None or (found.state is not None and found.state.kind == "working"):
        return found
    _work(installation).start(_key(month, form), by, make_register, installation, connections=(CONN_ID,))
    return look_at_register(installation, month, form)


def look_at_register(installation: Installation, month: BillingMonth, form: RegisterForm) -> RegisterFile:
    """What there is of a register that is made apart; raises `Refusal` for a month that is not assessed."""
    key = _key(month, form)
    working, state = _work(installation).look(key)
    if state is not None and state.kind == "working":
        return RegisterFile(None, None, state, is_busy=False)  # asked about often: the rows are not read each time
    with installation.database.reading() as connection:
        made_of = _made_of(connection, month)
    folder = _work(installation).folder / key
    is_there = _is_as_now(folder / _MADE_OF, made_of, form)
    is_busy = working is not None and working != key
    return RegisterFile(None, folder / _FILE if is_there else None, state, is_busy)


def _is_as_now(made: Path, made_of: str, form: RegisterForm) -> bool:
    if not made.is_file() or made.read_text("utf-8") != made_of:
        return False
    return form != "xlsx" or time.time() - made.stat().st_mtime < WORKBOOK_SECONDS


def make_register(installation: Installation, key: str, begun: State) -> None:
    """Make a register; the work of the process apart."""
    month, form = _of_key(key)
    folder = _work(installation).folder / key
    with _work(installation).doing(key, begun):
        with installation.database.reading() as connection:
            made_of = _made_of(connection, month)  # before: what changes meanwhile has it made again
        (folder / _MADE_OF).unlink(missing_ok=True)
        write_bytes_if_changed(folder / _FILE, register_file(installation, month, form))
        write_if_changed(folder / _MADE_OF, made_of)


def _made_of(connection: Connection, month: BillingMonth) -> str:
    head = [(act.kind, act.doer.done_by, act.doer.done_at) for act in load_acts(connection, *AT_THE_HEAD, month=month)]
    return sha256(json.dumps([what_register_reads(connection, month), head]).encode()).hexdigest()


def _work(installation: Installation) -> WorkApart:
    return WorkApart(installation.out / "registers" / ".pages")


def _key(month: BillingMonth, form: RegisterForm) -> str:
    return f"{month}.{form}"


def _of_key(key: str) -> tuple[BillingMonth, RegisterForm]:
    month, _, named = key.partition(".")
    for form in get_args(RegisterForm):
        if form == named:
            return BillingMonth.parse(month), form
    raise NotThere(f"there is no register of the form {named!r}")

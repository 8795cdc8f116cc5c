"""The proof of each month that the installation keeps in its own folder: written by a process apart, served as it is.

Writing one takes long in a large programme, and who asks is a server that must not do it. The file is that of
`partner-program proof write`, with the same act on record; one that is not on record is never served.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.adapters.database import history
from partner_program.adapters.database.acts import load_acts, now_by
from partner_program.adapters.database.database import CONN_ID
from partner_program.adapters.database.proofs import what_proof_is_made_of
from partner_program.adapters.database.settlement_inputs import kept_parts
from partner_program.adapters.proofs import keys as key_store
from partner_program.adapters.proofs.archive import Unreadable, file_sha256
from partner_program.adapters.proofs.manifest import read_proof_head
from partner_program.domain.acts import MONTH_SIGNED, PROOF_WRITTEN, Act
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.month_order import MonthStatus
from partner_program.domain.proof import ProofHead
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.usecases.desk.apart import State
from partner_program.usecases.desk.work_apart import WorkApart
from partner_program.usecases.installation import Installation
from partner_program.usecases.proofs.write import check_kept, write_proof

_WRITTEN = "written.json"


@dataclass(frozen=True, slots=True)
class KeptProof:
    """A proof's file, by whom and when its content went on record; `size` in bytes.

    `is_behind` says that something about the month has happened since; None where it was not written from here, and
    nobody can tell without writing it again.
    """

    head: ProofHead
    sha256: str
    size: int
    written_by: str
    written_at: datetime
    is_behind: bool | None


@dataclass(frozen=True, slots=True)
class ProofOfMonth:
    """What there is of a month's proof; `refused` says why none can be written now, empty where one can.

    `signed_by` are those who signed the newest revision. `key` is the fingerprint of the key that signs here. `state`
    is that of the newest attempt from a page, begun at `begun`; `busy` says whose proof is being written else, by whom.
    `fault` says why a file that is there is not served.
    """

    month: BillingMonth
    status: MonthStatus
    revision: int
    signed_by: tuple[str, ...]
    key: str | None
    refused: str
    state: State | None
    begun: datetime | None
    busy: tuple[BillingMonth, str] | None
    kept: KeptProof | None
    fault: str


def month_proof(here: Installation, month: BillingMonth) -> ProofOfMonth:
    """What there is of a month's proof; raises `Refusal` for a month that is not assessed."""
    with here.database.reading() as connection:
        settlements = history.settlements_or_refusal(connection, month)
        last = settlements[-1]
        signed = tuple(
            act.doer.done_by
            for act in load_acts(connection, MONTH_SIGNED, month=month)
            if json.loads(act.detail)["revision"] == last.revision
        )
        refused = _refused(connection, month, [each.settlement_id for each in settlements])
        written = load_acts(connection, PROOF_WRITTEN, month=month)
        mark = what_proof_is_made_of(connection, month)
    key = None
    try:
        key = key_store.signing_key(here.connections).fingerprint
    except Refusal as refusal:
        refused = refused or str(refusal)
    kept, fault = None, ""
    try:
        kept = _kept(here, month, written, mark)
    except Refusal as refusal:
        fault = str(refusal)
    working, state = _work(here).look(str(month))
    busy = None
    if working is not None and working != str(month):
        other = _work(here).written(working)
        busy = (BillingMonth.parse(working), other.by if other else "")
    begun = here.local_time(state.begun) if state else None
    return ProofOfMonth(month, last.status, last.revision, signed, key, refused, state, begun, busy, kept, fault)


def ask_for_proof(here: Installation, month: BillingMonth, *, by: str) -> bool:
    """Have a month's proof written in the name of a person; False where one is being written already.

    Refused where it is known before that none can be written.
    """
    with here.database.reading() as connection:
        settlements = history.settlements_or_refusal(connection, month)
        refused = _refused(connection, month, [each.settlement_id for each in settlements])
    if refused:
        raise Refusal(refused)
    key_store.signing_key(here.connections)
    return _work(here).start(str(month), by, write_kept_proof, here, connections=(CONN_ID, key_store.CONN_ID))


def write_kept_proof(here: Installation, key: str, begun: State) -> None:
    """Write a month's proof where it is kept; the work of the process apart, which writes down how far it is."""
    month = BillingMonth.parse(key)
    with _work(here).doing(key, begun) as progress:
        with here.database.reading() as connection:
            mark = what_proof_is_made_of(connection, month)  # before: what happens meanwhile is then said to be new
        written = write_proof(
            here, month, _place(here, month), by=now_by(begun.by, "wrote the proof"), tell=progress.tell
        )
        _note(here, month, written.sha256, mark)


def proof_file(here: Installation, month: BillingMonth) -> Path:
    """The file of a month's proof; raises `NotThere` where none is, `Refusal` where what is there is none of ours."""
    with here.database.reading() as connection:
        written = load_acts(connection, PROOF_WRITTEN, month=month)
    if _kept(here, month, written, "") is None:
        raise NotThere(f"the proof of {month} is not written yet, or not on this machine")
    return _place(here, month)


def _kept(here: Installation, month: BillingMonth, written: Sequence[Act], mark: str) -> KeptProof | None:
    """The file that is there, None where none is; refused where it is not one that is on record."""
    place = _place(here, month)
    try:
        head = read_proof_head(place)
        size = place.stat().st_size
        sha256, noted = _digest(here, month)
    except FileNotFoundError:
        return None
    except Unreadable:
        if not place.exists():
            return None
        raise Refusal(f"{place} is no proof: remove it") from None
    act = next((each for each in reversed(written) if json.loads(each.detail)["sha256"] == sha256), None)
    if head.billing_month != month or act is None:
        raise Refusal(f"{place} is no proof of {month} that is on record here: remove it")
    return KeptProof(
        head,
        sha256,
        size,
        act.doer.done_by,
        here.local_time(act.doer.done_at),
        None if noted is None else noted != mark,
    )


def _digest(here: Installation, month: BillingMonth) -> tuple[str, str | None]:
    """The sha256 of the file, and the mark of what it was made of, if it was written from here.

    A large file is read through once: its hash is noted, and holds while the file is as it was.
    """
    try:
        noted = json.loads(_notes(here, month).read_text("utf-8"))
    except FileNotFoundError:
        noted = {}
    if noted.get("file") == _looks(here, month):
        return noted["sha256"], noted["mark"]
    digest = file_sha256(_place(here, month))
    mark = noted["mark"] if noted.get("sha256") == digest else None
    _note(here, month, digest, mark)
    return digest, mark


def _note(here: Installation, month: BillingMonth, sha256: str, mark: str | None) -> None:
    noted = {"file": _looks(here, month), "sha256": sha256, "mark": mark}
    write_if_changed(_notes(here, month), json.dumps(noted))


def _looks(here: Installation, month: BillingMonth) -> list[int]:
    stat = _place(here, month).stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ino]


def _refused(connection: Connection, month: BillingMonth, settlements: Sequence[int]) -> str:
    """Why no proof of a month can be written, as far as can be said at once."""
    try:
        for each in settlements:
            check_kept(month, kept_parts(connection, each))
    except Refusal as refusal:
        return str(refusal)
    return ""


def _work(here: Installation) -> WorkApart:
    return WorkApart(here.out / "proofs" / ".checks")


def _place(here: Installation, month: BillingMonth) -> Path:
    return here.out / "proofs" / f"{month}.zip"


def _notes(here: Installation, month: BillingMonth) -> Path:
    return here.out / "proofs" / ".checks" / str(month) / _WRITTEN

"""Writes the proof of a month: everything that decided it and what came of it, in one signed zip without a name."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection

from partner_program.adapters.atomic_write import file_in_one_piece
from partner_program.adapters.database import history, proofs
from partner_program.adapters.database.acts import record_act
from partner_program.adapters.database.history import load_totals
from partner_program.adapters.database.register import read_register
from partner_program.adapters.database.settlement_inputs import kept_inputs
from partner_program.adapters.database.snapshots import load_snapshot
from partner_program.adapters.decided_from import (
    ADDED_PARTS,
    PARTS,
    PARTS_OF_RULES,
    programmes_of,
    rates_before,
)
from partner_program.adapters.files.program import program_texts
from partner_program.adapters.json_tables import rows_text
from partner_program.adapters.no_collecting import without_collecting
from partner_program.adapters.proofs.archive import ArchiveWriter, Unreadable, file_sha256
from partner_program.adapters.proofs.keys import SigningKey, signing_key
from partner_program.adapters.proofs.manifest import MANIFEST, PUBLIC_KEY, SIGNATURE, manifest_json, read_proof_head
from partner_program.adapters.reports.register import register_json
from partner_program.domain.acts import BY_SCHEDULE, PROOF_WRITTEN, Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.proof import (
    ActRow,
    EntityTotalRow,
    HeldRow,
    LetterRow,
    MonthBefore,
    ProofHead,
    ResellerAccount,
    RestatedDifference,
    RestatementRow,
    SettledRow,
    SignatureRow,
    SnapshotHead,
    SnapshotUse,
    WrittenProof,
    WrittenRate,
    entity_total_rows,
    held_rows,
    rises_of,
)
from partner_program.domain.refusals import Refusal
from partner_program.domain.totals import Bucket, UnmatchedAccount
from partner_program.usecases.installation import Installation
from partner_program.usecases.proofs import layout


def write_proof(
    here: Installation,
    month: BillingMonth,
    to: Path,
    *,
    by: Doer,
    program_file: Path | None = None,
    tell: Callable[[int, int], None] = lambda _done, _of: None,
) -> WrittenProof:
    """Write a month's proof to a file, in one step; with nothing new it is the same to the byte.

    That it was written is on record by its sha256, once for each content. `tell` is told how many of its pieces are
    written, of how many. Refused for a month that is not assessed, for one of which what decided it was not kept,
    without a key, and over a file that is no proof of this month.
    """
    key = signing_key(here.connections)
    _check_place(to, month)
    with file_in_one_piece(to) as draft:
        with here.database.reading() as connection:
            known = proofs.proofs_written(connection, month)
            head = _Writing(here, connection, month, key, draft, program_file, tell).all()
        size = draft.tell()
        draft.flush()
        digest = file_sha256(Path(draft.name))
        changed = not to.exists() or file_sha256(to) != digest
        if known[-1:] != [digest]:
            before = None if head.before is None else head.before.sha256
            detail = {"sha256": digest, "key": key.fingerprint, "before": before, "revision": head.revision}
            with here.database.writing() as connection:
                record_act(connection, PROOF_WRITTEN, str(month), by, detail, month=month)
    return WrittenProof(head, digest, size, changed)


def check_kept(month: BillingMonth, parts: Collection[str]) -> None:
    """Refuse a month of which not every part was kept that it was decided from."""
    if not PARTS.keys() <= set(parts):
        raise Refusal(
            f"month {month} was settled by a version that did not keep what it was decided from: a proof of it could "
            "not be decided again. Months settled from schema 0016 on have one"
        )


def _check_place(to: Path, month: BillingMonth) -> None:
    """Refuse to write over what is no proof of the month."""
    if not to.exists():
        return
    try:
        found = read_proof_head(to).billing_month
    except Unreadable:
        found = None
    if found != month:
        what = "is no proof" if found is None else f"is the proof of {found}"
        raise Refusal(f"{to} is there and {what}: name another file for that of {month}")


@dataclass(frozen=True, slots=True)
class _Settlement:
    """A settlement with its number in the month, and the tables that it was decided from."""

    number: int
    settlement_id: int
    row: SettledRow
    texts: Mapping[str, str]

    def lines(self, table: str) -> Iterable[str]:
        """The lines of a table that it was decided from."""
        return self.texts[table].splitlines(keepends=True)


class _Writing:
    """One proof in the making, over one snapshot of the programme's database."""

    def __init__(
        self,
        here: Installation,
        connection: Connection,
        month: BillingMonth,
        key: SigningKey,
        draft: BinaryIO,
        program_file: Path | None,
        tell: Callable[[int, int], None],
    ) -> None:
        self._here = here
        self._connection = connection
        self._month = month
        self._key = key
        self._archive = ArchiveWriter(draft)
        self._program_file = program_file
        self._tell, self._done, self._of = tell, 0, 0

    @without_collecting()
    def all(self) -> ProofHead:
        """Write every member, the manifest and its signature last."""
        settlements = self._settlements()
        self._of = self._pieces(settlements)
        self._told(0)
        self._add(layout.SETTLEMENTS, rows_text(SettledRow, (each.row for each in settlements)))
        self._programmes(settlements)
        places = self._snapshots(settlements)
        for settlement in settlements:
            self._settlement(settlement, places)
        effective_on = None
        for revision in sorted({each.row.revision for each in settlements}):
            effective_on = self._register([each for each in settlements if each.row.revision == revision][-1])
        self._about_the_month()
        before, because = self._month_before()
        newest = settlements[-1].row
        head = ProofHead(
            billing_month=self._month,
            status="history" if newest.status == "history" else "in_force",
            revision=newest.revision,
            effective_on=effective_on,
            installation=proofs.installation_of(self._connection),
            fingerprint=self._key.fingerprint,
            before=before,
            because=because,
        )
        self._archive.add(PUBLIC_KEY, [self._key.public])
        manifest = manifest_json(head, self._archive.members)
        self._archive.add(MANIFEST, [manifest])
        self._archive.add(SIGNATURE, [self._key.sign(manifest)])
        self._archive.close()
        return head

    def _add(self, name: str, text: str) -> None:
        self._archive.add(name, [text.encode()])

    def _told(self, more: int = 1) -> None:
        """Tell that a piece is written: a snapshot, a settlement or a register."""
        self._done += more
        self._tell(self._done, self._of)

    def _pieces(self, settlements: Sequence[_Settlement]) -> int:
        used = {each for one in settlements for each in self._read_by(one).values()}
        return len(used) + len(settlements) + len({each.row.revision for each in settlements})

    def _read_by(self, settlement: _Settlement) -> dict[str, int]:
        return proofs.snapshots_read(self._connection, settlement.settlement_id)

    def _settlements(self) -> list[_Settlement]:
        history.settlements_or_refusal(self._connection, self._month)
        found = []
        for number, (settlement_id, row) in enumerate(proofs.settled_rows(self._connection, self._month).items(), 1):
            texts = kept_inputs(self._connection, settlement_id)
            check_kept(self._month, texts)
            found.append(_Settlement(number, settlement_id, row, texts))
        return found

    def _programmes(self, settlements: Iterable[_Settlement]) -> None:
        wanted = {digest for each in settlements for digest in programmes_of(each.lines).values()}
        wanted |= {each.row.program_hash for each in settlements if each.row.program_hash is not None}
        texts = program_texts(self._here.program_folder, self._program_file)
        for digest in sorted(wanted):
            if digest not in texts:
                raise Refusal(
                    f"month {self._month} was decided with a programme file of hash {digest}, which is none of "
                    f"{self._here.include / 'program'}: put it back, or name it with --program"
                )
            self._archive.add(layout.program_member(digest), [texts[digest]])

    def _snapshots(self, settlements: Iterable[_Settlement]) -> dict[int, int]:
        """Write each snapshot once; return their places by id."""
        places: dict[int, int] = {}
        for settlement in settlements:
            for snapshot_id in self._read_by(settlement).values():
                if snapshot_id not in places:
                    places[snapshot_id] = len(places) + 1
                    self._snapshot(snapshot_id, places[snapshot_id])
        return places

    def _snapshot(self, snapshot_id: int, place: int) -> None:
        head = proofs.snapshot_head(self._connection, snapshot_id)
        revenue = load_snapshot(self._connection, snapshot_id)
        tables = {
            "snapshot": rows_text(SnapshotHead, [head]),
            **{name: rows_text(kind, getattr(revenue, name)) for name, kind in layout.SNAPSHOT_ROWS.items()},
            "reseller_accounts": rows_text(ResellerAccount, map(ResellerAccount, revenue.reseller_accounts)),
        }
        for name, text in tables.items():
            self._add(layout.snapshot_member(place, name), text)
        self._told()

    def _settlement(self, settlement: _Settlement, places: Mapping[int, int]) -> None:
        own = settlement.settlement_id
        for name in (*PARTS, *(each for each in (*ADDED_PARTS, *PARTS_OF_RULES) if each in settlement.texts)):
            self._add(layout.input_member(settlement.number, name), settlement.texts[name])
        totals = load_totals(self._connection, own)
        read = self._read_by(settlement)
        tables = {
            "snapshots": rows_text(SnapshotUse, (SnapshotUse(entity, places[each]) for entity, each in read.items())),
            "held": rows_text(HeldRow, held_rows(totals)),
            "buckets": rows_text(Bucket, totals.buckets),
            "unmatched": rows_text(UnmatchedAccount, totals.unmatched),
            "entity_totals": rows_text(EntityTotalRow, entity_total_rows(totals)),
            "rates": rows_text(WrittenRate, proofs.rates_written(self._connection, own)),
            "letters": rows_text(LetterRow, proofs.letters_owed(self._connection, own)),
        }
        for name, text in tables.items():
            self._add(layout.settlement_member(settlement.number, name), text)
        self._told()

    def _register(self, last: _Settlement) -> date | None:
        """Write the register of a revision, as its last settlement left it; return the day that it names."""
        rates = proofs.rates_written(self._connection, last.settlement_id)
        kept = {**rates_before(last.lines), **rises_of(rates)}
        register = read_register(self._connection, self._month, revision=last.row.revision, kept=kept)
        self._add(layout.register_member(last.row.revision), register_json(register))
        self._told()
        return register.effective_on

    def _about_the_month(self) -> None:
        """Write what people decided about the month, under pseudonyms."""
        rows, changes = proofs.restatements_of(self._connection, self._month)
        acts = proofs.acts_of(self._connection, self._month)
        named = [row._replace(decided_by=row.decided_by and self._pseudonym(row.decided_by)) for row in rows]
        self._add(layout.RESTATEMENTS, rows_text(RestatementRow, named))
        self._add(layout.RESTATED, rows_text(RestatedDifference, changes))
        signed = proofs.signatures_of(self._connection, self._month)
        known_as = (row._replace(done_by=self._pseudonym(row.done_by)) for row in signed)
        self._add(layout.SIGNATURES, rows_text(SignatureRow, known_as))
        self._add(layout.ACTS, rows_text(ActRow, (row._replace(done_by=self._pseudonym(row.done_by)) for row in acts)))

    def _pseudonym(self, name: str) -> str:
        return name if name == BY_SCHEDULE else self._key.pseudonym(name)

    def _month_before(self) -> tuple[MonthBefore | None, str]:
        """The last proof that was written of the month before, or why there is none."""
        earlier = [each for each in history.assessed_months(self._connection) if each < self._month]
        if not earlier:
            return None, "the first month that was assessed here"
        written = proofs.proofs_written(self._connection, max(earlier))
        if not written:
            return None, f"no proof of {max(earlier)}, the month before, had been written"
        return MonthBefore(max(earlier), written[-1]), ""

"""Looks through a proof without a database, a network or Airflow, and decides its month again.

That a proof is unchanged follows from its signature; that it is right follows from deciding every settlement again from
what is in it, with the rules of the programme. Neither says that the entities' lines were right.
"""

import hashlib
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from partner_program.adapters.database.snapshots import content_hash
from partner_program.adapters.decided_from import ADDED_PARTS, PARTS_OF_RULES, read_decided_from
from partner_program.adapters.files.program import read_program
from partner_program.adapters.json_tables import NoTable, rows_of
from partner_program.adapters.no_collecting import without_collecting
from partner_program.adapters.proofs import keys as key_store
from partner_program.adapters.proofs.archive import LARGEST as LARGEST_MEMBER
from partner_program.adapters.proofs.archive import Archive, Member, Unreadable, file_sha256
from partner_program.adapters.proofs.comparison import Differs, register_differences, rows_differ
from partner_program.adapters.proofs.manifest import (
    LARGEST,
    MANIFEST,
    PUBLIC_KEY,
    SIGNATURE,
    manifest_of,
    read_manifest,
    read_proof_head,
)
from partner_program.adapters.reports.register import register_facts
from partner_program.domain.decided_from import Recomputed, figures_after, recompute
from partner_program.domain.letters import LetterKind
from partner_program.domain.plurals import plural
from partner_program.domain.program import Program
from partner_program.domain.proof import (
    Difference,
    EntityTotalRow,
    HeldRow,
    LetterRow,
    ProofHead,
    ResellerAccount,
    RestatedDifference,
    RestatementRow,
    SettledRow,
    SignatureRow,
    SnapshotHead,
    SnapshotUse,
    Verification,
    WrittenRate,
    entity_total_rows,
    held_rows,
)
from partner_program.domain.rates import Rate
from partner_program.domain.refusals import Refusal
from partner_program.domain.register import Register, RegisterLetter, assigned_row, held_row
from partner_program.domain.restatement import Figures
from partner_program.domain.revenue import DoubtfulLine, EntityRevenue, FaultyLine, MrrGroup, PeriodClose, ShortLine
from partner_program.domain.totals import Bucket, MonthTotals, UnmatchedAccount
from partner_program.usecases.proofs import layout

MOST_NAMED = 1_000  # differences; where there are more, only their number is told
_Row = TypeVar("_Row", bound=tuple[object, ...])


@without_collecting()
def verify_proof(path: Path, *, trusted: Sequence[Path] = (), before: Path | None = None) -> Verification:
    """Look through a proof; `trusted` are files of public keys, one of which has to have signed it.

    Raises `Refusal` for a file that cannot be read as a proof at all, or a key that is none.
    """
    fingerprints = {key_store.trusted_fingerprint(each) for each in trusted}
    with Archive(path) as archive:
        manifest = manifest_of(archive)
        head, members = read_manifest(manifest)
        found = [*_signature(archive, head, manifest, fingerprints), *_members(archive, members)]
        other = archive.other_bytes()
        if other is not None and not found:
            found.append(Difference(path.name, None, f"was changed at {other}: no proof of ours has this there"))
        found += _chain(head, before)
        again = _Again(archive, head)
        found += again.differences()
    return Verification(head, head.fingerprint in fingerprints, again.counts, again.notes, found)


def _signature(archive: Archive, head: ProofHead, manifest: bytes, trusted: set[str]) -> Iterator[Difference]:
    missing = [name for name in (PUBLIC_KEY, SIGNATURE) if name not in archive.names]
    if missing:
        yield from (Difference(name, None, "is missing: nobody vouches for this proof") for name in missing)
        return
    content = archive.read(PUBLIC_KEY, key_store.LARGEST_PEM)
    try:
        public = key_store.read_public(content, PUBLIC_KEY)
    except Refusal as refusal:
        yield Difference(PUBLIC_KEY, None, str(refusal).removeprefix(f"{PUBLIC_KEY}: "))
        return
    fingerprint = key_store.fingerprint(content)
    if trusted and fingerprint not in trusted:
        known = " or ".join(sorted(trusted))
        yield Difference(PUBLIC_KEY, None, f"the proof is signed by the key {fingerprint}, expected {known}")
    if fingerprint != head.fingerprint:
        yield Difference(PUBLIC_KEY, None, f"is the key {fingerprint}, and the manifest names {head.fingerprint}")
    if not key_store.is_signed(manifest, archive.read(SIGNATURE, key_store.LARGEST_PEM), public):
        yield Difference(SIGNATURE, None, f"is not that of {MANIFEST} by this key: one of the three was changed")


def _members(archive: Archive, members: Sequence[Member]) -> Iterator[Difference]:
    """Compare each file with the manifest: changed, cut off, missing, added, renamed, doubled."""
    there = Counter(archive.names)
    for name, count in there.items():
        if count > 1:
            yield Difference(name, None, f"is there {count} times: a reader cannot know which one counts")
    for name, count in Counter(member.name for member in members).items():
        if count > 1:
            yield Difference(MANIFEST, None, f"names {name} {count} times")
    listed = {member.name: member for member in members}
    found = {name: _digest(archive, name) for name in there if name not in (MANIFEST, SIGNATURE)}
    added = [name for name in found if name not in listed]
    for name, member in listed.items():
        if name not in found:
            renamed = next((each for each in added if found[each] == member.sha256), None)
            yield Difference(name, None, "is missing" if renamed is None else f"was renamed to {renamed}")
        elif found[name] is None:
            yield Difference(name, None, "cannot be read: it is cut off, or was changed")
        elif found[name] != member.sha256:
            yield Difference(name, None, f"was changed: its sha256 is {found[name]}, signed was {member.sha256}")
        elif archive.size(name) != member.size:
            yield Difference(name, None, f"has {archive.size(name)} bytes, signed were {member.size}")
    for name in added:
        yield Difference(name, None, "was added: the manifest does not name it")


def _digest(archive: Archive, name: str) -> str | None:
    digest = hashlib.sha256()
    try:
        for piece in archive.pieces(name):
            digest.update(piece)
    except Unreadable:
        return None
    return digest.hexdigest()


def _chain(head: ProofHead, before: Path | None) -> Iterator[Difference]:
    """Compare the proof of the month before with the one that this proof names."""
    if before is None:
        return
    theirs, digest = read_proof_head(before), file_sha256(before)
    if theirs.installation != head.installation:
        yield Difference(MANIFEST, None, f"{before.name} is a proof of another installation: the chain is broken")
    elif head.before is None:
        yield Difference(
            MANIFEST, None, f"names no proof before it ({head.because}), so {before.name} is not in its chain"
        )
    elif theirs.billing_month != head.before.billing_month:
        expected = head.before.billing_month
        yield Difference(MANIFEST, None, f"{before.name} is the proof of {theirs.billing_month}, expected {expected}")
    elif digest != head.before.sha256:
        yield Difference(
            MANIFEST,
            None,
            f"the proof before it had the sha256 {head.before.sha256}, {before.name} has {digest}: it was changed, or "
            "written again since: the chain is broken",
        )


@dataclass
class _State:
    """The month as the settlements so far left it."""

    figures: dict[str, Figures] = field(default_factory=dict)
    letters: dict[str, RegisterLetter] = field(default_factory=dict)
    decided: list[tuple[bool, date | None]] = field(default_factory=list)  # of each settlement of this revision


class _Again:
    """Decides each settlement of a proof again, and compares all that it wrote."""

    def __init__(self, archive: Archive, head: ProofHead) -> None:
        self._archive = archive
        self._head = head
        self._programs: dict[str, Program] = {}
        self._revenues: dict[int, EntityRevenue] = {}
        self._wrong_hashes: list[Difference] = []
        self.counts: dict[str, int] = {}
        self.notes: list[str] = []

    def differences(self) -> list[Difference]:
        """Every difference; what cannot be read ends it there, with its file named."""
        found: list[Difference] = []
        try:
            for each in self._all():
                found.append(each)
        except _CannotRead as why:
            found.append(Difference(why.member, None, str(why)))
        found += self._wrong_hashes
        if len(found) > MOST_NAMED:
            rest = len(found) - MOST_NAMED
            found = [*found[:MOST_NAMED], Difference("...", None, f"and {rest:,} more differences")]
        return found

    def _all(self) -> Iterator[Difference]:
        rows = self._table(layout.SETTLEMENTS, SettledRow)
        if not rows:
            raise _CannotRead(layout.SETTLEMENTS, "has no settlement")
        restated = self._restated()
        state = _State()
        for number, row in enumerate(rows, 1):
            begins = number == 1 or rows[number - 2].revision != row.revision
            if begins:
                state.decided = []
                if not row.restates:
                    state.figures, state.letters = {}, {}
            again, kept_rates = yield from self._settlement(number, row, state, restated)
            if number == len(rows) or rows[number].revision != row.revision:
                yield from self._register(row, state, again, kept_rates)
        if (rows[-1].revision, rows[-1].status) != (self._head.revision, self._head.status):
            yield Difference(
                MANIFEST, None, f"says revision {self._head.revision}, the last settlement is of {rows[-1].revision}"
            )
        self.counts |= {"settlements": len(rows), "partners": len(state.figures), "held": len(again.totals.held)}
        yield from self._signatures(rows)
        self._say(rows)

    def _signatures(self, rows: Sequence[SettledRow]) -> Iterator[Difference]:
        """Compare what was signed with the settlements; tell who signed the newest revision."""
        signed = self._table(layout.SIGNATURES, SignatureRow)
        decided = {(row.revision, row.decision_hash) for row in rows}
        for each in signed:
            if (each.revision, each.decision_hash) not in decided:
                what = f"{each.done_by} signed {each.decision_hash}, which is no decision of revision {each.revision}"
                yield Difference(layout.SIGNATURES, None, what)
        newest = rows[-1].revision
        names = sorted({f"{each.done_by} ({each.role})" for each in signed if each.revision == newest})
        self.notes.append(
            f"revision {newest} is signed by {', '.join(names)}" if names else f"revision {newest} is not signed"
        )

    def _restated(self) -> dict[int, set[str]]:
        """The partners of each accepted restatement, by revision."""
        accepted = {
            row.decision_hash: row.revision
            for row in self._table(layout.RESTATEMENTS, RestatementRow)
            if row.status == "accepted"
        }
        found: dict[int, set[str]] = {revision: set() for revision in accepted.values()}
        for change in self._table(layout.RESTATED, RestatedDifference):
            if change.decision_hash in accepted:
                found[accepted[change.decision_hash]].add(change.partner_id)
        return found

    def _settlement(
        self, number: int, row: SettledRow, state: _State, restated: Mapping[int, set[str]]
    ) -> Generator[Difference, None, tuple[Recomputed, dict[str, Rate]]]:
        """Decide one settlement again and compare what it wrote; return it with the rates of held partners."""
        run = layout.input_member(number, "run")
        try:
            added = [each for each in ADDED_PARTS if layout.input_member(number, each) in self._archive.names]
            kept = read_decided_from(lambda table: self._input(number, table), added)
        except NoTable as fault:
            table, _, what = str(fault).partition(": ")
            raise _CannotRead(layout.input_member(number, table), what) from None
        said = (str(kept.month), kept.status, int(kept.migration), int(bool(kept.restated)))
        if said != (str(self._head.billing_month), row.status, row.migration, row.restates):
            yield Difference(run, None, "is of another month, or of another kind of settlement")
        asked = restated.get(row.revision, set()) if row.restates else set()
        differs = asked ^ {each.partner_id for each in kept.restated}
        member = layout.input_member(number, "restated")
        yield from (Difference(member, each, "is not the same in the restatement") for each in sorted(differs))
        uses = self._table(layout.settlement_member(number, "snapshots"), SnapshotUse)
        revenues = [self._snapshot(use) for use in uses]
        programs = {digest: self._program(digest) for digest in kept.programs.values()}
        is_first = not state.decided and not row.restates
        try:
            again = recompute(kept, revenues=revenues, programs=programs, assigned=state.figures, is_first=is_first)
        except (Refusal, LookupError, ValueError, ArithmeticError) as why:
            raise _CannotRead(run, f"cannot be decided again: {str(why)[:200] or type(why).__name__}") from None
        state.figures = figures_after(state.figures, again.decisions)
        state.decided.append((bool(again.decisions or again.rates), _day(row.effective_on)))
        yield from self._totals(number, again.totals)
        yield from self._rates(number, again.rates)
        yield from self._letters(number, again, state)
        kept_rates = {partner_id: each.rate for partner_id, each in kept.histories.items() if each.rate is not None}
        return again, {**kept_rates, **again.rises}

    def _totals(self, number: int, totals: MonthTotals) -> Iterator[Difference]:
        yield from self._rows(number, "held", HeldRow, held_rows(totals), 1)
        yield from self._rows(number, "buckets", Bucket, totals.buckets, 3)
        yield from self._rows(number, "unmatched", UnmatchedAccount, totals.unmatched, 2)
        yield from self._rows(number, "entity_totals", EntityTotalRow, entity_total_rows(totals), 1)

    def _rates(self, number: int, rates: Iterable[tuple[str, Rate]]) -> Iterator[Difference]:
        """Compare the rates that took force; sequence and origin are told, not decided."""
        member = layout.settlement_member(number, "rates")
        found = self._table(member, WrittenRate)
        told = {(row.partner_id, row.valid_from): (row.sequence, row.origin) for row in found}
        expected = []
        for partner_id, rate in rates:
            day, terms = rate.valid_from.isoformat(), rate.terms
            sequence, origin = told.get((partner_id, day), (1, "settlement"))
            figures = (terms.tier, terms.monthly_fee_discount_bp, terms.setup_fee_discount_bp, terms.sla)
            expected.append(WrittenRate(partner_id, day, sequence, *figures, origin, terms.families))
        yield from _named(member, rows_differ(expected, found, 2))

    def _letters(self, number: int, again: Recomputed, state: _State) -> Iterator[Difference]:
        """Compare who is owed which kind of letter; what each letter says is told by its hashes."""
        member = layout.settlement_member(number, "letters")
        found = {row.partner_id: row for row in self._table(member, LetterRow)}
        owed: dict[str, LetterKind] = {
            each.partner_id: each.letter for each in again.decisions if each.letter is not None
        }
        for partner_id in sorted(found.keys() | owed.keys()):
            theirs = found[partner_id].kind if partner_id in found else "none"
            if theirs != owed.get(partner_id, "none"):
                yield Difference(
                    member, partner_id, f"letter is {theirs}, decided again {owed.get(partner_id, 'none')}"
                )
        for partner_id, kind in owed.items():
            status = found[partner_id].status if partner_id in found else "planned"
            state.letters[partner_id] = RegisterLetter(kind, status)
        self.counts["letters"] = self.counts.get("letters", 0) + len(found)

    def _register(
        self, row: SettledRow, state: _State, again: Recomputed, kept_rates: Mapping[str, Rate]
    ) -> Iterator[Difference]:
        """Compare the register of a revision with the one that deciding again gives, to the cent."""
        reasons = {each.partner_id: each.reason for each in again.totals.held}
        deciding = [day for decides, day in state.decided if decides] or [day for _, day in state.decided]
        register = Register(
            billing_month=self._head.billing_month,
            revision=row.revision,
            effective_on=deciding[0],
            status="history" if row.status == "history" else "in_force",
            partners=tuple(
                assigned_row(partner_id, state.figures[partner_id], letter=state.letters.get(partner_id))
                if partner_id in state.figures
                else held_row(partner_id, kept_rates.get(partner_id), reasons[partner_id])
                for partner_id in sorted(state.figures.keys() | reasons.keys())
            ),
            held=tuple(sorted(again.totals.held, key=lambda each: each.partner_id)),
            buckets=tuple(sorted(again.totals.buckets)),  # by their names, as the database keeps them
        )
        member = layout.register_member(row.revision)
        try:
            found = self._archive.read(member, LARGEST_MEMBER) if member in self._archive.names else None
            if found is None:
                raise _CannotRead(member, "is missing")
            yield from _named(member, register_differences(register_facts(register), found))
        except Unreadable as why:
            raise _CannotRead(member, str(why)) from None

    def _rows(
        self, number: int, table: str, kind: type[_Row], expected: Iterable[_Row], keys: int
    ) -> Iterator[Difference]:
        member = layout.settlement_member(number, table)
        yield from _named(member, rows_differ(expected, self._table(member, kind), keys))

    def _snapshot(self, use: SnapshotUse) -> EntityRevenue:
        if use.snapshot not in self._revenues:
            member = layout.snapshot_member(use.snapshot, "snapshot")
            heads = self._table(member, SnapshotHead)
            if len(heads) != 1:
                raise _CannotRead(member, "expected one row")

            def rows(table: str, kind: type[_Row]) -> tuple[_Row, ...]:
                name = layout.snapshot_member(use.snapshot, table)
                # A proof of an earlier version has no table of what was not known then; the hash says so if it had.
                return tuple(self._table(name, kind)) if name in self._archive.names else ()

            revenue = EntityRevenue(
                entity=heads[0].entity,
                groups=rows("groups", MrrGroup),
                faulty_lines=rows("faulty_lines", FaultyLine),
                closes=rows("closes", PeriodClose),
                reseller_accounts=tuple(row.account_id for row in rows("reseller_accounts", ResellerAccount)),
                fault=heads[0].fault,
                short_lines=rows("short_lines", ShortLine),
                doubtful_lines=rows("doubtful_lines", DoubtfulLine),
            )
            if content_hash(revenue) != heads[0].content_hash:
                self._wrong_hashes.append(Difference(member, None, "its hash is not that of what the snapshot holds"))
            self._revenues[use.snapshot] = revenue
            self.counts["lines"] = self.counts.get("lines", 0) + sum(group.lines for group in revenue.groups)
        return self._revenues[use.snapshot]

    def _program(self, digest: str) -> Program:
        if digest not in self._programs:
            member = layout.program_member(digest)
            if member not in self._archive.names:
                raise _CannotRead(member, "is missing: the month was decided with this programme file")
            try:
                program = read_program(f"{digest}.yaml", self._archive.read(member, LARGEST))
            except Refusal as why:
                raise _CannotRead(member, str(why).splitlines()[0]) from None
            if program.file_hash != digest:
                raise _CannotRead(
                    member, f"is another programme than the month's: what decides in it has {program.file_hash}"
                )
            self._programs[digest] = program
        return self._programs[digest]

    def _table(self, member: str, kind: type[_Row]) -> list[_Row]:
        try:
            return list(rows_of(kind, self._lines(member)))
        except NoTable as fault:
            raise _CannotRead(member, str(fault)) from None

    def _input(self, number: int, table: str) -> Iterator[str]:
        """The lines of a table of what a settlement was decided from; one of rules may not be there."""
        member = layout.input_member(number, table)
        is_absent = table in PARTS_OF_RULES and member not in self._archive.names
        return iter(()) if is_absent else self._lines(member)

    def _lines(self, member: str) -> Iterator[str]:
        if member not in self._archive.names:
            raise _CannotRead(member, "is missing")
        try:
            yield from self._archive.lines(member)
        except Unreadable as why:
            raise _CannotRead(member, str(why).removeprefix(f"{member}: ")) from None

    def _say(self, rows: Sequence[SettledRow]) -> None:
        """Tell what a reader has to know and is no fault."""
        if rows[-1].status == "history":
            self.notes.append("this month is history only: totals and tiers for information, no rate and no letter")
        for row in self._table(layout.RESTATEMENTS, RestatementRow):
            if row.status == "proposed":
                changes = self._table(layout.RESTATED, RestatedDifference)
                about = {each.partner_id for each in changes if each.decision_hash == row.decision_hash}
                differ = f"{plural(len(about), 'partner')} would come out differently"
                self.notes.append(f"a restatement is proposed and not decided: {differ}")
        if self.counts["held"]:
            self.notes.append(f"{plural(self.counts['held'], 'partner')} held: each keeps the rate that it had")
        if self._head.before is None:
            self.notes.append(f"the chain of proofs begins here: {self._head.because}")
        else:
            self.notes.append(
                f"follows the proof of {self._head.before.billing_month}: sha256 {self._head.before.sha256}"
            )


class _CannotRead(Exception):
    """A file of the proof that cannot be read as what it should be."""

    def __init__(self, member: str, what: str) -> None:
        super().__init__(what)
        self.member = member


def _named(member: str, differs: Iterable[Differs]) -> Iterator[Difference]:
    return (Difference(member, each.partner_id, each.what) for each in differs)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)

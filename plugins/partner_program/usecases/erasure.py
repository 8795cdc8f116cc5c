"""Erases a person: name and address leave registry, outbox, rendered files and acts for a keyed pseudonym (rule 13).

Results, rates and hashes stay: what was decided and sent can still be proved, no longer to whom. Files are changed
before the transaction ends: a command that was interrupted is run again, and finds the person where it still is. What
cannot be searched and is made again when somebody asks for it, the PDF of a letter, is removed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path

from sqlalchemy import Connection

from partner_program.adapters.atomic_write import write_bytes_if_changed
from partner_program.adapters.connections import Connections
from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import erasure as erasure_store
from partner_program.adapters.database.acts import record_act
from partner_program.adapters.database.registry import contacts_of, find_partner, load_registry
from partner_program.adapters.files.csv_edit import with_cells, without_rows
from partner_program.adapters.mail.erased_message import erased_message
from partner_program.adapters.mail_address import parse_address
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.acts import PERSON_ERASED, Doer, plain_person
from partner_program.domain.delivery import Delivery
from partner_program.domain.erasure import SHORTEST_KEY, Erased, pseudonym
from partner_program.domain.plurals import plural
from partner_program.domain.refusals import Refusal, Undeliverable
from partner_program.domain.registry import Contact, Partner, Registry
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.rendering import letter_file_name
from partner_program.usecases.registry_changes import Files, Planned, PlannedAct, change_registry, held_for_reading

CONN_ID = "pseudonyms"
GONE = "its recipient was erased"
_BEING_SENT = ("claimed", "dot_pending")
_NOT_SENT = ("planned", "rendered", "approved", "deferred")
_TEXT_FILES = (".html", ".txt", ".csv")
_NAMED_IN_FILES = {
    "grace_grants.csv": ("granted_by", ("reason",)),
    "benefit_requests.csv": ("decided_by", ("purpose", "reason")),
}


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What stands for the person now, and where it was found: rows of the registry, of the outbox, of acts, files.

    `rehashed` has the sha256 of the detail of each act whose detail changed, by number.
    """

    pseudonym: str
    registry_rows: int
    letters: int
    acts: int
    files: int
    rehashed: Mapping[int, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether the person was nowhere."""
        return not (self.registry_rows or self.letters or self.acts or self.files)


def erased_words(report: ErasureReport) -> str:
    """What stands for a person now, and where it was found."""
    found = (
        plural(report.registry_rows, "row of the registry", "rows of the registry"),
        plural(report.letters, "letter", "letters"),
        plural(report.acts, "act", "acts"),
        plural(report.files, "file", "files"),
    )
    return f"{report.pseudonym} stands for this person now, in {', '.join(found)}"


def pseudonym_key(connections: Connections) -> str:
    """Return the key of the pseudonyms; raises `Refusal` where there is none, or a short one."""
    fields = connections.get(CONN_ID)
    key = (fields.password if fields else None) or ""
    if len(key) < SHORTEST_KEY:
        raise Refusal(
            f"connection {CONN_ID} needs a password of at least {SHORTEST_KEY} characters, the key of the pseudonyms: "
            "make one with `openssl rand -base64 32`, and keep it apart from the database's backups"
        )
    return key


def contacts_of_partner(installation: Installation, partner_id: str) -> tuple[Partner, list[Contact]]:
    """A partner with its contacts of now; raises `NotThere`."""
    with installation.database.reading() as connection:
        return find_partner(connection, partner_id), contacts_of(connection, partner_id)


def erase_contact(installation: Installation, address: str, folder: Path | None, *, by: Doer) -> ErasureReport:
    """Erase the contact, of one partner or several, that has this e-mail address.

    `folder` is the registry's, where its files name the person. A letter to it that was not sent never will be; one
    that is being sent at this moment, refused. Raises `Refusal` where the address is nowhere.
    """
    stands_for = pseudonym(pseudonym_key(installation.connections), address)
    _finish_before(installation, folder)
    with installation.database.reading() as connection:
        rows = _to(connection, address, stands_for)
        contacts = [each for each in load_registry(connection).contacts if _same(each.email, address)]
        written = {each.name for each in contacts} | {row.recipient_name for row in rows} - {stands_for}
        names = {name for each in written for name in (each, plain_name(each)) if name}
        partners = sorted({each.partner_id for each in contacts} | {row.partner_id for row in rows})
        erased = Erased(_as_mailed(address), tuple(sorted(names)), stands_for)
        in_files = erasure_store.partners_named_with(connection, erased, partners)
    if contacts and folder is None:
        raise Refusal(
            f"{address} is a contact of {', '.join(sorted({each.partner_id for each in contacts}))}: "
            "name the registry's folder with --into, so that it leaves contacts.csv too"
        )

    def change(connection: Connection) -> ErasureReport:
        theirs = [row for row in _to(connection, address, stands_for) if _same(row.recipient, address)]
        _check_not_being_sent(theirs)
        with erasure_store.open_erasure(connection, stands_for):
            for row in theirs:
                if row.status in _NOT_SENT:
                    delivery_store.move(connection, row, "undeliverable", reply=GONE)
            erasure_store.erase_recipient(connection, theirs, erased)
            acts, rehashed = erasure_store.erase_words(connection, erased, partners)
        messages = _messages_of(installation, connection, erased, partners)
        files = _erase_files(chain(_letters(installation, erased, partners), messages))
        return ErasureReport(stands_for, len(contacts) + len(in_files), len(theirs), acts, files, rehashed)

    def new_files(files: Files) -> dict[str, bytes]:
        name = "contacts.csv"
        gone = {name: without_rows(files[name], lambda row: _same(row["email"], address))} if contacts else {}
        return {**gone, **_without_words(files, erased, partners)}

    needs_folder = bool(contacts or in_files)
    return _Erasure(installation, erased, partners).make(
        change, folder, new_files if needs_folder else None, by, acts_about=sorted({*partners, *in_files})
    )


def erase_person(
    installation: Installation, name: str, folder: Path | None, *, also: Sequence[str], by: Doer
) -> ErasureReport:
    """Erase a person of the own staff: who acted, who granted, and a former manager named in letters.

    `also` are an address, a login, a telephone number or another spelling, in letters, in what people wrote and where
    it says who did something. Refused while the registry has a manager or a contact of this name. `folder` is the
    registry's, where its files name the person.
    """
    stands_for = pseudonym(pseudonym_key(installation.connections), name)
    erased = Erased(tuple(also), (name,), stands_for)
    _finish_before(installation, folder)
    with installation.database.reading() as connection:
        _check_left(load_registry(connection), erased)
        in_files = erasure_store.partners_named_with(connection, erased, None)

    def change(connection: Connection) -> ErasureReport:
        with erasure_store.open_erasure(connection, stands_for):
            acts, rehashed = erasure_store.erase_words(connection, erased, None)
        files = _erase_files(chain(_letters(installation, erased, None), _all_messages(installation, erased)))
        return ErasureReport(stands_for, len(in_files), 0, acts, files, rehashed)

    def new_files(files: Files) -> dict[str, bytes]:
        return _without_words(files, erased, None)

    return _Erasure(installation, erased, None).make(
        change, folder, new_files if in_files else None, by, acts_about=in_files
    )


def _without_words(files: Files, erased: Erased, partners: Sequence[str] | None) -> dict[str, bytes]:
    """The registry's files in which people write names, without the person's."""

    def cells(doer: str, texts: Sequence[str], row: Mapping[str, str]) -> Mapping[str, str]:
        own = erased.about(row["partner_id"], partners)
        new = {doer: own.out_of_doer(row[doer]), **{name: own.out_of(row[name]) for name in texts if name in row}}
        return {name: value for name, value in new.items() if value != row[name]}

    return {name: with_cells(files[name], partial(cells, *columns)) for name, columns in _NAMED_IN_FILES.items()}


@dataclass(frozen=True, slots=True)
class _Erasure:
    """An erasure and how it is put on record; names are looked for at `partners` alone, None: everywhere."""

    installation: Installation
    erased: Erased
    partners: Sequence[str] | None

    def make(
        self,
        change: Callable[[Connection], ErasureReport],
        folder: Path | None,
        new_files: Callable[[Files], dict[str, bytes]] | None,
        by: Doer,
        *,
        acts_about: Sequence[str],
    ) -> ErasureReport:
        """Make the change: an act for each partner, and one with what was found and the hashes of other acts.

        `new_files` makes the registry's files, where they name the person.
        """
        by = Doer(self.erased.out_of_doer(by.done_by), self.erased.out_of(by.reason), by.done_at)
        if new_files is None:
            with self.installation.database.writing() as connection:
                report = self._on_record(connection, change(connection), by)
                for partner_id in acts_about:
                    record_act(connection, PERSON_ERASED, partner_id, by, {}, partner_id=partner_id)
            return report
        if folder is None:
            raise Refusal(
                f"the person stands in the registry's files, of {', '.join(acts_about)}: name their folder with --into"
            )

        def plan(connection: Connection, _registry: Registry, files: Files) -> Planned[ErasureReport]:
            report = self._on_record(connection, change(connection), by)  # before files and database are compared
            return Planned(report, new_files(files), [PlannedAct(each, {}) for each in acts_about])

        return change_registry(
            self.installation, folder, kind=PERSON_ERASED, done_by=by.done_by, reason=by.reason, plan=plan
        )

    def _on_record(self, connection: Connection, report: ErasureReport, by: Doer) -> ErasureReport:
        if report.is_empty:
            raise Refusal("nothing names this person: neither registry nor letters, acts or files")
        erasure_store.forget_drafts(connection, self.erased)
        report = replace(report, files=report.files + _remove_pdfs(self.installation, self.partners))
        detail = {
            "registry_rows": report.registry_rows,
            "letters": report.letters,
            "files": report.files,
            "acts": {str(number): digest for number, digest in sorted(report.rehashed.items())},
        }
        record_act(connection, PERSON_ERASED, report.pseudonym, by, detail)
        return report


def _finish_before(installation: Installation, folder: Path | None) -> None:
    """Finish what an interrupted command left in the registry's folder: the database may have forgotten the person."""
    if folder is not None:
        with held_for_reading(installation, folder):
            pass


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _to(connection: Connection, address: str, stands_for: str) -> list[Delivery]:
    """The outbox's rows to an address, and those to it before they were erased."""
    return [
        row
        for row in delivery_store.deliveries_like(connection, (address, f"{stands_for}%"))
        if _same(row.recipient, address) or row.recipient == stands_for or row.recipient.startswith(f"{stands_for}-")
    ]


def _check_not_being_sent(rows: Sequence[Delivery]) -> None:
    sending = next((row for row in rows if row.status in _BEING_SENT), None)
    if sending is not None:
        raise Refusal(
            f"a letter of {sending.billing_month} to {sending.partner_id} is being sent to this person: "
            "erase when the sending has ended"
        )


def _check_left(registry: Registry, erased: Erased) -> None:
    """Refuse who is a manager or a contact still, and an address or a number that one of them has as well."""
    shared = {plain_person(each) for each in erased.addresses}
    for manager in registry.account_managers:
        if erased.names_of(manager.name) or {plain_person(manager.email), plain_person(manager.phone)} & shared:
            raise Refusal(
                f"{manager.name} is partner manager {manager.account_manager_id}: give the partners another manager "
                "with `partner-program partners assign`, take the row out of account_managers.csv and load it first"
            )
    for contact in registry.contacts:
        if erased.names_of(contact.name) or plain_person(contact.email) in shared:
            raise Refusal(
                f"{contact.name} is a contact of {contact.partner_id}: `partner-program erase contact` with the address"
            )


def _letters(
    installation: Installation, erased: Erased, partners: Sequence[str] | None
) -> Iterator[tuple[Path, bytes]]:
    """The letters to these partners, or all, and the preview books, without the words."""
    names = None if partners is None else [letter_file_name(each) for each in partners]
    for path in _letter_files(installation, None if names is None else [*names, "index"], *_TEXT_FILES):
        # a letter is about the partner that its name says, a preview book about none
        yield path, erased.about(path.stem, names).out_of(path.read_bytes().decode()).encode()


def _remove_pdfs(installation: Installation, partners: Sequence[str] | None) -> int:
    """Remove the PDFs of letters to these partners, of all letters where they are None; return how many."""
    names = None if partners is None else [letter_file_name(each) for each in partners]
    found = list(_letter_files(installation, names, ".pdf"))
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def _letter_files(installation: Installation, names: Sequence[str] | None, *endings: str) -> Iterator[Path]:
    for name in ("*",) if names is None else names:
        for ending in endings:
            yield from sorted((installation.out / "letters").glob(f"????-??/{name}{ending}"))


def _messages_of(
    installation: Installation, connection: Connection, erased: Erased, partners: Sequence[str]
) -> Iterator[tuple[Path, bytes]]:
    """The messages to the person, and those to others at the partner, which may greet the person too.

    A letter that is to be sent again has no Message-ID, or another one than its message: the recipient counts, too.
    """
    digits = delivery_store.message_digits(connection, partners)
    written_to = {*erased.addresses, *delivery_store.written_to(connection, partners)}
    addresses = [form.casefold().encode() for each in written_to for form in _as_mailed(each)]
    for path in sorted((installation.out / "mail").rglob("*.eml")):
        body = path.read_bytes()
        small = body.lower()
        if path.stem.rpartition("+")[2] in digits or any(each in small for each in addresses):
            yield path, erased_message(body, erased)


def _as_mailed(address: str) -> tuple[str, ...]:
    """An address as it is written, and as mail servers write it where its domain is not ASCII."""
    with suppress(Undeliverable):
        return tuple(dict.fromkeys((address, str(parse_address(address)))))
    return (address,)


def _all_messages(installation: Installation, erased: Erased) -> Iterator[tuple[Path, bytes]]:
    for path in sorted((installation.out / "mail").rglob("*.eml")):
        yield path, erased_message(path.read_bytes(), erased)


def _erase_files(files: Iterable[tuple[Path, bytes]]) -> int:
    """Write the files, one after the other: all letters of a year do not fit into memory; return how many changed."""
    return sum(write_bytes_if_changed(path, body) for path, body in files)

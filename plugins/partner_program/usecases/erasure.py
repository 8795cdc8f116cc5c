"""Erases a person: name and address leave registry, outbox, rendered files and acts for a keyed pseudonym (rule 13).

Results, rates and hashes stay: what was decided and sent can still be proved, no longer to whom. Files are changed
before the transaction ends: a command that was interrupted is run again, and finds the person where it still is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from partner_program.adapters.atomic_write import write_bytes_if_changed
from partner_program.adapters.connections import Connections
from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import erasure as erasure_store
from partner_program.adapters.database.acts import record_act
from partner_program.adapters.database.registry import load_registry
from partner_program.adapters.files.csv_edit import with_cells, without_rows
from partner_program.adapters.mail.erased_message import erased_message
from partner_program.adapters.plain_names import plain_name
from partner_program.domain.acts import PERSON_ERASED, Doer
from partner_program.domain.delivery import Delivery
from partner_program.domain.erasure import SHORTEST_KEY, Erased, pseudonym
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import Registry
from partner_program.usecases.installation import Installation
from partner_program.usecases.letters.rendering import LetterFiles
from partner_program.usecases.registry_changes import Files, Planned, PlannedAct, change_registry, held_for_reading

CONN_ID = "pseudonyms"
GONE = "its recipient was erased"
_BEING_SENT = ("claimed", "dot_pending")
_NOT_SENT = ("planned", "rendered", "approved", "deferred")
_NAMED_IN_FILES = {
    "grace_grants.csv": ("granted_by", ("reason",)),
    "benefit_requests.csv": ("decided_by", ("purpose", "reason")),
}
_Change = Callable[[Connection], tuple["ErasureReport", dict[int, str]]]


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What stands for the person now, and where it was found: rows of the registry, of the outbox, of acts, files."""

    pseudonym: str
    registry_rows: int
    letters: int
    acts: int
    files: int

    @property
    def is_empty(self) -> bool:
        """Whether the person was nowhere."""
        return not (self.registry_rows or self.letters or self.acts or self.files)


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


def erase_contact(installation: Installation, address: str, folder: Path | None, *, by: Doer) -> ErasureReport:
    """Erase the contact, of one partner or several, that has this e-mail address.

    `folder` is the registry's, where it is still a contact. A letter to it that was not sent never will be; one that is
    being sent at this moment, refused. Raises `Refusal` where the address is nowhere.
    """
    stands_for = pseudonym(pseudonym_key(installation.connections), address)
    _finish_before(installation, folder)
    with installation.database.reading() as connection:
        rows = _to(connection, address, stands_for)
        contacts = [each for each in load_registry(connection).contacts if _same(each.email, address)]
    written = {each.name for each in contacts} | {row.recipient_name for row in rows} - {stands_for}
    names = {name for each in written for name in (each, plain_name(each)) if name}
    partners = sorted({each.partner_id for each in contacts} | {row.partner_id for row in rows})
    erased = Erased((address,), tuple(sorted(names)), stands_for)
    by = Doer(erased.out_of(by.done_by), erased.out_of(by.reason), by.done_at)

    def change(connection: Connection) -> tuple[ErasureReport, dict[int, str]]:
        theirs = [row for row in _to(connection, address, stands_for) if _same(row.recipient, address)]
        _check_not_being_sent(theirs)
        with erasure_store.open_erasure(connection, stands_for):
            for row in theirs:
                if row.status in _NOT_SENT:
                    delivery_store.move(connection, row, "undeliverable", reply=GONE)
            erasure_store.erase_recipient(connection, theirs, erased)
            acts = erasure_store.erase_texts(connection, erased, partners=partners)
        files = _erase_files(
            [
                *_letters_of(installation, erased, partners),
                *_messages_of(installation, erased, delivery_store.message_digits(connection, partners)),
            ]
        )
        return ErasureReport(stands_for, len(contacts), len(theirs), len(acts), files), acts

    def new_files(files: Files) -> dict[str, bytes]:
        name = "contacts.csv"
        return {name: without_rows(files[name], lambda row: _same(row["email"], address))} if contacts else {}

    if contacts and folder is None:
        raise Refusal(
            f"{address} is a contact of {', '.join(sorted({each.partner_id for each in contacts}))}: "
            "name the registry's folder with --into, so that it leaves contacts.csv too"
        )
    return _erase(installation, folder if contacts else None, by, partners, new_files, change)


def erase_person(
    installation: Installation, name: str, folder: Path | None, *, also: Sequence[str], by: Doer
) -> ErasureReport:
    """Erase a person of the own staff: who acted, who granted, and a former manager named in letters.

    `also` are an address, a telephone number or another spelling, in letters and in what people wrote. Refused while
    the registry has a manager or a contact of this name. `folder` is the registry's, where its files name the person.
    """
    stands_for = pseudonym(pseudonym_key(installation.connections), name)
    erased = Erased(tuple(also), (name,), stands_for)
    _finish_before(installation, folder)
    with installation.database.reading() as connection:
        _check_left(load_registry(connection), erased)
        in_files = erasure_store.partners_named_with(connection, erased)
    by = Doer(erased.out_of(by.done_by), erased.out_of(by.reason), by.done_at)

    def change(connection: Connection) -> tuple[ErasureReport, dict[int, str]]:
        with erasure_store.open_erasure(connection, stands_for):
            rows = erasure_store.erase_doer(connection, erased)
            acts = erasure_store.erase_texts(connection, erased, partners=None)
        files = _erase_files([*_all_letters(installation, erased), *_all_messages(installation, erased)])
        return ErasureReport(stands_for, len(in_files), 0, rows + len(acts), files), acts

    def new_files(files: Files) -> dict[str, bytes]:
        def cells(doer: str, texts: Sequence[str], row: Mapping[str, str]) -> Mapping[str, str]:
            told = {name: erased.out_of(row[name]) for name in texts if name in row}
            return {**told, doer: stands_for} if erased.names_of(row[doer]) else told

        return {name: with_cells(files[name], partial(cells, *names)) for name, names in _NAMED_IN_FILES.items()}

    if in_files and folder is None:
        raise Refusal(f"{name} stands in the registry's files: name their folder with --into")
    return _erase(installation, folder if in_files else None, by, in_files, new_files, change)


def _erase(
    installation: Installation,
    folder: Path | None,
    by: Doer,
    partners: Sequence[str],
    new_files: Callable[[Files], dict[str, bytes]],
    change: _Change,
) -> ErasureReport:
    """Make the change, on record: an act for each partner, and one with what was found and the hashes of other acts."""
    reports: list[ErasureReport] = []

    def erase(connection: Connection) -> None:
        report, acts = change(connection)
        if report.is_empty:
            raise Refusal("nothing names this person: neither registry nor letters, acts or files")
        detail = {
            "registry_rows": report.registry_rows,
            "letters": report.letters,
            "files": report.files,
            "acts": {str(number): digest for number, digest in sorted(acts.items())},
        }
        record_act(connection, PERSON_ERASED, report.pseudonym, by, detail)
        reports.append(report)

    if folder is None:
        with installation.database.writing() as connection:
            erase(connection)
            for partner_id in partners:
                record_act(connection, PERSON_ERASED, partner_id, by, {}, partner_id=partner_id)
    else:

        def plan(connection: Connection, _registry: Registry, files: Files) -> Planned[None]:
            erase(connection)  # before the new files are compared with what is stored
            return Planned(None, new_files(files), [PlannedAct(each, {}) for each in partners])

        change_registry(installation, folder, kind=PERSON_ERASED, done_by=by.done_by, reason=by.reason, plan=plan)
    return reports[0]


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
    for manager in registry.account_managers:
        if erased.names_of(manager.name):
            raise Refusal(
                f"{manager.name} is partner manager {manager.account_manager_id}: give the partners another manager "
                "with `partner-program partners assign`, take the row out of account_managers.csv and load it first"
            )
    for contact in registry.contacts:
        if erased.names_of(contact.name):
            raise Refusal(
                f"{contact.name} is a contact of {contact.partner_id}: `partner-program erase contact` with the address"
            )


def _letters_of(installation: Installation, erased: Erased, partners: Sequence[str]) -> Iterator[tuple[Path, bytes]]:
    for folder in sorted((installation.out / "letters").glob("????-??")):
        for partner_id in partners:
            for path in LetterFiles.of(folder, partner_id):
                yield from _without(path, erased)


def _all_letters(installation: Installation, erased: Erased) -> Iterator[tuple[Path, bytes]]:
    for path in sorted((installation.out / "letters").glob("????-??/*")):
        yield from _without(path, erased)


def _without(path: Path, erased: Erased) -> Iterator[tuple[Path, bytes]]:
    if path.is_file():
        body = path.read_bytes()
        yield path, erased.out_of(body.decode()).encode()


def _messages_of(installation: Installation, erased: Erased, digits: set[str]) -> Iterator[tuple[Path, bytes]]:
    addresses = [each.casefold().encode() for each in erased.addresses]
    for path in sorted((installation.out / "mail").glob("????-??/*.eml")):
        body = path.read_bytes()
        if path.stem.rpartition("+")[2] in digits or any(each in body.lower() for each in addresses):
            yield path, erased_message(body, erased)


def _all_messages(installation: Installation, erased: Erased) -> Iterator[tuple[Path, bytes]]:
    for path in sorted((installation.out / "mail").glob("????-??/*.eml")):
        yield path, erased_message(path.read_bytes(), erased)


def _erase_files(files: Sequence[tuple[Path, bytes]]) -> int:
    """Write the files; return how many changed."""
    return sum(write_bytes_if_changed(path, body) for path, body in files)

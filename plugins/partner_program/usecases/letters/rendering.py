"""Renders the letters that a month owes, from the committed facts, into files that a person can look at."""

import hashlib
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from sqlalchemy import Connection

from partner_program.adapters.atomic_write import (
    read_private,
    sweep_drafts,
    write_bytes_if_changed,
    write_if_changed,
)
from partner_program.adapters.database import deliveries as delivery_store
from partner_program.adapters.database import letters as letter_store
from partner_program.adapters.database.deliveries import OwedChanges
from partner_program.adapters.database.letters import MadeLetter
from partner_program.adapters.database.registry import load_registry
from partner_program.adapters.files.brand import read_brand
from partner_program.adapters.layered_folder import LayeredFolder, content_hash
from partner_program.adapters.letters.catalogues import ENGLISH
from partner_program.adapters.letters.made_of import made_of
from partner_program.adapters.letters.templates import LetterTemplates, RenderedLetter
from partner_program.adapters.mail.message import too_large
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.brand import check_whose
from partner_program.domain.letter_facts import OwedLetter, facts_of_letters
from partner_program.domain.letters import LetterFacts
from partner_program.domain.plurals import plural
from partner_program.domain.program import Program
from partner_program.domain.refusals import Refusal, Unavailable
from partner_program.domain.registry import Contact, Registry
from partner_program.usecases.installation import BRAND, TEMPLATE_VERSION, Installation
from partner_program.usecases.letters.envelopes import attached_file

BATCH = 500
NAMED = 20
_SUBJECT = "Subject: "


def letters_folder(installation: Installation, month: BillingMonth) -> Path:
    """The folder of a month's letters."""
    return installation.out / "letters" / str(month)


def letter_file_name(partner_id: str) -> str:
    """The name of a partner's files, without its ending: one file in one folder, whatever characters the id has.

    It is never `index`: the folder's `index.html` is the preview book.
    """
    name = quote(partner_id, safe="").replace(".", "%2E")
    return f"%{ord(name[0]):02X}{name[1:]}" if name.lower() == "index" else name


class LetterFiles(NamedTuple):
    """The files of a partner's letter; the list of accounts is there only if the letter shows sums alone."""

    html: Path
    text: Path
    accounts: Path

    @classmethod
    def of(cls, folder: Path, partner_id: str) -> "LetterFiles":
        """Name the files of a partner in a month's folder."""
        name = letter_file_name(partner_id)
        return cls(folder / f"{name}.html", folder / f"{name}.txt", folder / f"{name}.csv")


def letter_templates(installation: Installation) -> LetterTemplates:
    """The templates that letters are written with now, of the company whose programme this is."""
    version = installation.templates("letters", TEMPLATE_VERSION)
    templates = read_templates(version, installation.brand_file or version.path(BRAND))
    _check_whose(installation, templates, installation.programs)
    return templates


def _check_whose(installation: Installation, templates: LetterTemplates, programs: Sequence[Program]) -> None:
    """Refuse another company's brand; a folder that has none of its own is told so, and not about the project's."""
    try:
        check_whose(templates.brand, programs)
    except Refusal:
        own = installation.include
        if installation.brand_file or (own / "templates" / "letters" / TEMPLATE_VERSION / BRAND).is_file():
            raise
        raise Refusal(
            f"no {BRAND} in {own}: nobody knows whose letters these are; `partner-program new DIR` makes one to copy"
        ) from None


def read_templates(version: LayeredFolder, brand_file: Path) -> LetterTemplates:
    """The templates of a version and a brand, as the files are now; equal files are compiled once a process.

    Raises `UnsoundFiles` with every fault of the brand, `Refusal` for templates or catalogues that are not finished.
    """
    return _read_once(version, brand_file, content_hash({**version.files(), BRAND: brand_file}))


@lru_cache(maxsize=2)
def _read_once(version: LayeredFolder, brand_file: Path, files_hash: str) -> LetterTemplates:
    languages = {ENGLISH, *(path.stem for path in (version / "catalogues").glob("*.po"))}
    return LetterTemplates(version, read_brand(brand_file, languages), files_hash)


def check_letters(installation: Installation, program_file: Path | None = None) -> LetterTemplates:
    """Refuse templates that lack a word that a letter may need: asked before a month is in force."""
    templates = letter_templates(installation)
    programs = installation.programs_with(program_file)
    _check_whose(installation, templates, programs)
    templates.check_words(programs)
    return templates


def letter_hash(rendered: RenderedLetter) -> str:
    """The sha256 of a letter's parts: what a person approves, and what is compared before it is sent."""
    attached = [rendered.account_list.content] if rendered.account_list else []
    return _hash_of_parts(rendered.subject.encode(), rendered.text.encode(), rendered.html.encode(), *attached)


def _hash_of_parts(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def letter_batches(installation: Installation, month: BillingMonth) -> list[list[str]]:
    """The partners that are owed a letter, in batches; a task renders one batch."""
    with installation.database.reading() as connection:
        owed = letter_store.owed_partners(connection, month)
    return [owed[start : start + BATCH] for start in range(0, len(owed), BATCH)]


@dataclass(frozen=True, slots=True)
class LetterFault:
    """A letter that could not be rendered, and why."""

    partner_id: str
    why: str


class NotRendered(Refusal):
    """Some letters of a month could not be rendered; all the others were."""


def refuse_faults(month: BillingMonth, faults: Sequence[LetterFault]) -> None:
    """Raise `NotRendered` with the letters that could not be rendered, if there are any."""
    if faults:
        named = "; ".join(f"{each.partner_id}: {each.why}" for each in faults[:NAMED])
        more = f"; and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
        raise NotRendered(
            f"{plural(len(faults), 'letter')} of {month} could not be rendered, the others were: {named}{more}"
        )


def render_letters(
    installation: Installation, month: BillingMonth, partners: Sequence[str], program_file: Path | None = None
) -> int:
    """Render one batch of letters and record their hashes; return how many. Equal facts give equal bytes.

    A letter that is made of the same as before, and whose files are as they were written, is not rendered again. One
    that cannot be rendered does not keep the others back: they are recorded before `NotRendered` names it.
    """
    sweep_drafts(letters_folder(installation, month))
    count, faults = render_batch(installation, month, partners, program_file)
    refuse_faults(month, faults)
    return count


def render_batch(
    installation: Installation, month: BillingMonth, partners: Sequence[str], program_file: Path | None = None
) -> tuple[int, list[LetterFault]]:
    """Do the same; return how many letters there are now, and the faults of those that are not."""
    templates = letter_templates(installation)
    with installation.database.reading() as connection:
        registry = load_registry(connection, partners)
        owed = letter_store.owed_letters(connection, month, partners)
        before = letter_store.what_letters_are_made_of(connection, month, partners)
    programs = installation.programs_with(program_file)
    folder = letters_folder(installation, month)
    there, rendered, faults = list[OwedLetter](), list[MadeLetter](), list[LetterFault]()
    for letter, facts in _stated(owed, registry, programs):
        try:
            made = _rendered(templates, folder, letter, facts, before.get((letter.partner_id, letter.revision)))
        except Unavailable:  # the disk, not the letter: the next one would not fare better
            raise
        except Refusal as refusal:
            faults.append(LetterFault(letter.partner_id, str(refusal)))
            continue
        except Exception as fault:  # noqa: BLE001 - one letter that nobody foresaw must not keep the others back
            place = traceback.extract_tb(fault.__traceback__)[-1]
            why = f"{type(fault).__name__} at {Path(place.filename).name}:{place.lineno}"
            faults.append(LetterFault(letter.partner_id, f"failed for an unknown cause: {why}"))
            continue
        there.append(letter)
        if made is not None:
            rendered.append(made)
    _record(installation, month, registry.contacts, there, rendered, templates.version)
    return len(there), faults


def _stated(
    owed: Sequence[OwedLetter], registry: Registry, programs: Sequence[Program]
) -> Iterator[tuple[OwedLetter, LetterFacts | Refusal]]:
    """Yield each letter with its facts, or with the refusal of one whose facts cannot be stated."""
    done = 0
    while done < len(owed):
        try:
            for letter, facts in facts_of_letters(owed=owed[done:], registry=registry, programs=programs):
                done += 1
                yield letter, facts
        except Refusal as refusal:
            done += 1
            yield owed[done - 1], refusal


def _rendered(
    templates: LetterTemplates, folder: Path, letter: OwedLetter, facts: LetterFacts | Refusal, before: str | None
) -> MadeLetter | None:
    """Render a letter into its files; return what is new about it, None where nothing is."""
    if isinstance(facts, Refusal):
        raise facts
    now = made_of(templates, facts)
    files = LetterFiles.of(folder, letter.partner_id)
    if now == before and letter.content_hash == hash_of_files(files):
        return None
    written = templates.render(facts)
    if why := too_large(written.text, written.html, attached_file(written)):
        raise Refusal(f"no mail can carry this letter: {why}")
    _write(files, written)
    made = MadeLetter(letter.partner_id, letter.revision, letter_hash(written), now)
    return None if (made.content_hash, now) == (letter.content_hash, before) else made


def _write(files: LetterFiles, letter: RenderedLetter) -> None:
    write_if_changed(files.html, letter.html)
    write_if_changed(files.text, f"{_SUBJECT}{letter.subject}\n\n{letter.text}")
    if letter.account_list is not None:
        write_bytes_if_changed(files.accounts, letter.account_list.content)
    else:
        files.accounts.unlink(missing_ok=True)  # that of an earlier letter


def hash_of_files(files: LetterFiles) -> str | None:
    """The hash that the letter in these files has; None where one is gone, or open to others than its owner."""
    page, words = read_private(files.html), read_private(files.text)
    if page is None or words is None or not words.startswith(_SUBJECT.encode()):
        return None
    subject, _, body = words.removeprefix(_SUBJECT.encode()).partition(b"\n\n")
    accounts = read_private(files.accounts)
    return _hash_of_parts(subject, body, page, *([] if accounts is None else [accounts]))


def _record(
    installation: Installation,
    month: BillingMonth,
    contacts: Sequence[Contact],
    owed: Sequence[OwedLetter],
    rendered: Sequence[MadeLetter],
    version: str,
) -> None:
    """Record what was rendered and its recipients; where a letter was rendered anew, ask for an approval again."""
    letters = [(each.partner_id, each.revision) for each in owed]
    partners = [each.partner_id for each in owed]

    def changes(connection: Connection) -> OwedChanges:
        there = delivery_store.deliveries(connection, month, partners=partners)  # of this batch alone
        return delivery_store.changes_owed(month, letters, contacts, there=there)

    with installation.database.reading() as connection:
        is_new = bool(rendered or changes(connection))
    if not is_new:
        return
    known = {(each.partner_id, each.revision): each.content_hash for each in owed if each.content_hash is not None}
    with installation.database.writing() as connection:
        letter_store.mark_rendered(connection, month, rendered, version)
        changes(connection).apply(connection)
        delivery_store.mark_rendered(connection, month, letters)
        if any(
            known.get((each.partner_id, each.revision), each.content_hash) != each.content_hash for each in rendered
        ):
            delivery_store.ask_again(connection, month, "a letter of this month was rendered anew")

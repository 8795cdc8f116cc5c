"""Reads the catalogues of a version of the letters, one .po file for each language; refuses one that is unfinished.

If a catalogue lacks a message, gettext returns the English one, and the letter would be in two languages. So every
catalogue is compared with `en.po`, the list of all messages, before the first letter is written.
"""

import gettext
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import PoFileError, read_po

from partner_program.adapters.layered_folder import LayeredFolder
from partner_program.domain.refusals import Refusal

ENGLISH = "en"
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_WORD = re.compile(r"[^\W\d_]+")
# A term may be the same in two languages ("Status", "Service level agreement"); a sentence never is, nor many words.
_WORDS_OF_A_SENTENCE = 4
_SAME_AT_MOST = 10  # one in so many messages
_NUMBERS_COMPARED = 1_000


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One language's messages; `messages` holds the English texts that it translates, a plural by its singular.

    `messages_hash` is the sha256 over them and their translations, whatever file they are in.
    """

    path: Path
    locale: Locale
    messages: frozenset[str]
    translations: gettext.NullTranslations
    messages_hash: str


def read_catalogues(folder: LayeredFolder) -> dict[str, Catalogue]:
    """Read every catalogue of a folder, by language; raises `Refusal` that names one that is not finished."""
    found = {path.stem: _read(path) for path in folder.glob("*.po")}
    if ENGLISH not in found:
        raise Refusal(f"{folder}/{ENGLISH}.po is missing: it lists the messages that every language needs")
    return {
        language: _finished(folder.path(f"{language}.po"), each, found[ENGLISH]) for language, each in found.items()
    }


def _read(path: Path) -> Catalog:
    """Read a .po file; raises `Refusal` if it is not a catalogue of the language in its file name."""
    try:
        with path.open("rb") as source:
            catalogue = read_po(source, locale=None, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise Refusal(f"{path}: is not a catalogue of messages in UTF-8: {error}") from error
    if catalogue.locale is None:
        raise Refusal(f"{path}: header line Language is missing or names no known locale, expected one such as en_GB")
    if catalogue.locale.language != path.stem:
        # its sentences would be mixed with the days and amounts of another language
        raise Refusal(
            f"{path}: header line Language is {catalogue.locale}, expected the language of the file's name: "
            f"rename the file to {catalogue.locale.language}.po or correct the line"
        )
    return catalogue


def _finished(path: Path, catalogue: Catalog, english: Catalog) -> Catalogue:
    """Check a catalogue and compile it in memory; raises `Refusal` with the first fault, if there is one."""
    held, needed = _by_id(catalogue), _by_id(english)
    faults = list(_faults(held, needed, catalogue.num_plurals))
    if catalogue is not english:
        faults += [f"message {key!r} is still in English" for key in _untranslated(held, needed)]
    faults += _plural_faults(catalogue)
    if faults:
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise Refusal(f"{path}: is not finished, and a letter may not be in two languages: {faults[0]}{more}")
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    said = repr([(message.id, message.string) for message in held.values()])
    return Catalogue(
        path,
        catalogue.locale,
        frozenset(held),
        gettext.GNUTranslations(compiled),
        hashlib.sha256(said.encode()).hexdigest(),
    )


def _plural_faults(catalogue: Catalog) -> Iterator[str]:
    """Yield what is wrong with the rule that chooses between a plural's forms: the singular is for one alone.

    Where 21 goes like 1, it keeps the singular. Whether the other forms are told apart is not compared.
    """
    form_of, kind_of = gettext.c2py(catalogue.plural_expr), catalogue.locale.plural_form
    for number in range(1, _NUMBERS_COMPARED):
        form, like_one = form_of(number), kind_of(number) == kind_of(1)
        if form >= catalogue.num_plurals or ((form == 0) != like_one and (number == 1 or form == 0)):
            yield (
                f"header line Plural-Forms chooses form {form} for the number {number}: "
                f"expected {get_plural(catalogue.locale)}"
            )
            return


def _by_id(catalogue: Catalog) -> dict[str, Message]:
    """Return the messages without the header, by their English text; a plural by its singular, as in gettext."""
    return {_forms(message.id)[0]: message for message in catalogue if message.id}


def _forms(text: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _faults(held: Mapping[str, Message], english: Mapping[str, Message], plurals: int) -> Iterator[str]:
    """Yield what is wrong with each message, in the order of the English catalogue."""
    for key, needed in english.items():
        message = held.get(key)
        fault = "is missing" if message is None else _fault(message, needed, plurals)
        if fault:
            yield f"message {key!r} {fault}"


def _untranslated(held: Mapping[str, Message], english: Mapping[str, Message]) -> list[str]:
    """Return the messages that were not translated: whole sentences, or all equal ones if they are too many."""
    same = [key for key, needed in english.items() if key in held and held[key].string == needed.string]
    sentences = [key for key in same if len(_WORD.findall(PLACEHOLDER.sub("", key))) >= _WORDS_OF_A_SENTENCE]
    return same if len(same) * _SAME_AT_MOST > len(english) else sentences


def _fault(message: Message, needed: Message, plurals: int) -> str | None:
    """Return what is wrong with one message, or None; every form of a plural needs every placeholder."""
    texts, wanted = _forms(message.string or ""), set(PLACEHOLDER.findall("".join(_forms(needed.id))))
    if message.fuzzy:
        return "is marked fuzzy"
    if needed.pluralizable and (len(texts) != plurals or not all(texts)):
        return f"has {len(list(filter(None, texts)))} of the {plurals} forms that a number can need"
    if len(texts) != 1 and not needed.pluralizable:
        return "is written as a plural, expected one text"
    if not all(texts):
        return "is empty"
    for text in texts:
        found = set(PLACEHOLDER.findall(text))
        if lost := sorted(wanted - found):
            return f"lost its placeholder %({lost[0]})s"
        if unknown := sorted(found - wanted):
            return f"has the placeholder %({unknown[0]})s, which is never filled"
        if "%" in PLACEHOLDER.sub("", text).replace("%%", ""):
            return "has a % that begins no placeholder: write it as %%"
    return None

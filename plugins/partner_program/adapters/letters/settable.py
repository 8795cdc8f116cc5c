"""Which characters the fonts that come with Typst set well: those of Latin, Greek, Cyrillic and Hebrew.

Other scripts it would set from whatever font has the single characters (Arabic from one for code, unjoined), and a
character for private use looks different everywhere. Both are refused before anything is set, by name and by field.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path

from partner_program.domain.refusals import Refusal

ONLY_PDF = "Only the PDF is refused: a letter's mail needs no font of ours and goes all the same"
SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "HEBREW")
# Letters and marks that belong to no script of their own, by the first word of their names.
OF_ANY_SCRIPT = ("COMBINING", "MODIFIER", "FEMININE", "MASCULINE", "MICRO", "KELVIN", "ANGSTROM", "OHM")
NO_CHARACTERS = ("Co", "Cs", "Cn")  # for private use, half a character, not assigned
FONT_FILES = (".ttf", ".otf", ".ttc", ".otc")


def refuse_unsettable(what: str, facts: object, data: object, *, fonts: Path) -> None:
    """Refuse a document whose `data` have characters that no font here sets well; further `fonts` may set any script.

    `facts` name the fields in which these characters stand.
    """
    has_fonts = fonts.is_dir() and any(each.suffix.lower() in FONT_FILES for each in fonts.iterdir())
    text = "".join(each for _, each in _texts(data, ""))
    found = [each for each in dict.fromkeys(text) if not _is_settable(each, any_script=has_fonts)]
    if found:
        places = dict.fromkeys(place for place, each in _texts(facts, "") if not set(found).isdisjoint(each))
        raise Refusal(f"{no_font(what, found, fonts)} They stand in: {', '.join(places) or 'a text of the template'}.")


def no_font(what: str, characters: Sequence[str], fonts: Path) -> str:
    """Say which characters keep a document from being made, what to do, and what happens to the letter."""
    listed = ", ".join(_named(each) for each in characters)
    put = f"put a font file that has them into {fonts}"
    if any(unicodedata.category(each) in NO_CHARACTERS for each in characters):
        put = "take out those that are none, and " + put
    return f"{what}: no font has {listed}: {put}. {ONLY_PDF}."


def _is_settable(character: str, *, any_script: bool) -> bool:
    category = unicodedata.category(character)
    if category in NO_CHARACTERS:
        return False
    if any_script or category[0] not in "LM":
        return True
    name = unicodedata.name(character, "")
    return name.split(" ")[0] in SCRIPTS + OF_ANY_SCRIPT or "VARIATION SELECTOR" in name


def _named(character: str) -> str:
    if unicodedata.category(character) in NO_CHARACTERS:
        return f"U+{ord(character):04X} (for private use or not assigned)"
    return f"{character} (U+{ord(character):04X})"


def _texts(value: object, field: str) -> Iterable[tuple[str, str]]:
    """Yield each text with the field that it stands in, in words."""
    if isinstance(value, str):
        yield field, value
    elif is_dataclass(value):
        for each in fields(value):
            yield from _texts(getattr(value, each.name), f"{field} {each.name.replace('_', ' ')}".strip())
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each, field)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each, field)

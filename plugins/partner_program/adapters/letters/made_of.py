"""Says by one hash what a letter is made of: its facts, the templates with their catalogues and brand, and our code.

Equal hashes mean equal letters. A hash that differs only means that the letter has to be rendered to know.
"""

import hashlib
from functools import cache
from importlib.metadata import version

from pydantic import TypeAdapter

from partner_program.adapters.letters.templates import LetterTemplates
from partner_program.adapters.own_code import PACKAGE, hash_of_files
from partner_program.domain.letters import LetterFacts

_CODE = ("adapters/letters", "domain")
_LIBRARIES = ("babel", "jinja2", "markupsafe")


def made_of(templates: LetterTemplates, facts: LetterFacts) -> str:
    """Return the sha256 of everything that decides what the letter of these facts says."""
    stated = _facts().dump_json(facts)
    return hashlib.sha256(b"\0".join((templates.content_hash.encode(), _code().encode(), stated))).hexdigest()


@cache
def _facts() -> TypeAdapter[LetterFacts]:
    return TypeAdapter(LetterFacts)


@cache
def _code() -> str:
    """Return the sha256 of the code that turns facts into words, and of the versions of the libraries that it calls."""
    paths = (path for folder in _CODE for path in (PACKAGE / folder).glob("*.py"))
    return hash_of_files(sorted(paths), PACKAGE, *(f"{name} {version(name)}" for name in _LIBRARIES))

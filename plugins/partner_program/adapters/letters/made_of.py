"""Says by one hash what a letter is made of: its facts, the templates with their catalogues and brand, and our code.

Equal hashes mean equal letters. A hash that differs only means that the letter has to be rendered to know.
"""

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pydantic import TypeAdapter

from partner_program.adapters.letters.templates import LetterTemplates
from partner_program.domain.letters import LetterFacts

_CODE = ("adapters/letters", "domain")
_PACKAGE = Path(__file__).parents[2]
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
    return _hash_of_code(path for folder in _CODE for path in (_PACKAGE / folder).glob("*.py"))


@cache
def all_code() -> str:
    """Return the same of the whole package: also of what reads the facts, and says whether anything is new."""
    return _hash_of_code(_PACKAGE.rglob("*.py"))


def _hash_of_code(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256(" ".join(f"{name} {version(name)}" for name in _LIBRARIES).encode())
    for path in sorted(paths):
        digest.update(f"\0{path.relative_to(_PACKAGE).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()

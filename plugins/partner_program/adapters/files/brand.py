"""Reads `brand.yaml`, whose letters these are, strictly: every fault at once, with its line."""

import re
from collections.abc import Collection
from pathlib import Path

from partner_program.adapters.files.faults import FileFaults, decoded, quoted, read_whole, refuse_unsound
from partner_program.adapters.files.strict_yaml import read_document
from partner_program.adapters.files.values import email, text, whole_between
from partner_program.adapters.files.yaml_sections import Section
from partner_program.domain.brand import COLOURS, Brand, without_company
from partner_program.domain.refusals import Refusal

MOST_ACCOUNTS = 100_000
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)
_FONT = re.compile(r"[\w '\-,]+", re.ASCII)


def read_brand(path: Path, languages: Collection[str]) -> Brand:
    """Read a brand; `languages` are those that have a catalogue. Raises `UnsoundFiles` with every fault in it."""
    faults = FileFaults(path.name)
    content = read_whole(path, faults)
    document = Section(None, "", faults) if content is None else read_document(decoded(content, faults), faults)
    brand = _brand(document, path.name, languages)
    document.close()
    refuse_unsound([faults])
    return brand


def _brand(document: Section, file_name: str, languages: Collection[str]) -> Brand:
    def language(written: str) -> str:
        if written in languages:
            return written
        known = ", ".join(sorted(languages))
        raise Refusal(f"{quoted(written)} has no catalogue: expected one of {known}, or write {written}.po")

    company = document.text("company_name")
    return Brand(
        file_name=file_name,
        company_name=company,
        programme_name=without_company(document.text("programme_name"), company),
        partner_title=without_company(document.text("partner_title"), company),
        sender_name=document.text("sender_name"),
        sender_address=document.text("sender_address", email),
        default_language=document.text("default_language", language),
        accounts_in_mail=document.whole("accounts_in_mail", whole_between(1, MOST_ACCOUNTS)),
        font=document.text("font", _font),
        light=_colours(document.section("light")),
        dark=_colours(document.section("dark")),
        programme_from=document.day("programme_from") if document.has("programme_from") else None,
    )


def _colours(section: Section) -> dict[str, str]:
    return {name: section.text(name, _colour) for name in COLOURS}


def _colour(written: str) -> str:
    if _COLOUR.fullmatch(written):
        return written
    raise Refusal(f'{quoted(written)} is no colour, expected "#rrggbb", as in "#0a5aa8"')


def _font(written: str) -> str:
    """Read the names of fonts: they stand in styles, where other characters would mean something else."""
    if _FONT.fullmatch(written):
        return text(written)
    raise Refusal(f"{quoted(written)} is not allowed, expected names of fonts with commas between them")

"""Invented companies and people from many countries: names, addresses, and phone numbers that reach nobody.

Phone numbers come from the ranges that regulators reserve for fiction (United Kingdom, Germany, France, Ireland,
Sweden, Australia, North America). Elsewhere the number or the subscriber's part begins with a 0, which is never
assigned. The words are in demo/countries.csv: `|` separates alternatives, an X stands for any digit.
"""

import csv
import re
import unicodedata
from pathlib import Path
from random import Random
from typing import NamedTuple


class Country(NamedTuple):
    """The words that make an invented company of a country, and the entity where it has its first account."""

    country: str
    language: str
    home_entity: str
    phone: str
    street: str
    cities: tuple[str, ...]
    stems: tuple[str, ...]
    forms: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]


def _read_countries() -> dict[str, Country]:
    with Path(__file__).with_name("countries.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    countries = {}
    for country, language, home_entity, phone_number, street, *words in rows:
        cities, stems, forms, first_names, last_names = (tuple(alternatives.split("|")) for alternatives in words)
        one_of = (cities, stems, forms, first_names, last_names)
        countries[country] = Country(country, language, home_entity, phone_number, street, *one_of)
    return countries


COUNTRIES = _read_countries()
_QUALIFIERS = ("", "Online", "Digital", "Networks", "& Partners")


class Person(NamedTuple):
    """An invented person."""

    name: str
    mailbox: str


def slug(text: str) -> str:
    """The text as letters, digits and dashes for an e-mail address; empty if it has no Latin letter or digit."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o").replace("Ø", "O"))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode().lower()).strip("-")


def company_name(rng: Random, country: Country) -> str:
    """A company's name with its legal form, sometimes with a city or (in Latin script only) a qualifier."""
    stem = rng.choice(country.stems)
    qualifiers = (*_QUALIFIERS, *country.cities) if slug(stem) else ("", *country.cities)
    return " ".join(word for word in (stem, rng.choice(qualifiers), rng.choice(country.forms)) if word)


def phone(rng: Random, country: Country) -> str:
    """A phone number that nobody has."""
    return "".join(str(rng.randrange(10)) if sign == "X" else sign for sign in country.phone)


def address(rng: Random, country: Country) -> str:
    """An invented street in a city of the country."""
    return f"{country.street.format(rng.randrange(1, 190))}, {rng.choice(country.cities)}"


def person(rng: Random, country: Country) -> Person:
    """An invented person with a name usual in the country, and the local part of an e-mail address."""
    name = f"{rng.choice(country.first_names)} {rng.choice(country.last_names)}"
    return Person(name, slug(name).replace("-", "."))

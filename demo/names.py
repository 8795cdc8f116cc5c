"""Invented companies and people from many countries: names, addresses, phone numbers nobody can be reached at.

Phone numbers come from the ranges that regulators keep for fiction (United Kingdom, Germany, France, Ireland,
Sweden, Australia, North America); elsewhere the number or the subscriber's part begins with a 0, which no exchange
hands out. The words are in demo/countries.csv: alternatives are parted by `|`, an X is any digit.
"""

import csv
import re
import unicodedata
from pathlib import Path
from random import Random
from typing import NamedTuple


class Country(NamedTuple):
    """What an invented company of a country is made of, and the entity at which it has its first account."""

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
    """Letters, digits and dashes that can stand in an e-mail address; empty where nothing of a name is Latin."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o").replace("Ø", "O"))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode().lower()).strip("-")


def company_name(rng: Random, country: Country) -> str:
    """A company's name with its legal form, sometimes with its city or, where it writes in Latin, a qualifier."""
    stem = rng.choice(country.stems)
    qualifiers = (*_QUALIFIERS, *country.cities) if slug(stem) else ("", *country.cities)
    return " ".join(word for word in (stem, rng.choice(qualifiers), rng.choice(country.forms)) if word)


def phone(rng: Random, country: Country) -> str:
    """A number that belongs to nobody."""
    return "".join(str(rng.randrange(10)) if sign == "X" else sign for sign in country.phone)


def address(rng: Random, country: Country) -> str:
    """A street that was never there, in a city of the country."""
    return f"{country.street.format(rng.randrange(1, 190))}, {rng.choice(country.cities)}"


def person(rng: Random, country: Country) -> Person:
    """A name as people of the country have them, and the local part of an address."""
    name = f"{rng.choice(country.first_names)} {rng.choice(country.last_names)}"
    return Person(name, slug(name).replace("-", "."))

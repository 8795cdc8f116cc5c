"""What in a sound registry looks like a mistake: named for a person, and refused by nothing.

Two codes that look alike may both be real (a billing system may tell `a1` from `A1`), and two partners may share a
VAT number for a while. Refusing them would leave nobody a way to load; unseen, they split a partner's total revenue.
"""

import unicodedata
from collections.abc import Collection, Iterable

from partner_program.domain.near_names import did_you_mean
from partner_program.domain.plurals import first_names
from partner_program.domain.registry import AUTHORIZED, Registry

_LETTERS = str.maketrans(
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0456\u0458\u0455"  # Cyrillic
    "\u03b1\u03b2\u03b5\u03b6\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7",  # Greek
    "abekmhopctyxijs" + "abezhikmnoptyx",
)
_FEWEST_VAT_CHARACTERS = 4
_MOST_NAMED = 20


def registry_doubts(registry: Registry, *, attributes: Collection[str] = ()) -> list[str]:
    """Name partners that share a VAT number or lie outside their manager's region, and codes that look alike.

    Attributes of partners other than these, which benefits demand, are named too: a misspelt one gives nothing.
    """
    managers = [each.account_manager_id for each in registry.account_managers]
    doubts = _shared_vat_ids(registry)
    doubts += _outside_the_region(registry)
    doubts += _attributes_without_use(registry, attributes)
    doubts += _look_alikes("partner_id", (each.partner_id for each in registry.partners))
    doubts += _look_alikes("account_manager_id", managers)
    doubts += _look_alikes("grant_id", (each.grant_id for each in registry.grace_grants))
    for entity in registry.entities:
        accounts = (each.account_id for each in registry.account_links if each.entity == entity.entity)
        doubts += _look_alikes(f"account_id of entity {entity.entity}", accounts)
    return doubts


def look_of(code: str) -> str:
    """Return what a code looks like: without width, case and script; digits stay, so O is not 0."""
    return unicodedata.normalize("NFKC", code).casefold().translate(_LETTERS)


def _shared_vat_ids(registry: Registry) -> list[str]:
    """A partner that has ended may have come back under another id, and is left out."""
    by_vat: dict[str, list[str]] = {}
    for partner in registry.partners:
        plain = plain_vat_id(partner.vat_id)
        if plain and partner.status != "ended":
            by_vat.setdefault(plain, []).append(partner.partner_id)
    return [
        f"partners {', '.join(ids)} have one VAT number, {vat}: if they are one company, its revenue is split"
        for vat, ids in by_vat.items()
        if len(ids) > 1
    ]


def _outside_the_region(registry: Registry) -> list[str]:
    """Authorised partners whose country is not one of their manager's: "a regional Partner Account Manager"."""
    regions = {each.account_manager_id: each.countries.split() for each in registry.account_managers}
    outside: dict[str, list[str]] = {}
    for partner in registry.partners:
        region = regions.get(partner.account_manager_id)
        if partner.status == AUTHORIZED and region and partner.country not in region:
            outside.setdefault(partner.account_manager_id, []).append(f"{partner.partner_id} ({partner.country})")
    return [
        f"partner manager {manager}, for {', '.join(regions[manager])}, has partners elsewhere: "
        f"{first_names(partners, _MOST_NAMED)}"
        for manager, partners in outside.items()
    ]


def _attributes_without_use(registry: Registry, demanded: Collection[str]) -> list[str]:
    having: dict[str, list[str]] = {}
    for partner in registry.partners:
        for attribute in partner.attributes.split():
            if attribute not in demanded:
                having.setdefault(attribute, []).append(partner.partner_id)
    return [
        f"attribute {attribute} of {first_names(partners, _MOST_NAMED)} is demanded by no benefit of the programme"
        f"{did_you_mean(attribute, demanded)}"
        for attribute, partners in having.items()
    ]


def plain_vat_id(written: str) -> str:
    """Return a VAT number without marks and case; empty where it is too short, or has no digit, to be one."""
    plain = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", written))).upper()
    return plain if len(plain) >= _FEWEST_VAT_CHARACTERS and any(map(str.isdigit, plain)) else ""


def _look_alikes(column: str, codes: Iterable[str]) -> list[str]:
    by_look: dict[str, set[str]] = {}
    for code in codes:
        by_look.setdefault(look_of(code), set()).add(code)
    return [
        f"{column}: {', '.join(map(spelt, sorted(alike)))} look alike: if they are one, write it in one way"
        for alike in by_look.values()
        if len(alike) > 1
    ]


def spelt(code: str) -> str:
    """Return a code with the code points of its characters outside ASCII."""
    points = " ".join(f"U+{ord(each):04X}" for each in code if not each.isascii())
    return f"{code} ({points})" if points else code

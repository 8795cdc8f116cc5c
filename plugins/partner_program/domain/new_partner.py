"""What an accepted application makes: a partner, its contacts and the links of its accounts (rule 11)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from partner_program.domain.authorisation import Answers, answer_text
from partner_program.domain.dated import Period
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import AUTHORIZED, CONTACT_ROLES, AccountLink, Contact, Partner
from partner_program.domain.registry_doubts import look_of

_DEFAULT_LANGUAGE = "en"
_NUMBERED = re.compile(r"(.*?)(\d{1,9})", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_ACCOUNT = re.compile(r"([^/\s]+)/(\S(?:.*\S)?)")


@dataclass(frozen=True, slots=True)
class NewPartner:
    """A partner with everything that its application says about it."""

    partner: Partner
    contacts: tuple[Contact, ...]
    links: tuple[AccountLink, ...]


def new_partner(*, answers: Answers, partner_id: str, manager_id: str, authorized_on: date) -> NewPartner:
    """Make a partner of an application's answers, authorised from a day; refuses what is not said or not clear.

    Letters go to `billing_email`, or to `email` where the application has none of its own for bills.
    """
    text = {name: answer_text(value) for name, value in answers.items()}
    partner = Partner(
        partner_id=partner_id,
        company_name=text.get("company_name", ""),
        status=AUTHORIZED,
        language=text.get("language") or _DEFAULT_LANGUAGE,
        country=_country(text.get("country") or text.get("geographical_location", "")),
        website=text.get("website", ""),
        phone=text.get("phone", ""),
        address=text.get("address", ""),
        vat_id=text.get("vat_id", ""),
        account_manager_id=manager_id,
        authorized_on=authorized_on,
    )
    contacts = tuple(
        Contact(partner_id, text.get(f"{role}_name") or text.get("company_name", ""), email, role)
        for role in CONTACT_ROLES
        if (email := text.get(f"{role}_email") or (text.get("email", "") if role == CONTACT_ROLES[0] else ""))
    )
    period = Period(authorized_on, None)
    links = tuple(
        AccountLink(partner_id, entity, account_id, period)
        for entity, account_id in _accounts(text.get("accounts", ""))
    )
    return NewPartner(partner, contacts, links)


def next_partner_id(used: Iterable[str]) -> str:
    """The next id in the manner of those that were ever used: after `P007` and `P245` it is `P246`.

    An id is never used again, nor one that looks like another.
    """
    looks = set()
    numbered: dict[str, list[str]] = {}
    for each in used:
        looks.add(look_of(each))
        match = _NUMBERED.fullmatch(each)
        if match is not None:
            numbered.setdefault(match[1], []).append(match[2])
    commonest = Counter({prefix: len(numbers) for prefix, numbers in numbered.items()}).most_common(1)
    prefix = commonest[0][0] if commonest else "P"
    numbers = numbered.get(prefix, ["0"])
    number, width = max(map(int, numbers)), max(map(len, numbers))
    while True:
        number += 1
        found = (
            f"{prefix}{number:0{width}d}"
            if any(len(each) == width and each[0] == "0" for each in numbers)
            else f"{prefix}{number}"
        )
        if look_of(found) not in looks:
            return found


def _country(written: str) -> str:
    if _COUNTRY.fullmatch(written) is None:
        raise Refusal(
            f"the application says no country as a code: {written!r}, expected `country` with two capitals, as in NL"
        )
    return written


def _accounts(written: str) -> Iterator[tuple[str, str]]:
    """Read accounts written as ENTITY/ACCOUNT with commas between them."""
    seen = set()
    for each in filter(None, (part.strip() for part in written.split(","))):
        match = _ACCOUNT.fullmatch(each)
        if match is None:
            raise Refusal(
                f"account {each!r} of the application, expected ENTITY/ACCOUNT with commas between, as in NL/A1"
            )
        if match.groups() in seen:
            raise Refusal(f"account {each} stands twice in the application, expected once")
        seen.add(match.groups())
        yield match[1], match[2]

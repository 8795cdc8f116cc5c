"""Which partners a company may be, by its VAT number, its domains and its name: hints for a person, never an answer."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import urlsplit

from partner_program.domain.email_address import domain_of
from partner_program.domain.near_spelling import is_one_slip
from partner_program.domain.public_mail import PUBLIC_MAIL_DOMAINS
from partner_program.domain.registry import Contact, Partner
from partner_program.domain.registry_doubts import look_of, plain_vat_id

MOST_OWNERS = 3  # what more partners share, such as the domain of an agency, points to nobody
_SHORTEST_NAME = 8  # every short name is one slip away from another
_LEGAL_FORMS = re.compile(
    "ab|ag|aps|as|bv|bvba|co|corp|cv|eg|ek|gmbh|inc|kft|kg|limited|llc|llp|lp|ltd|mbh|nv|oe|og|ohg|oy|plc|pte|pty|sa|"
    "sarl|sas|sl|spa|srl|sro|ug|vof|zoo"
)


class KnownCompanies:
    """The partners to compare with, by their marks."""

    def __init__(self, partners: Iterable[Partner], contacts: Iterable[Contact]) -> None:
        self._by: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
        known = set()
        for partner in partners:
            known.add(partner.partner_id)
            self._add("VAT number", plain_vat_id(partner.vat_id), partner.partner_id)
            self._add("company name", plain_name(partner.company_name), partner.partner_id)
            self._add_domain(host_of(partner.website), partner.partner_id)
        for contact in contacts:
            if contact.partner_id in known:
                self._add_domain(domain_of(contact.email).casefold(), contact.partner_id)

    def _add_domain(self, domain: str, partner_id: str) -> None:
        if domain not in PUBLIC_MAIL_DOMAINS:
            self._add("mail domain", domain, partner_id)

    def _add(self, mark: str, value: str, partner_id: str) -> None:
        if value:
            self._by[mark][value][partner_id] = None

    def alike(self, *, company_name: str = "", vat_id: str = "", domains: Iterable[str] = ()) -> dict[str, list[str]]:
        """The partners that share a mark with a company, by the mark's name; empty texts point to nobody."""
        found = {
            "VAT number": list(self._by["VAT number"].get(plain_vat_id(vat_id), ())),
            "mail domain": [each for domain in domains for each in self._by["mail domain"].get(domain.casefold(), ())],
            "company name": list(self._by["company name"].get(plain_name(company_name), ())),
        }
        return {mark: list(dict.fromkeys(owners)) for mark, owners in found.items() if 0 < len(owners) <= MOST_OWNERS}

    def nearly_named(self, company_name: str) -> list[str]:
        """The partners whose names are one slip of the hand away; another number is another company."""
        plain = plain_name(company_name)
        if len(plain) < _SHORTEST_NAME:
            return []
        near = (
            owners
            for name, owners in self._by["company name"].items()
            if name != plain and is_one_slip(name, plain) and _digits(name) == _digits(plain)
        )
        return [each for owners in near for each in owners][:MOST_OWNERS]


def plain_name(name: str) -> str:
    """A company's name without case, marks, script and legal form, to be compared."""
    words = "".join(
        each if each.isalnum() else " " for each in look_of(unicodedata.normalize("NFKC", name).replace(".", ""))
    )
    kept = [word for word in words.split() if not _LEGAL_FORMS.fullmatch(word)] or words.split()
    return "".join(kept)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def host_of(website: str) -> str:
    """The name of a website's server in small letters without `www.`; empty where the text is no web address."""
    try:
        parts = urlsplit(website.strip())
        host = parts.hostname or ""
    except ValueError:
        return ""
    is_web = parts.scheme in ("http", "https") and "@" not in parts.netloc and not host.replace(".", "").isdigit()
    return host.removeprefix("www.") if is_web and "." in host.strip(".") and " " not in host else ""

"""The company data of each partner: name, addresses, contacts and account manager."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from demo.names import COUNTRIES, address, company_name, person, phone, slug
from demo.plans import Plan


class Manager(NamedTuple):
    """One row of account_managers.csv."""

    account_manager_id: str
    name: str
    email: str
    phone: str


class Contact(NamedTuple):
    """One row of contacts.csv."""

    partner_id: str
    name: str
    email: str
    role: str


class Company(NamedTuple):
    """One row of partners.csv."""

    partner_id: str
    company_name: str
    status: str
    language: str
    country: str
    website: str
    phone: str
    address: str
    vat_id: str
    account_manager_id: str
    authorized_on: str

    @property
    def domain(self) -> str:
        """The domain of the company's website and e-mail addresses."""
        return self.website.removeprefix("https://www.")


MANAGERS = (
    Manager("AM01", "Willemijn de Haan", "willemijn.dehaan@demo-hosting.example", "+31 20 000 0101"),
    Manager("AM02", "Bram Oosterhuis", "bram.oosterhuis@demo-hosting.example", "+31 20 000 0102"),
    Manager("AM03", "Jörg Weißenfels", "joerg.weissenfels@demo-hosting.example", "+49 30 23125 103"),
    Manager("AM04", "Imogen Clarke-O'Hara", "imogen.clarke@demo-hosting.example", "+44 20 7946 0104"),
    Manager("AM05", "Dwayne Pickett", "dwayne.pickett@demo-hosting.example", "+1 202 555 0105"),
    Manager("AM06", "Tan Hui Ling", "huiling.tan@demo-hosting.example", "+65 0000 0106"),
)
_MANAGERS_AT = {"NL": ("AM01", "AM02"), "DE": ("AM03",), "UK": ("AM04",), "US": ("AM05",), "SG": ("AM06",)}


def drawn_companies(rng: Random, plans: Sequence[Plan]) -> list[Company]:
    """A company for each plan; no two have the same name or domain."""
    names = {plan.company_name for plan in plans}
    companies = []
    for plan in plans:
        name = plan.company_name
        while not name:
            drawn = company_name(rng, COUNTRIES[plan.country])
            name = "" if drawn in names else drawn
        names.add(name)
        companies.append(_company(rng, plan, name))
    return companies


def _company(rng: Random, plan: Plan, name: str) -> Company:
    country = COUNTRIES[plan.country]
    domain = f"{slug(' '.join(name.split()[:2])) or 'hosting'}-{plan.partner_id.lower()}.example"
    return Company(
        partner_id=plan.partner_id,
        company_name=name,
        status=plan.status,
        language=country.language,
        country=plan.country,
        website=f"https://www.{domain}",
        phone=phone(rng, country),
        address=address(rng, country),
        vat_id=f"{plan.country}0000{rng.randrange(10**5):05d}",
        account_manager_id=rng.choice(_MANAGERS_AT[country.home_entity]),
        authorized_on=plan.since.isoformat() if plan.status != "applied" else "",
    )


def drawn_contacts(rng: Random, companies: Sequence[Company]) -> Iterator[Contact]:
    """One to three billing contacts for each company, sometimes one business or technical; no address is used twice."""
    for company in companies:
        roles = ["billing"] * rng.choice((1, 1, 1, 2, 2, 3)) + rng.choice(([], [], ["business"], ["technical"]))
        mailboxes: set[str] = set()
        for role in roles:
            contact = person(rng, COUNTRIES[company.country])
            while contact.mailbox in mailboxes:
                contact = person(rng, COUNTRIES[company.country])
            mailboxes.add(contact.mailbox)
            yield Contact(company.partner_id, contact.name, f"{contact.mailbox}@{company.domain}", role)

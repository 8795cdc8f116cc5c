"""Links that no listed account answers to, and listed accounts that nobody linked: named before a month is run."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest

from partner_program.domain.dated import Period
from partner_program.domain.listed_accounts import ListedAccount, listing_doubts
from partner_program.domain.registry import AccountLink, Contact, Partner, Registry
from tests.domain.made_month import entity, link, partner

NOTHING = Registry((), (), (), (), (), (), (), (), ())
TODAY = date(2015, 7, 1)


def registry(*links: AccountLink, partners: Iterable[Partner] = (partner("P1"), partner("P2"))) -> Registry:
    contacts = tuple(
        Contact(each.partner_id, "Jo", f"jo@{each.partner_id.lower()}.example", "billing") for each in partners
    )
    return replace(NOTHING, entities=(entity("NL"),), partners=tuple(partners), contacts=contacts, account_links=links)


def said(known: Registry, *listed: ListedAccount) -> list[str]:
    return listing_doubts(known, {"NL": listed}, TODAY)


def test_links_that_fit_the_list_are_not_named() -> None:
    assert said(registry(link("P1", "A1")), ListedAccount("A1")) == []


def test_a_link_that_matches_nothing_is_named_with_the_spelling_that_would() -> None:
    (doubt, free) = said(registry(link("P1", "A04711")), ListedAccount("A-04711"))

    assert doubt == (
        "account A04711 of P1 is not in entity NL's list of reseller accounts; where it bills nothing, its partner is "
        "held: is A-04711 meant, which is linked to no partner?"
    )
    assert free == "account A-04711 at entity NL is linked to no partner"


def test_an_entity_that_lists_nothing_misses_every_link() -> None:
    assert len(said(registry(link("P1", "A1"), link("P2", "A2")))) == 2


def test_an_entity_that_was_not_asked_misses_nothing() -> None:
    assert listing_doubts(registry(link("P1", "A1")), {}, TODAY) == []


@pytest.mark.parametrize(("since", "until"), [(date(2015, 7, 2), None), (date(2012, 1, 1), TODAY)])
def test_a_link_that_is_not_in_force_matches_nothing_and_may(since: date, until: date | None) -> None:
    assert said(registry(replace(link("P1", "A1"), period=Period(since, until)))) == []


@pytest.mark.parametrize(
    ("account", "hint"),
    [
        (ListedAccount("A9", vat_id="nl 0012.345"), ": it has the VAT number of P1"),
        (ListedAccount("A9", email_domain="P2.example "), ": it has the mail domain of P2"),
        (ListedAccount("A9", company_name="company-p1"), ": it has the company name of P1"),
        (ListedAccount("A9", "Company P2", "NL0012345"), ": it has the VAT number of P1, the company name of P2"),
        (ListedAccount("A9", "Another", "NL999", "another.example"), ""),
        (ListedAccount("A9", vat_id="-", company_name=" ", email_domain=""), ""),
    ],
)
def test_an_account_that_nobody_linked_is_named_with_whose_it_may_be(account: ListedAccount, hint: str) -> None:
    first = replace(partner("P1"), vat_id="NL0012345")
    blank = replace(partner("P3"), company_name="...", vat_id="n/a")

    (doubt,) = said(registry(partners=(first, partner("P2"), blank)), account)

    assert doubt == f"account A9 at entity NL is linked to no partner{hint}"


def test_a_mail_domain_of_many_partners_points_to_nobody() -> None:
    known = registry(partners=[partner(f"P{number}") for number in range(1, 5)])
    known = replace(known, contacts=tuple(replace(each, email="jo@mail.example") for each in known.contacts))

    assert said(known, ListedAccount("A9", email_domain="mail.example")) == [
        "account A9 at entity NL is linked to no partner"
    ]


def test_a_partner_that_is_not_authorised_is_no_hint() -> None:
    known = registry(partners=[partner("P1", status="ended")])

    assert said(known, ListedAccount("A9", "Company P1")) == ["account A9 at entity NL is linked to no partner"]


def test_many_are_named_by_the_first_twenty_and_counted() -> None:
    found = said(registry(), *(ListedAccount(f"A{number:03}") for number in range(25)))

    assert len(found) == 21
    assert found[-1] == "and 5 more such accounts of this entity"


def test_each_entity_is_told_of_with_its_own_links() -> None:
    known = registry(link("P1", "A1"), link("P2", "A1", "US"))
    assert listing_doubts(known, {"NL": [], "US": [ListedAccount("A2")]}, TODAY) == [
        *said(known),
        "account A1 of P2 is not in entity US's list of reseller accounts; where it bills nothing, its partner is held",
        "account A2 at entity US is linked to no partner",
    ]


def test_up_to_twenty_are_all_named_and_the_twenty_first_is_counted() -> None:
    for number, last in ((20, "account A019 at entity NL is linked to no partner"), (21, "and 1 more such account")):
        assert said(registry(), *(ListedAccount(f"A{each:03}") for each in range(number)))[-1].startswith(last)


def test_three_partners_of_one_mail_domain_are_named() -> None:
    known = registry(partners=[partner(f"P{number}") for number in range(1, 4)])
    known = replace(known, contacts=tuple(replace(each, email="jo@mail.example") for each in known.contacts))
    assert said(known, ListedAccount("A9", email_domain="mail.example")) == [
        "account A9 at entity NL is linked to no partner: it has the mail domain of P1 and P2 and P3"
    ]

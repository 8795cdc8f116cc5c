"""What an accepted application makes: whose letters go where, whose accounts count, and an id that nobody ever had."""

from datetime import date
from typing import Any

import pytest

from partner_program.domain.dated import Period
from partner_program.domain.new_partner import NewPartner, new_partner, next_partner_id
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import AccountLink, Contact, Partner

FROM = date(2015, 8, 1)
ANSWERS: dict[str, Any] = {
    "company_name": "Hosting Partner B.V.",
    "country": "NL",
    "language": "nl",
    "website": "https://p.example",
    "phone": "+31200000000",
    "address": "Street 1",
    "vat_id": "NL1",
    "email": "info@p.example",
}


def made(**changed: Any) -> NewPartner:
    return new_partner(answers={**ANSWERS, **changed}, partner_id="P7", manager_id="M1", authorized_on=FROM)


def without(*names: str, **changed: Any) -> NewPartner:
    answers = {name: value for name, value in {**ANSWERS, **changed}.items() if name not in names}
    return new_partner(answers=answers, partner_id="P7", manager_id="M1", authorized_on=FROM)


def test_a_new_partner_is_authorised_from_its_day_with_what_its_application_says() -> None:
    assert made().partner == Partner(
        partner_id="P7",
        company_name="Hosting Partner B.V.",
        status="authorized",
        language="nl",
        country="NL",
        website="https://p.example",
        phone="+31200000000",
        address="Street 1",
        vat_id="NL1",
        account_manager_id="M1",
        authorized_on=FROM,
    )


def test_what_an_application_does_not_say_is_empty_and_its_letters_are_in_english() -> None:
    bare = without("company_name", "language", "website", "phone", "address", "vat_id", "email")
    found = bare.partner
    assert (found.language, found.country) == ("en", "NL")
    assert {found.company_name, found.website, found.phone, found.address, found.vat_id} == {""}
    assert (bare.contacts, bare.links) == ((), ())


def test_the_country_may_stand_in_the_field_for_the_location() -> None:
    assert without("country", geographical_location="DE").partner.country == "DE"
    assert made(geographical_location="DE").partner.country == "NL"


@pytest.mark.parametrize("written", ["nl", "NLD", "Netherlands", ""])
def test_a_country_that_is_no_code_is_refused(written: str) -> None:
    with pytest.raises(Refusal, match=r"says no country as a code: .*, expected `country` with two capitals, as in NL"):
        made(country=written)


def test_letters_go_to_the_address_for_bills_or_to_the_general_one_where_there_is_none() -> None:
    assert made().contacts == (Contact("P7", "Hosting Partner B.V.", "info@p.example", "billing"),)
    own = made(billing_email="bills@p.example", billing_name="Ada", technical_email="noc@p.example")
    assert own.contacts == (
        Contact("P7", "Ada", "bills@p.example", "billing"),
        Contact("P7", "Hosting Partner B.V.", "noc@p.example", "technical"),
    )


def test_accounts_are_linked_from_the_day_of_the_authorisation_on() -> None:
    links = made(accounts="NL/A1, DE/A 2 ,, NL/A/3").links
    assert links == tuple(
        AccountLink("P7", entity, account, Period(FROM))
        for entity, account in (("NL", "A1"), ("DE", "A 2"), ("NL", "A/3"))
    )


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("A1", "account 'A1' of the application, expected ENTITY/ACCOUNT with commas between, as in NL/A1"),
        ("NL/A1, /A2", "account '/A2' of the application, expected ENTITY/ACCOUNT"),
        ("NL/", "account 'NL/' of the application, expected ENTITY/ACCOUNT"),
        ("N L/A1", "account 'N L/A1' of the application, expected ENTITY/ACCOUNT"),
        ("NL/A1, DE/A1, NL/A1", "account NL/A1 stands twice in the application, expected once"),
    ],
)
def test_accounts_that_are_not_clear_are_refused(written: str, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        made(accounts=written)


@pytest.mark.parametrize(
    ("used", "following"),
    [
        ([], "P1"),
        (["P007", "P245"], "P246"),
        (["P007", "P009"], "P010"),
        (["P7", "P9"], "P10"),
        (["P99", "P100"], "P101"),
        (["P099", "P100"], "P101"),
        (["P998", "P999"], "P1000"),
        (["R1", "P1", "P2"], "P3"),  # the manner that most have
        (["acme", "hosting"], "P1"),
        (["P1", "P2", "p3"], "P4"),  # P3 would look like it
    ],
)
def test_the_next_id_is_like_those_that_were_ever_used_and_looks_like_none_of_them(
    used: list[str], following: str
) -> None:
    assert next_partner_id(used) == following

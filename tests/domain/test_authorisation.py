"""An application is judged by the programme's list, field by field; a person decides (rule 11)."""

from dataclasses import replace

import pytest

from partner_program.domain.authorisation import AlikePartner, FieldResult, alike_partners, check_application
from partner_program.domain.registry import Contact
from partner_program.domain.requirements import Requirement
from tests.domain.made_month import PROGRAM, partner

COMPLETE = {
    "website": "https://www.noordster.example/about",
    "email": "sales@noordster.example",
    "company_name": "Noordster Hosting",
    "phone": "+31 (20) 123-4567",
    "address": "Kade 1, Haarlem",
    "resolves_abuse_reports": True,
    "provides_billing_support": "Yes",
    "type_of_business": "hosting provider",
    "geographical_location": "Netherlands",
    "market_focus": "web shops",
    "minimum_revenue": "1500.50",
}


def judged(field: str, answer: object) -> FieldResult:
    """One field of an application that is complete but for it, by the file of 2015."""
    check = check_application(requirements=PROGRAM.authorisation_requirements, answers={**COMPLETE, field: answer})
    others = [each for each in check.unfulfilled if each.field != field]
    assert others == []
    return next(each for each in check.fields if each.field == field)


def by_key(answer: object, **keys: object) -> FieldResult:
    """The answer to one requirement with these keys."""
    requirement = Requirement("asked", "the words", **keys)  # type: ignore[arg-type]
    (result,) = check_application(requirements=[requirement], answers={"asked": answer}).fields
    return result


def to_verify(**changed: object) -> tuple[str, ...]:
    check = check_application(requirements=PROGRAM.authorisation_requirements, answers={**COMPLETE, **changed})
    return check.to_verify


def test_a_complete_application_leaves_nothing_to_ask() -> None:
    """ "Have a verifiable company website, company email, company name, phone number and address" and the rest."""
    check = check_application(requirements=PROGRAM.authorisation_requirements, answers=COMPLETE)
    assert {each.field: each.state for each in check.fields} == dict.fromkeys(COMPLETE, "fulfilled")
    assert (check.unfulfilled, check.to_verify, check.partners) == ((), (), None)


@pytest.mark.parametrize("field", COMPLETE)
@pytest.mark.parametrize("nothing", [None, "", "  ", "-", "...", "?"])
def test_each_requirement_without_an_answer_is_missing(field: str, nothing: object) -> None:
    assert judged(field, nothing).state == "missing"


@pytest.mark.parametrize("field", COMPLETE)
@pytest.mark.parametrize("no", [False, "no", " No ", "FALSE", "nein", "nee", "None", "n/a"])
def test_no_is_an_answer_and_fulfils_nothing(field: str, no: object) -> None:
    assert judged(field, no).state == "not fulfilled"


@pytest.mark.parametrize("field", COMPLETE)
@pytest.mark.parametrize("hidden", ["\u200b", "\u202e", "\u00ad", "\u3164", "\x07"])
def test_a_character_that_nobody_sees_is_named(field: str, hidden: str) -> None:
    found = judged(field, f"{COMPLETE[field]}{hidden}")
    assert (found.state, f"U+{ord(hidden):04X}" in found.because) == ("not fulfilled", True)


def test_the_programmes_words_stand_beside_each_field() -> None:
    found = judged("resolves_abuse_reports", "no")
    assert found.source.startswith("Capability to resolve SPAM, copyright and abuse reports of your clients")


@pytest.mark.parametrize(
    ("field", "answer"),
    [
        ("website", "noordster dot example"),
        ("website", "www.noordster.example"),
        ("website", "http://[noordster"),
        ("website", "https://localhost"),
        ("website", "https://192.0.2.1"),
        ("website", "https://noordster.example@other.example"),
        ("website", "ftp://noordster.example"),
        ("website", True),
        ("email", "noordster.example"),
        ("email", "jo@noordster.example, kim@noordster.example"),
        ("company_name", "0"),
        ("company_name", True),
        ("phone", "0"),
        ("phone", "ask Jo"),
        ("address", "12"),
        ("resolves_abuse_reports", "0"),
        ("resolves_abuse_reports", "maybe"),
        ("provides_billing_support", "1"),
        ("provides_billing_support", "yes, soon"),
        ("type_of_business", "End-Users"),
        ("type_of_business", "END USER CUSTOMER"),
        ("type_of_business", True),
        ("minimum_revenue", "0"),
        ("minimum_revenue", "0.00 EUR"),
        ("minimum_revenue", "-500"),
        ("minimum_revenue", "1.500,00"),
        ("minimum_revenue", "1,500"),
        ("minimum_revenue", "500 USD"),
        ("minimum_revenue", "a lot"),
        ("minimum_revenue", True),
    ],
)
def test_an_answer_that_does_not_say_what_was_asked_is_not_fulfilled(field: str, answer: object) -> None:
    found = judged(field, answer)
    assert found.state == "not fulfilled"
    assert found.because


def test_an_answer_that_only_begins_with_no_is_an_answer() -> None:
    assert judged("market_focus", "none yet").state == "fulfilled"
    assert judged("company_name", "Nova").state == "fulfilled"


def test_who_sells_to_end_users_is_no_end_user_and_a_person_looks() -> None:
    """ "The discounts are not available for end user customers." """
    answer = "hosting provider for end users"
    assert judged("type_of_business", answer).state == "fulfilled"
    (said,) = to_verify(type_of_business=answer)
    assert "mentions end user" in said
    assert to_verify(type_of_business="friend users") == ()


def test_a_requirement_without_a_key_takes_any_answer_but_no() -> None:
    """What an earlier programme file asks for has not changed: presence alone."""
    assert [by_key(each).state for each in (True, "0", 0, "x")] == ["fulfilled"] * 4
    assert by_key(False).state == "not fulfilled"


def test_accepted_types_of_business_are_compared_without_case_marks_and_plural() -> None:
    keys = {"accepted": ("hosting provider", "reseller")}
    assert by_key("Hosting-Providers", **keys).state == "fulfilled"
    found = by_key("bakery", **keys)
    assert found == FieldResult(
        "asked", "not fulfilled", "'bakery', expected one of hosting provider, reseller", "the words"
    )


@pytest.mark.parametrize(("answer", "state"), [("NO", "fulfilled"), ("NL", "not fulfilled"), ("no", "not fulfilled")])
def test_where_norway_is_a_country_its_code_is_no_refusal(answer: str, state: str) -> None:
    assert by_key(answer, countries=("NO", "DE")).state == state


def test_a_country_is_its_code() -> None:
    assert by_key("DE", countries=("DE",)).state == "fulfilled"
    assert by_key("Germany", countries=("DE",)).because == "'Germany', expected one of DE"


@pytest.mark.parametrize(
    ("answer", "state"), [("500", "fulfilled"), ("EUR 500.00", "fulfilled"), ("499.99", "not fulfilled")]
)
def test_minimum_revenue_is_reached_exactly(answer: str, state: str) -> None:
    assert by_key(answer, expects="amount", at_least_cents=500_00).state == state


def test_an_empty_application_misses_everything_in_the_order_of_the_programme() -> None:
    check = check_application(requirements=PROGRAM.authorisation_requirements, answers={})
    assert [(each.field, each.state) for each in check.unfulfilled] == [(field, "missing") for field in COMPLETE]
    assert check.to_verify == ()


@pytest.mark.parametrize("email", ["SALES@NOORDSTER.EXAMPLE", "sales@mail.noordster.example"])
def test_an_address_of_the_websites_domain_needs_no_second_look(email: str) -> None:
    assert to_verify(email=email) == ()


@pytest.mark.parametrize("email", ["noordster@post.example", "sales@notnoordster.example", "sales@example"])
def test_an_address_of_another_domain_is_for_a_person_to_verify(email: str) -> None:
    (reason,) = to_verify(email=email)
    assert email.rpartition("@")[2] in reason
    assert "noordster.example" in reason


def alike(**changed: object) -> list[AlikePartner]:
    """The partners that an applicant may be, among P1 with every mark and P2 with none of them."""
    known = replace(
        partner("P1", "suspended"),
        company_name="Noordster Hosting B.V.",
        vat_id="NL 0012.34.567.B01",
        website="https://noordster.example",
    )
    other = replace(partner("P2"), company_name="Duin Cloud", website="")
    contacts = [
        Contact("P1", "Jo", "jo@post.noordster.example", "billing"),
        Contact("P2", "Kim", "kim@duin.example", "billing"),
    ]
    answers = {"company_name": "Other", "website": "https://o.example", "email": "a@o.example", **changed}
    return alike_partners(answers=answers, partners=[known, other], contacts=contacts)


@pytest.mark.parametrize(
    ("changed", "mark"),
    [
        ({"vat_id": "nl001234567b01"}, "VAT number"),
        ({"company_name": "NOORDSTER HOSTING GmbH"}, "company name"),
        ({"company_name": "Nоordster-Hosting"}, "company name"),  # noqa: RUF001 - a Cyrillic o
        ({"company_name": "Noordstar Hosting"}, "similar company name"),
        ({"website": "http://www.noordster.example/nl"}, "mail domain"),
        ({"email": "someone@post.noordster.example"}, "mail domain"),
    ],
)
def test_a_partner_that_applies_again_is_named_with_what_is_the_same(changed: dict[str, str], mark: str) -> None:
    assert alike(**changed) == [AlikePartner("P1", "suspended", (mark,))]


def test_an_applicant_who_shares_nothing_is_nobody() -> None:
    assert alike() == []
    assert alike(company_name="Noordster Hosting 2") == []
    assert alike(vat_id="", company_name="", website="", email="") == []

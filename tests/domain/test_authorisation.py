"""An application is compared with the programme's list, field by field; a person decides (rule 11)."""

import pytest

from partner_program.domain.authorisation import check_application
from tests.domain.made_month import PROGRAM

COMPLETE = {
    "website": "https://www.noordster.example/about",
    "email": "sales@noordster.example",
    "company_name": "Noordster Hosting",
    "phone": "+31201234567",
    "address": "Kade 1, Haarlem",
    "resolves_abuse_reports": True,
    "provides_billing_support": True,
    "type_of_business": "hosting provider",
    "geographical_location": "Netherlands",
    "market_focus": "web shops",
    "minimum_revenue": 0,
}


def to_verify(**changed: object) -> tuple[str, ...]:
    return check_application(program=PROGRAM, application={**COMPLETE, **changed}).to_verify


def test_a_complete_application_leaves_nothing_to_ask() -> None:
    """ "Have a verifiable company website, company email, company name, phone number and address" and the rest."""
    check = check_application(program=PROGRAM, application=COMPLETE)
    assert (set(check.present), check.missing, check.to_verify) == (set(COMPLETE), (), ())


@pytest.mark.parametrize("field", COMPLETE)
@pytest.mark.parametrize("nothing", [None, "", "  ", False, "no", " No ", "FALSE"])
def test_each_requirement_that_is_not_given_is_named(field: str, nothing: object) -> None:
    check = check_application(program=PROGRAM, application={**COMPLETE, field: nothing})
    assert check.missing == (field,)
    assert field not in check.present


def test_an_answer_that_only_begins_with_no_is_an_answer() -> None:
    check = check_application(
        program=PROGRAM, application={**COMPLETE, "company_name": "No", "market_focus": "none yet"}
    )
    assert check.missing == ("company_name",)
    assert "market_focus" in check.present


def test_an_empty_application_misses_everything_in_the_order_of_the_programme() -> None:
    check = check_application(program=PROGRAM, application={})
    assert check.missing == PROGRAM.authorisation_requirements
    assert (check.present, check.to_verify) == ((), ())


def test_a_field_that_the_programme_does_not_ask_for_is_left_alone() -> None:
    check = check_application(program=PROGRAM, application={**COMPLETE, "fax": "none"})
    assert "fax" not in check.present + check.missing


@pytest.mark.parametrize("email", ["SALES@NOORDSTER.EXAMPLE", "sales@mail.noordster.example"])
def test_an_address_of_the_websites_domain_needs_no_second_look(email: str) -> None:
    assert to_verify(email=email) == ()


@pytest.mark.parametrize("email", ["noordster@post.example", "sales@notnoordster.example", "sales@example"])
def test_an_address_of_another_domain_is_for_a_person_to_verify(email: str) -> None:
    (reason,) = to_verify(email=email)
    assert email.rpartition("@")[2] in reason
    assert "noordster.example" in reason


@pytest.mark.parametrize("website", ["noordster dot example", "http://[noordster", "https://[::1", "//"])
def test_a_website_that_is_not_a_web_address_is_for_a_person_to_verify(website: str) -> None:
    assert to_verify(website=website) == (f"website {website!r} is not a web address",)

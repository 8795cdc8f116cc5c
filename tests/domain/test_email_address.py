"""What is one e-mail address, and how the fault of one that is not is told."""

import pytest

from partner_program.domain.email_address import domain_of, fault_of_address

NO_NAME = "has no plain name before the @: letters, digits and marks, in parts between dots"
NO_DOMAIN = "has no plain domain after the @: parts between dots, as in host.example"


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("jo.de-vries+bills@mail.p1.example", None),
        ("žofie@bücher.example", None),
        ("jo", "has no @"),
        ("@p1.example", NO_NAME),
        ("jo@al@p1.example", NO_NAME),
        ("j\u200bo@p1.example", NO_NAME),
        ("jo@", NO_DOMAIN),
        ("jo@p1..example", NO_DOMAIN),
        ("jo@p1.example, al@p1.example", NO_NAME),
        ("jo@p1.example;", NO_DOMAIN),
    ],
)
def test_an_address_has_a_plain_name_and_a_plain_domain(written: str, fault: str | None) -> None:
    assert fault_of_address(written) == fault


def test_the_domain_stands_after_the_last_at() -> None:
    assert domain_of('"a@b"@p1.example') == "p1.example"
    assert domain_of("p1.example") == "p1.example"

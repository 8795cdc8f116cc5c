"""The registry, letters and the mail client all use the same grammar of an e-mail address."""

import pytest

from partner_program.adapters.files import values
from partner_program.adapters.mail.envelope import Envelope, fault_of_addresses
from partner_program.adapters.mail_address import parse_address
from partner_program.domain.email_address import domain_of, fault_of_address
from partner_program.domain.refusals import Refusal, Undeliverable


@pytest.mark.parametrize(
    "written",
    [
        "jo@p1.example",
        "Jo.De-Vries+billing@mail.P1.example",
        "o'neil@p1.example",
        "jo@bücher.example",
        "žofie@p1.example",
        "مكتب@p1.example",
        "!#$%&'*+-/=?^_`{|}~@p1.example",
    ],
)
def test_a_valid_address_is_accepted_everywhere(written: str) -> None:
    assert fault_of_address(written) is None
    assert values.email(written) == written
    sent = parse_address(written)
    envelope = Envelope("", str(sent), b"", needs_smtputf8=sent.needs_smtputf8)
    assert fault_of_addresses(envelope) is None


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("", "has no @"),
        ("jo", "has no @"),
        ("@p1.example", "no plain name"),
        ("jo@", "no plain domain"),
        ("jo.@p1.example", "no plain name"),
        (".jo@p1.example", "no plain name"),
        ("j..o@p1.example", "no plain name"),
        ("jo@p1..example", "no plain domain"),
        ("jo@.example", "no plain domain"),
        ("jo@p1.example.", "no plain domain"),
        ("jo@al@p1.example", "no plain name"),
        ("jo@p1.example,al@p1.example", "no plain name"),
        ("jo@p1.example;", "no plain domain"),
        ("Jo <jo@p1.example>", "no plain name"),
        ('"jo"@p1.example', "no plain name"),
        ("jo@[192.0.2.1]", "no plain domain"),
        ("jo\\@p1.example", "no plain name"),
        ("j o@p1.example", "no plain name"),
        ("jo@p1.example\n", "no plain domain"),
        ("jo@p1.example\r\nBcc: al@p1.example", "no plain name"),
        ("j\u200bo@p1.example", "no plain name"),
        ("j\u202eo@p1.example", "no plain name"),
        ("j\ud800o@p1.example", "no plain name"),
    ],
)
def test_an_invalid_address_is_refused_everywhere(written: str, fault: str) -> None:
    assert fault in str(fault_of_address(written))
    with pytest.raises(Refusal, match="is not one e-mail address"):
        values.email(written)
    with pytest.raises(Undeliverable, match=fault):
        parse_address(written)
    assert fault in str(fault_of_addresses(Envelope("", written, b"", needs_smtputf8=True)))


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("jo@localhost", "has no whole domain after the @"),
        ("jo@192.0.2.1", "has no whole domain after the @"),
        ("jo@-p1.example", "has a domain that cannot be registered"),
        ("jo@ho_st.example", "has a domain that cannot be registered"),
        (f"{'j' * 65}@p1.example", "has 65 octets before the @, more than 64"),
        (f"jo@{'p1.' * 90}example", "has a domain that cannot be registered"),
        (f"{'j' * 64}@{('p' * 60 + '.') * 3}example", "is longer than 254 octets"),
    ],
)
def test_an_address_to_which_no_letter_can_go_is_refused_at_load(written: str, fault: str) -> None:
    """Else it is found when letters were approved, and every letter that names it is undeliverable."""
    assert fault_of_address(written) is None
    with pytest.raises(Refusal, match=fault):
        values.email(written)
    with pytest.raises(Undeliverable, match=fault):
        parse_address(written)


def test_the_domain_is_what_stands_after_the_last_at() -> None:
    assert domain_of("jo@p1.example") == "p1.example"
    assert domain_of("") == ""

"""The registry, letters and the mail client all use the same grammar of an e-mail address."""

import pytest

from partner_program.adapters.files import values
from partner_program.adapters.mail.address import parse_address
from partner_program.adapters.mail.envelope import Envelope, fault_of_addresses
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


def test_a_letter_may_demand_more_of_an_address_than_the_registry() -> None:
    """A domain that cannot be registered is found when a letter is written; only that letter is undeliverable."""
    for written in ("jo@localhost", "jo@ho_st.example", "jo@192.0.2.1"):
        assert values.email(written) == written
        with pytest.raises(Undeliverable):
            parse_address(written)


def test_the_domain_is_what_stands_after_the_last_at() -> None:
    assert domain_of("jo@p1.example") == "p1.example"
    assert domain_of("") == ""

"""E-mail addresses: which ones mail can be sent to, in which form, and what is wrong with the others."""

import pytest

from partner_program.adapters.mail_address import parse_address
from partner_program.domain.refusals import Undeliverable


@pytest.mark.parametrize(
    ("written", "sent", "needs_smtputf8"),
    [
        ("anna@noordzee.example", "anna@noordzee.example", False),
        ("Anna.De-Vries+billing@NOORDZEE.Example", "Anna.De-Vries+billing@noordzee.example", False),
        ("o'neil@host.example", "o'neil@host.example", False),
        ("info@bücher.example", "info@xn--bcher-kva.example", False),
        ("info@straße.example", "info@xn--strae-oqa.example", False),
        ("info@中国.example", "info@xn--fiqs8s.example", False),
        ("info@xn--bcher-kva.example", "info@xn--bcher-kva.example", False),
        ("büro@host.example", "büro@host.example", True),
        ("مكتب@host.example", "مكتب@host.example", True),
    ],
)
def test_an_address_is_written_in_the_form_that_mail_needs(written: str, sent: str, needs_smtputf8: bool) -> None:
    address = parse_address(written)

    assert str(address) == sent
    assert address.needs_smtputf8 is needs_smtputf8


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "has no @"),
        ("anna", "has no @"),
        ("@host.example", "no plain name before the @"),
        ("a@b@host.example", "no plain name before the @"),
        ("anna.@host.example", "no plain name before the @"),
        ("an na@host.example", "no plain name before the @"),
        ('"an na"@host.example', "no plain name before the @"),
        ("Anna <anna@host.example>", "no plain name before the @"),
        ("a,b@host.example", "no plain name before the @"),
        ("a\u202eb@host.example", "no plain name before the @"),
        ("a\u200bb@host.example", "no plain name before the @"),
        ("a\x00b@host.example", "no plain name before the @"),
        ("a\ud800b@host.example", "no plain name before the @"),
        ("anna@host.example\r\nBcc: b@x.example", "no plain name before the @"),
        ("anna@host.example\r\n", "domain"),
        ("anna@", "domain"),
        ("anna@host", "no whole domain after the @"),
        ("anna@host..example", "domain"),
        ("anna@-host.example", "domain"),
        ("anna@ho_st.example", "domain"),
        ("anna@[192.0.2.1]", "domain"),
        ("anna@192.0.2.1", "no whole domain after the @"),
        ("anna@\U0001f600.example", "cannot be registered"),
        ("anna@xn--zz.example", "domain"),
        ("anna@a\u202eb.example", "domain"),
        (f"anna@{'a' * 64}.example", "domain"),
        (f"{'a' * 65}@host.example", "has 65 octets before the @, more than 64"),
        (f"{'é' * 33}@host.example", "has 66 octets before the @, more than 64"),
        (f"anna@{'a.' * 125}example", "domain|longer than 254 octets"),
        pytest.param("x" * 10_000_000, "has no @", id="ten megabytes"),
    ],
)
def test_an_address_that_mail_cannot_use_is_refused_with_the_reason(written: str, says: str) -> None:
    with pytest.raises(Undeliverable, match=says) as refused:
        parse_address(written)

    assert len(str(refused.value)) < 3000
    assert str(refused.value).isascii()

"""Amounts as a locale writes them: the same digits as Babel, in less time."""

from decimal import Decimal

import pytest
from babel import Locale
from babel.numbers import format_currency, format_percent
from hypothesis import given
from hypothesis import strategies as st

from partner_program.adapters.letters.locale_format import LocaleFormat

TAGS = ("en_GB", "nl_NL", "de_DE", "fr_FR", "hi_IN", "sv_SE", "ar_EG")
FORMS = {tag: LocaleFormat(Locale.parse(tag)) for tag in TAGS}
MINOR = st.integers(-(10**15), 10**15)


@given(st.sampled_from(sorted(FORMS)), MINOR)
def test_euros_are_written_as_babel_writes_them_with_a_real_minus_sign(tag: str, cents: int) -> None:
    expected = format_currency(Decimal(cents).scaleb(-2), "EUR", locale=tag).replace("-", "\u2212")

    assert FORMS[tag].own(cents) == expected


@given(st.sampled_from(sorted(FORMS)), st.integers(0, 10_000))
def test_percentages_are_written_as_babel_writes_them_with_no_digit_lost(tag: str, bp: int) -> None:
    assert FORMS[tag].percent(bp) == format_percent(Decimal(bp).scaleb(-4), locale=tag, decimal_quantization=False)


@pytest.mark.parametrize(
    ("tag", "minor", "currency", "shown"),
    [
        ("en_GB", -123_456, "USD", "\u2212USD\u00a01,234.56"),
        ("nl_NL", 123_456, "USD", "USD\u00a01.234,56"),
        ("nl_NL", -5, "GBP", "GBP\u00a0\u22120,05"),
        ("de_DE", -123_456, "USD", "\u22121.234,56\u00a0USD"),
        ("en_GB", 500_000, "JPY", "JPY\u00a05,000.00"),
    ],
)
def test_an_amount_in_its_own_currency_carries_the_code_never_an_ambiguous_sign(
    tag: str, minor: int, currency: str, shown: str
) -> None:
    assert FORMS[tag].amount(minor, currency) == shown


def test_an_exchange_rate_keeps_its_trailing_zeros() -> None:
    assert FORMS["de_DE"].rate("1.120000") == "1,120000"

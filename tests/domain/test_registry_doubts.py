"""What a sound registry names as doubtful: one VAT number twice, and codes that look alike."""

from dataclasses import replace
from datetime import date

import pytest

from partner_program.domain.dated import Period
from partner_program.domain.registry import AccountLink, Entity, Partner, Registry
from partner_program.domain.registry_doubts import look_of, registry_doubts

NOTHING = Registry((), (), (), (), (), (), (), (), ())
NL = Entity("NL", "Host", "NL", "EUR", "Europe/Amsterdam", date(2010, 1, 1))


def partner(partner_id: str, vat_id: str, status: str = "authorized") -> Partner:
    return Partner(partner_id, "Company", status, "en", "NL", "", "", "", vat_id, "M1")


def linked(*accounts: tuple[str, str]) -> Registry:
    links = (AccountLink("P1", entity, account, Period(date(2012, 1, 1), None)) for entity, account in accounts)
    return replace(NOTHING, entities=(NL, replace(NL, entity="US")), account_links=tuple(links))


@pytest.mark.parametrize(
    ("one", "other", "named"),
    [
        ("NL001234567B01", "NL001234567B01", True),
        ("NL001234567B01", "nl 0012.345.67 b01", True),
        ("NL001234567B01", "NL001234567B02", False),
        ("", "", False),
        ("n/a", "N/A", False),
        ("none", "none", False),
        ("-", "-", False),
    ],
)
def test_two_partners_with_one_vat_number_are_named(one: str, other: str, named: bool) -> None:
    partners = (partner("P1", one), partner("P2", other), partner("P3", "DE999999999"))
    said = registry_doubts(replace(NOTHING, partners=partners))
    assert [doubt.partition(":")[0] for doubt in said] == (
        ["partners P1, P2 have one VAT number, NL001234567B01"] if named else []
    )


def test_a_partner_that_ended_may_have_come_back_under_another_id() -> None:
    partners = (partner("P1", "NL001234567B01", "ended"), partner("P2", "NL001234567B01"))
    assert registry_doubts(replace(NOTHING, partners=partners)) == []


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("A1", "\N{CYRILLIC CAPITAL LETTER A}1", True),
        ("A1", "\N{GREEK CAPITAL LETTER ALPHA}1", True),
        ("A1", "\N{FULLWIDTH LATIN CAPITAL LETTER A}1", True),
        ("A1", "a1", True),
        ("HPC1", "\u041d\u0420\u04211", True),
        ("O1", "01", False),
        ("A1", "A2", False),
        ("A1", "B1", False),
    ],
)
def test_codes_of_one_look_are_named_and_others_are_not(one: str, other: str, alike: bool) -> None:
    assert (look_of(one) == look_of(other)) is alike
    assert bool(registry_doubts(linked(("NL", one), ("NL", other)))) is alike


def test_accounts_of_two_entities_and_two_links_of_one_account_are_not_compared() -> None:
    assert registry_doubts(linked(("NL", "A1"), ("US", "a1"), ("NL", "A1"))) == []


def test_a_look_alike_is_named_with_its_code_points() -> None:
    said = registry_doubts(linked(("NL", "A1"), ("NL", "\N{CYRILLIC CAPITAL LETTER A}1")))
    assert said == [
        "account_id of entity NL: A1, \N{CYRILLIC CAPITAL LETTER A}1 (U+0410) look alike: if they are one, "
        "write it in one way"
    ]

"""What a sound registry names as doubtful: one VAT number twice, and codes that look alike."""

from dataclasses import replace
from datetime import date

import pytest

from partner_program.domain.dated import Period
from partner_program.domain.registry import AccountLink, AccountManager, Entity, GraceGrant, Partner, Registry
from partner_program.domain.registry_doubts import look_of, plain_vat_id, registry_doubts, spelt

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


def test_look_alikes_are_told_by_the_column_in_which_they_stand() -> None:
    grants = tuple(GraceGrant(each, "P1", 1, date(2015, 7, 1), date(2015, 8, 1), "", "") for each in ("G1", "g1"))
    managers = tuple(AccountManager(each, "Jo", "jo@host.example", "") for each in ("M1", "m1"))
    partners = (partner("P1", ""), partner("p1", ""))
    said = registry_doubts(replace(NOTHING, partners=partners, account_managers=managers, grace_grants=grants))
    assert [each.partition(" look")[0] for each in said] == [
        "partner_id: P1, p1",
        "account_manager_id: M1, m1",
        "grant_id: G1, g1",
    ]


def test_four_characters_with_a_digit_are_enough_for_a_vat_number() -> None:
    assert [plain_vat_id(each) for each in ("x-001", "x-01", "abcd")] == ["X001", "", ""]


def test_each_character_outside_ascii_is_spelt() -> None:
    assert spelt("\u0410\u0412") == "\u0410\u0412 (U+0410 U+0412)"


def test_attributes_that_no_benefit_demands_are_named_with_the_one_that_was_meant() -> None:
    partners = tuple(
        replace(partner(each, ""), attributes=attributes)
        for each, attributes in (("P1", "specialized"), ("P2", "specialised"), ("P3", "specialized gold"), ("P4", ""))
    )
    said = registry_doubts(replace(NOTHING, partners=partners), attributes={"specialised"})
    assert said == [
        "attribute specialized of P1, P3 is demanded by no benefit of the programme, did you mean specialised?",
        "attribute gold of P3 is demanded by no benefit of the programme",
    ]


def test_authorised_partners_outside_their_managers_region_are_named() -> None:
    """ "a regional LeaseWeb Partner Account Manager"; a manager without countries looks after any."""
    managers = (
        AccountManager("M1", "Jo", "jo@host.example", "", "BE LU"),
        AccountManager("M2", "K", "k@h.example", ""),
    )
    partners = (
        partner("P1", ""),
        partner("P2", "", "ended"),
        replace(partner("P3", ""), country="BE"),
        replace(partner("P4", ""), account_manager_id="M2"),
    )
    known = replace(NOTHING, account_managers=managers, partners=partners)
    assert registry_doubts(known) == ["partner manager M1, for BE, LU, has partners elsewhere: P1 (NL)"]

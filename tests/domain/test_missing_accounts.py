from datetime import date
from typing import Any

import pytest

from partner_program.adapters.files.program import load_program
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.dated import Period
from partner_program.domain.listed_accounts import ListedAccount
from partner_program.domain.missing_accounts import CountedTotal, free_accounts, suggest_accounts
from partner_program.domain.registry import AccountLink, Contact, Partner, Registry
from partner_program.usecases.installation import PROJECT

PROGRAM = load_program(PROJECT / "include" / "program" / "2015-07-27.yaml")
JULY = BillingMonth(2015, 7)
A1 = ListedAccount("A1", "Somebody B.V.", "", "")


def partner(partner_id: str, name: str, **values: str) -> Partner:
    given = {"status": "authorized", "website": "", "vat_id": "", **values}
    own = {"language": "en", "country": "NL", "phone": "", "address": "", "account_manager_id": "M1", **given}
    return Partner(partner_id=partner_id, company_name=name, **own)


def registry(*partners: Partner, contacts: tuple[Contact, ...] = (), links: tuple[AccountLink, ...] = ()) -> Registry:
    empty: dict[str, Any] = dict.fromkeys(("entities", "account_managers", "legacy_agreements", "grace_grants"), ())
    return Registry(
        partners=partners, contacts=contacts, account_links=links, benefit_requests=(), exchange_rates=(), **empty
    )


def suggested(known: Registry, account: ListedAccount, share: int | None = 779_65, **totals: CountedTotal) -> Any:
    rows, strange = suggest_accounts(
        month=JULY,
        program=PROGRAM,
        registry=known,
        free={"NL": [account]},
        totals=totals,
        share=lambda _entity, _account: share,
    )
    return rows or strange


@pytest.mark.parametrize(
    ("at_the_partner", "at_the_entity"),
    [("NL001234567B01", "nl 0012.34567 b01"), ("nl 0012.34567-B01", "NL001234567B01"), ("NL.001234567.B01",) * 2],
)
def test_the_same_vat_number_however_it_is_written_is_certain(at_the_partner: str, at_the_entity: str) -> None:
    known = registry(partner("P1", "One", vat_id=at_the_partner))
    (row,) = suggested(known, A1._replace(vat_id=at_the_entity))
    assert (row.certainty, row.partner_id, row.marks) == ("certain", "P1", ("VAT number",))


@pytest.mark.parametrize("vat_id", ["", "XX", "-", "NL"])
def test_what_is_no_vat_number_points_to_nobody(vat_id: str) -> None:
    (row,) = suggested(registry(partner("P1", "One", vat_id=vat_id)), A1._replace(vat_id=vat_id))
    assert row.account_mrr_eur_cents == 779_65
    assert not hasattr(row, "certainty")


def test_the_domain_of_the_website_or_of_a_contact_is_likely() -> None:
    site = registry(partner("P1", "One", website="https://www.one.example/"))
    person = registry(partner("P1", "One"), contacts=(Contact("P1", "Pat", "pat@one.example", "billing"),))
    for known in (site, person):
        (row,) = suggested(known, A1._replace(email_domain="One.example"))
        assert (row.certainty, row.marks) == ("likely", ("mail domain",))


def test_a_domain_at_which_anybody_has_a_mailbox_points_to_nobody() -> None:
    known = registry(partner("P1", "One"), contacts=(Contact("P1", "Pat", "pat@gmail.com", "billing"),))
    (row,) = suggested(known, A1._replace(email_domain="gmail.com"))
    assert not hasattr(row, "certainty")


def test_the_same_name_but_for_legal_form_and_case_is_maybe() -> None:
    (row,) = suggested(registry(partner("P1", "Deich Server GmbH")), A1._replace(company_name="DEICH SERVER AG"))
    assert (row.certainty, row.marks) == ("maybe", ("company name",))


def test_two_partners_with_one_vat_number_are_both_named_and_none_is_chosen() -> None:
    known = registry(partner("P1", "One", vat_id="NL001234567B01"), partner("P2", "Two", vat_id="NL001234567B01"))
    rows = suggested(known, A1._replace(vat_id="NL001234567B01"))
    assert [(row.certainty, row.partner_id) for row in rows] == [("unclear", "P1"), ("unclear", "P2")]


def test_an_agency_whose_mailbox_two_partners_share_decides_for_neither() -> None:
    contacts = tuple(Contact(each, "Pat", "pat@agency.example", "technical") for each in ("P1", "P2"))
    rows = suggested(
        registry(partner("P1", "One"), partner("P2", "Two"), contacts=contacts),
        A1._replace(email_domain="agency.example"),
    )
    assert [(row.certainty, row.partner_id) for row in rows] == [("unclear", "P1"), ("unclear", "P2")]


def test_marks_that_contradict_one_another_are_unclear() -> None:
    known = registry(partner("P1", "One", vat_id="NL001234567B01"), partner("P2", "Two", website="https://two.example"))
    rows = suggested(known, A1._replace(vat_id="NL001234567B01", email_domain="two.example"))
    assert [(row.certainty, row.partner_id, row.marks) for row in rows] == [
        ("unclear", "P1", ("VAT number",)),
        ("unclear", "P2", ("mail domain",)),
    ]


@pytest.mark.parametrize(("share", "tier"), [(1, 2), (0, 1), (-1, 1)])
def test_a_cent_decides_which_tier_the_partner_would_have_had(share: int, tier: int) -> None:
    known = registry(partner("P1", "One", vat_id="NL001234567B01"))
    (row,) = suggested(known, A1._replace(vat_id="NL001234567B01"), share, P1=CountedTotal(1_999_99, 1))
    assert (row.mrr_with_it_eur_cents, row.tier_with_it) == (1_999_99 + share, tier)
    assert row.changes_the_tier is (tier == 2)


def test_what_is_not_known_is_not_zero() -> None:
    known = registry(partner("P1", "One", vat_id="NL001234567B01"))
    account = A1._replace(vat_id="NL001234567B01")
    (held,) = suggested(known, account)
    (faulty,) = suggested(known, account, None, P1=CountedTotal(1_999_99, 1))
    assert (held.mrr_eur_cents, held.mrr_with_it_eur_cents, held.tier_with_it) == (None, None, None)
    assert (faulty.mrr_eur_cents, faulty.mrr_with_it_eur_cents, faulty.tier_with_it) == (1_999_99, None, None)


def test_a_partner_that_is_not_authorised_is_not_suggested() -> None:
    known = registry(partner("P1", "One", vat_id="NL001234567B01", status="suspended"))
    (row,) = suggested(known, A1._replace(vat_id="NL001234567B01"))
    assert not hasattr(row, "certainty")


@pytest.mark.parametrize(("until", "free"), [(date(2015, 7, 31), True), (date(2015, 8, 1), False), (None, False)])
def test_the_link_on_the_months_last_day_decides(until: date | None, free: bool) -> None:
    known = registry(links=(AccountLink("P1", "NL", "A1", Period(date(2012, 1, 1), until)),))
    found = free_accounts(registry=known, listed={"NL": [A1]}, month=JULY)
    assert found == {"NL": [A1] if free else []}

"""Accounts that may be missing from a total are named: unlinked, of two partners, or not marked by their entity."""

from datetime import date

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.dated import Period
from partner_program.domain.findings import Finding
from partner_program.domain.links import link_findings
from partner_program.domain.registry import AccountLink
from partner_program.domain.revenue import EntityRevenue
from tests.domain.made_month import line

JULY = BillingMonth(2015, 7)


def link(partner_id: str, account_id: str, until: date | None = None) -> AccountLink:
    return AccountLink(partner_id, "NL", account_id, Period(date(2012, 1, 1), until))


def found(
    resellers: tuple[str, ...], *links: AccountLink, billed: tuple[str, ...] = (), fault: str | None = None
) -> dict[str, tuple[str, ...]]:
    groups = tuple(line(500_00, account_id=each, month=JULY) for each in billed)
    revenue = EntityRevenue("NL", groups, (), (), resellers, fault)
    findings = link_findings(month=JULY, revenues=[revenue], links=links, partners=[])
    assert {each.severity for each in findings} <= {"warning"}
    return {each.check: each.examples for each in findings}


def test_accounts_that_fit_their_links_are_not_named() -> None:
    assert found(("A1",), link("P1", "A1")) == {}


def test_a_reseller_account_without_a_partner_is_named() -> None:
    assert found(("A1", "A2"), link("P1", "A1")) == {"unmatched_accounts": ("A2: linked to no partner",)}


def test_an_account_of_two_partners_is_named_with_both() -> None:
    assert found(("A1",), link("P1", "A1"), link("P2", "A1")) == {"unmatched_accounts": ("A1: linked to P1 and P2",)}


def test_a_linked_account_that_bills_and_is_not_listed_is_named() -> None:
    links = (link("P1", "A1"), link("P1", "A9"))
    assert found(("A1",), *links, billed=("A9",)) == {"unflagged_accounts": ("A9",)}


def test_a_linked_account_that_bills_nothing_and_is_not_listed_is_named_with_its_partner() -> None:
    links = (link("P1", "A1"), link("P2", "A9"))
    assert found(("A1",), *links) == {"unseen_accounts": ("A9 of P2",)}


def test_it_is_named_too_where_the_entity_lists_nothing_at_all() -> None:
    assert found((), link("P1", "A1"), link("P2", "A9"), billed=("A1",)) == {
        "unflagged_accounts": ("A1",),
        "unseen_accounts": ("A9 of P2",),
    }


def test_the_account_that_was_probably_meant_is_named() -> None:
    meant = found(("DE-4711",), link("P1", "DE4711"))
    assert meant["unseen_accounts"] == ("DE4711 of P1: is DE-4711 meant, which is linked to no partner?",)
    assert found(("DE-4711",), link("P1", "DE4711"), link("P2", "DE-4711"))["unseen_accounts"] == ("DE4711 of P1",)


def test_of_an_entity_that_failed_no_account_is_missed() -> None:
    assert found((), link("P1", "A1"), fault="month 2015-07 not closed") == {}


def test_a_link_that_ended_in_the_month_leaves_its_account_unmatched() -> None:
    assert found(("A1",), link("P1", "A1", date(2015, 7, 31))) == {"unmatched_accounts": ("A1: linked to no partner",)}
    assert found(("A1",), link("P1", "A1", date(2015, 8, 1))) == {}


def test_a_warning_says_what_becomes_of_the_money_and_names_twenty_of_many() -> None:
    groups = tuple(line(1, account_id=f"B{number:02}", month=JULY) for number in range(30))
    billing = EntityRevenue("NL", groups, (), (), ("A1",), None)
    links = [link("P1", each.account_id) for each in groups]
    lost = [link("P1", "C1"), link("P2", "C1"), *(link("P1", f"D{number:02}") for number in range(30))]
    unmatched, unflagged, unseen = link_findings(month=JULY, revenues=[billing], links=[*links, *lost], partners=[])
    assert unmatched == Finding(
        "NL",
        "warning",
        "unmatched_accounts",
        "2 accounts with no one partner: their money counts for nobody",
        2,
        ("A1: linked to no partner", "C1: linked to P1 and P2"),
    )
    assert (unflagged.entity, unflagged.check, unflagged.message, unflagged.count) == (
        "NL",
        "unflagged_accounts",
        "30 accounts linked to a partner and not in the entity's list of reseller accounts: they bill, and count",
        30,
    )
    assert (unseen.entity, unseen.message, unseen.count) == (
        "NL",
        "31 accounts linked to a partner, billing nothing and not in the entity's list of reseller accounts: "
        "partners are held",
        31,
    )
    assert (len(unflagged.examples), len(unseen.examples)) == (20, 20)
    assert unseen.examples[:2] == ("C1 of several partners", "D00 of P1")


def test_each_entity_has_its_own_findings() -> None:
    revenues = [EntityRevenue(code, (), (), (), ("A1",)) for code in ("NL", "US")]
    findings = link_findings(month=JULY, revenues=revenues, links=[link("P1", "A1")], partners=[])
    assert [(each.entity, each.message) for each in findings] == [
        ("US", "1 account with no one partner: their money counts for nobody")
    ]

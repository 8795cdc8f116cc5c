"""Months made by hand for the tests of the rules: short functions for a line, a link, a partner, a settled month."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from partner_program.adapters.files.program import load_program
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.dated import Period
from partner_program.domain.program import OnRecord, Program
from partner_program.domain.registry import AccountLink, Entity, GraceGrant, LegacyAgreement, Partner
from partner_program.domain.revenue import EntityRevenue, FaultyLine, MrrGroup
from partner_program.domain.settlement import Decision, PartnerHistory, Settlement, settle_month
from partner_program.domain.totals import MonthTotals, merge_totals

PROGRAM: Program = load_program(Path(__file__).parents[2] / "include/program/2015-07-27.yaml")
JUNE = BillingMonth(2015, 6)
GO_LIVE = date(2015, 7, 27)
LONG_AGO = date(2010, 1, 1)


def partner(partner_id: str = "P1", status: str = "authorized", attributes: str = "") -> Partner:
    """A partner; only its id, its status and its attributes matter."""
    return Partner(
        partner_id=partner_id,
        company_name=f"Company {partner_id}",
        status=status,
        language="en",
        country="NL",
        website="https://p.example",
        phone="+31200000000",
        address="Street 1",
        vat_id="",
        account_manager_id="M1",
        attributes=attributes,
    )


def entity(code: str = "NL", joined_on: date = LONG_AGO, left_on: date | None = None) -> Entity:
    """A legal entity that bills in euros."""
    return Entity(code, f"Hosting {code}", code, "EUR", "Europe/Amsterdam", joined_on, left_on)


def link(
    partner_id: str = "P1",
    account_id: str = "A1",
    code: str = "NL",
    *,
    since: date = LONG_AGO,
    until: date | None = None,
) -> AccountLink:
    """An account that belongs to a partner for `[since, until)`."""
    return AccountLink(partner_id, code, account_id, Period(since, until))


def line(
    minor: int,
    *,
    account_id: str = "A1",
    month: BillingMonth = JUNE,
    start: date | None = None,
    end: date | None = None,
    term: int = 1,
    kind: str = "recurring",
    status: str = "posted",
    currency: str = "EUR",
) -> MrrGroup:
    """One invoice line in a month: its covered days are counted one by one; of usage only the first day matters."""
    first = start or month.first_day
    days = [month.first_day + timedelta(days=passed) for passed in range(month.days)]
    covered = sum(1 for day in days if first <= day and (end is None or day < end))
    if kind == "usage":
        covered = len(days) if first in days else 0
    return MrrGroup(account_id, currency, kind, status, term, covered, 1, minor)


def faulty(
    minor: int | None = 100_00, *, account_id: str = "A1", kind: str = "recurring", status: str = "posted"
) -> FaultyLine:
    """A line with a faulty term."""
    return FaultyLine("L7", account_id, "EUR", kind, status, minor, "term_months", "0", "a whole number from 1")


def billed(
    *groups: MrrGroup,
    code: str = "NL",
    faulty_lines: Sequence[FaultyLine] = (),
    reseller_accounts: Sequence[str] = (),
    fault: str | None = None,
) -> EntityRevenue:
    """What one entity billed in a month."""
    return EntityRevenue(code, groups, tuple(faulty_lines), (), tuple(reseller_accounts), fault)


def listing(revenues: Sequence[EntityRevenue], links: Sequence[AccountLink]) -> list[EntityRevenue]:
    """The same, with each linked account in its entity's list of reseller accounts, as it should be."""
    return [
        replace(
            each,
            reseller_accounts=tuple(
                sorted({*each.reseller_accounts, *(at.account_id for at in links if at.entity == each.entity)})
            ),
        )
        for each in revenues
    ]


def merged(
    *revenues: EntityRevenue,
    month: BillingMonth = JUNE,
    partners: Sequence[Partner] = (partner(),),
    links: Sequence[AccountLink] = (link(),),
    rates: Mapping[str, Decimal] | None = None,
    entities: Sequence[Entity] | None = None,
    entity_faults: Mapping[str, str] | None = None,
    are_listed: bool = True,
) -> MonthTotals:
    """The totals of a month; by default of one partner P1 with the account A1 at NL, which lists linked accounts."""
    return merge_totals(
        month=month,
        entities=[entity(each.entity) for each in revenues] if entities is None else entities,
        partners=partners,
        links=links,
        rates=rates or {},
        revenues=listing(revenues, links) if are_listed else revenues,
        entity_faults=entity_faults or {},
    )


def mrr_cents(*groups: MrrGroup, month: BillingMonth = JUNE, rates: Mapping[str, Decimal] | None = None) -> int:
    """The total of a partner whose one account was billed these lines."""
    (total,) = merged(billed(*groups), month=month, rates=rates).partners
    return total.mrr_eur_cents


def settled(
    *revenues: EntityRevenue,
    month: BillingMonth = JUNE,
    effective_on: date = GO_LIVE,
    program: Program = PROGRAM,
    partners: Sequence[Partner] = (partner(),),
    links: Sequence[AccountLink] = (link(),),
    agreements: Mapping[str, Sequence[LegacyAgreement]] | None = None,
    rates: Mapping[str, Decimal] | None = None,
    entities: Sequence[Entity] | None = None,
    histories: Mapping[str, PartnerHistory] | None = None,
    migration: bool = False,
    held: Mapping[str, OnRecord] | None = None,
) -> Settlement:
    """A settled month; by default of one partner P1 with the account A1 at NL, and no history."""
    return settle_month(
        month=month,
        effective_on=effective_on,
        program=program,
        entities=[entity(each.entity) for each in revenues] if entities is None else entities,
        partners=partners,
        links=links,
        agreements=agreements or {},
        rates=rates or {},
        revenues=listing(revenues, links),
        entity_faults={},
        histories=histories or {},
        migration=migration,
        held=held or {},
    )


def decided(mrr: int, history: PartnerHistory, *, effective_on: date = GO_LIVE, program: Program = PROGRAM) -> Decision:
    """What a month decides for a partner with this total and this history."""
    settlement = settled(billed(line(mrr)), effective_on=effective_on, program=program, histories={"P1": history})
    (decision,) = settlement.decisions
    return decision


def grant(tier: int, starts_on: date, ends_on: date, *, grant_id: str = "G1") -> GraceGrant:
    """A grace period of P1."""
    return GraceGrant(grant_id, "P1", tier, starts_on, ends_on, "pam", "growth plan")


def legacy(
    monthly_bp: int = 0,
    setup_bp: int = 0,
    sla: str | None = None,
    *,
    since: date = LONG_AGO,
    until: date | None = None,
    source: str = "agreement of 2012",
) -> LegacyAgreement:
    """An older agreement of P1."""
    return LegacyAgreement("P1", monthly_bp, setup_bp, sla, source, Period(since, until))

"""Writes the registry folder (contract 3): one CSV file for each table, as a person would keep them."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from demo.accounts import Link
from demo.companies import MANAGERS, Company, Contact
from demo.ecb_rates import Rates, rate_sources
from demo.entities import ENTITIES
from demo.plans import Plan

HEADERS = {
    "entities": "entity,legal_name,country,currency,time_zone,joined_on,left_on",
    "account_managers": "account_manager_id,name,email,phone",
    "partners": "partner_id,company_name,status,language,country,website,phone,address,vat_id,account_manager_id,"
    "authorized_on",
    "contacts": "partner_id,name,email,role",
    "account_links": "partner_id,entity,account_id,valid_from,valid_to",
    "legacy_agreements": "partner_id,monthly_fee_discount_bp,setup_fee_discount_bp,sla,source,valid_from,valid_to",
    "grace_grants": "grant_id,partner_id,tier,starts_on,ends_on,granted_by,reason",
    "benefit_requests": "partner_id,benefit,status,decided_by,valid_from,valid_to,request_id,quantity,purpose",
    "exchange_rates": "billing_month,currency,units_per_eur,source",
}
Row = Sequence[object]
_BENEFIT_REQUESTS: tuple[Row, ...] = (
    ("P015", "mdf", "approved", "Bram Oosterhuis", "2015-07-27", "2016-01-01", "", "", "a stand at a hosting fair"),
    (
        "P024",
        "post_payment",
        "approved",
        "Willemijn de Haan",
        "2014-01-01",
        "",
        "",
        "",
        "pays after 30 days since 2014",
    ),
    ("P031", "post_payment", "refused", "Jörg Weißenfels", "2015-07-27", "", "", "", "its own customers pay late"),
    (
        "P053",
        "seeding_options",
        "approved",
        "Jörg Weißenfels",
        "2015-06-01",
        "2015-09-01",
        "",
        5,
        "tests of a new cluster",
    ),
    ("P039", "customer_portal_access", "requested", "", "2015-07-27", "", "", "", "for its own customers"),
)


def write_registry(
    folder: Path,
    *,
    plans: Sequence[Plan],
    companies: Sequence[Company],
    contacts: Iterable[Contact],
    links: Sequence[Link],
    rates: Rates,
) -> None:
    """Write all nine tables."""
    managers = {company.partner_id: company.account_manager_id for company in companies}
    tables: dict[str, Iterable[Row]] = {
        "entities": ((*row[:6], "") for row in ENTITIES),
        "account_managers": MANAGERS,
        "partners": companies,
        "contacts": contacts,
        "account_links": sorted(_link_row(link) for link in links),
        "legacy_agreements": _legacy_rows(plans),
        "grace_grants": _grant_rows(plans, managers),
        "benefit_requests": _BENEFIT_REQUESTS,
        "exchange_rates": _rate_rows(rates),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADERS[table].split(","))
            writer.writerows(rows)


def _link_row(link: Link) -> tuple[str, ...]:
    valid_to = link.valid_to.isoformat() if link.valid_to else ""
    return (link.partner_id, link.account.entity, link.account.account_id, link.valid_from.isoformat(), valid_to)


def _legacy_rows(plans: Sequence[Plan]) -> Iterator[Row]:
    for plan in plans:
        for number, legacy in enumerate(plan.legacy, start=1):
            source = f"reseller agreement {plan.partner_id}/{number} of {legacy.valid_from}"
            discounts = (legacy.monthly_fee_discount_bp, legacy.setup_fee_discount_bp, legacy.sla)
            yield (plan.partner_id, *discounts, source, legacy.valid_from, legacy.valid_to)


def _grant_rows(plans: Sequence[Plan], managers: dict[str, str]) -> Iterator[Row]:
    names = {manager.account_manager_id: manager.name for manager in MANAGERS}
    for plan in plans:
        for number, grant in enumerate(plan.grants, start=1):
            granted_by = names[managers[plan.partner_id]]
            grant_id = f"G-{plan.partner_id}-{number}"
            yield (grant_id, plan.partner_id, grant.tier, grant.starts_on, grant.ends_on, granted_by, grant.reason)


def _rate_rows(rates: Rates) -> Iterator[Row]:
    sources = rate_sources()
    for (month, currency), units_per_eur in rates.items():
        yield (month, currency, units_per_eur, sources[month, currency])

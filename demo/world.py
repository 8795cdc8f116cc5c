"""Builds the demo world in a folder: the registry's files and a billing database for each legal entity.

Everything is made from the seed and the rates of the European Central Bank: the same seed gives the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from demo.accounts import UNLINKED, Link, drawn_links
from demo.billing_files import ResellerAccount, close_months, write_billing
from demo.books import Books
from demo.calendar_months import JULY, LAST_MONTH, MONTHS, months_between
from demo.companies import Company, drawn_companies, drawn_contacts
from demo.ecb_rates import monthly_rates
from demo.entities import ENTITIES, LATE_ENTITY, WAREHOUSE_ENTITY
from demo.ledger import Ledger
from demo.orders import with_orders
from demo.parquet_files import parquet_files, write_parquet
from demo.plans import drawn_plans
from demo.registry_folder import write_registry
from demo.services import Line
from demo.special_partners import SPECIAL_PARTNERS

SEED = 20150727
LAST_PARTNER = 245
_LATE_CLOSE = "2015-08-19"


@dataclass(frozen=True, slots=True)
class WorldSummary:
    """How many entities, partners, accounts and lines were written."""

    entities: int
    partners: int
    authorized: int
    accounts: int
    lines: int


def build_world(folder: Path, *, late_entity_closed: bool = False) -> WorldSummary:
    """Write `registry/*.csv` and `billing/<entity in lower case>.db` below a folder, replacing an earlier build.

    What `WAREHOUSE_ENTITY` billed is written as Parquet files too.

    Singapore has closed no month after June 2015, unless `late_entity_closed`: then `close_late_entity` is called too.
    """
    rng = Random(SEED)  # noqa: S311  not a secret: the world should be the same each time
    rates = monthly_rates()
    plans = [*SPECIAL_PARTNERS, *drawn_plans(rng, first=len(SPECIAL_PARTNERS) + 1, last=LAST_PARTNER)]
    companies = drawn_companies(rng, plans)
    contacts = list(drawn_contacts(rng, companies))
    links = drawn_links(rng, plans)
    ledger = Ledger(rates)
    Books(rng, ledger, links).write(plans)
    lines = list(with_orders(ledger.lines(), plans, links))
    write_registry(folder / "registry", plans=plans, companies=companies, contacts=contacts, links=links, rates=rates)
    accounts = _reseller_accounts(companies, links)
    _write_billing(folder, lines, accounts)
    write_parquet(billing_database(folder, WAREHOUSE_ENTITY), folder / "billing" / WAREHOUSE_ENTITY.lower())
    if late_entity_closed:
        close_late_entity(folder)
    return WorldSummary(
        entities=len(ENTITIES),
        partners=len(plans),
        authorized=sum(1 for plan in plans if plan.status == "authorized"),
        accounts=sum(len(rows) for rows in accounts.values()),
        lines=len(lines),
    )


def close_late_entity(folder: Path) -> None:
    """Let the late entity close July 2015 on 19 August, and August on 2 September."""
    database = billing_database(folder, LATE_ENTITY)
    close_months(database, [JULY], closed_on=_LATE_CLOSE)
    close_months(database, [JULY.following], closed_on="2015-09-02")


def billing_database(folder: Path, entity: str) -> Path:
    """The path of an entity's billing database in a world's folder."""
    return folder / "billing" / f"{entity.lower()}.db"


def billing_connection(folder: Path, entity: str) -> dict[str, object]:
    """How an entity's billing data is reached in a world's folder: the fields of a connection."""
    if entity == WAREHOUSE_ENTITY:
        return {"conn_type": "duckdb", "extra": {"relations": parquet_files(folder / "billing" / entity.lower())}}
    return {"conn_type": "sqlite", "host": str(billing_database(folder, entity))}


def _write_billing(folder: Path, lines: Sequence[Line], accounts: dict[str, list[ResellerAccount]]) -> None:
    (folder / "billing").mkdir(parents=True, exist_ok=True)
    for entity in (row.entity for row in ENTITIES):
        last = JULY.preceding if entity == LATE_ENTITY else LAST_MONTH
        of_entity = [line for line in lines if line.account.entity == entity]
        write_billing(billing_database(folder, entity), of_entity, accounts[entity], months_between(MONTHS[0], last))


def _reseller_accounts(companies: Sequence[Company], links: Sequence[Link]) -> dict[str, list[ResellerAccount]]:
    """Every account that an entity has marked as a reseller's, with the name of its first owner."""
    by_id = {company.partner_id: company for company in companies}
    found: dict[str, dict[str, ResellerAccount]] = {row.entity: {} for row in ENTITIES}
    for link in links:
        company = by_id[link.partner_id]
        row = (link.account.account_id, company.company_name, company.vat_id, company.domain)
        found[link.account.entity].setdefault(link.account.account_id, row)
    for account, name, like_partner in UNLINKED:
        domain = by_id[like_partner].domain if like_partner else f"unlinked-{account.account_id.lower()}.example"
        found[account.entity][account.account_id] = (account.account_id, name, "", domain)
    return {entity: list(rows.values()) for entity, rows in found.items()}

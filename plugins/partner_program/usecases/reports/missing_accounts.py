"""Which accounts nobody linked, and whose each may be: asked from the entities now, for a month that was settled."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from partner_program.adapters.billing.pull import listed_accounts
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import receipts as receipt_store
from partner_program.adapters.database import registry as registry_store
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.listed_accounts import ListedAccount
from partner_program.domain.missing_accounts import (
    CountedTotal,
    StrangeAccount,
    SuggestedAccount,
    free_accounts,
    suggest_accounts,
)
from partner_program.domain.plurals import plural
from partner_program.domain.program_unit import Unit
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.domain.registry import Entity, Registry
from partner_program.domain.report import Report, ReportTable
from partner_program.domain.totals import totals_of_accounts
from partner_program.usecases.desk.partners import newest_month as newest_listed_month
from partner_program.usecases.installation import Installation, billing_fields
from partner_program.usecases.month_unit import program_of_month
from partner_program.usecases.side_by_side import side_by_side

TABLES: Mapping[str, type] = {"suggested": SuggestedAccount, "strange": StrangeAccount}


def missing_accounts(installation: Installation, month: BillingMonth) -> Report:
    """The reseller accounts without a link on the month's last day, with what each would have changed.

    Revenue and tiers are those that the month was settled with. An entity that does not answer is in `unknown`.
    """
    with installation.database.reading() as connection:
        settlements = settlement_history.settlements_or_refusal(connection, month)
        registry = registry_store.load_registry(connection)
    program = program_of_month(installation, month, settlements)
    listed, unknown = _listed(installation, registry, month)
    free = free_accounts(registry=registry, listed=listed, month=month)
    with installation.database.reading() as connection:
        last = settlements[-1]
        ids = {entity: [each.account_id for each in accounts] for entity, accounts in free.items()}
        revenues = receipt_store.revenue_of_accounts(connection, last.settlement_id, ids)
        rates = {each.currency: each.units_per_eur for each in registry_store.rates_of_month(connection, month)}
        totals = _totals(connection, month, last.revision)
    counted = {each.entity: totals_of_accounts(month, each, rates, program.unit) for each in revenues}

    def share(entity: str, account_id: str) -> int | None:
        """An account without a line counts nothing; one of an entity that the month did not read is not known."""
        return counted[entity].get(account_id, 0) if entity in counted else None

    suggested, strange = suggest_accounts(
        month=month, program=program, registry=registry, free=free, totals=totals, share=share
    )
    return Report(
        name="missing_accounts",
        title=f"Accounts that nobody linked, {month}",
        month=month,
        said=_said(suggested, strange, listed, unknown),
        tables=(
            ReportTable("suggested", "Whose they may be", SuggestedAccount, suggested, "No account is like a partner."),
            ReportTable("strange", "Like no partner", StrangeAccount, strange),
        ),
        unknown=tuple(unknown),
        unit=program.unit,
    )


@dataclass(frozen=True, slots=True)
class MissedAccounts:
    """Accounts that a month's letters may miss, in words by partner; `not_asked` are entities, with the reason."""

    by_partner: tuple[tuple[str, tuple[str, ...]], ...]
    not_asked: tuple[str, ...]

    def of(self, partner_id: str) -> tuple[str, ...]:
        """The accounts that may be a partner's."""
        return dict(self.by_partner).get(partner_id, ())


NOT_ASKED = MissedAccounts((), ("the entities were not asked",))


def accounts_missed(installation: Installation, month: BillingMonth) -> MissedAccounts:
    """The accounts that each partner's letter may miss, asked from the entities now."""
    report = missing_accounts(installation, month)
    found: dict[str, list[str]] = {}
    for row in report.table("suggested").rows:
        if isinstance(row, SuggestedAccount):
            found.setdefault(row.partner_id, []).append(_in_words(row, report.unit))
    return MissedAccounts(tuple((key, tuple(words)) for key, words in sorted(found.items())), report.unknown)


def _in_words(row: SuggestedAccount, unit: Unit) -> str:
    own = (
        unit.worded("revenue not known")
        if row.account_mrr_eur_cents is None
        else unit.amount(row.account_mrr_eur_cents)
    )
    tier = f", Tier {row.tier_with_it or 'none'} with it" if row.changes_the_tier else ""
    return f"{row.account_id} at {row.entity} ({row.certainty}, same {' and '.join(row.marks)}): {own}{tier}"


def newest_month(installation: Installation) -> BillingMonth:
    """The newest month in force; refused before the first."""
    with installation.database.reading() as connection:
        found = newest_listed_month(connection)
    if found is None:
        raise NotThere("no month is in force yet: run one, or name a month of history")
    return found.billing_month


def _listed(
    installation: Installation, registry: Registry, month: BillingMonth
) -> tuple[dict[str, list[ListedAccount]], list[str]]:
    entities = [each for each in registry.entities if each.bills_in(month)]
    answers = side_by_side([partial(_list_of, installation, each) for each in entities])
    listed, unknown = {}, []
    for entity, answer in zip(entities, answers, strict=True):
        if isinstance(answer, str):
            unknown.append(f"accounts of entity {entity.entity}: {answer}")
        else:
            listed[entity.entity] = answer
    return listed, unknown


def _list_of(installation: Installation, entity: Entity) -> list[ListedAccount] | str:
    """An entity's list, or why it cannot be read."""
    try:
        fields = billing_fields(installation, entity)
        return listed_accounts(fields, entity, sql_folder=installation.sql_folder)
    except Refusal as refusal:
        return str(refusal)


def _totals(connection: Connection, month: BillingMonth, revision: int) -> dict[str, CountedTotal]:
    assigned = settlement_history.assigned_partners(connection, month, revision)
    figures = {partner_id: each.figures for partner_id, each in assigned.items()}
    return {
        partner_id: CountedTotal(each.mrr_eur_cents, each.earned_tier, tuple(row.mrr_eur_cents for row in each.window))
        for partner_id, each in figures.items()
        if each.earned_tier is not None
    }


def _said(
    suggested: list[SuggestedAccount], strange: list[StrangeAccount], listed: Collection[str], unknown: Collection[str]
) -> tuple[str, ...]:
    if not listed:
        return ("Nothing is known: no entity's list of accounts could be read.",)
    changing = {each.partner_id for each in suggested if each.changes_the_tier}
    found = {(each.entity, each.account_id) for each in suggested}
    if not found and not strange:
        of = " of the entities that answered" if unknown else ""
        return (f"Every reseller account{of} is linked to a partner.",)
    others = f"; {plural(len(strange), 'other is', 'others are')} like no partner's" if strange else ""
    said = (
        f"{plural(len(found), 'account')} without a link may be a partner's{others}.",
        "Nothing is linked by itself: to link an account, add its row to account_links.csv, and load it.",
    )
    if changing:
        return f"{plural(len(changing), 'partner')} would have another tier: {', '.join(sorted(changing))}.", *said
    return said

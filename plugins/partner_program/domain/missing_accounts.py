"""Accounts that nobody linked: whose each may be, how sure that is, and what it would change (`accounts suggest`).

"Please ensure that all your accounts are included". A suggestion is for a person: nothing is ever linked by itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column
from partner_program.domain.known_companies import KnownCompanies
from partner_program.domain.listed_accounts import ListedAccount
from partner_program.domain.program import Program
from partner_program.domain.registry import AUTHORIZED, Registry

Certainty = Literal["certain", "likely", "maybe", "unclear"]
Share = Callable[[str, str], int | None]  # of an entity's account: minor units of the month, None where it is not known
_CERTAINTY: Mapping[str, Certainty] = {"VAT number": "certain", "mail domain": "likely", "company name": "maybe"}
_ORDER = ("certain", "likely", "maybe", "unclear")


@dataclass(frozen=True, slots=True)
class CountedTotal:
    """What a month counted for a partner, in minor units, and the tier that this earned with its window's months."""

    mrr_eur_cents: int
    earned_tier: int
    window: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SuggestedAccount:
    """An account and a partner whose it may be; minor units, None where it is not known.

    `certain`: one partner alone has its VAT number; `likely`: its mail domain; `maybe`: its name; `unclear`: the marks
    lead to more than one partner, each of which has a row. The total and the tier are those of the month, and what they
    would have been with the account. `link` is the row of `account_links.csv` that would link it.
    """

    certainty: Annotated[Certainty, Column("how sure")]
    partner_id: Annotated[str, Column("partner")]
    company_name: Annotated[str, Column(None)]
    entity: Annotated[str, Column("entity")]
    account_id: Annotated[str, Column("account")]
    account_company: Annotated[str, Column("company there")]
    marks: Annotated[tuple[str, ...], Column("same")]
    account_mrr_eur_cents: Annotated[int | None, Column("its MRR", "euros")]
    mrr_eur_cents: Annotated[int | None, Column("partner's MRR", "euros")]
    earned_tier: Annotated[int | None, Column("tier", "tier")]
    mrr_with_it_eur_cents: Annotated[int | None, Column("with it", "euros")]
    tier_with_it: Annotated[int | None, Column("then", "tier")]
    link: Annotated[str, Column(None)]

    @property
    def changes_the_tier(self) -> bool:
        """Whether the partner would have another tier with the account."""
        return self.tier_with_it is not None and self.tier_with_it != self.earned_tier


@dataclass(frozen=True, slots=True)
class StrangeAccount:
    """An account of no partner that shares no mark with any; minor units of the month, None where it is not known."""

    entity: Annotated[str, Column("entity")]
    account_id: Annotated[str, Column("account")]
    company_name: Annotated[str, Column("company")]
    account_mrr_eur_cents: Annotated[int | None, Column("MRR", "euros")]


def free_accounts(
    *, registry: Registry, listed: Mapping[str, Iterable[ListedAccount]], month: BillingMonth
) -> dict[str, list[ListedAccount]]:
    """The reseller accounts by entity that nobody is linked to on the month's last day, in order."""
    linked = {(link.entity, link.account_id) for link in registry.account_links if month.last_day in link.period}
    return {
        entity: sorted(each for each in accounts if (entity, each.account_id) not in linked)
        for entity, accounts in listed.items()
    }


def suggest_accounts(
    *,
    month: BillingMonth,
    program: Program,
    registry: Registry,
    free: Mapping[str, Sequence[ListedAccount]],
    totals: Mapping[str, CountedTotal],
    share: Share,
) -> tuple[list[SuggestedAccount], list[StrangeAccount]]:
    """Whose each account may be, the surest first, and the accounts that are like nobody's, the largest first.

    `totals` are the month's by partner; who is not there is held, or was not assessed, and its total is not known.
    """
    names = {each.partner_id: each.company_name for each in registry.partners}
    known = KnownCompanies((each for each in registry.partners if each.status == AUTHORIZED), registry.contacts)
    suggested, strange = [], []
    for entity, accounts in free.items():
        for account in accounts:
            own = share(entity, account.account_id)
            marks = _marks(account, known)
            for partner_id, same in marks.items():
                certainty = _CERTAINTY[same[0]] if len(marks) == 1 else "unclear"
                total = totals.get(partner_id)
                both = total.mrr_eur_cents + own if total is not None and own is not None else None
                suggested.append(
                    SuggestedAccount(
                        certainty=certainty,
                        partner_id=partner_id,
                        company_name=names[partner_id],
                        entity=entity,
                        account_id=account.account_id,
                        account_company=account.company_name,
                        marks=same,
                        account_mrr_eur_cents=own,
                        mrr_eur_cents=total.mrr_eur_cents if total else None,
                        earned_tier=total.earned_tier if total else None,
                        mrr_with_it_eur_cents=both,
                        tier_with_it=None
                        if both is None
                        else program.earned_tier(program.amount_of(both, total.window if total else ())),
                        link=f"{partner_id},{entity},{account.account_id},{month.first_day},",
                    )
                )
            if not marks:
                strange.append(StrangeAccount(entity, account.account_id, account.company_name, own))
    return sorted(suggested, key=_surest_first), sorted(strange, key=_largest_first)


def _marks(account: ListedAccount, known: KnownCompanies) -> dict[str, tuple[str, ...]]:
    """The partners that share a mark with an account, each with these marks, the surest mark first."""
    alike = known.alike(
        company_name=account.company_name, vat_id=account.vat_id, domains=[account.email_domain.strip()]
    )
    found: dict[str, tuple[str, ...]] = {}
    for mark, owners in alike.items():
        for partner_id in owners:
            found[partner_id] = (*found.get(partner_id, ()), mark)
    return found


def _surest_first(row: SuggestedAccount) -> tuple[object, ...]:
    return _ORDER.index(row.certainty), not row.changes_the_tier, row.entity, row.account_id, row.partner_id


def _largest_first(row: StrangeAccount) -> tuple[object, ...]:
    return row.account_mrr_eur_cents is None, -(row.account_mrr_eur_cents or 0), row.entity, row.account_id

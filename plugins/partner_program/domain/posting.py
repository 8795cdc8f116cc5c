"""The posting of a month's discounts for a ledger: revenue at list in credit, the discounts given in debit (`cost`).

It divides what was invoiced into list value and discount, and changes no result: no accrual, no claim, no debt. Which
accounts the ledger has for them, an owner says by entity, product family and tier (`LedgerAccount`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Annotated, NamedTuple

from partner_program.domain.columns import Column
from partner_program.domain.cost import NO_ORDER_SAID, NO_TIER, Cost, by_product, exact_sum
from partner_program.domain.money import BP, rounded
from partner_program.domain.refusals import Refusal

ANY = "*"
TIER_WORDS = (ANY, NO_TIER, "older agreement", "not authorized", "before the programme", NO_ORDER_SAID)


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """The ledger's accounts for discounts of an entity, a product family and a tier in words; `ANY` stands for all."""

    entity: str
    product: str
    tier: str
    debit_account: str
    credit_account: str

    @property
    def named(self) -> tuple[bool, bool, bool]:
        """What the row names: one that names the entity comes before one that does not, then the product, the tier."""
        return self.entity != ANY, self.product != ANY, self.tier != ANY

    def fits(self, posted: "Posted") -> bool:
        """Whether the row is for these discounts."""
        pairs = ((self.entity, posted.entity), (self.product, posted.product), (self.tier, posted.tier))
        return all(said in (ANY, one) for said, one in pairs)


class Posted(NamedTuple):
    """Discounts that are posted as one."""

    entity: str
    currency: str
    product: str
    tier: str


@dataclass(frozen=True, slots=True)
class PostingRow:
    """One side of a posting, in minor units of the currency, and of the programme's unit at the month's exchange rate.

    The rows of one `voucher` balance in both. An account has its amount on one side; what takes back more than was
    given stands on the other side.
    """

    voucher: Annotated[str, Column("voucher")]
    posted_on: Annotated[date, Column("day")]
    entity: Annotated[str, Column("entity")]
    account: Annotated[str, Column("account of the ledger")]
    tier: Annotated[str, Column("tier")]
    product: Annotated[str, Column("product")]
    currency: Annotated[str, Column("currency")]
    debit_minor: Annotated[int, Column("debit", "amount")]
    credit_minor: Annotated[int, Column("credit", "amount")]
    debit_eur_cents: Annotated[int, Column("debit EUR", "euros")]
    credit_eur_cents: Annotated[int, Column("credit EUR", "euros")]


@dataclass(frozen=True, slots=True)
class Posting:
    """A month's postings; `discounts` is what they post of discounts, in EUR cents by voucher."""

    rows: tuple[PostingRow, ...]
    discounts: Mapping[str, int]


def post_discounts(cost: Cost, accounts: Sequence[LedgerAccount]) -> Posting:
    """Post the discounts that a month gave on lines that say theirs: two rows each, debit and credit.

    Raises `Refusal` with everything for which no account is named.
    """
    sums: dict[Posted, list[tuple[Fraction, Fraction]]] = defaultdict(list)
    for each in cost.parts:
        order = each.order
        if order.given_bp:
            minor = each.share * order.given_bp / (BP - order.given_bp)
            posted = Posted(order.entity, order.currency, by_product(order), order.tier)
            sums[posted].append((minor, minor / each.units))
    found = {posted: _account(posted, accounts) for posted in sorted(sums)}
    _refuse_without_account(posted for posted, account in found.items() if account is None)
    rows: list[PostingRow] = []
    discounts: dict[str, int] = defaultdict(int)
    for posted, account in found.items():
        in_currency, in_unit = map(exact_sum, zip(*sums[posted], strict=True))
        whole, cents = rounded(in_currency), rounded(in_unit)
        if account is not None and (whole or cents):
            voucher = f"discounts-{cost.month}-{posted.entity}-{posted.currency}"
            discounts[voucher] += cents
            rows += _pair(voucher, cost.month.last_day, posted, account, whole, cents)
    _check_balance(rows)
    return Posting(tuple(rows), discounts)


def doubts_of_accounts(
    accounts: Sequence[LedgerAccount], *, entities: Collection[str], highest_tier: int
) -> tuple[str, ...]:
    """Say which rows no discount can have, and for which tiers of an entity discounts would have no account.

    Products are known from lines alone: those are asked for that no row names.
    """
    tiers = [*map(str, range(1, highest_tier + 1)), *TIER_WORDS[1:]]
    said = [
        f"no entity {entity}: its accounts of the ledger are for nothing"
        for entity in sorted({each.entity for each in accounts} - {ANY, *entities})
    ]
    said += [
        f"no tier {tier}: its accounts of the ledger are for nothing"
        for tier in sorted({each.tier for each in accounts} - {ANY, *tiers}, key=int)
    ]
    for entity in sorted(entities):
        lacking = [tier for tier in tiers if _account(Posted(entity, "", "", tier), accounts) is None]
        if lacking:
            which = "any tier" if lacking == tiers else f"tier {', '.join(lacking)}"
            said.append(f"no account of the ledger for entity {entity}, {which}, of a product that no row names")
    return tuple(said)


def _account(posted: Posted, accounts: Iterable[LedgerAccount]) -> LedgerAccount | None:
    return max((each for each in accounts if each.fits(posted)), key=lambda each: each.named, default=None)


def _refuse_without_account(without: Iterable[Posted]) -> None:
    lacking = [f"no account of the ledger for entity {e}, product {p}, tier {t}" for e, _, p, t in without]
    if lacking:
        raise Refusal("\n".join(dict.fromkeys(lacking)))


def _pair(
    voucher: str, day: date, posted: Posted, account: LedgerAccount, minor: int, cents: int
) -> Iterable[PostingRow]:
    debit, credit = max(minor, 0), max(-minor, 0)
    debit_eur, credit_eur = max(cents, 0), max(-cents, 0)
    for name, amounts in (
        (account.debit_account, (debit, credit, debit_eur, credit_eur)),
        (account.credit_account, (credit, debit, credit_eur, debit_eur)),
    ):
        yield PostingRow(voucher, day, posted.entity, name, posted.tier, posted.product, posted.currency, *amounts)


def _check_balance(rows: Iterable[PostingRow]) -> None:
    lacks: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        lacks[row.voucher][0] += row.debit_minor - row.credit_minor
        lacks[row.voucher][1] += row.debit_eur_cents - row.credit_eur_cents
    unbalanced = {voucher: lack for voucher, lack in lacks.items() if any(lack)}
    if unbalanced:
        raise ArithmeticError(f"postings that do not balance: {unbalanced}")

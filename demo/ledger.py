"""Adds up what the generator has billed so far, so that each partner's total can be made to match its plan."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from demo.ecb_rates import Rates
from demo.services import Account, Line
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import rate_ratio, round_half_away
from partner_program.domain.revenue import counts

_ALL_TERMS = 72  # a multiple of each term that the demo bills: shares add up in whole numbers


class Ledger:
    """All lines by account, and the monthly recurring revenue of accounts; `rates` are in units per EUR."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._lines: dict[Account, list[Line]] = defaultdict(list)

    def add(self, lines: Iterable[Line]) -> None:
        """Add lines."""
        for line in lines:
            self._lines[line.account].append(line)

    def lines(self) -> list[Line]:
        """All lines, account by account."""
        return [line for account in sorted(self._lines) for line in self._lines[account]]

    def rate(self, month: BillingMonth, currency: str) -> Decimal:
        """Units of a currency per EUR; EUR is 1."""
        return self._rates[month, currency] if currency != "EUR" else Decimal(1)

    def total_cents(self, accounts: Sequence[Account], month: BillingMonth) -> int:
        """The revenue of accounts in a month in EUR cents, rounded once for each account and currency."""
        return sum(self._account_cents(account, month) for account in accounts)

    def _account_cents(self, account: Account, month: BillingMonth) -> int:
        shares: dict[str, int] = defaultdict(int)
        for line in self._lines[account]:
            if counts(line) and isinstance(line.net_amount_minor, int):
                covered = month.covered_days(line.service_start, line.service_end)
                shares[line.currency] += line.net_amount_minor * covered * (_ALL_TERMS // line.term_months)
        total = 0
        for currency, share in shares.items():
            units, ones = rate_ratio(self.rate(month, currency))
            total += round_half_away(share * ones, _ALL_TERMS * month.days * units)
        return total

    def to_minor(self, eur_cents: int, month: BillingMonth, currency: str) -> int:
        """Convert EUR cents into a currency's minor units, rounded."""
        units, ones = rate_ratio(self.rate(month, currency))
        return round_half_away(eur_cents * units, ones)

    def to_cents(self, minor: int, month: BillingMonth, currency: str) -> int:
        """Convert a currency's minor units into EUR cents, rounded."""
        units, ones = rate_ratio(self.rate(month, currency))
        return round_half_away(minor * ones, units)

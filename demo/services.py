"""Services and their invoice lines: one line for each term, billed in advance."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from demo.calendar_months import FIRST_MONTH, LAST_MONTH, months_later
from partner_program.domain.billing_month import BillingMonth


class Account(NamedTuple):
    """A reseller's account at one entity."""

    entity: str
    account_id: str
    currency: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row of program_mrr_line without its id; an amount that is text is a deliberate fault."""

    account: Account
    service_id: str | None
    product: str
    charge_kind: str
    service_start: date
    service_end: date
    term_months: int
    net_amount_minor: int | str
    currency: str
    posted_on: date
    document_status: str = "posted"
    discount_bp: int | None = None
    ordered_on: date | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A service ordered by an account; renewed after each term, but not on `cancelled_on` or later."""

    account: Account
    service_id: str
    product: str
    starts_on: date
    term_months: int
    monthly_minor: int
    cancelled_on: date | None = None
    discount_bp: int | None = None

    def lines(self) -> Iterator[Line]:
        """The lines of all terms, counted from the start day, that overlap the months of the demo world."""
        term = 0
        start = self.starts_on
        while start <= LAST_MONTH.last_day and (self.cancelled_on is None or start < self.cancelled_on):
            term += 1
            end = months_later(self.starts_on, term * self.term_months)
            if end > FIRST_MONTH.first_day:
                yield self._line(start, end)
            start = end

    def _line(self, start: date, end: date) -> Line:
        return Line(
            account=self.account,
            service_id=self.service_id,
            product=self.product,
            charge_kind="recurring",
            service_start=start,
            service_end=end,
            term_months=self.term_months,
            net_amount_minor=self.monthly_minor * self.term_months,
            currency=self.account.currency,
            posted_on=start,
            discount_bp=self.discount_bp,
            ordered_on=self.starts_on,
        )


def one_day_line(
    account: Account, charge_kind: str, day: date, minor: int, *, product: str = "dedicated_server"
) -> Line:
    """A line for one day instead of a term: setup, one-off, deposit, goodwill or tax."""
    return Line(account, None, product, charge_kind, day, day + timedelta(days=1), 1, minor, account.currency, day)


def month_line(account: Account, kind: str, month: BillingMonth, minor: int, product: str = "cdn") -> Line:
    """A line for one whole month: usage, or a credit in the month that it corrects; posted at the month's end."""
    posted_on = month.following.first_day if kind == "usage" else month.last_day
    return Line(
        account, None, product, kind, month.first_day, month.following.first_day, 1, minor, account.currency, posted_on
    )

"""Lines that change from month to month: usage, credit notes, one-off fees, taxes, drafts and voids."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

from demo.calendar_months import MONTHS
from demo.entities import VAT_PERCENT
from demo.services import Account, Line, month_line, one_day_line
from partner_program.domain.billing_month import BillingMonth


def monthly_lines(rng: Random, account: Account, level_minor: int, first: BillingMonth) -> Iterator[Line]:
    """An account's random lines of each month from `first` on, in proportion to its monthly level."""
    for month in MONTHS:
        if month < first:
            continue
        if rng.randrange(100) < 70:
            yield _usage(rng, account, month, level_minor)
        if rng.randrange(100) < 5:
            yield _credit(rng, account, month, level_minor)
        yield from _excluded(rng, account, month, level_minor)


def _usage(rng: Random, account: Account, month: BillingMonth, level_minor: int) -> Line:
    amount = level_minor * rng.randrange(50, 400) // 10_000 + rng.randrange(100)
    return month_line(account, "usage", month, amount, rng.choice(("cdn", "traffic")))


def _credit(rng: Random, account: Account, month: BillingMonth, level_minor: int) -> Line:
    """A credit note for the month, posted in it or in the first days of the next month."""
    line = month_line(
        account, "credit", month, -(level_minor * rng.randrange(50, 250) // 10_000 + 1), "dedicated_server"
    )
    return replace(line, posted_on=month.last_day + timedelta(days=rng.choice((-9, -2, 1, 2))))


def _excluded(rng: Random, account: Account, month: BillingMonth, level_minor: int) -> Iterator[Line]:
    draw = rng.randrange(100)
    day = month.first_day + timedelta(days=rng.randrange(28))
    if draw < 4:
        yield one_day_line(account, "one_off", day, rng.choice((4500, 8500, 12500)))
    elif draw < 6:
        yield one_day_line(account, "goodwill", day, -rng.choice((1000, 2500)))
    elif draw < 7:
        yield one_day_line(account, "deposit", day, level_minor)
    elif draw < 10:
        yield replace(
            month_line(account, "usage", month, level_minor // 20 + 1), document_status=rng.choice(("draft", "void"))
        )
    elif draw < 30 and VAT_PERCENT[account.entity]:
        yield one_day_line(account, "tax", month.first_day, level_minor * VAT_PERCENT[account.entity] // 100)

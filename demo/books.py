"""Writes every partner's lines: random ones, then one line a month that makes the total match its plan to the cent."""

from collections.abc import Sequence
from random import Random

from demo.accounts import LINKED_TWICE, TRANSFERRED, UNLINKED, Link, counted_accounts, own_accounts
from demo.calendar_months import JULY, JUNE, LAST_MONTH, MONTHS
from demo.drawn_services import ServiceDesk, cancel, setup_fees
from demo.ledger import Ledger
from demo.month_by_month import monthly_lines
from demo.plans import Plan
from demo.services import Account, Service, month_line
from demo.special_lines import special_lines
from partner_program.domain.billing_month import BillingMonth

_SERVICES_PERCENT = 94  # of a partner's plan; usage makes up the rest


class Books:
    """Fills an empty ledger, one plan after the other, with the world's random generator."""

    def __init__(self, rng: Random, ledger: Ledger, links: Sequence[Link]) -> None:
        self._rng = rng
        self._ledger = ledger
        self._desk = ServiceDesk(rng)
        self._own = own_accounts(links)
        self._counted = {month: counted_accounts(links, month) for month in MONTHS}

    def write(self, plans: Sequence[Plan]) -> None:
        """Bill every plan, and the accounts that belong to no partner alone."""
        self._bill_accounts_of_no_plan()
        for plan in plans:
            accounts = self._own[plan.partner_id]
            self._ledger.add(special_lines(plan.partner_id, accounts))
            if accounts and not plan.own_lines:
                self._draw(plan, accounts)
                self._balance(plan, accounts[0])

    def _bill_accounts_of_no_plan(self) -> None:
        since = MONTHS[0].first_day
        for account in (TRANSFERRED, LINKED_TWICE, *(unlinked.account for unlinked in UNLINKED)):
            for service in self._desk.services(account, 800_00, since=since, discount_bp=None):
                self._ledger.add(service.lines())

    def _draw(self, plan: Plan, accounts: Sequence[Account]) -> None:
        services = self._services(plan, accounts)
        for service in services:
            self._ledger.add(service.lines())
        self._ledger.add(setup_fees(self._rng, services))
        if plan.june_cents:
            for account in accounts:
                level = sum(service.monthly_minor for service in services if service.account == account)
                self._ledger.add(monthly_lines(self._rng, account, level, BillingMonth.of(plan.since)))

    def _services(self, plan: Plan, accounts: Sequence[Account]) -> list[Service]:
        june = self._missing(plan, JUNE) * _SERVICES_PERCENT // 100
        if june <= 0:
            return []
        weights = [self._rng.randrange(30, 100) for _ in accounts]
        discount_bp = plan.legacy[-1].monthly_fee_discount_bp if plan.legacy else None
        services = []
        for account, weight in zip(accounts, weights, strict=True):
            level = self._ledger.to_minor(june * weight // sum(weights), JUNE, account.currency)
            services += self._desk.services(account, level, since=plan.since, discount_bp=discount_bp)
        for month in (JULY, LAST_MONTH):
            services = self._moved(plan, accounts[0], services, month)
        return services

    def _moved(self, plan: Plan, home: Account, services: list[Service], month: BillingMonth) -> list[Service]:
        """Order or cancel services on a month's first day if the plan changes by more than usage can cover."""
        wanted = self._missing(plan, month) * _SERVICES_PERCENT // 100
        cents = [
            self._ledger.to_cents(service.monthly_minor, month, service.account.currency)
            if service.cancelled_on is None
            else 0
            for service in services
        ]
        more = wanted - sum(cents)
        if more * 20 > wanted:
            level = self._ledger.to_minor(more, month, home.currency)
            return services + self._desk.orders(home, level, month.first_day)
        return cancel(services, cents, -more, month.first_day) if more * 20 < -wanted else services

    def _missing(self, plan: Plan, month: BillingMonth) -> int:
        billed = self._ledger.total_cents(self._counted[month][plan.partner_id], month)
        return plan.cents[month] - billed

    def _balance(self, plan: Plan, home: Account) -> None:
        """Make each planned month match the plan: add usage, or a credit if the services came to more."""
        for month in plan.cents:
            minor = self._ledger.to_minor(self._missing(plan, month), month, home.currency)
            if minor:
                kind, product = ("usage", "traffic") if minor > 0 else ("credit", "dedicated_server")
                self._ledger.add([month_line(home, kind, month, minor, product)])

"""Random services of ordinary partners: prices, terms, products and days like those of a hosting company's orders."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from math import isqrt
from random import Random

from demo.calendar_months import months_later
from demo.services import Account, Line, Service, one_day_line

_PRODUCTS = (
    ("dedicated_server",) * 10
    + ("cloud",) * 3
    + ("colocation",) * 2
    + ("license",) * 2
    + ("cdn", "private_rack", "private_cloud")
)
_TERMS = (1,) * 36 + (3,) * 4 + (6,) * 3 + (12,) * 5 + (24, 36)
_DAYS = (1,) * 12 + (15, 15, 15, 8, 22, 28, 31)
_SETUP_FEES = (0, 0, 2500, 4900, 9900, 19900)
_FIRST_MONTH_END = date(2012, 3, 31)
_MONTHS_OF_ORDERS = 38  # from March 2012 to April 2015


class ServiceDesk:
    """Draws services with the world's random generator, and numbers them so that no id is used twice."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._number = 4000

    def services(self, account: Account, level_minor: int, *, since: date, discount_bp: int | None) -> list[Service]:
        """Services in June 2015 that add up to about `level_minor` a month, and a few that were cancelled before."""
        services = [
            self._service(account, price, self._start(since), discount_bp) for price in self._prices(level_minor)
        ]
        gone = [
            replace(
                service, service_id=self._id(), term_months=1, product="cloud", cancelled_on=self._cancelled(service)
            )
            for service in services
            if self._rng.randrange(8) == 0
        ]
        return services + gone

    def orders(self, account: Account, level_minor: int, day: date) -> list[Service]:
        """Monthly services ordered on a day that add up to about `level_minor` a month."""
        return [Service(account, self._id(), "dedicated_server", day, 1, price) for price in self._prices(level_minor)]

    def _prices(self, level_minor: int) -> Iterator[int]:
        weights = [self._rng.randrange(20, 100) for _ in range(2 + isqrt(max(level_minor, 0)) // 56)]
        for weight in weights:
            exact = level_minor * weight // sum(weights)
            yield exact // 500 * 500 - 5 if exact > 2_000 else max(exact, 1)

    def _service(self, account: Account, price: int, starts_on: date, discount_bp: int | None) -> Service:
        product = self._rng.choice(_PRODUCTS)
        term = self._rng.choice((12, 24, 36) if product.startswith("private") else _TERMS)
        return Service(account, self._id(), product, starts_on, term, price, discount_bp=discount_bp)

    def _id(self) -> str:
        self._number += self._rng.randrange(1, 9)
        return f"S-{self._number:06d}"

    def _start(self, since: date) -> date:
        month_end = months_later(_FIRST_MONTH_END, self._rng.randrange(_MONTHS_OF_ORDERS))
        return max(since, month_end.replace(day=min(month_end.day, self._rng.choice(_DAYS))))

    def _cancelled(self, service: Service) -> date:
        return max(service.starts_on, date(2014, self._rng.randrange(8, 13), 1))


def cancel(services: Sequence[Service], cents: Sequence[int], too_much: int, day: date) -> list[Service]:
    """Cancel monthly services on a day until `too_much` is gone; `cents` and `too_much` are EUR cents a month."""
    kept = []
    for service, of_service in zip(services, cents, strict=True):
        if too_much > 0 and service.term_months == 1 and service.cancelled_on is None:
            too_much -= of_service
            kept.append(replace(service, cancelled_on=day))
        else:
            kept.append(service)
    return kept


def setup_fees(rng: Random, services: Sequence[Service]) -> Iterator[Line]:
    """Setup fees on the first day of each service that has one."""
    for service in services:
        fee = rng.choice(_SETUP_FEES)
        if fee and service.starts_on >= date(2014, 7, 1):
            yield one_day_line(service.account, "setup", service.starts_on, fee, product=service.product)

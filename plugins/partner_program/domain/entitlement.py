"""What an order was entitled to: the partner on the day on which it was placed, and the rate of that day (rules 4, 6).

"Existing services will retain the benefits of the tier in which they were originally ordered": a line is judged by its
order's day, whatever was decided later.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Literal, NamedTuple, cast

from partner_program.domain.families import families_of
from partner_program.domain.rates import NO_PROGRAMME_RATE, Rate
from partner_program.domain.registry import AUTHORIZED, AccountLink, LegacyAgreement, Partner, agreements_by_partner

Source = Literal[
    "rate", "older agreement", "before the programme", "not authorized", "several partners", "product not said"
]
_NOT_SAID = ""


class Entitlement(NamedTuple):
    """What orders of an account got on a day: of whom, how much in basis points, from what.

    `partner_id` is "" where the account was nobody's, or several partners'. `due_bp` is None where the programme does
    not say it: before its first rate for the partner, where several partners had the account, or where the line says no
    product and that would decide it. `tier` is that of the rate, 0 without one.
    """

    partner_id: str
    due_bp: int | None
    tier: int
    source: Source


class OrdersOf(dict[tuple[date, str], Entitlement]):
    """What orders of one account were entitled to, by day and product as lines have it, or ""; each asked once."""

    __slots__ = ("_find",)

    def __init__(self, find: Callable[[date, str], Entitlement]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, order: tuple[date, str]) -> Entitlement:
        """Find what was due, and keep it."""
        found = self[order] = self._find(*order)
        return found


# makes tens of thousands of them without running Python code for each
_make = cast(Callable[[tuple[str, int | None, int, Source]], Entitlement], partial(tuple.__new__, Entitlement))


class Entitlements:
    """Answers for each account and day; an order from before go-live is that of the partner to whom it was linked then.

    `rates` are every partner's in the order of their days, the newest of a day last. A rate holds its older agreement's
    floor already; before the first rate, an agreement itself is what was due.
    """

    def __init__(
        self,
        *,
        go_live: date,
        links: Iterable[AccountLink],
        partners: Iterable[Partner],
        agreements: Iterable[LegacyAgreement],
        rates: Mapping[str, Sequence[Rate]],
    ) -> None:
        self._go_live = go_live
        self._links: dict[tuple[str, str], list[AccountLink]] = defaultdict(list)
        for link in links:
            self._links[link.entity, link.account_id].append(link)
        self._authorized = {each.partner_id for each in partners if each.status == AUTHORIZED}
        self._agreements = agreements_by_partner(agreements)
        self._rates = rates
        self._days = {partner_id: [each.valid_from for each in own] for partner_id, own in rates.items()}
        named = {each.product for own in self._agreements.values() for each in own if each.product}
        for text in {each.terms.families for own in rates.values() for each in own}:
            named |= families_of(text).keys()
        self._families = {_NOT_SAID, *named} if named else set()
        self._partners: dict[str, OrdersOf] = {}

    def on(self, entity: str, account_id: str, day: date, product: str) -> Entitlement:
        """What an order of this account was entitled to on a day, for a product family as lines have it, or ""."""
        return self.of_account(entity, account_id)[day, product]

    def of_account(self, entity: str, account_id: str) -> OrdersOf:
        """What orders of this account were entitled to."""
        links = self._links.get((entity, account_id), [])
        if len(links) == 1:  # as nearly all are
            (link,) = links
            if link.period.valid_to is None and link.period.valid_from <= self._go_live:
                return self._of_partner(link.partner_id)
        return OrdersOf(partial(self._on, links))

    def _on(self, links: Sequence[AccountLink], day: date, product: str) -> Entitlement:
        owners = {each.partner_id for each in links if day in each.period}
        if not owners and day < self._go_live:
            owners = {each.partner_id for each in links if self._go_live in each.period}
        if len(owners) > 1:
            return Entitlement("", None, 0, "several partners")
        if not owners:
            before = day < self._go_live
            return Entitlement("", None if before else 0, 0, "before the programme" if before else "not authorized")
        (partner_id,) = owners
        return self._of_partner(partner_id)[day, product]

    def _of_partner(self, partner_id: str) -> OrdersOf:
        found = self._partners.get(partner_id)
        if found is None:
            found = self._partners[partner_id] = OrdersOf(partial(self._due, partner_id))
        return found

    def _due(self, partner_id: str, day: date, product: str) -> Entitlement:
        """What an order was entitled to; a family that nobody has a discount of its own for is like any other."""
        family = product if product in self._families else None
        place = bisect_right(self._days.get(partner_id, ()), day)
        rate = self._rates[partner_id][place - 1] if place else None
        authorized = partner_id in self._authorized
        if rate is not None:
            terms = rate.terms.of_product(family)
            if family == _NOT_SAID and set(families_of(rate.terms.families).values()) - {terms.monthly_fee_discount_bp}:
                return Entitlement(partner_id, None, terms.tier, "product not said")
            if authorized or terms != NO_PROGRAMME_RATE:
                return _make((partner_id, terms.monthly_fee_discount_bp, terms.tier, "rate"))
        if rate is None and (authorized or day < self._go_live):
            floors = [each for each in self._agreements.get(partner_id, ()) if day in each.period]
            if family == _NOT_SAID and any(each.product for each in floors):
                return Entitlement(partner_id, None, 0, "product not said")
            of_family = [each for each in floors if family and each.product == family]
            kept = of_family or [each for each in floors if each.product is None]
            if kept:
                return Entitlement(partner_id, max(each.monthly_fee_discount_bp for each in kept), 0, "older agreement")
            return Entitlement(partner_id, None, 0, "before the programme")
        return Entitlement(partner_id, 0, 0, "not authorized")

"""What an order was entitled to: the partner on the day on which it was placed, and the rate of that day (rules 4, 6).

"Existing services will retain the benefits of the tier in which they were originally ordered": a line is judged by its
order's day, whatever was decided later.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

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


@dataclass(frozen=True, slots=True)
class _Rates:
    days: Sequence[date]
    rates: Sequence[Rate]

    def on(self, day: date) -> Rate | None:
        place = bisect_right(self.days, day)
        return self.rates[place - 1] if place else None


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
        self._rates = {partner_id: _Rates([each.valid_from for each in own], own) for partner_id, own in rates.items()}
        named = {each.product for own in self._agreements.values() for each in own if each.product}
        for text in {each.terms.families for own in rates.values() for each in own}:
            named |= families_of(text).keys()
        self._families = {_NOT_SAID, *named} if named else set()
        self._known: dict[tuple[str, date, str | None], Entitlement] = {}

    def on(self, entity: str, account_id: str, day: date, product: str) -> Entitlement:
        """What an order of this account was entitled to on a day, for a product family as lines have it, or ""."""
        family = product if product in self._families else None
        links = self._links.get((entity, account_id), ())
        if len(links) == 1 and day in links[0].period:  # as nearly all are
            known = self._known.get((links[0].partner_id, day, family))
            if known is not None:
                return known
        owners = {each.partner_id for each in links if day in each.period}
        if not owners and day < self._go_live:
            owners = {each.partner_id for each in links if self._go_live in each.period}
        if len(owners) > 1:
            return Entitlement("", None, 0, "several partners")
        if not owners:
            before = day < self._go_live
            return Entitlement("", None if before else 0, 0, "before the programme" if before else "not authorized")
        (partner_id,) = owners
        key = partner_id, day, family
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._of_partner(partner_id, day, family)
        return found

    def _of_partner(self, partner_id: str, day: date, family: str | None) -> Entitlement:
        """What an order of a family was entitled to; None is any that nobody has a discount of its own for."""
        own = self._rates.get(partner_id)
        rate = own.on(day) if own else None
        authorized = partner_id in self._authorized
        if rate is not None:
            terms = rate.terms.of_product(family)
            if family == _NOT_SAID and set(families_of(rate.terms.families).values()) - {terms.monthly_fee_discount_bp}:
                return Entitlement(partner_id, None, terms.tier, "product not said")
            if authorized or terms != NO_PROGRAMME_RATE:
                return Entitlement(partner_id, terms.monthly_fee_discount_bp, terms.tier, "rate")
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

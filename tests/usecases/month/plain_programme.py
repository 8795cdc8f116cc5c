"""A plain programme: what it decides for whom, worked out slowly from its words, month by month.

Written from the specification and never from the product's code, which has to decide alike
(`test_any_programme.py`). A programme is the text of its keys as plain values: `tiers` are pairs of a threshold in
cents and a discount, lowest first; `setup`, `sla` and `requires` are a cell for each tier, and so are the lists in
`product_discounts`, by family; `currency`, `measure` and `changes` are as in a programme file. Each may be absent but
`tiers`. A new key is a value here, a few lines in `Book`, and a draw in `random_programmes.py`.
"""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from partner_program.domain.billing_month import BillingMonth

Month = BillingMonth
LEVELS = (None, "Bronze", "Silver", "Gold", "Platinum")


class Terms(NamedTuple):
    """What new orders get; `families` are pairs of a product family and its own discount, by name."""

    tier: int
    monthly: int
    setup: int
    sla: str | None
    families: tuple[tuple[str, int], ...]


NOTHING = Terms(0, 0, 0, None, ())


@dataclass
class Grant:
    """A grace period; `settled` are the months that confirmed it or let it lapse, as they stand now."""

    grant_id: str
    tier: int
    starts_on: date
    ends_on: date
    settled: set[Month] = field(default_factory=set)

    def lifts(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.starts_on <= day < self.ends_on


@dataclass
class Floor:
    """What an older agreement keeps until a day: of one product family, or of everything else."""

    monthly: int
    setup: int
    sla: str | None
    product: str | None
    until: date


@dataclass
class Order:
    """The terms from a day on; `granted` is the tier of a grace period made on demand that begins then."""

    terms: Terms
    granted: int = 0


@dataclass
class Result:
    """What a month says of a partner, from a `day` on; `first` and `written` are the acts that first and last wrote it.

    `terms` are on record with it; `decided_by` is the later month that has decided them.
    """

    total: int
    amount: int | None
    window: list[tuple[Month, int]] | None
    earned: int | None
    day: date
    merit: int | None = None
    below: int | None = None
    tier: int | None = None
    first: int = 0
    written: int = 0
    state_before: tuple[int, int] | None = None
    grants_before: list[Grant] = field(default_factory=list)
    confirmed: int = 0
    terms: Terms | None = None
    decided_by: Month | None = None

    @property
    def on_merit(self) -> int:
        """The tier without a grace period."""
        return (self.earned if self.merit is None else self.merit) or 0


@dataclass
class Book:
    """Everything that was ever decided. `acts` counts what was done; `since` says who was authorised from when.

    `programmes` are keys with their first day. `decided` are the months in force that decided something: the act that
    first did and its day, the day of the newest revision, and the last from which anything of the month holds.
    """

    programmes: list[tuple[date, dict[str, Any]]]
    since: dict[str, date]
    grants: dict[str, list[Grant]] = field(default_factory=dict)
    floors: dict[str, list[Floor]] = field(default_factory=dict)
    skills: dict[str, list[tuple[int, date]]] = field(default_factory=dict)
    results: dict[Month, dict[str, Result]] = field(default_factory=dict)
    held: dict[Month, set[str]] = field(default_factory=dict)
    rates: dict[tuple[Month, str], str] = field(default_factory=dict)
    in_force: set[Month] = field(default_factory=set)
    decided: dict[Month, tuple[int, date, date, date]] = field(default_factory=dict)
    asked: dict[Month, set[str]] = field(default_factory=dict)
    orders: dict[str, dict[date, Order]] = field(default_factory=dict)
    acts: int = 0

    def keys_on(self, day: date) -> dict[str, Any]:
        """The programme of a day."""
        return [keys for begins, keys in self.programmes if begins <= day][-1]

    def run(
        self, month: Month, totals: dict[str, int | None], open_accounts: set[str], day: date, *, history: bool = False
    ) -> None:
        """Run a month for the partners that are authorised now.

        Those with an open account cannot be known yet, nor those whose total is None: it cannot be converted.
        """
        self.acts += 1
        results, held = self.results.setdefault(month, {}), self.held.setdefault(month, set())
        self.asked[month] = set(totals)
        known_before = set(results)
        for who, total in totals.items():
            if who in results:
                continue
            window = self.window(who, month, month.last_day if history else day)
            if total is None or who in open_accounts or (window is None and not history):
                held.add(who)
            elif history:
                results[who] = self.decide(who, month, total, window, None, [], None, month.last_day)
            else:
                grants = [each for each in self.grants.get(who, []) if each.settled <= {month}]
                before = self.state_before(who, month)
                results[who] = self.decide(who, month, total, window, before, grants, month, day)
                self._give(who, month, day)
        if history:
            return
        ends = month not in self.in_force and self._end(set(self.orders) - set(totals), day)
        self.in_force.add(month)
        if ends or results.keys() - known_before:
            act, first, own, _ = self.decided.get(month, (self.acts, day, day, day))
            self.decided[month] = act, first, own, day

    def restate(self, month: Month, totals: dict[str, int], day: date) -> None:
        """Correct totals: decided again from what was known when the month first decided, and no later month moves.

        The corrected tier is that of new orders from `day` on, or that of a grace period that holds then, unless a
        later month has decided them.
        """
        self.acts += 1
        takes_effect = False
        for who, total in totals.items():
            was = self.results[month][who]
            settles = month if month in self.in_force else None
            again = self.decide(who, month, total, was.window, was.state_before, was.grants_before, settles, was.day)
            again.first, again.terms = was.first, was.terms
            self.results[month][who] = again
            if settles is None:
                continue
            again.decided_by = self.decided_after(who, month)
            if again.decided_by is None:
                takes_effect = True
                again.terms = self._terms_on_merit(who, again.on_merit, day)
                self._order(who, day, again.terms)
        if month in self.in_force:
            act, first, own, newest = self.decided[month]
            own = day if takes_effect else own
            self.decided[month] = act, first, own, max(newest, own)

    def last_decided(self, who: str) -> date:
        """The last day from which orders of a partner have terms already."""
        return max(self.orders.get(who, {}), default=date.min)

    def grant(self, who: str, grant: Grant) -> None:
        """A grace period made on demand: from its first day on at least its tier, and never less than without it."""
        self.grants.setdefault(who, []).append(grant)
        day = grant.starts_on
        current = self.rate_on(who, day)
        terms = self.terms(who, max(grant.tier, current.tier if current else 0), day)
        if current is not None and (current.tier > terms.tier or current == terms):
            return
        self._order(who, day, terms)
        self.orders[who][day].granted = grant.tier

    def suspend(self, who: str, day: date) -> None:
        """New orders get nothing from a day on; what was to begin later ends on its own day."""
        self._end({who}, day, at_once=True)

    def resume(self, who: str, day: date) -> None:
        """Go on with the rate of the last month, where no month has decided others since; else with the next month."""
        began = max((each for each in self.orders.get(who, {}) if each <= day), default=None)
        if began is None:
            return
        current = self.orders[who][began].terms
        if current == NOTHING:
            mine = [month for month in self.in_force if who in self.results[month]]
            newest = max(self.decided, default=None)
            if newest is None or not mine or (max(mine) != newest and self.decided[newest][3] >= began):
                return
            current = self._terms_on_merit(who, self.results[max(mine)][who].on_merit, day)
            self._order(who, day, current)
        self._order_ahead(who, day, current.tier)

    def decided_after(self, who: str, month: Month) -> Month | None:
        """The newest later month that decided a partner's rate: it gave one, or was run when the partner had left.

        A partner that had left has no rate on that month's day; its end may have been taken back.
        """
        first = min((self.results[each][who].first for each in self.in_force if who in self.results[each]), default=0)
        found = [each for each in self.in_force if who in self.results[each]]
        found += [
            each
            for each, (act, day, *_) in self.decided.items()
            if who not in self.results[each] and who not in self.held[each] and 0 < first < act
            if self.rate_on(who, day) == NOTHING
        ]
        return max((each for each in found if each > month), default=None)

    def terms(self, who: str, tier: int, day: date) -> Terms:
        """What a tier gives on a day, and each part at least that of an older agreement of that day."""
        keys = self.keys_on(day)
        tier = min(tier, len(keys["tiers"]))
        at = tier - 1
        monthly = keys["tiers"][at][1] if tier else 0
        setup = keys["setup"][at] if tier and "setup" in keys else 0
        sla = keys["sla"][at] if tier and "sla" in keys else None
        families = {name: cells[at] if tier else 0 for name, cells in keys.get("product_discounts", {}).items()}
        general = monthly
        for floor in self.floors.get(who, []):
            if day >= floor.until:
                continue
            if floor.product is not None:
                families[floor.product] = max(families.get(floor.product, general), floor.monthly)
                continue
            monthly, setup = max(monthly, floor.monthly), max(setup, floor.setup)
            sla = max(sla, floor.sla, key=LEVELS.index)
        return Terms(tier, monthly, setup, sla, tuple(sorted(families.items())))

    def rate_on(self, who: str, day: date) -> Terms | None:
        """The terms of an order placed on a day; None before the first."""
        begun = [each for each in self.orders.get(who, {}) if each <= day]
        return self.orders[who][max(begun)].terms if begun else None

    def _order(self, who: str, day: date, terms: Terms) -> None:
        """Write the terms from a day on, where they are others than those that hold."""
        if self.rate_on(who, day) != terms:
            own = self.orders.setdefault(who, {})
            own[day] = Order(terms, own[day].granted if day in own else 0)

    def _order_ahead(self, who: str, day: date, tier: int) -> None:
        """What begins after a day follows from the tier that was decided now; a grace period lowers nobody."""
        for later in sorted(each for each in self.orders.get(who, {}) if each > day):
            order = self.orders[who][later]
            tier = max(tier, order.granted)
            order.terms = self.terms(who, tier, later)

    def _give(self, who: str, month: Month, day: date) -> None:
        """The rate of what a month decided; where a later month has decided before, that one's stays."""
        result = self.results[month][who]
        result.decided_by = self.decided_after(who, month)
        if result.decided_by is not None:
            result.terms = self.rate_on(who, day)
            return
        tier = result.tier or 0
        result.terms = self.terms(who, tier, day)
        self._order(who, day, result.terms)
        self._order_ahead(who, day, tier)

    def _end(self, partners: set[str], day: date, *, at_once: bool = False) -> bool:
        """End the rates of partners from a day on, and say whether there were any.

        A month leaves those alone whose end is written already.
        """
        ended = False
        for who in partners & self.orders.keys():
            own = self.orders[who]
            later = [each for each in own if each > day]
            if later and own[max(later)].terms == NOTHING and not at_once:
                continue
            for each in sorted([day, *later]):
                terms = self.rate_on(who, each)
                if terms is not None and terms != NOTHING:
                    own[each] = Order(NOTHING, own[each].granted if each in own else 0)
                    ended = True
        return ended

    def _terms_on_merit(self, who: str, merit: int, day: date) -> Terms:
        """The terms of a day of no month's own: those of the merit, or of an open grace period that holds that day."""
        granted = [each.tier for each in self.grants.get(who, []) if not each.settled and each.lifts(day)]
        return self.terms(who, max([merit, *granted]), day)

    def window(self, who: str, month: Month, day: date) -> list[tuple[Month, int]] | None:
        """The months before that count with a month, oldest first; None where one of them is lacking."""
        found, at = list[tuple[Month, int]](), month
        for _ in range(self.keys_on(day).get("measure", {"months": 1})["months"] - 1):
            at = at.preceding
            if who in self.results.get(at, {}):
                result = self.results[at][who]
                if self.unit(result.day) != self.unit(day):
                    return None
                found.insert(0, (at, result.total))
                continue
            known = [each for each in (*self.results, *self.held) if who in self.results.get(each, {})]
            known += [each for each in self.held if who in self.held[each]]
            had_left = at in self.results and any(each < at for each in known if each < month)
            if who in self.held.get(at, set()) or not (had_left or self.since[who] > at.last_day):
                return None
        return found

    def amount(self, totals: list[int], measure: dict[str, Any]) -> int:
        """What the totals of a window come to, in whole cents: half a cent is rounded away from zero."""
        exact = Fraction(sum(totals))
        if measure["of"] == "mean":
            exact = exact / len(totals)
        elif measure["short"] == "projected":
            exact = exact * measure["months"] / len(totals)
        return _rounded(exact)

    def unit(self, day: date) -> tuple[str, int]:
        """What the programme of a day counts in, and its decimals; `XXX` for what is counted."""
        currency = self.keys_on(day).get("currency", {"code": "EUR"})
        return currency.get("code", "XXX"), currency.get("decimals", 2)

    def worth(self, currency: str, month: Month, day: date) -> Fraction | None:
        """What the smallest part of a currency is in the unit of a day's programme; None where nobody can say."""
        own, decimals = self.unit(day)
        if currency == own:
            return Fraction(1)
        rates = [Fraction(1) if each == "EUR" else self._rate(each, month) for each in (currency, own)]
        if own == "XXX" or rates[0] is None or rates[1] is None:
            return None
        return Fraction(1, 100) / rates[0] * rates[1] * 10**decimals

    def _rate(self, currency: str, month: Month) -> Fraction | None:
        written = self.rates.get((month, currency))
        return None if written is None else Fraction(written)

    def total(self, minor: int, currency: str, month: Month, day: date) -> int | None:
        """An account's lines of a month in the unit of a day, rounded once; None where nobody can say."""
        worth = self.worth(currency, month, day)
        return None if worth is None else _rounded(minor * worth)

    def state_before(self, who: str, month: Month) -> tuple[int, int] | None:
        """The tier on merit before a month, and how many months in a row have earned less; None to begin anew.

        A month follows from what is on record before it now, where that was written after the month had been decided.
        """
        state: tuple[int, int] | None = None
        newest = 0
        moved = False
        for at in sorted(each for each in self.in_force if each < month):
            result = self.results[at].get(who)
            if result is None:
                if who not in self.held[at]:
                    state, newest, moved = None, 0, False
                continue
            moved = moved or result.first < newest
            newest = max(newest, result.written)
            earned, merit, below = result.earned, result.merit, result.below
            assert earned is not None
            if merit is None or below is None:
                state = (earned, 0)
            elif moved:
                tier, months = self.step(earned, state, at, self.keys_on(result.day))
                state = (result.confirmed, 0) if result.confirmed > tier else (tier, months)
            else:
                state = (merit, below)
        return state

    def step(self, earned: int, before: tuple[int, int] | None, month: Month, keys: dict[str, Any]) -> tuple[int, int]:
        """What the rules for changes of tier make of what a month earned."""
        rules = keys["changes"]
        if before is None:
            return earned, 0
        tier, below = before
        tier = max(min(tier, len(keys["tiers"])), _lowest(keys))
        is_review = month.month in rules.get("review_months", [])
        if earned == tier:
            return earned, 0
        if earned > tier:
            return (earned if rules["rises"] == "monthly" or is_review else tier), 0
        if rules["drops"] == "never" or (rules["drops"] == "review" and not is_review):
            return tier, below + 1
        if below + 1 < rules.get("drop_after_months", 1):
            return tier, below + 1
        return (tier - 1 if rules.get("drop_steps", "any") == "one" else earned), 0

    def earned(self, who: str, month: Month, cents: int, keys: dict[str, Any]) -> int:
        """The highest tier whose threshold is reached, and whose requirement was on record at the month's end."""
        has = [value for value, until in self.skills.get(who, []) if month.last_day < until][:1] or [0]
        needs = keys.get("requires", [0] * len(keys["tiers"]))
        rows = enumerate(zip(keys["tiers"], needs, strict=True), 1)
        return max([tier for tier, ((at, _), need) in rows if cents >= at and has[0] >= need], default=_lowest(keys))

    def decide(
        self,
        who: str,
        month: Month,
        total: int,
        window: list[tuple[Month, int]] | None,
        before: tuple[int, int] | None,
        grants: list[Grant],
        settles: Month | None,
        day: date,
    ) -> Result:
        """Decide a partner: its amount, what that earns, the merit that it leaves, the grace period over it."""
        keys = self.keys_on(day)
        amount = None
        if "measure" in keys and window is not None:
            amount = self.amount([*(cents for _, cents in window), total], keys["measure"])
        earned = self.earned(who, month, total if amount is None else amount, keys) if window is not None else None
        found = Result(total, amount, window, earned, day, tier=earned)
        found.first = found.written = self.acts
        found.state_before, found.grants_before = before, grants
        if settles is None or earned is None:
            return found
        merit, below = earned, 0
        if "changes" in keys:
            merit, below = self.step(earned, before, month, keys)
        granted = 0
        for grant in grants:
            tier = min(grant.tier, len(keys["tiers"]))
            if grant.starts_on > day:
                continue
            if grant.lifts(month.last_day) and earned >= tier:
                grant.settled.add(month)
                found.confirmed = max(found.confirmed, tier)
            elif grant.ends_on <= day:
                grant.settled.add(month)
            else:
                grant.settled.discard(month)
                granted = max(granted, tier)
        if found.confirmed > merit:
            merit, below = found.confirmed, 0
        if "changes" in keys:
            found.merit, found.below = merit, below
        found.tier = max(merit, granted)
        return found


def _lowest(keys: dict[str, Any]) -> int:
    """The tier of whoever reaches no threshold: none, or the first of a table that begins at 0."""
    return 0 if keys["tiers"][0][0] else 1


def _rounded(exact: Fraction) -> int:
    """A whole number: a half is rounded away from zero."""
    size = int(abs(exact) + Fraction(1, 2))
    return size if exact >= 0 else -size

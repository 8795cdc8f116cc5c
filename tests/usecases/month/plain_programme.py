"""A plain programme: what it decides for whom, worked out slowly from its words, month by month.

Written from the specification and never from the product's code, which has to decide alike
(`test_any_programme.py`). A programme is the text of its keys as plain values: `tiers` are pairs of a threshold in
cents and a discount, lowest first; `product_discounts` are the cells of each family, by tier; `currency`, `measure` and
`changes` are as in a programme file, or absent. A new key is a value here, a few lines in `Book`, and a draw in
`random_programmes.py`.
"""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from partner_program.domain.billing_month import BillingMonth

Month = BillingMonth


@dataclass
class Grant:
    """A grace period; `settled` are the months that confirmed it or let it lapse, as they stand now."""

    grant_id: str
    tier: int
    starts_on: date
    ends_on: date
    settled: set[Month] = field(default_factory=set)


@dataclass
class Result:
    """What a month says of a partner; `written` is the number of the act that wrote it so."""

    total: int
    amount: int | None
    window: list[tuple[str, int]]
    earned: int | None
    merit: int | None
    below: int | None
    tier: int | None
    written: int
    state_before: "tuple[int, int] | None" = None
    grants_before: list[Grant] = field(default_factory=list)
    day: date = date.min
    confirmed: int = 0


@dataclass
class Book:
    """Everything that was ever decided. `acts` counts what was done; `since` says who was authorised from when."""

    keys: dict[str, Any]
    since: dict[str, date]
    grants: dict[str, list[Grant]] = field(default_factory=dict)
    results: dict[Month, dict[str, Result]] = field(default_factory=dict)
    held: dict[Month, set[str]] = field(default_factory=dict)
    rates: dict[tuple[Month, str], str] = field(default_factory=dict)
    in_force: set[Month] = field(default_factory=set)
    asked: dict[Month, set[str]] = field(default_factory=dict)
    acts: int = 0

    def run(
        self, month: Month, totals: dict[str, int | None], open_accounts: set[str], day: date, *, history: bool = False
    ) -> None:
        """Run a month for the partners that are authorised now.

        Those with an open account cannot be known yet, nor those whose total is None: it cannot be converted.
        """
        self.acts += 1
        results, held = self.results.setdefault(month, {}), self.held.setdefault(month, set())
        self.asked[month] = set(totals)
        if not history:
            self.in_force.add(month)
        for who, total in totals.items():
            if who in results:
                continue
            window = self.window(who, month)
            if total is None or who in open_accounts or (window is None and not history):
                held.add(who)
            elif history:
                results[who] = self.decide(month, total, window, None, [], None, day)
            else:
                grants = [each for each in self.grants.get(who, []) if each.settled <= {month}]
                before = self.state_before(who, month)
                results[who] = self.decide(month, total, window, before, grants, month, day)

    def restate(self, month: Month, who: str, total: int) -> None:
        """Correct a total: decided again from what was known when the month first decided, and no later month moves."""
        self.acts += 1
        was = self.results[month][who]
        window = [(Month.parse(name), cents) for name, cents in was.window]
        again = self.decide(month, total, window, was.state_before, was.grants_before, month, was.day)
        self.results[month][who] = again

    def window(self, who: str, month: Month) -> list[tuple[Month, int]] | None:
        """The months before that count with a month, oldest first; None where one of them is lacking."""
        found, at = list[tuple[Month, int]](), month
        for _ in range(self.keys.get("measure", {"months": 1})["months"] - 1):
            at = at.preceding
            if who in self.results.get(at, {}):
                found.insert(0, (at, self.results[at][who].total))
                continue
            known = [each for each in (*self.results, *self.held) if who in self.results.get(each, {})]
            known += [each for each in self.held if who in self.held[each]]
            had_left = at in self.results and any(each < at for each in known if each < month)
            if who in self.held.get(at, set()) or not (had_left or self.since[who] > at.last_day):
                return None
        return found

    def amount(self, totals: list[int]) -> int:
        """What the totals of a window come to, in whole cents: half a cent is rounded away from zero."""
        measure = self.keys["measure"]
        exact = Fraction(sum(totals))
        if measure["of"] == "mean":
            exact = exact / len(totals)
        elif measure["short"] == "projected":
            exact = exact * measure["months"] / len(totals)
        return _rounded(exact)

    @property
    def unit(self) -> tuple[str, int]:
        """What the programme counts in, and its decimals; `XXX` for what is counted."""
        currency = self.keys.get("currency", {"code": "EUR"})
        return currency.get("code", "XXX"), currency.get("decimals", 2)

    def worth(self, currency: str, month: Month) -> Fraction | None:
        """What the smallest part of a currency is in the programme's own unit; None where nobody can say."""
        own, decimals = self.unit
        if currency == own:
            return Fraction(1)
        rates = [Fraction(1) if each == "EUR" else self._rate(each, month) for each in (currency, own)]
        if own == "XXX" or rates[0] is None or rates[1] is None:
            return None
        return Fraction(1, 100) / rates[0] * rates[1] * 10**decimals

    def _rate(self, currency: str, month: Month) -> Fraction | None:
        written = self.rates.get((month, currency))
        return None if written is None else Fraction(written)

    def total(self, minor: int, currency: str, month: Month) -> int | None:
        """An account's lines of a month in the programme's unit, rounded once; None where nobody can say."""
        worth = self.worth(currency, month)
        return None if worth is None else _rounded(minor * worth)

    @property
    def families(self) -> list[str]:
        """The product families with discounts of their own."""
        return sorted(self.keys.get("product_discounts", {}))

    def discounts(self, tier: int) -> tuple[int, ...]:
        """The general discount of a tier and that of each family, none below the first tier."""
        if tier == 0:
            return (0,) * (1 + len(self.families))
        own = [self.keys["product_discounts"][each][tier - 1] for each in self.families]
        return (self.keys["tiers"][tier - 1][1], *own)

    def state_before(self, who: str, month: Month) -> tuple[int, int] | None:
        """The tier on merit before a month, and how many months in a row have earned less; None to begin anew."""
        state: tuple[int, int] | None = None
        newest = 0
        moved = False
        for at in sorted(each for each in self.in_force if each < month):
            result = self.results[at].get(who)
            if result is None:
                if who not in self.held[at]:
                    state, newest, moved = None, 0, False
                continue
            moved = moved or result.written < newest
            newest = max(newest, result.written)
            earned, merit, below = result.earned, result.merit, result.below
            assert earned is not None
            if merit is None or below is None:
                state = (earned, 0)
            elif moved:
                tier, months = self.step(earned, state, at)
                state = (result.confirmed, 0) if result.confirmed > tier else (tier, months)
            else:
                state = (merit, below)
        return state

    def step(self, earned: int, before: tuple[int, int] | None, month: Month) -> tuple[int, int]:
        """What the rules for changes of tier make of what a month earned."""
        rules = self.keys["changes"]
        if before is None or earned == before[0]:
            return earned, 0
        tier, below = before
        is_review = month.month in rules.get("review_months", [])
        if earned > tier:
            return (earned if rules["rises"] == "monthly" or is_review else tier), 0
        if rules["drops"] == "never" or (rules["drops"] == "review" and not is_review):
            return tier, below + 1
        if below + 1 < rules.get("drop_after_months", 1):
            return tier, below + 1
        return (tier - 1 if rules.get("drop_steps", "any") == "one" else earned), 0

    def decide(
        self,
        month: Month,
        total: int,
        window: list[tuple[Month, int]] | None,
        before: tuple[int, int] | None,
        grants: list[Grant],
        settles: Month | None,
        day: date,
    ) -> Result:
        """Decide a partner: its amount, what that earns, the merit that it leaves, the grace period over it."""
        amount = None
        if "measure" in self.keys and window is not None:
            amount = self.amount([*(cents for _, cents in window), total])
        known = window is not None
        decides = total if amount is None else amount
        earned = sum(decides >= threshold for threshold, _ in self.keys["tiers"]) if known else None
        found = Result(total, amount, [(str(at), cents) for at, cents in window or []], earned, None, None, earned, 0)
        found.written, found.state_before, found.grants_before, found.day = self.acts, before, grants, day
        if settles is None or earned is None:
            return found
        merit, below = earned, 0
        if "changes" in self.keys:
            merit, below = self.step(earned, before, month)
        granted = 0
        for grant in grants:
            if grant.starts_on > day:
                continue
            if grant.starts_on <= month.last_day < grant.ends_on and earned >= grant.tier:
                grant.settled.add(month)
                found.confirmed = max(found.confirmed, grant.tier)
            elif grant.ends_on <= day:
                grant.settled.add(month)
            else:
                grant.settled.discard(month)
                granted = max(granted, grant.tier)
        if found.confirmed > merit:
            merit, below = found.confirmed, 0
        if "changes" in self.keys:
            found.merit, found.below = merit, below
        found.tier = max(merit, granted)
        return found


def _rounded(exact: Fraction) -> int:
    """A whole number: a half is rounded away from zero."""
    size = int(abs(exact) + Fraction(1, 2))
    return size if exact >= 0 else -size

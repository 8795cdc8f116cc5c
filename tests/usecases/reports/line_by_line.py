"""What reports come to, added up by exact fractions from one raw line after the other: slow, and plain to read."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

from partner_program.adapters.database import rates as rate_store
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import round_half_away
from tests.worlds import CURRENCIES, World

GO_LIVE = date(2015, 7, 27)
COUNTED = ("recurring", "credit")  # no world has usage that is posted
GIVEN = ("given more than due", "given less than due", "given without a right to it")


@dataclass(frozen=True)
class Line:
    """A line as its entity's database shows it."""

    entity: str
    account_id: str
    product: str
    kind: str
    start: date
    end: date
    term: int | None
    net: Any
    status: str
    given: int | None
    day: date | None

    @property
    def currency(self) -> str:
        """Its currency: every world's entities bill their own."""
        return CURRENCIES[self.entity]

    @property
    def excluded(self) -> str | None:
        """The bucket that takes it whoever it belongs to."""
        if self.status != "posted":
            return self.status
        return None if self.kind in COUNTED else self.kind

    @property
    def is_sound(self) -> bool:
        """Whether its amount is a whole number that pays for a term."""
        return isinstance(self.net, int) and (self.term is None or self.term > 0)

    @property
    def counts(self) -> bool:
        """Whether it counts, whoever it belongs to."""
        return self.excluded is None and self.is_sound

    def share(self, month: BillingMonth) -> Fraction:
        """What it is worth in a month, in minor units: of its term, or of exactly its period."""
        covered = (min(self.end, month.following.first_day) - max(self.start, month.first_day)).days
        if self.term is None:
            return Fraction(self.net * covered, (self.end - self.start).days)
        return Fraction(self.net * covered, self.term * month.days)


class LineByLine:
    """A month of a world, from the raw lines and the registry's rows."""

    def __init__(self, world: World, month: BillingMonth) -> None:
        """Nothing is read before it is asked for."""
        self.world, self.month = world, month

    @property
    def entities(self) -> list[str]:
        """The world's entities."""
        return [row["entity"] for row in self.world.tables["entities"]]

    @cached_property
    def lines(self) -> list[Line]:
        """Every line whose period touches the month."""
        found = []
        for entity in self.entities:
            with closing(sqlite3.connect(self.world.billing_db(entity))) as connection:
                for account, product, kind, start, end, term, net, status, given, day in connection.execute(
                    "SELECT account_id, product, charge_kind, service_start, service_end, term_months,"
                    " net_amount_minor, document_status, discount_bp, ordered_on FROM program_mrr_line"
                    " WHERE service_start < :next AND service_end > :first ORDER BY line_id",
                    {"first": str(self.month.first_day), "next": str(self.month.following.first_day)},
                ):
                    ordered = date.fromisoformat(day) if day else None
                    period = date.fromisoformat(start), date.fromisoformat(end)
                    found.append(Line(entity, account, product, kind, *period, term, net, status, given, ordered))
        return found

    @cached_property
    def units(self) -> dict[str, Fraction]:
        """Units of an entity's currency for one of the programme's."""
        rows = self.world.tables["exchange_rates"]
        own = {row["currency"]: row["units_per_eur"] for row in rows if row["billing_month"] == str(self.month)}
        own["EUR"] = "1"
        programme = Fraction(own[self.world.programme_currency])
        return units_of(self.entities, {currency: Fraction(units) / programme for currency, units in own.items()})

    def owner(self, entity: str, account: str, day: date) -> str | None:
        """Whose an account is on a day; no world has one of two partners."""
        for row in self.world.tables["account_links"]:
            if (row["entity"], row["account_id"]) == (entity, account):
                until = date.fromisoformat(row["valid_to"] or "9999-12-31")
                if date.fromisoformat(row["valid_from"]) <= day < until:
                    return str(row["partner_id"])
        return None

    def is_authorized(self, partner_id: str) -> bool:
        """Whether a partner takes part."""
        (partner,) = [row for row in self.world.tables["partners"] if row["partner_id"] == partner_id]
        return bool(partner["status"] == "authorized")

    def buckets(self, held: set[str]) -> dict[tuple[str, str, str], tuple[int, int]]:
        """Lines and whole amounts by entity, currency and bucket; of an amount that is none, 0."""
        found: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
        for line in self.lines:
            row = found[line.entity, line.currency, line.excluded or self._bucket(line, held)]
            row[0] += 1
            row[1] += line.net if isinstance(line.net, int) else 0
        return {key: (lines, amount) for key, (lines, amount) in found.items()}

    def _bucket(self, line: Line, held: set[str]) -> str:
        partner_id = self.owner(line.entity, line.account_id, self.month.last_day)
        if partner_id is None:
            return "unmatched"
        if not self.is_authorized(partner_id):
            return "not_authorized"
        if not line.is_sound:
            return "faulty"
        return "held" if partner_id in held else "counted"

    def totals(self, units: dict[str, Fraction] | None = None) -> dict[str, int]:
        """EUR cents by partner, at the month's exchange rates or at others; each account is rounded by itself."""
        accounts: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        for line in self.lines:
            if line.counts:
                accounts[line.entity, line.account_id] += line.share(self.month)
        totals: dict[str, int] = defaultdict(int)
        for (entity, account), minor in accounts.items():
            owner = self.owner(entity, account, self.month.last_day)
            if owner is not None:
                totals[owner] += cents(minor / (units or self.units)[entity])
        return dict(totals)

    @property
    def counted_lines(self) -> int:
        """How many lines count, whoever they belong to."""
        return sum(line.counts for line in self.lines)

    @property
    def counted_cents(self) -> int:
        """What the month counts, whoever it belongs to: rounded for each account."""
        accounts: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        for line in self.lines:
            if line.counts:
                accounts[line.entity, line.account_id] += line.share(self.month) / self.units[line.entity]
        return sum(map(cents, accounts.values()))

    @cached_property
    def judged(self) -> list[tuple[Line, str, int | None]]:
        """Each line that counts, with the words of its group and what was due, None where nobody can say it."""
        with self.world.installation.database.reading() as programme:
            return [(line, *self._judged(programme, line)) for line in self.lines if line.counts]

    def _judged(self, programme: Any, line: Line) -> tuple[str, int | None]:
        if line.given is None or line.day is None:
            return "not known", None
        due, is_authorized = self._due(programme, line.entity, line.account_id, line.day)
        if due is None:
            return "ordered before the programme", None
        if line.given == due:
            return "as due", due
        if not is_authorized:
            return "given without a right to it", due
        return ("given more than due" if line.given > due else "given less than due"), due

    def _due(self, programme: Any, entity: str, account: str, day: date) -> tuple[int | None, bool]:
        """What an order was due, and whether its partner had a right to any: the partner's of that day."""
        partner_id = self.owner(entity, account, day)
        if partner_id is None:
            return (None, True) if day < GO_LIVE else (0, False)
        rate = rate_store.rate_on(programme, partner_id, day)
        if rate is not None:
            return rate.terms.monthly_fee_discount_bp, True
        if day < GO_LIVE or self.is_authorized(partner_id):
            floors = [row for row in self.world.tables["legacy_agreements"] if row["partner_id"] == partner_id]
            return max((row["monthly_fee_discount_bp"] for row in floors), default=None), True
        return 0, False

    def groups(self) -> dict[str, tuple[int, int, int]]:
        """Lines, revenue and effect in EUR cents by group; lines that were ordered alike are rounded together."""
        sums: dict[Any, list[Any]] = defaultdict(lambda: [0, Fraction(0), Fraction(0)])
        for line, group, due in self.judged:
            euros = line.share(self.month) / self.units[line.entity]
            row = sums[group, line.entity, line.account_id, line.product, line.given, line.day]
            row[0] += 1
            row[1] += euros
            if group in GIVEN and line.given is not None and due is not None:
                row[2] += euros / (1 - Fraction(line.given, 10_000)) * Fraction(line.given - due, 10_000)
        found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for (group, *_), (lines, euros, effect) in sums.items():
            for place, amount in enumerate((lines, cents(euros), cents(effect))):
                found[group][place] += amount
        return {group: (each[0], each[1], each[2]) for group, each in found.items()}

    def cost(self, part: Callable[[Line], str] | None = None) -> dict[str, dict[str, int]]:
        """List value, given, due and what nobody can say, in EUR cents by part, of one "": each rounded once."""
        sums: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        for line, _, due in self.judged:
            revenue = line.share(self.month) / self.units[line.entity]
            amounts = {"revenue": revenue}
            if line.given is None:
                amounts["unknown"] = revenue
            else:
                whole = revenue / (1 - Fraction(line.given, 10_000))
                amounts |= {"list": whole, "given": whole - revenue}
                amounts["unsaid" if due is None else "due"] = (
                    whole - revenue if due is None else whole * Fraction(due, 10_000)
                )
            for name, amount in amounts.items():
                sums[part(line) if part else ""][name] += amount
        return {key: {name: cents(amount) for name, amount in each.items()} for key, each in sums.items()}

    def given_minor(self) -> dict[tuple[str, str], Fraction]:
        """The discounts given by entity and product, in minor units of the entity's currency."""
        found: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        for line, _, _ in self.judged:
            if line.given is not None:
                found[line.entity, line.product] += line.share(self.month) * Fraction(line.given, 10_000 - line.given)
        return dict(found)


def units_of(entities: Iterable[str], rates: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Units of its currency for one of the programme's by entity, of those whose currency has a rate."""
    return {each: rates[CURRENCIES[each]] for each in entities if CURRENCIES[each] in rates}


def cents(amount: Fraction) -> int:
    """Round once, half away from zero."""
    return round_half_away(amount.numerator, amount.denominator)

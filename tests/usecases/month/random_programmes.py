"""Random programmes, and random worlds that live by them: run by the product, told to the plain book in the same order.

Each key of a programme file has its draw in `KEYS`; what is drawn is written into the file and given to `Book`.
"""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest

from partner_program.adapters.proofs.keys import KEY_VARIABLE, new_key
from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.month.run import MonthRun
from partner_program.usecases.proofs.verify import verify_proof
from partner_program.usecases.proofs.write import write_proof
from partner_program.usecases.simulation import simulate
from tests.programs import least
from tests.usecases.month.own_programme import DAY, OwnProgramme
from tests.usecases.month.plain_programme import Book, Grant

FIRST = BillingMonth(2015, 9)
MONTHS = 6
THRESHOLDS = (1_000_00, 2_500_00, 5_000_00, 9_000_00)
NO_BRAKE = """brake:
  lowered_share_bp: {value: 10000, reading: x}
  entity_total_move_at_least_cents: {value: 1000000000000, reading: x}
"""
HOMES = {"P1": "NL", "P2": "DE", "P3": "DE"}
UNITS: tuple[dict[str, Any], ...] = ({"code": "USD"}, {"code": "IDR", "decimals": 0}, {"label": "pts", "decimals": 0})
# About the rates of 2015, as the months are those of 2014 to 2016: others would be in doubt.
UNITS_PER_EUR = {"USD": Fraction("1.11"), "GBP": Fraction("0.745"), "IDR": Fraction(15_000)}
USD_UNTIL = {BillingMonth(2014, 9): "1.29", BillingMonth(2014, 12): "1.24", BillingMonth(2015, 3): "1.15"}


def _measure(random: Random) -> dict[str, Any] | None:
    if random.random() < 0.25:
        return None
    return {
        "months": random.choice((1, 2, 3, 3, 4, 12)),
        "of": random.choice(("sum", "mean")),
        "short": random.choice(("as_is", "projected")),
    }


def _changes(random: Random) -> dict[str, Any] | None:
    if random.random() < 0.25:
        return None
    drawn: dict[str, Any] = {
        "rises": random.choice(("monthly", "review")),
        "drops": random.choice(("monthly", "monthly", "review", "never")),
    }
    if "review" in drawn.values() or random.random() < 0.3:
        drawn["review_months"] = sorted(random.sample(range(1, 13), random.choice((1, 2, 4))))
    if random.random() < 0.6:
        drawn["drop_after_months"] = random.choice((1, 2, 3))
    if random.random() < 0.6:
        drawn["drop_steps"] = random.choice(("any", "one"))
    return drawn


def _currency(random: Random) -> dict[str, Any] | None:
    return random.choice((None, *UNITS))


KEYS: dict[str, Callable[[Random], dict[str, Any] | None]] = {
    "measure": _measure,
    "changes": _changes,
    "currency": _currency,
}


def random_keys(random: Random) -> dict[str, Any]:
    """A programme as plain values: its table, and the keys that were drawn for it."""
    thresholds = sorted(random.sample(THRESHOLDS, random.choice((2, 3, 4))))
    keys: dict[str, Any] = {"tiers": [(each, 500 * place) for place, each in enumerate(thresholds, 1)]}
    keys |= {name: value for name, draw in KEYS.items() if (value := draw(random)) is not None}
    if random.random() < 0.5:
        families = random.choice((("vps",), ("vps", "dedicated")))
        keys["product_discounts"] = {each: _cells(random, len(thresholds)) for each in families}
    return keys


def _cells(random: Random, tiers: int) -> list[int]:
    """A family's discounts, tier by tier: never fewer in a higher one."""
    return sorted(random.choice((0, 200, 300, 700, 900)) for _ in range(tiers))


def as_text(keys: dict[str, Any]) -> str:
    """The programme file of these keys."""
    sections = [least(*keys["tiers"], day=DAY), NO_BRAKE]
    for name, values in keys.items():
        if name == "product_discounts":
            rows = [f"  - {{product: {family}, tiers: {cells}, reading: x}}" for family, cells in values.items()]
            sections.append("\n".join([f"{name}:", *rows, ""]))
        elif name != "tiers":
            lines = [f"  {key}: {value}" for key, value in values.items()]
            sections.append("\n".join([f"{name}:", *lines, "  reading: x", ""]))
    return "".join(sections)


class LivedWorld(OwnProgramme):
    """A company that lives by a programme of its own; everything that is done is told to the plain book too."""

    def __init__(self, folder: Path, keys: dict[str, Any], random: Random) -> None:
        """Write the programme's file; partners are authorised before the first month, or while the world lives."""
        super().__init__(folder, as_text(keys))
        self.random = random
        self.book = Book(keys, {})
        self.suspended: set[str] = set()
        self.open_books: set[BillingMonth] = set()
        self.billed: dict[tuple[str, BillingMonth], int] = {}
        self.currencies = {entity: self._entity_currency() for entity in ("NL", "DE")}
        for row in self.tables["entities"]:
            row["currency"] = self.currencies[row["entity"]]
        self.today = date(2015, 1, 1)

    def live(self) -> None:
        """Settle months of history, then each month in force; hold, release, restate, suspend and take back."""
        random, months = self.random, [FIRST]
        while len(months) < MONTHS:
            months.append(months[-1].following)
        self._begin()
        before = FIRST
        for _ in range(random.choice((0, 2, 2, 3, 3, 3, 3, 11))):
            before = before.preceding
            if random.random() < 0.93:
                self._run(before, history=True)
        waiting: list[BillingMonth] = []
        for month in months:
            self._change_standing()
            open_books = random.random() < 0.3
            self._run(month, open_books=open_books)
            waiting += [month] if open_books else []
            for late in list(waiting):
                if random.random() < 0.4:
                    waiting.remove(late)
                    self._run(late)
            if random.random() < 0.3:
                self._restate(random.choice([each for each in months if each <= month]))

    def close(self, month: str, *entities: str) -> None:
        """Close a month, in the entity's currency where it billed nothing."""
        super().close(month, *entities)
        for entity, currency in self.currencies.items():
            self.execute(entity, "UPDATE program_period_close SET currency = ? WHERE line_count = 0", (currency,))

    def _entity_currency(self) -> str:
        own, _ = self.book.unit
        if own == "XXX" and self.random.random() < 0.8:
            return own
        return self.random.choice(("EUR", "USD", "GBP", own))

    def _rates(self, month: BillingMonth) -> None:
        """The month's exchange rates, a little up or down; now and then one lacks."""
        for currency, units in UNITS_PER_EUR.items():
            if currency == "USD":
                units = next((Fraction(each) for until, each in USD_UNTIL.items() if month <= until), units)
            moved = units * (10_000 + self.random.randint(-50, 50)) / 10_000
            if self.random.random() < 0.97:
                self.book.rates[month, currency] = f"{float(moved):.6f}"
                self.rate(str(month), currency, self.book.rates[month, currency])

    def _begin(self) -> None:
        at = BillingMonth(2014, 8)
        while at < BillingMonth(2016, 6):
            self._rates(at)
            at = at.following
        for who, home in HOMES.items():
            since = self.random.choice((date(2012, 1, 1), date(2012, 1, 1), date(2015, 7, 10), date(2015, 10, 5)))
            self.partner(who, {home: f"A-{who}"}, authorized_on=str(since))
            self.book.since[who] = since
            at = BillingMonth(2014, 8)
            while at < BillingMonth(2016, 6):
                self._bill(who, at, self.random.choice((0, 400_00, 1_000_00, 2_499_99, 2_500_00, 4_000_00, 9_500_00)))
                at = at.following
            if self.random.random() < 0.4:
                self._grant(who)
        self.ready(*(str(each) for each in sorted({month for _, month in self.billed})))

    def _grant(self, who: str) -> None:
        tier = self.random.randint(1, len(self.book.keys["tiers"]))
        starts, ends = date(2015, self.random.choice((9, 10, 11)), 1), date(2016, self.random.choice((1, 2)), 10)
        self.grant(f"G-{who}", who, tier, str(starts), str(ends))
        self.book.grants[who] = [Grant(f"G-{who}", tier, starts, ends)]

    def _bill(self, who: str, month: BillingMonth, amount: int) -> None:
        """Bill about this amount of the programme's unit, in the currency of the partner's entity."""
        currency = self.currencies[HOMES[who]]
        worth = self.book.worth(currency, month) or Fraction(1)
        minor = int(amount / worth)
        if amount > 0 and worth != 1:
            minor += self.random.choice((0, 1))
        self.billed[who, month] = self.billed.get((who, month), 0) + minor
        if minor:
            kind = {} if minor > 0 else {"charge_kind": "credit"}
            self.bill(f"A-{who}", str(month), minor, entity=HOMES[who], currency=currency, **kind)

    def _total(self, who: str, month: BillingMonth) -> int | None:
        """What the plain book makes of a partner's lines; who has none needs no rate."""
        minor = self.billed[who, month]
        return self.book.total(minor, self.currencies[HOMES[who]], month) if minor else 0

    def _run(self, month: BillingMonth, *, history: bool = False, open_books: bool = False) -> None:
        self.today = max(self.today, month.following.first_day + timedelta(days=4))
        if open_books:
            self.reopen(str(month), "DE")
            self.open_books.add(month)
        else:
            self.close(str(month))
            self.open_books.discard(month)
        self._settle(month, history=history)

    def _settle(self, month: BillingMonth, *, history: bool = False) -> None:
        _settle_once(self.installation, self.request(str(month), today=str(self.today), history=history))
        totals = {who: self._total(who, month) for who in HOMES if who not in self.suspended}
        waits = {who for who in totals if HOMES[who] == "DE"} if month in self.open_books else set()
        self.book.run(month, totals, waits, self.today, history=history)

    def _restate(self, month: BillingMonth) -> None:
        results = self.book.results[month]
        mine = [who for who in results if HOMES[who] == "NL" or month not in self.open_books]
        mine = [who for who in mine if self.book.worth(self.currencies[HOMES[who]], month) is not None]
        if not mine or self.suspended & set(results):
            return
        who = self.random.choice(sorted(mine))
        self._bill(who, month, self.random.choice((-100_00, 700_00, 3_000_00)))
        self.close(str(month), *(["NL"] if month in self.open_books else []))
        self._settle(month)
        acceptance = Acceptance(self.today, "Kim", "a late line")
        accept_restatement(self.installation, month, acceptance, today=self.today)
        total = self._total(who, month)
        assert total is not None
        self.book.restate(month, who, total)

    def _change_standing(self) -> None:
        who = self.random.choice(sorted(HOMES))
        if who in self.suspended or self.random.random() < 0.15:
            self.suspended ^= {who}
            for row in self.tables["partners"]:
                if row["partner_id"] == who:
                    row["status"] = "suspended" if who in self.suspended else "authorized"
            self.load()

    def decided(self) -> dict[str, dict[str, Any]]:
        """What the product has on record of each month, by partner; of held ones that they are held."""
        return {
            str(month): {row["partner_id"]: _decided(row) for row in self.register(str(month))["partners"]}
            for month in sorted(self.book.results)
        }

    def rates_of_families(self) -> dict[str, set[tuple[Any, ...]]]:
        """What an order of each family gets: of each month and partner, and of each rate beside its tier."""
        rates = self.rows("SELECT tier, monthly_fee_discount_bp, families FROM discount_rate")
        told = {
            (month, row["partner_id"], self._discounts(row["monthly_fee_discount_bp"], row.get("families")))
            for month, row in self._rated()
        }
        return {"register": told, "rates": {(tier, self._discounts(*terms)) for tier, *terms in rates}}

    def expected_families(self) -> dict[str, set[tuple[Any, ...]]]:
        """What the plain book makes of both."""
        tiers = {tier for (tier,) in self.rows("SELECT tier FROM discount_rate")}
        told = {
            (month, row["partner_id"], self.book.discounts(self.book.results[month][row["partner_id"]].tier or 0))
            for month, row in self._rated()
        }
        return {"register": told, "rates": {(tier, self.book.discounts(tier)) for tier in tiers}}

    def _discounts(self, general: int, families: str | None) -> tuple[int, ...]:
        own = dict(each.split("=") for each in (families or "").split())
        return (general, *(int(own.pop(each, general)) for each in self.book.families), *map(int, own.values()))

    def _rated(self) -> list[tuple[BillingMonth, dict[str, Any]]]:
        """The rows of the months in force that decided their own rate: others tell terms that were in force before."""
        return [
            (month, row)
            for month in sorted(self.book.in_force)
            for row in self.register(str(month))["partners"]
            if row["status"] != "held" and "rate_decided_by" not in row
        ]

    def simulated(self) -> list[object]:
        """What the same programme would have decided otherwise in the months in force, as the simulation says.

        It knows EUR and general discounts alone, and is refused for a programme in another unit or with families.
        """
        months = sorted(self.book.in_force)
        if {"currency", "product_discounts"} & self.book.keys.keys():
            with pytest.raises(Refusal):
                simulate(self.installation, self.file, months[0], months[-1])
            return []
        found = simulate(self.installation, self.file, months[0], months[-1])
        return [each for month in found.months for each in month.differing]

    def proven(self, month: BillingMonth) -> list[str]:
        """What differs where a month's proof is decided again."""
        key, proof = self.folder / "key.pem", self.folder / f"{month}.zip"
        new_key(key)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(KEY_VARIABLE, str(key))
            write_proof(self.installation, month, proof, by=Doer("Kim", "to prove it", 1_440_000_000))
        return [str(each) for each in verify_proof(proof).differences]

    def expected(self) -> dict[str, dict[str, Any]]:
        """What the plain book has on record."""
        return {
            str(month): {
                **dict.fromkeys(self.book.held[month] - results.keys() - self._gone(month), "held"),
                **{
                    who: (each.total, each.amount, each.window, each.earned, each.merit, each.below, each.tier)
                    for who, each in results.items()
                },
            }
            for month, results in sorted(self.book.results.items())
        }

    def _gone(self, month: BillingMonth) -> set[str]:
        """Who was held in a month, and was not authorised any more when it was run last."""
        return {who for who in self.book.held[month] if who not in self.book.asked[month]}


def _settle_once(here: Installation, request: MonthRequest) -> None:
    """Run a month's stages but for the quality checks, with inputs that are gathered once, as the command line does."""
    run = MonthRun(here, request)
    for _ in run.pull_all(run.begin()):
        pass
    inputs = run.gather()
    run.merge_totals(inputs)
    run.assign_tiers(inputs)
    run.settle_grace_periods(inputs)
    run.write_discount_rates()


def _decided(row: dict[str, Any]) -> Any:
    if row["status"] == "held":
        return "held"
    window = [(each["counted_month"], each["mrr_eur_cents"]) for each in row.get("window", [])]
    names = ("mrr_eur_cents", "qualifying_eur_cents", "earned_tier", "merit_tier", "months_below", "tier")
    total, amount, earned, merit, below, tier = (row.get(name) for name in names)
    return (total, amount, window, earned, merit, below, tier)

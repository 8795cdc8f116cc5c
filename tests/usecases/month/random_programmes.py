"""Random programmes, and random worlds that live by them: run by the product, told to the plain book in the same order.

Each key of a programme file has its draw in `KEYS` or in `random_keys`; what is drawn is written into the file and
given to `Book`. A world may have a second file, which takes force while it lives.
"""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, Literal

import pytest

from partner_program.adapters.proofs.keys import KEY_VARIABLE, new_key
from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.refusals import Refusal
from partner_program.usecases.grants import grant_grace
from partner_program.usecases.installation import Installation
from partner_program.usecases.month.inputs import MonthRequest
from partner_program.usecases.month.restatement import Acceptance, accept_restatement
from partner_program.usecases.month.run import MonthRun
from partner_program.usecases.partner_status import change_status
from partner_program.usecases.proofs.verify import verify_proof
from partner_program.usecases.proofs.write import write_proof
from partner_program.usecases.simulation import simulate
from tests.programs import least
from tests.usecases.month.own_programme import DAY, OwnProgramme
from tests.usecases.month.plain_programme import LEVELS, Book, Floor, Grant, Terms

FIRST = BillingMonth(2015, 9)
MONTHS = 6
LIVED_FROM, LIVED_UNTIL = BillingMonth(2014, 9), BillingMonth(2016, 2)
THRESHOLDS = (1_000_00, 2_500_00, 5_000_00, 9_000_00)
BILLED = (0, 400_00, 1_000_00, 2_499_99, 2_500_00, 4_000_00, 9_500_00)
NO_BRAKE = """brake:
  lowered_share_bp: {value: 10000, reading: x}
  entity_total_move_at_least_cents: {value: 1000000000000, reading: x}
"""
HOMES = {"P1": "NL", "P2": "DE", "P3": "DE"}
MONEY: tuple[dict[str, Any] | None, ...] = (None, {"code": "USD"}, {"code": "IDR", "decimals": 0})
POINTS: dict[str, Any] = {"label": "pts", "decimals": 0}
# About the rates of 2015, as the months are those of 2014 to 2016: others would be in doubt.
UNITS_PER_EUR = {"USD": Fraction("1.11"), "GBP": Fraction("0.745"), "IDR": Fraction(15_000)}
USD_UNTIL = {BillingMonth(2014, 9): "1.29", BillingMonth(2014, 12): "1.24", BillingMonth(2015, 3): "1.15"}
PER_TIER = ("setup", "sla", "requires")


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
    return random.choice((*MONEY, POINTS))


KEYS: dict[str, Callable[[Random], dict[str, Any] | None]] = {
    "measure": _measure,
    "changes": _changes,
    "currency": _currency,
}


def random_keys(random: Random) -> dict[str, Any]:
    """A programme as plain values: its table, and the keys that were drawn for it."""
    keys = _random_table(random)
    return keys | {name: value for name, draw in KEYS.items() if (value := draw(random)) is not None}


def _random_table(random: Random) -> dict[str, Any]:
    """A table of tiers with what may stand in its rows, and the discounts of families, which have a cell for each."""
    thresholds = [0] * (random.random() < 0.2) + sorted(random.sample(THRESHOLDS, random.choice((2, 3, 4))))
    count = len(thresholds)
    keys: dict[str, Any] = {"tiers": [(each, 500 * place) for place, each in enumerate(thresholds, 1)]}
    if random.random() < 0.3:
        keys["setup"] = _cells(random, count, (0, 1000, 2500, 5000))
    if random.random() < 0.3:
        keys["sla"] = [LEVELS[each] for each in _cells(random, count, (1, 2, 3, 4))]
    if random.random() < 0.3:
        keys["requires"] = _cells(random, count, (0, 0, 1, 2, 3))
        if not thresholds[0]:
            keys["requires"][0] = 0
    if random.random() < 0.5:
        families = random.choice((("vps",), ("vps", "dedicated")))
        keys["product_discounts"] = {each: _cells(random, count, (0, 200, 300, 700, 900)) for each in families}
    return keys


def next_keys(random: Random, keys: dict[str, Any]) -> dict[str, Any]:
    """The programme that follows another: some of its keys are drawn anew. What is counted stays counted."""
    drawn, tables = random_keys(random), ("tiers", *PER_TIER, "product_discounts")
    counted = "label" in keys.get("currency", {})
    if "label" in drawn.get("currency", {}) or counted:
        drawn = {name: value for name, value in drawn.items() if name != "currency"}
    found: dict[str, Any] = {}
    for names in (tables, *((each,) for each in KEYS)):
        stays = names == ("currency",) and counted
        own = keys if stays or random.random() < 0.5 else drawn
        found |= {name: own[name] for name in names if name in own}
    return found


def _cells(random: Random, tiers: int, values: tuple[int, ...]) -> list[int]:
    """A value for each tier: never less in a higher one."""
    return sorted(random.choice(values) for _ in range(tiers))


def as_text(keys: dict[str, Any], day: str = DAY) -> str:
    """The programme file of these keys."""
    sections = [least(*keys["tiers"], more=_rows(keys), day=day), NO_BRAKE]
    for name, values in keys.items():
        if name == "product_discounts":
            rows = [f"  - {{product: {family}, tiers: {cells}, reading: x}}" for family, cells in values.items()]
            sections.append("\n".join([f"{name}:", *rows, ""]))
        elif name not in ("tiers", *PER_TIER):
            lines = [f"  {key}: {value}" for key, value in values.items()]
            sections.append("\n".join([f"{name}:", *lines, "  reading: x", ""]))
    return "".join(sections)


def _rows(keys: dict[str, Any]) -> list[str]:
    """What stands in the row of each tier beside its threshold and its discount."""
    rows = ["" for _ in keys["tiers"]]
    for place in range(len(rows)):
        if "setup" in keys:
            rows[place] += f"    setup_fee_discount_bp: {keys['setup'][place]}\n"
        if "sla" in keys:
            rows[place] += f"    sla: {keys['sla'][place]}\n"
        if keys.get("requires", [0] * len(rows))[place]:
            needs = keys["requires"][place]
            rows[place] += f"    requires:\n      - {{key: certified_staff, at_least: {needs}}}\n"
    return rows


class LivedWorld(OwnProgramme):
    """A company that lives by a programme of its own; everything that is done is told to the plain book too."""

    def __init__(self, folder: Path, random: Random) -> None:
        """Write the programme's files; partners are authorised before the first month, or while the world lives."""
        keys = random_keys(random)
        super().__init__(folder, as_text(keys))
        self.random = random
        self.book = Book([(date.fromisoformat(DAY), keys)], {})
        if random.random() < 0.4:
            self._next_programme()
        self.suspended: set[str] = set()
        self.open_books: set[BillingMonth] = set()
        self.billed: dict[tuple[str, BillingMonth], int] = {}
        self.currencies = {entity: self._entity_currency() for entity in ("NL", "DE")}
        for row in self.tables["entities"]:
            row["currency"] = self.currencies[row["entity"]]
        self.today = date(2015, 1, 1)

    @property
    def installation(self) -> Installation:
        """One installation for the whole life of a world: each new one opens its database anew."""
        if "_here" not in self.__dict__:
            self._here = super().installation
        return self._here

    def reread(self) -> None:
        """Read the folder's programme files anew."""
        self.__dict__.pop("_here", None)
        super().reread()

    def _next_programme(self) -> None:
        """Write the file of another programme, which takes force in one of the months that are lived."""
        day = FIRST.following.first_day + timedelta(days=self.random.randint(0, 150))
        keys = next_keys(self.random, self.book.programmes[0][1])
        (self.file.parent / f"{day}.yaml").write_text(as_text(keys, str(day)), encoding="utf-8")
        self.book.programmes.append((day, keys))
        self.reread()

    def live(self) -> None:
        """Settle months of history, then each month in force; hold, release, restate, suspend and take back, grant."""
        random, months = self.random, [FIRST]
        while len(months) < MONTHS:
            months.append(months[-1].following)
        self._begin()
        history, before = list[BillingMonth](), FIRST
        window = max(keys.get("measure", {"months": 1})["months"] for _, keys in self.book.programmes)
        for _ in range(random.choice((0, 1, window - 1, window - 1, window - 1))):
            before = before.preceding
            if random.random() < 0.93:
                self._run(before, history=True)
                history.append(before)
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
            if random.random() < 0.4:
                lived = [each for each in months if each <= month]
                self._restate(random.choice(history if history and random.random() < 0.1 else lived))
            if random.random() < 0.25:
                self._grant_on_demand()

    def close(self, month: str, *entities: str) -> None:
        """Close a month, in the entity's currency where it billed nothing."""
        super().close(month, *entities)
        for entity, currency in self.currencies.items():
            self.execute(entity, "UPDATE program_period_close SET currency = ? WHERE line_count = 0", (currency,))

    def _entity_currency(self) -> str:
        own, _ = self.book.unit(date.min.replace(year=2015))
        if own == "XXX" and self.random.random() < 0.8:
            return own
        return self.random.choice(("EUR", "USD", "GBP", own))

    def _rates(self, month: BillingMonth, needed: set[str]) -> None:
        """The month's exchange rates, a little up or down; now and then one lacks."""
        for currency, units in UNITS_PER_EUR.items():
            if currency not in needed:
                continue
            if currency == "USD":
                units = next((Fraction(each) for until, each in USD_UNTIL.items() if month <= until), units)
            moved = units * (10_000 + self.random.randint(-50, 50)) / 10_000
            if self.random.random() < 0.97:
                self.book.rates[month, currency] = f"{float(moved):.6f}"
                self.rate(str(month), currency, self.book.rates[month, currency])

    def _begin(self) -> None:
        months, at = list[BillingMonth](), LIVED_FROM
        while at <= LIVED_UNTIL:
            months.append(at)
            at = at.following
        needed = {*self.currencies.values(), *(self.book.unit(day)[0] for day, _ in self.book.programmes)}
        for month in months:
            self._rates(month, needed)
        for who, home in HOMES.items():
            since = self.random.choice((date(2012, 1, 1), date(2012, 1, 1), date(2015, 7, 10), date(2015, 10, 5)))
            self.partner(who, {home: f"A-{who}"}, authorized_on=str(since))
            self.book.since[who] = since
            for month in months:
                self._bill(who, month, self.random.choice(BILLED))
            if self.random.random() < 0.4:
                self._grant(who)
            for number in range(self.random.choice((0, 0, 1, 2))):
                self._agree(who, number)
            self._qualify(who)
        self.ready(*map(str, months))

    def _grant(self, who: str) -> None:
        starts = date(2015, self.random.choice((9, 10, 11)), 1)
        ends = self.random.choice((date(2015, 12, 1), date(2016, 2, 10)))
        tier = self.random.randint(1, len(self.book.keys_on(starts)["tiers"]))
        self.grant(f"G-{who}", who, tier, str(starts), str(ends))
        self.book.grants[who] = [Grant(f"G-{who}", tier, starts, ends)]

    def _agree(self, who: str, number: int) -> None:
        """An older agreement, about what every programme of its days has."""
        random = self.random
        until = random.choice((date(2015, 11, 1), date(2016, 1, 15), date.max))
        programmes = [keys for begins, keys in self.book.programmes if begins < until]
        families = set.intersection(*({*keys.get("product_discounts", {})} for keys in programmes))
        monthly, setup, level, product = random.choice((0, 300, 700, 1200, 2600)), 0, LEVELS[0], None
        if families and random.random() < 0.5:
            product = random.choice(sorted(families))
        else:
            if all("setup" in keys for keys in programmes):
                setup = random.choice((0, 1500, 6000))
            if all("sla" in keys for keys in programmes):
                level = random.choice(LEVELS)
        self.legacy(who, monthly, setup, level or "", "" if until == date.max else str(until))
        self.tables["legacy_agreements"][-1] |= {"source": f"contract {number}", "product": product or ""}
        self.book.floors.setdefault(who, []).append(Floor(monthly, setup, level, product, until))

    def _qualify(self, who: str) -> None:
        """Certified staff on record, and perhaps another number from a later day on."""
        if not any("requires" in keys for _, keys in self.book.programmes):
            return
        changes = self.random.choice((date(2015, 8, 31), date(2015, 11, 30), date(2015, 12, 1)))
        for since, until in ((date(2014, 1, 1), changes), (changes, date.max)):
            value = self.random.randint(0, 3)
            self.qualified(who, value, str(since), "" if until == date.max else str(until))
            self.book.skills.setdefault(who, []).append((value, until))

    def _bill(self, who: str, month: BillingMonth, amount: int) -> None:
        """Bill about this amount of the programme's unit, in the currency of the partner's entity."""
        currency = self.currencies[HOMES[who]]
        worth = self.book.worth(currency, month, month.following.first_day + timedelta(days=4)) or Fraction(1)
        minor = int(amount / worth)
        if amount > 0 and worth != 1:
            minor += self.random.choice((0, 1))
        self.billed[who, month] = self.billed.get((who, month), 0) + minor
        if minor:
            kind = {} if minor > 0 else {"charge_kind": "credit"}
            self.bill(f"A-{who}", str(month), minor, entity=HOMES[who], currency=currency, **kind)

    def _total(self, who: str, month: BillingMonth, day: date) -> int | None:
        """What the plain book makes of a partner's lines; who has none needs no rate."""
        minor = self.billed[who, month]
        return self.book.total(minor, self.currencies[HOMES[who]], month, day) if minor else 0

    def _run(self, month: BillingMonth, *, history: bool = False, open_books: bool = False) -> None:
        self.today = max(self.today, month.following.first_day + timedelta(days=4))
        if open_books:
            self.reopen(str(month), "DE")
            self.open_books.add(month)
        else:
            self.close(str(month))
            self.open_books.discard(month)
        self._settle(month, history=history)

    def _settle(self, month: BillingMonth, *, history: bool = False) -> bool:
        """Run a month; say whether it could be: after a change of unit, what was settled before is not finished."""
        request = self.request(str(month), today=str(self.today), history=history)
        if not history and len(self._units(month)) > 1:
            with pytest.raises(Refusal, match="the programme changed its currency"):
                _settle_once(self.installation, request)
            return False
        _settle_once(self.installation, request)
        day = month.last_day if history else self.today
        totals = {who: self._total(who, month, day) for who in HOMES if who not in self.suspended}
        waits = {who for who in totals if HOMES[who] == "DE"} if month in self.open_books else set()
        self.book.run(month, totals, waits, self.today, history=history)
        return True

    def _units(self, month: BillingMonth) -> set[tuple[str, int]]:
        """What a month in force is counted in: by partners that it has decided already, and by those it would now."""
        results = self.book.results.get(month, {})
        partners = [who for who in HOMES if who not in self.suspended]
        return {self.book.unit(results[who].day if who in results else self.today) for who in partners}

    def _restate(self, month: BillingMonth) -> None:
        """Bill a partner once more, run the month again, and accept what differs."""
        results, history = self.book.results[month], month not in self.book.in_force
        mine = [who for who in results if who not in self.suspended]
        mine = [who for who in mine if HOMES[who] == "NL" or month not in self.open_books]
        billable = [
            who for who in mine if self.book.worth(self.currencies[HOMES[who]], month, results[who].day) is not None
        ]
        if not billable:
            return
        self._bill(self.random.choice(sorted(billable)), month, self.random.choice((-100_00, 700_00, 3_000_00)))
        self.close(str(month), *(["NL"] if month in self.open_books else []))
        if not self._settle(month, history=history):
            return
        totals = {who: self._total(who, month, results[who].day) for who in mine}
        changed = {who: cents for who, cents in totals.items() if cents is not None and cents != results[who].total}
        if not changed:
            return
        acceptance = Acceptance(self.today, "Kim", "a late line")
        ahead = [
            who
            for who in changed
            if self.book.decided_after(who, month) is None and self.book.last_decided(who) > self.today
        ]
        if ahead and not history:
            with pytest.raises(Refusal, match="has a rate decided on"):
                accept_restatement(self.installation, month, acceptance, today=self.today)
            return
        accept_restatement(self.installation, month, acceptance, today=self.today)
        self.book.restate(month, changed, self.today)

    def _grant_on_demand(self) -> None:
        """Grant a partner some time in a tier, from a day to come."""
        random = self.random
        who = random.choice(sorted(HOMES))
        if who in self.suspended:
            return
        starts = self.today + timedelta(days=random.randint(1, 45))
        ends = starts + timedelta(days=random.randint(3, 60))
        tier = random.randint(1, len(self.book.keys_on(starts)["tiers"]))
        grant = Grant(f"{who}-{starts}-T{tier}", tier, starts, ends)

        def make() -> None:
            grant_grace(
                self.installation,
                who,
                tier=tier,
                starts_on=starts,
                ends_on=ends,
                granted_by="Kim",
                reason="a plan",
                today=self.today,
            )

        if self.book.last_decided(who) >= starts:
            with pytest.raises(Refusal, match="rates are never changed backwards"):
                make()
            return
        make()
        self.book.grant(who, grant)

    def _change_standing(self) -> None:
        """Suspend a partner or take it back: in the registry's files by hand, or by the command from a day on."""
        random = self.random
        who = random.choice(sorted(self.suspended if self.suspended and random.random() < 0.5 else HOMES))
        if who not in self.suspended and random.random() >= 0.35:
            return
        step: Literal["suspend", "resume"] = "resume" if who in self.suspended else "suspend"
        by_hand = self.today.year < 2015 or random.random() < 0.5 or not self.book.in_force
        day = self.today + timedelta(days=random.choice((0, 3, 40)) if step == "suspend" else 0)
        if not by_hand:
            folder, today = self.write_registry(), self.today
            change_status(
                self.installation, who, folder, step=step, day=day, today=today, done_by="Kim", reason="a reason"
            )
            if step == "suspend":
                self.book.suspend(who, day)
            else:
                self.book.resume(who, day)
        self.suspended ^= {who}
        for row in self.tables["partners"]:
            if row["partner_id"] == who:
                row["status"] = "suspended" if who in self.suspended else "authorized"
        self.load()

    @cached_property
    def registers(self) -> dict[BillingMonth, list[dict[str, Any]]]:
        """What the product has on record at the end, by month."""
        return {month: self.register(str(month))["partners"] for month in sorted(self.book.results)}

    def decided(self) -> dict[str, dict[str, Any]]:
        """What the product has decided in each month, by partner; of held ones that they are held."""
        return {
            str(month): {row["partner_id"]: self._decided(month, row) for row in rows}
            for month, rows in self.registers.items()
        }

    def rates_of_orders(self) -> dict[str, list[tuple[Any, ...]]]:
        """What new orders get, by partner: the terms of each day from which they are others than before."""
        rows = self.rows(
            "SELECT partner_id, valid_from, tier, monthly_fee_discount_bp, setup_fee_discount_bp, sla, families"
            " FROM discount_rate ORDER BY valid_from, sequence"
        )
        found: dict[str, dict[str, Terms]] = {}
        for partner_id, day, tier, monthly, setup, sla, families in rows:
            found.setdefault(partner_id, {})[day] = Terms(tier, monthly, setup, sla, _families(families))
        return self._steps(found)

    def expected_rates(self) -> dict[str, list[tuple[Any, ...]]]:
        """What the plain book makes of them."""
        return self._steps(
            {who: {str(day): order.terms for day, order in own.items()} for who, own in self.book.orders.items()}
        )

    def _steps(self, orders: dict[str, dict[str, Terms]]) -> dict[str, list[tuple[Any, ...]]]:
        found: dict[str, list[tuple[Any, ...]]] = {}
        for who, own in orders.items():
            steps = found.setdefault(who, [])
            for day in sorted(own):
                terms = self._of_each_family(own[day])
                if not steps or steps[-1][1] != terms:
                    steps.append((day, terms))
        return found

    def _of_each_family(self, terms: Terms) -> tuple[Any, ...]:
        """Terms with the discount of every family that any programme of this world knows."""
        own = dict(terms.families)
        families = sorted({each for _, keys in self.book.programmes for each in keys.get("product_discounts", {})})
        return (*terms[:4], *(own.pop(each, terms.monthly) for each in families), *own.values())

    def simulated(self) -> list[object]:
        """What the same programme would have decided otherwise in the months in force, as the simulation says.

        Of months by several programmes it is not asked.
        """
        months = sorted(self.book.in_force)
        if len(self.book.programmes) > 1:
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
                    who: (
                        (each.total, each.amount, [(str(at), cents) for at, cents in each.window or []]),
                        (each.earned, each.merit, each.below, each.tier),
                        each.terms and self._of_each_family(each.terms)[1:],
                        each.decided_by and str(each.decided_by),
                    )
                    for who, each in results.items()
                },
            }
            for month, results in sorted(self.book.results.items())
        }

    def _decided(self, month: BillingMonth, row: dict[str, Any]) -> Any:
        if row["status"] == "held":
            return "held"
        window = [(each["counted_month"], each["mrr_eur_cents"]) for each in row.get("window", [])]
        monthly, setup = row["monthly_fee_discount_bp"], row["setup_fee_discount_bp"]
        terms = Terms(0, monthly, setup, row["sla"], _families(row.get("families")))
        return (
            (row["mrr_eur_cents"], row.get("qualifying_eur_cents"), window),
            tuple(row.get(name) for name in ("earned_tier", "merit_tier", "months_below", "tier")),
            self._of_each_family(terms)[1:] if month in self.book.in_force else None,
            row.get("rate_decided_by"),
        )

    def _gone(self, month: BillingMonth) -> set[str]:
        """Who was held in a month, and was not authorised any more when it was run last."""
        return {who for who in self.book.held[month] if who not in self.book.asked[month]}


def _families(text: str | None) -> tuple[tuple[str, int], ...]:
    pairs = (each.partition("=") for each in (text or "").split())
    return tuple((name, int(bp)) for name, _, bp in pairs)


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

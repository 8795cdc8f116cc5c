"""Random programmes, and random worlds that live by them: run by the product, told to the plain book in the same order.

Each key of a programme file has its draw in `KEYS`; what is drawn is written into the file and given to `Book`.
"""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from partner_program.adapters.proofs.keys import KEY_VARIABLE, new_key
from partner_program.domain.acts import Doer
from partner_program.domain.billing_month import BillingMonth
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


KEYS: dict[str, Callable[[Random], dict[str, Any] | None]] = {"measure": _measure, "changes": _changes}


def random_keys(random: Random) -> dict[str, Any]:
    """A programme as plain values: its table, and the keys that were drawn for it."""
    thresholds = sorted(random.sample(THRESHOLDS, random.choice((2, 3, 4))))
    keys: dict[str, Any] = {"tiers": [(each, 500 * place) for place, each in enumerate(thresholds, 1)]}
    return keys | {name: value for name, draw in KEYS.items() if (value := draw(random)) is not None}


def as_text(keys: dict[str, Any]) -> str:
    """The programme file of these keys."""
    sections = [least(*keys["tiers"], day=DAY), NO_BRAKE]
    for name, values in keys.items():
        if name != "tiers":
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
        self.totals: dict[tuple[str, BillingMonth], int] = {}
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

    def _begin(self) -> None:
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
        self.ready(*(str(each) for each in sorted({month for _, month in self.totals})))

    def _grant(self, who: str) -> None:
        tier = self.random.randint(1, len(self.book.keys["tiers"]))
        starts, ends = date(2015, self.random.choice((9, 10, 11)), 1), date(2016, self.random.choice((1, 2)), 10)
        self.grant(f"G-{who}", who, tier, str(starts), str(ends))
        self.book.grants[who] = [Grant(f"G-{who}", tier, starts, ends)]

    def _bill(self, who: str, month: BillingMonth, cents: int) -> None:
        self.totals[who, month] = self.totals.get((who, month), 0) + cents
        if cents:
            kind = {} if cents > 0 else {"charge_kind": "credit"}
            self.bill(f"A-{who}", str(month), cents, entity=HOMES[who], **kind)

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
        totals = {who: self.totals[who, month] for who in HOMES if who not in self.suspended}
        waits = {who for who in totals if HOMES[who] == "DE"} if month in self.open_books else set()
        self.book.run(month, totals, waits, self.today, history=history)

    def _restate(self, month: BillingMonth) -> None:
        results = self.book.results[month]
        mine = [who for who in results if HOMES[who] == "NL" or month not in self.open_books]
        if not mine or self.suspended & set(results):
            return
        who = self.random.choice(sorted(mine))
        self._bill(who, month, self.random.choice((-100_00, 700_00, 3_000_00)))
        self.close(str(month), *(["NL"] if month in self.open_books else []))
        self._settle(month)
        acceptance = Acceptance(self.today, "Kim", "a late line")
        accept_restatement(self.installation, month, acceptance, today=self.today)
        self.book.restate(month, who, self.totals[who, month])

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

    def simulated(self) -> list[object]:
        """What the same programme would have decided otherwise in the months in force, as the simulation says."""
        months = sorted(self.book.in_force)
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

"""A month whose partners begin on two days, each with a programme of its own: it has every rule in it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.fx_guard import FxBasis, LastEarned
from partner_program.domain.measure import EarlierMonth, Measure
from partner_program.domain.program import Need, OnRecord, Program
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.registry import Entity, LegacyAgreement
from partner_program.domain.revenue import MrrGroup
from partner_program.domain.settlement import Decision, PartnerHistory, settle_month
from partner_program.domain.tier_changes import Changes, Merit
from partner_program.domain.totals import PartnerTotal, merge_totals
from tests.domain.made_month import (
    GO_LIVE,
    JUNE,
    LONG_AGO,
    PROGRAM,
    billed,
    entity,
    grant,
    legacy,
    line,
    link,
    listing,
    partner,
)

MAY = BillingMonth(2015, 5)
AUGUST_10 = date(2015, 8, 10)
STAFF = "certified_staff"
STRICT: Program = replace(
    PROGRAM,
    in_force_from=AUGUST_10,
    tiers=tuple(replace(row, requires=(Need(STAFF, 2),) if row.tier == 4 else ()) for row in PROGRAM.tiers),
    measure=Measure(2, "mean", "as_is"),
    changes=Changes("monthly", "monthly", drop_after_months=3),
    fx_guard="hold_tier",
)
PROGRAMS = {GO_LIVE: PROGRAM, AUGUST_10: STRICT}
SILVER = Rate(date(2015, 7, 1), RateTerms(2, 800, 2_000, "Silver"))

# What each partner was billed; each is decided on the day beside it.
LINES: dict[str, MrrGroup] = {
    "P0": line(6_000_00, account_id="P0"),
    "P1": line(6_000_00, account_id="P1"),
    "P2": line(6_000_00, account_id="P2"),
    "P3": line(15_000_00, account_id="P3"),
    "P4": line(15_000_00, account_id="P4"),
    "P5": line(2_200_00, account_id="P5", currency="USD"),
    "P6": line(2_200_00, account_id="P6", currency="USD"),
    "P7": line(1_00, account_id="P7"),
    "P8": line(6_000_00, account_id="P8"),
}
DAYS = {each: GO_LIVE if each in ("P1", "P6", "P8") else AUGUST_10 for each in LINES}
LATE = {"P0", "P8"}
EARLIER = {each: [EarlierMonth(MAY, 2_000_00)] for each in ("P1", "P2")}
HELD: dict[str, OnRecord] = {"P4": {STAFF: 2}}
AGREEMENTS: dict[str, list[LegacyAgreement]] = {"P1": [legacy(1_400)], "P3": [replace(legacy(1_600), partner_id="P3")]}
HISTORIES = {
    "P0": PartnerHistory(previous_tier=2, rate=SILVER),
    "P7": PartnerHistory(
        previous_tier=2,
        rate=SILVER,
        merit=Merit(2, 2),
        open_grants=(grant(3, date(2015, 7, 1), date(2015, 12, 1)),),
    ),
    "P8": PartnerHistory(previous_tier=2, rate=SILVER),
}
BASIS = FxBasis({"P5": LastEarned(2, MAY), "P6": LastEarned(2, MAY)}, {MAY: {"USD": Decimal("1.1")}})
RATES = {"USD": Decimal("1.12")}  # 2,200 dollars are 1,964.29 EUR; in May they were 2,000.00
ENTITIES = [entity(), Entity("US", "Hosting US", "US", "USD", "Europe/Amsterdam", LONG_AGO, None)]
LINKS = [link(each, each, "US" if group.currency == "USD" else "NL") for each, group in LINES.items()]
REVENUES = listing(
    [billed(*(g for g in LINES.values() if g.currency == currency), code=code) for code, currency in
     (("NL", "EUR"), ("US", "USD"))],
    LINKS,
)  # fmt: skip


def totals() -> tuple[PartnerTotal, ...]:
    return merge_totals(
        month=JUNE,
        entities=ENTITIES,
        partners=[partner(each) for each in LINES],
        links=LINKS,
        rates=RATES,
        revenues=REVENUES,
        entity_faults={},
        rates_before=BASIS.rates_before(),
    ).partners


def alone(partner_id: str, *, migration: bool = False) -> Decision:
    """The same partner in a month of its own, by one programme."""
    (decision,) = settle_month(
        month=JUNE,
        effective_on=DAYS[partner_id],
        program=PROGRAMS[DAYS[partner_id]],
        entities=ENTITIES,
        partners=[partner(partner_id)],
        links=[each for each in LINKS if each.partner_id == partner_id],
        agreements=AGREEMENTS,
        rates=RATES,
        revenues=REVENUES,
        entity_faults={},
        histories=HISTORIES,
        migration=migration,
        basis=BASIS,
        held=HELD,
        earlier=EARLIER,
    ).decisions
    return decision

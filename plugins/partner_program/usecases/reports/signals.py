"""What finance should look at in a month; and that somebody has looked, on record."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from partner_program.adapters.database import counted_months
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import rates as rate_store
from partner_program.adapters.database import snapshots as snapshot_store
from partner_program.adapters.database.acts import load_acts, now_by, record_act
from partner_program.adapters.database.register import company_names
from partner_program.adapters.database.registry import load_entities
from partner_program.adapters.no_collecting import without_collecting
from partner_program.domain.acts import SIGNAL_SEEN
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.counted_months import AccountKey, CountedMonth
from partner_program.domain.movements import moves_between, turnover
from partner_program.domain.plurals import plural
from partner_program.domain.program import Program
from partner_program.domain.program_unit import Unit
from partner_program.domain.refusals import Moved, NotThere
from partner_program.domain.report import Report, ReportTable
from partner_program.domain.signals import (
    HUG_MONTHS,
    MONTHS_NEEDED,
    SIGNALS,
    WORDS,
    BaseRate,
    Found,
    LineOf,
    Replaced,
    Seen,
    Signal,
    SignalLine,
    SignalName,
    base_rates,
    credits_after_rise,
    gathered,
    hugs,
    jumps,
    moved_accounts,
    order_and_cancel,
    replaced_evidence,
    replaced_orders,
    rises_near,
    rule_of,
    said_of,
    signal_rows,
)
from partner_program.domain.totals import account_shares, account_total
from partner_program.domain.unit import conversion_of
from partner_program.usecases.installation import Installation
from partner_program.usecases.month_unit import has_other_units, program_of_month, unit_of_settled
from partner_program.usecases.reports.order_lines import read_lines_of

NAME = "signals"
REPLACED: SignalName = "replaced_order"
_NOT_ASKED = (
    f"{WORDS[REPLACED]}: seen in the entities' lines alone, which a page does not read: "
    "`partner-program signals list` does"
)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What there is to see in a month; `unknown` says what could not be looked for, `program` whose rules they are."""

    found: Found
    looked_for: Sequence[str]
    lines: Sequence[LineOf]
    assessed: int
    unknown: tuple[str, ...]
    program: Program


@dataclass(frozen=True, slots=True)
class _Orders:
    """What the entities' lines say of orders after a rise; `unknown` says which could not be read."""

    replaced: Sequence[Replaced] = ()
    unknown: tuple[str, ...] = ()


def signals(installation: Installation, month: BillingMonth) -> Report:
    """The signals of a month with their evidence and base rates, as far as the database shows them.

    Raises `NotThere` where the month is not assessed.
    """
    return _report(installation, month, None)


def signals_with_orders(installation: Installation, month: BillingMonth) -> Report:
    """The same with what the entities' lines show now: those of partners whose tier rose are asked for."""
    return _report(installation, month, _orders(installation, month))


def _report(installation: Installation, month: BillingMonth, orders: _Orders | None) -> Report:
    with installation.database.reading() as connection:
        looked = _look(connection, installation, month, orders)
        names = company_names(connection)
        seen = _seen(connection, month)
    rows, known = signal_rows(looked.found, names, seen)
    rates = base_rates(
        looked.found, known, assessed=looked.assessed, looked_for=looked.looked_for, program=looked.program
    )
    return Report(
        name=NAME,
        title=f"Signals in {month}: to look at, and nothing more",
        month=month,
        said=tuple(said_of(rates, looked.program.unit)) or (f"Nothing to look at in {month}.",),
        tables=(
            ReportTable("signals", "Signals", Signal, rows),
            ReportTable("base_rates", "How common each is", BaseRate, rates),
            ReportTable("lines", "Lines behind them", SignalLine, list(_line_rows(looked.lines))),
        ),
        unknown=looked.unknown,
        unit=looked.program.unit,
    )


def find_signal(installation: Installation, month: BillingMonth, signal: str, partner_id: str) -> Signal:
    """One signal of a partner as it is now; raises `NotThere` where the partner has no such signal in the month."""
    orders = _asked_for(installation, month, signal)
    with installation.database.reading() as connection:
        return _one(connection, installation, month, signal, partner_id, orders)


def rule_in(installation: Installation, month: BillingMonth, signal: SignalName) -> str:
    """A signal's rule in words, with the amounts of a month's programme."""
    with installation.database.reading() as connection:
        settlements = settlement_history.settlements_or_refusal(connection, month)
    return rule_of(signal, program_of_month(installation, month, settlements))


def evidence_hash(signal: Signal) -> str:
    """What says which figures somebody looked at."""
    return hashlib.sha256(signal.evidence.encode()).hexdigest()


def mark_seen(
    installation: Installation,
    month: BillingMonth,
    signal: str,
    partner_id: str,
    *,
    by: str,
    reason: str,
    shown_hash: str | None = None,
    only_try: bool = False,
) -> Signal:
    """Put on record that somebody has seen a signal as it is now, once; return it as it was.

    Raises `NotThere` where the partner has no such signal in the month, `Moved` where its figures are others than those
    of `shown_hash`.
    """
    access = installation.database.reading if only_try else installation.database.writing
    orders = _asked_for(installation, month, signal)  # no entity is asked while the database waits
    with access() as connection:
        found = _one(connection, installation, month, signal, partner_id, orders)
        if shown_hash not in (None, evidence_hash(found)):
            raise Moved(f"{signal} of {partner_id} in {month} has other figures now: {found.evidence}")
        if not only_try and not found.is_seen(by, reason):
            detail = {"signal": signal, "evidence": found.evidence}
            subject = f"{month} {signal} {partner_id}"
            record_act(connection, SIGNAL_SEEN, subject, now_by(by, reason), detail, month=month, partner_id=partner_id)
    return found


def _one(
    connection: Connection,
    installation: Installation,
    month: BillingMonth,
    signal: str,
    partner_id: str,
    orders: _Orders | None,
) -> Signal:
    looked = _look(connection, installation, month, orders)
    found = {key: text for key, text in looked.found.items() if key[1] == partner_id}
    names = company_names(connection)
    own, _ = signal_rows(found, names, _seen(connection, month))
    for each in own:
        if each.signal == signal:
            return each
    has = ", ".join(each.signal for each in own) or "none"
    raise NotThere(f"{partner_id} has no signal {signal} in {month}: it has {has}")


def _seen(connection: Connection, month: BillingMonth) -> dict[tuple[str, str], Seen]:
    """What was seen of a month's signals, the newest word on each."""
    found = {}
    for act in load_acts(connection, SIGNAL_SEEN, month=month):
        detail = json.loads(act.detail)
        seen = Seen(act.doer.done_by, act.doer.reason, detail["evidence"])
        found[detail["signal"], str(act.partner_id)] = seen
    return found


@without_collecting()
def _look(connection: Connection, installation: Installation, month: BillingMonth, orders: _Orders | None) -> _Looked:
    settlements = settlement_history.settlements_or_refusal(connection, month)
    program = program_of_month(installation, month, settlements)
    unit = program.unit
    now = counted_months.counted_month(connection, month)
    used = counted_months.snapshots_used(connection, settlements[-1].settlement_id)
    lines = order_and_cancel(_short_lines(connection, now, used), month)
    found = gathered("order_and_cancel", ((each.partner_id, f"line {each.line.line_id}") for each in lines))
    earlier = _months_before(installation, connection, month, unit)
    if earlier:
        before = earlier[-1]
        moves = moves_between(turnover(before, now, {}), now, {})
        found |= gathered("moved_account", moved_accounts(moves, unit))
        found |= gathered("jump", jumps(program, before, now))
    if len(earlier) + 1 == HUG_MONTHS:
        rose = _rose(*earlier)
        credited = _credited(connection, now, used, rose)
        found |= gathered(
            "credit_after_rise", credits_after_rise(rose=rose, before=before, credited=credited, unit=unit)
        )
        found |= gathered("threshold_hug", hugs(program, [*earlier, now]))
    if orders is not None:
        found |= gathered(REPLACED, (replaced_evidence(each, unit) for each in orders.replaced))
    enough = [name for name in SIGNALS if MONTHS_NEEDED[name] <= len(earlier)]
    missing = ", ".join(unit.worded(WORDS[each]) for each in SIGNALS if each not in enough)
    counted_in = f" in {unit.name}" if has_other_units(installation) else ""
    unknown = [f"{missing}: {month} has {plural(len(earlier), 'month')}{counted_in} before it"] if missing else []
    unknown += [_NOT_ASKED] if orders is None else orders.unknown
    looked_for = [name for name in enough if name != REPLACED or orders is not None]
    return _Looked(found, looked_for, lines, len(now.totals), tuple(unknown), program)


def _orders(installation: Installation, month: BillingMonth) -> _Orders:
    """Ask the entities at which partners have accounts whose tier rose; nobody is asked where none did."""
    with installation.database.reading() as connection:
        settlement_history.settlements_or_refusal(connection, month)
        rose = rises_near(rate_store.all_rates(connection), month)
        if not rose:
            return _Orders()
        now = counted_months.counted_month(connection, month)
        known = {each.entity: each for each in load_entities(connection)}
    owners = {(entity, account_id): owner for (entity, account_id, _), owner in now.owners.items()}
    asked = sorted({entity for (entity, _), owner in owners.items() if owner in rose} & known.keys())
    reads = read_lines_of(installation, [known[each] for each in asked], month)
    lines = ((read.entity, line) for read in reads if read.fault is None for line in read.lines)
    return _Orders(
        replaced_orders(rose=rose, owners=owners, lines=lines),
        tuple(f"{WORDS[REPLACED]} at entity {read.entity}: {read.fault}" for read in reads if read.fault),
    )


def _asked_for(installation: Installation, month: BillingMonth, signal: str) -> _Orders | None:
    return _orders(installation, month) if signal == REPLACED else None


def _months_before(
    installation: Installation, connection: Connection, month: BillingMonth, unit: Unit
) -> list[CountedMonth]:
    """The assessed months right before a month that were counted in its unit, as many as a rule looks at, in order."""
    found: list[CountedMonth] = []
    while len(found) + 1 < HUG_MONTHS:
        month = month.preceding
        if unit_of_settled(installation, connection, month) != unit:
            break
        found.insert(0, counted_months.counted_month(connection, month))
    return found


def _rose(was: CountedMonth, now: CountedMonth) -> set[str]:
    """Who has a higher tier in a month than in the one before it."""
    both = now.tiers.keys() & was.tiers.keys()
    return {each for each in both if (now.tiers[each] or 0) > (was.tiers[each] or 0)}


def _short_lines(connection: Connection, now: CountedMonth, used: Sequence[int]) -> Iterator[LineOf]:
    owners = {(entity, account_id): owner for (entity, account_id, _), owner in now.owners.items()}
    for snapshot_id in used:
        entity, lines = snapshot_store.load_short_lines(connection, snapshot_id)
        for line in lines:
            owner = owners.get((entity, line.account_id))
            if owner is not None:
                yield LineOf(owner, entity, line)


def _credited(connection: Connection, now: CountedMonth, used: Sequence[int], wanted: set[str]) -> dict[str, int]:
    """What a month counted as credits of these partners, in the programme's minor units, negative."""
    counted = {row.key: row for row in now.accounts if row.partner_id in wanted}
    found: dict[str, int] = defaultdict(int)
    for snapshot_id in used if counted else ():
        revenue = snapshot_store.load_credits(connection, snapshot_id)
        for (account_id, currency), shares in account_shares(revenue, now.month.days).items():
            row = counted.get(AccountKey(revenue.entity, account_id, currency))
            if row is not None:
                total = account_total(*row.key, shares, conversion_of(row.units_per_eur))
                found[row.partner_id] += total.mrr_eur_cents
    return found


def _line_rows(lines: Sequence[LineOf]) -> Iterator[SignalLine]:
    for partner_id, entity, line in lines:
        yield SignalLine(
            signal="order_and_cancel",
            partner_id=partner_id,
            entity=entity,
            account_id=line.account_id,
            line_id=line.line_id,
            service_start=line.service_start,
            service_end=line.service_end,
            currency=line.currency,
            net_amount_minor=line.net_amount_minor,
        )

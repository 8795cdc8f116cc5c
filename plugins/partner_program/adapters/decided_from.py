"""Writes what a settlement was decided from as tables of text, and reads it back (`domain/decided_from.py`).

The same texts are kept in the programme's database and stand in a month's proof. They hold ids, days, money and rates,
and no name: what a person wrote as free text is left out.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple, TypeVar, get_args

from partner_program.adapters.json_tables import NoTable, rows_of, rows_text
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.dated import Period
from partner_program.domain.decided_from import DecidedFrom, RestatedPartner, nameless_partner
from partner_program.domain.fx_guard import FxBasis, LastEarned
from partner_program.domain.measure import EarlierMonth, Lack
from partner_program.domain.month_order import MonthStatus
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.rates_taking_force import RateAhead
from partner_program.domain.refusals import Refusal
from partner_program.domain.registry import AUTHORIZED, AccountLink, Entity, GraceGrant, LegacyAgreement
from partner_program.domain.settlement import NO_HISTORY, PartnerHistory
from partner_program.domain.tier_changes import Merit


class _Run(NamedTuple):
    billing_month: str
    status: str
    migration: int
    effective_on: str


class _Entity(NamedTuple):
    entity: str
    currency: str
    joined_on: str
    left_on: str | None


class _Partner(NamedTuple):
    partner_id: str
    status: str
    effective_on: str | None  # None: the run's day


class _Link(NamedTuple):
    partner_id: str
    entity: str
    account_id: str
    valid_from: str
    valid_to: str | None


class _Agreement(NamedTuple):
    partner_id: str
    monthly_fee_discount_bp: int
    setup_fee_discount_bp: int
    sla: str | None
    valid_from: str
    valid_to: str | None
    product: str | None = None


class _ExchangeRate(NamedTuple):
    currency: str
    units_per_eur: str | None
    why_missing: str | None


class _RateOfMonth(NamedTuple):
    billing_month: str
    currency: str
    units_per_eur: str


class _LastEarned(NamedTuple):
    partner_id: str
    tier: int
    rates_of: str


class _OnRecord(NamedTuple):
    partner_id: str
    key: str
    value: int


class _Unit(NamedTuple):
    code: str
    decimals: int
    label: str


class _Fault(NamedTuple):
    entity: str
    reason: str


class _Programme(NamedTuple):
    day: str
    sha256: str


class _History(NamedTuple):
    partner_id: str
    previous_tier: int | None


class _PartnerRate(NamedTuple):
    partner_id: str
    valid_from: str
    tier: int
    monthly_fee_discount_bp: int
    setup_fee_discount_bp: int
    sla: str | None
    families: str | None = None


class _EarlierMonth(NamedTuple):
    partner_id: str
    billing_month: str
    mrr_eur_cents: int | None
    lacks: str | None


class _Merit(NamedTuple):
    partner_id: str
    tier: int
    earned_tier: int
    months_below: int


class _RateAhead(NamedTuple):
    partner_id: str
    valid_from: str
    tier: int
    monthly_fee_discount_bp: int
    setup_fee_discount_bp: int
    sla: str | None
    granted_tier: int
    families: str | None = None


class _Grant(NamedTuple):
    grant_id: str
    partner_id: str
    tier: int
    starts_on: str
    ends_on: str


class _Lifted(NamedTuple):
    partner_id: str
    grant_id: str


class _Id(NamedTuple):
    partner_id: str


class _Restated(NamedTuple):
    partner_id: str
    decided_by: str | None


_Row = TypeVar("_Row", bound=tuple[object, ...])
Lines = Callable[[str], Iterable[str]]
# In this order they are written; the names are those of the members of a proof.
PARTS: Mapping[str, type[tuple[object, ...]]] = {
    "run": _Run,
    "entities": _Entity,
    "partners": _Partner,
    "account_links": _Link,
    "legacy_agreements": _Agreement,
    "exchange_rates": _ExchangeRate,
    "entity_faults": _Fault,
    "programmes": _Programme,
    "tiers_before": _History,
    "rates_before": _PartnerRate,
    "open_grants": _Grant,
    "lifted_before": _Lifted,
    "late": _Id,
    "assigned_after": _Id,
    "rates_ending": _PartnerRate,
    "rates_ahead": _RateAhead,
    "restated": _Restated,
    "rates_of_restated": _PartnerRate,
}
# Written where the programme has such rules; a month without them has no such table, and nothing in it.
PARTS_OF_RULES: Mapping[str, type[tuple[object, ...]]] = {
    "earlier_months": _EarlierMonth,
    "merits_before": _Merit,
}


# Written only where a programme of the settlement has what they are for: without it, a settlement has the same tables
# as in earlier versions.
ADDED_PARTS: Mapping[str, type[tuple[object, ...]]] = {
    "guard_rates": _RateOfMonth,
    "guard_last": _LastEarned,
    "qualifications": _OnRecord,
    "currency": _Unit,
}


def decided_from_texts(kept: DecidedFrom) -> dict[str, str]:
    """Return the tables by name, all of `PARTS` and what applies of `ADDED_PARTS`; equal inputs give equal texts."""
    own_day = kept.effective_on.isoformat()
    histories = kept.histories.items()
    rows: dict[str, Iterable[tuple[object, ...]]] = {
        "run": [_Run(str(kept.month), kept.status, int(kept.migration), own_day)],
        "entities": [
            _Entity(each.entity, each.currency, _day(each.joined_on), _end(each.left_on)) for each in kept.entities
        ],
        "partners": [
            _Partner(each.partner_id, each.status, None if day is None or day == kept.effective_on else _day(day))
            for each in kept.partners
            for day in (kept.effective.get(each.partner_id),)
        ],
        "account_links": [
            _Link(each.partner_id, each.entity, each.account_id, *_period(each.period)) for each in kept.links
        ],
        "legacy_agreements": [
            _Agreement(
                each.partner_id,
                each.monthly_fee_discount_bp,
                each.setup_fee_discount_bp,
                each.sla,
                *_period(each.period),
                each.product,
            )
            for each in kept.agreements
        ],
        "exchange_rates": [
            *(_ExchangeRate(code, str(rate), None) for code, rate in sorted(kept.rates.items())),
            *(_ExchangeRate(code, None, why) for code, why in sorted(kept.doubtful_rates.items())),
        ],
        "entity_faults": [_Fault(*each) for each in sorted(kept.entity_faults.items())],
        "programmes": [_Programme(_day(day), digest) for day, digest in sorted(kept.programs.items())],
        "tiers_before": [_History(partner_id, each.previous_tier) for partner_id, each in histories],
        "rates_before": [_rate_row(partner_id, each.rate) for partner_id, each in histories if each.rate is not None],
        "open_grants": [
            _Grant(grant.grant_id, partner_id, grant.tier, _day(grant.starts_on), _day(grant.ends_on))
            for partner_id, each in histories
            for grant in each.open_grants
        ],
        "lifted_before": [
            _Lifted(partner_id, grant_id) for partner_id, each in histories for grant_id in each.lifted_by
        ],
        "late": [_Id(each) for each in sorted(kept.late)],
        "assigned_after": [_Id(each) for each in sorted(kept.assigned_after)],
        "rates_ending": [_rate_row(*each) for each in kept.ending.items()],
        "rates_ahead": [
            _RateAhead(*_rate_row(partner_id, each.rate)[:6], each.granted_tier, each.rate.terms.families)
            for partner_id, ahead in sorted(kept.ahead.items())
            for each in ahead
        ],
        "restated": [
            _Restated(each.partner_id, None if each.decided_by is None else str(each.decided_by))
            for each in kept.restated
        ],
        "rates_of_restated": [_rate_row(each.partner_id, each.rate) for each in kept.restated if each.rate is not None],
    }
    texts = {name: rows_text(kind, rows[name]) for name, kind in PARTS.items()}
    if kept.basis is not None:
        rates = [
            _RateOfMonth(str(month), code, str(units))
            for month, own in sorted(kept.basis.rates.items())
            for code, units in sorted(own.items())
        ]
        last = [_LastEarned(each, own.tier, str(own.rates_of)) for each, own in sorted(kept.basis.last.items())]
        texts |= {"guard_rates": rows_text(_RateOfMonth, rates), "guard_last": rows_text(_LastEarned, last)}
    if kept.held is not None:
        held = [
            _OnRecord(partner_id, key, value)
            for partner_id, own in sorted(kept.held.items())
            for key, value in sorted(own.items())
        ]
        texts["qualifications"] = rows_text(_OnRecord, held)
    if not kept.unit.is_euro:
        unit = kept.unit
        texts["currency"] = rows_text(_Unit, [_Unit(unit.code, unit.decimals, unit.label)])
    rules: dict[str, list[tuple[object, ...]]] = {
        "earlier_months": [
            _EarlierMonth(partner_id, str(each.month), each.mrr_eur_cents, each.lacks)
            for partner_id, earlier in sorted(kept.earlier.items())
            for each in earlier
        ],
        "merits_before": [
            _Merit(partner_id, each.merit.tier, each.merit.earned_tier, each.merit.months_below)
            for partner_id, each in histories
            if each.merit is not None
        ],
    }
    texts |= {name: rows_text(kind, rules[name]) for name, kind in PARTS_OF_RULES.items() if rules[name]}
    return texts


def read_decided_from(lines: Lines, added: Collection[str] = ()) -> DecidedFrom:
    """Read the tables back; `lines` gives the lines of a table by its name, `added` are those of `ADDED_PARTS` there.

    Raises `NoTable`, whose message begins with the table's name.
    """
    runs = _read(
        lines,
        "run",
        _Run,
        lambda row: (row, BillingMonth.parse(row.billing_month), date.fromisoformat(row.effective_on)),
    )
    if len(runs) != 1:
        raise NoTable(f"run: expected one row, found {len(runs)}")
    ((run, month, own_day),) = runs
    if run.status not in get_args(MonthStatus):
        raise NoTable(f"run: status is {run.status[:40]!r}")
    status: MonthStatus = "history" if run.status == "history" else "in_force"
    partners = _read(
        lines,
        "partners",
        _Partner,
        lambda row: (nameless_partner(row.partner_id, row.status), _maybe(row.effective_on)),
    )
    rates = _read(lines, "exchange_rates", _ExchangeRate, lambda row: (row.currency, _units(row), row.why_missing))
    restated_rates = dict(_read(lines, "rates_of_restated", _PartnerRate, _rate_of))
    ahead: dict[str, list[RateAhead]] = defaultdict(list)
    for partner_id, rate in _read(
        lines,
        "rates_ahead",
        _RateAhead,
        lambda row: (row.partner_id, RateAhead(_rate_of(_PartnerRate(*row[:6], row.families))[1], row.granted_tier)),
    ):
        ahead[partner_id].append(rate)
    return DecidedFrom(
        month=month,
        status=status,
        migration=bool(run.migration),
        effective_on=own_day,
        entities=tuple(_read(lines, "entities", _Entity, _entity_of)),
        partners=tuple(partner for partner, _ in partners),
        links=tuple(
            _read(
                lines,
                "account_links",
                _Link,
                lambda row: AccountLink(
                    row.partner_id, row.entity, row.account_id, _period_of(row.valid_from, row.valid_to)
                ),
            )
        ),
        agreements=tuple(_read(lines, "legacy_agreements", _Agreement, _agreement_of)),
        rates={currency: units for currency, units, _ in rates if units is not None},
        doubtful_rates={currency: why for currency, _, why in rates if why is not None},
        entity_faults=dict(_read(lines, "entity_faults", _Fault, lambda row: (row.entity, row.reason))),
        effective={partner.partner_id: day or own_day for partner, day in partners if partner.status == AUTHORIZED},
        histories=_histories(lines),
        programs=programmes_of(lines),
        late=tuple(_read(lines, "late", _Id, lambda row: row.partner_id)),
        assigned_after=tuple(_read(lines, "assigned_after", _Id, lambda row: row.partner_id)),
        ending=dict(_read(lines, "rates_ending", _PartnerRate, _rate_of)),
        ahead=dict(ahead),
        earlier=_earlier_months(lines),
        restated=tuple(
            _read(
                lines,
                "restated",
                _Restated,
                lambda row: RestatedPartner(
                    row.partner_id,
                    restated_rates.get(row.partner_id),
                    None if row.decided_by is None else BillingMonth.parse(row.decided_by),
                ),
            )
        ),
        basis=_basis(lines) if "guard_last" in added else None,
        held=_held(lines) if "qualifications" in added else None,
        unit=_unit(lines) if "currency" in added else EURO,
    )


def _unit(lines: Lines) -> Unit:
    units = _read(lines, "currency", _Unit, lambda row: Unit(*row))
    if len(units) != 1:
        raise NoTable(f"currency: expected one row, found {len(units)}")
    return units[0]


def _held(lines: Lines) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in _read(lines, "qualifications", _OnRecord, lambda row: row):
        found[row.partner_id][row.key] = row.value
    return dict(found)


def _basis(lines: Lines) -> FxBasis:
    last = _read(
        lines,
        "guard_last",
        _LastEarned,
        lambda row: (row.partner_id, LastEarned(row.tier, BillingMonth.parse(row.rates_of))),
    )
    rates: dict[BillingMonth, dict[str, Decimal]] = defaultdict(dict)
    for month, currency, units in _read(
        lines,
        "guard_rates",
        _RateOfMonth,
        lambda row: (BillingMonth.parse(row.billing_month), row.currency, _positive(row.units_per_eur)),
    ):
        rates[month][currency] = units
    return FxBasis(dict(last), dict(rates))


def programmes_of(lines: Lines) -> dict[date, str]:
    """Return the sha256 of each day's programme file, without reading the other tables."""
    return dict(_read(lines, "programmes", _Programme, lambda row: (date.fromisoformat(row.day), row.sha256)))


def rates_before(lines: Lines) -> dict[str, Rate]:
    """Return the rates that partners had before a settlement, without reading the other tables."""
    return dict(_read(lines, "rates_before", _PartnerRate, _rate_of))


_Value = TypeVar("_Value")


def _read(lines: Lines, name: str, kind: type[_Row], make: Callable[[_Row], _Value]) -> list[_Value]:
    """Read one table; a value that is no day, no month or no number is refused with its line."""
    found: list[_Value] = []
    try:
        for row in rows_of(kind, lines(name)):
            found.append(make(row))
    except NoTable as fault:
        raise NoTable(f"{name}: {fault}") from None
    except (ValueError, InvalidOperation, Refusal) as fault:
        raise NoTable(f"{name}: line {len(found) + 2}: {str(fault)[:200]}") from None
    return found


def _read_if_there(lines: Lines, name: str, kind: type[_Row], make: Callable[[_Row], _Value]) -> list[_Value]:
    """Read a table of rules; one that is not there has no rows."""
    text = list(lines(name))
    return _read(lambda _name: text, name, kind, make) if text else []


def _earlier_months(lines: Lines) -> dict[str, tuple[EarlierMonth, ...]]:
    found: dict[str, list[EarlierMonth]] = defaultdict(list)
    for partner_id, each in _read_if_there(lines, "earlier_months", _EarlierMonth, _earlier_month):
        found[partner_id].append(each)
    return {partner_id: tuple(each) for partner_id, each in found.items()}


def _earlier_month(row: _EarlierMonth) -> tuple[str, EarlierMonth]:
    if row.lacks not in (None, *get_args(Lack)) or (row.lacks is None) != (row.mrr_eur_cents is not None):
        raise ValueError(f"lacks is {row.lacks}, mrr_eur_cents {row.mrr_eur_cents}")
    lacks: Lack | None = next((each for each in get_args(Lack) if each == row.lacks), None)
    return row.partner_id, EarlierMonth(BillingMonth.parse(row.billing_month), row.mrr_eur_cents, lacks)


def _units(row: _ExchangeRate) -> Decimal | None:
    return None if row.units_per_eur is None else _positive(row.units_per_eur)


def _positive(text: str) -> Decimal:
    units = Decimal(text)
    if not (units.is_finite() and units > 0):
        raise ValueError(f"units_per_eur is {text}")
    return units


def _histories(lines: Lines) -> dict[str, PartnerHistory]:
    tiers = _read(lines, "tiers_before", _History, lambda row: (row.partner_id, row.previous_tier))
    rates = rates_before(lines)
    grants: dict[str, list[GraceGrant]] = defaultdict(list)
    for grant in _read(lines, "open_grants", _Grant, _grant_of):
        grants[grant.partner_id].append(grant)
    lifted: dict[str, list[str]] = defaultdict(list)
    for partner_id, grant_id in _read(lines, "lifted_before", _Lifted, lambda row: (row.partner_id, row.grant_id)):
        lifted[partner_id].append(grant_id)
    merits = dict(
        _read_if_there(lines, "merits_before", _Merit, lambda row: (row.partner_id, Merit(*row[1:])))
    )  # fmt: skip
    found = {
        partner_id: PartnerHistory(
            tier,
            rates.get(partner_id),
            tuple(grants.get(partner_id, ())),
            tuple(lifted.get(partner_id, ())),
            merits.get(partner_id),
        )
        for partner_id, tier in tiers
    }
    strange = sorted((rates.keys() | grants.keys() | lifted.keys() | merits.keys()) - found.keys())
    if strange:
        raise NoTable(f"tiers_before: has no row of {', '.join(strange[:5])}, whom another table names")
    return {partner_id: history for partner_id, history in found.items() if history != NO_HISTORY}


def _day(day: date) -> str:
    return day.isoformat()


def _end(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _maybe(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _period(period: Period) -> tuple[str, str | None]:
    return period.valid_from.isoformat(), _end(period.valid_to)


def _period_of(valid_from: str, valid_to: str | None) -> Period:
    return Period(date.fromisoformat(valid_from), _maybe(valid_to))


def _rate_row(partner_id: str, rate: Rate) -> _PartnerRate:
    terms = rate.terms
    return _PartnerRate(
        partner_id,
        rate.valid_from.isoformat(),
        terms.tier,
        terms.monthly_fee_discount_bp,
        terms.setup_fee_discount_bp,
        terms.sla,
        terms.families,
    )


def _rate_of(row: _PartnerRate) -> tuple[str, Rate]:
    terms = RateTerms(row.tier, row.monthly_fee_discount_bp, row.setup_fee_discount_bp, row.sla, row.families)
    return row.partner_id, Rate(date.fromisoformat(row.valid_from), terms)


def _entity_of(row: _Entity) -> Entity:
    return Entity(row.entity, "", "", row.currency, "", date.fromisoformat(row.joined_on), _maybe(row.left_on))


def _agreement_of(row: _Agreement) -> LegacyAgreement:
    return LegacyAgreement(
        row.partner_id,
        row.monthly_fee_discount_bp,
        row.setup_fee_discount_bp,
        row.sla,
        "",
        _period_of(row.valid_from, row.valid_to),
        product=row.product,
    )


def _grant_of(row: _Grant) -> GraceGrant:
    starts_on, ends_on = date.fromisoformat(row.starts_on), date.fromisoformat(row.ends_on)
    return GraceGrant(row.grant_id, row.partner_id, row.tier, starts_on, ends_on, "", "")

"""What the month to come will bring: asked from the entities now, with the last months' forecasts held against them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial

from sqlalchemy import Connection

from partner_program.adapters.billing.coming_month import read_coming_month
from partner_program.adapters.database import counted_months
from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import registry as registry_store
from partner_program.adapters.database.earlier_results import load_earlier_months, load_merits
from partner_program.adapters.no_collecting import without_collecting
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.forecast import (
    Drop,
    Expectation,
    Forecast,
    ForecastPartner,
    NotForecast,
    Rise,
    drops,
    expect_month,
    forecast_month,
    rises,
)
from partner_program.domain.forecast_lines import ComingMonth
from partner_program.domain.forecast_proof import BackTest, Miss, hold_against
from partner_program.domain.fx_guard import FxBasis
from partner_program.domain.money import percent_text
from partner_program.domain.month_order import IN_FORCE
from partner_program.domain.plurals import plural
from partner_program.domain.program import Program
from partner_program.domain.program_unit import EUR, Unit
from partner_program.domain.qualifications import on_record
from partner_program.domain.refusals import NotThere, Refusal
from partner_program.domain.registry import Entity, ExchangeRate, Registry
from partner_program.domain.report import Equation, Report, ReportTable
from partner_program.domain.revenue import EntityRevenue
from partner_program.domain.unit import unit_began
from partner_program.usecases.installation import Installation, billing_fields
from partner_program.usecases.month_unit import has_other_units, program_of_month, unit_of_settled
from partner_program.usecases.rates import judged_rates
from partner_program.usecases.side_by_side import side_by_side

TABLES: Mapping[str, type] = {
    "drops": Drop,
    "rises": Rise,
    "partners": ForecastPartner,
    "not_known": NotForecast,
    "back_test": BackTest,
    "misses": Miss,
}
MOST_IN_ARREARS_BP = 50_00  # below this share posted before the month, what is sure says little


@dataclass(frozen=True)
class _Asked:
    """A month to forecast, as it was known before a day; None: as it is known now."""

    month: BillingMonth
    posted_before: date | None = None


@without_collecting()
def forecast(installation: Installation, month: BillingMonth | None = None, *, back: int = 1) -> Report:
    """Forecast a month for each partner, with the forecasts of the last `back` settled months held against them.

    The month is the one after the newest in force, unless it is named. A month that was settled is forecast as it would
    have been before its first day. Nothing is written. An entity that does not answer is in `unknown`.
    """
    with installation.database.reading() as connection:
        month, past = _months(connection, month, back)
        registry, relied_on = _basis(installation, connection, month)
        unit = _program(installation, month).unit
        others = _in_other_units(installation, connection, past, unit)
    compared = [each for each in past if each not in others]
    asked = list(dict.fromkeys([_Asked(month, month.first_day if month in past else None), *map(_as_before, compared)]))
    found: dict[BillingMonth, Expectation] = {}
    unread: dict[str, str] = {}
    for each in asked:  # one after the other: the lines of two months would take twice the memory
        read, faults = _read(installation, registry.entities, each)
        found[each.month] = _expected(installation, registry, relied_on, each.month, read)
        unread |= faults
    tests, misses = _held_against(installation, registry, compared, found)
    program = _program(installation, month)
    coming = _forecast(installation, registry, found[month])
    falling, rising = drops(coming, program), rises(coming, program)
    return Report(
        name="forecast",
        title=f"Forecast of {month}" + (", as it was known before its first day" if month in past else ""),
        month=month,
        said=(
            *([f"{month} was settled since: this is what was known before its first day."] if month in past else ()),
            *_said(coming, falling, rising),
            *(_said_of_test(each, unit) for each in tests),
            *(f"Not held against {each}: it was counted in {other.name}." for each, other in others.items()),
            _said_of_rates(relied_on, month, unit),
        ),
        tables=(
            ReportTable("drops", "Will drop, or may, unless", Drop, falling, "Nobody."),
            ReportTable("rises", "Will rise if all comes as expected", Rise, rising, "Nobody."),
            ReportTable("partners", "Each partner, sure, expected and at risk", ForecastPartner, coming.partners),
            ReportTable("not_known", "Not known, and so not lower", NotForecast, coming.not_known, "Nobody."),
            ReportTable("back_test", "Forecasts held against what was settled", BackTest, tests, "No month settled."),
            ReportTable("misses", "Partners of which another tier was expected", Miss, misses, "Nobody."),
        ),
        equations=_equations(coming, unit),
        unknown=tuple(f"partners with an account at entity {each}: {why}" for each, why in sorted(unread.items())),
        unit=unit,
    )


def _in_other_units(
    installation: Installation, connection: Connection, months: Sequence[BillingMonth], unit: Unit
) -> dict[BillingMonth, Unit]:
    """The settled months that are forecast, or were counted, in another unit, with that."""
    if not has_other_units(installation):
        return {}
    units = {
        month: (_program(installation, month).unit, unit_of_settled(installation, connection, month) or unit)
        for month in months
    }
    return {month: other for month, both in units.items() for other in both if other != unit}


def coming_drops(installation: Installation) -> tuple[BillingMonth, list[Drop], dict[str, str]]:
    """Who will drop, or may, in the month after the newest in force, and the entities that did not answer, with why.

    Raises `NotThere` where no month is in force yet.
    """
    with installation.database.reading() as connection:
        month, _ = _months(connection, None, 0)
        registry, relied_on = _basis(installation, connection, month)
    read, faults = _read(installation, registry.entities, _Asked(month))
    found = _forecast(installation, registry, _expected(installation, registry, relied_on, month, read))
    return month, drops(found, _program(installation, month)), faults


def forecast_after(installation: Installation, month: BillingMonth) -> Report:
    """The forecast of the month after one that was settled: what its page asks."""
    with installation.database.reading() as connection:
        settlement_history.settlements_or_refusal(connection, month)
    return forecast(installation, month.following)


def _basis(
    installation: Installation, connection: Connection, month: BillingMonth
) -> tuple[Registry, list[ExchangeRate]]:
    """The registry, and the exchange rates that are not in doubt."""
    registry = registry_store.load_registry(connection, contacts=False)
    limit = installation.program_on_or_first(month.last_day).rate_move_limit_bp
    judged = judged_rates(connection, registry, limit_bp=limit)
    return registry, [each.rate for each in judged if each.relied_on]


def _as_before(month: BillingMonth) -> _Asked:
    return _Asked(month, month.first_day)


def _months(connection: Connection, month: BillingMonth | None, back: int) -> tuple[BillingMonth, list[BillingMonth]]:
    """The month to forecast, and the settled ones to hold against, newest first; refuses a month further on."""
    settled = settlement_history.assessed_months(connection)
    newest = max((each for each, status in settled.items() if status == IN_FORCE), default=None)
    if newest is None:
        raise NotThere("no month is in force yet: there is nothing to hold a forecast against")
    month = month or newest.following
    if month != newest.following and month not in settled:
        raise NotThere(f"month {month} cannot be forecast: only {newest.following}, or a month that was settled")
    past = sorted((each for each in settled if each <= month), reverse=True)
    return month, past[: max(back, 1) if month in settled else back]


def _program(installation: Installation, month: BillingMonth) -> Program:
    """The programme of the first day on which a month can take force."""
    return installation.program_on_or_first(month.following.first_day)


def _read(
    installation: Installation, entities: Sequence[Entity], asked: _Asked
) -> tuple[list[ComingMonth], dict[str, str]]:
    """What each entity that bills in it shows of a month; which did not answer, and why."""
    asking = [each for each in entities if each.bills_in(asked.month)]
    answers = list(side_by_side([partial(_ask, installation, each, asked) for each in asking]))
    return answers, {each.revenue.entity: each.revenue.fault for each in answers if each.revenue.fault is not None}


def _ask(installation: Installation, entity: Entity, asked: _Asked) -> ComingMonth:
    try:
        fields = billing_fields(installation, entity)
    except Refusal as refusal:
        return ComingMonth(EntityRevenue(entity.entity, (), (), (), (), fault=str(refusal)))
    return read_coming_month(
        fields,
        entity,
        asked.month,
        largest_line=installation.largest_line(asked.month),
        sql_folder=installation.sql_folder,
        posted_before=asked.posted_before,
    )


def _expected(
    installation: Installation,
    registry: Registry,
    relied_on: Sequence[ExchangeRate],
    month: BillingMonth,
    coming: Sequence[ComingMonth],
) -> Expectation:
    return expect_month(
        month=month,
        entities=registry.entities,
        partners=registry.partners,
        links=registry.account_links,
        rates={currency: each.units_per_eur for currency, each in _rates(relied_on, month).items()},
        coming=coming,
        basis=_guard_basis(installation, month, relied_on),
        unit=_program(installation, month).unit,
    )


def _guard_basis(installation: Installation, month: BillingMonth, relied_on: Sequence[ExchangeRate]) -> FxBasis | None:
    """What the exchange-rate guard will compare the month with; None where its programme has none."""
    if _program(installation, month).fx_guard != "hold_tier":
        return None
    rates: dict[BillingMonth, dict[str, Decimal]] = defaultdict(dict)
    for each in relied_on:
        rates[each.billing_month][each.currency] = each.units_per_eur
    with installation.database.reading() as connection:
        return FxBasis(settlement_history.last_earned(connection, month), rates)


def _forecast(installation: Installation, registry: Registry, expectation: Expectation) -> Forecast:
    month = expectation.month
    with installation.database.reading() as connection:
        standing = settlement_history.load_standing(connection, month, expectation.amounts)
        of_partner = dict.fromkeys(expectation.amounts, _program(installation, month))
        began = unit_began(installation.programs, month.following.first_day)
        earlier = load_earlier_months(connection, month, IN_FORCE, registry.partners, of_partner, began)
        merits = load_merits(connection, month, of_partner, installation.program_on_or_first)
        standing |= {each: replace(standing[each], merit=merit) for each, merit in merits.items()}
        before = settlement_history.settlements_of(connection, month.preceding)
        held = counted_months.held_in(connection, month.preceding) if before else set()
    return forecast_month(
        expectation,
        program=_program(installation, month),
        partners=registry.partners,
        histories=standing,
        held_before=held,
        held=on_record(registry.qualifications, month.last_day),
        earlier=earlier,
    )


def _rates(relied_on: Sequence[ExchangeRate], month: BillingMonth) -> dict[str, ExchangeRate]:
    """The newest rate of each currency before a month: what the month's own will be, nobody knows."""
    found: dict[str, ExchangeRate] = {}
    for each in sorted(relied_on, key=lambda rate: rate.billing_month):
        if each.billing_month < month:
            found[each.currency] = each
    return found


def _held_against(
    installation: Installation, registry: Registry, past: Sequence[BillingMonth], found: dict[BillingMonth, Expectation]
) -> tuple[list[BackTest], list[Miss]]:
    tests, misses = [], []
    names = {each.partner_id: each.company_name for each in registry.partners}
    for month in past:
        with installation.database.reading() as connection:
            settlements = settlement_history.settlements_of(connection, month)
            settled = settlement_history.earned_tiers(connection, month, settlements[-1].revision)
            windows = settlement_history.windows_of(connection, month, settlements[-1].revision)
        program = program_of_month(installation, month, settlements)
        held = on_record(registry.qualifications, month.last_day)
        row, missed = hold_against(found[month], settled, program, names, windows, held)
        tests.append(row)
        misses += missed
    return tests, misses


def _said(coming: Forecast, falling: Sequence[Drop], rising: Sequence[Rise]) -> Iterator[str]:
    certain = sum(each.certainty == "will" for each in falling)
    yield (
        f"In {coming.month} {plural(certain, 'partner')} of {len(coming.partners):,} will drop "
        f"unless more is billed than expected, {len(falling) - certain:,} more may; {len(rising):,} will rise."
    )
    if coming.not_known:
        not_known = plural(len(coming.not_known), "partner")
        yield f"Not forecast, and counted as neither: {not_known}, each with its reason below."


def _said_of_test(test: BackTest, unit: Unit) -> str:
    said = (
        f"Held against {test.billing_month}, with what was posted before its first day: {test.right:,} of "
        f"{plural(test.partners, 'tier')} right, {test.too_high:,} too high, {test.too_low:,} too low; "
        f"{unit.amount(test.expected_cents)} expected, {unit.text(test.settled_cents)} settled; "
        f"all errors without their sign {unit.text(test.absolute_cents)}."
    )
    if test.sure_bp is None:
        return said
    posted = f" {percent_text(test.sure_bp)} of it was posted before"
    few = ": most is posted later, so that what is sure before a month says little" * (
        test.sure_bp < MOST_IN_ARREARS_BP
    )
    return f"{said}{posted}{few}."


def _said_of_rates(relied_on: Sequence[ExchangeRate], month: BillingMonth, unit: Unit) -> str:
    none_follows = "New orders are not guessed. No rate or letter follows."
    if unit.is_counted:
        return f"Nothing is converted: {unit.name} have no exchange rates. {none_follows}"
    rates = [each for each in _rates(relied_on, month).values() if each.currency != EUR]
    by_month: dict[BillingMonth, list[str]] = defaultdict(list)
    for each in sorted(rates, key=lambda rate: rate.currency):
        by_month[each.billing_month].append(each.currency)
    of = "; ".join(f"{', '.join(currencies)} of {known}" for known, currencies in sorted(by_month.items()))
    return f"Converted at the newest exchange rates before the month: {of or f'all is in {unit.name}'}. {none_follows}"


def _equations(coming: Forecast, unit: Unit) -> tuple[Equation, ...]:
    sure = sum(each.sure_cents for each in coming.partners)
    expected = sum(each.expected_cents for each in coming.partners)
    contracts = sum(each.contract_cents for each in coming.partners)
    return (
        Equation(
            "expected",
            (
                ("posted already", sure),
                ("monthly fees and usage that come again", expected - sure - contracts),
                ("contracts that end and are renewed", contracts),
            ),
            ("expected", expected),
            unit,
        ),
    )

"""Exchange rates: which a month may rely on, a person's confirmation of one in doubt, the official monthly means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection

from partner_program.adapters.database.acts import now_by, record_act
from partner_program.adapters.database.exchange_rates import UsedRates, confirmed_rates
from partner_program.adapters.database.registry import load_registry
from partner_program.adapters.files.exchange_rates import add_rates
from partner_program.adapters.files.folder_change import folder_locked
from partner_program.adapters.official_rates import packaged_series, series_of_file
from partner_program.domain.acts import RATE_CONFIRMED
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.exchange_rates import JudgedRate, RateValue, complete_mean, judge_rates
from partner_program.domain.program_unit import EUR
from partner_program.domain.refusals import Moved, NotThere, Refusal
from partner_program.domain.registry import ExchangeRate, Registry
from partner_program.usecases.installation import Installation


@dataclass(frozen=True, slots=True)
class MonthRates:
    """A month's rates by currency: units per EUR that are relied on, and for each in doubt why it counts as missing."""

    relied_on: dict[str, Decimal]
    doubtful: dict[str, str]


def judged_rates(connection: Connection, registry: Registry, *, limit_bp: int) -> list[JudgedRate]:
    """Judge every rate of the registry; `limit_bp` is the programme's `rate_move_limit`."""
    rates = registry.exchange_rates
    return judge_rates(
        rates=rates,
        official=_packaged_means(frozenset((each.billing_month, each.currency) for each in rates)),
        confirmed=confirmed_rates(connection),
        used=UsedRates(connection),
        limit_bp=limit_bp,
    )


@lru_cache(maxsize=8)
def _packaged_means(of: frozenset[tuple[BillingMonth, str]]) -> Mapping[tuple[BillingMonth, str], Decimal]:
    """The official means of some months and currencies, as far as the packaged series has them.

    Kept, as a month is gathered several times and asks for those of every rate of the registry each time.
    """
    published = packaged_series(frozenset(month for month, _ in of))
    found = {}
    for month, currency in of:
        if currency != EUR:
            try:
                found[month, currency], _ = complete_mean(month, currency, published)
            except Refusal:
                continue  # the series does not have the whole month, or not this currency: it is not at hand
    return found


def rates_of_month(connection: Connection, month: BillingMonth, registry: Registry, *, limit_bp: int) -> MonthRates:
    """Part a month's rates into those that convert amounts and those that wait for a person."""
    judged = [
        each for each in judged_rates(connection, registry, limit_bp=limit_bp) if each.rate.billing_month == month
    ]
    return MonthRates(
        {each.rate.currency: each.rate.units_per_eur for each in judged if each.relied_on},
        {each.rate.currency: each.why_missing for each in judged if not each.relied_on},
    )


def list_rates(here: Installation, month: BillingMonth | None = None) -> list[JudgedRate]:
    """Every rate of the registry, or those of a month, with what each was compared with."""
    program = here.program_on_or_first(here.today())
    with here.database.reading() as connection:
        registry = load_registry(connection, partners=())
        judged = judged_rates(connection, registry, limit_bp=program.rate_move_limit_bp)
    return [each for each in judged if month is None or each.rate.billing_month == month]


def find_rate(here: Installation, month: BillingMonth, currency: str) -> JudgedRate:
    """A month's rate of a currency; raises `NotThere` where the registry has none."""
    found = next((each for each in list_rates(here, month) if each.rate.currency == currency), None)
    if found is None:
        raise NotThere(f"exchange_rates.csv has no rate of {currency} in {month}")
    return found


def confirm_rate(
    here: Installation,
    month: BillingMonth,
    currency: str,
    *,
    confirmed_by: str,
    reason: str,
    units_shown: str | None = None,
    only_try: bool = False,
) -> JudgedRate:
    """Write down that a person stands for the rate as it is; refuses one that is not there or not in doubt.

    Raises `Moved` where it is another than `units_shown`, which the person looked at.
    """
    found = find_rate(here, month, currency)
    if units_shown not in (None, str(found.rate.units_per_eur)):
        raise Moved(
            f"the rate of {currency} in {month} was {units_shown} when you looked, and is "
            f"{found.rate.units_per_eur} now"
        )
    if found.relied_on:
        why = "is confirmed already" if found.confirmed else "is not in doubt: there is nothing to confirm"
        raise Refusal(f"the rate {found.rate.units_per_eur} {currency} in {month} {why}")
    detail = {"month": str(month), "currency": currency, "units_per_eur": str(found.rate.units_per_eur)}
    doer = now_by(confirmed_by, reason)
    if only_try:
        return found
    with here.database.writing() as connection:
        stored = load_registry(connection, partners=()).exchange_rates
        if found.rate not in stored:
            raise Refusal(f"the rate of {currency} in {month} changed meanwhile: look at it again")
        if RateValue(month, currency, found.rate.units_per_eur) in confirmed_rates(connection):
            raise Refusal(f"the rate {found.rate.units_per_eur} {currency} in {month} is confirmed already")
        record_act(connection, RATE_CONFIRMED, f"{month} {currency}", doer, detail, month=month)
    return found


def official_rows(
    here: Installation, months: Sequence[BillingMonth], currencies: Sequence[str] = (), file: Path | None = None
) -> list[ExchangeRate]:
    """The European Central Bank's monthly means as rows of exchange_rates.csv, exact, half up to six decimals.

    Without `currencies`: those of the registry's entities and rates. Refuses a month that is not complete.
    """
    if not currencies:
        with here.database.reading() as connection:
            registry = load_registry(connection, partners=())
        known = {entity.currency for entity in registry.entities} | {rate.currency for rate in registry.exchange_rates}
        currencies = sorted(known - {EUR})
    if not currencies:
        raise Refusal("no entity of the registry has a currency other than EUR: name one with --currency")
    wanted = frozenset(months)
    published = series_of_file(file, wanted) if file else packaged_series(wanted)
    rows = []
    for month in sorted(wanted):
        for currency in currencies:
            mean, days = complete_mean(month, currency, published)
            rows.append(ExchangeRate(month, currency, mean, f"ECB euro reference rates, mean of {days} published days"))
    return rows


def add_official_rows(folder: Path, rows: Sequence[ExchangeRate]) -> list[ExchangeRate]:
    """Add rows to a registry folder's exchange_rates.csv; return those that were not there. Loading is another step.

    One command at a time changes a folder: raises `Unavailable` after a minute of waiting for another.
    """
    with folder_locked(folder, alone=True):
        return add_rates(folder, rows)

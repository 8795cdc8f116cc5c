"""Comparing a month in force with what its inputs give now (rule 8)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.fx_guard import AtRatesBefore
from partner_program.domain.grace import GrantOutcome
from partner_program.domain.money import euros_text, percent_text
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.qualifications import Used
from partner_program.domain.rates import Rate, RateTerms
from partner_program.domain.settlement import Decision
from partner_program.domain.unit import conversion_text, rate_text


@dataclass(frozen=True, slots=True)
class Proposal:
    """A restatement that waits for a person: what would change, by partner, in words."""

    billing_month: BillingMonth
    revision: int
    decision_hash: str
    differences: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class MonthNews:
    """What a run of a month has to write: whether it `settles` anew, and whether it changes what is proposed.

    `failing` are entities of the month in force that cannot be read now.
    """

    settles: bool
    proposes: bool
    failing: tuple[str, ...]

    @property
    def is_any(self) -> bool:
        """Whether anything has to be written."""
        return self.settles or self.proposes


def month_news(
    *,
    decides: bool,
    differs: bool,
    is_on_record: bool,
    has_same_totals: bool,
    entities_in_force: Collection[str],
    entities_now: Collection[str],
) -> MonthNews:
    """What a run of a month has to write, beside what is in force and on record.

    A run `decides` where it assigns a partner that has no decision in the month, or raises the rate of a held one; it
    `differs` where partners in force would come out differently. `is_on_record` says that these differences are
    proposed or rejected already, or that there are none and no proposal. `has_same_totals` says that held partners,
    buckets, unmatched accounts and entities' totals are those of the last settlement. `entities_in_force` have a total
    in the month's settlements, `entities_now` have one in this run.
    """
    failing = frozenset(entities_in_force) - frozenset(entities_now)
    # The totals of a failing entity are already in force: failing to read them now changes nothing. Where partners
    # differ, the totals wait with them for a person's decision.
    keeps_totals = differs or bool(failing) or has_same_totals
    # Without the failing entity, finding no difference does not show that there is none: what is proposed stays.
    is_in_doubt = bool(failing) and not differs
    return MonthNews(
        settles=decides or not keeps_totals,
        proposes=not is_in_doubt and not is_on_record,
        failing=tuple(sorted(failing)),
    )


class AccountFigures(NamedTuple):
    """One account's row in an assessment."""

    entity: str
    account_id: str
    currency: str
    units_per_eur: str
    mrr_minor: int
    mrr_eur_cents: int


class WindowFigures(NamedTuple):
    """An earlier month's row in an assessment whose programme has a window of months."""

    counted_month: str
    mrr_eur_cents: int


class Figures(NamedTuple):
    """A partner's month as its assessment stores it; the rate's part is empty for a month that is history only.

    The last four are there where the programme has a window of months, or rules for changes of tier.
    """

    mrr_eur_cents: int
    earned_tier: int | None
    granted_tier: int | None
    tier: int | None
    previous_tier: int | None
    monthly_fee_discount_bp: int | None
    setup_fee_discount_bp: int | None
    sla: str | None
    rate_valid_from: date | None
    accounts: tuple[AccountFigures, ...]
    grants: tuple[tuple[str, GrantOutcome | None], ...]
    at_rates_before: AtRatesBefore | None = None
    qualifications: Used | None = None
    qualifying_eur_cents: int | None = None
    merit_tier: int | None = None
    months_below: int | None = None
    window: tuple[WindowFigures, ...] = ()
    families: str | None = None


_TERMS = ("monthly_fee_discount_bp", "setup_fee_discount_bp", "sla", "families")


def figures_of(decision: Decision) -> Figures:
    """The figures of a decision."""
    rate = decision.rate
    return Figures(
        mrr_eur_cents=decision.mrr_eur_cents,
        earned_tier=decision.earned_tier,
        granted_tier=decision.granted_tier,
        tier=decision.tier,
        previous_tier=decision.previous_tier,
        monthly_fee_discount_bp=rate.terms.monthly_fee_discount_bp if rate else None,
        setup_fee_discount_bp=rate.terms.setup_fee_discount_bp if rate else None,
        sla=rate.terms.sla if rate else None,
        rate_valid_from=rate.valid_from if rate else None,
        accounts=tuple(
            AccountFigures(
                entity=account.entity,
                account_id=account.account_id,
                currency=account.currency,
                units_per_eur=conversion_text(account.units_per_eur),
                mrr_minor=account.mrr_minor,
                mrr_eur_cents=account.mrr_eur_cents,
            )
            for account in decision.accounts
        ),
        grants=tuple((each.grant.grant_id, each.outcome) for each in decision.grants),
        at_rates_before=decision.at_rates_before,
        qualifications=decision.qualifications,
        qualifying_eur_cents=decision.amount.cents if decision.amount else None,
        merit_tier=decision.merit.tier if decision.merit else None,
        months_below=decision.merit.months_below if decision.merit else None,
        window=tuple(
            WindowFigures(str(each.month), each.mrr_eur_cents)
            for each in (decision.amount.months[:-1] if decision.amount else ())
        ),
        families=rate.terms.families if rate else None,
    )


def rate_in_force(in_force: Figures) -> Rate | None:
    """The rate of a month in force as its assessment stores it; None for a month that is history only."""
    if in_force.rate_valid_from is None:
        return None
    terms = RateTerms(
        tier=in_force.tier or 0,
        monthly_fee_discount_bp=in_force.monthly_fee_discount_bp or 0,
        setup_fee_discount_bp=in_force.setup_fee_discount_bp or 0,
        sla=in_force.sla,
        families=in_force.families,
    )
    return Rate(in_force.rate_valid_from, terms)


def differences(*, in_force: Figures, now: Figures, keeps_terms: bool = False, unit: Unit = EURO) -> list[str]:
    """What differs, in words; empty for equal figures.

    The day from which the rate holds is left out: it follows from the rest. So is the total at the exchange rates of
    an earlier month: where it decides, the tier says so. A partner `keeps_terms` that was restated, from the day of
    that acceptance, or whose rate a later month decides: its terms are not compared with those of the month's effective
    date.
    """
    left_out = {"rate_valid_from", "at_rates_before", *(_TERMS if keeps_terms else ())}
    found = []
    for name in [name for name in Figures._fields if name not in left_out]:
        was, is_now = getattr(in_force, name), getattr(now, name)
        if was != is_now:
            found.append(f"{name.removesuffix('_bp').removesuffix('_eur_cents')}{_change(name, was, is_now, unit)}")
    return found


def _change(name: str, was: object, now: object, unit: Unit) -> str:
    if isinstance(was, tuple) and isinstance(now, tuple):
        return f": {_listed(set(was) - set(now), unit)} becomes {_listed(set(now) - set(was), unit)}"
    return f" {_shown(name, was, unit)} becomes {_shown(name, now, unit)}"


def _listed(rows: set[tuple[object, ...]], unit: Unit) -> str:
    return ", ".join(sorted(_row(row, unit) for row in rows)) or "nothing"


def _row(row: tuple[object, ...], unit: Unit) -> str:
    """An account as it is counted, an earlier month of the window, or a grant with its outcome."""
    if isinstance(row, WindowFigures):
        return f"{row.counted_month} {unit.amount(row.mrr_eur_cents)}"
    if not isinstance(row, AccountFigures):
        return " ".join("open" if value is None else str(value) for value in row)
    own = f"{row.entity} {row.account_id} {unit.amount(row.mrr_eur_cents)}"
    if row.currency == unit.code:
        return own
    return f"{own} (of {euros_text(row.mrr_minor)} {row.currency}, {rate_text(row.units_per_eur)} for 1 {unit.name})"


def _shown(name: str, value: object, unit: Unit) -> str:
    if isinstance(value, int) and name.endswith("_cents"):
        return unit.amount(value)
    if isinstance(value, int) and name.endswith("_bp"):
        return percent_text(value)
    return "none" if value is None else str(value)

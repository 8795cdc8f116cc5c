"""A month's register: what was decided for every authorised partner, and where every line went. Not the registry.

`RegisterPartner` is the one list of its columns. JSON, CSV, the workbook and the table in the terminal are made from
it: a new column is a field there, and a value where the database's package reads the register.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, NamedTuple

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column, columns_of
from partner_program.domain.grace import GrantOutcome
from partner_program.domain.letters import LetterKind
from partner_program.domain.month_order import MonthStatus
from partner_program.domain.program import Component
from partner_program.domain.program_unit import EURO, Unit
from partner_program.domain.qualifications import Used
from partner_program.domain.rates import Rate
from partner_program.domain.restatement import Figures, WindowFigures
from partner_program.domain.totals import Bucket, HeldPartner

Cell = str | int | None


@dataclass(frozen=True, slots=True)
class RegisterGrant:
    """A grant that was open in the month, and what became of it; None: it stays open."""

    grant_id: str
    outcome: GrantOutcome | None


@dataclass(frozen=True, slots=True)
class RegisterLetter:
    """The newest letter that a partner is owed for the month."""

    kind: LetterKind
    status: str


@dataclass(frozen=True, slots=True)
class RegisterAccount:
    """An account's part of the total; `units_per_eur` is the exchange rate as it was written."""

    entity: str
    account_id: str
    currency: str
    units_per_eur: str
    mrr_eur_cents: int


@dataclass(frozen=True, slots=True)
class RegisterPartner:
    """What a month decided for one partner: cents and basis points, None where there is nothing.

    A held partner has no figures of the month, and the rate that it keeps. `rate_decided_by` is the later month that
    had decided the rate when this month released or restated the partner: the tier is then this month's on record, and
    the terms are those that were in force. Where the programme has `fx_guard` and it is known,
    `at_rates_before_cents` is the total at the exchange rates of the month `rates_before`, and `held_by_rates` says yes
    where the guard decided the tier. `qualifications` are what was on record where the programme asks for it.
    `tier_name` is the tier's own name, by the table of the month's day. `company_name` is the registry's today.
    `families` are the product families with a discount of their own on the monthly fee: `cdn=1200 dedicated=0`.
    Where the programme has a window of months, `qualifying_eur_cents` is its amount and `window` has the months before
    this one. `unit` is what all amounts are in. Where it has rules for changes of tier, `merit_tier` is where
    they leave the partner, `months_below` how often in a row it earned less.
    """

    partner_id: Annotated[str, Column("partner")]
    status: Annotated[Literal["assigned", "held"], Column("status")]
    mrr_eur_cents: Annotated[int | None, Column("MRR EUR", "euros")]
    at_rates_before_cents: Annotated[int | None, Column("at other rates", "euros", rare=True, added=True)]
    rates_before: Annotated[BillingMonth | None, Column("rates of", rare=True, added=True)]
    held_by_rates: Annotated[Literal["yes"] | None, Column("held by rates", rare=True, added=True)]
    qualifications: Annotated[str | None, Column("on record", rare=True, added=True)]
    earned_tier: Annotated[int | None, Column("earned", "tier")]
    granted_tier: Annotated[int | None, Column("granted", "tier")]
    tier: Annotated[int | None, Column("tier", "tier")]
    tier_name: Annotated[str | None, Column("tier name", rare=True, added=True)]
    previous_tier: Annotated[int | None, Column("before", "tier", before="tier")]
    monthly_fee_discount_bp: Annotated[int | None, Column("monthly", "percent")]
    setup_fee_discount_bp: Annotated[int | None, Column("setup", "percent")]
    sla: Annotated[str | None, Column("SLA")]
    rate_valid_from: Annotated[date | None, Column("since")]
    rate_decided_by: Annotated[BillingMonth | None, Column(None, rare=True)]
    grants: tuple[RegisterGrant, ...]
    letter: Annotated[RegisterLetter | None, Column("letter")]
    accounts: tuple[RegisterAccount, ...]
    held_reason: Annotated[str | None, Column(None, in_json=False)]
    company_name: Annotated[str, Column(None, in_json=False)]
    qualifying_eur_cents: Annotated[
        int | None, Column("qualifies EUR", "euros", before="earned_tier", rare=True, added=True)
    ] = None
    merit_tier: Annotated[int | None, Column("on merit", "tier", before="granted_tier", rare=True, added=True)] = None
    months_below: Annotated[int | None, Column(None, "whole", rare=True, added=True)] = None
    window: tuple[WindowFigures, ...] = ()
    unit: Unit = EURO
    families: Annotated[str | None, Column("families", before="setup_fee_discount_bp", rare=True, added=True)] = None

    @property
    def amount_eur_cents(self) -> int | None:
        """What was held against the tier table: the amount of the window, else the month's own total."""
        return self.mrr_eur_cents if self.qualifying_eur_cents is None else self.qualifying_eur_cents

    @property
    def used(self) -> Used | None:
        """What was on record of each key that the programme asks for; None where it asks for nothing."""
        if self.qualifications is None:
            return None
        pairs = (each.rpartition("=") for each in self.qualifications.split())
        return tuple((key, int(value)) for key, _, value in pairs)


@dataclass(frozen=True, slots=True)
class Register:
    """A month's register; `effective_on` is the day that its first settlement of this revision took force."""

    billing_month: BillingMonth
    revision: int
    effective_on: date | None
    status: MonthStatus
    partners: tuple[RegisterPartner, ...]
    held: tuple[HeldPartner, ...]
    buckets: tuple[Bucket, ...]
    unit: Unit = EURO


class PreviousFigures(NamedTuple):
    """What the workbook has of a partner in the month before: cents and basis points, None where there is nothing."""

    mrr_eur_cents: int | None
    monthly_fee_discount_bp: int | None
    setup_fee_discount_bp: int | None
    sla: str | None


@dataclass(frozen=True, slots=True)
class PreviousMonth:
    """The figures of a register that the next month is held against, by partner; `unit` is what all amounts are in."""

    figures: Mapping[str, PreviousFigures]
    unit: Unit = EURO


def assigned_row(
    partner_id: str,
    figures: Figures,
    *,
    letter: RegisterLetter | None,
    held_reason: str | None = None,
    later: BillingMonth | None = None,
    company_name: str = "",
    tier_name: str = "",
    unit: Unit = EURO,
) -> RegisterPartner:
    """The row of a decided partner; if a later run could not read it again, it also has a `held_reason`."""
    before = figures.at_rates_before
    return RegisterPartner(
        partner_id=partner_id,
        status="assigned",
        mrr_eur_cents=figures.mrr_eur_cents,
        at_rates_before_cents=before.cents if before else None,
        rates_before=before.rates_of if before else None,
        held_by_rates="yes" if before and before.holds else None,
        qualifications=None
        if figures.qualifications is None
        else " ".join(f"{key}={value}" for key, value in figures.qualifications),
        earned_tier=figures.earned_tier,
        granted_tier=figures.granted_tier,
        tier=figures.tier,
        tier_name=tier_name or None,
        previous_tier=figures.previous_tier,
        monthly_fee_discount_bp=figures.monthly_fee_discount_bp,
        setup_fee_discount_bp=figures.setup_fee_discount_bp,
        sla=figures.sla,
        rate_valid_from=figures.rate_valid_from,
        rate_decided_by=later,
        grants=tuple(RegisterGrant(grant_id, outcome) for grant_id, outcome in figures.grants),
        letter=letter,
        accounts=tuple(
            RegisterAccount(each.entity, each.account_id, each.currency, each.units_per_eur, each.mrr_eur_cents)
            for each in figures.accounts
        ),
        held_reason=held_reason,
        company_name=company_name,
        qualifying_eur_cents=figures.qualifying_eur_cents,
        merit_tier=figures.merit_tier,
        months_below=figures.months_below,
        window=figures.window,
        unit=unit,
        families=figures.families,
    )


def held_row(
    partner_id: str, rate: Rate | None, reason: str, company_name: str = "", unit: Unit = EURO
) -> RegisterPartner:
    """The row of a held partner: no figures of the month, and the rate that it keeps."""
    terms = rate.terms if rate else None
    return RegisterPartner(
        partner_id=partner_id,
        status="held",
        mrr_eur_cents=None,
        at_rates_before_cents=None,
        rates_before=None,
        held_by_rates=None,
        qualifications=None,
        earned_tier=None,
        granted_tier=None,
        tier=None,
        tier_name=None,
        previous_tier=None,
        monthly_fee_discount_bp=terms.monthly_fee_discount_bp if terms else None,
        setup_fee_discount_bp=terms.setup_fee_discount_bp if terms else None,
        sla=terms.sla if terms else None,
        rate_valid_from=rate.valid_from if rate else None,
        rate_decided_by=None,
        grants=(),
        letter=None,
        accounts=(),
        held_reason=reason,
        company_name=company_name,
        unit=unit,
        families=terms.families if terms else None,
    )


COLUMNS: Mapping[str, Column] = columns_of(RegisterPartner)
OF_COMPONENT: Mapping[Component, str] = {"setup_fee": "setup_fee_discount_bp", "sla": "sla"}
"""The columns that a programme without such a component has no use for."""


def cells(partner: RegisterPartner, columns: Iterable[str] = COLUMNS) -> dict[str, Cell]:
    """A partner's row by column: a letter as its kind, a day in ISO form."""
    return {name: _cell(getattr(partner, name)) for name in columns}


def _cell(value: object) -> Cell:
    if isinstance(value, RegisterLetter):
        return value.kind
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, BillingMonth):
        return str(value)
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"a column of the register cannot hold {type(value).__name__}")

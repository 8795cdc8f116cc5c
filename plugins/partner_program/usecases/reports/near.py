"""Who is near a threshold in a month: for the partner manager, before a partner falls or while it can still rise."""

import sys
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection

from partner_program.adapters.database import counted_months, partner_list
from partner_program.adapters.database import history as settlement_history
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import percent_text
from partner_program.domain.near import CountedPartner, NearPartner, near_partners
from partner_program.domain.other_rates import AtOtherRates, tiers_by_rates
from partner_program.domain.partner_list import Wanted
from partner_program.domain.plurals import first_names, plural
from partner_program.domain.program import Program
from partner_program.domain.program_unit import Unit
from partner_program.domain.report import Report, ReportTable
from partner_program.usecases.desk.partners import listed_month
from partner_program.usecases.installation import Installation
from partner_program.usecases.month_unit import program_of_month, unit_of_settled
from partner_program.usecases.reports.other_rates import moved_by_other_rates

WITHIN_BP = 200
_NOBODY_BY_RATES = "Nobody, as far as is known."
NAMED = 5  # partners of whom something is not known


def near(installation: Installation, month: BillingMonth, within_bp: int = WITHIN_BP) -> Report:
    """The partners whose month lies within a share of a threshold; refused where the month is not assessed."""
    with installation.database.reading() as connection:
        settlements = settlement_history.settlements_or_refusal(connection, month)
        listed = partner_list.list_partners(
            connection,
            listed_month(month, settlements),
            Wanted(),
            order="id",
            after=None,
            count=sys.maxsize // 2,
        )
        program = program_of_month(installation, month, settlements)
        windows = settlement_history.windows_of(connection, month, settlements[-1].revision)
        counted = [
            CountedPartner(
                each.partner_id,
                each.company_name,
                each.account_manager_id,
                each.mrr_eur_cents,
                each.earned_tier,
                windows.get(each.partner_id, ()),
            )
            for each in listed
            if each.mrr_eur_cents is not None and each.earned_tier is not None
        ]
        moved, not_known = _moved_by_rates(installation, connection, month, settlements[-1].revision, program.unit)
    found = near_partners(program=program, counted=counted, within_bp=within_bp)
    by_rates = tiers_by_rates(program=program, counted=counted, moved=moved)
    share = percent_text(within_bp)
    nobody = f"{program.unit.name} have no exchange rates." if program.unit.is_counted else _NOBODY_BY_RATES
    return Report(
        name="near",
        title=f"Near a threshold in {month}, within {share} of it",
        month=month,
        said=(
            f"{plural(len(found), 'partner')} of {len(counted):,} within {share} of a threshold.",
            *_said_of_rates(program, by_rates, month.preceding, windows),
        ),
        tables=(
            ReportTable("partners", "Partners, the nearest first", NearPartner, found, "Nobody is that near."),
            ReportTable("rates", "Tier by exchange rates alone", AtOtherRates, by_rates, nobody),
        ),
        unknown=not_known,
        unit=program.unit,
    )


def _moved_by_rates(
    installation: Installation, connection: Connection, month: BillingMonth, revision: int, unit: Unit
) -> tuple[dict[str, int], tuple[str, ...]]:
    """What partners would count more at the exchange rates of the month before, and what is not known of that."""
    before = month.preceding
    unit_before = unit_of_settled(installation, connection, before)
    if unit_before not in (None, unit):
        return {}, (f"what exchange rates alone moved: {before} was counted in {unit_before.name}, not {unit.name}",)
    rates = counted_months.rates_used(connection, before)
    moved, unknown = moved_by_other_rates(connection, month, revision, rates, unit.code)
    return moved, tuple(_not_known(unknown, before))


def _said_of_rates(
    program: Program, rows: Sequence[AtOtherRates], before: BillingMonth, windows: Mapping[str, tuple[int, ...]]
) -> Iterator[str]:
    amounts = (program.amount_of(row.mrr_eur_cents, windows.get(row.partner_id, ())) for row in rows)
    own = [program.earned_tier(amount) for amount in amounts]
    higher = sum(tier > row.before_tier for tier, row in zip(own, rows, strict=True))
    if rows:
        said = f"{plural(higher, 'partner')} earned a higher tier than at those of {before}, and {len(rows) - higher} a"
        held = sum(tier != row.earned_tier for tier, row in zip(own, rows, strict=True))
        guard = f" The exchange-rate guard decided otherwise for {held}." if program.fx_guard == "hold_tier" else ""
        yield f"By exchange rates alone, {said} lower one.{guard}"


def _not_known(unknown: Mapping[str, set[str]], before: BillingMonth) -> Iterator[str]:
    currencies = sorted({currency for each in unknown.values() for currency in each})
    if currencies:
        many = sum(bool(each) for each in unknown.values())
        yield (
            f"what {plural(many, 'partner')} would have at the exchange rates of {before}: it counted nothing in "
            f"{', '.join(currencies)}"
        )
    others = sorted(partner_id for partner_id, each in unknown.items() if not each)
    if others:
        yield (
            f"what {plural(len(others), 'partner')} would have at other exchange rates: the snapshots do not give what "
            f"was counted: {first_names(others, NAMED)}"
        )

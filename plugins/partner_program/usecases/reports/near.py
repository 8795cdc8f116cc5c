"""Who is near a threshold in a month: for the partner manager, before a partner falls or while it can still rise."""

import sys
from collections.abc import Iterator, Mapping, Sequence

from partner_program.adapters.database import counted_months, partner_list
from partner_program.adapters.database import history as settlement_history
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import percent_text
from partner_program.domain.near import CountedPartner, NearPartner, near_partners
from partner_program.domain.other_rates import AtOtherRates, tiers_by_rates
from partner_program.domain.partner_list import Wanted
from partner_program.domain.plurals import first_names, plural
from partner_program.domain.program import Program
from partner_program.domain.report import Report, ReportTable
from partner_program.usecases.desk.partners import listed_month
from partner_program.usecases.installation import Installation
from partner_program.usecases.reports.in_euro import check_in_euro
from partner_program.usecases.reports.other_rates import moved_by_other_rates

WITHIN_BP = 200
NAMED = 5  # partners of whom something is not known


def near(installation: Installation, month: BillingMonth, within_bp: int = WITHIN_BP) -> Report:
    """The partners whose month lies within a share of a threshold; refused where the month is not assessed."""
    check_in_euro(installation, "near", month)
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
        program = installation.program_on_or_first(settlement_history.effective_day(settlements) or month.last_day)
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
        rates = counted_months.rates_used(connection, month.preceding)
        moved, unknown = moved_by_other_rates(connection, month, settlements[-1].revision, rates)
    found = near_partners(program=program, counted=counted, within_bp=within_bp)
    by_rates = tiers_by_rates(program=program, counted=counted, moved=moved)
    share = percent_text(within_bp)
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
            ReportTable("rates", "Tier by exchange rates alone", AtOtherRates, by_rates, "Nobody, as far as is known."),
        ),
        unknown=tuple(_not_known(unknown, month.preceding)),
    )


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

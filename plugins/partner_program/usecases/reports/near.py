"""Who is near a threshold in a month: for the partner manager, before a partner falls or while it can still rise."""

import sys

from partner_program.adapters.database import history as settlement_history
from partner_program.adapters.database import partner_list
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.money import percent_text
from partner_program.domain.near import CountedPartner, NearPartner, near_partners
from partner_program.domain.partner_list import Wanted
from partner_program.domain.plurals import plural
from partner_program.domain.report import Report, ReportTable
from partner_program.usecases.desk.partners import listed_month
from partner_program.usecases.installation import Installation

WITHIN_BP = 200


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
    program = installation.program_on_or_first(settlement_history.effective_day(settlements) or month.last_day)
    counted = [
        CountedPartner(
            each.partner_id, each.company_name, each.account_manager_id, each.mrr_eur_cents, each.earned_tier
        )
        for each in listed
        if each.mrr_eur_cents is not None and each.earned_tier is not None
    ]
    found = near_partners(program=program, counted=counted, within_bp=within_bp)
    share = percent_text(within_bp)
    return Report(
        name="near",
        title=f"Near a threshold in {month}, within {share} of it",
        month=month,
        said=(f"{plural(len(found), 'partner')} of {len(counted):,} within {share} of a threshold.",),
        tables=(ReportTable("partners", "Partners, the nearest first", NearPartner, found, "Nobody is that near."),),
    )

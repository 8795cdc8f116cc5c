"""Reads which rates wait for a person, and what was answered: both stand in the record of acts alone."""

import json
from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection

from partner_program.adapters.database.acts import load_acts
from partner_program.domain.acts import MONTH_RUN, RATES_APPROVED, RATES_REFUSED, RATES_WAIT
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.rates_approval import (
    MonthTookForce,
    RatesAnswered,
    RatesApproval,
    RatesAsked,
    rates_approval,
)


def approval_of(connection: Connection, month: BillingMonth) -> RatesApproval | None:
    """Return the decision of a month that waits for a person, with the answer if there is one."""
    return rates_approval(_events(connection, month))


def _events(connection: Connection, month: BillingMonth) -> Iterator[RatesAsked | RatesAnswered | MonthTookForce]:
    for act in load_acts(connection, MONTH_RUN, RATES_WAIT, RATES_APPROVED, RATES_REFUSED, month=month):
        detail = json.loads(act.detail)
        if act.kind == MONTH_RUN:
            yield MonthTookForce()
        elif act.kind == RATES_WAIT:
            day = detail["effective_on"]
            yield RatesAsked(
                decision_hash=detail["decision_hash"],
                asked_by=act.doer.done_by,
                asked_on=date.fromisoformat(detail["asked_on"]),
                effective_on=date.fromisoformat(day) if day else None,
                migration=detail["migration"],
                program_file=detail["program_file"],
            )
        else:
            yield RatesAnswered(
                detail["decision_hash"], "approved" if act.kind == RATES_APPROVED else "refused", act.doer
            )

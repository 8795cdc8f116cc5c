"""Reads what people confirmed about exchange rates, and which rates converted amounts in a month that was settled."""

import json
from decimal import Decimal

from sqlalchemy import Connection, and_, or_, select

from partner_program.adapters.database import schema
from partner_program.adapters.database.acts import load_acts
from partner_program.domain.acts import RATE_CONFIRMED
from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.exchange_rates import RateValue


def confirmed_rates(connection: Connection) -> frozenset[RateValue]:
    """Return the very values that a person confirmed."""
    details = (json.loads(act.detail) for act in load_acts(connection, RATE_CONFIRMED))
    return frozenset(
        RateValue(BillingMonth.parse(each["month"]), each["currency"], Decimal(each["units_per_eur"]))
        for each in details
    )


class UsedRates:
    """Holds a rate if a settled month used that very value; asked only about rates in doubt, so one query each."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __contains__(self, value: object) -> bool:
        """Look for one account that this value converted."""
        if not isinstance(value, RateValue):
            return False
        account = schema.assessment_account.c
        units = format(value.units_per_eur.normalize(), "f")
        of_account = account.units_per_eur
        of_currency = and_(account.currency == value.currency, or_(of_account == units, of_account.like(f"{units}/%")))
        programme = f"%/{units} {value.currency}"
        of_programme = or_(of_account.like(programme), of_account.like(f"{programme}:%"))
        query = select(account.partner_id).where(
            account.billing_month == str(value.month), or_(of_currency, of_programme)
        )
        return self._connection.execute(query.limit(1)).first() is not None

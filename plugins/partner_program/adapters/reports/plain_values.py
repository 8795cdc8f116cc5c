"""Values of the domain as JSON has them."""

from dataclasses import fields, is_dataclass
from datetime import date

from partner_program.domain.billing_month import BillingMonth


def plain(value: object) -> object:
    """A value as JSON has it: records as objects in the order of their fields, tuples as lists, days in ISO form.

    Raises `TypeError` for what has no plain form here, such as a fraction: who writes it says how.
    """
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, BillingMonth):
        return str(value)
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple):
        if hasattr(value, "_asdict"):
            return {name: plain(each) for name, each in value._asdict().items()}
        return [plain(each) for each in value]
    raise TypeError(f"{type(value).__name__} has no plain form in JSON")

"""Turns values of the domain into values that JSON can hold."""

from dataclasses import Field, fields, is_dataclass
from datetime import date

from partner_program.domain.billing_month import BillingMonth


def plain(value: object) -> object:
    """Return a value for JSON: records as objects in the order of their fields, tuples as lists, days in ISO form.

    Raises `TypeError` for any other type, such as a fraction: the caller must choose its form.
    """
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, BillingMonth):
        return str(value)
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value) if not _is_left_out(each, value)}
    if isinstance(value, tuple):
        if hasattr(value, "_asdict"):
            return {name: plain(each) for name, each in value._asdict().items()}
        return [plain(each) for each in value]
    raise TypeError(f"{type(value).__name__} has no plain form in JSON")


def _is_left_out(field: "Field[object]", record: object) -> bool:
    """Whether a field is one that not every programme has (`domain.columns.ADDED`), and has no value here."""
    return "added" in field.metadata and getattr(record, field.name) is None

"""What the columns of contract 1 hold, for dialects in which a column of another type is refused by name."""

import re
from collections.abc import Iterable

from partner_program.adapters.billing.snapshot import BillingFault

_WORDS = ("line_id", "account_id", "charge_kind", "currency", "document_status", "billing_month")
DAYS = ("service_start", "service_end")
_WHOLE = ("term_months", "line_count")
_MINOR = ("net_amount_minor", "term_amount_minor", "control_total_minor")
WHOLE_NUMBERS = (*_WHOLE, *_MINOR)
DIGITS = re.compile(r"(-?\d+)", re.ASCII)  # a whole number as text, where a type with decimals is refused


class ColumnTypes:
    """The types that columns may have in a dialect: `words` and `whole` are patterns of their names.

    `word` and `day` are the names of the types that a message asks for. A column that nobody reads may have any type.
    """

    def __init__(self, *, words: str, whole: str, word: str, day: str) -> None:
        whole_number = "a type of whole numbers"
        kinds = (
            (_WORDS, f"{words}|{whole}", word),
            (DAYS, re.escape(day), day),
            (_WHOLE, whole, whole_number),
            (_MINOR, whole, f"{whole_number}: minor units"),
        )
        self._expected = {name: (re.compile(pattern), expected) for names, pattern, expected in kinds for name in names}

    def check(self, relation: str, columns: Iterable[tuple[str, str]]) -> None:
        """Raise `BillingFault` for the first column, by name and type, that has another type."""
        for name, found in columns:
            pattern, expected = self._expected.get(name.lower(), (None, ""))
            if pattern is not None and not pattern.fullmatch(found):
                raise BillingFault(f"{relation}: column {name} is {found}, expected {expected}")

"""Monthly recurring revenue: what each entity billed, share by share, merged per partner (rule 2)."""

from dataclasses import dataclass
from typing import NamedTuple

COUNTED_KINDS = ("recurring", "usage", "credit")
EXCLUDED_KINDS = ("setup", "one_off", "deposit", "goodwill", "tax")
CHARGE_KINDS = COUNTED_KINDS + EXCLUDED_KINDS
NEGATIVE_KINDS = ("credit", "goodwill")
UNPOSTED_STATUSES = ("draft", "void")
DOCUMENT_STATUSES = ("posted", *UNPOSTED_STATUSES)


class MrrGroup(NamedTuple):
    """Sound lines of one account that touch the month and count alike: grain of what leaves a billing database.

    `covered_days` are days of the month in the service period; a usage line has all days of the month
    where its service starts in the month, else 0. `net_amount_minor` is the sum of the whole line amounts.
    """

    account_id: str
    currency: str
    charge_kind: str
    document_status: str
    term_months: int
    covered_days: int
    lines: int
    net_amount_minor: int


class FaultyLine(NamedTuple):
    """A line that touches the month and cannot be counted; `net_amount_minor` is None where it is no whole number.

    `account_id`, `currency`, `charge_kind` and `document_status` are as found, empty for NULL.
    `column`, `found` and `expected` say what is wrong, `found` bounded and printable.
    """

    line_id: str
    account_id: str
    currency: str
    charge_kind: str
    document_status: str
    net_amount_minor: int | None
    column: str
    found: str
    expected: str


class PeriodClose(NamedTuple):
    """The entity's word that a month is complete for a currency: posted lines and the sum of their amounts."""

    currency: str
    line_count: int
    control_total_minor: int


@dataclass(frozen=True, slots=True)
class EntityRevenue:
    """What one entity billed in one month, as frozen; `fault` names why none of it can be relied on.

    With a fault the groups may be empty or partial: they are shown in the buckets and never counted.
    """

    entity: str
    groups: tuple[MrrGroup, ...]
    faulty_lines: tuple[FaultyLine, ...]
    closes: tuple[PeriodClose, ...]
    reseller_accounts: tuple[str, ...]
    fault: str | None = None

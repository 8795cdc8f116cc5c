"""What tiers are called and what amounts are in: by the table that was in force on a day.

A partner was told a tier by the name that it had then, so a later table with other names changes nothing of it.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from partner_program.domain.billing_month import BillingMonth
from partner_program.domain.columns import Column
from partner_program.domain.program import Program, program_in_force_or_first
from partner_program.domain.program_unit import Unit
from partner_program.domain.unit import unit_on


@dataclass(frozen=True, slots=True)
class TierNames:
    """The names of the tiers in every programme; most have none and are told by their number."""

    programs: Sequence[Program] = ()

    def __bool__(self) -> bool:
        """Whether any table has names."""
        return any(program.tiers[0].name for program in self.programs)

    def on(self, day: date | None, tier: int | None) -> str:
        """The own name that a tier had on a day; "" for no tier, without a day, and where tiers have no names."""
        if not tier or day is None or not self:
            return ""
        return program_in_force_or_first(self.programs, day).tier_name(tier)

    def unit_of(self, month: BillingMonth, day: date | None) -> Unit:
        """What a month is counted in that was decided on a day; one that is history only has no such day."""
        return unit_on(self.programs, day or month.last_day)

    def table_on(self, day: date) -> tuple[str, ...]:
        """The names of the table in force on a day, lowest first; none where tiers are told by their number."""
        if not self:
            return ()
        return tuple(row.name for row in program_in_force_or_first(self.programs, day).tiers if row.name)


NO_NAMES = TierNames()
_NUMBERED = re.compile(r"(?:tier )?([1-9]\d*)")


def tier_in_a_cell(name: str, column: Column, value: object, names: Sequence[str]) -> str | None:
    """The own name of a tier that stands in a table by its number, by the `names`; None where there is none.

    In a column of words a number is a tier where the column's title says so.
    """
    number = value if column.form == "tier" and isinstance(value, int) else None
    if column.form == "text" and (name == "from_tier" or (column.heading or "").startswith("tier")):
        written = _NUMBERED.fullmatch(str(value))
        number = int(written[1]) if written else None
    return names[min(number, len(names)) - 1] if number and names else None


def heading_with_names(heading: str, names: Sequence[str]) -> str:
    """A title of a column that is of one tier, as in `tier 3`, by the tier's own name."""
    numbered = _NUMBERED.fullmatch(heading)
    return names[min(int(numbered[1]), len(names)) - 1] if numbered and names else heading


def tier_words(tier: int | None, name: str = "") -> str:
    """A tier in a plain sentence: its own name, or its number, as in `tier 3`; `no tier` for 0."""
    if name:
        return name
    return f"tier {tier}" if tier else "no tier"


def with_name(tier_name: str, key: str = "tier_name") -> dict[str, str]:
    """A tier's own name as it stands beside its number in JSON; nothing where it has none."""
    return {key: tier_name} if tier_name else {}


@dataclass(frozen=True, slots=True)
class NamedTiers:
    """Which `fields` of a record are tiers by their number, and what each is called: "" where it has no name.

    In files the name of `tier` stands behind it as `tier_name`.
    """

    fields: Collection[str]
    name_of: Callable[[object, str], str]

    def beside(self, record: object, field: str) -> dict[str, str]:
        """The name that stands behind a field of a record, by its key; nothing behind any other field."""
        return {f"{field}_name": self.name_of(record, field)} if field in self.fields else {}


def named_in_table(columns: Mapping[str, Column], names: Sequence[str]) -> NamedTiers | None:
    """The tiers in a table's columns, by the `names`, lowest first; None without names."""
    if not names:
        return None
    fields = {
        name for name, each in columns.items() if tier_in_a_cell(name, each, 1 if each.form == "tier" else "1", names)
    }

    def name_of(record: object, field: str) -> str:
        return tier_in_a_cell(field, columns[field], getattr(record, field), names) or ""

    return NamedTiers(fields, name_of)

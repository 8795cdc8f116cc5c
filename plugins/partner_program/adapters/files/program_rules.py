"""Reads the programme file's optional rules about tiers: what a month is measured by, and when a tier may change.

And the unit in which all of it is counted, with what is large in it.
"""

from typing import Literal

from partner_program.adapters.files.program_tables import sourced
from partner_program.adapters.files.values import currency, unit_label, whole_between
from partner_program.adapters.files.yaml_sections import Section
from partner_program.domain.large_change import LargeChange, large_in
from partner_program.domain.measure import Measure
from partner_program.domain.program import HIGHEST_LINE_MINOR
from partner_program.domain.program_unit import COUNTED, EURO, Unit
from partner_program.domain.refusals import Refusal
from partner_program.domain.tier_changes import Changes, Drops, DropSteps, Rises

LONGEST_WINDOW = 120
MONTHS_OF_A_YEAR = 12
# Of ISO 4217: no decimals, or three and more.
WITHOUT_TWO_DECIMALS = frozenset(
    {
        *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF"),
        *("XOF", "XPF", "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND", "CLF", "UYW"),
    }
)
OF: tuple[Literal["sum", "mean"], ...] = ("sum", "mean")
SHORT: tuple[Literal["as_is", "projected"], ...] = ("as_is", "projected")
RISES: tuple[Rises, ...] = ("monthly", "review")
DROPS: tuple[Drops, ...] = ("monthly", "review", "never")
DROP_STEPS: tuple[DropSteps, ...] = ("any", "one")


def read_measure(document: Section) -> Measure | None:
    """Read the window of months that decides; absent: a month's own total does."""
    if not document.has("measure"):
        return None
    section = sourced(document.section("measure"))
    return Measure(
        months=section.whole("months", whole_between(1, LONGEST_WINDOW)),
        of=section.choice("of", OF),
        short=section.choice("short", SHORT),
    )


def read_changes(document: Section) -> Changes | None:
    """Read when a tier may rise and drop; absent: it follows what a month earned at once."""
    if not document.has("changes"):
        return None
    section = sourced(document.section("changes"))
    rises = section.choice("rises", RISES) if section.has("rises") else RISES[0]
    drops = section.choice("drops", DROPS) if section.has("drops") else DROPS[0]
    months = _review_months(section)
    if "review" in (rises, drops) and not months:
        section.fault("review_months", "is missing, expected the calendar months whose assessment is a review")
    after, steps = 1, DROP_STEPS[0]
    if section.has("drop_after_months"):
        after = section.whole("drop_after_months", whole_between(1, LONGEST_WINDOW))
    if section.has("drop_steps"):
        steps = section.choice("drop_steps", DROP_STEPS)
    return Changes(rises, drops, months, after, steps)


def read_unit(document: Section) -> Unit:
    """Read the currency that thresholds and amounts are in, or what is counted instead; absent: EUR."""
    if not document.has("currency"):
        return EURO
    section = document.section("currency")
    for key in ("source", "reading"):
        if section.has(key):
            section.text(key)
    has_code, has_label = section.has("code"), section.has("label")
    if has_code == has_label:
        given = "both" if has_code else "neither"
        section.fault(
            "code", f"and label: {given} given, expected the code of a currency, or a label for what is counted"
        )
    code = section.text("code", currency) if has_code else COUNTED
    label = section.text("label", unit_label) if has_label else ""
    if has_code and code == COUNTED:
        section.fault("code", f"{code} is no currency, expected a label for what is counted")
    if not section.has("decimals"):
        if has_label:
            section.fault("decimals", "is missing, expected 0 for whole numbers, or 2 for hundredths")
        elif code in WITHOUT_TWO_DECIMALS:
            section.fault("code", f"{code} has no two decimals, expected `decimals: 0` beside it, and whole {code}")
        return Unit(code, 2, label)
    decimals = section.whole("decimals", _decimals)
    if decimals and code in WITHOUT_TWO_DECIMALS:
        section.fault("decimals", f"{code} has no two decimals, expected 0: whole {code}")
    if not decimals and code == EURO.code:
        section.fault("decimals", "EUR is counted in cents, expected 2, or no such key")
    return Unit(code, decimals, label)


def read_large_change(document: Section, unit: Unit) -> LargeChange:
    """Read which changes of revenue are pointed out to people; absent: those of the unit."""
    if not document.has("large_change"):
        return large_in(unit)
    section = sourced(document.section("large_change"))
    amount = whole_between(1, HIGHEST_LINE_MINOR)
    at_least = section.whole("at_least_cents", amount)
    alone = section.whole("alone_cents", amount) if section.has("alone_cents") else None
    if section.sound and alone is not None and alone < at_least:
        section.fault("alone_cents", f"{alone} is below at_least_cents, expected at least {at_least}")
    return LargeChange(at_least, alone)


def _decimals(written: str) -> int:
    found = whole_between(0, 2)(written)
    if found == 1:
        raise Refusal("1 is neither, expected 0 for whole units, or 2 for hundredths")
    return found


def _review_months(section: Section) -> tuple[int, ...]:
    """Read the calendar months of reviews, each once and in order; none where the key is absent."""
    if not section.has("review_months"):
        return ()
    months = section.numbers("review_months", whole_between(1, MONTHS_OF_A_YEAR))
    if list(months) != sorted(set(months)):
        section.fault("review_months", "is not in order, expected each month once, the earliest of a year first")
    return months

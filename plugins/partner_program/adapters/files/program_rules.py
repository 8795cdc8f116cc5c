"""Reads the programme file's optional rules about tiers: what a month is measured by, and when a tier may change."""

from typing import Literal

from partner_program.adapters.files.program_tables import sourced
from partner_program.adapters.files.values import whole_between
from partner_program.adapters.files.yaml_sections import Section
from partner_program.domain.measure import Measure
from partner_program.domain.tier_changes import Changes, Drops, DropSteps, Rises

LONGEST_WINDOW = 120
MONTHS_OF_A_YEAR = 12
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
    rises, drops = section.choice("rises", RISES), section.choice("drops", DROPS)
    months = _review_months(section)
    if "review" in (rises, drops) and not months:
        section.fault("review_months", "is missing, expected the calendar months whose assessment is a review")
    after, steps = 1, DROP_STEPS[0]
    if section.has("drop_after_months"):
        after = section.whole("drop_after_months", whole_between(1, LONGEST_WINDOW))
    if section.has("drop_steps"):
        steps = section.choice("drop_steps", DROP_STEPS)
    return Changes(rises, drops, months, after, steps)


def _review_months(section: Section) -> tuple[int, ...]:
    """Read the calendar months of reviews, each once and in order; none where the key is absent."""
    if not section.has("review_months"):
        return ()
    months = section.numbers("review_months", whole_between(1, MONTHS_OF_A_YEAR))
    if list(months) != sorted(set(months)):
        section.fault("review_months", "is not in order, expected each month once, the earliest of a year first")
    return months

"""From which day a partner that was suspended or ended is without the programme."""

from datetime import date

import pytest

from partner_program.domain.acts import PARTNER_ENDED, PARTNER_RESUMED, PARTNER_SUSPENDED
from partner_program.domain.leaving import leaves_on

MAY, JUNE, JULY = (date(2015, month, 1) for month in (5, 6, 7))


@pytest.mark.parametrize(
    ("steps", "day"),
    [
        ([], None),
        ([(PARTNER_SUSPENDED, JUNE)], JUNE),
        ([(PARTNER_SUSPENDED, JUNE), (PARTNER_ENDED, JULY)], JUNE),
        ([(PARTNER_SUSPENDED, JULY), (PARTNER_SUSPENDED, JUNE)], JUNE),
        ([(PARTNER_SUSPENDED, JUNE), (PARTNER_RESUMED, MAY)], None),
        ([(PARTNER_SUSPENDED, MAY), (PARTNER_RESUMED, JUNE), (PARTNER_ENDED, JULY)], JULY),
    ],
)
def test_the_first_day_that_was_named_since_the_partner_last_went_on(
    steps: list[tuple[str, date]], day: date | None
) -> None:
    assert leaves_on(steps) == day

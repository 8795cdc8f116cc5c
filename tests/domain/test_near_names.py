"""The name that was probably meant."""

import pytest

from partner_program.domain.near_names import did_you_mean


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("parntner_id", ", did you mean partner_id?"),
        ("CURRENCY", ", did you mean Currency?"),
        ("currncy", ", did you mean Currency?"),
        ("zzz", ""),
    ],
)
def test_the_closest_name_is_asked_for_as_it_is_spelt(written: str, said: str) -> None:
    assert did_you_mean(written, ["Currency", "partner_id"]) == said

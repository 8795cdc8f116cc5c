"""Who is one person, however the name was typed."""

import pytest

from partner_program.domain.acts import same_person


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("pat", " PAT ", True),
        ("Pat  Smit", "pat smit", True),
        ("Zo\u00eb", "Zoe\u0308", True),
        ("pat smit", "patsmit", False),
        ("pat", "pat2", False),
    ],
)
def test_capitals_blanks_and_encoded_accents_make_no_other_person(one: str, other: str, same: bool) -> None:
    assert same_person(one, other) is same

"""Letters that a person has read are kept as files: a change of wording or layout shows as a difference in review.

After an intended change: `REFRESH_GOLDEN_LETTERS=1 pytest tests/letters/test_golden_letters.py`, look at the files,
commit them.
"""

import os
from pathlib import Path

import pytest

from tests.letters.made_facts import KINDS
from tests.letters.read_templates import read_templates

GOLDEN = Path(__file__).parent / "golden"
TEMPLATES = read_templates(Path(__file__).parents[2] / "include/templates/letters/v1")


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_is_the_one_that_was_looked_at(kind: str) -> None:
    letter = TEMPLATES.render(KINDS[kind])
    parts = {f"{kind}.html": letter.html, f"{kind}.txt": f"Subject: {letter.subject}\n\n{letter.text}"}
    if os.environ.get("REFRESH_GOLDEN_LETTERS"):
        for name, content in parts.items():
            (GOLDEN / name).write_text(content, "utf-8", newline="\n")

    assert {name: (GOLDEN / name).read_text("utf-8") for name in parts} == parts


def test_no_golden_letter_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(KINDS)

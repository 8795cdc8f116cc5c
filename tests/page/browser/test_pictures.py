"""Takes the pictures of the README anew: `PICTURES=1 make test TESTS=tests/page/browser/test_pictures.py`."""

import os
from pathlib import Path

import pytest

from tests.page.browser.company import FALLEN, FALLEN_NAME
from tests.page.browser.conftest import Opening

DOCS = Path(__file__).parents[3] / "docs"
LARGEST = 100_000  # bytes: the README is read over slow lines, too

pytestmark = pytest.mark.skipif("PICTURES" not in os.environ, reason="PICTURES=1 writes the README's pictures anew")


@pytest.mark.parametrize(
    ("name", "theme", "path", "heading"),
    [("today", "light", "", "Today"), ("partner", "dark", f"partners/{FALLEN}", FALLEN_NAME)],
)
def test_take_a_picture(sitting: Opening, name: str, theme: str, path: str, heading: str) -> None:
    kim = sitting("kim", theme=theme, width=1000).open(path).is_at(heading)
    kim.page.set_viewport_size({"width": 1000, "height": 720})
    picture = DOCS / f"desk-{name}.png"
    kim.page.screenshot(path=picture)
    assert picture.stat().st_size < LARGEST

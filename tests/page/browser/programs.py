"""The browser that Debian brings; none is downloaded."""

import shutil
from pathlib import Path

NO_CHROMIUM = "NO CHROMIUM ON THIS MACHINE: the pages are NOT tested in a browser (apt-get install chromium)"


def chromium() -> Path | None:
    """The program, by the names that distributions give it."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    return None

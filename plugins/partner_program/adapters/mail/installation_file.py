"""The file beside the sent letters that counts how often letters were sent from here; the database counts the same."""

import json
from pathlib import Path

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.domain.sending_epoch import Epoch


def read_epoch(file: Path) -> Epoch | None:
    """Return the installation and count in the file, or None if the file is missing or cannot be read."""
    try:
        found = json.loads(file.read_text("utf-8"))
        return Epoch(str(found["installation_id"]), int(found["epoch"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_epoch(file: Path, epoch: Epoch) -> None:
    """Write the count; call it after the database has the same count."""
    write_if_changed(file, json.dumps({"installation_id": epoch.installation_id, "epoch": epoch.count}) + "\n")


def write_first_epoch(file: Path, epoch: Epoch) -> None:
    """Write the file before the first sending, if this installation never sent letters and has no file yet.

    Without it, a sender killed right after it counted in the database would look like a copy of the installation.
    """
    if epoch.count == 0 and read_epoch(file) is None:
        write_epoch(file, epoch)

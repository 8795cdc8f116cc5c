"""The file beside the sent letters that counts, together with the database, how often letters were sent from here."""

import json
from pathlib import Path

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.domain.sending_epoch import Epoch


def read_epoch(file: Path) -> Epoch | None:
    """What the file says; None where it is not there or cannot be read."""
    try:
        found = json.loads(file.read_text("utf-8"))
        return Epoch(str(found["installation_id"]), int(found["epoch"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_epoch(file: Path, epoch: Epoch) -> None:
    """Write the count, after the database has it."""
    write_if_changed(file, json.dumps({"installation_id": epoch.installation_id, "epoch": epoch.count}) + "\n")


def introduce(file: Path, epoch: Epoch) -> None:
    """Write the file before the first sending: otherwise a sender killed right after it counted would look like a copy.

    An installation that has sent before, or a file that is there, is left alone.
    """
    if epoch.count == 0 and read_epoch(file) is None:
        write_epoch(file, epoch)

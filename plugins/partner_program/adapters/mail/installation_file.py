"""The file beside the sent letters that says which installation sends from here, and counts; the database does too."""

import json
from dataclasses import asdict
from pathlib import Path

from partner_program.adapters.atomic_write import write_if_changed
from partner_program.domain.sending_epoch import UNREADABLE, Epoch, Place


def read_epoch(file: Path) -> Epoch | None:
    """Return what the file says, None if there is none; an earlier version's names no place."""
    try:
        found = json.loads(file.read_text("utf-8"))
        names = ("host", "out", "database")
        place = Place(*(str(found[name]) for name in names)) if any(name in found for name in names) else None
        return Epoch(str(found["installation_id"]), int(found["epoch"]), place)
    except (FileNotFoundError, NotADirectoryError):  # neither can hold a file of ours
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return UNREADABLE


def write_epoch(file: Path, epoch: Epoch) -> None:
    """Write the file."""
    place = asdict(epoch.place) if epoch.place else {}
    written = {"installation_id": epoch.installation_id, "epoch": epoch.count, **place}
    write_if_changed(file, json.dumps(written, ensure_ascii=False) + "\n")

"""Reads messages from a folder, from one file, or from a mailbox file (mbox); names what cannot be read."""

import mailbox
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from partner_program.domain.refusals import Refusal

LARGEST = 10_000_000  # octets of one message that are read
Body = tuple[str, bytes | str]  # the place of a message, and its bytes or why it could not be read


def read_bodies(path: Path) -> Iterator[Body]:
    """Yield every message below a folder in order of name, or those of one file; raises `Refusal` if there is none."""
    if not path.exists():
        raise Refusal(f"no such file or folder: {path}")
    if not path.is_dir():
        yield from _of_file(path)
        return
    closed: list[OSError] = []
    below = [Path(folder, name) for folder, _, names in os.walk(path, onerror=closed.append) for name in names]
    for file in sorted(below):
        yield from _of_file(file)
    for fault in closed:
        yield plain_place(str(fault.filename)), _why(fault)


def _of_file(path: Path) -> Iterator[Body]:
    place = plain_place(str(path))
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
            yield place, "is not a file"
            return
        with path.open("rb") as file:
            start = file.read(LARGEST)
        if not start.startswith(b"From "):
            yield place, start
            return
        yield from _of_mailbox(path, place)
    except OSError as fault:
        yield place, _why(fault)


def _of_mailbox(path: Path, place: str) -> Iterator[Body]:
    box = mailbox.mbox(str(path), create=False)
    try:
        for number, key in enumerate(box.keys(), 1):
            yield f"{place} message {number}", box.get_file(key).read(LARGEST)
    finally:
        box.close()


def plain_place(path: str) -> str:
    """Return a path in characters that can be printed: a file's name may hold any bytes."""
    shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in shown)


def _why(fault: OSError) -> str:
    return fault.strerror or type(fault).__name__
